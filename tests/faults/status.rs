//! The manager's page over several processes: each tells the others what it has, and who leaves is forgotten.

use rustix::process::Signal;

use super::house::{House, PLAIN, said, send, until};
use super::screen::Screen;
use super::tablet::Tablet;

/// The status page, as a machine with the manager's key sees it.
async fn status(house: &House, token: &str) -> String {
    let http = reqwest::Client::new();
    let asked = http.get(house.base() + "/manage/status").bearer_auth(token).send();
    let answer = asked.await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn screens_of_another_process_are_shown_with_it_until_it_leaves() {
    let first = House::open().await;
    let mut second = House::beside(&first);
    second.serve(PLAIN).await;
    let made = first.errand(PLAIN, &["token", "--name", "watch", "--staff", "Sofia"]).await;
    assert!(made.status.success(), "{}", said(&made));
    let token = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    let _screen = Screen::open(&Tablet::of(&second).await).await;

    let (theirs, ours) = (format!(" · {}</td>", second.pid()), format!(" · {}", first.pid()));
    until("the other's screen", async || {
        let body = status(&first, &token).await;
        let row = body.split("<tr>").find(|row| row.contains(">Grill</th>"));
        row.is_some_and(|row| row.contains(&theirs))
    })
    .await;
    assert!(status(&first, &token).await.contains(&ours));

    send(second.pid(), Signal::TERM);
    let left = format!(" · {}", second.pid());
    second.ended().await;
    until("it is forgotten", async || !status(&first, &token).await.contains(&left)).await;
}
