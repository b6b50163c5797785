//! What a Send says of its own cards, against what the database answers about them.

use std::collections::BTreeMap;

use comanda::domain::allergy::Allergen;
use comanda::domain::card::{Card, CardKey, Tile};
use comanda::domain::check::OrderType;
use comanda::domain::demo::LOCATION_ID;
use comanda::domain::ids::{BoardSeq, CheckId, FireId, OrderId, TicketId, Version};
use comanda::domain::menu::{House, Item};
use comanda::domain::order::{self, Draft, DraftAllergy, DraftLine, Slip};
use comanda::domain::ticket::{Step, TicketState};
use comanda::store::courses::{Anyway, Release};
use comanda::store::orders::{Sent, slip_hash};
use comanda::store::{boards, courses, fires, orders, tickets, unseen};
use rand::prelude::*;

use super::house::{Rows, some_table, someone};

const SENDS: usize = 120;

/// A dish that no route sends anywhere, a station whose cards another one shows, and ages of every kind.
const ODD_HOUSE: &str = "
    with lent as (
        update stations s set shown_at = grill.station_id, shown_since = now(), shown_by = 'Rui'
        from stations grill where s.slug = 'fry' and grill.slug = 'grill'
    )
    , ages as (
        insert into age_limits (location_id, item_id, course, warn_after_s, late_after_s, since)
        select location_id, item_id, null, 60 * position, 90 * position, now() from items where position % 3 = 1
        union all select location_id, null, 2, 100, 1100, now() from boards
    )
    , category as (
        insert into categories (location_id, category_id, name, position)
        select location_id, gen_random_uuid(), 'From the shelf', 99 from boards returning location_id, category_id
    )
    , item as (
        insert into items (location_id, item_id, category_id, name, kitchen_name, price_minor, tax_basis_points, position, board_seq)
        select location_id, gen_random_uuid(), category_id, 'Postcard', 'POSTCARD', 150, 2300, 1, 0 from category
    )
    update boards set menu_version = menu_version + 1 returning 1";

/// The board as somebody holds it who reads nothing that a Send can tell.
type Board = BTreeMap<CardKey, Card>;

async fn fresh(rows: &Rows) -> (BoardSeq, Board) {
    let delta = boards::delta(&rows.db, LOCATION_ID, BoardSeq(0)).await.expect("a delta");
    (delta.seq, delta.cards.into_iter().map(|card| (card.key(), card)).collect())
}

/// A slip of anything that the menu offers, with everything that a line can say.
fn slip(house: &House, rng: &mut impl Rng, open: &[CheckId]) -> Slip {
    let lines = (0..rng.random_range(1..=6)).map(|_| {
        let nowhere = rng.random_bool(0.05); // one dish of sixty would come too seldom by itself
        let is_wanted = |item: &&Item| !item.eighty_sixed && (!nowhere || item.name == "Postcard");
        let item = house.items.iter().filter(is_wanted).choose(rng).expect("a dish");
        let modifiers = house.groups_of(item).flat_map(|group| {
            let most = usize::try_from(group.max_choices).expect("few").min(group.modifiers.len());
            let least = usize::try_from(group.min_choices).expect("few").min(most);
            let count = rng.random_range(least..=most);
            group.modifiers.sample(rng, count).map(|modifier| modifier.modifier_id).collect::<Vec<_>>()
        });
        let modifiers = modifiers.collect();
        DraftLine {
            item_id: Some(item.item_id),
            modifiers,
            quantity: Some(rng.random_range(1..=4)),
            course: rng.random_bool(0.4).then(|| rng.random_range(1..=3)),
            hold: rng.random_bool(0.2).then(|| rng.random_bool(0.5)),
            seat: rng.random_bool(0.5).then(|| rng.random_range(1..=4)),
            despite_allergy: Allergen::ALL.iter().map(|allergen| allergen.key().to_owned()).collect(),
            note: rng.random_bool(0.3).then(|| "<b>no</b> hurry, “twice”".to_owned()),
        }
    });
    let lines: Vec<DraftLine> = lines.collect();
    let check_id = rng.random_bool(0.2).then(|| open.choose(rng).copied()).flatten();
    let table_id = (check_id.is_none() && rng.random_bool(0.7)).then(|| some_table(rng.random_range(0..5)));
    let loose = [OrderType::Takeaway, OrderType::Delivery, OrderType::BarTab];
    let allergies = rng.random_bool(0.1).then(|| DraftAllergy {
        seat: rng.random_bool(0.7).then(|| rng.random_range(1..=4)),
        allergens: vec![Allergen::ALL.choose(rng).expect("one").key().to_owned()],
    });
    let draft = Draft {
        allergies: allergies.into_iter().collect(),
        id: Some(OrderId::new()),
        table_id,
        check_id,
        order_type: (table_id.is_none() && check_id.is_none()).then(|| *loose.choose(rng).expect("one")),
        covers: rng.random_bool(0.4).then(|| rng.random_range(1..=6)),
        lines,
    };
    Slip::parse(draft).expect("a good slip")
}

/// Something between two Sends, so that tiles are in every state.
async fn meanwhile(rows: &Rows, rng: &mut impl Rng, board: &Board) {
    let cook = someone(5);
    let ticket = |card: &Card| match card {
        Card::Ticket(ticket) if ticket.state == TicketState::Open && !ticket.has_unseen_allergy() => {
            Some(ticket.ticket_id)
        }
        _ => None,
    };
    let held = |card: &Card| match card {
        Card::Fire(fire) if fire.is_held() => Some(fire.fire_id),
        _ => None,
    };
    let ready = |card: &Card| match card {
        Card::Fire(fire) if fire.is_ready() && !fire.has_unseen_allergy() => Some(fire.fire_id),
        _ => None,
    };
    let ticket: Option<TicketId> = board.values().filter_map(ticket).choose(rng);
    let fire: Option<FireId> = board.values().filter_map(ready).choose(rng);
    let course: Option<FireId> = board.values().filter_map(held).choose(rng);
    if let (true, Some(fire_id)) = (rng.random_bool(0.3), course) {
        let house = rows.menu().await;
        let by = Release::Hand(&cook, Anyway::No);
        rows.command(async |turn| Ok(courses::fire(turn, &house, fire_id, by).await?)).await;
    }
    match (rng.random_range(0..5), ticket, fire) {
        (0 | 1, Some(ticket_id), _) => {
            rows.command(async |turn| Ok(tickets::bump(turn, ticket_id, Version(1), &cook).await?)).await;
        }
        (2, _, Some(fire_id)) => {
            rows.command(async |turn| Ok(fires::bump(turn, fire_id, &cook).await?)).await;
        }
        (4, ..) => {
            let now = cook.at + time::Duration::minutes(1);
            let step = |alarmed| if alarmed == 0 { Step::Already } else { Step::Do };
            rows.command(async |turn| Ok(unseen::alarm(turn, now, now).await.map(step)?)).await;
        }
        (3, ..) => {
            let printed = "update checks set state = 'printed' where state = 'open' and check_id = (
                select check_id from checks where state = 'open' order by random() limit 1)";
            sqlx::query(printed).execute(&rows.owner).await.expect("a bill is printed");
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_cards_of_a_send_are_those_that_the_database_would_answer() {
    let rows = Rows::open().await;
    rows.ask::<i32>(ODD_HOUSE).await;
    let mut rng = rand::rng();
    let (mut joined, mut unrouted, mut at_several, mut alarmed) = (0, 0, 0, 0);
    let (mut waiting, mut grew) = (0, 0);
    for _ in 0..SENDS {
        let (_, before) = fresh(&rows).await;
        meanwhile(&rows, &mut rng, &before).await;
        let (seq, before) = fresh(&rows).await;
        let open: Vec<CheckId> = before.values().flat_map(checks).collect();
        let house = rows.menu().await;
        let slip = slip(&house, &mut rng, &open);
        let placement = order::place(&house, &slip).expect("a placement");
        let sent =
            orders::place(&rows.db, &placement, slip_hash(&slip), &someone(0)).await.expect("an answer");
        let Sent::Placed(placed, _, taken) = sent else { panic!("{sent:?}") };
        assert_eq!(taken.seq.0, seq.0 + 1);
        let found = orders::find(&rows.db, LOCATION_ID, placement.order_id).await.expect("the order");
        assert_eq!(placed, found, "the first answer and every later one");
        waiting += placement.fires.iter().filter(|fire| fire.held).count();
        if taken.reaches_others {
            let tile = before.get(&taken.tile_key()).and_then(tile);
            assert!(
                placement.cards(&house, &taken, tile).is_none(),
                "other cards changed too: they are read"
            );
            grew += 1;
            continue;
        }

        let held = before.get(&taken.tile_key()).and_then(tile);
        let said = placement.cards(&house, &taken, held).expect("the tile fits");
        let read = boards::delta(&rows.db, LOCATION_ID, seq).await.expect("a delta");
        let said: Board = said.into_iter().map(|card| (card.key(), card)).collect();
        let answered: Board = read.cards.into_iter().map(|card| (card.key(), card)).collect();
        assert_eq!(said.keys().collect::<Vec<_>>(), answered.keys().collect::<Vec<_>>());
        for (key, card) in said {
            assert_eq!(card, answered[&key], "{key:?}");
        }
        let left = before.keys().filter(|key| !read.keys.contains(key)).count();
        assert_eq!(left, 0, "by a Send nothing leaves the board");

        joined += usize::from(taken.send_no > 1);
        let alarms = |tile: &Tile| tile.checks.iter().any(|check| !check.alarms.is_empty());
        alarmed += usize::from(answered.get(&taken.tile_key()).and_then(tile).is_some_and(alarms));
        unrouted += placement.tickets.iter().filter(|ticket| ticket.station_id.is_none()).count();
        at_several += usize::from(placement.ticket_lines.len() > placement.lines.len());
    }
    assert!(
        joined > 10 && unrouted > 0 && at_several > 5 && alarmed > 5,
        "{joined}, {unrouted}, {at_several}, {alarmed}"
    );
    assert!(waiting > 10 && grew > 2, "{waiting} courses on hold, {grew} grew");
}

#[tokio::test]
async fn a_tile_that_does_not_fit_the_send_is_read_instead() {
    let rows = Rows::open().await;
    let house = rows.menu().await;
    let table = some_table(0);
    let send = async |slip: &Slip| {
        let placement = order::place(&house, slip).expect("a placement");
        let sent =
            orders::place(&rows.db, &placement, slip_hash(slip), &someone(0)).await.expect("an answer");
        let Sent::Placed(_, _, taken) = sent else { panic!("{sent:?}") };
        (placement, taken)
    };
    let (_, before) = fresh(&rows).await;
    let (first, opened) = send(&rows.slip(Some(table), None, 1).await).await;
    let (_, between) = fresh(&rows).await;
    let (second, added) = send(&rows.slip(Some(table), None, 1).await).await;
    let tile_of = |board: &Board| board.get(&CardKey::Table(table)).and_then(tile).cloned().expect("a tile");
    assert_eq!((opened.send_no, added.send_no), (1, 2));
    assert!(first.cards(&house, &opened, None).is_none(), "a table without a tile");
    assert!(first.cards(&house, &opened, Some(&tile_of(&between))).is_none(), "opened, and there already");
    assert!(second.cards(&house, &added, Some(&tile_of(&before))).is_none(), "an add-on to an unknown check");
    assert!(second.cards(&house, &added, Some(&tile_of(&between))).is_some());
}

fn tile(card: &Card) -> Option<&Tile> {
    if let Card::Tile(tile) = card { Some(tile) } else { None }
}

fn checks(card: &Card) -> Vec<CheckId> {
    tile(card).into_iter().flat_map(|tile| &tile.checks).map(|check| check.check_id).collect()
}
