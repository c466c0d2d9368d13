//! Wishes for one, for some and for all that is selected, and taking them back.

use engine::{Actions, Engine, TransferId};

use super::transfers::transfer_ids;
use super::{Answer, Shared};
use crate::dto::{AppError, TransferFilter};
use crate::dto_list::{ActOn, Acted, Dismissal, MoveTo, Select, Selected};
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
    // Asked before the ids are read: a list of a million need not be looked at row by row.
    let is_done_list = app.selection.is_done_list();
    let ids = wait_for(|| app.selection.ids(engine))?;
    let how = match act {
        ActOn::Cancel => Dismissal::Cancel,
        ActOn::Remove => Dismissal::Remove,
        ActOn::Pause | ActOn::Resume | ActOn::Retry => return run(engine, &ids, act).await,
    };
    let acted = match how {
        Dismissal::Remove if is_done_list => dismissed(engine, &app.undo, &ids).await?,
        _ => dismissed(engine, &app.undo, &fitting(engine, &ids, how.fits())?).await?,
    };
    app.selection.clear();
    Ok(acted)
}

/// Gives transfers up, or takes them out of the list: they are gone from it at once, and removed when ten seconds have
/// passed without an undo. What this does not fit is left alone: what has ended meanwhile is not given up any more, and
/// what runs is not taken out.
#[tauri::command]
#[specta::specta]
pub async fn dismiss(app: Shared<'_>, ids: Vec<u64>, how: Dismissal) -> Answer<Acted> {
    let engine = app.engine().await?;
    dismissed(engine, &app.undo, &fitting(engine, &transfer_ids(ids), how.fits())?).await
}

/// Clears the whole list of what is done, as [`dismiss`] does. There is no other list that may go without a question.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_list(app: Shared<'_>, filter: TransferFilter) -> Answer<Acted> {
    if filter != TransferFilter::Done {
        let error = engine::TransferError::new(engine::ErrorCode::InvalidOption);
        return Err(AppError::from(error).with("name", "filter").with("value", format!("{filter:?}")));
    }
    let engine = app.engine().await?;
    dismissed(engine, &app.undo, &wait_for(|| ids_of(engine, listed(filter)))?).await
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

/// Puts these out of the lists, whatever they are.
async fn dismissed(engine: &Engine, book: &UndoBook, ids: &[TransferId]) -> Answer<Acted> {
    if ids.is_empty() {
        return Ok(Acted { count: 0, undo: None });
    }
    let until_ms = engine.dismiss(ids).await?;
    Ok(Acted { count: ids.len() as u64, undo: Some(book.remember(Undo::Recall(until_ms))) })
}

impl Dismissal {
    /// As the actions of a row say it: what has failed can be given up and taken out.
    fn fits(self) -> impl Fn(&Actions) -> bool {
        move |actions| match self {
            Self::Cancel => actions.can_cancel,
            Self::Remove => actions.can_remove || actions.can_retry,
        }
    }
}

/// Those that offer it: a wish for all must not do to one what nobody could click on it.
fn fitting(engine: &Engine, ids: &[TransferId], fits: impl Fn(&Actions) -> bool) -> Answer<Vec<TransferId>> {
    let mut fitting = Vec::new();
    for some in ids.chunks(AT_A_TIME) {
        let views = wait_for(|| engine.views(some))?;
        fitting.extend(views.iter().filter(|view| fits(&view.actions())).map(|view| view.id));
    }
    Ok(fitting)
}

async fn run(engine: &Engine, ids: &[TransferId], act: ActOn) -> Answer<Acted> {
    let mut count = 0;
    for some in ids.chunks(AT_A_TIME) {
        let fits = |actions: &Actions| match act {
            ActOn::Pause => actions.can_pause,
            ActOn::Resume => actions.can_resume,
            ActOn::Retry => actions.can_retry,
            ActOn::Cancel | ActOn::Remove => false,
        };
        let some = fitting(engine, some, fits)?;
        count += some.len() as u64;
        match act {
            ActOn::Pause => engine.pause(&some).await?,
            ActOn::Resume | ActOn::Retry => engine.resume(&some).await?,
            ActOn::Cancel | ActOn::Remove => {}
        }
    }
    Ok(Acted { count, undo: None })
}
