//! A database as a whole: what a dump of it must hold, one made beside it, and the two changing places.
//!
//! Names of databases and roles cannot be parameters of a statement. They come from the settings and from here, and
//! are quoted.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection};
use time::OffsetDateTime;

/// Names the lock under which dumps are made and proved.
const BACKING_UP: i64 = 0x636f_6d61_6e64_6102;
/// Names the lock under which databases change places.
const RESTORING: i64 = 0x636f_6d61_6e64_6103;
/// A program that has told of itself within this time serves.
const SERVES_S: f64 = 20.0;
/// The tables whose rows prove a dump: every schema has them.
const MAIN: [&str; 13] = [
    "locations",
    "boards",
    "staff",
    "items",
    "tables",
    "checks",
    "orders",
    "order_lines",
    "fires",
    "tickets",
    "ticket_lines",
    "tenders",
    "audit",
];

/// Rows by table.
pub type Counts = BTreeMap<String, i64>;

/// One moment of a database, held open for a dump.
#[derive(Debug)]
pub struct Moment {
    /// What `pg_dump --snapshot` wants to hear.
    pub snapshot: String,
    /// When it is.
    pub at: OffsetDateTime,
    /// What it holds.
    pub counts: Counts,
}

/// Holds one moment open on this connection until it is closed, and counts what is in it.
#[tracing::instrument(name = "store.databases.hold_moment", level = "debug", skip_all)]
pub async fn hold_moment(db: &mut PgConnection) -> sqlx::Result<Moment> {
    sqlx::raw_sql(
        "begin isolation level repeatable read, read only; set local idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *db)
    .await?;
    let (snapshot, at): (String, OffsetDateTime) =
        sqlx::query_as("select pg_export_snapshot(), now()").fetch_one(&mut *db).await?;
    Ok(Moment { snapshot, at, counts: count(db).await? })
}

/// The rows of the main tables.
#[tracing::instrument(name = "store.databases.count", level = "debug", skip_all)]
pub async fn count(db: &mut PgConnection) -> sqlx::Result<Counts> {
    let counted = MAIN.map(|table| format!("select '{table}', count(*) from {table}")).join(" union all ");
    Ok(sqlx::query_as::<_, (String, i64)>(AssertSqlSafe(counted)).fetch_all(db).await?.into_iter().collect())
}

/// Takes the lock of those who dump this database, until the connection is closed. `false`: somebody else has it.
#[tracing::instrument(name = "store.databases.lock_dumps", level = "debug", skip_all)]
pub async fn lock_dumps(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(BACKING_UP).fetch_one(db).await
}

/// Takes the lock of those who restore on this server, likewise.
#[tracing::instrument(name = "store.databases.lock_restores", level = "debug", skip_all)]
pub async fn lock_restores(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(RESTORING).fetch_one(db).await
}

/// The server's major version, and how many bytes this database has on its disk.
#[tracing::instrument(name = "store.databases.measure", level = "debug", skip_all)]
pub async fn measure(db: &mut PgConnection) -> sqlx::Result<(u32, u64)> {
    let (major, bytes): (i32, i64) = sqlx::query_as(
        "select current_setting('server_version_num')::integer / 10000, pg_database_size(current_database())",
    )
    .fetch_one(db)
    .await?;
    Ok((major.unsigned_abs(), bytes.unsigned_abs()))
}

/// Tables and sequences that somebody else keeps in this database, as `schema.name`, quoted.
#[tracing::instrument(name = "store.databases.of_others", level = "debug", skip_all)]
pub async fn of_others(db: &mut PgConnection, owner: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'S', 'v', 'm', 'f') and pg_get_userbyid(c.relowner) <> $1
            and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'",
    )
    .bind(owner)
    .fetch_all(db)
    .await
}

/// What a database holds of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The restaurant's name.
    pub house: String,
    /// How many orders were sent.
    pub orders: i64,
}

/// What this database holds; none: no restaurant.
#[tracing::instrument(name = "store.databases.held", level = "debug", skip_all)]
pub async fn held(db: &mut PgConnection) -> sqlx::Result<Option<Held>> {
    if !has(db, "locations").await? || !has(db, "orders").await? {
        return Ok(None);
    }
    let row: (Option<String>, i64) =
        sqlx::query_as("select (select min(name) from locations), (select count(*) from orders)")
            .fetch_one(db)
            .await?;
    Ok(row.0.map(|house| Held { house, orders: row.1 }))
}

/// The programs that serve this database, in words: the machine and the number there.
#[tracing::instrument(name = "store.databases.serving", level = "debug", skip_all)]
pub async fn serving(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    if !has(db, "processes").await? {
        return Ok(Vec::new());
    }
    sqlx::query_scalar(
        "select host || ', process ' || pid from processes where told_at > now() - make_interval(secs => $1) order by 1",
    )
    .bind(SERVES_S)
    .fetch_all(db)
    .await
}

async fn has(db: &mut PgConnection, table: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select to_regclass('public.' || $1) is not null").bind(table).fetch_one(db).await
}

/// A new history begins here: no screen of another one may go on, and nothing that was read before is current.
#[tracing::instrument(name = "store.databases.begin_history", level = "debug", skip_all)]
pub async fn begin_history(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "update boards set incarnation = gen_random_uuid(), menu_version = menu_version + 1
          , people_version = people_version + 1",
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Tells the planner what there is. A dump does not, and until somebody looks every index seems as good as any other:
/// one that finds all that a restaurant ever sold as good as one that finds an order's lines.
#[tracing::instrument(name = "store.databases.describe", level = "debug", skip_all)]
pub async fn describe(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("analyze").execute(db).await.map(|_| ())
}

/// Whether this role may make databases.
#[tracing::instrument(name = "store.databases.may_create", level = "debug", skip_all)]
pub async fn may_create(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select rolcreatedb or rolsuper from pg_roles where rolname = current_user")
        .fetch_one(db)
        .await
}

/// Makes an empty database that sorts as that one does and whose doors are open to the same roles.
#[tracing::instrument(name = "store.databases.create_like", level = "debug", skip_all)]
pub async fn create_like(db: &mut PgConnection, like: &str, name: &str, owner: &str) -> sqlx::Result<()> {
    let (encoding, collate, ctype, provider): (String, String, String, String) = sqlx::query_as(
        "select pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text, datlocprovider::text
        from pg_database where datname = $1",
    )
    .bind(like)
    .fetch_one(&mut *db)
    .await?;
    let create = format!("create database {} template template0 owner {}", quoted(name), quoted(owner));
    let sorting = if provider == "c" {
        let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let (encoding, collate, ctype) = (literal(&encoding), literal(&collate), literal(&ctype));
        format!(" encoding {encoding} lc_collate {collate} lc_ctype {ctype}")
    } else {
        String::new()
    };
    say(db, create + &sorting).await?;
    let doors: Vec<String> = sqlx::query_scalar(
        "select format('revoke all on database %I from public', $2::text)
        from pg_database where datname = $1 and datacl is not null
        union all
        select format('grant %s on database %I to %s', right_.privilege_type, $2::text
          , case right_.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(right_.grantee)) end)
        from pg_database, aclexplode(datacl) as right_
        where datname = $1 and right_.grantee <> datdba",
    )
    .bind(like)
    .bind(name)
    .fetch_all(&mut *db)
    .await?;
    for door in doors {
        say(db, door).await?;
    }
    Ok(())
}

/// Drops databases of ours whose names begin so: what somebody left who was killed.
#[tracing::instrument(name = "store.databases.sweep", level = "debug", skip_all)]
pub async fn sweep(db: &mut PgConnection, prefix: &str) -> sqlx::Result<()> {
    let left: Vec<String> =
        sqlx::query_scalar("select datname::text from pg_database where starts_with(datname::text, $1)")
            .bind(prefix)
            .fetch_all(&mut *db)
            .await?;
    for name in left {
        drop(db, &name).await?;
    }
    Ok(())
}

/// Drops a database, whoever is in it.
#[tracing::instrument(name = "store.databases.drop", level = "debug", skip_all)]
pub async fn drop(db: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    say(db, format!("drop database if exists {} with (force)", quoted(name))).await
}

/// The new one takes the place of the old one, which is called `before` from now on: both or neither. Refused while
/// anybody is in one of them.
#[tracing::instrument(name = "store.databases.swap", level = "debug", skip_all)]
pub async fn swap(db: &mut PgConnection, old: &str, new: &str, before: &str) -> sqlx::Result<()> {
    let (old, new, before) = (quoted(old), quoted(new), quoted(before));
    // One message is one transaction.
    say(db, format!("alter database {old} rename to {before}; alter database {new} rename to {old}")).await
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn say(db: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    // Names are quoted where the statement was put together.
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(db).await.map(|_| ())
}
