//! The window itself: its status, its settings, its dialogs and its pushes.

use tauri::ipc::Channel;

use super::{Answer, Shared};
use crate::dto::{AppStatus, Push, Settings};
use crate::events::texts;

/// What the window shows before anything else.
#[tauri::command]
#[specta::specta]
pub async fn app_status(app: Shared<'_>) -> Answer<AppStatus> {
    app.status().await
}

/// What the window remembers between runs.
#[tauri::command]
#[specta::specta]
pub async fn get_settings(app: Shared<'_>) -> Answer<Settings> {
    Ok(app.settings.settings())
}

/// Remembers settings.
#[tauri::command]
#[specta::specta]
pub async fn set_settings(app: Shared<'_>, settings: Settings) -> Answer<()> {
    app.change_settings(settings).await
}

/// Shows the log in its folder.
#[tauri::command]
#[specta::specta]
pub async fn reveal_log(app: Shared<'_>) -> Answer<()> {
    app.desktop()?.reveal(&app.log_file())
}

/// From now on the channel gets counters, ends of transfers, and files dragged over the window.
#[tauri::command]
#[specta::specta]
pub async fn subscribe(app: Shared<'_>, channel: Channel<Push>) -> Answer<()> {
    app.pushes.subscribe(channel);
    Ok(())
}

/// Opens the dialog for files; none if it was closed.
#[tauri::command]
#[specta::specta]
pub async fn pick_files(app: Shared<'_>) -> Answer<Vec<String>> {
    Ok(texts(&app.desktop()?.pick_files().await))
}

/// Opens the dialog for a folder.
#[tauri::command]
#[specta::specta]
pub async fn pick_folder(app: Shared<'_>) -> Answer<Option<String>> {
    let folder = app.desktop()?.pick_folder().await;
    Ok(folder.map(|path| path.to_string_lossy().into_owned()))
}
