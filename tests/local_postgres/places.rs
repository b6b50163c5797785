//! Wherever the folder lies, and whosever it is.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::PathBuf,
};

use comanda::local_postgres::{LocalPostgres, LocalPostgresError, Wanted};
use rustix::process::Signal;

use crate::scene::{Scene, ask, is_root, send, wait_until_gone};

#[tokio::test]
async fn a_folder_may_have_spaces_and_quotes_in_its_name() {
    for name in ["the till's data", "caf\u{e9}, \"back\" $HOME"] {
        let scene = Scene::at(name);
        let postgres = scene.start().await;
        assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
        let pid = postgres.pid();
        drop(postgres);
        let postgres = scene.start().await;
        assert_eq!(postgres.pid(), pid, "adopted");
        postgres.stop().await.expect("a stop");
    }
}

#[tokio::test]
async fn a_folder_may_lie_very_deep() {
    // Too long for a socket's address, then too long for PostgreSQL itself.
    for depth in [1, 9] {
        let scene = Scene::at(vec!["d".repeat(150); depth].join("/"));
        let postgres = scene.start().await;
        let pid = postgres.pid();
        assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
        let socket = socket_of(&scene);
        assert!(socket.to_string_lossy().starts_with("/tmp/comanda-"), "{socket:?}");
        assert_eq!(fs::metadata(&socket).expect("the socket's folder").permissions().mode() & 0o777, 0o700);
        drop(postgres);

        let postgres = scene.start().await;
        assert_eq!(postgres.pid(), pid, "adopted");
        drop(postgres);
        send(pid, Signal::KILL);
        wait_until_gone(pid);

        let postgres = scene.start().await;
        assert_eq!(socket_of(&scene), socket, "a short name is used again");
        postgres.stop().await.expect("a stop");
        assert!(!socket.exists(), "and goes with the server");
    }
}

fn socket_of(scene: &Scene) -> PathBuf {
    let file = fs::read_to_string(scene.cluster().join("postmaster.pid")).expect("a running server's file");
    file.lines().nth(4).expect("the socket's folder").into()
}

#[tokio::test]
async fn roots_data_goes_elsewhere_when_a_folder_on_the_way_is_closed() {
    if !is_root() {
        return; // an ordinary user's PostgreSQL is that user
    }
    let scene = Scene::at("home/clone/data");
    let home = scene.root.join("home");
    fs::DirBuilder::new().mode(0o700).create(&home).expect("a home like root's");
    let elsewhere = scene.root.join("elsewhere");

    let said = scene.refusal().await.to_string();
    assert!(said.contains(&format!("{home:?}")) && said.contains("postgres"), "{said}");
    assert!(!home.join("clone").exists(), "nothing is made where nothing can be kept");

    let wanted = Wanted { data_for_root: Some(elsewhere.clone()), ..scene.wanted() };
    let postgres = LocalPostgres::start(wanted).await.expect("a server elsewhere");
    assert_eq!(postgres.data(), elsewhere);
    assert_eq!(postgres.instead_of(), Some(scene.data.as_path()));
    assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn data_that_became_unreachable_is_not_replaced_by_an_empty_house() {
    if !is_root() {
        return;
    }
    let scene = Scene::at("home/data");
    scene.start().await.stop().await.expect("a stop");
    fs::set_permissions(scene.root.join("home"), fs::Permissions::from_mode(0o700)).expect("a closed home");

    let wanted = Wanted { data_for_root: Some(scene.root.join("elsewhere")), ..scene.wanted() };
    let refusal = LocalPostgres::start(wanted).await.expect_err("a refusal");
    assert!(matches!(refusal, LocalPostgresError::Closed { .. }), "{refusal}");
    assert!(!scene.root.join("elsewhere").exists());
}

#[tokio::test]
async fn an_ordinary_users_house_can_be_opened_by_root_and_by_them_again() {
    if !is_root() {
        return;
    }
    let scene = Scene::new();
    let users = fs::read_to_string("/etc/passwd").expect("the machine's users");
    let Some(line) = users.lines().find(|line| line.starts_with("nobody:")) else {
        return;
    };
    let owner = line.split(':').nth(2).and_then(|uid| uid.parse().ok()).expect("a number");
    fs::create_dir(&scene.data).expect("their folder");
    fs::set_permissions(&scene.data, fs::Permissions::from_mode(0o700)).expect("closed to others");
    fs::create_dir(scene.data.join("postgresql")).expect("their database's folder");
    for folder in [scene.data.clone(), scene.data.join("postgresql")] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("closed to others");
        std::os::unix::fs::chown(folder, Some(owner), Some(owner)).expect("theirs");
    }

    let postgres = scene.start().await;
    assert_eq!(fs::metadata(format!("/proc/{}", postgres.pid())).expect("the server").uid(), owner);
    postgres.stop().await.expect("a stop");
    for entry in fs::read_dir(&scene.data).expect("their folder") {
        let entry = entry.expect("an entry");
        assert_eq!(entry.metadata().expect("its owner").uid(), owner, "{:?}", entry.path());
    }
}
