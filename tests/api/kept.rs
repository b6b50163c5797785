//! A plain form whose sender was signed out meanwhile: nothing of it is lost, and it is sent once.

use comanda::domain::ids::OrderId;
use reqwest::StatusCode;

use crate::support::{TestApp, dish, slip};

#[tokio::test]
async fn a_form_that_outlived_its_sign_in_is_held_by_the_answer() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let order = slip("3", &[dish("Bica")]);
    let item = order["lines"][0]["item_id"].as_str().expect("id");
    let (quantity, note) = (format!("quantity.{item}"), format!("note.{item}"));
    let (id, table) = (OrderId::new().to_string(), order["table_id"].as_str().expect("id"));
    let fields =
        [("id", id.as_str()), ("table_id", table), (&quantity, "2"), (&note, "half \"full\" & <hot>")];
    waiter.form("/sign-out", &[]).await;
    let before = house.rows().await;

    let held = waiter.form("/orders", &fields).await;
    assert_eq!(held.status, StatusCode::UNAUTHORIZED, "{}", held.body);
    assert!(held.body.contains("You were signed out"), "{}", held.body);
    assert!(held.body.contains("action=\"/orders\""));
    for (name, value) in
        [("id", id.as_str()), (&quantity, "2"), (&note, "half &#34;full&#34; &#38; &#60;hot&#62;")]
    {
        let field = format!("name=\"{name}\" value=\"{value}\"");
        assert!(held.body.contains(&field), "{field} was lost: {}", held.body);
    }
    assert_eq!(house.rows().await, before, "and nothing was written");

    waiter.sign_in("Inês", None).await;
    let taken = waiter.form("/orders", &fields).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
}

#[tokio::test]
async fn what_is_secret_is_printed_on_no_page() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    manager.form("/sign-out", &[]).await;
    let secret = "a long enough secret";
    let answer = manager.form("/manage/password", &[("password", secret)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "to the sign-in, as before");
    assert!(!answer.body.contains(secret));
    let bare = manager.form("/manage/tokens", &[]).await;
    assert_eq!(bare.status, StatusCode::SEE_OTHER, "nothing was entered");
}
