//! A house opens, closes, is left and found again.

use std::{fs, os::unix::fs::MetadataExt, process::Command, time::Duration};

use comanda::local_postgres::{LocalPostgres, Wanted};
use rustix::process::{Pid, Signal};

use crate::scene::{Scene, ask, is_alive, is_root, say, send};

#[tokio::test]
async fn a_new_house_gets_a_database_that_answers() {
    let scene = Scene::new();
    let postgres = scene.start().await;

    assert_eq!(
        ask(postgres.program(), "select current_user || '@' || current_database()").await,
        "comanda@comanda"
    );
    assert_eq!(ask(postgres.owner(), "select current_user::text").await, "comanda_owner");
    assert_eq!(ask(postgres.admin(), "select current_setting('data_checksums')").await, "on");
    assert_eq!(ask(postgres.admin(), "select current_setting('server_encoding')").await, "UTF8");
    assert!(!postgres.adopted());
    assert_eq!(postgres.instead_of(), None);
    assert!(postgres.programs().join("postgres").is_file());
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn a_closed_house_opens_with_its_data() {
    let scene = Scene::new();
    let postgres = scene.start().await;
    say(
        postgres.owner(),
        "create table plates (); insert into plates default values; grant select on plates to comanda",
    )
    .await
    .expect("a plate");
    let pid = postgres.pid();
    postgres.stop().await.expect("a stop");
    assert!(!is_alive(pid));
    assert!(!scene.cluster().join("postmaster.pid").exists(), "a clean stop leaves nothing");

    let postgres = scene.start().await;
    assert!(!postgres.adopted());
    assert_eq!(ask(postgres.program(), "select count(*)::text from plates").await, "1");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn orders_survive_a_power_cut_unless_the_data_is_to_be_thrown_away() {
    let scene = Scene::new();
    let question = "select current_setting('fsync') || current_setting('synchronous_commit')
                        || current_setting('full_page_writes')";
    let postgres =
        LocalPostgres::start(Wanted { throw_away: false, ..scene.wanted() }).await.expect("a server");
    assert_eq!(ask(postgres.program(), question).await, "ononon");
    postgres.stop().await.expect("a stop");

    let careless = scene.start().await;
    assert_eq!(ask(careless.program(), question).await, "offoffoff");
    let careless_pid = careless.pid();
    drop(careless);

    // A careless server left behind is not what a house is opened on.
    let postgres =
        LocalPostgres::start(Wanted { throw_away: false, ..scene.wanted() }).await.expect("a server");
    assert_ne!(postgres.pid(), careless_pid);
    assert_eq!(ask(postgres.program(), question).await, "ononon");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn a_killed_programs_server_is_adopted() {
    let scene = Scene::new();
    let postgres = scene.start().await;
    let pid = postgres.pid();
    let group =
        rustix::process::getpgid(Pid::from_raw(pid.try_into().expect("a process"))).expect("its group");
    assert_ne!(group, rustix::process::getpgrp(), "a Ctrl-C reaches the server too");
    drop(postgres); // as far as the server can tell, that is a kill

    let postgres = scene.start().await;
    assert!(postgres.adopted());
    assert_eq!(postgres.pid(), pid);
    assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
    postgres.stop().await.expect("a stop");
    assert!(!is_alive(pid), "an adopted server is stopped like one's own");
}

#[tokio::test]
async fn a_killed_server_is_started_anew_with_what_was_committed() {
    let scene = Scene::new();
    let durable = || LocalPostgres::start(Wanted { throw_away: false, ..scene.wanted() });
    let postgres = durable().await.expect("a server");
    say(
        postgres.owner(),
        "create table plates (); insert into plates default values; grant select on plates to comanda",
    )
    .await
    .expect("a plate");
    // A session deep in work notices the end of its server late, and holds on to its memory until then.
    let busy = say(
        postgres.program(),
        "do $$ declare until timestamptz := clock_timestamp() + '2 s';
         begin while clock_timestamp() < until loop end loop; end $$",
    );
    let busy = tokio::spawn(busy);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let pid = postgres.pid();
    drop(postgres);
    send(pid, Signal::KILL);

    let postgres = durable().await.expect("a server");
    assert!(!postgres.adopted());
    assert_eq!(ask(postgres.program(), "select count(*)::text from plates").await, "1");
    let _ = busy.await.expect("its end, either way");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn a_stale_pid_file_that_names_somebody_else_does_not_keep_the_house_closed() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    let mut stranger = Command::new("sleep").arg("60").spawn().expect("somebody else");
    let file = scene.cluster().join("postmaster.pid");
    let cluster = scene.cluster();
    fs::write(
        &file,
        format!("{}\n{}\n1\n5432\n/nowhere\n\n  1 1\nready   \n", stranger.id(), cluster.display()),
    )
    .expect("what a power cut leaves");
    std::os::unix::fs::chown(&file, Some(fs::metadata(&cluster).expect("data").uid()), None)
        .expect("its owner");

    let started = LocalPostgres::start(scene.wanted()).await;
    let (pid, _) = (stranger.id(), stranger.kill());
    let _ = stranger.wait();
    // The same user's process might be a server, so PostgreSQL won't overrule it; under root it is plainly not.
    match started {
        Ok(postgres) if is_root() => postgres.stop().await.expect("a stop"),
        Ok(_) => panic!("PostgreSQL overruled a living process of its own user"),
        Err(err) => {
            assert!(!is_root(), "{err}");
            let said = err.to_string();
            assert!(said.contains(&pid.to_string()) && said.contains("sleep"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_half_made_database_is_made_again() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    fs::rename(scene.cluster(), scene.data.join("postgresql/cluster.new"))
        .expect("what a killed initdb leaves");

    let postgres = scene.start().await;
    assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
    assert!(!scene.data.join("postgresql/cluster.new").exists());
    postgres.stop().await.expect("a stop");
}
