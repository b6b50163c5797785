//! A placement as columns: one `unnest` a table.

use crate::domain::allergy::Allergen;
use crate::domain::order::Placement;

/// Allergens in one text: `unnest` takes no lists of lists.
fn keys(allergens: &[Allergen]) -> String {
    allergens.iter().map(|allergen| allergen.key()).collect::<Vec<_>>().join(",")
}

/// A placement as columns, for `unnest`.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) fire_ids: Vec<uuid::Uuid>,
    pub(super) courses: Vec<i16>,
    pub(super) held: Vec<bool>,
    pub(super) skip_pass: Vec<bool>,
    pub(super) line_ids: Vec<uuid::Uuid>,
    pub(super) line_fire_ids: Vec<uuid::Uuid>,
    pub(super) item_ids: Vec<uuid::Uuid>,
    pub(super) item_names: Vec<String>,
    pub(super) kitchen_names: Vec<String>,
    pub(super) quantities: Vec<i32>,
    pub(super) seats: Vec<Option<i16>>,
    pub(super) notes: Vec<Option<String>>,
    pub(super) modifiers: Vec<serde_json::Value>,
    pub(super) unit_prices: Vec<i64>,
    pub(super) taxes: Vec<i32>,
    pub(super) portion_item_ids: Vec<uuid::Uuid>,
    pub(super) portion_units: Vec<i32>,
    pub(super) allergens: Vec<String>,
    pub(super) despite_allergy: Vec<String>,
    pub(super) from_pass: Vec<bool>,
    pub(super) ticket_ids: Vec<uuid::Uuid>,
    pub(super) ticket_fire_ids: Vec<uuid::Uuid>,
    pub(super) ticket_station_ids: Vec<Option<uuid::Uuid>>,
    pub(super) ticket_warn_after_s: Vec<i32>,
    pub(super) ticket_late_after_s: Vec<i32>,
    pub(super) ticket_line_ticket_ids: Vec<uuid::Uuid>,
    pub(super) ticket_line_line_ids: Vec<uuid::Uuid>,
    pub(super) ticket_line_modes: Vec<String>,
    pub(super) ticket_line_steps: Vec<i16>,
    pub(super) ticket_line_parts: Vec<Option<String>>,
}

impl Columns {
    pub(super) fn of(placement: &Placement) -> Self {
        let mut columns = Self::default();
        for fire in &placement.fires {
            columns.fire_ids.push(fire.fire_id.0);
            columns.courses.push(fire.course);
            columns.held.push(fire.held);
            columns.skip_pass.push(fire.skips_pass);
        }
        for line in &placement.lines {
            columns.line_ids.push(line.line_id.0);
            columns.line_fire_ids.push(line.fire_id.0);
            columns.item_ids.push(line.item_id.0);
            columns.item_names.push(line.item_name.clone());
            columns.kitchen_names.push(line.kitchen_name.clone());
            columns.quantities.push(line.quantity);
            columns.seats.push(line.seat);
            columns.notes.push(line.note.clone());
            columns.modifiers.push(serde_json::json!(line.modifiers));
            columns.unit_prices.push(line.unit_price_minor.0);
            columns.taxes.push(line.tax_basis_points);
            columns.allergens.push(keys(&line.allergens));
            columns.despite_allergy.push(keys(&line.despite_allergy));
            columns.from_pass.push(line.from_pass);
        }
        for (item_id, units) in &placement.portions {
            columns.portion_item_ids.push(item_id.0);
            columns.portion_units.push(*units);
        }
        for ticket in &placement.tickets {
            columns.ticket_ids.push(ticket.ticket_id.0);
            columns.ticket_fire_ids.push(ticket.fire_id.0);
            columns.ticket_station_ids.push(ticket.station_id.map(|id| id.0));
            columns.ticket_warn_after_s.push(ticket.limits.warn_after_s);
            columns.ticket_late_after_s.push(ticket.limits.late_after_s);
        }
        for line in &placement.ticket_lines {
            columns.ticket_line_ticket_ids.push(line.ticket_id.0);
            columns.ticket_line_line_ids.push(line.line_id.0);
            columns.ticket_line_modes.push(line.mode.key().to_owned());
            columns.ticket_line_steps.push(line.step);
            columns.ticket_line_parts.push(line.part.clone());
        }
        columns
    }
}
