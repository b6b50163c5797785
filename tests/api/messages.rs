//! Words to the kitchen: said once, on every screen they are for until somebody there has read them.

use comanda::domain::ids::MessageId;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use crate::support::TestApp;

const UNREAD: &str = "select count(*) from messages where on_board";

async fn at(house: &TestApp, slug: &str) -> Uuid {
    let of = "select message_id from messages left join stations using (location_id, station_id)
        where coalesce(slug, 'expo') = ";
    house.ask(&format!("{of}'{slug}'"), None).await
}

#[tokio::test]
async fn a_message_stands_on_every_screen_until_it_was_read_there() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let (grill, expo) = (house.sign_in_at("Rui", "/kitchen/grill").await, house.as_expo().await);
    let (mut wall, mut pass) = (grill.open_screen("station-grill").await, expo.open_screen("expo").await);
    let message = json!({ "id": MessageId::new(), "to": "everyone", "words": " No more <oysters> tonight " });
    assert_eq!(manager.post("/messages", &message).await.status, StatusCode::NO_CONTENT);
    let rows = house.rows().await;
    assert_eq!(manager.post("/messages", &message).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, rows);
    let mut other = message.clone();
    other["words"] = json!("Something else");
    assert_eq!(manager.post("/messages", &other).await.blames(), ["id"]);
    let mut narrower = message.clone();
    narrower["to"] = json!("fry");
    assert_eq!(
        manager.post("/messages", &narrower).await.blames(),
        ["id"],
        "to somebody else it is another one"
    );
    assert_eq!(house.ask::<i64>(UNREAD, None).await, 6, "five stations and the pass");

    let turn = house.ask::<i64>("select seq from boards", None).await;
    wall.until_turn(turn).await;
    pass.until_turn(turn).await;
    let (here, there) = (at(&house, "grill").await, at(&house, "expo").await);
    let card = wall.cards.get(&format!("m-{here}")).expect("on the grill").html.clone();
    assert!(
        card.contains("No more &#60;oysters&#62; tonight") && card.contains("data-cues=\"message@"),
        "{card}"
    );
    assert!(card.contains("Sofia"), "who said it: {card}");
    assert!(
        pass.cards.contains_key(&format!("m-{there}")) && !wall.cards.contains_key(&format!("m-{there}"))
    );

    // Only there, and once.
    assert_eq!(
        grill.post(&format!("/messages/{there}/read"), &json!({})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        waiter.post(&format!("/messages/{here}/read"), &json!({})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        grill.post(&format!("/messages/{here}/read"), &json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    let rows = house.rows().await;
    assert_eq!(
        grill.post(&format!("/messages/{here}/read"), &json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(house.rows().await, rows, "twice is once");
    wall.until_turn(turn + 1).await;
    assert!(!wall.cards.contains_key(&format!("m-{here}")), "it left");
    let answer = expo.form(&format!("/messages/{there}/read"), &[("back", "/kitchen/expo")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/kitchen/expo"));
    let nobody = MessageId::new();
    assert_eq!(
        expo.post(&format!("/messages/{nobody}/read"), &json!({})).await.status,
        StatusCode::NOT_FOUND
    );

    let page = manager.get("/messages").await.body;
    assert!(page.contains("Grill: read by Rui") && page.contains("The pass: read by Catarina"), "{page}");
    assert!(page.contains("Fry: <strong>not read yet</strong>"), "{page}");

    // The night clears what nobody has read, and a new day has no old words.
    house.pass(Duration::hours(24));
    house.until("select business_day > '2099-11-20' from boards", None).await;
    assert_eq!(house.ask::<i64>(UNREAD, None).await, 0);
    let next_day = house.as_manager().await;
    assert!(next_day.get("/messages").await.body.contains("Nothing was said today"));
}

#[tokio::test]
async fn a_message_that_says_nothing_or_too_much_names_its_field() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    for (message, field) in [
        (json!({ "to": "grill", "words": "  " }), "words"),
        (json!({ "to": "grill", "words": "x".repeat(201) }), "words"),
        (json!({ "to": "grill", "words": "one\ntwo" }), "words"),
        (json!({ "to": "the moon", "words": "Hello" }), "to"),
        (json!({ "words": "Hello" }), "to"),
    ] {
        assert_eq!(waiter.post("/messages", &message).await.blames(), [field], "{message}");
    }
    let page = waiter.form("/messages", &[("to", "grill"), ("words", &"x".repeat(201))]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains(&"x".repeat(201)) && page.body.contains("these are 201"), "nothing is lost");
    let said = waiter.form("/messages", &[("to", "grill"), ("words", "Hello")]).await;
    assert_eq!((said.status, said.location()), (StatusCode::SEE_OTHER, "/messages"));
    assert_eq!(house.ask::<i64>(UNREAD, None).await, 1);
}

#[tokio::test]
async fn where_nobody_reads_nobody_goes_on_talking() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    for n in 0..10 {
        let said = waiter.post("/messages", &json!({ "to": "everyone", "words": format!("{n}") })).await;
        assert_eq!(said.status, StatusCode::NO_CONTENT, "{}", said.body);
    }
    let more = waiter.post("/messages", &json!({ "to": "grill", "words": "And another thing" })).await;
    assert_eq!(
        (more.status, more.words().contains("60 messages")),
        (StatusCode::CONFLICT, true),
        "{}",
        more.body
    );
    assert_eq!(house.ask::<i64>(UNREAD, None).await, 60);
}
