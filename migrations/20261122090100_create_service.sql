-- The service: check (money) > order_line (what the guest asked) > fire (the batch that left the floor)
-- > ticket (batch x station) > ticket_line. The layers are never collapsed.

create table checks (
    location_id uuid not null references locations
  , check_id uuid not null
  , table_id uuid                                  -- null: takeaway, delivery, a tab at the bar
  , party smallint not null default 1 check (party between 1 and 9)
  , business_day date not null
  , check_no integer not null
  , order_type text not null check (order_type in ('dine_in', 'takeaway', 'delivery', 'bar_tab'))
  , covers smallint check (covers between 1 and 99)
  , state text not null check (state in ('open', 'printed', 'paid', 'closed', 'voided'))
  , sends integer not null default 0
  , opened_at timestamptz not null
  , opened_by uuid not null
  , closed_at timestamptz
  , closed_by uuid
  , on_board boolean not null generated always as (table_id is null and state in ('open', 'printed')) stored
  , board_seq bigint not null
  , primary key (location_id, check_id)
  , unique (location_id, business_day, check_no)
  , foreign key (location_id, table_id) references tables
  , foreign key (location_id, opened_by) references staff
  , foreign key (location_id, closed_by) references staff
  , constraint checks_closed_have_a_time check ((state in ('closed', 'voided')) = (closed_at is not null))
) with (fillfactor = 70);
create unique index checks_one_open_a_party on checks (location_id, table_id, party) where state in ('open', 'printed');
create index checks_on_board on checks (location_id) where on_board;

-- One Send from a tablet. Its id is made there and is the idempotency key.
create table orders (
    location_id uuid not null references locations
  , order_id uuid not null
  , check_id uuid
  , send_no integer
  , slip_hash bytea not null check (length(slip_hash) = 32)
  , staff_id uuid not null
  , device_id uuid not null
  , sent_at timestamptz not null
  , board_seq bigint
  , constraint orders_once_a_key primary key (location_id, order_id)
  , unique (location_id, check_id, send_no)
  , foreign key (location_id, check_id) references checks
  , foreign key (location_id, staff_id) references staff
    -- Null when the turn was not taken (the menu moved) or the check is not open: refused by name, never by "no rows".
  , constraint orders_need_an_open_check check (check_id is not null and send_no is not null and board_seq is not null)
);

-- One course of a check, released to the kitchen at fired_at.
create table fires (
    location_id uuid not null references locations
  , fire_id uuid not null
  , check_id uuid not null
  , course smallint not null check (course between 1 and 9)
  , fired_at timestamptz                           -- null: held
  , handed_over_at timestamptz
  , handed_over_by uuid
  , handed_over_on uuid                            -- the device
  , cleared_at timestamptz
  , on_board boolean not null generated always as (handed_over_at is null and cleared_at is null) stored
  , header jsonb not null
  , board_seq bigint not null
  , primary key (location_id, fire_id)
  , foreign key (location_id, check_id) references checks
  , foreign key (location_id, handed_over_by) references staff
) with (fillfactor = 70);
create unique index fires_one_held_a_course on fires (location_id, check_id, course) where fired_at is null;
create index fires_on_board on fires (location_id) where on_board;
create index fires_by_check on fires (location_id, check_id);

create table order_lines (
    location_id uuid not null references locations
  , line_id uuid not null
  , order_id uuid not null
  , line_no smallint not null
  , item_id uuid not null
  , item_name text not null
  , kitchen_name text not null
  , quantity integer not null check (quantity > 0)
  , seat smallint check (seat between 1 and 99)
  , note text
  , modifiers jsonb not null                       -- snapshot: [{name, prefix, price_minor}]
  , unit_price_minor bigint not null               -- modifiers included
  , tax_basis_points integer not null
  , fire_id uuid not null
  , voided integer not null default 0
  , void_reason text
  , served_at timestamptz
  , primary key (location_id, line_id)
  , unique (location_id, line_id, fire_id)
  , unique (location_id, order_id, line_no)
  , foreign key (location_id, order_id) references orders
  , foreign key (location_id, item_id) references items
  , foreign key (location_id, fire_id) references fires
  , constraint order_lines_void_at_most_all check (voided between 0 and quantity)
  , constraint order_lines_voids_have_a_reason check (voided = 0 or void_reason is not null)
) with (fillfactor = 80);
create index order_lines_by_fire on order_lines (location_id, fire_id);

create table tickets (
    location_id uuid not null references locations
  , ticket_id uuid not null
  , fire_id uuid not null
  , station_id uuid                                -- null: the Unrouted lane on expo
  , state text not null check (state in ('held', 'open', 'bumped', 'cleared'))
  , on_board boolean not null generated always as (state in ('held', 'open')) stored
  , version integer not null default 1             -- counts what the floor changed on it, nothing else
  , board_seq bigint not null
  , stamped_at timestamptz not null
  , shown_seq bigint not null default 0            -- the newest stamp that a screen confirmed
  , shown_at timestamptz                           -- the first confirmation, kept
  , shown_on text
  , header jsonb not null                          -- what the card borrows: check, table, waiter
  , bumped_at timestamptz
  , bumped_by uuid
  , bumped_on uuid                                 -- the device
  , recalled integer not null default 0
  , primary key (location_id, ticket_id)
  , constraint tickets_one_a_fire_and_station unique nulls not distinct (location_id, fire_id, station_id)
  , unique (location_id, ticket_id, fire_id)
  , foreign key (location_id, fire_id) references fires
  , foreign key (location_id, station_id) references stations
  , foreign key (location_id, bumped_by) references staff
  , constraint tickets_bumped_have_a_time check (state <> 'bumped' or bumped_at is not null)
) with (fillfactor = 70);
create index tickets_on_board on tickets (location_id) where on_board;
create index tickets_by_bump on tickets (location_id, station_id, bumped_at) where state = 'bumped';

create table ticket_lines (
    location_id uuid not null references locations
  , ticket_id uuid not null
  , line_id uuid not null
  , fire_id uuid not null
  , state text not null default 'waiting' check (state in ('waiting', 'started', 'ready'))
  , mode text not null check (mode in ('any', 'each'))   -- the route's, decided at the fire
  , ready_at timestamptz
  , acknowledged integer not null default 0 check (acknowledged >= 0)  -- voided units this station has seen
  , primary key (location_id, ticket_id, line_id)
  , foreign key (location_id, ticket_id, fire_id) references tickets (location_id, ticket_id, fire_id)
  , constraint ticket_lines_stay_in_their_fire foreign key (location_id, line_id, fire_id)
      references order_lines (location_id, line_id, fire_id)
) with (fillfactor = 70);
create index ticket_lines_by_line on ticket_lines (location_id, line_id);

-- What was paid. Insert only.
create table tenders (
    location_id uuid not null references locations
  , tender_id uuid not null                        -- made on the tablet: one payment a key
  , check_id uuid not null
  , kind text not null check (kind in ('cash'))
  , amount_minor bigint not null
  , taken_at timestamptz not null
  , taken_by uuid not null
  , primary key (location_id, tender_id)
  , foreign key (location_id, check_id) references checks
  , foreign key (location_id, taken_by) references staff
);
create index tenders_by_check on tenders (location_id, check_id);

-- Who did what, when, on which device. Insert only.
create table audit (
    audit_id bigint generated always as identity primary key
  , location_id uuid not null references locations
  , at timestamptz not null
  , seq bigint not null
  , verb text not null
  , staff_id uuid                                  -- null: the house itself (chores)
  , device_id uuid
  , subject uuid not null
  , detail jsonb not null default '{}'
);
create index audit_by_day on audit (location_id, at);

-- What makes two histories of one database different: see docs/board-protocol.md. Where the server refuses to
-- tell its identity, the incarnation alone must do.
create function board_epoch(incarnation uuid) returns text language plpgsql stable parallel safe as $$
begin
    return substr(md5(concat_ws('/'
      , (select system_identifier from pg_control_system())
      , substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
      , (select oid from pg_database where datname = current_database())
      , 'boards'::regclass::oid
      , incarnation)), 1, 12);
exception when insufficient_privilege or object_not_in_prerequisite_state then
    return substr(md5(incarnation::text), 1, 12);
end $$;

-- The trading date at a moment: the local date, a night's hours counted to the evening before.
create function business_day_at(moment timestamptz, time_zone text, cut_off_hour smallint) returns date
    language sql stable parallel safe as $$
    select ((moment at time zone time_zone) - make_interval(hours => cut_off_hour))::date
$$;

-- An open check as the floor's tile prints it.
create function tile_check(bill checks) returns jsonb language sql stable parallel safe as $$
    select jsonb_build_object(
        'check_id', bill.check_id, 'check_no', bill.check_no, 'state', bill.state, 'covers', bill.covers
      , 'waiter', (select name from staff where location_id = bill.location_id and staff_id = bill.opened_by)
      , 'opened_at', bill.opened_at
      , 'tickets_open', count(*) filter (where fire.ticket_open)
      , 'tickets_unseen', count(*) filter (where fire.ticket_open and fire.ticket_unseen)
      , 'fires_ready', count(distinct fire.fire_id) filter (where fire.on_board and fire.open = 0 and fire.live)
      , 'total_minor', (
            select coalesce(sum((l.quantity - l.voided) * l.unit_price_minor), 0)
            from orders o
            join order_lines l on l.location_id = o.location_id and l.order_id = o.order_id
            where o.location_id = bill.location_id and o.check_id = bill.check_id))
    from (
        select f.fire_id, f.on_board, t.state = 'open' as ticket_open, t.shown_seq < t.board_seq as ticket_unseen
          , count(*) filter (where t.state in ('held', 'open')) over (partition by f.fire_id) as open
          , exists (
                select from order_lines l
                where l.location_id = f.location_id and l.fire_id = f.fire_id and l.voided < l.quantity) as live
        from fires f
        join tickets t on t.location_id = f.location_id and t.fire_id = f.fire_id
        where f.location_id = bill.location_id and f.check_id = bill.check_id
    ) as fire
$$;

-- The program's rights. Money and the story of the day are insert only; the owner alone migrates.
create function grant_to_program(program name) returns void language plpgsql as $$
begin
    execute format('grant usage on schema public to %I', program);
    execute format('grant select, insert on all tables in schema public to %I', program);
    if to_regclass('_sqlx_migrations') is not null then
        execute format('revoke insert on _sqlx_migrations from %I', program);
    end if;
    execute format('grant usage on all sequences in schema public to %I', program);
    execute format('grant execute on all functions in schema public to %I', program);
    execute format('grant update on boards, staff, sessions, sign_in_failures, api_tokens, sections, tables, stations
        , categories, items, modifier_groups, modifiers, routes, tickets, ticket_lines to %I', program);
    execute format('grant update (state, sends, covers, closed_at, closed_by, board_seq) on checks to %I', program);
    execute format('grant update (fired_at, handed_over_at, handed_over_by, handed_over_on, cleared_at, header, board_seq) on fires to %I', program);
    execute format('grant update (fire_id, voided, void_reason, served_at) on order_lines to %I', program);
    execute format('grant delete on sessions, sign_in_failures to %I', program);
end $$;
revoke execute on function grant_to_program(name) from public;
