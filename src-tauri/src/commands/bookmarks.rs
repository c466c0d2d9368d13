//! Bookmarks: places of the account in use, kept with the settings.

use super::{Answer, Shared};
use crate::dto::Bookmark;
use crate::waiting::wait_for;

/// The bookmarks of the account in use, in the order in which they were made.
#[tauri::command]
#[specta::specta]
pub async fn bookmarks(app: Shared<'_>) -> Answer<Vec<Bookmark>> {
    Ok(app.settings.bookmarks(&app.current_account().await?))
}

/// Keeps a place; one that is kept already stays where it is. Answers with all of them.
#[tauri::command]
#[specta::specta]
pub async fn add_bookmark(app: Shared<'_>, bookmark: Bookmark) -> Answer<Vec<Bookmark>> {
    let account = app.current_account().await?;
    wait_for(|| app.settings.add_bookmark(&account, bookmark))?;
    Ok(app.settings.bookmarks(&account))
}

/// Forgets a place; nothing in the bucket is touched. Answers with those that are left.
#[tauri::command]
#[specta::specta]
pub async fn remove_bookmark(app: Shared<'_>, bookmark: Bookmark) -> Answer<Vec<Bookmark>> {
    let account = app.current_account().await?;
    wait_for(|| app.settings.remove_bookmark(&account, &bookmark))?;
    Ok(app.settings.bookmarks(&account))
}
