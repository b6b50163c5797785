//! What the program does besides serving: one thing, then it stops.

mod dumps;

use std::error::Error;
use std::io::{BufRead as _, Read as _};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use sqlx::PgPool;
use tokio_rustls::TlsConnector;

use crate::clock::Clock;
use crate::config::{NewLocation, Settings};
use crate::domain::demo::STAFF;
use crate::domain::device::{self, CODE_LASTS, NAME_WORDS, Scope};
use crate::domain::ids::LocationId;
use crate::domain::location::{Fault, Location, Opening};
use crate::domain::sign_in::{PASSWORD_WORDS, is_password, is_pin};
use crate::domain::staff::{Action, Role};
use crate::house_database::{As, HouseDatabase};
use crate::probe;
use crate::store;
use crate::store::By;
use crate::store::devices::Plan;
use crate::store::locations::OpenError;
use crate::store::staff::Person;
use crate::tls;
use crate::web::auth::token_hash;
use crate::web::devices::draw_code;
use crate::web::manage::{KEY_NAME_WORDS, names_a_key, new_token};
use crate::web::pins::Pins;
use crate::web::setup;

pub use dumps::{backup, restore};

/// Whatever stopped an errand.
pub type Failure = Box<dyn Error + Send + Sync>;

/// How long a program that serves may think about whether it is alive.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// Nobody types more than this as a password.
const PASSWORD_BYTES_MAX: u64 = 4096;

/// `comanda migrate`.
pub async fn migrate(settings: Settings) -> Result<(), Failure> {
    let house = HouseDatabase::open(&settings, As::Founder).await?;
    println!("The database is at this build's schema.");
    Ok(house.close().await?)
}

/// `comanda health`: for supervisors of containers, which see only an exit code.
pub async fn health(settings: &Settings) -> Result<(), Failure> {
    probe::ask(settings.listen, asks(settings)?.as_ref(), ANSWERS_WITHIN).await?;
    println!("alive");
    Ok(())
}

/// `comanda demo`.
pub async fn demo(settings: Settings) -> Result<(), Failure> {
    let house = HouseDatabase::open(&settings, As::Founder).await?;
    let seeded = seed(&house).await;
    house.close().await?;
    seeded?;
    println!("The demo restaurant is as new. Its people and PINs stand on the sign-in page.");
    Ok(())
}

/// Writes the demo restaurant with fresh hashes of its PINs.
pub async fn seed(house: &HouseDatabase) -> Result<(), Failure> {
    let pins = Pins::open(&house.data)?;
    let pin_hashes: Vec<String> =
        STAFF.iter().map(|person| pins.hash_now(person.pin)).collect::<Result<_, _>>()?;
    let owner =
        sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_with(house.owner.clone()).await?;
    store::demo::seed(&owner, Clock::System.now(), &pin_hashes).await?;
    owner.close().await;
    Ok(())
}

/// `comanda location add`.
pub async fn add_location(settings: Settings, new: &NewLocation) -> Result<(), Failure> {
    let faults = |faults: Vec<Fault>| {
        let words: Vec<_> =
            faults.iter().map(|fault| format!("--{}: {}", option(fault.field), fault.words)).collect();
        Failure::from(words.join("\n  "))
    };
    let opening = Opening::parse(&new.name, &new.time_zone, &new.currency, &new.manager).map_err(faults)?;
    let house = HouseDatabase::open(&settings, As::Founder).await?;
    let pin = new_pin();
    let done = async {
        let pin_hash = Pins::open(&house.data)?.hash_now(&pin)?;
        match store::locations::open(&house.db, &opening, &pin_hash, Clock::System.now()).await {
            Err(OpenError::Refused(fault)) => Err(faults(vec![fault])),
            opened => {
                let opened = opened?;
                let tablet = format!("{}'s browser", opening.manager);
                let code = code(&house, opened.location_id, &tablet, &Scope::Tablet).await?;
                Ok((opened.location_id, code))
            }
        }
    }
    .await;
    house.close().await?;
    let Opening { name, manager, .. } = &opening;
    let (location_id, code) = done?;
    println!("{name} is open: {location_id}");
    println!(
        "{manager} opens /pair within ten minutes and types {code}: that browser belongs to the house then."
    );
    println!("{manager} signs in with PIN {pin}. It is said nowhere else.");
    Ok(())
}

fn option(field: &str) -> String {
    field.replace('_', "-")
}

/// `comanda setup-code`.
pub async fn setup_code(settings: Settings) -> Result<(), Failure> {
    let house = HouseDatabase::open(&settings, As::Founder).await?;
    let done = async {
        if store::setup::is_done(&house.db).await? {
            return Err(
                "there is a restaurant already: another one is opened with: comanda location add".into()
            );
        }
        new_setup_code(&house).await
    }
    .await;
    house.close().await?;
    println!("{}", done?);
    Ok(())
}

/// A code with which the first restaurant is set up.
pub async fn new_setup_code(house: &HouseDatabase) -> Result<String, Failure> {
    let (code, now) = (draw_code()?, Clock::System.now());
    let hash = Pins::open(&house.data)?.setup_hash(&code);
    store::setup::make_code(&house.db, hash, now, now + setup::CODE_LASTS).await?;
    Ok(code)
}

/// `comanda device code`.
pub async fn device_code(
    settings: Settings,
    name: &str,
    screen: Option<String>,
    location: Option<&str>,
) -> Result<(), Failure> {
    if !device::is_name(name) {
        return Err(format!("--name {name:?} will not do. {NAME_WORDS}").into());
    }
    let house = HouseDatabase::open(&settings, As::Guest).await?;
    let done = async {
        let here = the_location(&house.db, location).await?;
        let scope = match screen {
            None => Scope::Tablet,
            Some(view) => {
                let known = store::menu::house(&house.db, here).await?;
                if known.wall(&view).is_none() {
                    return Err(format!("--screen {view:?}: there is no such station or screen").into());
                }
                Scope::Screen(view)
            }
        };
        code(&house, here, name.trim(), &scope).await
    }
    .await;
    house.close().await?;
    println!("{}", done?);
    Ok(())
}

/// A code for a new device.
async fn code(
    house: &HouseDatabase,
    location_id: LocationId,
    name: &str,
    scope: &Scope,
) -> Result<String, Failure> {
    let code = draw_code()?;
    let hash = Pins::open(&house.data)?.code_hash(&code);
    let by = at_the_machine();
    let plan = Plan { name, scope, expires_at: Clock::System.now() + CODE_LASTS };
    if store::devices::make_code(&house.db, location_id, hash, &plan, by).await? {
        Ok(code)
    } else {
        Err("this restaurant has as many devices as there may be: revoke one first".into())
    }
}

/// `comanda staff set-password`.
pub async fn set_password(settings: Settings, name: &str, location: Option<&str>) -> Result<(), Failure> {
    let mut password = String::new();
    std::io::stdin().lock().take(PASSWORD_BYTES_MAX).read_line(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    if !is_password(password) {
        return Err(PASSWORD_WORDS.into());
    }
    let house = HouseDatabase::open(&settings, As::Guest).await?;
    let done = async {
        let here = the_location(&house.db, location).await?;
        let person =
            store::staff::by_name(&house.db, here, name).await.map_err(|err| not_here(&err, name))?;
        if !person.role.may(Action::Manage) {
            return Err(
                format!("{} is no manager: a password is for managers and owners", person.name).into()
            );
        }
        let hash = Pins::open(&house.data)?.hash_now(password)?;
        store::staff::set_password(&house.db, here, person.staff_id, &hash, None, at_the_machine()).await?;
        Ok::<_, Failure>(person)
    }
    .await;
    house.close().await?;
    let person = done?;
    println!(
        "{} signs in at /sign-in/password from now on, and is signed out of every browser that is no device of the house.",
        person.name
    );
    Ok(())
}

/// `comanda location list`.
pub async fn list_locations(settings: Settings) -> Result<(), Failure> {
    let house = HouseDatabase::open(&settings, As::Guest).await?;
    let listed = store::locations::all(&house.db).await;
    house.close().await?;
    let listed = listed?;
    for Location { location_id, name, time_zone, currency, is_demo } in &listed {
        let demo = if *is_demo { "  (demo)" } else { "" };
        println!("{location_id}  {name}  {time_zone}  {currency}{demo}");
    }
    if listed.is_empty() {
        println!("{NOBODY}");
    }
    Ok(())
}

const NOBODY: &str = "there is no restaurant yet";

/// The restaurant that an errand is about: the one that was named, else the only one.
async fn the_location(db: &PgPool, named: Option<&str>) -> Result<LocationId, Failure> {
    let all = store::locations::all(db).await?;
    let is_meant = |location: &&Location| {
        named.is_none_or(|named| {
            location.location_id.to_string() == named.to_lowercase()
                || location.name.to_lowercase() == named.to_lowercase()
        })
    };
    let meant: Vec<_> = all.iter().filter(is_meant).collect();
    match (meant.as_slice(), named) {
        ([one], _) => Ok(one.location_id),
        ([], None) => Err(NOBODY.into()),
        ([], Some(named)) => Err(format!("--location {named:?}: there is no such restaurant").into()),
        (several, Some(_)) => {
            Err(format!("--location: {} restaurants have that name; say the id", several.len()).into())
        }
        (several, None) => {
            Err(format!("there are {} restaurants: say which with --location", several.len()).into())
        }
    }
}

/// Somebody's PIN that was just drawn.
pub struct NewPin {
    /// Whose.
    pub name: String,
    /// The PIN. It is written down nowhere: whoever holds this says it to a person.
    pub pin: String,
}

/// Gives everybody of the demo a PIN that nobody can have read, and signs everybody out.
pub async fn draw_pins(house: &HouseDatabase, location_id: LocationId) -> Result<Vec<NewPin>, Failure> {
    let pins = Pins::open(&house.data)?;
    let mut drawn = Vec::new();
    for Person { staff_id, name, .. } in store::staff::all(&house.db, location_id).await? {
        let pin = new_pin();
        store::staff::reset_pin(&house.db, location_id, staff_id, &pins.hash_now(&pin)?, at_the_machine())
            .await?;
        drawn.push(NewPin { name, pin });
    }
    Ok(drawn)
}

fn new_pin() -> String {
    format!("{:06}", rand::rng().random_range(0..1_000_000))
}

/// `comanda staff reset-pin NAME`.
pub async fn reset_pin(
    settings: Settings,
    name: &str,
    pin: Option<String>,
    location: Option<&str>,
) -> Result<(), Failure> {
    let pin = match pin {
        Some(pin) if is_pin(&pin) => pin,
        Some(_) => return Err("a PIN is 4 to 8 digits".into()),
        None => new_pin(),
    };
    let house = HouseDatabase::open(&settings, As::Guest).await?;
    let done = async {
        let here = the_location(&house.db, location).await?;
        let person =
            store::staff::by_name(&house.db, here, name).await.map_err(|err| not_here(&err, name))?;
        let pin_hash = Pins::open(&house.data)?.hash_now(&pin)?;
        store::staff::reset_pin(&house.db, here, person.staff_id, &pin_hash, at_the_machine()).await?;
        Ok::<_, Failure>(person)
    }
    .await;
    house.close().await?;
    println!("{} signs in with PIN {pin} from now on, and was signed out everywhere.", done?.name);
    Ok(())
}

/// `comanda token --name NAME --staff NAME`.
pub async fn token(
    settings: Settings,
    name: &str,
    staff: &str,
    location: Option<&str>,
) -> Result<(), Failure> {
    let name = name.trim();
    if !names_a_key(name) {
        return Err(format!("--name {name:?} will not do. {KEY_NAME_WORDS}").into());
    }
    let house = HouseDatabase::open(&settings, As::Guest).await?;
    let done = async {
        let here = the_location(&house.db, location).await?;
        let person =
            store::staff::by_name(&house.db, here, staff).await.map_err(|err| not_here(&err, staff))?;
        if !matches!(person.role, Role::Waiter | Role::Manager | Role::Owner) {
            return Err(format!("{} takes no orders: name a waiter or a manager", person.name).into());
        }
        let token = new_token()?;
        store::tokens::make(&house.db, here, name, token_hash(&token), person.staff_id, at_the_machine())
            .await?;
        Ok::<_, Failure>(token)
    }
    .await;
    house.close().await?;
    println!("{}", done?);
    Ok(())
}

/// Whoever runs an errand, as the audit has it.
fn at_the_machine() -> By<'static> {
    By::CommandLine(Clock::System.now())
}

fn not_here(err: &store::StoreError, name: &str) -> Failure {
    match err {
        store::StoreError::NotFound => format!("nobody of the name {name:?} works here").into(),
        store::StoreError::Away(_) | store::StoreError::Broken(_) => err.to_string().into(),
    }
}

/// How another program of this machine asks the one that serves: in the clear, or expecting the certificate that lies
/// where the settings say.
fn asks(settings: &Settings) -> Result<Option<TlsConnector>, Failure> {
    let file = match &settings.tls_cert {
        Some(certificate) => certificate.clone(),
        None if settings.lan => settings.data.clone().unwrap_or_else(|| "data".into()).join("lan/leaf.pem"),
        None => return Ok(None),
    };
    let expected = tls::chain(&file)?.swap_remove(0);
    Ok(Some(tls::connector(Arc::new(move || expected.clone()))?))
}
