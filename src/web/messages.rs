//! Words to the kitchen: said from the floor, the office or the pass, read at each station.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::auth::SignedIn;
use super::command::act;
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::frame::Frame;
use super::state::App;
use crate::domain::ids::{MessageId, StationId};
use crate::domain::menu::House;
use crate::domain::message::{Said, fault};
use crate::domain::staff::Action;
use crate::domain::station::Station;
use crate::fragments::times;
use crate::store;

/// `GET /messages`.
#[derive(Template)]
#[template(path = "kitchen/messages.html")]
pub struct MessagesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What makes this form's message one, however often it is sent.
    pub id: Uuid,
    /// Whom to say it to.
    pub stations: Vec<Station>,
    /// What was said today, the newest first.
    pub said: Vec<Said>,
    /// What was written, when it comes back.
    pub words: String,
    /// To whom, when it comes back.
    pub to: String,
    /// What was refused.
    pub failure: Option<String>,
}

/// A message as it is written.
#[derive(Debug, Deserialize)]
pub struct MessageSlip {
    /// Made where it is written.
    #[serde(default)]
    id: Option<Uuid>,
    #[serde(default)]
    words: String,
    /// `everyone`, `expo`, or a station's name in addresses.
    #[serde(default)]
    to: String,
}

/// A message that can be said; to no station: to the pass.
struct Message {
    words: String,
    to: Vec<Option<StationId>>,
}

impl MessageSlip {
    fn read(&self, house: &House) -> std::result::Result<Message, (&'static str, String)> {
        let words = self.words.trim().to_owned();
        if let Some(fault) = fault(&words) {
            return Err(("words", fault));
        }
        let everyone = house.stations.iter().map(|station| Some(station.station_id)).chain([None]);
        let to = match (self.to.as_str(), house.station(&self.to)) {
            ("everyone", _) => everyone.collect(),
            ("expo", _) => vec![None],
            (_, Some(station)) => vec![Some(station.station_id)],
            (_, None) => return Err(("to", "Say to whom: everyone, expo, or a station.".to_owned())),
        };
        Ok(Message { words, to })
    }
}

/// `GET /messages`: what was said today and who has read it, and a form to say more.
pub async fn show(person: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    page(&app, &person, MessageSlip { id: None, words: String::new(), to: String::new() }, None).await
}

async fn page(
    app: &App,
    person: &SignedIn,
    slip: MessageSlip,
    failure: Option<String>,
) -> Result<Html<String>> {
    person.may(Action::TellKitchen)?;
    let house = app.house(person.who.location_id).await?;
    let page = MessagesPage {
        frame: Frame::of(&house, Some(&person.who)),
        id: slip.id.unwrap_or_else(|| MessageId::new().0),
        stations: house.stations.clone(),
        said: store::messages::said(&app.db, house.location_id).await?,
        words: slip.words,
        to: slip.to,
        failure,
    };
    Ok(Html(page.render()?))
}

/// `POST /messages`.
pub async fn say(
    person: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<MessageSlip>,
) -> Result<Response> {
    person.may(Action::TellKitchen)?;
    let house = app.house(person.who.location_id).await?;
    let Message { words, to } = match slip.read(&house) {
        Ok(message) => message,
        Err((field, fault)) if wants_json(&headers) => return Err(AppError::field(field, fault)),
        Err((_, fault)) => {
            let page = page(&app, &person, slip, Some(fault)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let said_id = slip.id.unwrap_or_else(|| MessageId::new().0);
    act(&app, &person, move |turn, actor| {
        Box::pin(async move { store::messages::say(turn, said_id, &words, &to, actor).await })
    })
    .await?;
    Ok(answer(&headers, "/messages"))
}

/// `POST /messages/{message_id}/read`: somebody there has read it.
pub async fn read(
    cook: SignedIn,
    Path(message_id): Path<MessageId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    cook.may(Action::WatchKitchen)?;
    let here = cook.who.location_id;
    let station_id = store::messages::station_of(&app.db, here, message_id).await?;
    let house = app.house(here).await?;
    let station = station_id.and_then(|station_id| house.station_by_id(station_id));
    cook.may(if station.is_some() { Action::WorkStation } else { Action::WorkPass })?;
    let to = station.map(|station| station.station_id);
    let is_elsewhere = |bound_to: &String| !house.wall(bound_to).is_some_and(|wall| wall.reads(to));
    if cook.who.station.as_ref().is_some_and(is_elsewhere) {
        return Err(AppError::Forbidden);
    }
    act(&app, &cook, move |turn, actor| Box::pin(store::messages::read(turn, message_id, actor))).await?;
    Ok(answer(&headers, &form.or("/kitchen")))
}
