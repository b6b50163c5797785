//! What a new restaurant has to say of itself, and what it begins with. Whether its time zone exists is the
//! database's to know: it has the list.

use super::ids::LocationId;

/// Characters of a restaurant's name, at most.
pub const NAME_CHARS_MAX: usize = 80;
/// Characters of a person's name, at most.
pub const PERSON_CHARS_MAX: usize = 60;
/// Tables of a new restaurant.
pub const FIRST_TABLES: i32 = 8;

/// ISO 4217: the currencies that people pay with.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY \
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR \
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR \
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD \
    SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD \
    XCG XOF XPF YER ZAR ZMW ZWG";

/// A restaurant, as lists have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Its id.
    pub location_id: LocationId,
    /// Its name.
    pub name: String,
    /// IANA name of its zone.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// Whether it is the demo.
    pub is_demo: bool,
}

/// A restaurant that is to be opened: shape and limits hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its name.
    pub name: String,
    /// IANA name of its zone, as it was written.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// The first manager's name.
    pub manager: String,
}

/// What is wrong with one field of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which: `name`, `time_zone`, `currency`, `manager`, `pin`.
    pub field: &'static str,
    /// What to do about it.
    pub words: String,
}

impl Opening {
    /// Checks shape and limits, and names every field that is wrong.
    pub fn parse(name: &str, time_zone: &str, currency: &str, manager: &str) -> Result<Self, Vec<Fault>> {
        let (name, time_zone, manager) = (name.trim(), time_zone.trim(), manager.trim());
        let currency = currency.trim().to_ascii_uppercase();
        let mut faults = Vec::new();
        let mut fault = |field, words: String| faults.push(Fault { field, words });
        if !is_text(name, NAME_CHARS_MAX) {
            fault("name", format!("Give the restaurant a name of at most {NAME_CHARS_MAX} characters."));
        }
        if time_zone.is_empty() {
            fault("time_zone", no_time_zone(time_zone).words);
        }
        if !CURRENCIES.split_ascii_whitespace().any(|code| code == currency) {
            let words = format!("{currency:?} is no currency: write its three letters, as EUR, GBP or USD.");
            fault("currency", words);
        }
        if !is_text(manager, PERSON_CHARS_MAX) {
            fault(
                "manager",
                format!("Give the first manager a name of at most {PERSON_CHARS_MAX} characters."),
            );
        }
        let opening =
            || Self { name: name.into(), time_zone: time_zone.into(), currency, manager: manager.into() };
        if faults.is_empty() { Ok(opening()) } else { Err(faults) }
    }
}

/// What is said of a zone that no list has.
pub fn no_time_zone(time_zone: &str) -> Fault {
    let words = format!("{time_zone:?} is no time zone: write it as the IANA list does, like Europe/Lisbon.");
    Fault { field: "time_zone", words }
}

/// Whether a name says something, in so many characters, and nothing that cannot be printed.
pub fn is_text(name: &str, chars_max: usize) -> bool {
    let name = name.trim();
    !name.is_empty() && name.chars().count() <= chars_max && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let faults = Opening::parse(" ", "", "EURO", &"x".repeat(61)).expect_err("nothing of it will do");
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "time_zone", "currency", "manager"]);
    }

    #[test]
    fn a_restaurant_says_who_it_is() {
        let opening = Opening::parse(" Dois Irmãos ", "Europe/Lisbon", "eur", "Ana").expect("it will do");
        assert_eq!((opening.name.as_str(), opening.currency.as_str()), ("Dois Irmãos", "EUR"));
        assert!(Opening::parse("Dois\nIrmãos", "UTC", "EUR", "Ana").is_err());
    }
}
