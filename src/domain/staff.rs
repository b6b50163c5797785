//! People and what each may do. The one table of role x action: guards ask here.

use serde::{Deserialize, Serialize};

/// A person's part in the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Takes orders and closes checks.
    Waiter,
    /// Works a station.
    Cook,
    /// Works the pass.
    Expo,
    /// Runs the shift.
    Manager,
    /// Owns the house.
    Owner,
}

/// Something a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See the floor, a check, the menu; send an order.
    Serve,
    /// Take a line off that the kitchen already has.
    VoidLine,
    /// Release a course that is on hold, move a line of it, hurry one that is being cooked.
    FireCourse,
    /// Say what a guest must not eat, and read who knew of it.
    TellAllergy,
    /// Take the money and free the table.
    CloseCheck,
    /// See a station's or expo's board.
    WatchKitchen,
    /// Start, bump, undo, recall, acknowledge at a station.
    WorkStation,
    /// Hand a fire over at the pass.
    WorkPass,
    /// Bring back what the guest already has.
    RecallServed,
    /// Say something to the kitchen that has to be read there.
    TellKitchen,
    /// Take an item off the menu and put it back.
    EightySix,
    /// The manager's page and its keys.
    Manage,
}

impl Role {
    /// Every role, for pages that list them and tests that walk them.
    pub const ALL: [Self; 5] = [Self::Waiter, Self::Cook, Self::Expo, Self::Manager, Self::Owner];

    /// Whether this role may do that.
    pub fn may(self, action: Action) -> bool {
        match self {
            Self::Waiter => matches!(
                action,
                Action::Serve
                    | Action::VoidLine
                    | Action::FireCourse
                    | Action::TellAllergy
                    | Action::CloseCheck
                    | Action::WatchKitchen
                    | Action::WorkPass
                    | Action::TellKitchen
                    | Action::EightySix
            ),
            Self::Cook => {
                matches!(action, Action::WatchKitchen | Action::WorkStation | Action::EightySix)
            }
            Self::Expo => matches!(
                action,
                Action::WatchKitchen
                    | Action::FireCourse
                    | Action::TellAllergy
                    | Action::WorkStation
                    | Action::WorkPass
                    | Action::RecallServed
                    | Action::TellKitchen
                    | Action::EightySix
            ),
            Self::Manager | Self::Owner => true,
        }
    }

    /// The word on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiter => "Waiter",
            Self::Cook => "Cook",
            Self::Expo => "Expo",
            Self::Manager => "Manager",
            Self::Owner => "Owner",
        }
    }
}
