//! Money is a count of minor units. No floating point, anywhere.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// An amount in the location's minor unit (cents). May be negative: a modifier can make a dish cheaper.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Money(pub i64);

/// The most that one line may come to, in minor units: ten million euros. Beyond it, somebody mistyped.
pub const LINE_MINOR_MAX: i64 = 1_000_000_000;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `self` taken `count` times; saturates, so a hostile quantity cannot wrap into a credit.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(count)))
    }

    /// The tax contained in a tax-inclusive amount, rounded half away from zero to the minor unit.
    #[must_use]
    pub fn tax_within(self, basis_points: u32) -> Self {
        let (amount, rate) = (i128::from(self.0), i128::from(basis_points));
        let (dividend, divisor) = (amount * rate, 10_000 + rate);
        let half = if dividend < 0 { -divisor / 2 } else { divisor / 2 };
        Self(i64::try_from((dividend + half) / divisor).unwrap_or(self.0))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Two decimals, as the currencies we serve have them; the sign leads. The currency's name stands beside it.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minor = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", minor / 100, minor % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_as_people_write_it() {
        assert_eq!(Money(1250).to_string(), "12.50");
        assert_eq!(Money(5).to_string(), "0.05");
        assert_eq!(Money(-105).to_string(), "-1.05");
    }

    #[test]
    fn the_tax_within_an_amount_is_rounded_to_the_cent() {
        assert_eq!(Money(1100).tax_within(1000), Money(100));
        assert_eq!(Money(1000).tax_within(2100), Money(174)); // 173.55
        assert_eq!(Money(-1000).tax_within(2100), Money(-174));
    }

    #[test]
    fn a_hostile_quantity_does_not_wrap_into_a_credit() {
        assert_eq!(Money(i64::MAX).times(2), Money(i64::MAX));
    }
}
