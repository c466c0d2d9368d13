//! Accounts: the practice one, those of the user, and which is in use.

use std::path::Path;

use ::accounts::PRACTICE_ACCOUNT;
use engine::StoreId;
use tauri::ipc::Channel;

use super::{Answer, Shared};
use crate::app::App;
use crate::ca_file;
use crate::connect::{self, Connection};
use crate::dto::AppError;
use crate::dto_accounts::{AccountForm, AccountUse, AccountView, CheckProgress, ConnectForm, KeysForm, KeysNeeded};
use crate::stores::OpenStore;

/// Beyond this, “more than” says enough.
const COUNTED_MAX: u64 = 10_000;

/// Starts the practice server and uses it.
#[tauri::command]
#[specta::specta]
pub async fn connect_practice(app: Shared<'_>) -> Answer<AccountView> {
    let opened = app.opened().await?;
    opened.stores.of(PRACTICE_ACCOUNT).await?;
    opened.accounts.set_current(Some(PRACTICE_ACCOUNT))?;
    app.account_view(PRACTICE_ACCOUNT).await
}

/// Tries the account of the form step by step, and keeps nothing.
#[tauri::command]
#[specta::specta]
pub async fn check_account(app: Shared<'_>, form: ConnectForm, progress: Channel<CheckProgress>) -> Answer<()> {
    let connection = connect::read_form(&app.opened().await?.accounts, form).await?;
    try_out(&app, &connection, progress).await.map(drop)
}

/// Gives up the check that runs, if one does.
#[tauri::command]
#[specta::specta]
pub async fn cancel_check(app: Shared<'_>) -> Answer<()> {
    app.check.cancel();
    Ok(())
}

/// Tries the account of the form and, if it answers, keeps and uses it.
#[tauri::command]
#[specta::specta]
pub async fn connect(app: Shared<'_>, form: ConnectForm, progress: Channel<CheckProgress>) -> Answer<AccountView> {
    let opened = app.opened().await?;
    let connection = connect::read_form(&opened.accounts, form).await?;
    let store = try_out(&app, &connection, progress).await?;
    let id = keep(&app, connection, store).await?;
    opened.accounts.set_current(Some(&id))?;
    // What stopped for want of keys goes on with the same uploads.
    app.engine().await?.credentials_renewed(&StoreId(id.clone())).await?;
    app.account_view(&id).await
}

/// Tries new keys for an account that is known and, if they work, keeps them: what stopped for want of them goes on.
/// Answers with how many transfers that are.
#[tauri::command]
#[specta::specta]
pub async fn renew_keys(app: Shared<'_>, id: String, keys: KeysForm, progress: Channel<CheckProgress>) -> Answer<u32> {
    let connection = connect::with_new_keys(&app.opened().await?.accounts, &id, keys).await?;
    let store = try_out(&app, &connection, progress).await?;
    keep(&app, connection, store).await?;
    let resumed = app.engine().await?.credentials_renewed(&StoreId(id)).await?;
    Ok(u32::try_from(resumed.len()).unwrap_or(u32::MAX))
}

async fn try_out(app: &App, connection: &Connection, progress: Channel<CheckProgress>) -> Result<OpenStore, AppError> {
    let tell = |step| {
        if let Err(error) = progress.send(step) {
            tracing::debug!(%error, "the window does not listen to the check");
        }
    };
    app.check.run(connect::try_out(connection, tell)).await
}

/// Keeps an account and the store that was tried: what that one has learned about the clock stays.
async fn keep(app: &App, connection: Connection, store: OpenStore) -> Result<String, AppError> {
    let opened = app.opened().await?;
    let id = connection.profile.id.clone();
    opened.accounts.save(connection.profile, connection.secrets).await?;
    opened.stores.replace(&id, store);
    Ok(id)
}

/// All accounts; the practice one last, if it was ever used.
#[tauri::command]
#[specta::specta]
pub async fn accounts(app: Shared<'_>) -> Answer<Vec<AccountView>> {
    let opened = app.opened().await?;
    let mut views = Vec::new();
    for profile in opened.accounts.profiles()? {
        views.push(app.account_view(&profile.id).await?);
    }
    if app.practice.was_used() {
        views.push(app.account_view(PRACTICE_ACCOUNT).await?);
    }
    Ok(views)
}

/// Uses another account.
#[tauri::command]
#[specta::specta]
pub async fn use_account(app: Shared<'_>, id: String) -> Answer<AccountView> {
    let opened = app.opened().await?;
    opened.stores.of(&id).await?;
    opened.accounts.set_current(Some(&id))?;
    app.account_view(&id).await
}

/// Gives an account another name.
#[tauri::command]
#[specta::specta]
pub async fn rename_account(app: Shared<'_>, id: String, name: String) -> Answer<AccountView> {
    let name = name.trim();
    if name.is_empty() {
        return Err(AppError::invalid_name("it is empty"));
    }
    app.opened().await?.accounts.rename(&id, name)?;
    app.account_view(&id).await
}

/// What is known of an account, for the form that changes it.
#[tauri::command]
#[specta::specta]
pub async fn account_form(app: Shared<'_>, id: String) -> Answer<AccountForm> {
    connect::form_of(&app.opened().await?.accounts, &id).await
}

/// How many transfers still need an account.
#[tauri::command]
#[specta::specta]
pub async fn account_use(app: Shared<'_>, id: String) -> Answer<AccountUse> {
    let engine = app.engine().await?.clone();
    let counting = move || engine.needing(&StoreId(id), COUNTED_MAX + 1);
    let found = tokio::task::spawn_blocking(counting).await.map_err(AppError::internal)??;
    Ok(AccountUse { transfers: found.min(COUNTED_MAX), more: found > COUNTED_MAX })
}

/// The accounts whose transfers wait for keys: theirs have expired, or are not known any more.
#[tauri::command]
#[specta::specta]
pub async fn keys_needed(app: Shared<'_>) -> Answer<Vec<KeysNeeded>> {
    let profiles = app.opened().await?.accounts.profiles()?;
    let engine = app.engine().await?.clone();
    let counting = move || {
        let mut needed = Vec::new();
        for profile in profiles {
            let transfers = engine.held_for_credentials(&StoreId(profile.id.clone()))? as u64;
            if transfers > 0 {
                needed.push(KeysNeeded { id: profile.id, name: profile.name, transfers });
            }
        }
        Ok::<_, engine::EngineError>(needed)
    };
    Ok(tokio::task::spawn_blocking(counting).await.map_err(AppError::internal)??)
}

/// Removes an account and its secrets from this computer. The practice objects stay.
#[tauri::command]
#[specta::specta]
pub async fn forget_account(app: Shared<'_>, id: String) -> Answer<()> {
    let opened = app.opened().await?;
    // Let go of first: a keychain that asks for long, or refuses, leaves no client with the secret at work. While secrets
    // are locked nothing is forgotten, and the one that works is not opened again.
    if !opened.accounts.is_locked() {
        opened.stores.close(&id);
    }
    let forgotten = opened.accounts.forget(&id).await;
    // Somebody may have opened it again before its profile was gone.
    if opened.accounts.profile(&id).is_err() {
        opened.stores.close(&id);
    }
    Ok(forgotten?)
}

/// Looks at a file of certificates; answers with how many there are in it.
#[tauri::command]
#[specta::specta]
pub async fn check_ca_file(path: String) -> Answer<u32> {
    Ok(u32::try_from(ca_file::count(Path::new(&path)).await?).unwrap_or(u32::MAX))
}
