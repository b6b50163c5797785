//! What the kitchen has of a check.

use sqlx::PgPool;
use sqlx::types::Json;

use super::super::StoreError;
use crate::domain::card::Header;
use crate::domain::check_view::{FireView, OrderView, TicketReceipt};
use crate::domain::ids::{CheckId, FireId, LocationId, OrderId, TicketId};
use crate::domain::ticket::TicketState;

/// Fills in the fires, each with its tickets.
pub(super) async fn fires_of(
    db: &PgPool,
    location_id: LocationId,
    check_id: CheckId,
    orders: &mut [OrderView],
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"select f.fire_id as "fire_id: FireId", f.course, f.fired_at as "fired_at!", f.rushed_at, f.plated_at, f.handed_over_at
          , f.header as "header: Json<Header>", f.allergies_seen
          , f.skips_pass and not exists (
                select from tickets chit
                where chit.location_id = f.location_id and chit.fire_id = f.fire_id and chit.state <> 'cleared'
                    and chit.allergies_seen < coalesce((f.header ->> 'allergies_told')::integer, 0)) as "read_there!"
          , f.on_board as "stands!"
          , (select l.order_id from order_lines l
                join orders o on o.location_id = l.location_id and o.order_id = l.order_id
                where l.location_id = f.location_id and l.fire_id = f.fire_id order by o.send_no limit 1)
            as "order_id!: OrderId"
          , t.ticket_id as "ticket_id?: TicketId", s.name as "station?", t.state as "state?: TicketState", t.shown_at, at.name as "screen?"
          , t.shown_on, t.alarmed_at is not null as "alarmed!", t.bumped_at, t.recalled as "recalled?"
        from fires f
        left join tickets t on t.location_id = f.location_id and t.fire_id = f.fire_id
        left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
        left join stations at on at.location_id = s.location_id and at.station_id = coalesce(s.shown_at, s.station_id)
        where f.location_id = $1 and f.check_id = $2 and f.fired_at is not null
        order by f.course, f.fire_id, s.position nulls last, s.name"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    for row in rows {
        let Some(order) = orders.iter_mut().find(|order| order.order_id == row.order_id) else {
            continue;
        };
        if order.fires.last().is_none_or(|fire| fire.fire_id != row.fire_id) {
            order.fires.push(FireView {
                fire_id: row.fire_id,
                course: row.course,
                fired_at: row.fired_at,
                rushed_at: row.rushed_at,
                allergy_unseen: (!row.read_there && row.header.has_allergy_after(row.allergies_seen))
                    .then_some(row.header.allergies_told),
                plated_at: row.plated_at,
                handed_over_at: row.handed_over_at,
                stands: row.stands,
                tickets: Vec::new(),
            });
        }
        // What only the pass has stands on no ticket.
        if let (Some(fire), Some(ticket_id), Some(state)) = (order.fires.last_mut(), row.ticket_id, row.state)
        {
            fire.tickets.push(TicketReceipt {
                ticket_id,
                station: row.station,
                screen: row.screen,
                state,
                shown_at: row.shown_at,
                shown_on: row.shown_on,
                alarmed: row.alarmed,
                bumped_at: row.bumped_at,
                recalled: row.recalled.unwrap_or(0),
            });
        }
    }
    Ok(())
}
