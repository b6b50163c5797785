//! How old a ticket may get. The most particular rule wins: dish, course, order type, station, house.
//!
//! A ticket is as patient as the slowest dish on it. What ruled at its fire is kept with it: a rule that is made later is
//! for what fires later.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::card::Header;
use super::check::OrderType;
use super::ids::{ItemId, StationId};

/// The two ages of a ticket, in seconds from its fire: on time, then warn, then late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgeLimits {
    /// Seconds until it warns.
    pub warn_after_s: i32,
    /// Seconds until it is late.
    pub late_after_s: i32,
}

/// The most that a rule may say, in minutes: four hours.
pub const LATE_AFTER_MIN_MAX: i32 = 240;

impl AgeLimits {
    /// Where nobody has said anything: five minutes, then ten.
    pub const DEFAULT: Self = Self { warn_after_s: 300, late_after_s: 600 };

    /// Limits in whole minutes, or the field that is wrong with why.
    ///
    /// # Errors
    /// `warn_after_min` below 1, or `late_after_min` not above it or beyond [`LATE_AFTER_MIN_MAX`].
    pub fn minutes(warn_after: i64, late_after: i64) -> Result<Self, (&'static str, String)> {
        let seconds = |minutes: i64| i32::try_from(minutes).ok().and_then(|minutes| minutes.checked_mul(60));
        let (Some(warn_after_s), Some(late_after_s)) = (seconds(warn_after), seconds(late_after)) else {
            return Err(("late_after_min", format!("At most {LATE_AFTER_MIN_MAX} minutes.")));
        };
        if warn_after < 1 {
            return Err(("warn_after_min", "It warns after a minute at least.".to_owned()));
        }
        if late_after <= warn_after {
            return Err(("late_after_min", "Late comes after the warning: say more minutes.".to_owned()));
        }
        if late_after > i64::from(LATE_AFTER_MIN_MAX) {
            return Err(("late_after_min", format!("At most {LATE_AFTER_MIN_MAX} minutes.")));
        }
        Ok(Self { warn_after_s, late_after_s })
    }

    /// The more patient of the two.
    #[must_use]
    pub fn slower(self, other: Self) -> Self {
        let patience = |limits: Self| (limits.late_after_s, limits.warn_after_s);
        if patience(other) > patience(self) { other } else { self }
    }

    /// Until it warns, in whole minutes.
    pub fn warn_after_min(self) -> i32 {
        self.warn_after_s / 60
    }

    /// Until it is late, in whole minutes.
    pub fn late_after_min(self) -> i32 {
        self.late_after_s / 60
    }
}

/// A ticket that is late, as the manager's page lists it.
#[derive(Debug, Clone)]
pub struct Late {
    /// What its card is headed with.
    pub header: Header,
    /// The station's name; none: it waits at the pass.
    pub station: Option<String>,
    /// Since when.
    pub since: OffsetDateTime,
}

/// What a rule is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgeScope {
    /// One dish, wherever it is cooked.
    Item(ItemId),
    /// One course.
    Course(i16),
    /// How the guests eat.
    OrderType(OrderType),
    /// One station.
    Station(StationId),
    /// Everything else.
    House,
}

/// The rules of a house as they stand.
#[derive(Debug, Clone, Default)]
pub struct AgeRules(HashMap<AgeScope, AgeLimits>);

impl AgeRules {
    /// The newest rule of each thing; where that says nothing, it has none.
    pub fn new(newest: impl IntoIterator<Item = (AgeScope, AgeLimits)>) -> Self {
        Self(newest.into_iter().collect())
    }

    /// The rule made for just that, if there is one.
    pub fn own(&self, scope: AgeScope) -> Option<AgeLimits> {
        self.0.get(&scope).copied()
    }

    /// Every rule there is, in no order.
    pub fn all(&self) -> impl Iterator<Item = (AgeScope, AgeLimits)> {
        self.0.iter().map(|(scope, limits)| (*scope, *limits))
    }

    /// What the house says where nothing more particular does.
    pub fn house(&self) -> AgeLimits {
        self.own(AgeScope::House).unwrap_or(AgeLimits::DEFAULT)
    }

    /// What a station says of dishes, courses and order types that have no rule.
    pub fn station(&self, station_id: StationId) -> AgeLimits {
        self.own(AgeScope::Station(station_id)).unwrap_or_else(|| self.house())
    }

    /// How old a dish may get there.
    pub fn of(
        &self,
        item_id: ItemId,
        course: i16,
        order_type: OrderType,
        station_id: Option<StationId>,
    ) -> AgeLimits {
        [AgeScope::Item(item_id), AgeScope::Course(course), AgeScope::OrderType(order_type)]
            .into_iter()
            .find_map(|scope| self.own(scope))
            .unwrap_or_else(|| station_id.map_or_else(|| self.house(), |station_id| self.station(station_id)))
    }

    /// Whether how the guests eat makes a difference.
    pub fn depends_on_order_type(&self) -> bool {
        self.0.keys().any(|scope| matches!(scope, AgeScope::OrderType(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(warn: i64, late: i64) -> AgeLimits {
        AgeLimits::minutes(warn, late).expect("fine")
    }

    #[test]
    fn the_most_particular_rule_wins() {
        let (dish, grill) = (ItemId::new(), StationId::new());
        let mut known = vec![(AgeScope::House, minutes(1, 10))];
        let late = |known: &[(AgeScope, AgeLimits)]| {
            let rules = AgeRules::new(known.iter().copied());
            rules.of(dish, 2, OrderType::Takeaway, Some(grill)).late_after_min()
        };
        assert_eq!(late(&[]), 10, "nobody has said anything");
        for (scope, after) in [
            (AgeScope::Station(grill), 11),
            (AgeScope::OrderType(OrderType::Takeaway), 12),
            (AgeScope::Course(2), 13),
            (AgeScope::Item(dish), 14),
        ] {
            known.push((scope, minutes(1, after)));
            assert_eq!(late(&known), i32::try_from(after).expect("few"), "{scope:?}");
        }
        let others = AgeRules::new(known);
        let other = others.of(ItemId::new(), 1, OrderType::DineIn, Some(StationId::new()));
        assert_eq!(other.late_after_min(), 10, "another dish, course, order type and station");
    }

    #[test]
    fn a_ticket_is_as_patient_as_its_slowest_dish() {
        assert_eq!(minutes(2, 5).slower(minutes(1, 9)), minutes(1, 9));
        assert_eq!(minutes(2, 9).slower(minutes(1, 9)), minutes(2, 9), "of two that are late together");
    }

    #[test]
    fn limits_that_make_no_sense_are_refused_by_name() {
        for (warn, late, field) in [
            (0, 5, "warn_after_min"),
            (5, 5, "late_after_min"),
            (5, 241, "late_after_min"),
            (5, i64::MAX, "late_after_min"),
            (i64::MIN, 5, "late_after_min"),
        ] {
            assert_eq!(
                AgeLimits::minutes(warn, late).map_err(|(field, _)| field),
                Err(field),
                "{warn}, {late}"
            );
        }
        assert_eq!(minutes(1, 240).late_after_s, 14_400);
    }
}
