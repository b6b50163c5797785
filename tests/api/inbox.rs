//! Food that is ready calls whoever serves the table, until they say that they know.

use comanda::domain::ids::FireId;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Placed, TestApp, dish, slip};

async fn fire_of(house: &TestApp, placed: &Placed) -> FireId {
    FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await)
}

#[tokio::test]
async fn ready_food_calls_until_it_was_seen_and_calls_again_after_a_recall() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let (fire, grill) = (fire_of(&house, &placed).await, placed.ticket("grill"));
    let seen = format!("/fires/{fire}/ready-seen");
    let calls = async || waiter.get("/floor").await.body.contains(&format!("data-fire=\"{fire}\""));
    assert!(!calls().await, "nothing is ready");
    let early = waiter.post(&seen, &json!({})).await;
    assert_eq!((early.status, early.words().contains("still being cooked")), (StatusCode::CONFLICT, true));

    cook.bump(grill, 1).await;
    let floor = waiter.get("/floor").await.body;
    let call = floor.split("<form class=\"tile-call\"").find(|form| form.contains(&fire.to_string()));
    assert!(call.is_some_and(|form| form.contains("data-waiter=\"Inês\"")), "whose table it is: {floor}");
    // It outlives a sign-out: another device of theirs is called, too.
    let again = house.as_waiter().await;
    assert!(again.get("/floor").await.body.contains(&fire.to_string()));

    assert_eq!(again.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT);
    assert!(!calls().await, "on every device");
    let before = house.rows().await;
    assert_eq!(waiter.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);

    house.pass(time::Duration::minutes(1));
    assert_eq!(cook.ticket(grill, "recall", 1).await.status, StatusCode::NO_CONTENT);
    assert!(!calls().await, "it was taken back");
    assert_eq!(waiter.post(&seen, &json!({})).await.status, StatusCode::CONFLICT);
    cook.bump(grill, 1).await;
    assert!(calls().await, "and is ready again");
    assert_eq!(waiter.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    assert!(!calls().await, "it is served");
    let late = waiter.post(&seen, &json!({})).await;
    assert_eq!(
        (late.status, late.words().contains("handed it over")),
        (StatusCode::CONFLICT, true),
        "{}",
        late.body
    );
}

#[tokio::test]
async fn a_browser_without_scripts_says_so_on_the_tile() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    cook.bump(placed.ticket("grill"), 1).await;
    let fire = fire_of(&house, &placed).await;
    let answer = waiter.form(&format!("/fires/{fire}/ready-seen"), &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/floor"));
}

#[tokio::test]
async fn what_was_paid_before_it_is_ready_calls_all_the_same_until_it_is_handed_over() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut order = slip("1", &[dish("Sardines")]);
    order.as_object_mut().expect("a slip").remove("table_id");
    order["order_type"] = json!("takeaway");
    let loose = Placed(waiter.post("/orders", &order).await.json());
    let seated = waiter.order("3", &[dish("Sardines")]).await;
    let mut floor = waiter.open_screen("floor").await;
    for placed in [&loose, &seated] {
        let cash = json!({ "tender_id": comanda::domain::ids::TenderId::new(), "amount_minor": 1290 });
        let closed = waiter.post(&format!("/checks/{}/close", placed.check()), &cash).await;
        assert_eq!(closed.status, StatusCode::NO_CONTENT, "{}", closed.body);
    }
    let page = waiter.get("/floor").await.body;
    assert_eq!(page.matches("12.90 paid").count(), 2, "both wait: {page}");
    // Its waiter goes home: somebody else is called.
    let to = json!({ "staff_id": comanda::domain::demo::staff_id("Tiago") });
    let handed = waiter.post(&format!("/checks/{}/server", loose.check()), &to).await;
    assert_eq!(handed.status, StatusCode::NO_CONTENT, "{}", handed.body);
    assert!(waiter.get(&format!("/checks/{}", loose.check())).await.body.contains("Served by"));
    // Others may sit down there meanwhile: the table is free.
    let next = waiter.order("3", &[dish("Presunto")]).await;
    assert_ne!(next.check(), seated.check());

    for placed in [&loose, &seated] {
        let fire = fire_of(&house, placed).await;
        cook.bump(placed.ticket("grill"), 1).await;
        let page = waiter.get("/floor").await.body;
        assert!(page.contains(&format!("data-fire=\"{fire}\"")), "it calls: {page}");
        let served = waiter.post(&format!("/fires/{fire}/bump"), &json!({})).await;
        assert_eq!(served.status, StatusCode::NO_CONTENT, "{}", served.body);
        assert!(!waiter.get("/floor").await.body.contains(&format!("data-fire=\"{fire}\"")));
        // Handed over by mistake, it is back; and at last it is over.
        assert_eq!(
            waiter.post(&format!("/fires/{fire}/undo"), &json!({})).await.status,
            StatusCode::NO_CONTENT
        );
        assert!(waiter.get("/floor").await.body.contains(&format!("data-fire=\"{fire}\"")));
        assert_eq!(
            waiter.post(&format!("/fires/{fire}/bump"), &json!({})).await.status,
            StatusCode::NO_CONTENT
        );
    }
    let page = waiter.get("/floor").await.body;
    assert!(!page.contains(" paid") && page.contains(&next.check().to_string()), "{page}");
    let turn = house.ask::<i64>("select seq from boards", None).await;
    floor.until_turn(turn).await;
    assert!(!floor.cards.contains_key(&format!("c-{}", loose.check())), "its tile has left");
    let back = json!({ "staff_id": comanda::domain::demo::staff_id("Inês") });
    let over = waiter.post(&format!("/checks/{}/server", loose.check()), &back).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "nobody waits any more");

    // What nobody hands over, the night clears, and its tile with it.
    let last = Placed(
        waiter
            .post("/orders", &{
                order["id"] = json!(comanda::domain::ids::OrderId::new());
                order.clone()
            })
            .await
            .json(),
    );
    let cash = json!({ "tender_id": comanda::domain::ids::TenderId::new(), "amount_minor": 1290 });
    assert_eq!(
        waiter.post(&format!("/checks/{}/close", last.check()), &cash).await.status,
        StatusCode::NO_CONTENT
    );
    house.pass(time::Duration::hours(24));
    house.until("select not exists (select from checks where awaited)", None).await;
    // Whoever was signed in then is signed out by now.
    let floor = house.as_waiter().await.open_screen("floor").await;
    assert!(!floor.cards.contains_key(&format!("c-{}", last.check())), "{:?}", floor.cards.keys());
}
