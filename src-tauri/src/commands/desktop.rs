//! The window on its desktop: closing it, its tray, its notices, the files it was given.

use super::{Answer, Shared};
use crate::drops::{self, Looked};
use crate::dto::AppError;
use crate::dto_desktop::{DesktopWords, GivenFiles, Notice, QuitQuestion};
use crate::events::texts;

/// What to ask before the window closes; fetched when the page is told to ask.
#[tauri::command]
#[specta::specta]
pub async fn quit_question(app: Shared<'_>) -> Answer<QuitQuestion> {
    app.surroundings.closing.fetched();
    Ok(QuitQuestion { running: app.running().await, tray: app.surroundings.tray.is_shown() })
}

/// Ends Tern; everything goes on at the next start.
#[tauri::command]
#[specta::specta]
pub async fn quit(app: Shared<'_>) -> Answer<()> {
    if let Some(front) = app.surroundings.front() {
        front.quit();
    }
    Ok(())
}

/// Takes the window off the screen; everything goes on. Stays where it is if there is no tray to bring it back from.
#[tauri::command]
#[specta::specta]
pub async fn keep_in_tray(app: Shared<'_>) -> Answer<()> {
    match app.surroundings.front() {
        Some(front) if app.surroundings.tray.is_shown() => front.hide(),
        _ => {}
    }
    Ok(())
}

/// Keeps this computer awake while bytes move, or not, until Tern is closed.
#[tauri::command]
#[specta::specta]
pub async fn set_keep_awake(app: Shared<'_>, on: bool) -> Answer<()> {
    app.allow_awake(on).await
}

/// Gives the words of tray and notices, at the start and when the language changes.
#[tauri::command]
#[specta::specta]
pub async fn set_desktop_words(app: Shared<'_>, words: DesktopWords) -> Answer<()> {
    app.surroundings.tray.set_words(words);
    Ok(())
}

/// Shows what the page was asked to put into words. A desktop without notices shows none; the window shows it all.
#[tauri::command]
#[specta::specta]
pub async fn show_notice(app: Shared<'_>, notice: Notice) -> Answer<()> {
    app.surroundings.show_notice(&notice).await;
    Ok(())
}

/// Files that were given to Tern from outside, such as on the command line, since this was last asked.
#[tauri::command]
#[specta::specta]
pub async fn take_given_files(app: Shared<'_>) -> Answer<GivenFiles> {
    let given = app.surroundings.take_given();
    if given.is_empty() {
        return Ok(GivenFiles::default());
    }
    let looking = tokio::task::spawn_blocking(|| drops::look(given));
    let Looked { paths, refused, refused_more } = looking.await.map_err(AppError::internal)?;
    Ok(GivenFiles { paths: texts(&paths), refused, refused_more })
}
