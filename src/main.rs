//! The command line: serve (default) and errands, which `config` lists.

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;

use clap::Parser as _;
use comanda::backup::Wish;
use comanda::config::{Comanda, Command, DeviceCommand, LocationCommand, LogFormat, Settings, StaffCommand};
use comanda::{errands, secrets, serve, supervisor};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let Comanda { command, mut settings } = Comanda::parse();
    if let Err(err) = start_log(&settings) {
        eprintln!("comanda: --log {:?} is no filter: {err}", settings.log);
        return ExitCode::from(2);
    }
    let handed = match prepare(&mut settings) {
        Ok(handed) => handed,
        Err(err) => {
            say(err.as_ref());
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(err) => {
            eprintln!("comanda: the program could not start its threads: {err}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match command.unwrap_or(Command::Serve) {
            Command::Serve => serve::serve(settings, handed).await,
            Command::Migrate => errands::migrate(settings).await,
            Command::Health => errands::health(&settings).await,
            Command::Demo => errands::demo(settings).await,
            Command::SetupCode => errands::setup_code(settings).await,
            Command::Location { command: LocationCommand::Add(new) } => {
                errands::add_location(settings, &new).await
            }
            Command::Location { command: LocationCommand::List } => errands::list_locations(settings).await,
            Command::Device { command: DeviceCommand::Code { name, screen, location } } => {
                errands::device_code(settings, &name, screen, location.as_deref()).await
            }
            Command::Staff { command: StaffCommand::SetPassword { name, location } } => {
                errands::set_password(settings, &name, location.as_deref()).await
            }
            Command::Staff { command: StaffCommand::ResetPin { name, pin, location } } => {
                errands::reset_pin(settings, &name, pin, location.as_deref()).await
            }
            Command::Token { name, staff, location } => {
                errands::token(settings, &name, &staff, location.as_deref()).await
            }
            Command::Backup { to, with_keys } => errands::backup(&settings, to, with_keys).await,
            Command::Restore { file, yes, keys, new_cluster } => {
                errands::restore(&settings, &Wish { file, yes, keys, new_cluster }).await
            }
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            say(err.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// What has to happen before there are threads: secrets are read, and what the environment hands over is taken from it.
fn prepare(settings: &mut Settings) -> Result<Option<TcpListener>, errands::Failure> {
    secrets::fill(settings)?;
    Ok(supervisor::inherited()?)
}

/// The whole chain: the outermost says what failed, the innermost why.
fn say(err: &dyn Error) {
    eprintln!("comanda: {err}");
    let mut source = err.source();
    while let Some(err) = source {
        eprintln!("  because: {err}");
        source = err.source();
    }
}

fn start_log(settings: &Settings) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter: EnvFilter = settings.log.parse()?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Human => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
