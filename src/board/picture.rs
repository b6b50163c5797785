//! What the board's core is drawn with: our rows, our views, our cards.

use std::sync::Arc;

use super::core::{Article, Picture, Seq};
use super::wire::Message;
use crate::domain::card::{Card, CardKey};
use crate::domain::ids::StationId;
use crate::domain::menu::House;
use crate::domain::station::Station;
use crate::domain::ticket::TicketState;
use crate::domain::zone::Zone;
use crate::fragments::{cards, expo, floor, totals};

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

    /// The view of the pass.
    pub fn expo(house: &House) -> Self {
        Self::Expo { zone: house.zone.clone() }
    }

    /// The view of the floor.
    pub fn floor(house: &House) -> Self {
        Self::Floor { zone: house.zone.clone() }
    }

    /// The view with that name in addresses: `station-grill`, `expo`, `floor`, `items`.
    pub fn named(house: &House, name: &str) -> Option<Self> {
        match name {
            "expo" => Some(Self::expo(house)),
            "floor" => Some(Self::floor(house)),
            "items" => Some(Self::Items),
            _ => house.station(name.strip_prefix("station-")?).map(|station| Self::station(house, station)),
        }
    }

    /// Its name in addresses.
    pub fn name(&self) -> String {
        match self {
            Self::Station { slug, .. } => format!("station-{slug}"),
            Self::Expo { .. } => "expo".to_owned(),
            Self::Floor { .. } => "floor".to_owned(),
            Self::Items => "items".to_owned(),
        }
    }

    /// The page of a kitchen screen, where a form without scripts comes back to.
    fn page(&self) -> String {
        match self {
            Self::Station { slug, .. } => format!("/kitchen/{slug}"),
            Self::Expo { .. } | Self::Floor { .. } | Self::Items => expo::BACK.to_owned(),
        }
    }

    /// Which kind of view it is: one of four words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Station { .. } => "station",
            Self::Expo { .. } => "expo",
            Self::Floor { .. } => "floor",
            Self::Items => "items",
        }
    }

    /// Whether its screens confirm what they have painted.
    pub fn confirms(&self) -> bool {
        matches!(self, Self::Station { .. } | Self::Expo { .. })
    }

    /// What a receipt calls a screen that shows it.
    pub fn screen(&self) -> &str {
        match self {
            Self::Station { name, .. } => name,
            Self::Expo { .. } => "Expo",
            Self::Floor { .. } => "Floor",
            Self::Items => "Menu",
        }
    }
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
            (View::Expo { .. }, Card::Message(message)) => message.station_id.is_none(),
            (View::Station { station_id, .. }, Card::Lent(lent)) => lent.station_id == *station_id,
            (View::Expo { .. }, Card::Fire(fire)) => !fire.skips_pass,
            (View::Floor { .. }, Card::Tile(_)) | (View::Items, Card::Item(_)) => true,
            (View::Station { .. }, Card::Fire(_) | Card::Tile(_) | Card::Item(_))
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
            (View::Station { zone, .. }, Card::Ticket(ticket)) => {
                cards::ticket_article(ticket, cards::StationView { back: &view.page(), zone })
            }
            (View::Expo { zone }, Card::Fire(fire)) => expo::fire_article(fire, zone),
            (View::Floor { zone }, Card::Tile(tile)) => floor::tile(tile, zone),
            (View::Station { zone, .. } | View::Expo { zone }, Card::Message(message)) => {
                cards::message_article(message, &view.page(), zone)
            }
            (View::Station { zone, .. }, Card::Lent(lent)) => cards::lent_article(lent, &view.page(), zone),
            (_, Card::Item(item)) => cards::item_article(item),
            (_, Card::Ticket(_) | Card::Fire(_) | Card::Tile(_) | Card::Message(_) | Card::Lent(_)) => {
                Ok(String::new()) // `shows` lets none through
            }
        };
        Article::card(row.key().element_id(), row.seq().0, drawn(html))
    }

    fn fold<'rows>(view: &View, rows: impl Iterator<Item = &'rows Card>) -> Option<Article> {
        let totals = match view {
            View::Station { .. } => totals::of_station(rows.filter_map(|row| match row {
                Card::Ticket(ticket) => Some(ticket),
                Card::Fire(_) | Card::Tile(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => None,
            })),
            View::Expo { .. } => totals::of_house(rows.filter_map(|row| match row {
                Card::Fire(fire) => Some(fire),
                Card::Ticket(_) | Card::Tile(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => None,
            })),
            View::Floor { .. } | View::Items => return None,
        };
        let body = drawn(totals::all_day_body(&totals));
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
