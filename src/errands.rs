//! What the program does besides serving: one thing, then it stops.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use tokio_rustls::TlsConnector;

use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::demo::STAFF;
use crate::domain::ids::LocationId;
use crate::domain::sign_in::is_pin;
use crate::domain::staff::Role;
use crate::house_database::HouseDatabase;
use crate::probe;
use crate::store;
use crate::store::staff::Person;
use crate::tls;
use crate::web::auth::token_hash;
use crate::web::manage::{KEY_NAME_WORDS, names_a_key, new_token};
use crate::web::pins::Pins;

/// Whatever stopped an errand.
pub type Failure = Box<dyn Error + Send + Sync>;

/// How long a program that serves may think about whether it is alive.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// `comanda migrate`.
pub async fn migrate(settings: Settings) -> Result<(), Failure> {
    let house = HouseDatabase::open(&settings, true).await?;
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
    let house = HouseDatabase::open(&settings, true).await?;
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
        store::staff::reset_pin(&house.db, location_id, staff_id, &pins.hash_now(&pin)?).await?;
        drawn.push(NewPin { name, pin });
    }
    Ok(drawn)
}

fn new_pin() -> String {
    format!("{:06}", rand::rng().random_range(0..1_000_000))
}

/// `comanda staff reset-pin NAME`.
pub async fn reset_pin(settings: Settings, name: &str, pin: Option<String>) -> Result<(), Failure> {
    let pin = match pin {
        Some(pin) if is_pin(&pin) => pin,
        Some(_) => return Err("a PIN is 4 to 8 digits".into()),
        None => new_pin(),
    };
    let house = HouseDatabase::open(&settings, true).await?;
    let done = async {
        let here = store::menu::first_location(&house.db).await?.ok_or("there is no restaurant yet")?;
        let person =
            store::staff::by_name(&house.db, here, name).await.map_err(|err| not_here(&err, name))?;
        let pin_hash = Pins::open(&house.data)?.hash_now(&pin)?;
        store::staff::reset_pin(&house.db, here, person.staff_id, &pin_hash).await?;
        Ok::<_, Failure>(person)
    }
    .await;
    house.close().await?;
    println!("{} signs in with PIN {pin} from now on, and was signed out everywhere.", done?.name);
    Ok(())
}

/// `comanda token --name NAME --staff NAME`.
pub async fn token(settings: Settings, name: &str, staff: &str) -> Result<(), Failure> {
    let name = name.trim();
    if !names_a_key(name) {
        return Err(format!("--name {name:?} will not do. {KEY_NAME_WORDS}").into());
    }
    let house = HouseDatabase::open(&settings, true).await?;
    let done = async {
        let here = store::menu::first_location(&house.db).await?.ok_or("there is no restaurant yet")?;
        let person =
            store::staff::by_name(&house.db, here, staff).await.map_err(|err| not_here(&err, staff))?;
        if !matches!(person.role, Role::Waiter | Role::Manager | Role::Owner) {
            return Err(format!("{} takes no orders: name a waiter or a manager", person.name).into());
        }
        let token = new_token()?;
        let now = Clock::System.now();
        store::tokens::make(&house.db, here, name, token_hash(&token), person.staff_id, now).await?;
        Ok::<_, Failure>(token)
    }
    .await;
    house.close().await?;
    println!("{}", done?);
    Ok(())
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
