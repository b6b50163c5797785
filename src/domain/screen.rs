//! Screens that a manager saves: a query over the kitchen's tickets under a name of its own. What stands at an address of the
//! kitchen is one of these, a station, or the pass.

use thiserror::Error;

use super::check::OrderType;
use super::ids::{ScreenId, StationId};
use super::menu::House;
use super::station::{NAME_MAX, Station};
use super::ticket::TicketState;

/// Screens of a house, at most.
pub const SCREENS_MAX: i64 = 30;
/// Columns of a screen's grid, at most; none: as many as fit.
pub const COLUMNS_MAX: i16 = 8;

/// A saved query: which tickets stand on a screen, and how they are laid out. Of stations only those are in it that the house
/// has just now.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Screen {
    /// Its id.
    pub screen_id: ScreenId,
    /// Its name in addresses: `/kitchen/hot-line`.
    pub slug: String,
    /// What it is asked for.
    pub query: Query,
}

/// What a manager asks of a screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// What people call it.
    pub name: String,
    /// Every station's tickets, those of later stations too.
    pub every_station: bool,
    /// Whose tickets it shows, in the kitchen's order.
    pub stations: Vec<StationId>,
    /// Whether courses that wait are shown.
    pub holds: bool,
    /// How the guests eat whose tickets it shows, in the order of [`OrderType::ALL`].
    pub order_types: Vec<OrderType>,
    /// Columns of its grid; 0: as many as fit.
    pub columns: i16,
}

/// Why a screen is not as somebody wanted it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScreenRefusal {
    /// Another one has that name, or a station.
    #[error("There is a station or a screen {0} already. Choose another name.")]
    Taken(String),
    /// A kitchen is only so large.
    #[error("{SCREENS_MAX} screens are as many as there may be.")]
    TooMany,
    /// Screens on the wall show it.
    #[error("It is shown by {0}: end those screens first, under Devices.")]
    HasDevices(String),
}

impl Screen {
    /// Whether it shows tickets that stand at that station, for guests who eat so. None: what no station cooks is the pass's.
    pub fn shows(&self, station_id: Option<StationId>, order_type: OrderType, state: TicketState) -> bool {
        station_id.is_some_and(|station_id| self.has(station_id))
            && self.query.order_types.contains(&order_type)
            && (self.query.holds || state != TicketState::Held)
    }

    /// Whether that station's tickets stand on it.
    pub fn has(&self, station_id: StationId) -> bool {
        self.query.stations.contains(&station_id)
    }

    /// What it shows, in words: `Grill, Fry; Takeaway, Delivery; nothing on hold`. `stations` are the house's.
    pub fn words(&self, stations: &[Station]) -> String {
        let query = &self.query;
        let names = || {
            stations
                .iter()
                .filter(|station| self.has(station.station_id))
                .map(|station| station.name.as_str())
        };
        let whose = match (query.every_station, query.stations.is_empty()) {
            (true, _) => "All stations".to_owned(),
            (false, true) => "No station any more".to_owned(),
            (false, false) => names().collect::<Vec<_>>().join(", "),
        };
        let types: Vec<_> = query.order_types.iter().map(|order_type| order_type.word()).collect();
        let types = (types.len() < OrderType::ALL.len()).then(|| types.join(", "));
        let holds = (!query.holds).then(|| "nothing on hold".to_owned());
        [Some(whose), types, holds].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// Whether its cards have to say whose they are.
    pub fn is_of_several(&self) -> bool {
        self.query.stations.len() > 1
    }
}

/// What stands at an address of the kitchen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall<'a> {
    /// The pass.
    Expo,
    /// A station's own screen.
    Station(&'a Station),
    /// A saved one.
    Saved(&'a Screen),
}

/// Tickets by whose they are and how their guests eat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tickets {
    /// Of these stations.
    pub stations: Vec<StationId>,
    /// For guests who eat so.
    pub order_types: Vec<OrderType>,
}

impl Tickets {
    /// Their stations as a statement takes them.
    pub fn station_ids(&self) -> Vec<uuid::Uuid> {
        self.stations.iter().map(|station_id| station_id.0).collect()
    }

    /// Their order types, likewise.
    pub fn order_type_keys(&self) -> Vec<String> {
        self.order_types.iter().map(|order_type| order_type.key().to_owned()).collect()
    }
}

impl<'a> Wall<'a> {
    /// What people call it.
    pub fn name(self) -> &'a str {
        match self {
            Self::Expo => "Expo",
            Self::Station(station) => &station.name,
            Self::Saved(screen) => &screen.query.name,
        }
    }

    /// Whether it shows what stands at that station; none: what no station cooks. The pass shows everything.
    pub fn has(self, station_id: Option<StationId>) -> bool {
        match self {
            Self::Expo => true,
            Self::Station(station) => station_id == Some(station.station_id),
            Self::Saved(screen) => station_id.is_some_and(|station_id| screen.has(station_id)),
        }
    }

    /// Whether words to that station stand on it; none: words to the pass.
    pub fn reads(self, station_id: Option<StationId>) -> bool {
        match self {
            Self::Expo => station_id.is_none(),
            Self::Station(_) | Self::Saved(_) => self.has(station_id),
        }
    }

    /// Whether whoever is bound to it may work that ticket: the ones that it can show, and everything at the pass.
    pub fn works(self, station_id: Option<StationId>, order_type: OrderType, state: TicketState) -> bool {
        match self {
            Self::Expo | Self::Station(_) => self.has(station_id),
            Self::Saved(screen) => screen.shows(station_id, order_type, state),
        }
    }

    /// The tickets of its own stations; none: fires, whole.
    pub fn tickets(self) -> Option<Tickets> {
        match self {
            Self::Expo => None,
            Self::Station(station) => {
                Some(Tickets { stations: vec![station.station_id], order_types: OrderType::ALL.to_vec() })
            }
            Self::Saved(screen) => Some(Tickets {
                stations: screen.query.stations.clone(),
                order_types: screen.query.order_types.clone(),
            }),
        }
    }

    /// The tickets that left it or would come back to it: those of its own stations, and of the ones that are shown at them
    /// meanwhile. A saved screen has nothing of a station that is shown elsewhere.
    pub fn tickets_shown(self, house: &House) -> Option<Tickets> {
        let Tickets { stations: own, order_types } = self.tickets()?;
        let stands_here = |station: &&Station| match (self, station.shown_at) {
            (Self::Saved(_), Some(at)) => own.contains(&at),
            (_, at) => own.contains(&station.station_id) || at.is_some_and(|at| own.contains(&at)),
        };
        let stations = house.stations.iter().filter(stands_here).map(|station| station.station_id).collect();
        Some(Tickets { stations, order_types })
    }
}

impl House {
    /// What stands at `/kitchen/{slug}`.
    pub fn wall(&self, slug: &str) -> Option<Wall<'_>> {
        if slug == "expo" {
            return Some(Wall::Expo);
        }
        self.station(slug).map(Wall::Station).or_else(|| self.screen(slug).map(Wall::Saved))
    }

    /// The saved screen at `/kitchen/{slug}`.
    pub fn screen(&self, slug: &str) -> Option<&Screen> {
        self.screens.iter().find(|screen| screen.slug == slug)
    }

    /// The saved screen with that id.
    pub fn screen_by_id(&self, screen_id: ScreenId) -> Option<&Screen> {
        self.screens.iter().find(|screen| screen.screen_id == screen_id)
    }
}

/// What is said of a name that will not do.
pub fn name_words() -> String {
    format!(
        "A screen has a name of at most {NAME_MAX} letters that begins with one from A to Z, and is not Expo."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRILL: StationId = StationId(uuid::Uuid::from_u128(1));
    const FRY: StationId = StationId(uuid::Uuid::from_u128(2));

    fn screen(holds: bool, order_types: &[OrderType]) -> Screen {
        let query = Query {
            name: "Hot line".to_owned(),
            every_station: false,
            stations: vec![GRILL],
            holds,
            order_types: order_types.to_vec(),
            columns: 0,
        };
        Screen { screen_id: ScreenId(uuid::Uuid::nil()), slug: "hot-line".to_owned(), query }
    }

    #[test]
    fn a_screen_shows_what_it_is_asked_for_and_nothing_else() {
        let all = screen(true, &OrderType::ALL);
        assert!(all.shows(Some(GRILL), OrderType::DineIn, TicketState::Held));
        assert!(!all.shows(Some(FRY), OrderType::DineIn, TicketState::Open));
        assert!(!all.shows(None, OrderType::DineIn, TicketState::Open), "the pass has what nobody cooks");
        let fetched = screen(false, &[OrderType::Takeaway]);
        assert!(fetched.shows(Some(GRILL), OrderType::Takeaway, TicketState::Open));
        assert!(!fetched.shows(Some(GRILL), OrderType::Takeaway, TicketState::Held));
        assert!(!fetched.shows(Some(GRILL), OrderType::BarTab, TicketState::Open));
    }

    #[test]
    fn whoever_stands_at_a_screen_works_what_it_shows() {
        let screen = screen(true, &[OrderType::Takeaway]);
        let wall = Wall::Saved(&screen);
        assert!(wall.works(Some(GRILL), OrderType::Takeaway, TicketState::Open));
        assert!(!wall.works(Some(GRILL), OrderType::DineIn, TicketState::Open));
        assert!(!wall.works(None, OrderType::Takeaway, TicketState::Open));
        assert!(Wall::Expo.works(None, OrderType::DineIn, TicketState::Open));
    }
}
