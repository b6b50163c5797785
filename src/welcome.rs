//! What the terminal says when the house is open: where it is, and what to try.

use std::net::SocketAddr;

use crate::domain::location::Location;
use crate::errands::NewPin;
use crate::house_database::HouseDatabase;
use crate::lan::Lan;

/// Says where the house is, and what to try.
pub fn say(houses: &[Location], base: &str, lan: Option<&Lan>, pins: &[NewPin], database: &HouseDatabase) {
    println!("\n  {} open: {base}\n", names(houses));
    if let Some(lan) = lan {
        say_lan(lan);
    }
    if houses.iter().any(|house| house.is_demo) {
        let pin = if pins.is_empty() { "the PIN is on the tile" } else { "the PINs are below" };
        println!("  Try it:");
        println!("    1. Open {base}/kitchen/grill in one window and sign in as a cook ({pin}).");
        println!(
            "    2. Open {base}/floor in another browser, or a private window, and sign in as a waiter."
        );
        println!("    3. Tap a table, tap a dish, tap Send: the card is on the grill. Tap it to bump it.\n");
    }
    if !pins.is_empty() {
        println!("  PINs, drawn for this evening:");
        for NewPin { name, pin } in pins {
            println!("    {pin}  {name}");
        }
        println!();
    }
    if let Some(private) = &database.private {
        if let Some(refused) = private.instead_of() {
            println!(
                "  {} cannot be reached by PostgreSQL's user, so the data is in {}.",
                refused.display(),
                private.data().display()
            );
        }
        println!("  Data: {} (a private PostgreSQL; it stops with this program)\n", private.data().display());
    }
}

/// Which restaurants, as the beginning of a sentence that ends in "open".
pub fn names(houses: &[Location]) -> String {
    match houses {
        [one] => format!("{} is", one.name),
        [one, more @ ..] => format!("{} and {} more are", one.name, more.len()),
        [] => "Comanda is".to_owned(),
    }
}

/// Says how the first restaurant is set up.
pub fn say_setup(base: &str, code: &str) {
    println!(
        "  There is no restaurant yet. Open {base}/setup and type the code {code}: it is good for a day.\n"
    );
}

fn say_lan(lan: &Lan) {
    println!("  On your network:");
    for address in lan.addresses() {
        println!("    {address}");
    }
    println!("\n  A device that comes for the first time opens {}", lan.begin());
    println!("  and is told how to trust this house. Or it looks here:\n");
    if let Some(picture) = lan.begin_blocks() {
        println!("{picture}");
    }
    println!("\n  The house's certificate: {}", lan.authority().fingerprint());
    println!();
}

/// The address that this machine's own browser takes.
pub fn base(address: SocketAddr, is_encrypted: bool) -> String {
    let scheme = if is_encrypted { "https" } else { "http" };
    let own = address.ip().is_loopback() || address.ip().is_unspecified();
    let host = if own { "localhost".to_owned() } else { address.ip().to_string() };
    format!("{scheme}://{host}:{}", address.port())
}
