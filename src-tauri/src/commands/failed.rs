//! What has failed, by its cause.

use std::collections::BTreeSet;

use engine::{Engine, ErrorCode, Filter, NewTransfer, PageRequest, State, TransferId, TransferView};

use super::{Answer, Shared};
use crate::dto::AppError;
use crate::dto_list::{Acted, BegunElsewhere, Exported, FailedGroup, FailedGroups, FailedPage, FailedPaths};
use crate::policy::{self, Policy};
use crate::selection::{AT_A_TIME, ids_of};
use crate::undo::Undo;
use crate::waiting::wait_for;
use crate::{elsewhere, export, view};

/// Most rows of a page, whatever is asked for.
const PAGE_ROWS_MAX: u32 = 500;
/// More paths than these are of no use on a clipboard; a file has them all.
const PATHS_MAX: usize = 10_000;

/// The transfers of a cause, or all that failed.
fn filter(code: Option<&str>) -> Answer<Filter> {
    let Some(code) = code else { return Ok(Filter::Failed) };
    let known = ErrorCode::ALL.into_iter().find(|known| known.as_str() == code);
    known.map(Filter::FailedOf).ok_or_else(|| AppError::internal(format!("{code} is no cause")))
}

/// The causes, with how many failed of each.
#[tauri::command]
#[specta::specta]
pub async fn failed_groups(app: Shared<'_>) -> Answer<FailedGroups> {
    let engine = app.engine().await?;
    wait_for(|| groups_of(engine))
}

fn groups_of(engine: &Engine) -> Answer<FailedGroups> {
    let revision = engine.revision();
    let mut groups = Vec::new();
    for cause in engine.failed_causes()? {
        let newest = engine.page(PageRequest { filter: Filter::FailedOf(cause.code), after: None, limit: 1 })?;
        let newest = newest.rows.first();
        let error = newest.and_then(|view| view.error.as_ref());
        groups.push(FailedGroup {
            code: cause.code.as_str().to_owned(),
            count: cause.count,
            store_code: error.and_then(|error| error.answer.as_ref()?.code.clone()),
            needs: error.and_then(policy::missing_right),
            downloads: newest.is_some_and(|view| view.kind() == engine::Kind::Download),
        });
    }
    Ok(FailedGroups { revision, total: groups.iter().map(|group| group.count).sum(), groups })
}

/// A page of what failed of one cause, newest first.
#[tauri::command]
#[specta::specta]
pub async fn failed_rows(app: Shared<'_>, code: String, after: Option<u64>, limit: u32) -> Answer<FailedPage> {
    let limit = limit.min(PAGE_ROWS_MAX) as usize;
    let request = PageRequest { filter: filter(Some(&code))?, after: after.map(TransferId), limit };
    let engine = app.engine().await?;
    let page = wait_for(|| engine.page(request))?;
    // A row that has begun again meanwhile is in another list by now.
    let failed = page.rows.iter().filter(|view| view.state == engine::State::Failed);
    let rows = failed.map(view::failed_row).collect();
    Ok(FailedPage { revision: page.revision, total: page.total, rows, next: page.next.map(|id| id.0) })
}

/// Tries all of a cause again, or all that failed. Answers with how many.
#[tauri::command]
#[specta::specta]
pub async fn retry_failed(app: Shared<'_>, code: Option<String>) -> Answer<u64> {
    let (engine, filter) = (app.engine().await?, filter(code.as_deref())?);
    let ids = wait_for(|| ids_of(engine, filter))?;
    for some in ids.chunks(AT_A_TIME) {
        engine.resume(some).await?;
    }
    Ok(ids.len() as u64)
}

/// Takes all of a cause out of the list, or all that failed; can be undone.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_failed(app: Shared<'_>, code: Option<String>) -> Answer<Acted> {
    let (engine, filter) = (app.engine().await?, filter(code.as_deref())?);
    let ids = wait_for(|| ids_of(engine, filter))?;
    let until_ms = engine.dismiss(&ids).await?;
    Ok(Acted { count: ids.len() as u64, undo: Some(app.undo.remember(Undo::Recall(until_ms))) })
}

/// Sources of what failed, one a line, newest first.
#[tauri::command]
#[specta::specta]
pub async fn failed_paths(app: Shared<'_>, code: Option<String>) -> Answer<FailedPaths> {
    let engine = app.engine().await?;
    let (filter, mut after, mut total) = (filter(code.as_deref())?, None, 0);
    let mut lines: Vec<String> = Vec::new();
    while lines.len() < PATHS_MAX {
        let limit = (PATHS_MAX - lines.len()).min(PAGE_ROWS_MAX as usize);
        let page = wait_for(|| engine.page(PageRequest { filter, after, limit }))?;
        total = page.total;
        lines.extend(page.rows.iter().map(|view| view.spec.source.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let count = lines.len() as u64;
    Ok(FailedPaths { text: lines.join("\n"), count, left_out: total.saturating_sub(count) })
}

/// The text of a policy that allows what the failed ones of a cause need: for whoever gives out rights.
#[tauri::command]
#[specta::specta]
pub async fn failed_policy(app: Shared<'_>, code: String) -> Answer<String> {
    let (engine, filter) = (app.engine().await?, filter(Some(&code))?);
    let mut wanted = Policy::default();
    wait_for(|| each(engine, filter, |view| wanted.allow(&view.spec)))?;
    Ok(wanted.text())
}

/// Asks for a folder, lets the failed downloads of a cause begin anew in it, at the same places relative to each other,
/// and takes the failed ones out of the list with what they had received; none if the dialog was closed.
#[tauri::command]
#[specta::specta]
pub async fn change_failed_folder(app: Shared<'_>, code: String) -> Answer<Option<BegunElsewhere>> {
    let filter = filter(Some(&code))?;
    let Some(folder) = app.desktop()?.pick_folder().await else { return Ok(None) };
    let engine = app.engine().await?;
    let (mut old, mut specs, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    wait_for(|| {
        each(engine, filter, |view| {
            if view.kind() == engine::Kind::Download {
                old.push((view.id, view.done_bytes > 0));
                specs.push(view.spec.clone());
                sizes.push(view.size_bytes);
            }
        })
    })?;
    elsewhere::retarget(&mut specs, &folder);
    let sized = |(spec, expected_bytes)| NewTransfer { spec, expected_bytes };
    let new: Vec<NewTransfer> = specs.into_iter().zip(sizes).map(sized).collect();
    // First the new, then the old: what breaks off between them leaves one too many, and none too few.
    let added: BTreeSet<TransferId> = super::transfers::add(engine, new).await?.into_iter().map(TransferId).collect();
    let count = old.len() as u64;
    // One that had its place there already goes on by itself, and is not taken away.
    old.retain(|(id, _)| !added.contains(id));
    let ids: Vec<TransferId> = old.iter().map(|(id, _)| *id).collect();
    let begun_anew = old.iter().filter(|(_, had_bytes)| *had_bytes).count() as u64;
    let undo = if ids.is_empty() {
        None
    } else {
        let until_ms = engine.dismiss(&ids).await?;
        Some(app.undo.remember(Undo::Instead { until_ms, added: added.into_iter().collect() }))
    };
    Ok(Some(BegunElsewhere { count, begun_anew, folder: folder.display().to_string(), undo }))
}

/// Looks at every transfer of a filter, a page at a time.
fn each(engine: &Engine, filter: Filter, mut look: impl FnMut(&TransferView)) -> Answer<()> {
    let mut after = None;
    loop {
        let page = engine.page(PageRequest { filter, after, limit: AT_A_TIME })?;
        page.rows.iter().filter(|view| view.state == State::Failed).for_each(&mut look);
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Asks where to, then writes all that failed there as CSV or JSONL; none if the dialog was closed.
#[tauri::command]
#[specta::specta]
pub async fn export_failed(app: Shared<'_>) -> Answer<Option<Exported>> {
    let Some(path) = app.desktop()?.save_file("failed.csv", &["csv", "jsonl"]).await else { return Ok(None) };
    let engine = app.engine().await?.clone();
    let target = path.clone();
    let writing = tokio::task::spawn_blocking(move || export::failed(&engine, &target));
    let count = writing.await.map_err(AppError::internal)??;
    Ok(Some(Exported { path: path.display().to_string(), count }))
}
