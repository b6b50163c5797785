-- The program's rights, on what the owner made and nothing else: an operator may keep an extension in this schema
-- (pg_stat_statements, say), whose functions the owner has no right to give away.
create or replace function grant_to_program(program name) returns void language plpgsql as $$
declare
    ours regclass;
begin
    execute format('grant usage on schema public to %I', program);
    for ours in
        select oid from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relowner = current_user::regrole
    loop
        execute format('grant select, insert on %s to %I', ours, program);
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
