//! Several processes over one database, and the Redis between them: killed, stopped, mute, shared with strangers.

use std::time::Duration;

use redis::AsyncCommands as _;
use rustix::process::Signal;
use tokio::time::sleep;

use super::browser::Browser;
use super::figures;
use super::house::{House, SURELY, until};
use super::nginx::Nginx;
use super::redis_server::{RedisServer, a_moment, slow_line_to};
use super::screen::{Screen, watch};
use super::tablet::{Tablet, Taken, cards_of, orders};

/// Between a tablet's orders, where it is asked how late they come.
const BREATH: Duration = Duration::from_millis(100);

/// Two processes and a Redis: a tablet at the first, a screen at the second.
struct Pair {
    redis: RedisServer,
    first: House,
    second: House,
    tablet: Tablet,
    screen: Screen,
    channel: String,
}

impl Pair {
    /// `fail_point` breaks the second, where the screen is.
    async fn open(fail_point: Option<&str>) -> Self {
        let redis = RedisServer::open().await;
        let url = redis.url();
        let mut first = House::new();
        first.serve(&[("REDIS_URL", &url)]).await;
        let mut second = House::beside(&first);
        let mut settings = vec![("REDIS_URL", url.as_str())];
        settings.extend(fail_point.map(|point| ("COMANDA_FAIL_POINT", point)));
        second.serve(&settings).await;
        let token = first.token().await;
        let tablet = Tablet::with(&first, token.clone()).await;
        let screen = Screen::open(&Tablet::with(&second, token).await).await;
        let location: uuid::Uuid = sqlx::query_scalar("select location_id from locations")
            .fetch_one(&mut first.db().await)
            .await
            .expect("a restaurant");
        let channel = format!("comanda:board:{location}");
        redis.has_listeners(&channel, 1).await;
        Self { redis, first, second, tablet, screen, channel }
    }

    async fn send(&self) -> Taken {
        self.tablet.send_until_taken(self.tablet.slip()).await
    }

    /// Orders at two tablets for some seconds; the screen at the other process gets each card.
    async fn orders(&mut self, what: &str) -> Vec<Taken> {
        let orders = self.tablet.orders(2, BREATH);
        self.screen.listen_for(Duration::from_secs(3)).await;
        let taken = orders.end().await;
        for taken in &taken {
            self.shows(taken).await;
        }
        figures::say(what, &taken, &[&self.screen]);
        taken
    }

    async fn shows(&mut self, taken: &Taken) {
        self.screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
    }
}

#[tokio::test]
async fn the_bell_alone_brings_a_card_to_the_screen_of_another_process() {
    let mut pair = Pair::open(Some("no-poll")).await;
    for _ in 0..5 {
        let taken = pair.send().await;
        pair.shows(&taken).await;
    }
    let keys: i64 = redis::cmd("DBSIZE").query_async(&mut pair.redis.line().await).await.expect("a number");
    assert_eq!(keys, 0, "Redis carries nothing that could be lost");
    assert_eq!(pair.screen.resets, 0);
}

#[tokio::test]
async fn a_redis_that_was_killed_costs_nothing_but_time_and_is_heard_again_when_it_is_back() {
    let mut pair = Pair::open(Some("no-poll")).await;
    pair.redis.kill();
    let unheard = pair.send().await; // answered as ever
    pair.redis.start().await;
    pair.redis.has_listeners(&pair.channel, 1).await;
    let heard = pair.send().await;
    pair.shows(&heard).await;
    pair.shows(&unheard).await; // any ring brings everything up to it
    assert_eq!(pair.screen.resets, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_dead_or_stands_still_the_poll_brings_every_card() {
    let mut pair = Pair::open(None).await;
    let before = orders(&pair.first).await;
    let mut taken = pair.orders("two processes, Redis between them").await;
    pair.redis.signal(Signal::STOP);
    taken.extend(pair.orders("Redis stands still").await);
    until("the log says it", async || pair.second.log().contains("Redis is away")).await;
    pair.redis.signal(Signal::CONT);
    until("and that it is back", async || pair.second.log().contains("Redis is back")).await;
    taken.extend(pair.orders("Redis is back").await);
    pair.redis.kill();
    taken.extend(pair.orders("Redis was killed").await);
    pair.tablet.expect_once(&pair.first, before, &taken).await;
    assert_eq!(pair.screen.resets, 0);
}

#[tokio::test]
async fn a_redis_that_is_there_and_mute_is_found_out_and_its_line_laid_anew() {
    let redis = RedisServer::open().await;
    let mut first = House::new();
    first.serve(&[("REDIS_URL", &redis.url()), ("COMANDA_REDIS_PREFIX", "elsewhere")]).await;
    let mut second = House::beside(&first);
    second.serve(&[("REDIS_URL", &redis.url())]).await;
    let key = first.token().await;
    let tablet = Tablet::with(&first, key.clone()).await;
    let mut screen = Screen::open(&Tablet::with(&second, key).await).await;
    until("three times the poll was first", async || {
        let taken = tablet.send_until_taken(tablet.slip()).await;
        screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
        second.log().contains("laid anew")
    })
    .await;
    assert_eq!(screen.resets, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_too_slow_to_be_of_use_makes_nobody_wait() {
    let redis = RedisServer::open().await;
    let slow = slow_line_to(&redis, Duration::from_millis(1500)).await;
    let mut first = House::new();
    first.serve(&[("REDIS_URL", &slow)]).await;
    let mut second = House::beside(&first);
    second.serve(&[("REDIS_URL", &slow)]).await;
    let key = first.token().await;
    let tablet = Tablet::with(&first, key.clone()).await;
    let mut screen = Screen::open(&Tablet::with(&second, key).await).await;
    let before = orders(&first).await;
    let rush = tablet.orders(2, BREATH);
    screen.listen_for(Duration::from_secs(3)).await;
    let taken = rush.end().await;
    for taken in &taken {
        screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
    }
    figures::say("Redis answers after 1.5 s", &taken, &[&screen]);
    tablet.expect_once(&first, before, &taken).await;
    assert_eq!(screen.resets, 0);
    until("the log says it", async || second.log().contains("Redis is away")).await;
}

#[tokio::test]
async fn who_signs_out_at_one_process_is_signed_out_at_the_others() {
    let first = House::open().await;
    let mut second = House::beside(&first);
    second.serve(&[]).await; // without Redis as well
    let browser = Browser::sign_in(&first, "Inês", "1407").await;
    let floor = async |house: &House| browser.get(house, "/floor").await.status().as_u16();
    assert_eq!((floor(&first).await, floor(&second).await), (200, 200), "signed in here is signed in there");
    browser.post(&first, "/sign-out", &[]).await;
    assert_eq!(floor(&first).await, 401);
    until("the other process heard of it", async || floor(&second).await == 401).await;
}

#[tokio::test]
async fn a_key_that_asks_too_much_of_one_process_is_slowed_at_the_others() {
    let redis = RedisServer::open().await;
    let url = redis.url();
    let settings = [("REDIS_URL", url.as_str()), ("COMANDA_REQUESTS_A_MINUTE", "40")];
    let mut first = House::new();
    first.serve(&settings).await;
    let mut second = House::beside(&first);
    second.serve(&settings).await;
    let busy = Tablet::with(&first, first.token().await).await;
    let calm = Tablet::with(&second, first.token().await).await;
    let ask = async |tablet: &Tablet| tablet.get("/api/tables").await.expect("an answer").status().as_u16();
    let elsewhere = busy.clone().at(second.address);
    // The second is asked too seldom to find it too much by itself; a minute may end in between, and is begun anew.
    let mut refused = None;
    for _ in 0..12 {
        while ask(&busy).await != 429 {}
        sleep(Duration::from_millis(1500)).await;
        let answer = elsewhere.get("/api/tables").await.expect("an answer");
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the other process hears of it");
    assert!(refused.headers().contains_key("retry-after"), "{:?}", refused.headers());
    assert_eq!(ask(&calm).await, 200, "nobody else is");
    let mut line = redis.line().await;
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut line).await.expect("keys");
    assert!(!keys.is_empty());
    for key in keys {
        assert!(key.starts_with("comanda:"), "{key}");
        let ends_in: i64 = line.ttl(&key).await.expect("a number");
        assert!((1..=120).contains(&ends_in), "nothing stays in Redis: {key} for {ends_in} s");
    }
}

#[tokio::test]
async fn whoever_can_publish_paints_nothing() {
    let mut pair = Pair::open(None).await;
    let taken = pair.send().await;
    pair.shows(&taken).await;
    let (shown, mut line) = (pair.screen.cards.clone(), pair.redis.line().await);
    for message in
        ["9223372036854775807", " 9223372036854775807", "another-history 12", "<article id=\"t-1\">", ""]
    {
        let _: i64 = line.publish(&pair.channel, message).await.expect("published");
        a_moment().await;
    }
    pair.screen.beats.clear();
    pair.screen.wait(SURELY, "a beat", |screen| !screen.beats.is_empty()).await;
    assert_eq!(
        (&pair.screen.cards, pair.screen.resets),
        (&shown, 0),
        "a ring is a question, never an answer"
    );
    let next = pair.send().await;
    pair.shows(&next).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_behind_nginx_that_are_killed_at_random_lose_no_order_and_leave_every_screen_true() {
    let Pair { redis, first, mut second, tablet, screen, .. } = Pair::open(None).await;
    let url = redis.url();
    let before = orders(&first).await;
    let mut third = House::beside(&first);
    third.serve(&[("REDIS_URL", &url)]).await;
    let nginx = Nginx::before(&[&first, &second, &third]).await;
    let tablets = Tablet::with(&third, tablet.token.clone()).await;
    let anywhere = tablet.clone().at(nginx.address);
    let mut screens = vec![screen];
    for at in [&tablet, &tablets, &anywhere] {
        screens.push(Screen::open(at).await);
    }
    let (enough, watching) = watch(screens);
    let (here, there) = (anywhere.rush(), tablets.rush());
    for round in 0..3 {
        sleep(Duration::from_millis(700)).await;
        third.kill();
        if round == 1 {
            second.kill();
            second.serve(&[("REDIS_URL", &url)]).await;
        }
        third.serve(&[("REDIS_URL", &url)]).await;
    }
    let mut taken = here.end().await;
    taken.extend(there.end().await);
    drop(enough);
    let mut screens = watching.join_all().await;
    for screen in &mut screens {
        for taken in &taken {
            screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
        }
    }
    let seen: Vec<_> = screens.iter().collect();
    figures::say("three processes behind nginx, two of them killed in turn", &taken, &seen);
    tablet.expect_once(&first, before, &taken).await;
    let fresh = Screen::open(&Tablet::with(&third, tablet.token.clone()).await).await;
    for screen in &mut screens {
        screen
            .wait(SURELY, "what a screen shows that has just come", |screen| screen.cards == fresh.cards)
            .await;
    }
}
