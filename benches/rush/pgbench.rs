//! What the database reaches without us: the statement of a Send, driven by `pgbench` in the same run.

use std::path::Path;

use comanda::store::pool::SERVING;
use tokio::process::Command;
use uuid::Uuid;

use crate::Failure;
use crate::limits::Direct;
use crate::slips::Order;
use crate::street::{HOUSE_ID, HOUSES};

const STATEMENT: &str = include_str!("../../src/store/place.sql");
const SECONDS: u32 = 8;
const CLIENTS: u32 = 8;

/// A text, in SQL.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// An id that this transaction makes for itself.
fn own(what: &str, at: impl std::fmt::Display) -> String {
    format!("md5(:o || '{what}{at}')::uuid")
}

fn array<T>(of: &str, values: &[T], value: impl Fn(&T) -> String) -> String {
    format!("array[{}]::{of}[]", values.iter().map(value).collect::<Vec<_>>().join(", "))
}

/// Writes the script: that order, with ids of its own, at a table and a house that nobody chose.
pub(crate) fn write(script: &Path, direct: &Direct, tables: &[Uuid], order: &Order) -> Result<(), Failure> {
    let placed = direct.placement(order)?;
    let fire = |of| placed.fires.iter().position(|fire| fire.fire_id == of).unwrap_or(0);
    let line = |of| placed.lines.iter().position(|line| line.line_id == of).unwrap_or(0);
    let ticket = |of| placed.tickets.iter().position(|ticket| ticket.ticket_id == of).unwrap_or(0);
    let (lines, tickets, chits) = (&placed.lines, &placed.tickets, &placed.ticket_lines);
    let values = [
        HOUSE_ID.replace("(n)", "(:n::int)"),
        placed.menu_version.to_string(),
        own("order", ""),
        "decode(md5(:o || 'slip') || md5(:o || 'slip'), 'hex')".to_owned(),
        text(&direct.staff_id().0.to_string()) + "::uuid",
        own("device", ""),
        "now()".to_owned(),
        "'Sofia'".to_owned(),
        format!("({})[:t::int]", array("uuid", tables, |table| text(&table.to_string()))),
        "null".to_owned(),
        own("check", ""),
        "'dine_in'".to_owned(),
        "2::smallint".to_owned(),
        array("uuid", &placed.fires, |it| own("fire", fire(it.fire_id))),
        array("smallint", &placed.fires, |it| it.course.to_string()),
        array("uuid", lines, |it| own("line", line(it.line_id))),
        array("uuid", lines, |it| own("fire", fire(it.fire_id))),
        array("uuid", lines, |it| text(&it.item_id.0.to_string())),
        array("text", lines, |it| text(&it.item_name)),
        array("text", lines, |it| text(&it.kitchen_name)),
        array("integer", lines, |it| it.quantity.to_string()),
        array("smallint", lines, |it| it.seat.map_or("null".to_owned(), |seat| seat.to_string())),
        array("text", lines, |it| it.note.as_ref().map_or("null".to_owned(), |note| text(note))),
        array("jsonb", lines, |it| text(&serde_json::json!(it.modifiers).to_string())),
        array("bigint", lines, |it| it.unit_price_minor.0.to_string()),
        array("integer", lines, |it| it.tax_basis_points.to_string()),
        array("uuid", tickets, |it| own("ticket", ticket(it.ticket_id))),
        array("uuid", tickets, |it| own("fire", fire(it.fire_id))),
        array("uuid", tickets, |it| it.station_id.map_or("null".to_owned(), |id| text(&id.0.to_string()))),
        array("uuid", chits, |it| own("ticket", ticket(it.ticket_id))),
        array("uuid", chits, |it| own("line", line(it.line_id))),
        array("text", chits, |it| text(it.mode.key())),
        array("boolean", &placed.fires, |it| it.held.to_string()),
    ];
    let mut sql = STATEMENT.to_owned();
    for (at, value) in values.iter().enumerate().rev() {
        sql = sql.replace(&format!("${}", at + 1), value);
    }
    let (houses, tables) = (HOUSES, tables.len());
    let begin = format!(
        "\\set n random(1, {houses})\n\\set t random(1, {tables})\n\\set o random(1, 9000000000000000000)\n"
    );
    std::fs::write(script, format!("{begin}{};\n", sql.trim()))?;
    Ok(())
}

/// Transactions a second; none where there is no `pgbench`.
pub(crate) async fn run(direct: &Direct, script: &Path) -> Result<Option<f64>, Failure> {
    let options = direct.options();
    let host = options
        .get_socket()
        .map_or_else(|| options.get_host().into(), |folder| folder.as_os_str().to_owned());
    let said = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=1"])
        .args([format!("--client={CLIENTS}"), format!("--time={SECONDS}")])
        .arg("--file")
        .arg(script)
        .env("PGOPTIONS", SERVING.map(|(setting, value)| format!("-c {setting}={value}")).join(" "))
        .env("PGHOST", host)
        .env("PGPORT", options.get_port().to_string())
        .env("PGUSER", options.get_username())
        .env("PGDATABASE", options.get_database().unwrap_or("postgres"))
        .output()
        .await;
    let said = match said {
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        said => said?,
    };
    let text = String::from_utf8_lossy(&said.stdout);
    let rate =
        text.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    match rate {
        Some(rate) if said.status.success() => Ok(Some(rate)),
        _ => Err(format!("pgbench: {text}{}", String::from_utf8_lossy(&said.stderr)).into()),
    }
}
