//! The kitchen's screens, drawn with a busy Friday's tickets. What is asserted here is the markup that page, socket
//! and scripts agree on; the files left in `target/gallery` are for eyes.

#![expect(clippy::unwrap_used, reason = "a test stops where it breaks")]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use askama::Template;
use comanda::board::core::{Article, digest};
use comanda::domain::age::{AgeLimits, AgeRules};
use comanda::domain::allergy::{Allergen, Allergies, Allergy};
use comanda::domain::card::{
    ChosenModifier, FireCard, FireLine, FireTicket, Header, ItemCard, TicketCard, TicketLine,
};
use comanda::domain::check::OrderType;
use comanda::domain::fire::PassRules;
use comanda::domain::ids::{BoardSeq, CheckId, FireId, ItemId, LineId, StationId, TicketId, Version};
use comanda::domain::menu::Prefix;
use comanda::domain::money::Money;
use comanda::domain::staff::Role;
use comanda::domain::station::Station;
use comanda::domain::ticket::{LineState, TicketState};
use comanda::domain::zone::Zone;
use comanda::fragments::cards::{StationView, item_article, ticket_article};
use comanda::fragments::expo::fire_article;
use comanda::fragments::slot::{Slot, wall};
use comanda::fragments::totals;
use comanda::web::frame::{Frame, Viewer};
use comanda::web::kitchen::{Board, ExpoPage, KitchenIndexPage, StationPage, UndoOffer};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = time::macros::datetime!(2026-11-20 19:42:07 UTC);
const LIMITS: AgeLimits = AgeLimits { warn_after_s: 480, late_after_s: 780 };
static LONDON: LazyLock<Zone> = LazyLock::new(|| Zone::named("Europe/London"));

fn view() -> StationView<'static> {
    StationView { back: "/kitchen/grill", zone: &LONDON, of_several: false }
}

fn uuid(kind: u128, number: usize) -> Uuid {
    Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_0000 | kind << 32 | number as u128)
}

fn header(number: usize, table: &str) -> Header {
    Header {
        check_no: 40 + i32::try_from(number).unwrap(),
        send_no: 1,
        table: Some(table.to_owned()),
        waiter: ["Ines", "Bartholomäus", "Zoë", "Luca"][number % 4].to_owned(),
        order_type: OrderType::DineIn,
        course: 1,
        allergies: Allergies::default(),
        vip: false,
        allergies_told: 0,
    }
}

fn modifier(prefix: Option<Prefix>, name: &str) -> ChosenModifier {
    ChosenModifier { name: name.to_owned(), prefix, price_minor: Money::ZERO }
}

fn line(number: usize, quantity: i32, name: &str) -> TicketLine {
    TicketLine {
        line_id: LineId(uuid(1, number)),
        name: name.to_owned(),
        quantity,
        voided: 0,
        acknowledged: 0,
        changed_from: None,
        void_reason: None,
        refire: None,
        seat: None,
        note: None,
        modifiers: Vec::new(),
        allergens: Vec::new(),
        eighty_sixed: false,
        state: LineState::Waiting,
        part: None,
        comes_later: false,
        waits_for: Vec::new(),
    }
}

fn ticket(number: usize, age_s: i64, table: &str, lines: Vec<TicketLine>) -> TicketCard {
    let fired_at = NOW - Duration::seconds(age_s);
    TicketCard {
        ticket_id: TicketId(uuid(2, number)),
        fire_id: FireId(uuid(3, number)),
        station_id: Some(StationId(uuid(4, 1))),
        station: Some("Grill".to_owned()),
        lent: false,
        state: TicketState::Open,
        version: Version(1),
        board_seq: BoardSeq(1000 + i64::try_from(number).unwrap()),
        shown_seq: BoardSeq(0),
        stamped_at: fired_at,
        fired_at,
        due_at: None,
        rushed_at: None,
        recalled: 0,
        allergies_seen: 0,
        limits: LIMITS,
        header: header(number, table),
        lines,
    }
}

const DISHES: [&str; 8] = [
    "Ribeye 300",
    "Côte de bœuf",
    "Burger",
    "Lamb cutlets",
    "Sea bass",
    "Halloumi",
    "Chicken supreme",
    "Königsberger Klopse",
];

/// Thirty tickets as a grill has them on a Friday: most are short, and everything that can happen has.
fn friday() -> Vec<TicketCard> {
    let mut tickets: Vec<_> = (0..30)
        .map(|number| {
            let lines = (0..=(number * 7 % 4))
                .map(|at| {
                    let mut line = line(
                        number * 10 + at,
                        1 + i32::try_from((number + at) % 3).unwrap(),
                        DISHES[(number + at * 3) % 8],
                    );
                    if (number + at) % 3 == 0 {
                        line.modifiers.push(modifier(None, "Medium rare"));
                    }
                    if (number + at) % 4 == 1 {
                        line.modifiers.push(modifier(Some(Prefix::No), "onion"));
                    }
                    line
                })
                .collect();
            let age_s = 905 - i64::try_from(number).unwrap() * 31;
            ticket(number, age_s.max(4), &format!("{}", 1 + number * 3 % 40), lines)
        })
        .collect();
    tickets[1].recalled = 2;
    tickets[2].header.send_no = 2;
    tickets[2].header.course = 2;
    tickets[4].lines = long_lines();
    tickets[5].header.table = None;
    tickets[5].header.order_type = OrderType::Takeaway;
    tickets[6].lines[0].note = Some("<b>no</b> salt & \"well\" done <script>alert(1)</script>".to_owned());
    tickets[6].lines[0].seat = Some(3);
    // Nobody at the grill has read it; what contains it says so.
    tickets[6].header.allergies = vec![
        Allergy { seat: None, allergens: vec![Allergen::Milk] },
        Allergy { seat: Some(3), allergens: vec![Allergen::Crustaceans, Allergen::Nuts] },
    ]
    .into();
    tickets[6].header.allergies_told = 2;
    tickets[6].lines[0].allergens = vec![Allergen::Nuts];
    tickets[7].header.table = Some("Terrasse 12b".to_owned());
    tickets[8].state = TicketState::Held;
    tickets[9].lines[0].state = LineState::Ready;
    void(&mut tickets[3], 0, 1, "Guest changed their mind");
    let all = tickets[11].lines[0].quantity;
    tickets[11].lines.truncate(1);
    void(&mut tickets[11], 0, all, "Wrong table");
    tickets
}

fn void(ticket: &mut TicketCard, at: usize, units: i32, reason: &str) {
    ticket.version = Version(2);
    ticket.lines[at].quantity = ticket.lines[at].quantity.max(units);
    ticket.lines[at].voided = units;
    ticket.lines[at].void_reason = Some(reason.to_owned());
}

fn long_lines() -> Vec<TicketLine> {
    let mut lines: Vec<_> = (0..11).map(|at| line(900 + at, 1, DISHES[at % 8])).collect();
    lines[0].modifiers = vec![
        modifier(None, "Rare"),
        modifier(Some(Prefix::No), "garlic butter"),
        modifier(Some(Prefix::Add), "fried egg"),
        modifier(Some(Prefix::Extra), "jus"),
        modifier(Some(Prefix::Side), "béarnaise"),
        modifier(Some(Prefix::Sub), "salad for fries"),
    ];
    lines[0].seat = Some(1);
    lines[3].note = Some("birthday: candle, please — bring with the others, 誕生日おめでとう".to_owned());
    lines
}

fn fires() -> Vec<FireCard> {
    let mut fires: Vec<_> = friday()
        .into_iter()
        .enumerate()
        .map(|(number, ticket)| FireCard {
            fire_id: ticket.fire_id,
            check_id: CheckId(uuid(5, number)),
            board_seq: ticket.board_seq,
            fired_at: Some(ticket.fired_at),
            due_at: None,
            rushed_at: None,
            plated_at: None,
            pass: PassRules::DEFAULT,
            skips_pass: false,
            allergies_seen: 0,
            limits: LIMITS,
            header: ticket.header.clone(),
            tickets: ["Grill", "Fry", "Cold"][..=number % 3]
                .iter()
                .enumerate()
                .map(|(at, station)| FireTicket {
                    ticket_id: TicketId(uuid(6, number * 10 + at)),
                    station: Some((*station).to_owned()),
                    state: if number % 5 == 0 || at > 0 { TicketState::Bumped } else { TicketState::Open },
                    started: at > 0 || number % 2 == 0,
                    version: Version(1),
                    board_seq: BoardSeq(1),
                    shown_seq: BoardSeq(1),
                })
                .collect(),
            lines: ticket
                .lines
                .iter()
                .map(|line| FireLine {
                    line_id: line.line_id,
                    name: line.name.clone(),
                    quantity: line.quantity,
                    voided: line.voided,
                    void_reason: line.void_reason.clone(),
                    refire: line.refire.clone(),
                    seat: line.seat,
                    note: line.note.clone(),
                    modifiers: line.modifiers.clone(),
                    allergens: line.allergens.clone(),
                    despite_allergy: Vec::new(),
                    eighty_sixed: false,
                    changed: false,
                    changed_from: None,
                    from_pass: false,
                    ready: number % 5 == 0 || line.quantity == 2,
                    stations: vec!["Grill".to_owned()],
                })
                .collect(),
        })
        .collect();
    fires[2].tickets.push(FireTicket {
        ticket_id: TicketId(uuid(6, 999)),
        station: None,
        state: TicketState::Open,
        started: false,
        version: Version(1),
        board_seq: BoardSeq(1),
        shown_seq: BoardSeq(1),
    });
    fires[2].lines[0].stations.clear();
    fires[2].lines[0].ready = false;
    fires
}

fn frame() -> Frame {
    Frame {
        house: "Osteria Comanda".to_owned(),
        zone: Zone::named("Europe/Rome"),
        currency: "EUR".to_owned(),
        viewer: Some(Viewer { name: "Marco".to_owned(), role: Role::Cook, is_screen: false }),
    }
}

fn grill() -> Station {
    Station {
        station_id: StationId(uuid(4, 1)),
        slug: "grill".to_owned(),
        name: "Grill".to_owned(),
        shown_at: None,
    }
}

fn now_ms() -> i64 {
    i64::try_from(NOW.unix_timestamp_nanos() / 1_000_000).unwrap()
}

fn all_day(totals: &totals::Totals) -> Arc<str> {
    let body = totals::all_day_body(totals).unwrap();
    Article::fold("all-day", &body, |seq| totals::all_day_article(seq, &body)).html().clone()
}

fn board(view: &str, articles: Vec<Arc<str>>) -> Board {
    let (slots, all_day) = wall(articles, now_ms());
    Board {
        view: view.to_owned(),
        pace: "6:12".to_owned(),
        tells: true,
        epoch: "0f3a9c".to_owned(),
        seq: 1030,
        beat_ms: 5000,
        now_ms: now_ms(),
        slots,
        all_day: all_day.unwrap().to_string(),
        recalls: true,
    }
}

fn station_page(tickets: &[TicketCard]) -> String {
    let mut articles: Vec<Arc<str>> =
        tickets.iter().map(|ticket| ticket_article(ticket, view()).unwrap().into()).collect();
    articles.push(all_day(&totals::of_station(tickets)));
    let undo = (!tickets.is_empty()).then(|| UndoOffer {
        action: format!("/tickets/{}/undo", uuid(2, 77)),
        words: "17 #39 bumped".to_owned(),
    });
    let station = grill();
    let board = board("station-grill", articles);
    StationPage { frame: frame(), station: &station, board, undo }.render().unwrap()
}

fn expo_page(fires: &[FireCard]) -> String {
    let mut articles: Vec<Arc<str>> =
        fires.iter().map(|fire| fire_article(fire, &LONDON).unwrap().into()).collect();
    articles.push(all_day(&totals::of_house(fires)));
    ExpoPage { frame: frame(), board: board("expo", articles), undo: None }.render().unwrap()
}

/// Leaves a page for eyes and browsers.
fn keep(name: &str, html: &str) {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    std::fs::create_dir_all(&gallery).unwrap();
    std::fs::write(gallery.join(name), html).unwrap();
}

fn attribute<'a>(html: &'a str, name: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {html}"));
    rest.split_once('"').unwrap().0
}

/// An article never holds another: the socket's reader cuts at the first closing tag.
fn assert_flat(html: &str) {
    for piece in html.split("</article>") {
        assert!(piece.matches("<article").count() <= 1, "an article in an article:\n{piece}");
    }
    assert_eq!(html.matches("<article").count(), html.matches("</article>").count());
}

#[test]
fn a_friday_at_the_grill_is_drawn() {
    let tickets = friday();
    let html = station_page(&tickets);
    keep("station.html", &html);
    assert_flat(&html);
    for ticket in &tickets {
        assert!(html.contains(&format!(r#"id="t-{}""#, ticket.ticket_id)));
        assert!(html.contains(&format!(r#"data-seq="{}""#, ticket.board_seq)));
    }
    assert!(html.contains(r#"data-view="station-grill" data-epoch="0f3a9c" data-seq="1030""#));
    assert!(html.contains("This page confirms nothing to the floor."));
    assert!(html.contains(r#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#));
    assert!(!html.contains(" style="), "the policy forbids inline styles");
}

#[test]
fn a_friday_at_the_pass_is_drawn() {
    let fires = fires();
    let html = expo_page(&fires);
    keep("expo.html", &html);
    assert_flat(&html);
    for fire in &fires {
        assert!(html.contains(&format!(r#"id="f-{}""#, fire.fire_id)));
    }
    assert!(html.contains(&format!("/tickets/{}/bump", uuid(6, 999))), "the unrouted ticket can be bumped");
    assert!(html.contains(&format!("/fires/{}/bump", fires[0].fire_id)), "what is ready can be handed over");
    assert!(!html.contains(&format!("/fires/{}/bump", fires[1].fire_id)), "what is not ready cannot");
}

#[test]
fn an_empty_station_says_so() {
    let html = station_page(&[]);
    keep("empty.html", &html);
    assert!(html.contains("No open tickets."));
    assert!(html.contains(r#"id="empty">"#), "it is not hidden");
}

#[test]
fn the_list_of_stations_is_drawn() {
    let stations = [grill(), Station { slug: "fry".to_owned(), name: "Fry".to_owned(), ..grill() }];
    let html = KitchenIndexPage {
        frame: frame(),
        stations: &stations,
        screens: &[],
        ages: &AgeRules::default(),
        lends: true,
    }
    .render()
    .unwrap();
    keep("kitchen.html", &html);
    assert!(html.contains(r#"href="/kitchen/fry""#));
    assert!(html.contains(r#"href="/kitchen/expo""#));
}

#[test]
fn markup_in_a_note_stays_text() {
    let html = ticket_article(&friday()[6], view()).unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(!html.contains("<b>"), "{html}");
    assert!(html.contains("&#60;b&#62;no") || html.contains("&lt;b&gt;no"), "{html}");
}

#[test]
fn void_comes_before_recalled_before_the_oldest() {
    let tickets = friday();
    let sort = |at: usize| attribute(&ticket_article(&tickets[at], view()).unwrap(), "data-sort").to_owned();
    let (oldest, recalled, void, held) = (sort(0), sort(1), sort(3), sort(8));
    assert!(void < recalled && recalled < oldest && oldest < sort(10) && sort(29) < held);
    assert_eq!(oldest.len(), sort(29).len(), "the strings sort because they are equally long");
}

#[test]
fn a_cue_does_not_follow_the_stamp() {
    let mut card = friday().remove(0);
    let first = ticket_article(&card, view()).unwrap();
    card.board_seq = BoardSeq(2000);
    card.header.table = Some("9".to_owned());
    let moved = ticket_article(&card, view()).unwrap();
    assert_eq!(attribute(&first, "data-cues"), attribute(&moved, "data-cues"));

    card.version = Version(3);
    card.recalled = 1;
    let changed = ticket_article(&card, view()).unwrap();
    let expected = format!("{} changed@3 recalled@1", attribute(&first, "data-cues"));
    assert_eq!(attribute(&changed, "data-cues"), expected);
}

#[test]
fn a_void_is_acknowledged_before_the_whole_card_bumps() {
    let tickets = friday();
    let part = ticket_article(&tickets[3], view()).unwrap();
    assert!(part.contains("/acknowledge") && part.contains("/bump") && !part.contains("button-whole"));
    assert!(part.contains("VOID 1") && part.contains("Guest changed their mind"));
    let all = ticket_article(&tickets[11], view()).unwrap();
    assert!(all.contains("/acknowledge") && !all.contains("/bump"));

    let mut seen = tickets[3].clone();
    seen.lines[0].acknowledged = 1;
    assert!(!ticket_article(&seen, view()).unwrap().contains("VOID"));
}

#[test]
fn all_day_counts_what_is_still_to_be_made() {
    let mut tickets = vec![
        ticket(0, 10, "1", vec![line(0, 3, "Burger"), line(1, 1, "Sea bass")]),
        ticket(1, 20, "2", vec![line(2, 2, "Burger"), line(3, 5, "Halloumi")]),
        ticket(2, 30, "3", vec![line(4, 9, "Burger")]),
    ];
    tickets[0].lines[0].modifiers.push(modifier(Some(Prefix::No), "bun")); // a burger is a burger
    void(&mut tickets[0], 0, 1, "Sent twice");
    tickets[1].lines[1].state = LineState::Ready;
    tickets[2].state = TicketState::Held;
    let totals = totals::of_station(&tickets);
    let dishes: Vec<_> = totals.dishes.iter().map(|dish| (dish.units, dish.name.as_str())).collect();
    assert_eq!((totals.open, dishes), (2, vec![(4, "Burger"), (1, "Sea bass")]));
}

#[test]
fn all_day_is_stamped_with_its_own_digest() {
    let body = totals::all_day_body(&totals::of_station(&friday())).unwrap();
    let html = totals::all_day_article(digest(&body), &body);
    assert_eq!(attribute(&html, "data-seq"), digest(&body).to_string());
    assert!(html.starts_with(r#"<article id="all-day""#) && html.contains(" data-fold "));
    assert_flat(&html);
}

#[test]
fn an_item_off_the_menu_is_drawn() {
    let item_id = ItemId(uuid(7, 1));
    let name = "Burrata <3".to_owned();
    let html = item_article(&ItemCard {
        item_id,
        name,
        board_seq: BoardSeq(7),
        eighty_sixed_at: Some(NOW),
        remaining: None,
    })
    .unwrap();
    assert_eq!(attribute(&html, "id"), format!("i-{item_id}"));
    assert_eq!(attribute(&html, "data-seq"), "7");
    assert!(!html.contains("<3") && html.contains("86"));
    let counted = ItemCard {
        item_id,
        name: "Burrata".to_owned(),
        board_seq: BoardSeq(8),
        eighty_sixed_at: None,
        remaining: Some(3),
    };
    let html = item_article(&counted).unwrap();
    assert!(
        html.contains("3 left") && !html.contains("86") && attribute(&html, "data-left") == "3",
        "{html}"
    );
    assert_eq!(
        attribute(&item_article(&ItemCard { remaining: Some(0), ..counted }).unwrap(), "data-left"),
        "0"
    );
}

#[test]
fn a_wall_is_in_the_order_of_its_cards() {
    let drawn = |at: usize| -> Arc<str> { ticket_article(&friday()[at], view()).unwrap().into() };
    let (slots, fold) = wall([drawn(5), all_day(&totals::Totals::default()), drawn(3), drawn(0)], now_ms());
    let sorts: Vec<_> = slots.iter().map(|slot| attribute(&slot.html, "data-sort").to_owned()).collect();
    assert!(sorts.is_sorted());
    assert!(fold.is_some());
    assert_eq!(slots.iter().filter(|slot| Slot::is_late(slot)).count(), 2);
}
