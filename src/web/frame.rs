//! What surrounds every page: the house's name and zone, and who is signed in. `templates/layout.html` prints it.

use std::borrow::Borrow;

use crate::board::core::Snapshot;
use crate::board::picture::View;
use crate::board::wire::{BEAT_MS, Message};
use crate::domain::ids::BoardSeq;
use crate::domain::menu::House;
use crate::domain::money::Money;
use crate::domain::staff::{Action, Role};
use crate::domain::zone::Zone;

use super::auth::Who;
use super::{assets, outside};

/// The frame of a page. Every struct whose template extends `layout.html` has one in a field named `frame`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The restaurant's name.
    pub house: String,
    /// Its zone: times are read from the clocks there.
    pub zone: Zone,
    /// ISO 4217.
    pub currency: String,
    /// Who is signed in; none on the sign-in page and on errors before it.
    pub viewer: Option<Viewer>,
}

/// The person who looks.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Their name.
    pub name: String,
    /// Their part in the house.
    pub role: Role,
    /// Whether it is no person but a screen by itself: it has nowhere else to go, and cannot sign out.
    pub is_screen: bool,
}

impl Frame {
    /// A page that belongs to no restaurant yet.
    pub fn bare() -> Self {
        Self {
            house: "Comanda".to_owned(),
            zone: Zone::named("UTC"),
            currency: "EUR".to_owned(),
            viewer: None,
        }
    }

    /// The build that drew the page.
    pub fn build(&self) -> &'static str {
        assets::BUILD
    }

    /// The address of a static file.
    pub fn asset(&self, path: &str) -> String {
        assets::url(path)
    }

    /// Whether whoever shares the network can read along: the page says so.
    pub fn is_readable(&self) -> bool {
        outside::is_readable()
    }

    /// The megabytes that are free, where they are few and the viewer can do something about it.
    pub fn little_room_mb(&self) -> Option<u64> {
        outside::little_room().filter(|_| self.manages()).map(|free| free / 1_000_000)
    }

    /// The currency's sign where everybody knows it, else its code and a space.
    pub fn currency_sign(&self) -> String {
        match self.currency.as_str() {
            "EUR" => "€".to_owned(),
            "GBP" => "£".to_owned(),
            "USD" => "$".to_owned(),
            code => format!("{code}\u{a0}"),
        }
    }

    /// An amount as people write it here: `€12.50`, `-€1.05`.
    pub fn money(&self, amount: impl Borrow<Money>) -> String {
        let digits = amount.borrow().to_string();
        match digits.strip_prefix('-') {
            Some(digits) => format!("-{}{digits}", self.currency_sign()),
            None => format!("{}{digits}", self.currency_sign()),
        }
    }

    /// Whether the viewer may do that; nobody may do anything.
    pub fn may(&self, action: Action) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.role.may(action))
    }

    /// Whether a screen shows it by itself, with nobody signed in.
    pub fn is_screen(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.is_screen)
    }

    /// Whether the viewer sees the floor.
    pub fn serves(&self) -> bool {
        self.may(Action::Serve)
    }

    /// Whether the viewer sees the kitchen's screens.
    pub fn watches_kitchen(&self) -> bool {
        self.may(Action::WatchKitchen)
    }

    /// Whether the viewer sees the manager's page.
    pub fn manages(&self) -> bool {
        self.may(Action::Manage)
    }
}

/// Where a live page starts: the element that carries it has `id="board"`.
#[derive(Debug, Clone)]
pub struct BoardStart {
    /// `floor`, `items`, `expo`, `station-grill`.
    pub view: String,
    /// Which history of the database.
    pub epoch: String,
    /// The turn that the page shows.
    pub seq: BoardSeq,
    /// How often the server proves itself.
    pub beat_ms: u64,
    /// The server's clock when the page was drawn, in milliseconds since 1970.
    pub now_ms: i64,
}

impl Frame {
    /// The frame of a page of that house, for whoever looks.
    pub fn of(house: &House, viewer: Option<&Who>) -> Self {
        Self {
            house: house.name.clone(),
            zone: house.zone.clone(),
            currency: house.currency.clone(),
            viewer: viewer.map(|who| Viewer {
                name: who.name.clone(),
                role: who.role,
                is_screen: who.staff_id.is_none(),
            }),
        }
    }
}

impl BoardStart {
    /// Where a page that was drawn from this snapshot goes live.
    pub fn of(view: &View, snapshot: &Snapshot<Message>, now_ms: i64) -> Self {
        Self {
            view: view.name(),
            epoch: snapshot.epoch.to_string(),
            seq: BoardSeq(snapshot.frame.seq),
            beat_ms: BEAT_MS,
            now_ms,
        }
    }
}
