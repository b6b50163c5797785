//! What the program's own role may not do, whatever a handler asks of it.

use comanda::domain::demo::LOCATION_ID;
use comanda::domain::ids::{LineId, TenderId};
use comanda::domain::money::Money;
use comanda::domain::staff::Role;
use comanda::domain::ticket::Step;
use comanda::store::{checks, lines, migrations, orders, pool};
use sqlx::AssertSqlSafe;

use super::database::Database;
use super::house::{Came, Rows, some_table, someone};

/// Money, the story of the day, the schema and whose restaurant it is: out of reach.
const FORBIDDEN: [&str; 45] = [
    "update order_lines set modifiers = '[{\"name\": \"x\", \"prefix\": null, \"price_minor\": 500}]'",
    "update order_lines set unit_price_minor = 0",
    "update order_lines set unit_price_minor = unit_price_minor - 1, changed = changed + 1",
    "update line_changes set before = '{}'",
    "delete from line_changes",
    "update age_limits set late_after_s = 9999",
    "delete from age_limits",
    "update messages set words = 'x'",
    "update incidents set shown = '[]'",
    "update order_lines set quantity = 1",
    "update order_lines set tax_basis_points = 0",
    "update orders set staff_id = gen_random_uuid()",
    "update orders set slip_hash = ''",
    "update tenders set amount_minor = 0",
    "update allergy_steps set at = now()",
    "delete from allergy_steps",
    "update order_lines set refire_of = null",
    "update order_lines set despite_allergy = '{}'",
    "update orders set unasked = false",
    "update audit set detail = '{}'",
    "update checks set check_no = 1",
    "update checks set business_day = '2020-01-01'",
    "update checks set opened_by = gen_random_uuid()",
    "update locations set is_demo = true",
    "update fires set check_id = gen_random_uuid()",
    "delete from orders",
    "delete from order_lines",
    "delete from tenders",
    "delete from audit",
    "delete from checks",
    "delete from fires",
    "delete from tickets",
    "delete from ticket_lines",
    "delete from boards",
    "delete from staff",
    "truncate audit",
    "create table mine ()",
    "alter table orders disable trigger all",
    "alter table orders drop constraint orders_once_a_key",
    "drop table audit",
    "create role another",
    "set role comanda_owner",
    "select grant_to_program('comanda')",
    "insert into program_rights values ('orders', 'update')",
    "update program_rights set rights = 'delete' where relation = 'boards'",
];

#[tokio::test]
async fn the_programs_role_changes_no_money_no_story_and_no_table() {
    let rows = Rows::open().await;
    for statement in FORBIDDEN {
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(&rows.db).await.expect_err(statement);
        let code = refused.as_database_error().and_then(|err| err.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn what_an_operator_keeps_beside_our_tables_is_nobodys_business() {
    let database = Database::copy("schema").await;
    let mut admin = database.admin().await;
    let extension = "create function public.stat_reset() returns void language sql as 'select';
        revoke execute on function public.stat_reset() from public;
        create table public.notes (secret text)";
    sqlx::raw_sql(extension).execute(&mut admin).await.expect("an extension");
    migrations::run(&database.owner(), "comanda").await.expect("the next start");
    let program = pool::open(database.program(), 1).await.expect("the serving pool");
    let asked = sqlx::query("select secret from notes").execute(&program).await.expect_err("not ours");
    assert!(asked.to_string().contains("permission denied"), "{asked}");
    sqlx::query("select seq from boards").execute(&program).await.expect("ours");
}

#[tokio::test]
async fn the_same_role_sends_voids_and_takes_the_money() {
    let rows = Rows::open().await;
    let slip = rows.slip(Some(some_table(0)), None, 1).await;
    let placed = rows.placed(&slip).await;
    let here = format!("from order_lines where order_id = '{}'", slip.id());
    let line_id = LineId(rows.ask(&format!("select line_id {here}")).await);
    let actor = someone(9);
    let voided = rows.command(async |turn| {
        lines::void(turn, line_id, 1, "sent back", None, Role::Manager, &actor).await?;
        Ok(Step::Do)
    });
    assert!(matches!(voided.await, Came::Committed(_)));
    let due: i64 = rows.ask(&format!("select ((quantity - voided) * unit_price_minor)::bigint {here}")).await;
    assert!(due > 0, "half of it is still owed");
    let key = TenderId::new();
    let paid = async || {
        rows.command(async |turn| Ok(checks::close(turn, placed.check_id, key, Money(due), &actor).await?))
            .await
    };
    assert!(matches!(paid().await, Came::Committed(_)));
    assert_eq!(paid().await, Came::Nothing, "the same payment twice is one payment");
    assert_eq!(orders::find(&rows.db, LOCATION_ID, slip.id()).await.expect("it is there"), placed);
}
