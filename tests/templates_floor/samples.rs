//! Pages of a busy Friday.

use comanda::domain::allergy::{Allergen, Allergies, Allergy};
use comanda::domain::card::{ChosenModifier, ItemCard, ReadyFire, Tile, TileCheck, TileTable};
use comanda::domain::check::{CheckState, OrderType};
use comanda::domain::check_view::{
    CheckView, FireView, HeldCourse, HeldLine, LineView, OpenCheck, OrderView, TaxWithin, TicketReceipt,
};
use comanda::domain::cleared::{ClearedDay, ClearedTicket};
use comanda::domain::fire::PassRules;
use comanda::domain::ids::{
    BoardSeq, CheckId, FireId, LineId, OrderId, StaffId, TableId, TenderId, TicketId, TokenId,
};
use comanda::domain::line::LineStanding;
use comanda::domain::menu::Prefix;
use comanda::domain::money::Money;
use comanda::domain::staff::Role;
use comanda::domain::ticket::TicketState;
use comanda::domain::unseen::Alarm;
use comanda::domain::zone::Zone;
use comanda::store::tokens::Token;
use comanda::web::checks::CheckPage;
use comanda::web::floor::FloorPage;
use comanda::web::frame::{BoardStart, Frame, Viewer};
use comanda::web::manage::{EightySixed, ItemRow, MadeToken, ManagePage};
use comanda::web::notice::{ErrorPage, Link};
use comanda::web::order_page::{OrderPage, OrderPlace};
use comanda::web::sign_in::{PersonTile, RoleTiles, SignInFailure, SignInPage, StationLink};
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

use crate::menu;

const NOW: OffsetDateTime = datetime!(2026-11-20 19:42:30 UTC);

fn frame(role: Option<Role>) -> Frame {
    Frame {
        house: "Taberna del Puerto".to_owned(),
        zone: Zone::named("Europe/Madrid"),
        currency: "EUR".to_owned(),
        viewer: role.map(|role| Viewer { name: "Inés Moreau".to_owned(), role, is_screen: false }),
    }
}

fn board(view: &str) -> BoardStart {
    BoardStart {
        view: view.to_owned(),
        epoch: "5f1c2a9b7d3e".to_owned(),
        seq: BoardSeq(1043),
        beat_ms: 5_000,
        now_ms: NOW.unix_timestamp() * 1_000,
    }
}

pub(crate) fn sign_in() -> SignInPage {
    let role = |role, people: &[(&str, &str)]| RoleTiles {
        role,
        people: people
            .iter()
            .map(|(name, pin)| PersonTile {
                staff_id: StaffId::new(),
                name: (*name).to_owned(),
                demo_pin: Some((*pin).to_owned()),
            })
            .collect(),
    };
    let station = |slug: &str, name: &str| StationLink { slug: slug.to_owned(), name: name.to_owned() };
    SignInPage {
        frame: frame(None),
        roles: vec![
            role(
                Role::Waiter,
                &[
                    ("Inés Moreau", "1111"),
                    ("Tomás Vidal", "1212"),
                    ("Aiko Tanaka", "1313"),
                    ("Bram de Vries-Oosterhout", "1414"),
                    ("Lucía", "1515"),
                ],
            ),
            role(Role::Cook, &[("Rafa", "2222"), ("Noor", "2323"), ("Piotr", "2424")]),
            role(Role::Expo, &[("Marta", "3333")]),
            role(Role::Manager, &[("Elena Ruiz", "4444")]),
            role(Role::Owner, &[("Jordi Puig", "5555")]),
        ],
        stations: vec![
            station("grill", "Grill"),
            station("fry", "Fry"),
            station("cold", "Cold"),
            station("bar", "Bar"),
            station("expo", "Expo (pass)"),
        ],
        next: Some("/floor".to_owned()),
        failure: None,
        picked: None,
        invitation: None,
    }
}

pub(crate) fn sign_in_wait() -> SignInPage {
    let mut page = sign_in();
    page.picked = Some(page.roles[0].people[1].staff_id);
    page.failure = Some(SignInFailure::Wait { seconds: 30 });
    page
}

/// A tile by its story: minutes since the first order, waiter, total, tickets open, fires ready, printed.
type Story = (i64, &'static str, i64, i64, i64, bool);

fn nuts_at_three() -> Allergies {
    vec![Allergy { seat: Some(3), allergens: vec![Allergen::Nuts] }].into()
}

fn tile(label: &str, section: Option<&str>, position: i32, stories: &[Story]) -> Tile {
    let checks =
        stories.iter().enumerate().map(|(at, (minutes, waiter, total, open, ready, printed))| TileCheck {
            fires_held: 0,
            check_id: CheckId::new(),
            check_no: 20 + position + i32::try_from(at).expect("few"),
            order_type: if section.is_some() { OrderType::DineIn } else { OrderType::Takeaway },
            state: if *printed { CheckState::Printed } else { CheckState::Open },
            covers: Some(2 + i16::try_from(position % 4).expect("few")),
            waiter: (*waiter).to_owned(),
            vip: false,
            opened_at: NOW - Duration::minutes(*minutes),
            tickets_open: *open,
            alarms: alarms(label),
            late: Vec::new(),
            ready: (0..*ready)
                .map(|_| ReadyFire {
                    fire_id: FireId::new(),
                    course: 1,
                    since: NOW - Duration::minutes(2),
                    plated: false,
                    seen: false,
                })
                .collect(),
            total_minor: Money(*total),
        });
    Tile {
        table: section.map(|section| TileTable {
            table_id: TableId::new(),
            label: label.to_owned(),
            seats: 4,
            section: section.to_owned(),
        }),
        position,
        board_seq: BoardSeq(1000 + i64::from(position)),
        checks: checks.collect(),
    }
}

/// Table 5 ordered from a grill that nobody looks at.
fn alarms(label: &str) -> Vec<Alarm> {
    let since = NOW - Duration::seconds(12);
    let of = |station: Option<&str>| Alarm { station: station.map(str::to_owned), since };
    if label == "T5" { vec![of(Some("Grill")), of(None)] } else { Vec::new() }
}

fn tiles() -> Vec<Tile> {
    const INES: &str = "Inés Moreau";
    const TOMAS: &str = "Tomás Vidal";
    const BRAM: &str = "Bram de Vries-Oosterhout";
    let stories: [&[Story]; 24] = [
        &[(38, INES, 8650, 2, 0, false)],
        &[(51, INES, 12_480, 0, 1, false)],
        &[],
        &[(12, INES, 4320, 3, 0, false)],
        &[(3, INES, 6890, 2, 0, false)],
        &[(95, INES, 23_150, 0, 0, true)],
        &[],
        &[(22, TOMAS, 5460, 0, 0, false)],
        &[(8, TOMAS, 3120, 1, 0, false)],
        &[],
        &[(64, TOMAS, 15_890, 1, 2, false), (20, INES, 2480, 1, 0, false)],
        &[(71, TOMAS, 9990, 0, 0, true)],
        &[],
        &[(15, BRAM, 7640, 2, 0, false)],
        &[(33, BRAM, 11_200, 0, 0, false)],
        &[(5, BRAM, 1860, 1, 0, false)],
        &[],
        &[],
        &[(44, BRAM, 6420, 0, 1, false)],
        &[(9, BRAM, 2890, 1, 0, false)],
        &[],
        &[(110, TOMAS, 18_760, 0, 0, false)],
        &[(2, TOMAS, 940, 1, 0, false)],
        &[],
    ];
    let mut tiles: Vec<Tile> = (1..)
        .zip(stories)
        .map(|(number, story)| {
            let (label, section) = match number {
                1..=10 => (format!("T{number}"), "Dining room"),
                11..=18 => (format!("P{}", number - 10), "Terrace"),
                _ => (format!("B{}", number - 18), "Bar"),
            };
            tile(&label, Some(section), number, story)
        })
        .collect();
    tiles.push(tile("Takeaway", None, 100, &[(6, TOMAS, 2780, 1, 0, false)]));
    tiles.push(tile("Bar tab", None, 101, &[(41, BRAM, 3450, 0, 0, false)]));
    tiles
}

pub(crate) fn floor() -> FloorPage {
    FloorPage::new(frame(Some(Role::Waiter)), board("floor"), &tiles()).expect("drawn")
}

pub(crate) fn floor_empty() -> FloorPage {
    FloorPage::new(frame(Some(Role::Manager)), board("floor"), &[]).expect("drawn")
}

pub(crate) fn order() -> OrderPage {
    let place = OrderPlace {
        named: None,
        table_id: Some(TableId::new()),
        label: "T12".to_owned(),
        order_type: OrderType::DineIn,
        seats: Some(4),
        check: Some(OpenCheck {
            check_id: CheckId::new(),
            check_no: 42,
            covers: Some(3),
            allergies: nuts_at_three(),
        }),
    };
    order_page(place)
}

pub(crate) fn order_takeaway() -> OrderPage {
    let place = OrderPlace {
        named: None,
        table_id: None,
        label: "Takeaway".to_owned(),
        order_type: OrderType::Takeaway,
        seats: None,
        check: None,
    };
    order_page(place)
}

fn order_page(place: OrderPlace) -> OrderPage {
    let house = menu::house();
    let eighty_sixed: Vec<ItemCard> = house
        .items
        .iter()
        .filter(|item| item.eighty_sixed)
        .map(|item| ItemCard {
            item_id: item.item_id,
            name: item.name.clone(),
            board_seq: BoardSeq(900),
            eighty_sixed_at: Some(NOW - Duration::minutes(50)),
            remaining: None,
        })
        .collect();
    OrderPage::new(frame(Some(Role::Waiter)), board("items"), place, &house, &eighty_sixed).expect("drawn")
}

fn line(name: &str, quantity: i32, price: i64) -> LineView {
    LineView {
        unasked: Vec::new(),
        refire: None,
        wasted: 0,
        line_id: LineId::new(),
        name: name.to_owned(),
        quantity,
        voided: 0,
        void_reason: None,
        seat: None,
        course: 1,
        note: None,
        modifiers: Vec::new(),
        unit_price_minor: Money(price),
        standing: LineStanding::Fired,
    }
}

fn receipt(station: &str, state: TicketState, shown: Option<i64>, ready: Option<i64>) -> TicketReceipt {
    let after = |seconds: Option<i64>| {
        seconds.map(|seconds| NOW - Duration::minutes(20) + Duration::seconds(seconds))
    };
    TicketReceipt {
        ticket_id: TicketId::new(),
        station: Some(station.to_owned()),
        screen: Some(station.to_owned()),
        state,
        shown_at: after(shown),
        shown_on: shown.map(|_| if station == "Bar" { "Bar 2" } else { station }.to_owned()),
        alarmed: shown.is_none() && station == "Bar",
        bumped_at: after(ready),
        recalled: 0,
    }
}

#[expect(clippy::too_many_lines, reason = "a sample: field by field")]
pub(crate) fn check() -> CheckPage {
    let chosen = |prefix, name: &str, price| ChosenModifier {
        name: name.to_owned(),
        prefix,
        price_minor: Money(price),
    };
    let ribeye = LineView {
        seat: Some(1),
        modifiers: vec![
            chosen(None, "Medium rare", 0),
            chosen(None, "Grilled vegetables", 150),
            chosen(Some(Prefix::No), "Garlic", 0),
        ],
        note: Some("no <b>salt</b>, allergic".to_owned()),
        ..line("Ribeye 300 g", 1, 3040)
    };
    let burgers = LineView {
        voided: 1,
        void_reason: Some("Guest changed their mind".to_owned()),
        modifiers: vec![chosen(Some(Prefix::Add), "Bacon", 200)],
        ..line("Burger Royal", 3, 1890)
    };
    let gone =
        LineView { voided: 1, void_reason: Some("Entered wrong".to_owned()), ..line("Mussels", 1, 1390) };
    let sent_at = NOW - Duration::minutes(20);
    let cheesecake = LineView { course: 2, standing: LineStanding::Held, ..line("Cheesecake", 2, 720) };
    let held = HeldCourse {
        fire_id: FireId::new(),
        course: 2,
        due_at: Some(NOW + Duration::minutes(3)),
        lines: vec![HeldLine {
            unasked: vec![Allergen::Nuts],
            line_id: cheesecake.line_id,
            name: cheesecake.name.clone(),
            live: cheesecake.live(),
            seat: Some(2),
            eighty_sixed: true,
        }],
    };
    let first = OrderView {
        order_id: OrderId::new(),
        send_no: 1,
        sent_at,
        waiter: "Inés Moreau".to_owned(),
        lines: vec![ribeye, burgers, gone, line("Fries", 2, 450), line("Draught beer 0.5 l", 4, 490)],
        fires: vec![FireView {
            allergy_unseen: None,
            fire_id: FireId::new(),
            course: 1,
            fired_at: sent_at,
            rushed_at: None,
            plated_at: None,
            handed_over_at: None,
            stands: true,
            tickets: vec![
                receipt("Grill", TicketState::Bumped, Some(1), Some(700)),
                receipt("Fry", TicketState::Bumped, Some(2), Some(640)),
                receipt("Bar", TicketState::Bumped, Some(1), Some(95)),
            ],
        }],
    };
    let second = OrderView {
        order_id: OrderId::new(),
        send_no: 2,
        sent_at: NOW - Duration::minutes(2),
        waiter: "Tomás Vidal".to_owned(),
        lines: vec![cheesecake, line("Espresso", 3, 190)],
        fires: vec![FireView {
            allergy_unseen: None,
            fire_id: FireId::new(),
            course: 1,
            fired_at: NOW - Duration::minutes(2),
            rushed_at: Some(NOW),
            plated_at: None,
            handed_over_at: None,
            stands: true,
            tickets: vec![
                receipt("Cold", TicketState::Open, None, None),
                receipt("Bar", TicketState::Open, Some(1081), None),
            ],
        }],
    };
    CheckPage {
        frame: frame(Some(Role::Waiter)),
        board: board("floor"),
        check: CheckView {
            allergies: nuts_at_three(),
            vip: true,
            allergies_told: 1,
            check_id: CheckId::new(),
            check_no: 42,
            table_id: Some(TableId::new()),
            label: "T12".to_owned(),
            order_type: OrderType::DineIn,
            state: CheckState::Open,
            covers: Some(3),
            waiter: "Inés Moreau".to_owned(),
            opened_at: sent_at,
            closed: None,
            total_minor: Money(11_690),
            taxes: vec![
                TaxWithin { basis_points: 1000, amount: Money(885) },
                TaxWithin { basis_points: 2100, amount: Money(340) },
            ],
            held: vec![held],
            orders: vec![first, second],
        },
        now: NOW,
        free_tables: vec![(TableId::new(), "14".to_owned())],
        tender_id: TenderId::new(),
        servers: Vec::new(),
        failure: None,
    }
}

pub(crate) fn check_closed() -> CheckPage {
    let mut page = check();
    page.check.state = CheckState::Closed;
    page.check.closed = Some((NOW, "Inés Moreau".to_owned()));
    page
}

pub(crate) fn manage() -> ManagePage {
    let house = menu::house();
    let category_of = |item: &comanda::domain::menu::Item| {
        let category = house.categories.iter().find(|category| category.category_id == item.category_id);
        category.map(|category| category.name.clone()).unwrap_or_default()
    };
    let cleared = |number: &str, place: &str, station: Option<&str>, lines: &str| ClearedTicket {
        ticket_id: TicketId::new(),
        number: number.to_owned(),
        place: place.to_owned(),
        station: station.map(ToOwned::to_owned),
        fired_at: Some(NOW - Duration::hours(20)),
        lines: lines.to_owned(),
    };
    let token = |name: &str| Token {
        token_id: TokenId::new(),
        name: name.to_owned(),
        staff: "Elena Ruiz".to_owned(),
        made_at: NOW - Duration::days(30),
    };
    ManagePage {
        frame: frame(Some(Role::Manager)),
        eighty_sixed: house
            .items
            .iter()
            .filter(|item| item.eighty_sixed)
            .map(|item| EightySixed {
                item_id: item.item_id,
                name: item.name.clone(),
                since: NOW - Duration::minutes(50),
            })
            .collect(),
        items: house
            .items
            .iter()
            .filter(|item| !item.eighty_sixed)
            .map(|item| ItemRow {
                item_id: item.item_id,
                name: item.name.clone(),
                category: category_of(item),
            })
            .collect(),
        cleared: Some(ClearedDay {
            business_day: date!(2026 - 11 - 19),
            at: datetime!(2026-11-20 03:00:02 UTC),
            tickets: vec![
                cleared("#87-2", "T9", Some("Bar"), "2 × Espresso"),
                cleared("#91", "Takeaway", None, "1 × Gift voucher"),
            ],
        }),
        pass: PassRules::DEFAULT,
        next_course_after_s: Some(240),
        tokens: vec![token("Online orders"), token("Old kiosk")],
        made: Some(MadeToken {
            name: "Reservations".to_owned(),
            token: "cmd_9f2b7c41d0e84a6f8d1c3b5a7e9f0d2c4b6a8e0f".to_owned(),
        }),
        failure: None,
    }
}

pub(crate) fn manage_empty() -> ManagePage {
    ManagePage {
        frame: frame(Some(Role::Owner)),
        eighty_sixed: Vec::new(),
        items: Vec::new(),
        cleared: None,
        pass: PassRules::DEFAULT,
        next_course_after_s: Some(240),
        tokens: Vec::new(),
        made: None,
        failure: None,
    }
}

pub(crate) fn error() -> ErrorPage {
    let link = |address: &str, words: &str| Link { address: address.to_owned(), words: words.to_owned() };
    ErrorPage {
        frame: frame(Some(Role::Waiter)),
        status: 404,
        title: "No such check".to_owned(),
        words: "It may belong to another day, or the address was cut short. Find it from its table."
            .to_owned(),
        links: vec![link("/floor", "Floor"), link("/kitchen", "Kitchen screens")],
    }
}
