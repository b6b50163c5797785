//! Signing in: people as tiles, a PIN pad, and the kitchen's screens.

use askama::Template;

use crate::domain::ids::StaffId;
use crate::domain::staff::Role;

use super::frame::Frame;

/// `GET /sign-in`, and the answer to a wrong PIN.
#[derive(Template)]
#[template(path = "sign_in/page.html")]
pub struct SignInPage {
    /// What surrounds it; nobody is signed in.
    pub frame: Frame,
    /// Who works here, by role, in the order of [`Role::ALL`]; roles without people are left out.
    pub roles: Vec<RoleTiles>,
    /// The kitchen's screens.
    pub stations: Vec<StationLink>,
    /// Where to go afterwards: a local path.
    pub next: Option<String>,
    /// Why the last try failed.
    pub failure: Option<SignInFailure>,
    /// Who tried, so that the tile stays chosen.
    pub picked: Option<StaffId>,
}

/// The people of one role.
#[derive(Debug, Clone)]
pub struct RoleTiles {
    /// Their part in the house.
    pub role: Role,
    /// By name.
    pub people: Vec<PersonTile>,
}

/// One person on the sign-in page.
#[derive(Debug, Clone)]
pub struct PersonTile {
    /// Their id.
    pub staff_id: StaffId,
    /// Their name.
    pub name: String,
    /// Printed on the tile in a demo, nowhere else.
    pub demo_pin: Option<String>,
}

/// A kitchen screen to go to.
#[derive(Debug, Clone)]
pub struct StationLink {
    /// `grill`; `expo` for the pass.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// Why nobody was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFailure {
    /// No tile was chosen, or no PIN given.
    Incomplete,
    /// The PIN is another one.
    WrongPin,
    /// Too many wrong PINs: nothing is tried for so many seconds.
    Wait {
        /// Whole seconds left.
        seconds: u32,
    },
}

impl SignInFailure {
    /// What to do about it.
    pub fn words(self) -> String {
        match self {
            Self::Incomplete => "Choose your name and enter your PIN.".to_owned(),
            Self::WrongPin => "That PIN is not right. Try again.".to_owned(),
            Self::Wait { seconds: 1 } => "Too many wrong PINs. Try again in 1 second.".to_owned(),
            Self::Wait { seconds } => format!("Too many wrong PINs. Try again in {seconds} seconds."),
        }
    }

    /// How long the pad stays closed, in seconds.
    pub fn wait_s(self) -> u32 {
        match self {
            Self::Wait { seconds } => seconds,
            Self::Incomplete | Self::WrongPin => 0,
        }
    }
}

impl RoleTiles {
    /// "Waiters", "Cooks": the heading over the tiles.
    pub fn heading(&self) -> &'static str {
        match self.role {
            Role::Waiter => "Waiters",
            Role::Cook => "Kitchen",
            Role::Expo => "Pass",
            Role::Manager => "Managers",
            Role::Owner => "Owners",
        }
    }
}

impl SignInPage {
    fn is_picked(&self, staff_id: &StaffId) -> bool {
        self.picked == Some(*staff_id)
    }

    fn is_demo(&self) -> bool {
        self.roles
            .iter()
            .flat_map(|tiles| &tiles.people)
            .any(|person| person.demo_pin.is_some())
    }

    fn wait_s(&self) -> u32 {
        self.failure.map_or(0, SignInFailure::wait_s)
    }
}
