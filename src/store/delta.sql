-- What a board holds: the ids of everything on it, and the bodies of what was stamped after $2. One statement, so
-- one snapshot: seq, epoch, ids and bodies belong together. What is not in the list is gone, whatever the reason.
with board as materialized (
    select seq, menu_version, people_version, board_epoch(incarnation) as epoch from boards where location_id = $1
)
select 'board' as "kind!", $1 as "id!", seq as "board_seq!", 0::bigint as "shown_seq!", jsonb_build_object(
    'epoch', epoch, 'menu_version', menu_version, 'people_version', people_version) as body
from board
union all
select 'ticket', t.ticket_id, t.board_seq, t.shown_seq, case when t.board_seq > $2 then jsonb_build_object(
    'ticket_id', t.ticket_id, 'fire_id', t.fire_id, 'station_id', t.station_id, 'state', t.state
  , 'version', t.version, 'board_seq', t.board_seq, 'shown_seq', t.shown_seq, 'stamped_at', t.stamped_at
  , 'fired_at', coalesce(f.fired_at, t.stamped_at), 'recalled', t.recalled, 'header', t.header
  , 'lines', (
        select jsonb_agg(jsonb_build_object(
            'line_id', l.line_id, 'name', l.kitchen_name, 'quantity', l.quantity, 'voided', l.voided
          , 'acknowledged', tl.acknowledged, 'void_reason', l.void_reason, 'seat', l.seat, 'note', l.note
          , 'modifiers', l.modifiers, 'state', tl.state) order by l.line_no)
        from ticket_lines tl
        join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
        where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id)) end
from tickets t
join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id
where t.location_id = $1 and t.on_board
union all
select 'fire', f.fire_id, f.board_seq, 0, case when f.board_seq > $2 then jsonb_build_object(
    'fire_id', f.fire_id, 'check_id', f.check_id, 'board_seq', f.board_seq, 'fired_at', f.fired_at
  , 'header', f.header
  , 'tickets', (
        select jsonb_agg(jsonb_build_object(
            'ticket_id', t.ticket_id, 'station', s.name, 'state', t.state, 'version', t.version
          , 'board_seq', t.board_seq, 'shown_seq', t.shown_seq)
            order by s.position nulls last, s.name)
        from tickets t
        left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
        where t.location_id = f.location_id and t.fire_id = f.fire_id)
  , 'lines', (
        select jsonb_agg(jsonb_build_object(
            'line_id', l.line_id, 'name', l.kitchen_name, 'quantity', l.quantity, 'voided', l.voided
          , 'void_reason', l.void_reason, 'seat', l.seat, 'note', l.note, 'modifiers', l.modifiers
          , 'ready', made.ready, 'stations', made.stations) order by l.line_no)
        from order_lines l
        cross join lateral (
            select coalesce(bool_and(tl.state = 'ready') or bool_or(tl.state = 'ready' and tl.mode = 'any'), false) as ready
              , coalesce(jsonb_agg(s.name order by s.position, s.name) filter (where s.name is not null), '[]') as stations
            from ticket_lines tl
            join tickets t on t.location_id = tl.location_id and t.ticket_id = tl.ticket_id
            left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
            where tl.location_id = l.location_id and tl.line_id = l.line_id) as made
        where l.location_id = f.location_id and l.fire_id = f.fire_id)) end
from fires f
where f.location_id = $1 and f.on_board and f.fired_at is not null
union all
select 'table', b.table_id, b.board_seq, 0, case when b.board_seq > $2 then jsonb_build_object(
    'table_id', b.table_id, 'label', b.label, 'seats', b.seats, 'section', s.name, 'position', b.position
  , 'board_seq', b.board_seq
  , 'checks', coalesce((
        select jsonb_agg(tile_check(c) order by c.opened_at, c.check_id)
        from checks c
        where c.location_id = b.location_id and c.table_id = b.table_id and c.state in ('open', 'printed')), '[]')) end
from tables b
join sections s on s.location_id = b.location_id and s.section_id = b.section_id
where b.location_id = $1
union all
select 'check', c.check_id, c.board_seq, 0, case when c.board_seq > $2 then jsonb_build_object(
    'table_id', null, 'label', initcap(replace(c.order_type, '_', ' ')), 'seats', null, 'section', null
  , 'position', 1000000 + c.check_no, 'board_seq', c.board_seq, 'checks', jsonb_build_array(tile_check(c))) end
from checks c
where c.location_id = $1 and c.on_board
union all
select 'item', i.item_id, i.board_seq, 0, case when i.board_seq > $2 then jsonb_build_object(
    'item_id', i.item_id, 'name', i.name, 'board_seq', i.board_seq, 'eighty_sixed_at', i.eighty_sixed_at) end
from items i
where i.location_id = $1 and i.on_board
