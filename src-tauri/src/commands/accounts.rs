//! Accounts: the practice one, those of the user, and which is in use.

use ::accounts::PRACTICE_ACCOUNT;
use engine::StoreId;

use super::{Answer, Shared};
use crate::connect;
use crate::dto::{AccountView, ConnectForm, KeysForm};

/// Starts the practice server and uses it.
#[tauri::command]
#[specta::specta]
pub async fn connect_practice(app: Shared<'_>) -> Answer<AccountView> {
    let opened = app.opened().await?;
    opened.stores.of(PRACTICE_ACCOUNT).await?;
    opened.accounts.set_current(Some(PRACTICE_ACCOUNT))?;
    app.account_view(PRACTICE_ACCOUNT).await
}

/// Tries the account of the form and, if it answers, keeps and uses it.
#[tauri::command]
#[specta::specta]
pub async fn connect(app: Shared<'_>, form: ConnectForm) -> Answer<AccountView> {
    let opened = app.opened().await?;
    let connection = connect::read_form(&opened.accounts, form)?;
    connect::check(&connection).await?;
    let id = connection.profile.id.clone();
    opened.accounts.save(connection.profile, connection.secrets).await?;
    opened.stores.close(&id).await;
    opened.accounts.set_current(Some(&id))?;
    // What stopped because the old keys had expired goes on with the same uploads.
    app.engine().await?.credentials_renewed(&StoreId(id.clone())).await?;
    app.account_view(&id).await
}

/// Tries new keys for an account that is known and, if they work, keeps them: what stopped because the old ones had
/// expired goes on. Answers with how many transfers that are.
#[tauri::command]
#[specta::specta]
pub async fn renew_keys(app: Shared<'_>, id: String, keys: KeysForm) -> Answer<u32> {
    let opened = app.opened().await?;
    let connection = connect::with_new_keys(&opened.accounts, &id, keys).await?;
    connect::check(&connection).await?;
    opened.accounts.save(connection.profile, connection.secrets).await?;
    opened.stores.close(&id).await;
    let resumed = app.engine().await?.credentials_renewed(&StoreId(id)).await?;
    Ok(u32::try_from(resumed.len()).unwrap_or(u32::MAX))
}

/// All accounts; the practice one last, if it was ever used.
#[tauri::command]
#[specta::specta]
pub async fn accounts(app: Shared<'_>) -> Answer<Vec<AccountView>> {
    let mut views = Vec::new();
    for profile in app.opened().await?.accounts.profiles()? {
        views.push(app.account_view(&profile.id).await?);
    }
    if app.practice.was_used() {
        views.push(app.practice.view().await);
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

/// Removes an account and its secrets from this computer. The practice objects stay.
#[tauri::command]
#[specta::specta]
pub async fn forget_account(app: Shared<'_>, id: String) -> Answer<()> {
    let opened = app.opened().await?;
    opened.stores.close(&id).await;
    Ok(opened.accounts.forget(&id).await?)
}
