-- The programs that serve this database say every few seconds how they stand, so that each can show all of them.
-- Unlogged: what is a few seconds old is worth no write-ahead log, and after a crash everybody says it again.
create unlogged table processes (
    process_id uuid primary key
  , build text not null check (length(build) <= 80)
  , host text not null check (length(host) <= 80)
  , pid integer not null
  , started_at timestamptz not null
  , memory_bytes bigint not null
  , sockets integer not null
  , bell text not null
  , clock_off_ms bigint not null                   -- its clock minus the database's
  , told_at timestamptz not null default now()     -- the database's clock: theirs may differ
) with (fillfactor = 50);

create unlogged table process_screens (
    location_id uuid not null references locations
  , process_id uuid not null references processes on delete cascade
  , screens jsonb not null
  , primary key (location_id, process_id)
) with (fillfactor = 50);

-- The program's rights as before; and unlogged tables, whatever they are, are its own notes to write and to throw away.
create or replace function grant_to_program(program name) returns void language plpgsql as $$
declare
    ours regclass;
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
    for ours in
        select oid from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'S' and relowner = current_user::regrole
    loop
        execute format('grant usage on sequence %s to %I', ours, program);
    end loop;
    execute format('grant execute on function board_epoch(uuid), business_day_at(timestamptz, text, smallint)
        , tile_check(checks) to %I', program);
    execute format('grant update on boards, staff, sessions, sign_in_failures, api_tokens, sections, tables, stations
        , categories, items, modifier_groups, modifiers, routes, tickets, ticket_lines to %I', program);
    execute format('grant update (state, sends, covers, closed_at, closed_by, board_seq) on checks to %I', program);
    execute format('grant update (fired_at, handed_over_at, handed_over_by, handed_over_on, cleared_at, header, board_seq) on fires to %I', program);
    execute format('grant update (fire_id, voided, void_reason, served_at) on order_lines to %I', program);
    execute format('grant delete on sessions, sign_in_failures to %I', program);
end $$;
