//! What is asked of tickets without a turn.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::super::StoreError;
use crate::domain::card::Header;
use crate::domain::ids::{DeviceId, LocationId, StationId, TicketId};
use crate::domain::ticket::UNDO_WITHIN;

/// Where a ticket stands, for guards: the station whose screen may touch it.
#[tracing::instrument(name = "store.tickets.station_of", level = "debug", skip_all)]
pub async fn station_of(
    db: &PgPool,
    location_id: LocationId,
    ticket_id: TicketId,
) -> Result<Option<StationId>, StoreError> {
    let row = sqlx::query!(
        r#"select coalesce(s.shown_at, t.station_id) as "station_id: StationId"
        from tickets t left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
        where t.location_id = $1 and t.ticket_id = $2"#,
        location_id as LocationId,
        ticket_id as TicketId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)?;
    Ok(row.station_id)
}

/// A bump that its device may still undo.
#[derive(Debug, Clone)]
pub struct Undoable {
    /// The ticket.
    pub ticket_id: TicketId,
    /// What its card was headed with.
    pub header: Header,
}

/// What this device bumped last at that station, while it may be undone: for pages without scripts.
#[tracing::instrument(name = "store.tickets.undoable", level = "debug", skip_all)]
pub async fn undoable(
    db: &PgPool,
    location_id: LocationId,
    station_id: Option<StationId>,
    device_id: DeviceId,
    now: OffsetDateTime,
) -> Result<Option<Undoable>, StoreError> {
    let row = sqlx::query!(
        r#"select ticket_id as "ticket_id: TicketId", header as "header: sqlx::types::Json<Header>"
        from tickets
        where location_id = $1 and state = 'bumped'
            and (station_id = any(stations_at($1, $2)) or station_id is null and $2 is null)
            and bumped_on = $3 and bumped_at > $4
        order by bumped_at desc limit 1"#,
        location_id as LocationId,
        station_id as Option<StationId>,
        device_id as DeviceId,
        now - UNDO_WITHIN,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Undoable { ticket_id: row.ticket_id, header: row.header.0 }))
}
