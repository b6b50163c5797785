//! The demo restaurant in words: Casa Gaivota, a charcoal-and-brick-oven house by the river in Lisbon.
//!
//! Everything here is fixed, and every id follows from a name, so a bookmark of table 7 survives a reset. The menu
//! stands in [`menu`], the party that is half-way through its dinner in [`evening`].

pub mod evening;
pub mod menu;

use sha2::{Digest, Sha256};
use uuid::{Uuid, uuid};

use super::age::AgeLimits;
use super::ids::{LocationId, SectionId, StaffId, StationId, TableId};
use super::staff::Role;

/// The demo's location, the same after every reset.
pub const LOCATION_ID: LocationId = LocationId(uuid!("ca5a6a17-07a0-8e38-9c3a-6d2b5e7f1a04"));
/// What stands over the door.
pub const NAME: &str = "Casa Gaivota";
/// Where its clocks are set.
pub const TIME_ZONE: &str = "Europe/Lisbon";
/// What its guests pay in.
pub const CURRENCY: &str = "EUR";
/// A night counts to the evening before until this hour.
pub const CUT_OFF_HOUR: i16 = 4;
/// How old a ticket may get where its station says nothing.
pub const LIMITS: AgeLimits = minutes(5, 10);

/// A part of the kitchen with a screen of its own.
#[derive(Debug)]
pub struct Station {
    /// Its name in addresses; routes name it so.
    pub slug: &'static str,
    /// Its name on screens.
    pub name: &'static str,
    /// None: the house's own.
    pub limits: Option<AgeLimits>,
}

/// The kitchen, in the order of the pass.
pub const STATIONS: [Station; 5] = [
    station("grill", "Grill", Some(minutes(8, 14))),
    station("fry", "Fry", None),
    station("cold", "Cold", None),
    station("pizza", "Pizza", Some(minutes(7, 12))),
    station("bar", "Bar", Some(minutes(2, 5))),
];

/// A waiter's group of tables.
#[derive(Debug)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// What everyone calls each table, and how many sit there.
    pub tables: &'static [(&'static str, i16)],
}

/// The floor: fourteen tables inside, ten out of doors.
#[rustfmt::skip] // as they stand in the room
pub const SECTIONS: [Section; 2] = [
    Section {
        name: "Dining room",
        tables: &[
            ("1", 2), ("2", 2), ("3", 2), ("4", 2), ("5", 2), // along the window
            ("6", 4), ("7", 4), ("8", 4), ("9", 4), ("10", 4), // in the middle
            ("11", 6), ("12", 6), ("13", 8), ("14", 10), // under the azulejos
        ],
    },
    Section {
        name: "Terrace",
        tables: &[
            ("T1", 2), ("T2", 2), ("T3", 2), ("T4", 2), // at the railing, with the river
            ("T5", 4), ("T6", 4), ("T7", 4), ("T8", 4), // under the awning
            ("T9", 6), ("T10", 8), // beside the orange tree
        ],
    },
];

/// Somebody who works there.
#[derive(Debug)]
pub struct Person {
    /// As the others call them, and as it stands on the cards.
    pub name: &'static str,
    /// Their part in the house.
    pub role: Role,
    /// Shown on the demo's sign-in page, so that anybody can be anybody.
    pub pin: &'static str,
}

/// The people, as they stand on the sign-in page.
pub const STAFF: [Person; 12] = [
    person("Inês", Role::Waiter, "1407"),
    person("Tiago", Role::Waiter, "2836"),
    person("Beatriz", Role::Waiter, "3951"),
    person("Duarte", Role::Waiter, "4620"),
    person("Marta", Role::Waiter, "5178"),
    person("Rui", Role::Cook, "6093"),      // keeps the fire
    person("Fernanda", Role::Cook, "6412"), // fries, and minds the soup
    person("Nuno", Role::Cook, "6785"),     // cold plates and the oven
    person("Catarina", Role::Expo, "7249"),
    person("Sofia", Role::Manager, "8316"),
    person("Henrique", Role::Manager, "8574"), // draws the beer himself
    person("Dona Amélia", Role::Owner, "9062"),
];

impl Station {
    /// Its id.
    pub fn id(&self) -> StationId {
        station_id(self.slug)
    }
}

impl Section {
    /// Its id.
    pub fn id(&self) -> SectionId {
        SectionId(id_of("section", self.name))
    }
}

impl Person {
    /// Their id.
    pub fn id(&self) -> StaffId {
        staff_id(self.name)
    }
}

/// The id of the station at `/kitchen/{slug}`.
pub fn station_id(slug: &str) -> StationId {
    StationId(id_of("station", slug))
}

/// The id of the table with that label.
pub fn table_id(label: &str) -> TableId {
    TableId(id_of("table", label))
}

/// The id of the person with that name.
pub fn staff_id(name: &str) -> StaffId {
    StaffId(id_of("staff", name))
}

/// An id that follows from a name: the front of its SHA-256, as UUID version 8 (RFC 9562) leaves room for.
pub(crate) fn id_of(noun: &str, name: &str) -> Uuid {
    let digest = Sha256::digest(format!("{LOCATION_ID}/{noun}/{name}"));
    let mut front = [0; 16];
    front.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(front).into_uuid()
}

const fn station(slug: &'static str, name: &'static str, limits: Option<AgeLimits>) -> Station {
    Station { slug, name, limits }
}

const fn person(name: &'static str, role: Role, pin: &'static str) -> Person {
    Person { name, role, pin }
}

const fn minutes(warn_after: i32, late_after: i32) -> AgeLimits {
    AgeLimits { warn_after_s: warn_after * 60, late_after_s: late_after * 60 }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_twenty_four_tables_in_two_sections_and_no_label_twice() {
        let labels: Vec<&str> =
            SECTIONS.iter().flat_map(|section| section.tables).map(|table| table.0).collect();
        assert_eq!((SECTIONS.len(), labels.len()), (2, 24));
        assert_eq!(labels.iter().collect::<HashSet<_>>().len(), labels.len());
    }

    #[test]
    fn everybody_has_a_name_and_a_four_digit_pin_of_their_own() {
        let names: HashSet<&str> = STAFF.iter().map(|person| person.name).collect();
        let pins: HashSet<&str> = STAFF.iter().map(|person| person.pin).collect();
        assert_eq!((names.len(), pins.len()), (STAFF.len(), STAFF.len()));
        assert!(pins.iter().all(|pin| pin.len() == 4 && pin.bytes().all(|digit| digit.is_ascii_digit())));
    }

    #[test]
    fn every_part_in_the_house_is_taken() {
        let taken = |role| STAFF.iter().filter(|person| person.role == role).count();
        assert_eq!(Role::ALL.map(taken), [5, 3, 1, 2, 1]);
    }

    #[test]
    fn some_stations_have_limits_of_their_own_and_some_the_houses() {
        assert!(STATIONS.iter().any(|station| station.limits.is_some()));
        assert!(STATIONS.iter().any(|station| station.limits.is_none()));
        let limits = STATIONS.iter().filter_map(|station| station.limits).chain([LIMITS]);
        assert!(limits.into_iter().all(|limits| limits.warn_after_s < limits.late_after_s));
    }

    #[test]
    fn an_id_follows_from_noun_and_name() {
        assert_eq!(table_id("7"), table_id("7"));
        assert_ne!(id_of("table", "7"), id_of("station", "7"));
        assert_eq!(table_id("7").0.get_version_num(), 8);
    }
}
