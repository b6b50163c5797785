//! What is done beside serving: keys, PINs, migrations and the demo, with the house open and with it closed.

use comanda::domain::demo::STAFF;
use comanda::domain::staff::Role;
use serde_json::json;

use super::house::{House, PLAIN, SURELY, said};
use super::screen::Screen;
use super::tablet::{Tablet, key_of, orders};

async fn signs_in(house: &House, n: usize, pin: &str) -> bool {
    let answer = reqwest::Client::new()
        .post(format!("{}/sign-in", house.base()))
        .header("sec-fetch-site", "same-origin")
        .header("accept", "application/json")
        .json(&json!({ "staff_id": STAFF[n].id(), "pin": pin }))
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_success() || answer.status() == 422, "{}", answer.status());
    answer.status().is_success()
}

#[tokio::test]
async fn a_forgotten_pin_is_set_while_the_house_is_open() {
    let house = House::open().await;
    assert!(signs_in(&house, 0, STAFF[0].pin).await);
    let named = house.errand(PLAIN, &["staff", "reset-pin", STAFF[0].name, "--pin", "907345"]).await;
    assert!(named.status.success() && said(&named).contains("907345"), "{}", said(&named));
    assert!(signs_in(&house, 0, "907345").await);
    assert!(!signs_in(&house, 0, STAFF[0].pin).await, "the old one is over");

    let drawn = house.errand(PLAIN, &["staff", "reset-pin", STAFF[1].name]).await;
    let words = said(&drawn);
    let pin = words.split_once("PIN ").and_then(|(_, rest)| rest.split_once(' ')).expect("a PIN").0;
    assert!(signs_in(&house, 1, pin).await, "{words}");

    let nobody = house.errand(PLAIN, &["staff", "reset-pin", "Nobody"]).await;
    assert!(!nobody.status.success() && said(&nobody).contains("Nobody"), "{}", said(&nobody));
    let short = house.errand(PLAIN, &["staff", "reset-pin", STAFF[0].name, "--pin", "12"]).await;
    assert!(!short.status.success() && said(&short).contains("4 to 8 digits"), "{}", said(&short));
    assert!(signs_in(&house, 0, "907345").await, "a refusal changes nothing");
}

#[tokio::test]
async fn a_key_works_at_once_and_only_in_the_name_of_who_takes_orders() {
    let house = House::open().await;
    let tablet = Tablet::of(&house).await;
    assert_eq!(tablet.send(&tablet.slip()).await.expect("an answer").status(), 201);
    let cook = STAFF.iter().find(|person| person.role == Role::Cook).expect("a cook");
    for name in ["", "x".repeat(61).as_str()] {
        let refused = house.errand(PLAIN, &["token", "--name", name, "--staff", "Sofia"]).await;
        let words = said(&refused);
        assert!(!refused.status.success() && words.contains("Say what the key is for"), "{words}");
        assert!(!words.contains("constraint"), "{words}");
    }
    let refused = house.errand(PLAIN, &["token", "--name", "till", "--staff", cook.name]).await;
    assert!(!refused.status.success() && said(&refused).contains("takes no orders"), "{}", said(&refused));
    let mut stranger = tablet;
    stranger.token = "comanda_of-nobody".to_owned();
    assert_eq!(stranger.send(&stranger.slip()).await.expect("an answer").status(), 401);
}

#[tokio::test]
async fn the_demo_is_reset_under_open_screens_and_a_real_restaurant_never() {
    let house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let (before, epoch) = (orders(&house).await, screen.epoch.clone());
    let taken = tablet.send_until_taken(tablet.slip()).await;
    let migrated = house.errand(PLAIN, &["migrate"]).await;
    assert!(migrated.status.success(), "{}", said(&migrated));
    assert_eq!(orders(&house).await, before + 1, "a migration beside the program touches no order");

    let reset = house.errand(PLAIN, &["demo"]).await;
    assert!(reset.status.success(), "{}", said(&reset));
    assert_eq!(orders(&house).await, before, "the evening begins again");
    let told = |screen: &Screen| screen.resets > 0 || screen.closed == Some(4401);
    screen.wait(SURELY, "a reset, or the end of its key", told).await;
    let old_key = tablet.get("/api/menu").await.expect("an answer");
    assert_eq!(old_key.status(), 401, "keys of the old evening are over");
    let tablet = Tablet::of(&house).await;
    let gone = tablet.get(&format!("/api/orders/{}", key_of(&taken.slip))).await.expect("an answer");
    assert_eq!(gone.status(), 404);
    let screen = Screen::open(&tablet).await;
    assert_ne!(screen.epoch, epoch, "another history");

    let mut db = house.db().await;
    let real =
        sqlx::query("update locations set is_demo = false, name = 'Tasca Real'").execute(&mut db).await;
    real.expect("somebody opens in earnest");
    tablet.send_until_taken(tablet.slip()).await;
    let refused = house.errand(PLAIN, &["demo"]).await;
    assert!(!refused.status.success() && said(&refused).contains("Tasca Real"), "{}", said(&refused));
    assert_eq!(orders(&house).await, before + 1, "nothing was touched");
}

#[tokio::test]
async fn with_the_house_closed_an_errand_starts_the_database_and_stops_it_again() {
    let house = House::new();
    for errand in [&["migrate"][..], &["demo"], &["token", "--name", "till", "--staff", "Sofia"]] {
        let done = house.errand(PLAIN, errand).await;
        assert!(done.status.success(), "{errand:?}: {}", said(&done));
        assert_eq!(house.postmaster(), None, "{errand:?} leaves nothing running");
    }
}

#[tokio::test]
async fn a_second_restaurant_is_opened_beside_the_first_and_errands_ask_which_is_meant() {
    let house = House::open().await;
    let add = async |time_zone, currency| {
        let name = ["location", "add", "--name", "Dois Irmãos", "--manager", "Ana"];
        let rest = ["--time-zone", time_zone, "--currency", currency];
        house.errand(PLAIN, &[name.as_slice(), &rest].concat()).await
    };
    for (time_zone, currency, blamed) in
        [("Europe/Atlantis", "EUR", "--time-zone: "), ("Europe/Lisbon", "EURO", "--currency: ")]
    {
        let refused = add(time_zone, currency).await;
        let words = said(&refused);
        assert!(!refused.status.success() && words.contains(blamed), "{words}");
        assert!(!words.contains("constraint"), "{words}");
    }
    let added = add("Europe/Lisbon", "eur").await;
    assert!(added.status.success() && said(&added).contains("Ana signs in with PIN "), "{}", said(&added));
    let listed = said(&house.errand(PLAIN, &["location", "list"]).await);
    assert!(listed.contains("Casa Gaivota") && listed.contains("(demo)"), "{listed}");
    assert!(listed.contains("Dois Irmãos  Europe/Lisbon  EUR"), "{listed}");

    let asked = house.errand(PLAIN, &["token", "--name", "till", "--staff", "Ana"]).await;
    assert!(
        !asked.status.success() && said(&asked).contains("say which with --location"),
        "{}",
        said(&asked)
    );
    let elsewhere = ["token", "--name", "till", "--staff", "Ana", "--location", "Casa Gaivota"];
    let nobody = house.errand(PLAIN, &elsewhere).await;
    assert!(!nobody.status.success() && said(&nobody).contains("works here"), "{}", said(&nobody));
    for errand in [
        ["token", "--name", "till", "--staff", "Ana", "--location", "dois irmãos"].as_slice(),
        &["staff", "reset-pin", "Ana", "--location", "Dois Irmãos"],
    ] {
        let done = house.errand(PLAIN, errand).await;
        assert!(done.status.success(), "{}", said(&done));
    }
}

#[tokio::test]
async fn an_errand_for_the_wrong_folder_begins_no_house_there() {
    let house = House::new();
    for words in [
        &["location", "list"][..],
        &["token", "--name", "till", "--staff", "Sofia"],
        &["staff", "reset-pin", "Sofia"],
        &["device", "code", "--name", "Office"],
        &["backup"],
    ] {
        let refused = house.errand(PLAIN, words).await;
        let said = said(&refused);
        assert!(!refused.status.success() && said.contains("there is no house in"), "{words:?}: {said}");
    }
    assert!(!house.data.join("postgresql").exists());
}
