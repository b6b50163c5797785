//! What can't be opened is left as it is, and the message says what to do.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use comanda::local_postgres::{LocalPostgres, LocalPostgresError, Wanted};

use crate::scene::Scene;

#[tokio::test]
async fn data_of_another_major_version_is_left_alone_and_its_package_named() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    fs::write(scene.cluster().join("PG_VERSION"), "9.6\n").expect("an old house");

    let said = scene.refusal().await.to_string();
    assert!(said.contains("postgresql-9") && said.contains("written by PostgreSQL 9"), "{said}");
}

#[tokio::test]
async fn a_folder_that_is_no_database_is_not_written_into() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    fs::remove_file(scene.cluster().join("PG_VERSION")).expect("a damaged house");

    assert!(matches!(scene.refusal().await, LocalPostgresError::NotACluster { .. }));
}

#[tokio::test]
async fn a_guest_begins_nothing_in_an_empty_folder() {
    let scene = Scene::new();
    let said = LocalPostgres::visit(scene.wanted()).await.expect_err("a refusal").to_string();
    assert!(said.contains(&format!("{:?}", scene.data)) && said.contains("COMANDA_DATA"), "{said}");
    assert!(!scene.data.exists(), "and leaves nothing behind");

    let host = scene.start().await;
    LocalPostgres::visit(scene.wanted()).await.expect("a guest").stop().await.expect("a guest goes");
    host.stop().await.expect("a stop");
}

#[tokio::test]
async fn missing_programs_are_said_with_what_to_install() {
    let scene = Scene::new();
    let wanted = Wanted { programs: Some(scene.root.clone()), ..scene.wanted() };
    let said = LocalPostgres::start(wanted).await.expect_err("a refusal").to_string();
    assert!(said.contains(&format!("{:?}", scene.root)) && said.contains("initdb"), "{said}");
}

#[tokio::test]
async fn a_failed_start_says_what_the_server_said() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    let conf = scene.cluster().join("postgresql.conf");
    fs::OpenOptions::new()
        .append(true)
        .open(&conf)
        .and_then(|mut conf| writeln!(conf, "work_mem = 'plenty'"))
        .expect("a slip of the pen");

    let said = scene.refusal().await.to_string();
    assert!(said.contains("work_mem") && said.contains("postgresql.log"), "{said}");
}

/// A scene on a disk of 64 MB. Its servers end before the disk goes.
struct SmallDisk(Scene);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let scene = Scene::at("disk/data");
        let disk = scene.root.join("disk");
        fs::create_dir(&disk).expect("a place for the disk");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64m,mode=755", "tmpfs"]).arg(disk);
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then(|| Self(scene))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.0.end_servers();
        let _ = Command::new("umount").arg("--lazy").arg(self.0.root.join("disk")).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_called_by_its_name() {
    let Some(disk) = SmallDisk::mount() else { return };
    let scene = &disk.0;

    let said = scene.refusal().await.to_string();
    assert!(said.contains("is full") && said.contains("200 MB"), "{said}");
    assert!(!scene.cluster().exists(), "nothing half made");

    // And a house that was open, on a disk that filled up overnight.
    let other = Scene::new();
    other.start().await.stop().await.expect("a stop");
    let data = &scene.data;
    fs::remove_dir_all(data).expect("room for it");
    let copied = Command::new("cp").arg("-a").arg(&other.data).arg(data).status().expect("cp");
    assert!(copied.success());
    let mut rest = fs::File::create(scene.root.join("disk/rest")).expect("a file");
    while rest.write_all(&[0; 4096]).is_ok() {}

    let refusal = scene.refusal().await;
    assert!(matches!(refusal, LocalPostgresError::DiskFull { .. }), "{refusal}");
}
