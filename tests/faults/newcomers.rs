//! What an operator does at the command line for those who are not in yet: the first restaurant, a screen, a manager
//! who is not in the house.

use std::process::Stdio;

use comanda::domain::demo::STAFF;
use comanda::domain::staff::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::house::{House, PLAIN, said};

/// What one of our own pages would send.
async fn post(house: &House, path: &str, body: &Value) -> reqwest::Response {
    reqwest::Client::new()
        .post(format!("{}{path}", house.base()))
        .header("sec-fetch-site", "same-origin")
        .header("accept", "application/json")
        .json(body)
        .send()
        .await
        .expect("an answer")
}

/// The six characters of an errand's answer.
fn code_in(words: &str) -> String {
    let is_code = |word: &&str| {
        word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    words.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code: {words}")).to_owned()
}

#[tokio::test]
async fn a_screen_is_paired_with_a_code_from_the_command_line() {
    let house = House::open().await;
    for (wrong, blamed) in [
        (&["device", "code", "--name", "Grill left", "--screen", "sauna"][..], "--screen"),
        (&["device", "code", "--name", " ", "--screen", "grill"], "--name"),
    ] {
        let refused = house.errand(PLAIN, wrong).await;
        assert!(!refused.status.success() && said(&refused).contains(blamed), "{}", said(&refused));
    }
    let made = house.errand(PLAIN, &["device", "code", "--name", "Grill left", "--screen", "grill"]).await;
    assert!(made.status.success(), "{}", said(&made));
    let body = json!({ "code": code_in(&String::from_utf8_lossy(&made.stdout)) });
    let paired = post(&house, "/pair", &body).await;
    assert_eq!(paired.status(), StatusCode::OK);
    let set = paired.headers().get_all("set-cookie").iter().filter_map(|one| one.to_str().ok());
    let cookies: Vec<&str> = set.filter_map(|one| one.split(';').next()).collect();
    let screen = reqwest::Client::new()
        .get(format!("{}/kitchen/grill", house.base()))
        .header("cookie", cookies.join("; "))
        .send()
        .await
        .expect("a page");
    assert_eq!(screen.status(), StatusCode::OK, "nobody is signed in there");
    assert!(!post(&house, "/pair", &body).await.status().is_success(), "a code works once");
}

#[tokio::test]
async fn a_new_code_sets_up_the_first_restaurant_and_then_there_are_none() {
    let mut house = House::new();
    house.serve(&[("COMANDA_NO_DEMO", "true")]).await;
    let made = house.errand(PLAIN, &["setup-code"]).await;
    assert!(made.status.success(), "{}", said(&made));
    let entry = json!({ "code": code_in(&String::from_utf8_lossy(&made.stdout)), "name": "Tasca Nova",
        "time_zone": "Europe/Lisbon", "currency": "EUR", "manager": "Ana", "pin": "640917" });
    let set_up = post(&house, "/setup", &entry).await;
    assert!(set_up.status().is_success(), "{}: {:?}", set_up.status(), set_up.text().await);
    let listed = said(&house.errand(PLAIN, &["location", "list"]).await);
    assert!(listed.contains("Tasca Nova  Europe/Lisbon  EUR"), "{listed}");
    let late = house.errand(PLAIN, &["setup-code"]).await;
    assert!(!late.status.success() && said(&late).contains("location add"), "{}", said(&late));
}

#[tokio::test]
async fn a_managers_password_is_read_from_the_input_and_signs_in_from_outside() {
    let house = House::open().await;
    let set = async |name: &str, password: &str| {
        let mut errand = tokio::process::Command::from(house.command(PLAIN));
        let piped = errand.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut errand =
            piped.args(["staff", "set-password", name]).kill_on_drop(true).spawn().expect("it runs");
        let mut input = errand.stdin.take().expect("its input");
        // Who refuses the name first may have gone before it hears the password.
        let _ = input.write_all(format!("{password}\n").as_bytes()).await;
        drop(input);
        errand.wait_with_output().await.expect("it ends")
    };
    let (manager, password) = ("Sofia", "correct horse battery");
    let short = set(manager, "too short").await;
    assert!(!short.status.success() && said(&short).contains("12"), "{}", said(&short));
    let cook = STAFF.iter().find(|person| person.role == Role::Cook).expect("a cook");
    let refused = set(cook.name, password).await;
    assert!(!refused.status.success() && said(&refused).contains("no manager"), "{}", said(&refused));
    let done = set(manager, password).await;
    assert!(done.status.success(), "{}", said(&done));
    let entry = |password| json!({ "restaurant": "Casa Gaivota", "name": manager, "password": password });
    let wrong = post(&house, "/sign-in/password", &entry("another one entirely")).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let right = post(&house, "/sign-in/password", &entry(password)).await;
    assert_eq!(right.status(), StatusCode::OK, "{:?}", right.text().await);
}
