//! What left the boards today: found again by table, check, dish or waiter.

use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::StoreError;
use crate::domain::card::Header;
use crate::domain::ids::{FireId, LocationId, TicketId};
use crate::domain::recent::{Recent, RecentId, RecentLine};
use crate::domain::screen::Tickets;

/// Rows on a page, at most: whoever looks for an older one searches.
const ROWS_MAX: i64 = 60;

/// `%` and `_` are letters like any other.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.trim().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Those of these tickets that were bumped this business day, the latest first. `search` may be empty.
#[tracing::instrument(name = "store.recent.tickets", level = "debug", skip_all)]
pub async fn tickets(
    db: &PgPool,
    location_id: LocationId,
    of: &Tickets,
    search: &str,
    now: OffsetDateTime,
) -> Result<Vec<Recent>, StoreError> {
    let rows = sqlx::query!(
        r#"select t.ticket_id as "ticket_id: TicketId", t.header as "header: Json<Header>", f.fired_at as "fired_at!"
          , t.bumped_at as "left_at!", coalesce(staff.name, device.name) as "by?", f.handed_over_at is not null as "served!"
          , t.recalled, lines.lines as "lines!: Json<Vec<RecentLine>>"
        from tickets t
        join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id
        join locations on locations.location_id = t.location_id
        join boards on boards.location_id = t.location_id
        left join staff on staff.location_id = t.location_id and staff.staff_id = t.bumped_by
        left join paired_devices device on device.location_id = t.location_id and device.device_id = t.bumped_on
        cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object('name', l.kitchen_name, 'live', l.quantity - l.voided, 'seat', l.seat
                  , 'note', l.note, 'modifiers', l.modifiers) order by l.line_no), '[]') as lines
              , coalesce(bool_or(l.kitchen_name ilike $4 or l.item_name ilike $4), false) as found
            from ticket_lines tl
            join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
            where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id and l.voided < l.quantity offset 0) as lines
        where t.location_id = $1 and t.station_id = any($2::uuid[]) and t.header ->> 'order_type' = any($6::text[])
            and t.state = 'bumped' and f.cleared_at is null
            and t.bumped_at > $3::timestamptz - interval '26 hours' -- no day is longer; so the index ends the search
            and business_day_at(t.bumped_at, locations.time_zone, locations.cut_off_hour) = boards.business_day
            and (lines.found or t.header ->> 'table' ilike $4 or t.header ->> 'waiter' ilike $4
                or '#' || (t.header ->> 'check_no') ilike $4)
        order by t.bumped_at desc, t.ticket_id limit $5"#,
        location_id as LocationId,
        &of.station_ids(),
        now,
        pattern(search),
        ROWS_MAX,
        &of.order_type_keys(),
    )
    .fetch_all(db)
    .await?;
    let recent = rows.into_iter().map(|row| Recent {
        id: RecentId::Ticket(row.ticket_id),
        header: row.header.0,
        fired_at: row.fired_at,
        left_at: row.left_at,
        by: row.by.unwrap_or_default(),
        served: row.served,
        recalled: row.recalled,
        lines: row.lines.0,
    });
    Ok(recent.collect())
}

/// Fires that the pass handed over this business day, the latest first. `search` may be empty.
#[tracing::instrument(name = "store.recent.fires", level = "debug", skip_all)]
pub async fn fires(
    db: &PgPool,
    location_id: LocationId,
    search: &str,
    now: OffsetDateTime,
) -> Result<Vec<Recent>, StoreError> {
    let rows = sqlx::query!(
        r#"select f.fire_id as "fire_id: FireId", f.header as "header: Json<Header>", f.fired_at as "fired_at!"
          , f.handed_over_at as "left_at!", coalesce(staff.name, device.name) as "by?", lines.lines as "lines!: Json<Vec<RecentLine>>"
        from fires f
        join locations on locations.location_id = f.location_id
        join boards on boards.location_id = f.location_id
        left join staff on staff.location_id = f.location_id and staff.staff_id = f.handed_over_by
        left join paired_devices device on device.location_id = f.location_id and device.device_id = f.handed_over_on
        cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object('name', l.kitchen_name, 'live', l.quantity - l.voided, 'seat', l.seat
                  , 'note', l.note, 'modifiers', l.modifiers) order by l.line_no), '[]') as lines
              , coalesce(bool_or(l.kitchen_name ilike $3 or l.item_name ilike $3), false) as found
            from order_lines l
            where l.location_id = f.location_id and l.fire_id = f.fire_id and l.voided < l.quantity offset 0) as lines
        where f.location_id = $1 and f.handed_over_at > $2::timestamptz - interval '26 hours' and f.cleared_at is null
            and not f.skips_pass
            and business_day_at(f.handed_over_at, locations.time_zone, locations.cut_off_hour) = boards.business_day
            and (lines.found or f.header ->> 'table' ilike $3 or f.header ->> 'waiter' ilike $3
                or '#' || (f.header ->> 'check_no') ilike $3)
        order by f.handed_over_at desc, f.fire_id limit $4"#,
        location_id as LocationId,
        now,
        pattern(search),
        ROWS_MAX,
    )
    .fetch_all(db)
    .await?;
    let recent = rows.into_iter().map(|row| Recent {
        id: RecentId::Fire(row.fire_id),
        header: row.header.0,
        fired_at: row.fired_at,
        left_at: row.left_at,
        by: row.by.unwrap_or_default(),
        served: true,
        recalled: 0,
        lines: row.lines.0,
    });
    Ok(recent.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_text_and_no_pattern() {
        assert_eq!(pattern(" 50%_off\\ "), r"%50\%\_off\\%");
        assert_eq!(pattern(""), "%%");
    }
}
