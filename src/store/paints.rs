//! How long it took from an order's arrival until a screen had painted it, from the receipts.

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::StoreError;
use crate::domain::ids::LocationId;
use crate::domain::watch::Minute;

/// The last hour's minutes in which anything was shown, and the whole hour in one.
#[tracing::instrument(name = "store.paints.last_hour", level = "debug", skip_all)]
pub async fn last_hour(
    db: &PgPool,
    location_id: LocationId,
    now: OffsetDateTime,
) -> Result<(Vec<Minute>, Option<Minute>), StoreError> {
    // The audit is indexed by time, orders are not: they are found through it.
    let rows = sqlx::query!(
        r#"with shown as (
            select floor(extract(epoch from $3 - o.sent_at) / 60)::integer as ago
              , extract(epoch from t.shown_at - o.sent_at)::double precision * 1000 as ms
            from audit a
            join orders o on o.location_id = a.location_id and o.order_id = a.subject
            cross join lateral (
                select distinct l.fire_id from order_lines l
                where l.location_id = o.location_id and l.order_id = o.order_id offset 0) as batch
            -- What waited on hold was shown when somebody fired it, and not slowly.
            join fires f on f.location_id = o.location_id and f.fire_id = batch.fire_id and f.fired_at = o.sent_at
            join tickets t on t.location_id = o.location_id and t.fire_id = batch.fire_id
            where a.location_id = $1 and $2 < a.at and a.verb = 'send' and t.shown_at is not null
        )
        select ago, count(*) as "tickets!"
          , percentile_cont(0.5) within group (order by ms) as "p50_ms!"
          , percentile_cont(0.99) within group (order by ms) as "p99_ms!"
        from shown where ago between 0 and 59
        group by grouping sets ((ago), ()) having 0 < count(*) order by ago"#,
        location_id as LocationId,
        now - Duration::hours(1),
        now,
    )
    .fetch_all(db)
    .await?;
    let (mut minutes, mut hour) = (Vec::new(), None);
    for row in rows {
        let minute = |ago| Minute { ago, tickets: row.tickets, p50_ms: row.p50_ms, p99_ms: row.p99_ms };
        match row.ago {
            Some(ago) => minutes.push(minute(ago)),
            None => hour = Some(minute(60)),
        }
    }
    Ok((minutes, hour))
}
