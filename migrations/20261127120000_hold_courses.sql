-- Courses that wait: a held fire has a time at which the house's rule fires it, a held ticket may go as it came.

-- Every command begins with the turn: with it in hand, none is half-way while its tables change.
lock table boards in access exclusive mode;

alter table locations add column next_course_after_s integer      -- null: by hand
    constraint locations_next_course_within_hours check (next_course_after_s between 0 and 7200);

alter table fires
    add column due_at timestamptz                    -- held, and everything before it is ready: when the rule fires it
  , add column due_left boolean not null default false -- the rule has left it to a person
  , add column fired_by uuid                         -- who let a held one go; null: its Send, or the rule
  , add column fired_on uuid
  , add foreign key (location_id, fired_by) references staff
  , add constraint fires_due_are_held check (due_at is null or fired_at is null);
create index fires_due on fires (due_at) where due_at is not null;

-- What the night has cleared is nobody's held course any more.
drop index fires_one_held_a_course;
create unique index fires_one_held_a_course on fires (location_id, check_id, course)
    where fired_at is null and cleared_at is null;

-- A held line moves to another course or station: its ticket lines go, and tickets that are empty then. Once fired they
-- stay for good. The owner may: the demo is set back to its first evening.
create function tickets_only_held_may_go() returns trigger language plpgsql as $$
begin
    if current_user::regrole <> (select relowner::regrole from pg_class where oid = tg_relid) and exists (
        select from fires f where f.location_id = old.location_id and f.fire_id = old.fire_id and f.fired_at is not null)
    then
        raise insufficient_privilege using message = 'what was fired stays';
    end if;
    return old;
end $$;
create trigger tickets_only_held_may_go before delete on tickets
    for each row execute function tickets_only_held_may_go();
create trigger ticket_lines_only_held_may_go before delete on ticket_lines
    for each row execute function tickets_only_held_may_go();

-- What the program may do beyond reading and inserting, a row a right. A later migration adds its own rows.
create table program_rights (
    relation text not null
  , rights text not null
  , primary key (relation, rights)
);
insert into program_rights
select relation, 'update' from unnest(array[
    'boards', 'staff', 'sessions', 'sign_in_failures', 'api_tokens', 'paired_devices', 'pairing_codes', 'sections'
  , 'tables', 'stations', 'categories', 'items', 'modifier_groups', 'modifiers', 'routes', 'tickets', 'ticket_lines'
]) as relation
union all
select relation, 'delete' from unnest(array[
    'sessions', 'sign_in_failures', 'pairing_codes', 'tickets', 'ticket_lines']) as relation
union all
values ('checks', 'update (state, sends, covers, closed_at, closed_by, board_seq)')
  , ('fires', 'update (fired_at, fired_by, fired_on, due_at, due_left, handed_over_at, handed_over_by, handed_over_on, cleared_at
        , header, board_seq)')
  , ('order_lines', 'update (fire_id, voided, void_reason, served_at)')
  , ('locations', 'update (next_course_after_s)');

create or replace function grant_to_program(program name) returns void language plpgsql as $$
declare
    ours regclass;
    ours_to_call regprocedure;
    beyond program_rights;
    rights text;
begin
    execute format('grant usage on schema public to %I', program);
    for ours, rights in
        select oid, case relpersistence when 'u' then 'select, insert, update, delete' else 'select, insert' end
        from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relowner = current_user::regrole
    loop
        execute format('grant %s on %s to %I', rights, ours, program);
    end loop;
    if to_regclass('_sqlx_migrations') is not null then
        execute format('revoke insert on _sqlx_migrations from %I', program);
    end if;
    execute format('revoke insert on program_rights from %I', program);
    for ours in
        select oid from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'S' and relowner = current_user::regrole
    loop
        execute format('grant usage on sequence %s to %I', ours, program);
    end loop;
    for ours_to_call in
        select oid from pg_proc
        where pronamespace = 'public'::regnamespace and prokind = 'f' and proowner = current_user::regrole
            and proname <> 'grant_to_program'
    loop
        execute format('grant execute on function %s to %I', ours_to_call, program);
    end loop;
    for beyond in select * from program_rights loop
        execute format('grant %s on %I to %I', beyond.rights, beyond.relation, program);
    end loop;
end $$;
