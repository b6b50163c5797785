//! The manager's page: what is 86'd, what the cut-off cleared, keys for machine clients.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::OffsetDateTime;

use super::auth::{SignedIn, token_hash};
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::frame::Frame;
use super::pins;
use super::state::App;
use crate::domain::cleared::ClearedDay;
use crate::domain::fire::PassRules;
use crate::domain::ids::{ItemId, TokenId};
use crate::domain::staff::Action;
use crate::fragments::times;
use crate::store;
use crate::store::By;
use crate::store::tokens::Token;

/// `GET /manage`.
#[derive(Template)]
#[template(path = "manage/page.html")]
pub struct ManagePage {
    /// What surrounds it.
    pub frame: Frame,
    /// What is off the menu just now, longest first.
    pub eighty_sixed: Vec<EightySixed>,
    /// What is on the menu, in its order.
    pub items: Vec<ItemRow>,
    /// What the last business day's cut-off cleared; none before the first one.
    pub cleared: Option<ClearedDay>,
    /// How long after a course is ready the next one fires by itself; none: by hand.
    pub next_course_after_s: Option<i32>,
    /// How the pass works.
    pub pass: PassRules,
    /// Keys for machine clients, newest first.
    pub tokens: Vec<Token>,
    /// The one just made: shown this once.
    pub made: Option<MadeToken>,
    /// What was refused, when a plain form comes back.
    pub failure: Option<String>,
}

/// An item that is off the menu.
#[derive(Debug, Clone)]
pub struct EightySixed {
    /// Its id.
    pub item_id: ItemId,
    /// Its name.
    pub name: String,
    /// Since when.
    pub since: OffsetDateTime,
}

/// An item that is on the menu.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// Its id.
    pub item_id: ItemId,
    /// Its name.
    pub name: String,
    /// Its page of the menu.
    pub category: String,
}

/// A key that was just made.
#[derive(Clone)]
pub struct MadeToken {
    /// What it is for.
    pub name: String,
    /// The key itself; only its hash is kept.
    pub token: String,
}

/// `GET /manage`.
pub async fn show(manager: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    page(&app, &manager, None, None).await
}

/// The manager's page, with what was just made or refused.
pub(super) async fn page(
    app: &App,
    manager: &SignedIn,
    made: Option<MadeToken>,
    failure: Option<String>,
) -> Result<Html<String>> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let category = |item: &crate::domain::menu::Item| {
        let category = house.categories.iter().find(|category| category.category_id == item.category_id);
        category.map(|category| category.name.clone()).unwrap_or_default()
    };
    let items = house.items.iter().filter(|item| !item.eighty_sixed);
    let page = ManagePage {
        frame: Frame::of(&house, Some(&manager.who)),
        eighty_sixed: store::items::eighty_sixed(&app.db, house.location_id)
            .await?
            .into_iter()
            .map(|(item_id, name, since)| EightySixed { item_id, name, since })
            .collect(),
        items: items
            .map(|item| ItemRow { item_id: item.item_id, name: item.name.clone(), category: category(item) })
            .collect(),
        cleared: store::days::cleared(&app.db, house.location_id).await?,
        next_course_after_s: house.next_course_after_s,
        pass: house.pass,
        tokens: store::tokens::all(&app.db, house.location_id).await?,
        made,
        failure,
    };
    Ok(Html(page.render()?))
}

/// Where a plain form leads that does not say where it stands.
pub(super) const HOME: &str = "/manage";

/// What a new key is for.
#[derive(Debug, Deserialize)]
pub struct TokenSlip {
    #[serde(default)]
    name: String,
}

/// `POST /manage/tokens`: a key, shown this once.
pub async fn make_token(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<TokenSlip>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let name = slip.name.trim();
    if !names_a_key(name) {
        let words = KEY_NAME_WORDS;
        if wants_json(&headers) {
            return Err(AppError::field("name", words));
        }
        let page = page(&app, &manager, None, Some(words.to_owned())).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let token = new_token()?;
    let (here, who) = (manager.who.location_id, manager.person()?);
    store::tokens::make(
        &app.db,
        here,
        name,
        token_hash(&token),
        who,
        By::Person(&manager.actor(app.clock.now())),
    )
    .await?;
    if wants_json(&headers) {
        return Ok(
            (StatusCode::CREATED, Json(serde_json::json!({ "name": name, "token": token }))).into_response()
        );
    }
    let made = MadeToken { name: name.to_owned(), token };
    Ok((StatusCode::CREATED, page(&app, &manager, Some(made), None).await?).into_response())
}

/// Whether that says what a key is for.
pub fn names_a_key(name: &str) -> bool {
    (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

/// What is said when it does not.
pub const KEY_NAME_WORDS: &str = "Say what the key is for, in at most 60 characters.";

/// A key that nobody guesses: 32 random bytes.
pub fn new_token() -> Result<String> {
    let bytes: [u8; 32] = pins::random().map_err(|err| {
        tracing::error!(error = &err as &dyn std::error::Error, "no key could be drawn");
        AppError::Broken
    })?;
    Ok(format!("comanda_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// `POST /manage/tokens/{token_id}/revoke`.
pub async fn revoke_token(
    manager: SignedIn,
    Path(token_id): Path<TokenId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let by = manager.actor(app.clock.now());
    store::tokens::revoke(&app.db, manager.who.location_id, token_id, By::Person(&by)).await?;
    Ok(answer(&headers, &form.or(HOME)))
}
