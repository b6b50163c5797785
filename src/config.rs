//! Every setting of the program: what it means, its environment variable, its default.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use sqlx::postgres::PgConnectOptions;

/// A restaurant POS whose kitchen screens are live.
#[derive(Debug, Parser)]
#[command(name = "comanda", version, about)]
pub struct Comanda {
    /// What to do; without a word: serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Everything that can be set.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve pages, orders and screens (the default)
    Serve,
    /// Bring the database to this build's schema, and stop
    Migrate,
    /// Ask the program that serves here whether it is alive: the exit code says so
    Health,
    /// Seed the demo restaurant, or reset it; refuses a database that holds a real one
    Demo,
    /// Print a new code for /setup, where the database holds no restaurant yet
    SetupCode,
    /// Restaurants of this database
    Location {
        /// What to do with them.
        #[command(subcommand)]
        command: LocationCommand,
    },
    /// Tablets and screens
    Device {
        /// What to do with them.
        #[command(subcommand)]
        command: DeviceCommand,
    },
    /// Write all of the database into one file, beside a program that serves or not, and prove that it can be restored
    Backup {
        /// A file, or a folder in which it gets a name of its own [default: the folder of --backup-dir, where old ones make room]
        to: Option<PathBuf>,
        /// Write the keys too (of the PINs, and of the house's own network), into a second file: the name with .keys
        #[arg(long)]
        with_keys: bool,
    },
    /// Bring a dump back, while no program serves; what the database holds now is put aside under another name
    Restore {
        /// What comanda backup wrote
        file: PathBuf,
        /// What the database holds now may be put aside
        #[arg(long)]
        yes: bool,
        /// Bring keys back too, from the file that --with-keys wrote
        #[arg(long)]
        keys: Option<PathBuf>,
        /// Where the private database was written by a PostgreSQL that is not here any more: put it aside, and make a new one
        #[arg(long)]
        new_cluster: bool,
    },
    /// People
    Staff {
        /// What to do with them.
        #[command(subcommand)]
        command: StaffCommand,
    },
    /// Make a key for a machine client; it is printed once
    Token {
        /// What the key is for
        #[arg(long)]
        name: String,
        /// The person whose name its orders carry
        #[arg(long)]
        staff: String,
        /// The restaurant, by name or id; needed where there are several
        #[arg(long)]
        location: Option<String>,
    },
}

/// What can be done with restaurants on the command line.
#[derive(Debug, Subcommand)]
pub enum LocationCommand {
    /// Open a restaurant: a room with tables, a kitchen, a dish and its first manager, whose PIN is printed once
    Add(NewLocation),
    /// Say which there are
    List,
}

/// A restaurant that is to be opened.
#[derive(Debug, Args)]
pub struct NewLocation {
    /// Its name
    #[arg(long)]
    pub name: String,
    /// Its time zone, as Europe/Lisbon
    #[arg(long)]
    pub time_zone: String,
    /// Its currency, as EUR
    #[arg(long)]
    pub currency: String,
    /// The first manager's name
    #[arg(long)]
    pub manager: String,
}

/// What can be done with devices on the command line.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Make a code that pairs a device: it is typed at /pair within ten minutes, once
    Code {
        /// What people will call the device
        #[arg(long)]
        name: String,
        /// What a screen shows, the slug of a station or of a saved screen, or expo; without it the device is a tablet
        #[arg(long)]
        screen: Option<String>,
        /// The restaurant, by name or id; needed where there are several
        #[arg(long)]
        location: Option<String>,
    },
}

/// What can be done with people on the command line.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Give a manager a long password for signing in from outside the house; it is read from the standard input
    SetPassword {
        /// The person's name
        name: String,
        /// The restaurant, by name or id; needed where there are several
        #[arg(long)]
        location: Option<String>,
    },
    /// Give a person a new PIN, and sign them out everywhere
    ResetPin {
        /// The person's name
        name: String,
        /// The new PIN, 4 to 8 digits; without it one is drawn
        #[arg(long, env = "COMANDA_NEW_PIN", hide_env_values = true)]
        pin: Option<String>,
        /// The restaurant, by name or id; needed where there are several
        #[arg(long)]
        location: Option<String>,
    },
}

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One object a line, for machines.
    Json,
}

/// What a developer breaks on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailPoint {
    /// The program dies between the commit of an order and the ring of its bell.
    ExitAfterCommit,
    /// The bell is not rung: the poll must notice.
    MuteBell,
    /// Screens hear no beats: whoever was left behind must be noticed without them.
    NoBeats,
    /// The database is not polled: only the bell tells of what other processes did.
    NoPoll,
}

/// Everything that can be set. Nothing secret prints itself.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Settings {
    /// Where to listen
    #[arg(long, env = "COMANDA_LISTEN", default_value = "127.0.0.1:3000", global = true)]
    pub listen: SocketAddr,
    /// Where metrics are read, in Prometheus' format; `off` for nowhere. Whoever reaches it reads them: keep it on loopback
    #[arg(long, env = "COMANDA_METRICS_LISTEN", default_value = "127.0.0.1:9300", value_parser = metrics_listen, global = true)]
    pub metrics_listen: MetricsListen,
    /// Cookies without Secure, for plain http beyond this machine. Whoever shares the network can read everything
    #[arg(long, env = "COMANDA_INSECURE_HTTP", global = true)]
    pub insecure_http: bool,
    /// Serve the house's own network: with TLS of the house's own, and pages that tell a device how to trust it. Listens on every address
    #[arg(long, env = "COMANDA_LAN", global = true)]
    pub lan: bool,
    /// Show the demo restaurant on the network too, with PINs that are drawn at every start
    #[arg(long, env = "COMANDA_LAN_DEMO", global = true)]
    pub lan_demo: bool,
    /// With --lan: the plain port that hands out the house's certificate, and leads everything else to https
    #[arg(long, env = "COMANDA_TRUST_LISTEN", default_value = "0.0.0.0:3080", global = true)]
    pub trust_listen: SocketAddr,
    /// A certificate of yours (PEM, with its chain) for TLS without a proxy; read again when it changes; without it --lan, a proxy, or no TLS
    #[arg(long, env = "COMANDA_TLS_CERT", global = true)]
    pub tls_cert: Option<PathBuf>,
    /// Its key (PEM); without it no certificate either
    #[arg(long, env = "COMANDA_TLS_KEY", global = true)]
    pub tls_key: Option<PathBuf>,
    /// Proxies that are believed who asks (X-Forwarded-For) and whether over https (X-Forwarded-Proto): addresses or networks, with commas; without it nobody is
    #[arg(long, env = "COMANDA_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<Network>,
    /// The database that serves; without it the program runs a private PostgreSQL
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<DatabaseUrl>,
    /// A file that holds `DATABASE_URL`; without it the systemd credential `comanda.database_url`, if there is one
    #[arg(long, env = "DATABASE_URL_FILE", global = true)]
    pub database_url_file: Option<PathBuf>,
    /// The database's owner, who migrates; without it `DATABASE_URL` does both
    #[arg(long, env = "DATABASE_OWNER_URL", hide_env_values = true, global = true)]
    pub database_owner_url: Option<DatabaseUrl>,
    /// A file that holds `DATABASE_OWNER_URL`; without it the credential `comanda.database_owner_url`, if there is one
    #[arg(long, env = "DATABASE_OWNER_URL_FILE", global = true)]
    pub database_owner_url_file: Option<PathBuf>,
    /// Connections to the database, at most
    #[arg(long, env = "COMANDA_DATABASE_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=500), global = true)]
    pub database_connections: u32,
    /// Run on a database whose commits may be lost in a power cut
    #[arg(long, env = "COMANDA_UNSAFE_DATABASE", global = true)]
    pub unsafe_database: bool,
    /// The Redis through which processes of one database hear of each other's commits; without it there is one process
    #[arg(long, env = "REDIS_URL", hide_env_values = true, global = true)]
    pub redis_url: Option<RedisUrl>,
    /// A file that holds `REDIS_URL`; without it the credential `comanda.redis_url`, if there is one
    #[arg(long, env = "REDIS_URL_FILE", global = true)]
    pub redis_url_file: Option<PathBuf>,
    /// What our channels and keys in Redis begin with; one word an installation
    #[arg(long, env = "COMANDA_REDIS_PREFIX", default_value = "comanda", value_parser = redis_prefix, global = true)]
    pub redis_prefix: String,
    /// Where the private database and the key of the PINs live [default: ./data, as root /var/lib/comanda where ./data cannot serve]
    #[arg(long, env = "COMANDA_DATA", global = true)]
    pub data: Option<PathBuf>,
    /// The folder of PostgreSQL's programs [default: the newest found]
    #[arg(long, env = "COMANDA_POSTGRES_BIN", global = true)]
    pub postgres_bin: Option<PathBuf>,
    /// Where dumps of the database lie [default: backups in the data folder]
    #[arg(long, env = "COMANDA_BACKUP_DIR", global = true)]
    pub backup_dir: Option<PathBuf>,
    /// Dumps that stay there, the newest ones; 0: a private database is not dumped every night, and none is removed
    #[arg(long, env = "COMANDA_BACKUPS_KEPT", default_value_t = 14, value_parser = clap::value_parser!(u32).range(0..=1000), global = true)]
    pub backups_kept: u32,
    /// Minutes from the end of the business day to the night's dump
    #[arg(long, env = "COMANDA_BACKUP_AFTER_CUT_OFF_MIN", default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=720), global = true)]
    pub backup_after_cut_off_min: u32,
    /// Seconds from the start to the dump of a night that was missed
    #[arg(long, env = "COMANDA_BACKUP_CATCH_UP_S", default_value_t = 600, value_parser = clap::value_parser!(u32).range(0..=86_400), global = true)]
    pub backup_catch_up_s: u32,
    /// Start although the machine's clock stands before what the database has seen
    #[arg(long, env = "COMANDA_TRUST_CLOCK", global = true)]
    pub trust_clock: bool,
    /// Seed the demo restaurant when the database holds none (a private database is seeded without it)
    #[arg(long, env = "COMANDA_DEMO", global = true)]
    pub demo: bool,
    /// Begin with the set-up page, not with the demo, where a private database holds no restaurant
    #[arg(long, env = "COMANDA_NO_DEMO", conflicts_with = "demo", global = true)]
    pub no_demo: bool,
    /// Minutes without a request until a person is signed out
    #[arg(long, env = "COMANDA_SESSION_IDLE_MIN", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=1440), global = true)]
    pub session_idle_min: u32,
    /// Hours until a person is signed out in any case
    #[arg(long, env = "COMANDA_SESSION_HOURS_MAX", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=72), global = true)]
    pub session_hours_max: u32,
    /// Requests of one session or key in a minute, at most; with Redis, over all processes
    #[arg(long, env = "COMANDA_REQUESTS_A_MINUTE", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(10..=10_000_000), global = true)]
    pub requests_a_minute: u32,
    /// Live sockets of one session or key, at most
    #[arg(long, env = "COMANDA_SOCKETS_PER_SESSION", default_value_t = 8, global = true)]
    pub sockets_per_session: usize,
    /// Live sockets of one restaurant, at most
    #[arg(long, env = "COMANDA_SOCKETS_PER_LOCATION", default_value_t = 256, global = true)]
    pub sockets_per_location: usize,
    /// Milliseconds in which screens change over to another process when this one is told to stop; 0: there is no other
    #[arg(long, env = "COMANDA_DRAIN_MS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=300_000), global = true)]
    pub drain_ms: u32,
    /// How logs look
    #[arg(long, env = "COMANDA_LOG_FORMAT", value_enum, default_value_t = LogFormat::Human, global = true)]
    pub log_format: LogFormat,
    /// What is logged: a level, or levels by module (debug shows every command and statement)
    #[arg(long, env = "COMANDA_LOG", default_value = "info", global = true)]
    pub log: String,
    /// For developers: break something on purpose
    #[arg(long, env = "COMANDA_FAIL_POINT", value_enum, hide = true, global = true)]
    pub fail_point: Option<FailPoint>,
}

/// Where metrics are read, if anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsListen {
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
}

fn metrics_listen(text: &str) -> Result<MetricsListen, String> {
    match text {
        "off" => Ok(MetricsListen::Off),
        address => address
            .parse()
            .map(MetricsListen::At)
            .map_err(|_| "an address with a port, as 127.0.0.1:9300, or off".to_owned()),
    }
}

/// Where a database is. It may carry a password, so it does not print itself.
#[derive(Clone)]
pub struct DatabaseUrl(pub PgConnectOptions);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let no_address = "not a postgres:// address";
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(no_address.to_owned()); // sqlx takes any scheme
        }
        // The source may repeat the address, and with it a password.
        text.parse().map(Self).map_err(|_| no_address.to_owned())
    }
}

/// Where Redis is, spoken to in RESP3. It may carry a password, so it does not print itself.
#[derive(Clone)]
pub struct RedisUrl(pub redis::Client);

impl std::fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisUrl(..)")
    }
}

impl std::str::FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let no_address = |_| "not a redis://, rediss:// or redis+unix:// address".to_owned();
        let info: redis::ConnectionInfo = text.parse().map_err(no_address)?;
        let settings = info.redis_settings().clone().set_protocol(redis::ProtocolVersion::RESP3);
        redis::Client::open(info.set_redis_settings(settings)).map(Self).map_err(no_address)
    }
}

fn redis_prefix(text: &str) -> Result<String, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    if plain && (1..=40).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("1 to 40 letters, digits, or any of - _ . :".to_owned())
    }
}

/// Addresses: one, or a network of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// Whether that address is among them.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let one = text.parse::<IpAddr>().map(IpNet::from);
        let network = one.or_else(|_| text.parse::<IpNet>()).map(Self);
        network.map_err(|_| "neither an address nor a network, like 10.0.0.0/8".to_owned())
    }
}
