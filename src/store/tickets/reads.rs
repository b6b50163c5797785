//! What is asked of tickets without a turn.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::super::StoreError;
use crate::domain::card::Header;
use crate::domain::check::OrderType;
use crate::domain::ids::{DeviceId, LocationId, StationId, TicketId};
use crate::domain::screen::Tickets;
use crate::domain::ticket::{TicketState, UNDO_WITHIN};

/// Where a ticket stands, for guards: which screens may touch it.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The station whose screen shows it; none: the Unrouted lane.
    pub station_id: Option<StationId>,
    /// How its guests eat.
    pub order_type: OrderType,
    /// Held, open, or gone.
    pub state: TicketState,
}

/// Where a ticket stands.
#[tracing::instrument(name = "store.tickets.place_of", level = "debug", skip_all)]
pub async fn place_of(
    db: &PgPool,
    location_id: LocationId,
    ticket_id: TicketId,
) -> Result<Place, StoreError> {
    sqlx::query_as!(
        Place,
        r#"select coalesce(s.shown_at, t.station_id) as "station_id: StationId"
          , t.header ->> 'order_type' as "order_type!: OrderType", t.state as "state: TicketState"
        from tickets t left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
        where t.location_id = $1 and t.ticket_id = $2"#,
        location_id as LocationId,
        ticket_id as TicketId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)
}

/// A bump that its device may still undo.
#[derive(Debug, Clone)]
pub struct Undoable {
    /// The ticket.
    pub ticket_id: TicketId,
    /// What its card was headed with.
    pub header: Header,
}

/// What this device bumped last of these tickets, or of those that no station cooks (none), while it may be undone: for pages
/// without scripts.
#[tracing::instrument(name = "store.tickets.undoable", level = "debug", skip_all)]
pub async fn undoable(
    db: &PgPool,
    location_id: LocationId,
    of: Option<&Tickets>,
    device_id: DeviceId,
    now: OffsetDateTime,
) -> Result<Option<Undoable>, StoreError> {
    let (stations, order_types) = (of.map(Tickets::station_ids), of.map(Tickets::order_type_keys));
    let row = sqlx::query!(
        r#"select ticket_id as "ticket_id: TicketId", header as "header: sqlx::types::Json<Header>"
        from tickets
        where location_id = $1 and state = 'bumped'
            and (station_id = any($2::uuid[]) and header ->> 'order_type' = any($5::text[])
                or station_id is null and $2 is null)
            and bumped_on = $3 and bumped_at > $4
        order by bumped_at desc limit 1"#,
        location_id as LocationId,
        stations.as_deref(),
        device_id as DeviceId,
        now - UNDO_WITHIN,
        order_types.as_deref(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Undoable { ticket_id: row.ticket_id, header: row.header.0 }))
}
