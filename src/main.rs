//! The command line: serve (default), migrate, demo, staff, token.

use std::process::ExitCode;

use clap::Parser as _;
use comanda::config::{Comanda, Command, LogFormat, Settings, StaffCommand};
use comanda::{errands, serve};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let Comanda { command, settings } = Comanda::parse();
    if let Err(err) = start_log(&settings) {
        eprintln!("comanda: --log {:?} is no filter: {err}", settings.log);
        return ExitCode::from(2);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(err) => {
            eprintln!("comanda: the program could not start its threads: {err}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match command.unwrap_or(Command::Serve) {
            Command::Serve => serve::serve(settings).await,
            Command::Migrate => errands::migrate(settings).await,
            Command::Demo => errands::demo(settings).await,
            Command::Staff { command: StaffCommand::ResetPin { name, pin } } => {
                errands::reset_pin(settings, &name, pin).await
            }
            Command::Token { name, staff } => errands::token(settings, &name, &staff).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            // The whole chain: the outermost says what failed, the innermost why.
            eprintln!("comanda: {err}");
            let mut source = err.source();
            while let Some(err) = source {
                eprintln!("  because: {err}");
                source = err.source();
            }
            ExitCode::FAILURE
        }
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
