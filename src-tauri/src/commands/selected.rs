//! Wishes for one, for some and for all that is selected, and taking them back.

use engine::{Engine, TransferId};

use super::transfers::transfer_ids;
use super::{Answer, Shared};
use crate::dto::TransferFilter;
use crate::dto_list::{ActOn, Acted, MoveTo, Select, Selected};
use crate::selection::{AT_A_TIME, ids_of, listed, reorder};
use crate::undo::{Undo, UndoBook};
use crate::waiting::wait_for;

/// Changes what is selected in a list, and says what is.
#[tauri::command]
#[specta::specta]
pub async fn select(app: Shared<'_>, filter: TransferFilter, change: Select) -> Answer<Selected> {
    let engine = app.engine().await?;
    Ok(wait_for(|| {
        app.selection.change(engine, filter, change)?;
        app.selection.figures(engine, filter)
    })?)
}

/// What is selected in a list just now.
#[tauri::command]
#[specta::specta]
pub async fn selected(app: Shared<'_>, filter: TransferFilter) -> Answer<Selected> {
    let engine = app.engine().await?;
    Ok(wait_for(|| app.selection.figures(engine, filter))?)
}

/// Does something with all that is selected; what it does not fit is left alone.
#[tauri::command]
#[specta::specta]
pub async fn act_on_selection(app: Shared<'_>, act: ActOn) -> Answer<Acted> {
    let engine = app.engine().await?;
    let ids = wait_for(|| app.selection.ids(engine))?;
    let acted = run(engine, &app.undo, &ids, act).await?;
    if act == ActOn::Dismiss {
        app.selection.clear();
    }
    Ok(acted)
}

/// Gives transfers up, or clears them away: they are gone from the list at once, and removed when ten seconds have
/// passed without an undo.
#[tauri::command]
#[specta::specta]
pub async fn dismiss(app: Shared<'_>, ids: Vec<u64>) -> Answer<Acted> {
    run(app.engine().await?, &app.undo, &transfer_ids(ids), ActOn::Dismiss).await
}

/// Clears a whole list away, as [`dismiss`] does.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_list(app: Shared<'_>, filter: TransferFilter) -> Answer<Acted> {
    let engine = app.engine().await?;
    run(engine, &app.undo, &wait_for(|| ids_of(engine, listed(filter)))?, ActOn::Dismiss).await
}

/// Moves transfers that wait to another place in the queue.
#[tauri::command]
#[specta::specta]
pub async fn move_transfers(app: Shared<'_>, ids: Vec<u64>, to: MoveTo) -> Answer<Acted> {
    moved(app.engine().await?, &app.undo, &transfer_ids(ids), to).await
}

/// Moves all that is selected and waits to another place in the queue.
#[tauri::command]
#[specta::specta]
pub async fn move_selection(app: Shared<'_>, to: MoveTo) -> Answer<Acted> {
    let engine = app.engine().await?;
    moved(engine, &app.undo, &wait_for(|| app.selection.ids(engine))?, to).await
}

/// Takes a wish back. False if it is too late for that.
#[tauri::command]
#[specta::specta]
pub async fn undo(app: Shared<'_>, number: u64) -> Answer<bool> {
    Ok(app.undo.undo(number, app.engine().await?).await?)
}

async fn moved(engine: &Engine, book: &UndoBook, ids: &[TransferId], to: MoveTo) -> Answer<Acted> {
    Ok(match reorder(engine, ids, to).await? {
        Some((count, undo)) => Acted { count, undo: Some(book.remember(undo)) },
        None => Acted { count: 0, undo: None },
    })
}

async fn run(engine: &Engine, book: &UndoBook, ids: &[TransferId], act: ActOn) -> Answer<Acted> {
    let count = ids.len() as u64;
    if act == ActOn::Dismiss {
        let until_ms = engine.dismiss(ids).await?;
        return Ok(Acted { count, undo: (count > 0).then(|| book.remember(Undo::Recall(until_ms))) });
    }
    let mut concerned = 0;
    for some in ids.chunks(AT_A_TIME) {
        // Each asks only for what its rows offer: a wish for all must not do to one what nobody could click on it.
        let fits = |actions: engine::Actions| match act {
            ActOn::Pause => actions.can_pause,
            ActOn::Resume => actions.can_resume,
            ActOn::Retry => actions.can_retry,
            ActOn::Dismiss => false,
        };
        let some: Vec<TransferId> =
            wait_for(|| engine.views(some))?.iter().filter(|view| fits(view.actions())).map(|view| view.id).collect();
        concerned += some.len() as u64;
        match act {
            ActOn::Pause => engine.pause(&some).await?,
            ActOn::Resume | ActOn::Retry => engine.resume(&some).await?,
            ActOn::Dismiss => {}
        }
    }
    Ok(Acted { count: concerned, undo: None })
}
