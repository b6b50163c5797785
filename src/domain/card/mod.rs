//! What the screens draw: the four kinds of stamped rows, each with what hangs below it.
//!
//! A card is a function of its row alone: whatever it prints changes only in a command that stamps that row with a
//! new [`BoardSeq`]. What it borrows (the table's label, the waiter's name) is copied onto the row. Cards are shared
//! by every viewer, so nothing here depends on who looks.

mod fire;
mod header;
mod tile;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use fire::{FireCard, FireLine, FireTicket};
pub use header::Header;
pub use tile::{LateTicket, ReadyFire, Tile, TileCheck, TileState, TileTable};

use super::age::AgeLimits;
use super::allergy::Allergen;
use super::ids::{
    BoardSeq, CheckId, FireId, ItemId, LineId, MessageId, StationId, TableId, TicketId, Version,
};
use super::menu::Prefix;
use super::message::MessageCard;
use super::money::Money;
use super::station::LentCard;
use super::ticket::{LineState, TicketState};

/// Which stamped row a card is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardKey {
    /// A station's card.
    Ticket(TicketId),
    /// Expo's card.
    Fire(FireId),
    /// The floor's tile of a table.
    Table(TableId),
    /// The floor's tile of a check that has no table.
    Check(CheckId),
    /// An item that is off the menu just now.
    Item(ItemId),
    /// A message.
    Message(MessageId),
    /// A station whose cards another one shows.
    Station(StationId),
}

/// A stamped row with what hangs below it.
#[derive(Debug, Clone, PartialEq)]
pub enum Card {
    /// A station's card.
    Ticket(TicketCard),
    /// Expo's card.
    Fire(FireCard),
    /// A table's tile, or that of a check without a table.
    Tile(Tile),
    /// An item that is 86'd.
    Item(ItemCard),
    /// Words to a station.
    Message(MessageCard),
    /// A station whose cards another one shows.
    Lent(LentCard),
}

/// A modifier as it was when ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenModifier {
    /// Its name on the menu.
    pub name: String,
    /// NO, ADD, EXTRA, SIDE or SUB, printed before it.
    pub prefix: Option<Prefix>,
    /// What it added to the price of one unit.
    pub price_minor: Money,
}

impl ChosenModifier {
    /// `NO onion`, `Medium rare`.
    pub fn words(&self) -> String {
        match self.prefix {
            Some(prefix) => format!("{} {}", prefix.word(), self.name),
            None => self.name.clone(),
        }
    }
}

/// A station's card: one fire at one station.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TicketCard {
    /// Its own id.
    pub ticket_id: TicketId,
    /// The batch it belongs to.
    pub fire_id: FireId,
    /// The station whose screen shows it; none: the Unrouted lane.
    pub station_id: Option<StationId>,
    /// The name of the station that it belongs to.
    pub station: Option<String>,
    /// Another one's screen shows it.
    pub lent: bool,
    /// Held or open; other states are off the board.
    pub state: TicketState,
    /// What a bump must carry.
    pub version: Version,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// The newest stamp that a screen confirmed.
    pub shown_seq: BoardSeq,
    /// When it was stamped.
    #[serde(with = "time::serde::rfc3339")]
    pub stamped_at: OffsetDateTime,
    /// When its clock started; of a held one, when it was stamped.
    #[serde(with = "time::serde::rfc3339")]
    pub fired_at: OffsetDateTime,
    /// Held, and the house's rule will fire it: when.
    #[serde(with = "time::serde::rfc3339::option")]
    pub due_at: Option<OffsetDateTime>,
    /// Since when it is to be made first, if it is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub rushed_at: Option<OffsetDateTime>,
    /// How often it came back.
    pub recalled: i32,
    /// The telling of allergies that this station has seen.
    pub allergies_seen: i32,
    /// When it turns warn, then late: decided at its fire.
    pub limits: AgeLimits,
    /// What it borrows.
    pub header: Header,
    /// Its lines, in the order of the slip.
    pub lines: Vec<TicketLine>,
}

/// An order line as one station sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TicketLine {
    /// The order line.
    pub line_id: LineId,
    /// The dish, by its kitchen name.
    pub name: String,
    /// Units asked for.
    pub quantity: i32,
    /// Units voided since.
    pub voided: i32,
    /// Voided units that this station has acknowledged.
    pub acknowledged: i32,
    /// What this station read last, before somebody wanted it otherwise.
    pub changed_from: Option<ChangedFrom>,
    /// Why they were voided.
    pub void_reason: Option<String>,
    /// It is cooked again: why.
    pub refire: Option<String>,
    /// Whose plate.
    pub seat: Option<i16>,
    /// Free words to the kitchen.
    pub note: Option<String>,
    /// Choices, as they were when ordered.
    pub modifiers: Vec<ChosenModifier>,
    /// What the dish contains, choices aside.
    pub allergens: Vec<Allergen>,
    /// Held, and its dish was 86'd since.
    pub eighty_sixed: bool,
    /// How far this station is.
    pub state: LineState,
    /// The choices that this station makes; none: the dish.
    pub part: Option<String>,
    /// It is made here after other stations.
    pub comes_later: bool,
    /// Stations that have it before this one, and are not through; then it is only coming.
    pub waits_for: Vec<String>,
}

/// A line as it was before somebody wanted it otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ChangedFrom {
    /// Free words to the kitchen.
    pub note: Option<String>,
    /// Choices.
    pub modifiers: Vec<ChosenModifier>,
    /// Who changed it last.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

impl ChangedFrom {
    /// What is no longer wanted: `Medium, ADD Bacon, “no salt”`.
    pub fn words(&self) -> String {
        let choices = self.modifiers.iter().map(ChosenModifier::words);
        let all: Vec<_> = choices.chain(self.note.iter().map(|note| format!("“{note}”"))).collect();
        if all.is_empty() { "as it is".to_owned() } else { all.join(", ") }
    }
}

impl TicketLine {
    /// Units still to be made: what all-day counts.
    pub fn live(&self) -> i32 {
        self.quantity - self.voided
    }

    /// Voided units that the station has not acknowledged: struck on the card until then.
    pub fn struck(&self) -> i32 {
        self.voided - self.acknowledged
    }

    /// It is not here yet: a station before this one has it.
    pub fn is_coming(&self) -> bool {
        !self.waits_for.is_empty() && self.live() > 0
    }

    /// What is made here: the dish, or choices of it.
    pub fn made(&self) -> &str {
        self.part.as_deref().unwrap_or(&self.name)
    }

    /// A line voided whole and acknowledged is off the card.
    pub fn is_gone(&self) -> bool {
        self.live() == 0 && self.struck() == 0
    }
}

impl TicketCard {
    /// Whether an allergy stands on it that nobody here has seen.
    pub fn has_unseen_allergy(&self) -> bool {
        self.header.has_allergy_after(self.allergies_seen)
    }

    /// Whether something of it is cooked again: that goes first.
    pub fn is_refire(&self) -> bool {
        self.lines.iter().any(|line| line.refire.is_some() && line.live() > 0)
    }

    /// Whether something was voided that nobody here has acknowledged.
    pub fn has_void(&self) -> bool {
        self.lines.iter().any(|line| line.struck() > 0)
    }

    /// Whether something is to be another one, and nobody here has read that.
    pub fn has_change(&self) -> bool {
        self.lines.iter().any(|line| line.changed_from.is_some() && line.live() > 0)
    }

    /// Everything that is still wanted is at stations before this one.
    pub fn is_coming(&self) -> bool {
        let mut live = self.lines.iter().filter(|line| line.live() > 0).peekable();
        self.state == TicketState::Open && live.peek().is_some() && live.all(TicketLine::is_coming)
    }

    /// Every line voided: a VOID card.
    pub fn is_all_void(&self) -> bool {
        self.lines.iter().all(|line| line.live() == 0)
    }

    /// Lines that still stand on the card.
    pub fn lines_shown(&self) -> impl Iterator<Item = &TicketLine> {
        self.lines.iter().filter(|line| !line.is_gone())
    }
}

/// An item that is off the menu just now, or of which somebody counts what is left. Otherwise there is no card.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ItemCard {
    /// The item.
    pub item_id: ItemId,
    /// Its name on the menu.
    pub name: String,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// Since when it is off the menu, if it is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub eighty_sixed_at: Option<OffsetDateTime>,
    /// Portions that are left, if somebody counts.
    pub remaining: Option<i32>,
}

impl ItemCard {
    /// Nobody can order it.
    pub fn is_out(&self) -> bool {
        self.eighty_sixed_at.is_some() || self.remaining == Some(0)
    }
}

impl Card {
    /// Which row it is.
    pub fn key(&self) -> CardKey {
        match self {
            Self::Ticket(ticket) => CardKey::Ticket(ticket.ticket_id),
            Self::Fire(fire) => CardKey::Fire(fire.fire_id),
            Self::Tile(tile) => match (&tile.table, tile.checks.first()) {
                (Some(table), _) => CardKey::Table(table.table_id),
                (None, Some(check)) => CardKey::Check(check.check_id),
                (None, None) => CardKey::Check(CheckId(uuid::Uuid::nil())), // the store reads none such
            },
            Self::Item(item) => CardKey::Item(item.item_id),
            Self::Message(message) => CardKey::Message(message.message_id),
            Self::Lent(lent) => CardKey::Station(lent.station_id),
        }
    }

    /// Its stamp.
    pub fn seq(&self) -> BoardSeq {
        match self {
            Self::Ticket(ticket) => ticket.board_seq,
            Self::Fire(fire) => fire.board_seq,
            Self::Tile(tile) => tile.board_seq,
            Self::Item(item) => item.board_seq,
            Self::Message(message) => message.board_seq,
            Self::Lent(lent) => lent.board_seq,
        }
    }
}

impl CardKey {
    /// The element id of its article: `t-…`, `f-…`, `b-…` (a table), `c-…`, `i-…`, `m-…`, `s-…`.
    pub fn element_id(self) -> String {
        match self {
            Self::Ticket(id) => format!("t-{id}"),
            Self::Fire(id) => format!("f-{id}"),
            Self::Table(id) => format!("b-{id}"),
            Self::Check(id) => format!("c-{id}"),
            Self::Item(id) => format!("i-{id}"),
            Self::Message(id) => format!("m-{id}"),
            Self::Station(id) => format!("s-{id}"),
        }
    }
}
