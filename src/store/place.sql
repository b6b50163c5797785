-- A Send: one statement that begins with the turn. See docs/data-model.md for why it is one, and why every guard
-- here refuses by constraint: a guard that merely found no row would let the rest commit.
with turn as (
    update boards
    set seq = seq + 1
      , checks_today = checks_today + case when $10::uuid is null then 1 else 0 end
    where location_id = $1 and menu_version = $2
    returning seq, business_day, checks_today
)
, opened as (
    insert into checks (location_id, check_id, table_id, business_day, check_no, order_type, covers, state, sends
      , opened_at, opened_by, board_seq)
    select $1, $11, $9, turn.business_day, turn.checks_today, $12, $13, 'open', 1, $7, $5, turn.seq
    from turn
    where $10::uuid is null
    on conflict (location_id, table_id, party) where state in ('open', 'printed')
    do update set sends = checks.sends + 1, state = 'open', board_seq = excluded.board_seq
      , covers = coalesce(excluded.covers, checks.covers)
    returning check_id, check_no, sends, table_id, order_type, covers, vip, allergies, allergies_told
)
, reused as (
    update checks
    set sends = checks.sends + 1, state = 'open', board_seq = turn.seq, covers = coalesce($13, covers)
    from turn
    where location_id = $1 and check_id = $10 and state in ('open', 'printed')
      and ($9::uuid is null or table_id = $9) -- a slip that names a table as well means the check of that table
    returning check_id, check_no, sends, table_id, order_type, covers, vip, allergies, allergies_told
)
, bill as (select * from opened union all select * from reused)
, tile as (
    update tables set board_seq = turn.seq
    from turn, bill
    where tables.location_id = $1 and tables.table_id = bill.table_id
    returning tables.label
)
, slip as (
    insert into orders (location_id, order_id, check_id, send_no, slip_hash, staff_id, device_id, sent_at, board_seq
      , unasked)
    select $1, $3, (select check_id from bill), (select sends from bill), $4, $5, $6, $7, (select seq from turn)
      , coalesce((
            select case when bill.allergies <> '[]' then exists ( -- refused: a guest must not eat what a line contains
                select from unnest($22::smallint[], $34::text[], $35::text[]) as line (seat, allergens, despite)
                cross join jsonb_to_recordset(bill.allergies) as allergy (seat smallint, allergens text[])
                where (allergy.seat is null or line.seat is null or line.seat = allergy.seat) and exists (
                    select unnest(string_to_array(line.allergens, ',')) intersect select unnest(allergy.allergens)
                    except select unnest(string_to_array(line.despite, ',')))) end
            from bill), false)
    returning order_id, check_id, send_no, board_seq
)
, batch as (
    insert into fires (location_id, fire_id, check_id, course, fired_at, header, board_seq, skips_pass)
    select $1, fire.fire_id, slip.check_id, fire.course, case when not fire.held then $7::timestamptz end
      , jsonb_build_object('check_no', bill.check_no, 'send_no', bill.sends, 'table', (select label from tile)
          , 'waiter', $8::text, 'order_type', bill.order_type, 'course', fire.course)
        || case when bill.allergies_told > 0 then jsonb_build_object('allergies', bill.allergies
          , 'allergies_told', bill.allergies_told) else '{}' end
        || case when bill.vip then '{"vip": true}'::jsonb else '{}' end
      , slip.board_seq, fire.skips_pass
    from slip, bill
      , unnest($14::uuid[], $15::smallint[], $33::boolean[], $40::boolean[]) as fire (fire_id, course, held, skips_pass)
    -- What holds joins what holds already: one held fire a course.
    on conflict (location_id, check_id, course) where fired_at is null and cleared_at is null
    do update set board_seq = excluded.board_seq
    returning fire_id, course, fired_at is null as held, header
)
, fire as materialized (
    select asked.fire_id as asked_id, batch.fire_id, batch.held, batch.header
    from unnest($14::uuid[], $15::smallint[], $33::boolean[]) as asked (fire_id, course, held)
    join batch on batch.fire_id = asked.fire_id or asked.held and batch.held and batch.course = asked.course
)
, lines as (
    insert into order_lines (location_id, line_id, order_id, line_no, item_id, item_name, kitchen_name, quantity, seat
      , note, modifiers, unit_price_minor, tax_basis_points, allergens, despite_allergy, fire_id, from_pass)
    select $1, line.line_id, slip.order_id, line.line_no, line.item_id, line.item_name, line.kitchen_name
      , line.quantity, line.seat, line.note, line.modifiers, line.unit_price_minor, line.tax_basis_points
      , string_to_array(line.allergens, ','), string_to_array(line.despite, ','), fire.fire_id, line.from_pass
    from slip
      , unnest($16::uuid[], $17::uuid[], $18::uuid[], $19::text[], $20::text[], $21::integer[], $22::smallint[]
          , $23::text[], $24::jsonb[], $25::bigint[], $26::integer[], $34::text[]
          , $35::text[], $41::boolean[]) with ordinality
        as line (line_id, fire_id, item_id, item_name, kitchen_name, quantity, seat, note, modifiers, unit_price_minor
          , tax_basis_points, allergens, despite, from_pass, line_no)
    join fire on fire.asked_id = line.fire_id
)
, chits as (
    insert into tickets (location_id, ticket_id, fire_id, station_id, state, board_seq, stamped_at, header, warn_after_s
      , late_after_s, late_at)
    select $1, chit.ticket_id, fire.fire_id, chit.station_id, case when fire.held then 'held' else 'open' end
      , slip.board_seq, $7, fire.header, chit.warn_after_s, chit.late_after_s
      , case when not fire.held then $7::timestamptz + make_interval(secs => chit.late_after_s) end
    from slip, unnest($27::uuid[], $28::uuid[], $29::uuid[], $38::integer[], $39::integer[])
        as chit (ticket_id, fire_id, station_id, warn_after_s, late_after_s)
    join fire on fire.asked_id = chit.fire_id
    on conflict (location_id, fire_id, station_id)
    do update set state = 'held', header = excluded.header, board_seq = excluded.board_seq, stamped_at = excluded.stamped_at
    returning ticket_id, fire_id, station_id
)
, chit as materialized (
    select asked.ticket_id as asked_id, chits.ticket_id, chits.fire_id
    from unnest($27::uuid[], $28::uuid[], $29::uuid[]) as asked (ticket_id, fire_id, station_id)
    join fire on fire.asked_id = asked.fire_id
    join chits on chits.fire_id = fire.fire_id and chits.station_id is not distinct from asked.station_id
)
, chit_lines as (
    insert into ticket_lines (location_id, ticket_id, line_id, fire_id, mode, step, part)
    select $1, chit.ticket_id, chit_line.line_id, chit.fire_id, chit_line.mode, chit_line.step, chit_line.part
    from slip
      , unnest($30::uuid[], $31::uuid[], $32::text[], $42::smallint[], $43::text[]) as chit_line (ticket_id, line_id, mode, step, part)
    join chit on chit.asked_id = chit_line.ticket_id
)
, portions as ( -- of what somebody counts; the last one is sold once, by constraint
    update items set remaining = items.remaining - taken.units, board_seq = slip.board_seq
    from slip, unnest($36::uuid[], $37::integer[]) as taken (item_id, units)
    where items.location_id = $1 and items.item_id = taken.item_id and items.remaining is not null
)
, story as (
    insert into audit (location_id, at, seq, verb, staff_id, device_id, subject)
    select $1, $7, slip.board_seq, 'send', $5, $6, slip.order_id from slip
)
select turn.seq, bill.check_id as "check_id!", bill.check_no as "check_no!", bill.sends as "sends!", bill.table_id
  , (select label from tile) as table_label, bill.order_type as "order_type!: OrderType", bill.covers, bill.vip
  , bill.allergies as "allergies!: sqlx::types::Json<Allergies>", bill.allergies_told as "allergies_told!"
  , exists (select from fire where asked_id <> fire_id) as "joined!"
  , array(select ticket_id from chit order by asked_id) as "chits!"
from turn, bill
