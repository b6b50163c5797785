//! A check: what was sent, what the kitchen did with it, what it comes to.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use time::OffsetDateTime;

use super::auth::SignedIn;
use super::command::{Done, act, command};
use super::error::{AppError, Result, wants_json};
use super::extract::{Form, Path, answer};
use super::frame::{BoardStart, Frame};
use super::state::App;
use crate::board::picture::View;
use crate::domain::allergy::Allergen;
use crate::domain::check_view::CheckView;
use crate::domain::fire::CALM_WITHIN;
use crate::domain::ids::{CheckId, LineId, StaffId, TableId, TenderId};
use crate::domain::line::LineStanding;
use crate::domain::money::Money;
use crate::domain::staff::Action;
use crate::domain::ticket::TicketState;
use crate::fragments::times;
use crate::store;

/// `GET /checks/{check_id}`.
#[derive(Template)]
#[template(path = "check/page.html")]
pub struct CheckPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The floor's view: the page fetches itself again when its tile changes.
    pub board: BoardStart,
    /// The check.
    pub check: CheckView,
    /// When it was drawn.
    pub now: OffsetDateTime,
    /// The key that a payment carries.
    pub tender_id: TenderId,
    /// Tables where nobody sits; none to choose from where the check may not move.
    pub free_tables: Vec<(TableId, String)>,
    /// Who may serve it.
    pub servers: Vec<(StaffId, String)>,
    /// What was refused, when a plain form comes back.
    pub failure: Option<String>,
}

/// Reasons that cover nearly every void; the rest is written.
pub const VOID_REASONS: [&str; 5] =
    ["Entered wrong", "Guest changed their mind", "Took too long", "Kitchen is out of it", "Not as ordered"];

/// Reasons why something is cooked again; the rest is written.
pub const REFIRE_REASONS: [&str; 5] = ["Dropped", "Overcooked", "Undercooked", "Cold", "Wrong dish"];

impl CheckPage {
    /// The id that a refire carries.
    fn fresh_line() -> LineId {
        LineId::new()
    }

    fn may_refire(&self, line: &crate::domain::check_view::LineView) -> bool {
        let is_made = matches!(line.standing, LineStanding::Ready | LineStanding::Served);
        is_made && line.live() > 0 && self.may_fire()
    }

    fn may_change(&self, line: &crate::domain::check_view::LineView) -> bool {
        self.check.is_open() && line.live() > 0 && line.standing != LineStanding::Served
    }

    fn may_void(&self) -> bool {
        self.check.is_open() && self.frame.may(Action::VoidLine)
    }

    fn may_fire(&self) -> bool {
        self.check.is_open() && self.frame.may(Action::FireCourse)
    }

    /// A rush that is three seconds old stays.
    fn may_calm(&self, rushed_at: &OffsetDateTime) -> bool {
        self.now <= *rushed_at + CALM_WITHIN
    }

    fn may_tell_allergy(&self) -> bool {
        self.check.is_awaited() && self.frame.may(Action::TellAllergy)
    }

    fn may_close(&self) -> bool {
        self.check.is_open() && self.frame.may(Action::CloseCheck)
    }

    fn may_hand_over(&self) -> bool {
        self.frame.may(Action::WorkPass)
    }
}

/// `GET /checks/{check_id}`.
pub async fn show(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
) -> Result<Html<String>> {
    waiter.may(Action::Serve)?;
    page(&app, &waiter, check_id, None).await
}

/// A check's page, with what was refused.
pub(super) async fn page(
    app: &App,
    waiter: &SignedIn,
    check_id: CheckId,
    failure: Option<String>,
) -> Result<Html<String>> {
    let house = app.house(waiter.who.location_id).await?;
    // The board first: what the check shows is then at least as new as the turn its page goes live from.
    let floor = View::floor(&house);
    let (snapshot, _) = app.hub.page(house.location_id, &floor).await?;
    let board = BoardStart::of(&floor, &snapshot, app.hub.now_ms());
    let check = store::checks::find(&app.db, house.location_id, check_id).await?;
    let free_tables = if check.is_open() {
        store::checks::free_tables(&app.db, house.location_id).await?
    } else {
        Vec::new()
    };
    let frame = Frame::of(&house, Some(&waiter.who));
    let now = app.clock.now();
    let people = store::staff::all(&app.db, house.location_id).await?.into_iter();
    let servers =
        people.filter(|person| person.role.may(Action::Serve)).map(|person| (person.staff_id, person.name));
    let page = CheckPage {
        frame,
        board,
        check,
        now,
        tender_id: TenderId::new(),
        free_tables,
        servers: servers.collect(),
        failure,
    };
    Ok(Html(page.render()?))
}

/// A reason out of the usual ones, in words of one's own, or both.
pub(super) fn reason(usual: &str, words: &str) -> String {
    match (usual, words.trim()) {
        ("other" | "", words) => words.to_owned(),
        (reason, "") => reason.to_owned(),
        (reason, words) => format!("{reason}: {words}"),
    }
}

/// What a void carries.
#[derive(Debug, Deserialize)]
pub struct VoidSlip {
    #[serde(default, deserialize_with = "super::extract::number")]
    quantity: Option<i64>,
    #[serde(default)]
    reason: String,
    /// Written when no usual reason fits (`reason` then says "other"), or beside one.
    #[serde(default)]
    reason_words: String,
    /// `yes` or `no`: whether it was made, and is thrown away. If nothing is said, what is begun counts as made.
    #[serde(default)]
    made: Option<String>,
}

/// `POST /lines/{line_id}/void`.
pub async fn void_line(
    waiter: SignedIn,
    Path(line_id): Path<LineId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<VoidSlip>,
) -> Result<Response> {
    waiter.may(Action::VoidLine)?;
    let units = slip.quantity.unwrap_or(1);
    let units =
        i32::try_from(units).map_err(|_| AppError::field("quantity", "That is not a number of units."))?;
    let reason = reason(&slip.reason, &slip.reason_words);
    let made = slip.made.as_deref().map(|made| matches!(made, "yes" | "true"));
    let (actor, role) = (waiter.actor(app.clock.now()), waiter.who.role);
    let done = command(&app, waiter.who.location_id, move |turn| {
        Box::pin(async move {
            store::lines::void(turn, line_id, units, &reason, made, role, &actor).await.map(Done::Changed)
        })
    })
    .await;
    match done {
        Ok(check_id) => Ok(answer(&headers, &format!("/checks/{check_id}"))),
        Err(AppError::Refused(refusals)) if !wants_json(&headers) => {
            let check_id = store::lines::check_of(&app.db, waiter.who.location_id, line_id).await?;
            let words = refusals.into_iter().next().map(|refusal| refusal.message);
            let page = page(&app, &waiter, check_id, words).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(err) => Err(err),
    }
}

/// Where a party goes.
#[derive(Debug, Deserialize)]
pub struct MoveSlip {
    #[serde(default)]
    table_id: Option<TableId>,
}

/// `POST /checks/{check_id}/move`: the party sits down elsewhere, and its cards say so.
pub async fn move_to(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<MoveSlip>,
) -> Result<Response> {
    waiter.may(Action::Serve)?;
    let table_id = slip.table_id.ok_or_else(|| AppError::field("table_id", "Say which table."))?;
    let done = act(&app, &waiter, move |turn, actor| {
        Box::pin(store::checks::move_to(turn, check_id, table_id, actor))
    })
    .await;
    match done {
        Ok(()) => Ok(answer(&headers, &format!("/checks/{check_id}"))),
        Err(AppError::Conflict { words, .. }) if !wants_json(&headers) => {
            let page = page(&app, &waiter, check_id, Some(words)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(err) => Err(err),
    }
}

/// What a payment carries.
#[derive(Debug, Deserialize)]
pub struct CloseSlip {
    tender_id: Option<TenderId>,
    #[serde(default, deserialize_with = "super::extract::number")]
    amount_minor: Option<i64>,
}

/// `POST /checks/{check_id}/close`: cash, the exact amount.
pub async fn close(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<CloseSlip>,
) -> Result<Response> {
    waiter.may(Action::CloseCheck)?;
    let tender_id = slip
        .tender_id
        .ok_or_else(|| AppError::field("tender_id", "A payment needs an id: a UUID made on the tablet."))?;
    let amount = slip
        .amount_minor
        .map(Money)
        .ok_or_else(|| AppError::field("amount_minor", "Say how much was paid, in cents."))?;
    let actor = waiter.actor(app.clock.now());
    let done = command(&app, waiter.who.location_id, move |turn| {
        Box::pin(async move {
            let step = store::checks::close(turn, check_id, tender_id, amount, &actor).await?;
            Ok::<_, store::checks::CloseError>(Done::by(step, ()))
        })
    })
    .await;
    match done {
        Ok(()) => Ok(answer(&headers, "/floor")),
        Err(AppError::Conflict { words, .. }) if !wants_json(&headers) => {
            let page = page(&app, &waiter, check_id, Some(words)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(err) => Err(err),
    }
}
