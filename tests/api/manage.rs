//! Keys of machines: made, shown once, revoked.

use comanda::domain::demo::{self, staff_id};
use comanda::domain::ids::TokenId;
use comanda::store::{self, By};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_key_is_shown_once_and_only_its_hash_is_kept() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let made = manager.form("/manage/tokens", &[("name", "Web shop")]).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let start = made.body.find("comanda_").expect("the key");
    let token = &made.body[start..start + "comanda_".len() + 43];
    assert_eq!(house.with_key(token).fetch("/api/menu").await.status, StatusCode::OK);

    let page = manager.get("/manage").await.body;
    assert!(page.contains("Web shop") && !page.contains(token));
    let kept: String = house.ask("select string_agg(t::text, ' ') from api_tokens t", None).await;
    assert!(!kept.contains(token), "{kept}");
}

#[tokio::test]
async fn a_key_needs_a_name() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let before = house.rows().await;
    for name in ["", "   ", "a\nb", &"x".repeat(61)] {
        let refused = manager.post("/manage/tokens", &json!({ "name": name })).await;
        assert_eq!(
            (refused.status, refused.blames()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["name".to_owned()]),
            "{name:?}"
        );
    }
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_its_screens_are_closed() {
    let house = TestApp::spawn().await;
    let (manager, machine) = (house.as_manager().await, house.as_machine().await);
    let mut screen = machine.open_screen("expo").await;
    let token: uuid::Uuid = house.ask("select token_id from api_tokens", None).await;
    let revoke = format!("/manage/tokens/{token}/revoke");
    assert_eq!(manager.post(&revoke, &json!({})).await.status, StatusCode::NO_CONTENT);
    machine.until("/api/menu", StatusCode::UNAUTHORIZED).await;
    assert_eq!(screen.closed().await, 4401);
    assert!(!manager.get("/manage").await.body.contains(&token.to_string()));
    assert_eq!(manager.post(&revoke, &json!({})).await.status, StatusCode::NO_CONTENT, "twice is once");
    let nobodys = format!("/manage/tokens/{}/revoke", TokenId::new());
    assert_eq!(manager.post(&nobodys, &json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_that_nobody_made_opens_nothing() {
    let house = TestApp::spawn().await;
    for token in ["", "comanda_", "comanda_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(
            house.with_key(token).fetch("/api/menu").await.status,
            StatusCode::UNAUTHORIZED,
            "{token:?}"
        );
    }
}

#[tokio::test]
async fn keys_and_pins_leave_a_row_of_who_when_and_what() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    manager.form("/manage/tokens", &[("name", "Web shop")]).await;
    let token: uuid::Uuid = house.ask("select token_id from api_tokens where name = 'Web shop'", None).await;
    for _ in 0..2 {
        manager.post(&format!("/manage/tokens/{token}/revoke"), &json!({})).await;
    }
    let (here, person) = (demo::LOCATION_ID, staff_id("Inês"));
    let by = By::CommandLine(house.app.clock.now());
    store::staff::reset_pin(&house.app.db, here, person, "none", by).await.expect("a new PIN");

    let told = "select string_agg(concat_ws(' ', verb, subject, staff_id is not null and device_id is not null, \
        detail->>'name', detail->>'by'), ', ' order by audit_id) \
        from audit where verb in ('token_made', 'token_revoked', 'pin_reset')";
    let told: String = house.ask(told, None).await;
    let expected =
        format!("token_made {token} t Web shop, token_revoked {token} t, pin_reset {person} f command line");
    assert_eq!(told, expected);
}
