-- Tablets and screens that somebody with a code has brought into a house. Their cookie is random and long, and only its
-- hash is here. The build before knows nothing of them: to it they are browsers like any other.
create table paired_devices (
    location_id uuid not null references locations
  , device_id uuid not null
  , name text not null check (length(name) between 1 and 60)
  , kind text not null check (kind in ('tablet', 'screen'))
  , view text                                      -- what a screen shows: a station's slug, or expo
  , secret_hash bytea not null unique check (length(secret_hash) = 32)
  , paired_at timestamptz not null
  , seen_at timestamptz not null                   -- a minute late at most
  , revoked_at timestamptz
  , primary key (location_id, device_id)
  , constraint paired_devices_screens_show_a_view check ((kind = 'screen') = (view is not null))
);

-- Codes are short, so their hash is keyed with the program's own key file: without it a copy of this table is no list
-- of codes.
create table pairing_codes (
    location_id uuid not null references locations
  , code_id uuid not null
  , code_hash bytea not null unique check (length(code_hash) = 32)
  , name text not null check (length(name) between 1 and 60)
  , kind text not null check (kind in ('tablet', 'screen'))
  , view text
  , made_at timestamptz not null
  , expires_at timestamptz not null
  , used_at timestamptz
  , primary key (location_id, code_id)
  , constraint pairing_codes_screens_show_a_view check ((kind = 'screen') = (view is not null))
);

-- What strangers tried in vain, by browser and by address. Unlogged: after a crash they begin anew.
create unlogged table stranger_tries (
    counted_as text primary key check (length(counted_as) <= 120)
  , failures integer not null
  , failed_at timestamptz not null
);

-- A session that began on a paired device ends with it.
alter table sessions add column device_id uuid;

-- A long password, for managers who are not in the house.
alter table staff add column password_hash text;

-- The program's rights as before, and the devices: what is known of them changes, and codes that nobody can use any more go.
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
    execute format('grant update on boards, staff, sessions, sign_in_failures, api_tokens, paired_devices, pairing_codes, sections, tables, stations
        , categories, items, modifier_groups, modifiers, routes, tickets, ticket_lines to %I', program);
    execute format('grant update (state, sends, covers, closed_at, closed_by, board_seq) on checks to %I', program);
    execute format('grant update (fired_at, handed_over_at, handed_over_by, handed_over_on, cleared_at, header, board_seq) on fires to %I', program);
    execute format('grant update (fire_id, voided, void_reason, served_at) on order_lines to %I', program);
    execute format('grant delete on sessions, sign_in_failures, pairing_codes to %I', program);
end $$;
