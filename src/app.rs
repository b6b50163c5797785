//! The only list of routes, and the only stack of layers, with why in that order.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::trace::TraceLayer;
use tower_sessions::SessionManagerLayer;
use tower_sessions::cookie::SameSite;

use crate::web::error::AppError;
use crate::web::session_store::Sessions;
use crate::web::state::App;
use crate::web::{
    ages, allergies, api, assets, boards, changes, checks, courses, device, devices, error, fires, floor,
    health, items, kept, kitchen, manage, messages, order_page, orders, outside, pairing, party, pass,
    password, print, recent, routes, screens, security, setup, sign_in, socket, stations, status, tickets,
    trust,
};

/// A request's body, at most: the long form of a long menu.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// How one comes in.
fn at_the_door() -> Router<App> {
    Router::new()
        .route("/", get(sign_in::home))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/sign-in/password", get(password::show).post(password::enter))
        .route("/setup", get(setup::show).post(setup::enter))
        .route("/pair", get(pairing::show).post(pairing::enter))
}

/// Where guests sit.
fn on_the_floor() -> Router<App> {
    Router::new()
        .route("/floor", get(floor::show))
        .route("/tables/{table_id}", get(order_page::at_table))
        .route("/takeaway", get(order_page::takeaway))
        .route("/orders", post(orders::send))
        .route("/checks/{check_id}", get(checks::show))
        .route("/checks/{check_id}/move", post(checks::move_to))
        .route("/checks/{check_id}/vip", post(party::set_vip))
        .route("/checks/{check_id}/server", post(party::hand_to))
        .route("/checks/{check_id}/close", post(checks::close))
        .route("/lines/{line_id}/void", post(checks::void_line))
        .route("/lines/{line_id}/change", get(changes::show).post(changes::change))
        .route("/lines/{line_id}/refire", post(courses::refire))
        .route("/lines/{line_id}/fire", post(courses::fire_line))
        .route("/lines/{line_id}/course", post(courses::move_line))
        .route("/fires/{fire_id}/fire", post(courses::fire))
        .route("/checks/{check_id}/allergies", get(allergies::chain).post(allergies::tell))
        .route("/checks/{check_id}/allergies/take-back", post(allergies::take_back))
        .route("/tickets/{ticket_id}/allergy-seen", post(allergies::seen_at_station))
        .route("/fires/{fire_id}/allergy-seen", post(allergies::seen_at_pass))
}

/// Where it is cooked.
fn in_the_kitchen() -> Router<App> {
    Router::new()
        .route("/messages", get(messages::show).post(messages::say))
        .route("/messages/{message_id}/read", post(messages::read))
        .route("/kitchen", get(kitchen::index))
        .route("/kitchen/{slug}", get(kitchen::show))
        .route("/kitchen/{slug}/recent", get(recent::show))
        .route("/kitchen/{slug}/pace", get(ages::pace))
        .route("/kitchen/{slug}/print", get(print::show))
        .route("/kitchen/{slug}/recall", post(tickets::recall_last))
        .route("/stations/{station_id}/lend", post(stations::lend))
        .route("/stations/{station_id}/rename", post(stations::rename))
        .route("/stations/{station_id}/forward", post(stations::forward))
        .route("/stations/{station_id}/retire", post(stations::retire))
        .route("/tickets/{ticket_id}/start", post(tickets::start))
        .route("/tickets/{ticket_id}/line", post(tickets::line))
        .route("/tickets/{ticket_id}/bump", post(tickets::bump))
        .route("/tickets/{ticket_id}/undo", post(tickets::undo))
        .route("/tickets/{ticket_id}/recall", post(tickets::recall))
        .route("/tickets/{ticket_id}/acknowledge", post(tickets::acknowledge))
        .route("/tickets/{ticket_id}/late-seen", post(ages::late_seen))
        .route("/fires/{fire_id}/bump", post(fires::bump))
        .route("/fires/{fire_id}/recall", post(fires::recall))
        .route("/fires/{fire_id}/rush", post(fires::rush))
        .route("/fires/{fire_id}/calm", post(fires::calm))
        .route("/fires/{fire_id}/ready-seen", post(fires::ready_seen))
        .route("/fires/{fire_id}/undo", post(fires::undo))
        .route("/fires/{fire_id}/plate", post(pass::plate))
        .route("/fires/{fire_id}/unplate", post(pass::unplate))
        .route("/fires/{fire_id}/override", get(pass::show_override).post(pass::hand_over_anyway))
}

/// Where it is run from.
fn in_the_office() -> Router<App> {
    Router::new()
        .route("/manage", get(manage::show))
        .route("/manage/status", get(status::show))
        .route("/manage/courses", post(courses::set_rule))
        .route("/manage/pass", post(pass::set))
        .route("/manage/stations", get(routes::show).post(stations::add))
        .route("/manage/routes", post(routes::set))
        .route("/modifiers/{modifier_id}/station", post(routes::set_maker))
        .route("/manage/screens", get(screens::show).post(screens::add))
        .route("/screens/{screen_id}/change", post(screens::change))
        .route("/screens/{screen_id}/take-away", post(screens::take_away))
        .route("/manage/ages", get(ages::show).post(ages::set))
        .route("/manage/password", post(password::set))
        .route("/manage/devices", get(devices::show).post(devices::make_code))
        .route("/manage/devices/{device_id}/rename", post(devices::rename))
        .route("/manage/devices/{device_id}/revoke", post(devices::revoke))
        .route("/manage/tokens", post(manage::make_token))
        .route("/manage/tokens/{token_id}/revoke", post(manage::revoke_token))
        .route("/items/{item_id}/86", post(items::eighty_six))
        .route("/items/{item_id}/count", post(items::count))
        .route("/kitchen/{slug}/items", get(items::show))
        .route("/items/{item_id}/back", post(items::bring_back))
}

/// For programs; live boards are for pages and machines alike.
fn for_machines() -> Router<App> {
    Router::new()
        .route("/api/menu", get(api::menu))
        .route("/api/tables", get(api::tables))
        .route("/api/orders/{order_id}", get(orders::find))
        .route("/board/{view}", get(boards::snapshot))
        .route("/board/{view}/differs", post(boards::differs))
        .route("/board/{view}/live", get(socket::live))
}

/// Every address of the program.
pub fn router(app: App) -> Router {
    let people = at_the_door()
        .merge(on_the_floor())
        .merge(in_the_kitchen())
        .merge(in_the_office())
        .merge(for_machines());

    let people = people
        // Innermost first. A person who works stays signed in; that needs the session.
        .layer(from_fn_with_state(app.clone(), sign_in::keep))
        .layer(sessions(&app))
        .layer(from_fn_with_state(app.clone(), device::identify))
        // Where there is no restaurant there is nothing else to see.
        .layer(from_fn_with_state(app.clone(), setup::lead))
        // What was entered in a plain form outlives the sign-in it was entered under.
        .layer(from_fn(kept::form))
        // A foreign page is refused before a session is even looked at.
        .layer(from_fn(security::same_site));

    Router::new()
        .merge(people)
        .route("/api/openapi.json", get(api::description))
        .route("/healthz", get(health::alive))
        .route("/trust", get(trust::show))
        .route("/trust/ca.crt", get(trust::certificate))
        .route("/trust/ca.pem", get(trust::certificate_as_text))
        .route("/readyz", get(health::ready))
        .route("/assets/{build}/{*path}", get(assets::serve))
        .fallback(async || AppError::NotFound)
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, "There is nothing to do that way here.")
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        // A database that took the question and is silent since: a command goes on in a task of its own.
        .layer(from_fn(error::in_time))
        // Errors get their look outside of all that makes them,
        .layer(from_fn_with_state(app.clone(), error::render))
        // then a panic becomes a 500 and not a cut line,
        .layer(CatchPanicLayer::new())
        // what goes out is packed once,
        .layer(CompressionLayer::new())
        // and every answer, whatever it is, carries the same rules for the browser.
        .layer(from_fn(security::headers))
        // Counted is what the browser gets,
        .layer(from_fn_with_state(app.clone(), health::count))
        // and told as well.
        .layer(TraceLayer::new_for_http().make_span_with(crate::web::trace::span))
        // Outermost: who asks stands in the log.
        .layer(from_fn_with_state(app.clone(), outside::look))
        .with_state(app)
}

/// What stands behind the metrics' own port.
pub fn metrics(app: App) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(app)
}

/// What stands behind the plain port of the house's own network: how to trust it, and the way to https.
pub fn trust(app: App) -> Router {
    Router::new()
        .route("/trust", get(trust::show))
        .route("/trust/ca.crt", get(trust::certificate))
        .route("/trust/ca.pem", get(trust::certificate_as_text))
        .route("/assets/{build}/{*path}", get(assets::serve))
        .fallback(trust::over_https)
        .layer(DefaultBodyLimit::max(0)) // nobody has anything to say here
        .layer(from_fn_with_state(app.clone(), error::render))
        .layer(from_fn(security::headers))
        .with_state(app)
}

fn sessions(app: &App) -> SessionManagerLayer<Sessions> {
    let store = Sessions::new(app.db.clone(), app.sessions.clone(), app.clock.clone());
    let insecure = app.settings.insecure_http;
    SessionManagerLayer::new(store)
        .with_name(if insecure { "comanda" } else { "__Host-comanda" })
        .with_secure(!insecure)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
}
