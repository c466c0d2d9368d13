//! `tern-cli`: moves files to, from and between TOS buckets, resumably; the engine without a window.
//!
//! Thin: it understands what was typed, opens the engine on the user's data folder, and says what happened. Every
//! decision about a transfer is the engine's. Results go to standard output, everything else to standard error; the
//! exit code is in [`exit`].

mod account;
mod address;
mod adopt_command;
mod args;
mod attempts;
mod copy_command;
mod exit;
mod file_checks;
mod json_lines;
mod object_commands;
mod output;
mod passphrase;
mod progress;
mod receipt_command;
mod remove_command;
mod report;
mod server_command;
mod signals;
mod size;
mod stores;
mod transfer_commands;
mod uploads_command;
mod verify_command;
mod watch;
mod words;
mod workbench;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Arguments, Command};
use crate::exit::{Ending, Failure};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse(); // ends by itself with exit code 2 and a sentence
    // Quiet unless asked: what a person needs to know is said in sentences.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("TERN_LOG").unwrap_or_else(|_| "off".into()))
        .with_writer(std::io::stderr)
        .init();
    engine::log_panics();
    machine::raise_file_limit();
    match run(arguments).await {
        Ok(ending) => ending.into(),
        Err(failure) => {
            failure.tell();
            failure.ending().into()
        }
    }
}

async fn run(arguments: Arguments) -> Result<Ending, Failure> {
    let account = arguments.account;
    match arguments.command {
        Command::Cp(options) => copy_command::run(&account, options).await,
        Command::Transfers { json } => transfer_commands::list(&account, json),
        Command::Resume(options) => transfer_commands::resume(&account, options).await,
        Command::Pause { ids } => transfer_commands::pause(&account, &ids).await,
        Command::Cancel { ids, to } => transfer_commands::cancel(&account, &to, &ids).await,
        Command::Ls(options) => object_commands::list(&account, options).await,
        Command::Stat { address, json } => object_commands::stat(&account, &address, json).await,
        Command::Mb { address } => object_commands::make_bucket(&account, &address).await,
        Command::Presign(options) => object_commands::presign(&account, options).await,
        Command::Rm(options) => remove_command::run(&account, options).await,
        Command::Uploads { command } => uploads_command::run(&account, command).await,
        Command::Receipt(options) => receipt_command::run(&account, options).await,
        Command::Verify(options) => verify_command::run(&account, options).await,
        Command::LocalServer(options) => server_command::run(&account, options).await,
    }
}
