//! What the board's core is drawn with: our rows, our views, our cards.

use std::sync::Arc;

use super::core::{Article, Ask, Picture, Seq, fnv1a};
use super::wire::Message;
use crate::domain::card::{Card, CardKey};
use crate::domain::ids::StationId;
use crate::domain::menu::House;
use crate::domain::screen::{Screen, Wall};
use crate::domain::station::Station;
use crate::domain::ticket::TicketState;
use crate::domain::zone::Zone;
use crate::fragments::{about, cards, expo, floor, totals};

/// A saved query: which cards, and everything that decides how they look. Two screens with equal views share every
/// byte; a setting that changes how cards look makes another view.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum View {
    /// One station's tickets.
    Station {
        /// Which.
        station_id: StationId,
        /// Where its page is, and what its screen is called.
        slug: Arc<str>,
        /// The station's name.
        name: Arc<str>,
        /// Whose clocks its times are read from.
        zone: Zone,
    },
    /// A query that a manager saved: tickets of several stations, or of some only.
    Saved {
        /// What it is asked for. Another query is another view.
        screen: Arc<Screen>,
        /// Whose clocks its times are read from.
        zone: Zone,
    },
    /// The pass: fires whole.
    Expo {
        /// Whose clocks its times are read from.
        zone: Zone,
    },
    /// Tables, and checks without one.
    Floor {
        /// Whose clocks its times are read from.
        zone: Zone,
    },
    /// What is 86'd.
    Items,
}

impl View {
    /// The view of a station.
    pub fn station(house: &House, station: &Station) -> Self {
        Self::Station {
            station_id: station.station_id,
            slug: station.slug.as_str().into(),
            name: station.name.as_str().into(),
            zone: house.zone.clone(),
        }
    }

    /// The view of a saved screen.
    pub fn saved(house: &House, screen: &Screen) -> Self {
        let mut screen = screen.clone();
        // The order of stations, and how somebody named all of them, changes nothing that is seen.
        screen.query.stations.sort_unstable();
        screen.query.every_station = false;
        Self::Saved { screen: Arc::new(screen), zone: house.zone.clone() }
    }

    /// The view of what stands at an address of the kitchen.
    pub fn wall(house: &House, wall: Wall<'_>) -> Self {
        match wall {
            Wall::Expo => Self::expo(house),
            Wall::Station(station) => Self::station(house, station),
            Wall::Saved(screen) => Self::saved(house, screen),
        }
    }

    /// The view of the pass.
    pub fn expo(house: &House) -> Self {
        Self::Expo { zone: house.zone.clone() }
    }

    /// The view of the floor.
    pub fn floor(house: &House) -> Self {
        Self::Floor { zone: house.zone.clone() }
    }

    /// The view with that name in addresses: `station-grill`, `screen-hot-line`, `expo`, `floor`, `items`.
    pub fn named(house: &House, name: &str) -> Option<Self> {
        match name {
            "expo" => Some(Self::expo(house)),
            "floor" => Some(Self::floor(house)),
            "items" => Some(Self::Items),
            _ => match name.split_once('-')? {
                ("station", slug) => house.station(slug).map(|station| Self::station(house, station)),
                ("screen", slug) => house.screen(slug).map(|screen| Self::saved(house, screen)),
                _ => None,
            },
        }
    }

    /// Its name in addresses.
    pub fn name(&self) -> String {
        match self {
            Self::Station { slug, .. } => format!("station-{slug}"),
            Self::Saved { screen, .. } => format!("screen-{}", screen.slug),
            Self::Expo { .. } => "expo".to_owned(),
            Self::Floor { .. } => "floor".to_owned(),
            Self::Items => "items".to_owned(),
        }
    }

    /// The history of a view as screens know it. A saved query that is changed begins another one: whoever has cards of the
    /// query before starts over, as after a restore.
    pub fn told(&self, epoch: Arc<str>) -> Arc<str> {
        match self {
            Self::Saved { screen, .. } => format!("{epoch}-{:08x}", mark(screen)).into(),
            Self::Station { .. } | Self::Expo { .. } | Self::Floor { .. } | Self::Items => epoch,
        }
    }

    /// The board's history that a screen means by what it was told; of another query, none that there is.
    pub fn meant(&self, told: Arc<str>) -> Arc<str> {
        match (self, told.split_once('-')) {
            (Self::Saved { screen, .. }, Some((epoch, known)))
                if *known == format!("{:08x}", mark(screen)) =>
            {
                epoch.into()
            }
            _ => told,
        }
    }

    /// The page of a kitchen screen, where a form without scripts comes back to.
    fn page(&self) -> String {
        match self {
            Self::Station { slug, .. } => format!("/kitchen/{slug}"),
            Self::Saved { screen, .. } => format!("/kitchen/{}", screen.slug),
            Self::Expo { .. } | Self::Floor { .. } | Self::Items => expo::BACK.to_owned(),
        }
    }

    /// Which kind of view it is: one of five words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Station { .. } => "station",
            Self::Saved { .. } => "screen",
            Self::Expo { .. } => "expo",
            Self::Floor { .. } => "floor",
            Self::Items => "items",
        }
    }

    /// Whether its screens confirm what they have painted.
    pub fn confirms(&self) -> bool {
        matches!(self, Self::Station { .. } | Self::Saved { .. } | Self::Expo { .. })
    }

    /// What a receipt calls a screen that shows it.
    pub fn screen(&self) -> &str {
        match self {
            Self::Station { name, .. } => name,
            Self::Saved { screen, .. } => &screen.query.name,
            Self::Expo { .. } => "Expo",
            Self::Floor { .. } => "Floor",
            Self::Items => "Menu",
        }
    }
}

impl Ask<View> {
    /// The same question as the board's core understands it.
    pub(super) fn meant(&self) -> Self {
        let epoch = self.epoch.clone().map(|told| self.view.meant(told));
        Self { view: self.view.clone(), epoch, since: self.since }
    }
}

/// A digest of a query, equal in every process.
fn mark(screen: &Screen) -> u32 {
    let query = &screen.query;
    let types: Vec<_> = query.order_types.iter().map(|order_type| order_type.key()).collect();
    let words = (&screen.slug, &query.name, &query.stations, query.holds, types, query.columns);
    fnv1a(format!("{words:?}").as_bytes())
}

/// Our rows and how they are drawn.
#[derive(Debug)]
pub struct Kitchen;

impl Picture for Kitchen {
    type Key = CardKey;
    type Row = Card;
    type View = View;
    type Wire = Message;

    fn key(row: &Card) -> CardKey {
        row.key()
    }

    fn seq(row: &Card) -> Seq {
        row.seq().0
    }

    fn shows(view: &View, row: &Card) -> bool {
        match (view, row) {
            (View::Station { station_id, .. }, Card::Ticket(ticket)) => {
                ticket.station_id == Some(*station_id)
            }
            (View::Station { station_id, .. }, Card::Message(message)) => {
                message.station_id == Some(*station_id)
            }
            (View::Saved { screen, .. }, Card::Ticket(ticket)) => {
                screen.shows(ticket.station_id, ticket.header.order_type, ticket.state)
            }
            (View::Saved { screen, .. }, Card::Message(message)) => {
                message.station_id.is_some_and(|station_id| screen.has(station_id))
            }
            // Shown on another one of its stations, its cards are here all the same.
            (View::Saved { screen, .. }, Card::Lent(lent)) => {
                screen.has(lent.station_id) && !lent.shown_on.is_some_and(|at| screen.has(at))
            }
            (View::Expo { .. }, Card::Message(message)) => message.station_id.is_none(),
            (View::Station { station_id, .. }, Card::Lent(lent)) => lent.station_id == *station_id,
            (View::Expo { .. }, Card::Fire(fire)) => !fire.skips_pass,
            (View::Floor { .. }, Card::Tile(_)) | (View::Items, Card::Item(_)) => true,
            (View::Station { .. } | View::Saved { .. }, Card::Fire(_) | Card::Tile(_) | Card::Item(_))
            | (View::Expo { .. }, Card::Ticket(_) | Card::Tile(_) | Card::Item(_) | Card::Lent(_))
            | (
                View::Floor { .. },
                Card::Ticket(_) | Card::Fire(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_),
            )
            | (
                View::Items,
                Card::Ticket(_) | Card::Fire(_) | Card::Tile(_) | Card::Message(_) | Card::Lent(_),
            ) => false,
        }
    }

    fn draw(view: &View, row: &Card) -> Article {
        let html = match (view, row) {
            (View::Station { zone, .. }, Card::Ticket(ticket)) => cards::ticket_article(
                ticket,
                cards::StationView { back: &view.page(), zone, of_several: false },
            ),
            (View::Saved { screen, zone }, Card::Ticket(ticket)) => {
                let of_several = screen.is_of_several();
                cards::ticket_article(ticket, cards::StationView { back: &view.page(), zone, of_several })
            }
            (View::Expo { zone }, Card::Fire(fire)) => expo::fire_article(fire, zone),
            (View::Floor { zone }, Card::Tile(tile)) => floor::tile(tile, zone),
            (
                View::Station { zone, .. } | View::Saved { zone, .. } | View::Expo { zone },
                Card::Message(message),
            ) => cards::message_article(message, &view.page(), zone),
            (View::Station { zone, .. } | View::Saved { zone, .. }, Card::Lent(lent)) => {
                cards::lent_article(lent, &view.page(), zone)
            }
            (_, Card::Item(item)) => cards::item_article(item),
            (_, Card::Ticket(_) | Card::Fire(_) | Card::Tile(_) | Card::Message(_) | Card::Lent(_)) => {
                Ok(String::new()) // `shows` lets none through
            }
        };
        Article::card(row.key().element_id(), row.seq().0, drawn(html))
    }

    fn fold<'rows>(view: &View, rows: impl Iterator<Item = &'rows Card>) -> Option<Article> {
        let totals = match view {
            View::Station { .. } | View::Saved { .. } => {
                totals::of_station(rows.filter_map(|row| match row {
                    Card::Ticket(ticket) => Some(ticket),
                    Card::Fire(_) | Card::Tile(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => None,
                }))
            }
            View::Expo { .. } => totals::of_house(rows.filter_map(|row| match row {
                Card::Fire(fire) => Some(fire),
                Card::Ticket(_) | Card::Tile(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => None,
            })),
            View::Floor { .. } | View::Items => return None,
        };
        let mut body = drawn(totals::all_day_body(&totals));
        if let View::Saved { screen, .. } = view {
            body.push_str(&drawn(about::about(screen)));
        }
        Some(Article::fold("all-day", &body, |seq| totals::all_day_article(seq, &body)))
    }

    /// Tickets have receipts; of a fire, the ticket that no station shows: expo is its screen.
    fn shown_seq(row: &Card) -> Option<Seq> {
        match row {
            Card::Ticket(ticket) if ticket.state == TicketState::Open => Some(ticket.shown_seq.0),
            Card::Fire(fire) => {
                fire.unrouted().filter(|ticket| ticket.shown_seq < ticket.board_seq).map(|_| 0)
            }
            Card::Ticket(_) | Card::Tile(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => None,
        }
    }
}

/// Writing to a string does not fail; if it ever did, an empty card is better than a dead board.
fn drawn(html: Result<String, askama::Error>) -> String {
    html.unwrap_or_else(|err| {
        tracing::error!(error = &err as &dyn std::error::Error, "a card could not be drawn");
        String::new()
    })
}
