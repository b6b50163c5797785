-- What a board holds: the ids of everything on it, and the bodies of what was stamped after $2. One statement, so
-- one snapshot: seq, epoch, ids and bodies belong together. What is not in the list is gone, whatever the reason.
-- A young database has no statistics: `offset 0` keeps each body's parts apart, so that every plan finds them by their
-- keys and none walks through all that a location ever sold.
with board as materialized (
    select seq, menu_version, people_version, board_epoch(incarnation) as epoch from boards where location_id = $1
)
, pass as materialized (
    select jsonb_build_object('waits', pass_waits, 'plates', pass_plates) as rules from locations where location_id = $1
)
-- Checks whose tile was stamped, as that tile prints them: open ones, and closed ones whose food is still to come.
, bills as materialized (
    select c.check_id, c.table_id, c.opened_at, jsonb_build_object(
        'check_id', c.check_id, 'check_no', c.check_no, 'order_type', c.order_type, 'state', c.state
      , 'covers', c.covers, 'opened_at', c.opened_at
      , 'vip', c.vip, 'waiter', (
            select w.name from staff w
            where w.location_id = c.location_id and w.staff_id = coalesce(c.served_by, c.opened_by))
      , 'tickets_open', kitchen.tickets_open, 'alarms', case when kitchen.tickets_alarmed = 0 then '[]' else (
            select jsonb_agg(jsonb_build_object('station', s.name, 'since', f.fired_at)
                order by f.fired_at, s.position nulls last, unseen.ticket_id)
            from fires f
            cross join lateral (
                select t.location_id, t.ticket_id, t.station_id from tickets t
                where t.location_id = f.location_id and t.fire_id = f.fire_id
                    and t.state = 'open' and t.alarmed_at is not null and t.shown_at is null offset 0) as unseen
            left join stations home on home.location_id = unseen.location_id and home.station_id = unseen.station_id
            left join stations s on s.location_id = home.location_id and s.station_id = coalesce(home.shown_at, home.station_id)
            where f.location_id = c.location_id and f.check_id = c.check_id) end
      , 'late', case when kitchen.tickets_late = 0 then '[]' else (
            select coalesce(jsonb_agg(jsonb_build_object('ticket_id', late.ticket_id, 'station', s.name, 'since', late.late_at
                  , 'seen', late.late_seen_at is not null)
                order by late.late_at, s.position nulls last, late.ticket_id), '[]')
            from fires f
            cross join lateral (
                select t.location_id, t.ticket_id, t.station_id, t.late_at, t.late_seen_at from tickets t
                where t.location_id = f.location_id and t.fire_id = f.fire_id
                    and t.state = 'open' and t.late_told_at is not null and exists (
                        select from ticket_lines tl
                        cross join lateral (
                            select from order_lines l
                            where l.location_id = tl.location_id and l.line_id = tl.line_id
                                and l.voided < l.quantity offset 0) as live
                        where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id offset 0)
                offset 0) as late
            left join stations home on home.location_id = late.location_id and home.station_id = late.station_id
            left join stations s on s.location_id = home.location_id and s.station_id = coalesce(home.shown_at, home.station_id)
            where f.location_id = c.location_id and f.check_id = c.check_id) end
      , 'ready', case when kitchen.fires_ready = 0 then '[]' else (
            select jsonb_agg(jsonb_build_object('fire_id', f.fire_id, 'course', f.course, 'since', batch.since, 'plated', f.plated_at is not null
              , 'seen', coalesce(f.ready_seen_at >= batch.since, false)) order by batch.since, f.fire_id)
            from fires f
            cross join lateral (
                select coalesce(greatest(max(t.bumped_at), f.plated_at), f.fired_at) as since -- what only the pass has is ready at once
                  , coalesce(bool_and(t.state not in ('held', 'open')), f.fired_at is not null) as through
                from tickets t
                where t.location_id = f.location_id and t.fire_id = f.fire_id offset 0) as batch
            where f.location_id = c.location_id and f.check_id = c.check_id and f.on_board and batch.through and exists (
                select from order_lines l
                where l.location_id = f.location_id and l.fire_id = f.fire_id and l.voided < l.quantity)) end
      , 'fires_held', kitchen.fires_held
      , 'total_minor', (
            select coalesce(sum(slip.total_minor), 0)
            from orders o
            cross join lateral (
                select sum((l.quantity - l.voided) * l.unit_price_minor) as total_minor
                from order_lines l
                where l.location_id = o.location_id and l.order_id = o.order_id offset 0) as slip
            where o.location_id = c.location_id and o.check_id = c.check_id)) as body
    from (
        select * from checks where location_id = $1 and state in ('open', 'printed')
        union all
        select * from checks where location_id = $1 and awaited) as c
    cross join lateral (
        select coalesce(sum(batch.tickets_open), 0) as tickets_open
          , coalesce(sum(batch.tickets_alarmed), 0) as tickets_alarmed
          , coalesce(sum(batch.tickets_late), 0) as tickets_late
          , count(*) filter (where f.on_board and f.fired_at is not null and batch.tickets_left = 0 and exists (
                select from order_lines l
                where l.location_id = f.location_id and l.fire_id = f.fire_id and l.voided < l.quantity
            )) as fires_ready
          , count(*) filter (where f.on_board and f.fired_at is null) as fires_held
        from fires f
        cross join lateral (
            select count(*) filter (where t.state in ('held', 'open')) as tickets_left
              , count(*) filter (where t.state = 'open') as tickets_open
              , count(*) filter (where t.state = 'open' and t.alarmed_at is not null and t.shown_at is null)
                    as tickets_alarmed
              , count(*) filter (where t.state = 'open' and t.late_told_at is not null) as tickets_late
            from tickets t
            where t.location_id = f.location_id and t.fire_id = f.fire_id offset 0) as batch
        where f.location_id = c.location_id and f.check_id = c.check_id offset 0) as kitchen
    where $2 < coalesce(
        (select b.board_seq from tables b where b.location_id = c.location_id and b.table_id = c.table_id), c.board_seq)
)
select 'board' as "kind!", $1 as "id!", seq as "board_seq!", jsonb_build_object(
    'epoch', epoch, 'menu_version', menu_version, 'people_version', people_version) as body
from board
union all
select 'ticket', t.ticket_id, t.board_seq, case when t.board_seq > $2 then jsonb_build_object(
    'ticket_id', t.ticket_id, 'fire_id', t.fire_id, 'station_id', coalesce(s.shown_at, t.station_id)
  , 'station', s.name, 'lent', s.shown_at is not null, 'state', t.state
  , 'version', t.version, 'board_seq', t.board_seq, 'shown_seq', t.shown_seq, 'stamped_at', t.stamped_at
  , 'fired_at', coalesce((
        select f.fired_at from fires f where f.location_id = t.location_id and f.fire_id = t.fire_id), t.stamped_at)
  , 'due_at', case when t.state = 'held' then (
        select f.due_at from fires f where f.location_id = t.location_id and f.fire_id = t.fire_id) end
  , 'rushed_at', (
        select f.rushed_at from fires f where f.location_id = t.location_id and f.fire_id = t.fire_id)
  , 'recalled', t.recalled, 'allergies_seen', t.allergies_seen, 'header', t.header
  , 'limits', jsonb_build_object('warn_after_s', t.warn_after_s, 'late_after_s', t.late_after_s)
  , 'lines', (
        select coalesce(jsonb_agg(line.body order by line.order_id, line.line_no), '[]') -- a course may hold of several Sends
        from ticket_lines tl
        cross join lateral (
            select l.order_id, l.line_no, jsonb_build_object(
                'line_id', l.line_id, 'name', l.kitchen_name, 'quantity', l.quantity, 'voided', l.voided
              , 'acknowledged', tl.acknowledged, 'changed_from', tl.changed_from, 'void_reason', l.void_reason, 'refire', l.refire_reason, 'seat', l.seat, 'note', l.note
              , 'modifiers', l.modifiers, 'allergens', l.allergens, 'state', tl.state, 'part', tl.part, 'comes_later', 1 < tl.step
              , 'waits_for', case when 1 < tl.step and tl.state = 'waiting' then (
                    select coalesce(jsonb_agg(there.name order by e.step, there.position, there.name), '[]')
                    from ticket_lines e
                    join tickets chit on chit.location_id = e.location_id and chit.ticket_id = e.ticket_id
                    join stations there on there.location_id = chit.location_id and there.station_id = chit.station_id
                    where e.location_id = tl.location_id and e.line_id = tl.line_id and e.step < tl.step
                        and e.state <> 'ready') else '[]' end
              , 'eighty_sixed', t.state = 'held' and exists (
                    select from items i
                    where i.location_id = l.location_id and i.item_id = l.item_id
                        and i.eighty_sixed_at is not null)) as body
            from order_lines l
            where l.location_id = tl.location_id and l.line_id = tl.line_id offset 0) as line
        where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id)) end
from tickets t
left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
where t.location_id = $1 and t.on_board
union all
select 'fire', f.fire_id, f.board_seq, case when f.board_seq > $2 then jsonb_build_object(
    'fire_id', f.fire_id, 'check_id', f.check_id, 'board_seq', f.board_seq, 'fired_at', f.fired_at
  , 'due_at', f.due_at, 'rushed_at', f.rushed_at, 'plated_at', f.plated_at, 'pass', (select rules from pass), 'skips_pass', f.skips_pass
  , 'allergies_seen', f.allergies_seen, 'header', f.header
  , 'limits', coalesce((
        select jsonb_build_object('warn_after_s', slowest.warn_after_s, 'late_after_s', slowest.late_after_s)
        from (
            select t.warn_after_s, t.late_after_s from tickets t
            where t.location_id = f.location_id and t.fire_id = f.fire_id
            order by t.late_after_s desc, t.warn_after_s desc limit 1) as slowest)
      , jsonb_build_object('warn_after_s', 300, 'late_after_s', 600))
  , 'tickets', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'ticket_id', t.ticket_id, 'station', s.name, 'state', t.state, 'version', t.version
          , 'board_seq', t.board_seq, 'shown_seq', t.shown_seq, 'started', exists (
                select from ticket_lines x
                where x.location_id = t.location_id and x.ticket_id = t.ticket_id and x.state <> 'waiting'))
            order by s.position nulls last, s.name), '[]')
        from tickets t
        left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
        where t.location_id = f.location_id and t.fire_id = f.fire_id)
  , 'lines', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'line_id', l.line_id, 'name', l.kitchen_name, 'quantity', l.quantity, 'voided', l.voided
          , 'void_reason', l.void_reason, 'refire', l.refire_reason, 'seat', l.seat, 'note', l.note, 'modifiers', l.modifiers
          , 'allergens', l.allergens, 'despite_allergy', l.despite_allergy, 'eighty_sixed', f.fired_at is null and exists (
                select from items i
                where i.location_id = l.location_id and i.item_id = l.item_id and i.eighty_sixed_at is not null)
          , 'changed', coalesce(made.changed, l.from_pass and exists (
                select from line_changes c
                where c.location_id = l.location_id and c.line_id = l.line_id and f.fired_at < c.at)), 'changed_from', made.changed_from, 'from_pass', l.from_pass
          , 'ready', coalesce(made.ready, l.from_pass and f.fired_at is not null), 'stations', coalesce(made.stations, '[]')) order by l.order_id, l.line_no), '[]')
        from order_lines l
        left join (
            select tl.line_id, bool_and(tl.state = 'ready') as ready
              , bool_or(tl.changed_from is not null and t.state = 'open') as changed
              -- What no station cooks is changed at the pass.
              , (array_agg(tl.changed_from) filter (where t.station_id is null and t.state = 'open'))[1] as changed_from
              , jsonb_agg(s.name order by s.position, s.name) filter (where s.name is not null) as stations
            from tickets t
            cross join lateral (
                select line_id, state, mode, changed_from from ticket_lines x
                where x.location_id = t.location_id and x.ticket_id = t.ticket_id offset 0) as tl
            left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
            where t.location_id = f.location_id and t.fire_id = f.fire_id
            group by tl.line_id) as made on made.line_id = l.line_id
        where l.location_id = f.location_id and l.fire_id = f.fire_id)) end
from fires f
where f.location_id = $1 and f.on_board
union all
select 'table', b.table_id, b.board_seq, case when b.board_seq > $2 then jsonb_build_object(
    'table', jsonb_build_object(
        'table_id', b.table_id, 'label', b.label, 'seats', b.seats, 'section', (
            select s.name from sections s where s.location_id = b.location_id and s.section_id = b.section_id))
  , 'position', b.position, 'board_seq', b.board_seq
  , 'checks', coalesce((
        select jsonb_agg(bills.body order by bills.opened_at, bills.check_id)
        from bills where bills.table_id = b.table_id), '[]')) end
from tables b
where b.location_id = $1
union all
select 'check', c.check_id, c.board_seq, case when c.board_seq > $2 then jsonb_build_object(
    'position', 1000000 + c.check_no, 'board_seq', c.board_seq
  , 'checks', (select jsonb_agg(bills.body) from bills where bills.check_id = c.check_id)) end
from (
    select * from checks where location_id = $1 and on_board
    union all
    select * from checks where location_id = $1 and awaited and table_id is null) as c
union all
select 'item', i.item_id, i.board_seq, case when i.board_seq > $2 then jsonb_build_object(
    'item_id', i.item_id, 'name', i.name, 'board_seq', i.board_seq, 'eighty_sixed_at', i.eighty_sixed_at
  , 'remaining', i.remaining) end
from items i
where i.location_id = $1 and i.on_board
union all
select 'message', m.message_id, m.board_seq, case when m.board_seq > $2 then jsonb_build_object(
    'message_id', m.message_id, 'station_id', coalesce(s.shown_at, m.station_id), 'board_seq', m.board_seq, 'words', m.words
  , 'said_by', m.said_by, 'said_at', m.said_at) end
from messages m
left join stations s on s.location_id = m.location_id and s.station_id = m.station_id
where m.location_id = $1 and m.on_board
union all
select 'station', s.station_id, s.board_seq, case when s.board_seq > $2 then jsonb_build_object(
    'station_id', s.station_id, 'board_seq', s.board_seq, 'name', s.name, 'shown_on', s.shown_at, 'shown_at', (
        select there.name from stations there where there.location_id = s.location_id and there.station_id = s.shown_at)
  , 'since', coalesce(s.retired_at, s.shown_since), 'by', coalesce(s.retired_by, s.shown_by)) end
from stations s
where s.location_id = $1 and (s.shown_at is not null or s.retired_at is not null)
