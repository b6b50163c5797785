//! PINs: argon2id over HMAC(key file, PIN), so that a copy of the database without the key file says nothing.
//!
//! Hashing is slow on purpose: two at a time, off the threads that serve.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::TryRng as _;
use sha2::Sha256;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const KEY_BYTES: usize = 32;
const HASHES_AT_ONCE: usize = 2;

/// What proves PINs.
#[derive(Clone)]
pub struct Pins {
    key: Arc<[u8; KEY_BYTES]>,
    places: Arc<Semaphore>,
}

/// Why PINs cannot be proved.
#[derive(Debug, Error)]
pub enum PinError {
    /// The key file.
    #[error("the key of the PINs, {path}, cannot be used")]
    KeyFile {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// The hash function.
    #[error("a PIN could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    /// The machine gives no random numbers.
    #[error("no random numbers")]
    Random(#[source] rand::rngs::SysError),
    /// The hashing task died.
    #[error("hashing was interrupted")]
    Interrupted,
}

impl std::fmt::Debug for Pins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pins(..)")
    }
}

impl Pins {
    /// Reads the key from `folder/pin.key`, or makes one, readable by its owner only. Without that very file no
    /// PIN of the database is right any more: it belongs in every backup, but not beside the dump.
    pub fn open(folder: &Path) -> Result<Self, PinError> {
        let path = folder.join("pin.key");
        let key = read_or_make(&path)?;
        Ok(Self { key: Arc::new(key), places: Arc::new(Semaphore::new(HASHES_AT_ONCE)) })
    }

    /// The hash of a PIN, in PHC form. Blocks for some tens of milliseconds.
    pub fn hash_now(&self, pin: &str) -> Result<String, PinError> {
        let keyed = self.keyed(pin);
        Argon2::default().hash_password(&keyed).map(|hash| hash.to_string()).map_err(PinError::Hash)
    }

    /// The hash of a PIN or a password, without holding up the thread that serves.
    pub async fn hash(&self, secret: &str) -> Result<String, PinError> {
        let _place = self.place().await?;
        let (pins, secret) = (self.clone(), secret.to_owned());
        tokio::task::spawn_blocking(move || pins.hash_now(&secret))
            .await
            .map_err(|_| PinError::Interrupted)?
    }

    /// One of the two places for a try. Taken before the failures so far are read: however many tries arrive at
    /// once, no more than two can pass between reading them and adding to them.
    pub async fn place(&self) -> Result<OwnedSemaphorePermit, PinError> {
        Arc::clone(&self.places).acquire_owned().await.map_err(|_| PinError::Interrupted)
    }

    /// Whether the PIN is the one of that hash.
    pub async fn is_right(
        &self,
        _place: &OwnedSemaphorePermit,
        pin: &str,
        pin_hash: &str,
    ) -> Result<bool, PinError> {
        let (keyed, pin_hash) = (self.keyed(pin), pin_hash.to_owned());
        tokio::task::spawn_blocking(move || {
            Argon2::default().verify_password(&keyed, pin_hash.as_str()).is_ok()
        })
        .await
        .map_err(|_| PinError::Interrupted)
    }

    /// What the database keeps of a pairing code: keyed, for a code is short.
    pub fn code_hash(&self, code: &str) -> [u8; KEY_BYTES] {
        self.keyed(&format!("pairing code {code}"))
    }

    /// The same of a set-up code.
    pub fn setup_hash(&self, code: &str) -> [u8; KEY_BYTES] {
        self.keyed(&format!("set-up code {code}"))
    }

    fn keyed(&self, pin: &str) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key[..]).expect("a key of 32 bytes");
        mac.update(pin.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Random bytes from the machine.
pub fn random<const N: usize>() -> Result<[u8; N], PinError> {
    let mut bytes = [0; N];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).map_err(PinError::Random)?;
    Ok(bytes)
}

fn read_or_make(path: &Path) -> Result<[u8; KEY_BYTES], PinError> {
    let failed = |source| PinError::KeyFile { path: path.to_owned(), source };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let bytes = STANDARD_NO_PAD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.ok_or_else(|| {
                failed(io::Error::new(io::ErrorKind::InvalidData, "it holds no key of 32 bytes"))
            })
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            let key = random()?;
            write_private(path, &STANDARD_NO_PAD.encode(key)).map_err(failed)?;
            Ok(key)
        }
        Err(err) => Err(failed(err)),
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}
