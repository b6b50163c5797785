//! What a slip becomes on a small menu, in scenes.

use std::collections::HashMap;

use super::*;
use crate::domain::age::AgeRules;
use crate::domain::fire::PassRules;
use crate::domain::ids::{CategoryId, GroupId, LocationId, SectionId, StationId};
use crate::domain::menu::{House, Item, Modifier, ModifierGroup, PassWay, Prefix, Route, RouteMode, Table};
use crate::domain::money::Money;
use crate::domain::zone::Zone;

const GRILL: StationId = StationId(uuid::Uuid::from_u128(1));
const FRY: StationId = StationId(uuid::Uuid::from_u128(2));

fn modifier(name: &str, price: i64) -> Modifier {
    Modifier {
        modifier_id: ModifierId::new(),
        name: name.to_owned(),
        prefix: (price > 0).then_some(Prefix::Add),
        price_minor: Money(price),
        station_id: None,
    }
}

/// A burger (grill and fry, doneness forced, extras up to two) and a soup that no station cooks.
fn house() -> House {
    let group = |name: &str, min, max, modifiers| ModifierGroup {
        group_id: GroupId::new(),
        name: name.to_owned(),
        min_choices: min,
        max_choices: max,
        modifiers,
    };
    let doneness = group("Doneness", 1, 1, vec![modifier("Rare", 0), modifier("Medium", 0)]);
    let extras =
        group("Extras", 0, 2, vec![modifier("Bacon", 180), modifier("Egg", 150), modifier("Cheese", 90)]);
    let item = |name: &str, price, groups: Vec<GroupId>, route| Item {
        item_id: ItemId::new(),
        category_id: CategoryId(uuid::Uuid::nil()),
        name: name.to_owned(),
        kitchen_name: name.to_uppercase(),
        description: String::new(),
        price_minor: Money(price),
        tax_basis_points: 1300,
        counted: false,
        allergens: Vec::new(),
        eighty_sixed: false,
        groups,
        route,
    };
    let both = Route { mode: RouteMode::Each, stations: vec![GRILL, FRY], pass: PassWay::Send };
    House {
        location_id: LocationId::new(),
        name: "Test".to_owned(),
        zone: Zone::named("UTC"),
        currency: "EUR".to_owned(),
        is_demo: false,
        ages: AgeRules::default(),
        next_course_after_s: None,
        pass: PassRules::DEFAULT,
        menu_version: 7,
        categories: Vec::new(),
        items: vec![
            item("Burger", 1390, vec![doneness.group_id, extras.group_id], Some(both)),
            item("Soup", 450, Vec::new(), None),
        ],
        groups: HashMap::from([(doneness.group_id, doneness), (extras.group_id, extras)]),
        stations: Vec::new(),
        screens: Vec::new(),
        sections: Vec::new(),
        tables: vec![Table {
            table_id: TableId(uuid::Uuid::from_u128(9)),
            section_id: SectionId::new(),
            label: "9".to_owned(),
            seats: 4,
        }],
        category_routes: HashMap::new(),
    }
}

fn choice(house: &House, name: &str) -> ModifierId {
    let mut modifiers = house.groups.values().flat_map(|group| &group.modifiers);
    modifiers.find(|modifier| modifier.name == name).expect("on the menu").modifier_id
}

fn line(house: &House, item: usize, choices: &[&str]) -> DraftLine {
    DraftLine {
        item_id: Some(house.items[item].item_id),
        modifiers: choices.iter().map(|name| choice(house, name)).collect(),
        ..DraftLine::default()
    }
}

fn draft(house: &House, lines: Vec<DraftLine>) -> Draft {
    Draft { id: Some(OrderId::new()), table_id: Some(house.tables[0].table_id), lines, ..Draft::default() }
}

fn placed(house: &House, lines: Vec<DraftLine>) -> Result<Placement, Vec<Refusal>> {
    place(house, &Slip::parse(draft(house, lines))?)
}

fn refused(house: &House, lines: Vec<DraftLine>) -> Vec<(Option<usize>, &'static str)> {
    let refusals = placed(house, lines).expect_err("a refusal");
    refusals.into_iter().map(|refusal| (refusal.line, refusal.field)).collect()
}

#[test]
fn prices_are_the_menus_with_choices_in_the_menus_order() {
    let house = house();
    let placement = placed(&house, vec![line(&house, 0, &["Egg", "Medium", "Bacon"])]).expect("an order");
    let line = &placement.lines[0];
    assert_eq!(line.unit_price_minor, Money(1390 + 180 + 150));
    let names: Vec<_> = line.modifiers.iter().map(|modifier| modifier.name.as_str()).collect();
    assert_eq!(names, ["Medium", "Bacon", "Egg"]);
    assert_eq!((line.kitchen_name.as_str(), placement.menu_version), ("BURGER", 7));
}

#[test]
fn a_dish_of_two_stations_is_one_line_on_two_tickets() {
    let house = house();
    let lines = vec![line(&house, 0, &["Rare"]), line(&house, 0, &["Medium"])];
    let placement = placed(&house, lines).expect("an order");
    let stations: Vec<_> = placement.tickets.iter().map(|ticket| ticket.station_id).collect();
    assert_eq!(stations, [Some(GRILL), Some(FRY)]);
    assert_eq!((placement.lines.len(), placement.ticket_lines.len()), (2, 4));
}

#[test]
fn what_matches_no_station_is_a_ticket_of_the_unrouted_lane() {
    let house = house();
    let placement = placed(&house, vec![line(&house, 1, &[])]).expect("an order");
    assert_eq!(placement.tickets[0].station_id, None);
    assert_eq!(placement.ticket_lines.len(), 1);
}

#[test]
fn each_course_is_a_fire_of_its_own() {
    let house = house();
    let second = DraftLine { course: Some(2), ..line(&house, 1, &[]) };
    let placement =
        placed(&house, vec![line(&house, 1, &[]), second, line(&house, 1, &[])]).expect("an order");
    let courses: Vec<_> = placement.fires.iter().map(|fire| fire.course).collect();
    assert_eq!(courses, [1, 2]);
    assert_eq!(placement.lines[0].fire_id, placement.lines[2].fire_id);
    assert_eq!(placement.tickets.len(), 2);
}

#[test]
fn a_forced_choice_left_out_names_its_line() {
    let house = house();
    assert_eq!(
        refused(&house, vec![line(&house, 1, &[]), line(&house, 0, &["Bacon"])]),
        [(Some(1), "modifiers")]
    );
}

#[test]
fn too_many_choices_are_refused() {
    let house = house();
    let all = line(&house, 0, &["Rare", "Bacon", "Egg", "Cheese"]);
    assert_eq!(refused(&house, vec![all]), [(Some(0), "modifiers")]);
    let twice = line(&house, 0, &["Rare", "Bacon", "Bacon"]);
    assert_eq!(refused(&house, vec![twice]), [(Some(0), "modifiers")]);
}

#[test]
fn every_wrong_line_is_named_not_just_the_first() {
    let mut house = house();
    house.items[1].eighty_sixed = true;
    let unknown = DraftLine { item_id: Some(ItemId::new()), ..DraftLine::default() };
    let lines = vec![unknown, line(&house, 1, &[]), line(&house, 0, &[])];
    assert_eq!(refused(&house, lines), [(Some(0), "item_id"), (Some(1), "item_id"), (Some(2), "modifiers")]);
}

#[test]
fn a_slip_keeps_to_its_limits() {
    let house = house();
    let with = |change: fn(&mut DraftLine)| {
        let mut line = line(&house, 1, &[]);
        change(&mut line);
        let refusals = Slip::parse(draft(&house, vec![line])).expect_err("a refusal");
        refusals[0].field
    };
    assert_eq!(with(|line| line.quantity = Some(0)), "quantity");
    assert_eq!(with(|line| line.quantity = Some(100)), "quantity");
    assert_eq!(with(|line| line.seat = Some(0)), "seat");
    assert_eq!(with(|line| line.course = Some(10)), "course");
    assert_eq!(with(|line| line.note = Some("é".repeat(141))), "note");
    assert_eq!(with(|line| line.note = Some("two\nlines".to_owned())), "note");
    assert_eq!(with(|line| line.item_id = None), "item_id");
    let many = vec![line(&house, 1, &[]); LINES_MAX + 1];
    assert_eq!(Slip::parse(draft(&house, many)).expect_err("a refusal")[0].field, "lines");
    assert_eq!(Slip::parse(draft(&house, Vec::new())).expect_err("a refusal")[0].field, "lines");
}

#[test]
fn a_dine_in_order_needs_its_table_and_an_order_its_id() {
    let house = house();
    let lines = vec![line(&house, 1, &[])];
    let nowhere =
        Draft { table_id: None, order_type: Some(OrderType::DineIn), ..draft(&house, lines.clone()) };
    assert_eq!(Slip::parse(nowhere).expect_err("a refusal")[0].field, "table_id");
    let nameless = Draft { id: None, ..draft(&house, lines.clone()) };
    assert_eq!(Slip::parse(nameless).expect_err("a refusal")[0].field, "id");
    let elsewhere = Draft { table_id: Some(TableId::new()), ..draft(&house, lines) };
    let slip = Slip::parse(elsewhere).expect("a slip");
    assert_eq!(place(&house, &slip).expect_err("a refusal")[0].field, "table_id");
}

#[test]
fn a_note_is_kept_letter_by_letter_but_for_the_blanks_around_it() {
    let house = house();
    let noted = DraftLine { note: Some("  <b>sem sal</b> 😀 ".to_owned()), ..line(&house, 1, &[]) };
    let placement = placed(&house, vec![noted]).expect("an order");
    assert_eq!(placement.lines[0].note.as_deref(), Some("<b>sem sal</b> 😀"));
}
