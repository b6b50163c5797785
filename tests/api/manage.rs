//! Keys of machines: made, shown once, revoked.

use std::time::{Duration, Instant};

use comanda::domain::ids::TokenId;
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
    let began = Instant::now();
    while machine.fetch("/api/menu").await.status != StatusCode::UNAUTHORIZED {
        assert!(began.elapsed() < Duration::from_secs(1), "the key still works");
    }
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
