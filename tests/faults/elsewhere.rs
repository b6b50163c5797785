//! A database that the operator runs: named by address, with two roles or with one.

use comanda::local_postgres::{LocalPostgres, Wanted};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::house::{House, said};
use super::tablet::Tablet;

/// A server that is none of the program's: it runs without fsync, and knows the two roles.
async fn server(house: &House) -> LocalPostgres {
    let wanted =
        Wanted { data: house.root.join("elsewhere"), data_for_root: None, programs: None, throw_away: true };
    LocalPostgres::start(wanted).await.expect("a server")
}

fn address(of: &PgConnectOptions) -> String {
    let socket = of.get_socket().expect("a socket").to_str().expect("text");
    let database = of.get_database().expect("a database");
    format!("postgres://{}@localhost/{database}?host={socket}", of.get_username())
}

#[tokio::test]
async fn a_database_whose_commits_may_be_lost_is_refused_unless_that_is_wanted() {
    let mut house = House::new();
    let server = server(&house).await;
    let (program, owner) = (address(&server.program()), address(&server.owner()));
    let named = [("DATABASE_URL", &*program), ("DATABASE_OWNER_URL", &*owner)];

    let refused = house.errand(&named, &["serve"]).await;
    assert!(!refused.status.success() && said(&refused).contains("fsync = off"), "{}", said(&refused));
    assert!(said(&refused).contains("--unsafe-database"), "and the way out is named: {}", said(&refused));

    let wanted = [named[0], named[1], ("COMANDA_UNSAFE_DATABASE", "true")];
    house.serve(&wanted).await;
    assert!(house.log().contains("/setup"), "an empty one begins with its set-up: {}", house.log());
    house.kill();

    let wanted = [named[0], named[1], wanted[2], ("COMANDA_DEMO", "true")];
    house.serve(&wanted).await;
    assert!(!house.data.join("postgresql").exists(), "no private database is made");
    let mut db = server.program().connect().await.expect("a connection");
    let orders: i64 =
        sqlx::query_scalar("select count(*) from orders").fetch_one(&mut db).await.expect("a number");
    assert!(orders > 0, "the demo is there");
    for forbidden in
        ["update order_lines set unit_price_minor = 0", "create table mine ()", "delete from audit"]
    {
        let refused = sqlx::query(forbidden).execute(&mut db).await.expect_err(forbidden);
        let code = refused.as_database_error().and_then(|err| err.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {refused}");
    }
    db.close().await.expect("it ends well");
}

#[tokio::test]
async fn one_role_may_own_and_serve() {
    let mut house = House::new();
    let server = server(&house).await;
    let owner = address(&server.owner());
    let named = [("DATABASE_URL", &*owner), ("COMANDA_UNSAFE_DATABASE", "true"), ("COMANDA_DEMO", "true")];
    house.serve(&named).await;
    let made = house.errand(&named, &["token", "--name", "tablet", "--staff", "Inês"]).await;
    assert!(made.status.success(), "{}", said(&made));
    let token = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    let tablet = Tablet::with(&house, token).await;
    assert_eq!(tablet.send(&tablet.slip()).await.expect("an answer").status(), 201);
}
