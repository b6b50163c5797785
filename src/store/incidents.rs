//! What screens showed and the server did not hold. Kept without a turn: no board changes by it.

use sqlx::PgPool;
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};

use super::StoreError;
use crate::domain::ids::{DeviceId, IncidentId, LocationId};
use crate::domain::incident::{Incident, Stand};

/// Incidents of a restaurant that are kept, at most: the newest.
const KEPT_MAX: i64 = 200;
/// A screen that cannot repair itself says so again and again: one a minute is enough to know.
const ONE_IN: Duration = Duration::minutes(1);

/// Keeps it, unless that device reported one within the last minute. Answers whether it was kept.
#[tracing::instrument(name = "store.incidents.keep", level = "debug", skip_all)]
pub async fn keep(
    db: &PgPool,
    location_id: LocationId,
    device_id: DeviceId,
    incident: &Incident,
) -> Result<bool, StoreError> {
    let kept = sqlx::query!(
        "with beyond as (
            delete from incidents
            where location_id = $1 and incident_id in (
                select incident_id from incidents where location_id = $1 order by at desc, incident_id offset $11)
        )
        insert into incidents (location_id, incident_id, at, view, device_id, who, shown_turn, shown, held_turn, held)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        where not exists (
            select from incidents known where known.location_id = $1 and known.device_id = $5 and known.at > $12)",
        location_id as LocationId,
        IncidentId::new() as IncidentId,
        incident.at,
        incident.view,
        device_id as DeviceId,
        incident.who,
        incident.shown.0,
        Json(&incident.shown.1) as Json<&Stand>,
        incident.held.0,
        Json(&incident.held.1) as Json<&Stand>,
        KEPT_MAX - 1,
        incident.at - ONE_IN,
    )
    .execute(db)
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// Those since then, the newest first; at most twenty.
#[tracing::instrument(name = "store.incidents.since", level = "debug", skip_all)]
pub async fn since(
    db: &PgPool,
    location_id: LocationId,
    since: OffsetDateTime,
) -> Result<Vec<Incident>, StoreError> {
    let rows = sqlx::query!(
        r#"select at, view, who, shown_turn, shown as "shown: Json<Stand>", held_turn, held as "held: Json<Stand>"
        from incidents where location_id = $1 and at >= $2 order by at desc, incident_id limit 20"#,
        location_id as LocationId,
        since,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Incident {
            at: row.at,
            view: row.view,
            who: row.who,
            shown: (row.shown_turn, row.shown.0),
            held: (row.held_turn, row.held.0),
        })
        .collect())
}
