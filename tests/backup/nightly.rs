//! The dump of every night: made by the program itself, kept so many times, and told of only when it is good.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use comanda::backup::shelf;
use reqwest::StatusCode;

use super::house::{House, free_address, until};
use super::scene::{manager, page};
use super::tablet::Tablet;

const LAST_GOOD: &str = "comanda_backup_last_good_timestamp_seconds";

async fn last_good(metrics: &str) -> f64 {
    let text = reqwest::get(format!("http://{metrics}/metrics"))
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix(LAST_GOOD)?.trim().parse().ok());
    line.expect("the metric")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missed_night_is_made_good_after_the_start_and_old_dumps_make_room() {
    let (mut house, metrics) = (House::new(), free_address().to_string());
    let dumps = house.root.join("dumps");
    fs::create_dir(&dumps).expect("a folder");
    for night in ["20200101", "20200102", "20200103"] {
        fs::write(dumps.join(format!("comanda-{night}T050000Z.dump")), "x").expect("an old dump");
    }
    let folder = dumps.to_string_lossy().into_owned();
    house
        .serve(&[
            ("COMANDA_BACKUP_CATCH_UP_S", "0"),
            ("COMANDA_BACKUPS_KEPT", "2"),
            ("COMANDA_BACKUP_DIR", &folder),
            ("COMANDA_METRICS_LISTEN", &metrics),
        ])
        .await;
    let newest = || shelf::dumps(&dumps).expect("a list").remove(0);
    until("two dumps, one of them new", async || {
        shelf::dumps(&dumps).expect("a list").len() == 2 && !newest().to_string_lossy().contains("-2020")
    })
    .await;
    assert_eq!(fs::metadata(newest()).expect("a dump").permissions().mode() & 0o777, 0o600);
    let token = manager(&house).await;
    let body = page(&house, &token, "/manage/status").await;
    assert!(body.contains(">Good</span>") && body.contains("restored and counted"), "{body}");
    assert!(body.contains("All is well.") && body.contains("Room on the disk"), "{body}");
    until("the metric", async || last_good(&metrics).await > 1.7e9).await;
}

/// PostgreSQL's programs, but for a `pg_dump` that does this with its output.
fn programs(house: &House, pg_dump: &str) -> PathBuf {
    let real = Path::new("/usr/lib/postgresql");
    let versions =
        fs::read_dir(real).expect("PostgreSQL").map(|entry| entry.expect("a version").path().join("bin"));
    let real = versions.max().expect("a version");
    let folder = house.root.join("programs");
    fs::create_dir(&folder).expect("a folder");
    for program in ["initdb", "postgres", "pg_restore"] {
        symlink(real.join(program), folder.join(program)).expect("a link");
    }
    let script = folder.join("pg_dump");
    fs::write(
        &script,
        format!("#!/bin/sh\n{}\n", pg_dump.replace("pg_dump", &real.join("pg_dump").to_string_lossy())),
    )
    .expect("a script");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("its mode");
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_dump_is_never_a_good_one() {
    for (damage, words) in [
        (r#"pg_dump "$@" | head -c 30000"#, "is cut short"),
        (r#"pg_dump "$@" --exclude-table-data=audit"#, "audit had"),
        (r"echo 'out of memory' >&2; exit 1", "out of memory"),
    ] {
        let (mut house, metrics) = (House::new(), free_address().to_string());
        let programs = programs(&house, damage).to_string_lossy().into_owned();
        house
            .serve(&[
                ("COMANDA_BACKUP_CATCH_UP_S", "0"),
                ("COMANDA_POSTGRES_BIN", &programs),
                ("COMANDA_METRICS_LISTEN", &metrics),
            ])
            .await;
        until(words, async || house.log().contains(words)).await;
        assert!(house.log().contains("there is no good dump of this night"), "{}", house.log());
        let left: Vec<_> = fs::read_dir(house.data.join("backups")).expect("a folder").collect();
        assert!(left.is_empty(), "{damage}: {left:?}");
        let body = page(&house, &manager(&house).await, "/manage/status").await;
        assert!(body.contains(">None yet</span>"), "{body}");
        assert!(last_good(&metrics).await < 1.0);
    }
}

/// A disk of 64 MB, which goes with its value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).expect("a place for the disk");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64m,mode=755", "tmpfs"]).arg(&at);
        mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_dumps_stop_managers_are_told_and_orders_go_through() {
    let mut house = House::new();
    let Some(disk) = SmallDisk::mount(house.root.join("stick")) else { return };
    let folder = disk.0.to_string_lossy().into_owned();
    house.serve(&[("COMANDA_BACKUP_CATCH_UP_S", "0"), ("COMANDA_BACKUP_DIR", &folder)]).await;
    until("a refusal", async || house.log().contains("MB free, and a dump wants")).await;
    assert_eq!(fs::read_dir(&disk.0).expect("a folder").count(), 0);
    let (tablet, token) = (Tablet::of(&house).await, manager(&house).await);
    let body = page(&house, &token, "/manage/status").await;
    assert!(
        body.contains("The disk is nearly full") && body.contains("No backup is made any more."),
        "{body}"
    );
    assert!(page(&house, &token, "/manage").await.contains("Orders still go through"));
    let waiters = page(&house, &tablet.token, "/floor").await;
    assert!(waiters.contains("id=\"board\"") && !waiters.contains("nearly full"), "{waiters}");
    let sent = tablet.send(&tablet.slip()).await.expect("an answer");
    assert_eq!(sent.status(), StatusCode::CREATED);
    drop(house);
}
