//! What holds of a house's rows whatever its people did.

use super::house::Rows;

/// What there must be none of, and how many there are.
const WRONG: [(&str, &str); 14] = [
    (
        "a line that was fired stands at each of its stations once",
        "select count(*) from (
            select from ticket_lines tl join tickets t using (location_id, ticket_id)
            group by tl.line_id, t.station_id having count(*) > 1) as twice",
    ),
    (
        "a live line that was fired stands on a ticket, or only the pass has it",
        "select count(*) from order_lines l join fires f using (location_id, fire_id)
        where f.fired_at is not null and l.voided < l.quantity and not l.from_pass and not exists (
            select from ticket_lines tl where tl.location_id = l.location_id and tl.line_id = l.line_id)",
    ),
    (
        "every card of a check knows what its guests must not eat",
        "select count(*) from checks c join fires f using (location_id, check_id)
        join tickets t using (location_id, fire_id)
        where t.state <> 'cleared' and f.cleared_at is null
            and (coalesce((t.header ->> 'allergies_told')::integer, 0) <> c.allergies_told
                or coalesce(t.header -> 'allergies', '[]') <> c.allergies)",
    ),
    (
        "every card of a check says where its guests sit",
        "select count(*) from checks c join fires f using (location_id, check_id)
        join tickets t using (location_id, fire_id) join tables b using (location_id, table_id)
        where t.state <> 'cleared' and f.cleared_at is null and t.header ->> 'table' <> b.label",
    ),
    (
        "nothing is bumped with an allergy unread that was told before",
        "select count(*) from tickets t join fires f using (location_id, fire_id)
        join allergy_steps s on s.location_id = f.location_id and s.check_id = f.check_id and s.verb = 'told'
        join audit a on a.location_id = t.location_id and a.verb = 'bump' and a.subject = t.ticket_id
        join audit told on told.location_id = t.location_id and told.verb = 'allergy_told'
            and told.subject = s.check_id and told.detail ->> 'seat' is not distinct from s.seat::text
        where t.allergies_seen = 0 and t.state = 'bumped' and told.seq < a.seq
            and not exists (
                select from allergy_steps back
                where back.check_id = s.check_id and back.verb = 'taken_back')",
    ),
    (
        "every card of a check knows whether its guests are important",
        "select count(*) from checks c join fires f using (location_id, check_id)
        join tickets t using (location_id, fire_id)
        where t.state <> 'cleared' and f.cleared_at is null
            and coalesce((t.header -> 'vip')::boolean, false) <> c.vip",
    ),
    (
        "a price is the dish's and that of its choices",
        "select count(*) from order_lines l join items i using (location_id, item_id)
        where l.refire_of is null and l.unit_price_minor <> i.price_minor + (
            select coalesce(sum((m ->> 'price_minor')::bigint), 0) from jsonb_array_elements(l.modifiers) m)",
    ),
    (
        "nothing leaves its station with a change unread",
        "select count(*) from tickets t join ticket_lines tl using (location_id, ticket_id)
        join order_lines l using (location_id, line_id)
        where t.state = 'bumped' and tl.changed_from is not null and not tl.relieved and l.voided < l.quantity",
    ),
    (
        "what is fired has a time from which it is late, and what is held has none",
        "select count(*) from tickets where (state = 'held') = (late_at is not null) and state in ('held', 'open')",
    ),
    (
        "no station that is gone has anything to do",
        "select count(*) from tickets t join stations s using (location_id, station_id)
        where t.on_board and s.retired_at is not null and t.state = 'open'",
    ),
    (
        "a closed check is awaited as long as something of it is to be handed over",
        "select count(*) from checks c where c.awaited <> (c.state = 'closed' and exists (
            select from fires f where f.location_id = c.location_id and f.check_id = c.check_id and f.on_board))",
    ),
    (
        "what stands on plates is not being cooked",
        "select count(*) from fires f join tickets t using (location_id, fire_id)
        where f.plated_at is not null and f.handed_over_at is null and t.state = 'open'",
    ),
    (
        "what only the pass has stands at no station",
        "select count(*) from order_lines l join ticket_lines tl using (location_id, line_id)
        where l.from_pass and l.voided < l.quantity",
    ),
    (
        "nobody pays for what is cooked again",
        "select count(*) from order_lines where refire_of is not null and unit_price_minor <> 0",
    ),
];

/// Whatever they did, and in whatever order.
pub(crate) async fn expect(rows: &Rows) {
    for (wrong, statement) in WRONG {
        assert_eq!(rows.ask::<i64>(statement).await, 0, "{wrong}");
    }
    // A crowd that does what comes to mind may leave out one thing or another, but not most.
    let mut missing = Vec::new();
    for did in [
        "allergy_told",
        "allergy_seen",
        "refire",
        "move",
        "count",
        "fire",
        "ready_seen",
        "line_ready",
        "change",
        "lend_station",
        "message",
        "message_read",
        "vip",
        "hand_to",
        "route",
        "age_limits",
        "late",
        "plate",
        "override",
        "choice_route",
    ] {
        if rows.ask::<i64>(&format!("select count(*) from audit where verb = '{did}'")).await == 0 {
            missing.push(did);
        }
    }
    assert!(missing.len() < 3, "nobody did {missing:?}: the crowd tries nothing of it");
}
