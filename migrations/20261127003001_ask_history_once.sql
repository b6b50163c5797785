-- Which history of a database a board belongs to is the same for all of its boards but for their own incarnation. The
-- poll asks for a thousand boards at once: what the system says costs 20 us, and is asked once now. The words are
-- the same as before, so no screen starts over.
create function database_history() returns text language plpgsql stable parallel safe as $$
begin
    return concat_ws('/'
      , (select system_identifier from pg_control_system())
      , substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
      , (select oid from pg_database where datname = current_database())
      , 'boards'::regclass::oid);
exception when insufficient_privilege or object_not_in_prerequisite_state then
    return null; -- the incarnation alone, then
end $$;

-- Stable, for `concat_ws` is: a function that promises more than its body would not be written into its caller.
create function board_epoch(incarnation uuid, history text) returns text language sql stable parallel safe as $$
    select substr(md5(concat_ws('/', history, incarnation::text)), 1, 12)
$$;

create or replace function board_epoch(incarnation uuid) returns text language sql stable parallel safe as $$
    select board_epoch(incarnation, database_history())
$$;

-- The program's rights as before, and every function of ours but this one.
create or replace function grant_to_program(program name) returns void language plpgsql as $$
declare
    ours regclass;
    ours_to_call regprocedure;
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
    for ours_to_call in
        select oid from pg_proc
        where pronamespace = 'public'::regnamespace and prokind = 'f' and proowner = current_user::regrole
            and proname <> 'grant_to_program'
    loop
        execute format('grant execute on function %s to %I', ours_to_call, program);
    end loop;
    execute format('grant update on boards, staff, sessions, sign_in_failures, api_tokens, paired_devices, pairing_codes, sections, tables, stations
        , categories, items, modifier_groups, modifiers, routes, tickets, ticket_lines to %I', program);
    execute format('grant update (state, sends, covers, closed_at, closed_by, board_seq) on checks to %I', program);
    execute format('grant update (fired_at, handed_over_at, handed_over_by, handed_over_on, cleared_at, header, board_seq) on fires to %I', program);
    execute format('grant update (fire_id, voided, void_reason, served_at) on order_lines to %I', program);
    execute format('grant delete on sessions, sign_in_failures, pairing_codes to %I', program);
end $$;
