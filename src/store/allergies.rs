//! Allergies: told on a check, printed on everything that it waits for, seen by each station and by the pass. Every step
//! has its name, device and time in `allergy_steps`.

use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use super::{Actor, StoreError, Turn, tickets};
use crate::domain::allergy::{Allergen, Allergies, Allergy, AllergyRefusal, see};
use crate::domain::card::Header;
use crate::domain::check::CheckState;
use crate::domain::check_view::{AllergyStep, AllergyVerb};
use crate::domain::ids::{CheckId, DeviceId, FireId, LocationId, StaffId, TicketId};
use crate::domain::ticket::{Step, TicketState};

/// Why an allergy counts as neither told nor seen.
#[derive(Debug, Error)]
pub enum AllergyError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] AllergyRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AllergyError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// A guest says what they must not eat: every card of the check prints it from now on, and asks to be seen. `only_open`: not
/// of a check that is paid, though something of it is still cooked.
#[tracing::instrument(name = "store.allergies.tell", level = "debug", skip_all, fields(check = %check_id))]
pub async fn tell(
    turn: &mut Turn,
    check_id: CheckId,
    told: &Allergies,
    only_open: bool,
    actor: &Actor,
) -> Result<Step, AllergyError> {
    let known = turn.allergies(check_id, only_open).await?;
    let mut all = known.clone();
    let mut news = Vec::new();
    for one in told.iter() {
        let next = all.clone().with(one);
        if next != all {
            news.push(one);
        }
        all = next;
    }
    if news.is_empty() {
        return Ok(Step::Already);
    }
    let told = turn.print(check_id, &all, actor).await?;
    for one in news {
        turn.step("told", check_id, told, one, actor).await?;
    }
    Ok(Step::Do)
}

/// What was told by mistake. It stays in the chain.
#[tracing::instrument(name = "store.allergies.take_back", level = "debug", skip_all, fields(check = %check_id))]
pub async fn take_back(
    turn: &mut Turn,
    check_id: CheckId,
    wrong: &Allergy,
    actor: &Actor,
) -> Result<Step, AllergyError> {
    let known = turn.allergies(check_id, false).await?;
    let left = known.clone().without(wrong);
    if left == known {
        return Ok(Step::Already);
    }
    let told = turn.print(check_id, &left, actor).await?;
    turn.step("taken_back", check_id, told, wrong, actor).await?;
    Ok(Step::Do)
}

/// A station has read it. `seen` is the telling that its card printed.
#[tracing::instrument(name = "store.allergies.seen_at_station", level = "debug", skip_all, fields(ticket = %ticket_id))]
pub async fn seen_at_station(
    turn: &mut Turn,
    ticket_id: TicketId,
    seen: i32,
    actor: &Actor,
) -> Result<Step, AllergyError> {
    let row = sqlx::query!(
        r#"select t.fire_id as "fire_id: FireId", f.check_id as "check_id: CheckId", t.state as "state: TicketState"
          , t.header as "header: Json<Header>", t.allergies_seen
        from tickets t join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id
        where t.location_id = $1 and t.ticket_id = $2"#,
        turn.location_id as LocationId,
        ticket_id as TicketId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if row.state != TicketState::Open {
        return Err(AllergyRefusal::Gone.into());
    }
    if see(seen, row.header.allergies_told, row.allergies_seen)? == Step::Already {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "update tickets set allergies_seen = $3, board_seq = $4, stamped_at = $5
        where location_id = $1 and ticket_id = $2",
        turn.location_id as LocationId,
        ticket_id as TicketId,
        seen,
        turn.seq.0,
        actor.at,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.saw(row.check_id, row.fire_id, Some(ticket_id), seen, actor).await?;
    tickets::leave(turn, None, row.fire_id, actor).await?; // everything on it may be ready
    Ok(Step::Do)
}

/// The pass has read it; what no station cooks is the pass's, too. `seen` is the telling that its card printed.
#[tracing::instrument(name = "store.allergies.seen_at_pass", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn seen_at_pass(
    turn: &mut Turn,
    fire_id: FireId,
    seen: i32,
    actor: &Actor,
) -> Result<Step, AllergyError> {
    let row = sqlx::query!(
        r#"select check_id as "check_id: CheckId", fired_at is not null and on_board as "there!"
          , header as "header: Json<Header>", allergies_seen
        from fires where location_id = $1 and fire_id = $2"#,
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if !row.there {
        return Err(AllergyRefusal::Gone.into());
    }
    if see(seen, row.header.allergies_told, row.allergies_seen)? == Step::Already {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "with fire as (
            update fires set allergies_seen = $3, board_seq = $4 where location_id = $1 and fire_id = $2
        )
        update tickets set allergies_seen = $3, board_seq = $4, stamped_at = $5
        where location_id = $1 and fire_id = $2 and station_id is null and state <> 'cleared'",
        turn.location_id as LocationId,
        fire_id as FireId,
        seen,
        turn.seq.0,
        actor.at,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.saw(row.check_id, fire_id, None, seen, actor).await?;
    Ok(Step::Do)
}

impl Turn {
    async fn allergies(&mut self, check_id: CheckId, only_open: bool) -> Result<Allergies, AllergyError> {
        let row = sqlx::query!(
            r#"select state as "state: CheckState", allergies as "allergies: Json<Allergies>"
              , exists (select from fires where location_id = $1 and check_id = $2 and on_board) as "eating!"
            from checks where location_id = $1 and check_id = $2"#,
            self.location_id as LocationId,
            check_id as CheckId,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        if row.state.takes_orders() || row.eating && !only_open {
            Ok(row.allergies.0)
        } else {
            Err(AllergyRefusal::CheckClosed.into())
        }
    }

    /// Puts it on the check and on every card of it, those that came back later among them. A card that somebody had drawn
    /// before counts as changed by the floor; one of this same turn does not. Answers which telling it is.
    async fn print(
        &mut self,
        check_id: CheckId,
        allergies: &Allergies,
        actor: &Actor,
    ) -> Result<i32, StoreError> {
        let told = sqlx::query_scalar!(
            "with bill as (
                update checks set allergies = $3, allergies_told = allergies_told + 1, board_seq = $4
                where location_id = $1 and check_id = $2
                returning table_id, allergies_told
            )
            , tile as (
                update tables set board_seq = $4 from bill
                where tables.location_id = $1 and tables.table_id = bill.table_id
            )
            , said as (
                select jsonb_build_object('allergies', $3::jsonb, 'allergies_told', allergies_told) as header from bill
            )
            , fire as (
                update fires set header = fires.header || said.header, board_seq = $4 from said
                where fires.location_id = $1 and fires.check_id = $2 and fires.cleared_at is null
                returning fires.fire_id
            )
            , chit as (
                update tickets t
                set header = t.header || said.header, version = t.version + (t.board_seq < $4)::integer
                  , board_seq = $4, stamped_at = $5
                from said
                where t.location_id = $1 and t.fire_id in (select fire_id from fire) and t.state <> 'cleared'
            )
            select allergies_told from bill",
            self.location_id as LocationId,
            check_id as CheckId,
            Json(allergies) as _,
            self.seq.0,
            actor.at,
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(told)
    }

    async fn step(
        &mut self,
        verb: &str,
        check_id: CheckId,
        told: i32,
        allergy: &Allergy,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let allergens: Vec<_> = allergy.allergens.iter().map(|allergen| allergen.key().to_owned()).collect();
        sqlx::query!(
            "insert into allergy_steps (location_id, check_id, verb, told, seat, allergens, at, staff_id, device_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.location_id as LocationId,
            check_id as CheckId,
            verb,
            told,
            allergy.seat,
            &allergens,
            actor.at,
            actor.staff_id as Option<StaffId>,
            actor.device_id as DeviceId,
        )
        .execute(&mut *self.tx)
        .await?;
        let detail = json!({ "seat": allergy.seat, "allergens": allergens });
        self.tell(&format!("allergy_{verb}"), actor, check_id.0, detail).await
    }

    async fn saw(
        &mut self,
        check_id: CheckId,
        fire_id: FireId,
        ticket_id: Option<TicketId>,
        seen: i32,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into allergy_steps (location_id, check_id, verb, told, allergens, fire_id, ticket_id, at, staff_id
              , device_id)
            values ($1, $2, 'seen', $3, '{}', $4, $5, $6, $7, $8)",
            self.location_id as LocationId,
            check_id as CheckId,
            seen,
            fire_id as FireId,
            ticket_id as Option<TicketId>,
            actor.at,
            actor.staff_id as Option<StaffId>,
            actor.device_id as DeviceId,
        )
        .execute(&mut *self.tx)
        .await?;
        let subject = ticket_id.map_or(fire_id.0, |ticket_id| ticket_id.0);
        self.tell("allergy_seen", actor, subject, json!({ "told": seen })).await?;
        self.stamp_fire(fire_id).await
    }
}

/// The chain of names and times of a check's allergies, in the order in which it happened; what was ordered although it is
/// against one stands with its Send.
#[tracing::instrument(name = "store.allergies.chain", level = "debug", skip_all, fields(check = %check_id))]
pub async fn chain(
    db: &PgPool,
    location_id: LocationId,
    check_id: CheckId,
) -> Result<Vec<AllergyStep>, StoreError> {
    let rows = sqlx::query!(
        r#"select step.verb as "verb!: AllergyVerb", step.seat as "seat?", step.allergens as "allergens!"
          , step.dish as "dish?", step.course as "course?", step.place as "place?", step.at as "at!"
          , coalesce(staff.name, device.name, 'a screen') as "by!"
        from (
            select s.verb, s.seat, s.allergens, null as dish, f.course
              , case when s.fire_id is null then null when t.ticket_id is null then 'the pass'
                    else coalesce(station.name, 'the pass') end as place
              , s.at, s.staff_id, s.device_id, s.step_no
            from allergy_steps s
            left join fires f on f.location_id = s.location_id and f.fire_id = s.fire_id
            left join tickets t on t.location_id = s.location_id and t.ticket_id = s.ticket_id
            left join stations station on station.location_id = t.location_id and station.station_id = t.station_id
            where s.location_id = $1 and s.check_id = $2
            union all
            select 'ordered_anyway', l.seat, l.despite_allergy, l.item_name, f.course, null, coalesce(a.at, o.sent_at)
              , coalesce(a.staff_id, o.staff_id), coalesce(a.device_id, o.device_id)
              , 9223372036854775807 -- of one moment: first it was told, then ordered
            from orders o
            join order_lines l on l.location_id = o.location_id and l.order_id = o.order_id and l.despite_allergy <> '{}'
            join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
            left join audit a on l.refire_of is not null and a.location_id = l.location_id and a.at = f.fired_at
                and a.verb = 'refire' and a.subject = l.refire_of and a.detail ->> 'line_id' = l.line_id::text
            where o.location_id = $1 and o.check_id = $2
        ) as step
        left join staff on staff.location_id = $1 and staff.staff_id = step.staff_id
        left join paired_devices device on device.location_id = $1 and device.device_id = step.device_id
        order by step.at, step.step_no"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| AllergyStep {
            verb: row.verb,
            seat: row.seat,
            allergens: Allergen::from_keys(&row.allergens),
            dish: row.dish,
            course: row.course,
            place: row.place,
            at: row.at,
            by: row.by,
        })
        .collect())
}
