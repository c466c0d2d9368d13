//! The passphrase of the app's encrypted file of secrets: from the environment, else asked for where somebody can answer.

use std::io::IsTerminal as _;

use accounts::{Accounts, AccountsError};
use store::Secret;

use crate::exit::Failure;

/// Named by a script that runs where nobody answers.
const VARIABLE: &str = "TERN_PASSPHRASE";
const TRIES_MAX: usize = 3;

/// Opens the file of secrets, if there is one and it is locked.
pub(crate) async fn unlock(accounts: &Accounts) -> Result<(), Failure> {
    if !accounts.is_locked() {
        return Ok(());
    }
    if let Some(passphrase) = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()) {
        return accounts.unlock(Secret::new(passphrase)).await.map_err(|error| refusal(&error, VARIABLE));
    }
    // Somebody who looks at the terminal and can type into it; a pipe or a timer cannot.
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::new(format!(
            "The secrets of the accounts are in an encrypted file. Run this in a terminal to be asked for the \
             passphrase, or set {VARIABLE}."
        )));
    }
    for tries_left in (0..TRIES_MAX).rev() {
        match accounts.unlock(ask().await?).await {
            Err(AccountsError::WrongPassphrase) if tries_left > 0 => {
                crate::output::error("This is not the passphrase of the file of secrets.");
            }
            Err(error) => return Err(refusal(&error, "what was typed")),
            Ok(()) => break,
        }
    }
    Ok(())
}

async fn ask() -> Result<Secret, Failure> {
    let asking = || rpassword::prompt_password("Passphrase of the file of secrets: ");
    let asked = tokio::task::spawn_blocking(asking).await.map_err(std::io::Error::other).and_then(|typed| typed);
    match asked {
        Ok(typed) => Ok(Secret::new(typed)),
        Err(error) => Err(Failure::new("The passphrase could not be read from the terminal.").because(error)),
    }
}

fn refusal(error: &AccountsError, source: &str) -> Failure {
    match error {
        AccountsError::WrongPassphrase => {
            Failure::new(format!("The file of secrets has another passphrase than {source}."))
        }
        AccountsError::SecretsDamaged(path) => Failure::new(format!(
            "{} is not a file of secrets, or not a whole one. Put back a copy of it, or let the app begin without it.",
            path.display()
        )),
        other => Failure::new("The file of secrets cannot be read.").because(other),
    }
}
