//! Who answers for it: whoever is signed in and may, or whoever proves it with a PIN on a screen that others use.

use serde::Deserialize;

use super::auth::SignedIn;
use super::error::{AppError, Result};
use super::sign_in::prove;
use super::state::App;
use crate::domain::ids::StaffId;
use crate::domain::order::Refusal;
use crate::domain::sign_in::is_pin;
use crate::domain::staff::Action;
use crate::store::staff::Person;
use crate::store::{self, Actor};

/// Who it is, where whoever is signed in may not.
#[derive(Debug, Deserialize)]
pub(super) struct Voucher {
    #[serde(default)]
    staff_id: Option<String>,
    #[serde(default)]
    pin: String,
}

/// The person who does it. `asked`: whether whoever stands there may even ask.
///
/// # Errors
///
/// 422 on `pin` where it is wrong or missing, 403 where that person may not either.
pub(super) async fn vouch(
    app: &App,
    asking: &SignedIn,
    action: Action,
    voucher: &Voucher,
    asked: Result<()>,
) -> Result<Actor> {
    asked?;
    let now = app.clock.now();
    if asking.may(action).is_ok() {
        return Ok(asking.actor(now));
    }
    let Some(staff_id) = voucher.staff_id.as_deref() else {
        return Err(AppError::Forbidden);
    };
    let refused = |words: String| AppError::Refused(vec![Refusal::of_order("pin", words)]);
    let staff_id: StaffId = match staff_id.parse() {
        Ok(staff_id) if is_pin(&voucher.pin) => staff_id,
        _ => return Err(refused("Say who you are, with your PIN.".to_owned())),
    };
    match prove(app, asking.who.location_id, asking.device_id, staff_id, &voucher.pin).await? {
        Ok(person) if person.role.may(action) => {
            Ok(Actor { staff_id: Some(person.staff_id), name: person.name, ..asking.actor(now) })
        }
        Ok(_) => Err(AppError::Forbidden),
        Err(failure) => Err(refused(failure.words())),
    }
}

/// Whom a page offers to vouch; nobody where whoever is signed in may do it themselves.
pub(super) async fn vouchers(app: &App, asking: &SignedIn, action: Action) -> Result<Vec<Person>> {
    if asking.may(action).is_ok() {
        return Ok(Vec::new());
    }
    let all = store::staff::all(&app.db, asking.who.location_id).await?;
    Ok(all.into_iter().filter(|person| person.role.may(action)).collect())
}
