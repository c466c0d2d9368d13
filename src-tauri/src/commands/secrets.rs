//! Where secrets are kept on a system without a keychain: the choice of the user, and the passphrase.

use engine::StoreId;

use super::{Answer, Shared};
use crate::app::App;
use crate::dto::AppError;
use crate::dto_accounts::{SecretText, SecretsPlace};

/// Keeps secrets in an encrypted file from now on, beginning with those that this run knows.
#[tauri::command]
#[specta::specta]
pub async fn keep_secrets_in_file(app: Shared<'_>, passphrase: SecretText) -> Answer<SecretsPlace> {
    app.opened().await?.accounts.keep_secrets_in_file(passphrase.0).await?;
    app.secrets_place().await
}

/// Opens that file for this run; what waited for its secrets goes on.
#[tauri::command]
#[specta::specta]
pub async fn unlock_secrets(app: Shared<'_>, passphrase: SecretText) -> Answer<SecretsPlace> {
    app.opened().await?.accounts.unlock(passphrase.0).await?;
    let_go_on(&app).await?;
    app.secrets_place().await
}

/// Gives that file another passphrase.
#[tauri::command]
#[specta::specta]
pub async fn change_passphrase(app: Shared<'_>, old: SecretText, next: SecretText) -> Answer<SecretsPlace> {
    app.opened().await?.accounts.change_passphrase(old.0, next.0).await?;
    app.secrets_place().await
}

/// Deletes that file and keeps what was in it in the keychain, or for this run only.
#[tauri::command]
#[specta::specta]
pub async fn end_secrets_file(app: Shared<'_>) -> Answer<SecretsPlace> {
    app.opened().await?.accounts.end_secrets_file().await?;
    app.secrets_place().await
}

/// Deletes that file with all that is in it: nobody remembers the passphrase.
#[tauri::command]
#[specta::specta]
pub async fn discard_secrets_file(app: Shared<'_>) -> Answer<SecretsPlace> {
    app.opened().await?.accounts.discard_secrets_file().await?;
    app.secrets_place().await
}

async fn let_go_on(app: &App) -> Result<(), AppError> {
    let profiles = app.opened().await?.accounts.profiles()?;
    let engine = app.engine().await?;
    for profile in profiles {
        engine.credentials_renewed(&StoreId(profile.id)).await?;
    }
    Ok(())
}
