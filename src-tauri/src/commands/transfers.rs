//! Transfers: adding, listing, and what the user wants of them.

use engine::{
    End, Engine, EngineError, Filter, NewTransfer, OptionsChange, Page, PageRequest, Route, StoreId, TransferId,
    TransferSpec,
};
use store::ObjectRef;

use super::{Answer, Shared};
use crate::dto::{AppError, Conflict, CopyRoute, TransferDetail, TransferFilter, TransferPage, TransferRow};
use crate::dto_browser::ChosenObject;
use crate::dto_list::{LogPage, TransferOptionsForm};
use crate::waiting::wait_for;
use crate::{naming, selection, starts, view};

/// Most rows of a page, whatever is asked for.
const PAGE_ROWS_MAX: u32 = 500;

/// Uploads files into a prefix of a bucket; answers with the ids, in order.
#[tauri::command]
#[specta::specta]
pub async fn add_uploads(
    app: Shared<'_>,
    bucket: String,
    prefix: String,
    paths: Vec<String>,
    conflict: Conflict,
) -> Answer<Vec<u64>> {
    let store = StoreId(app.current_account().await?);
    add(app.engine().await?, wait_for(|| naming::uploads(&store, &bucket, &prefix, &paths, &app.how(conflict)))?).await
}

/// Downloads objects into a folder.
#[tauri::command]
#[specta::specta]
pub async fn add_downloads(
    app: Shared<'_>,
    bucket: String,
    objects: Vec<ChosenObject>,
    folder: String,
    conflict: Conflict,
) -> Answer<Vec<u64>> {
    let store = StoreId(app.current_account().await?);
    add(app.engine().await?, naming::downloads(&store, &bucket, &objects, &folder, &app.how(conflict))?).await
}

/// Downloads one version of an object into a folder, under the name of the object.
#[tauri::command]
#[specta::specta]
pub async fn add_version_download(
    app: Shared<'_>,
    bucket: String,
    key: String,
    version_id: String,
    folder: String,
    conflict: Conflict,
) -> Answer<Vec<u64>> {
    let store = StoreId(app.current_account().await?);
    let version = store::VersionId(version_id);
    let how = app.how(conflict);
    add(app.engine().await?, vec![naming::version_download(&store, &bucket, &key, version, &folder, &how)?]).await
}

/// Copies objects into a prefix of a bucket of the same account.
#[tauri::command]
#[specta::specta]
pub async fn add_copies(
    app: Shared<'_>,
    bucket: String,
    objects: Vec<ChosenObject>,
    to_bucket: String,
    to_prefix: String,
    conflict: Conflict,
) -> Answer<Vec<u64>> {
    let store = StoreId(app.current_account().await?);
    add(app.engine().await?, naming::copies(&store, &bucket, &objects, &to_bucket, &to_prefix, &app.how(conflict))?)
        .await
}

/// Which way copies between two buckets go; asked before they are added, and decided by the engine both times.
#[tauri::command]
#[specta::specta]
pub async fn copy_route(app: Shared<'_>, bucket: String, to_bucket: String) -> Answer<CopyRoute> {
    let (store, _) = app.current_store().await?;
    let end = |bucket: String| End::object(store.clone(), ObjectRef::new(bucket, ""));
    let spec = naming::spec(end(bucket), end(to_bucket), &app.how(Conflict::Fail));
    Ok(match app.engine().await?.route_of(&spec).await? {
        Route::Server => CopyRoute::Inside,
        Route::Relay => CopyRoute::Relay,
    })
}

/// Adds what is new. What moves between the same two ends in the same way already goes on instead, so that asking
/// twice sends once.
pub(super) async fn add<T: Into<NewTransfer>>(engine: &Engine, all: Vec<T>) -> Answer<Vec<u64>> {
    let mut ids = Vec::with_capacity(all.len());
    let mut new = Vec::new();
    for one in all.into_iter().map(Into::into) {
        let open = wait_for(|| find_same(engine, &one.spec))?;
        if open.is_none() {
            new.push(one);
        }
        ids.push(open);
    }
    let known: Vec<TransferId> = ids.iter().flatten().copied().collect();
    let mut added = engine.add(new).await?.into_iter();
    engine.resume(&known).await?;
    Ok(ids.into_iter().filter_map(|id| id.or_else(|| added.next())).map(|id| id.0).collect())
}

/// The transfer that is not over and does just this.
fn find_same(engine: &Engine, spec: &TransferSpec) -> Answer<Option<TransferId>> {
    let Some(id) = engine.find_open(&[(&spec.source, &spec.target)])?.pop().flatten() else { return Ok(None) };
    Ok(engine.view(id)?.filter(|view| view.spec.options.do_the_same_as(&spec.options)).map(|view| view.id))
}

/// A page of the transfers of a filter.
#[tauri::command]
#[specta::specta]
pub async fn transfers(
    app: Shared<'_>,
    filter: TransferFilter,
    after: Option<u64>,
    limit: u32,
) -> Answer<TransferPage> {
    let limit = limit.min(PAGE_ROWS_MAX) as usize;
    let engine = app.engine().await?;
    let ((page, next), limits) = (wait_for(|| page(engine, filter, after, limit))?, engine.limits());
    let mut rows: Vec<TransferRow> = page.rows.iter().map(|one| view::row(one, &limits)).collect();
    if filter == TransferFilter::Active && after.is_none() {
        starts::tell(&mut rows);
    }
    let selected = app.selection.among(filter, rows.iter().map(|row| row.id));
    Ok(TransferPage { revision: page.revision, total: page.total, rows, selected, next })
}

/// Where the list of what works goes on: behind so many that work, or behind one that waits.
enum GoesOn {
    Working(usize),
    Waiting(TransferId),
}

impl GoesOn {
    /// As a number that the page hands back as it got it.
    fn told(self) -> u64 {
        match self {
            Self::Working(count) => (count as u64) << 1,
            Self::Waiting(id) => id.0 << 1 | 1,
        }
    }

    fn from_told(told: u64) -> Self {
        if told & 1 == 0 {
            Self::Working(usize::try_from(told >> 1).unwrap_or(usize::MAX))
        } else {
            Self::Waiting(TransferId(told >> 1))
        }
    }
}

/// A page of the engine, and where the next one begins. The list of what works goes on with what is next in line.
fn page(
    engine: &Engine,
    shown: TransferFilter,
    after: Option<u64>,
    limit: usize,
) -> Result<(Page, Option<u64>), EngineError> {
    if shown != TransferFilter::Active {
        let after = after.map(TransferId);
        let page = engine.page(PageRequest { filter: selection::listed(shown), after, limit })?;
        let next = page.next.map(|id| id.0);
        return Ok((page, next));
    }
    let waiting = |after, limit| engine.page(PageRequest { filter: Filter::Waiting, after, limit });
    let told = |page: &Page| page.next.map(|id| GoesOn::Waiting(id).told());
    let before = match after.map_or(GoesOn::Working(0), GoesOn::from_told) {
        GoesOn::Waiting(id) => {
            let page = waiting(Some(id), limit)?;
            let (total, next) = (page.total + engine.counts()?.active, told(&page));
            return Ok((Page { total, ..page }, next));
        }
        GoesOn::Working(before) => before,
    };
    // There are few of them, and all are in memory.
    let mut page = engine.page(PageRequest { filter: Filter::Active, after: None, limit: usize::MAX })?;
    page.rows = page.rows.split_off(before.min(page.rows.len()));
    let more = page.rows.len() >= limit;
    page.rows.truncate(limit);
    // Where those that work end with the page, the next one begins with the first that waits.
    let line = waiting(None, limit - page.rows.len())?;
    page.total += line.total;
    let next = match more {
        true => Some(GoesOn::Working(before + page.rows.len()).told()).filter(|_| page.total > (before + limit) as u64),
        false => told(&line),
    };
    page.rows.extend(line.rows);
    Ok((page, next))
}

/// One transfer with its parts.
#[tauri::command]
#[specta::specta]
pub async fn transfer_detail(app: Shared<'_>, id: u64) -> Answer<TransferDetail> {
    let engine = app.engine().await?;
    let (detail, limits) = (engine.detail(TransferId(id)).await?, engine.limits());
    detail
        .as_ref()
        .map(|one| view::detail(one, &limits))
        .ok_or_else(|| AppError::from(EngineError::NoSuchTransfer(TransferId(id))))
}

/// A page of the log of a transfer, newest first.
#[tauri::command]
#[specta::specta]
pub async fn transfer_log(app: Shared<'_>, id: u64, before: Option<u64>, limit: u32) -> Answer<LogPage> {
    let detail = app.engine().await?.detail(TransferId(id)).await?;
    let detail = detail.ok_or_else(|| AppError::from(EngineError::NoSuchTransfer(TransferId(id))))?;
    Ok(app.journal.page(&detail, before, limit.min(PAGE_ROWS_MAX) as usize))
}

/// Changes how a transfer is done, as far as it is not too late for that.
#[tauri::command]
#[specta::specta]
pub async fn set_transfer_options(app: Shared<'_>, id: u64, form: TransferOptionsForm) -> Answer<()> {
    let change = OptionsChange {
        parallel_parts: form.parallel_parts,
        part_size_bytes: form.part_size_bytes,
        conflict: form.conflict.map(naming::conflict_rule),
    };
    Ok(app.engine().await?.set_options(TransferId(id), change).await?)
}

/// Stops transfers and keeps everything.
#[tauri::command]
#[specta::specta]
pub async fn pause(app: Shared<'_>, ids: Vec<u64>) -> Answer<()> {
    Ok(app.engine().await?.pause(&transfer_ids(ids)).await?)
}

/// Lets paused transfers go on.
#[tauri::command]
#[specta::specta]
pub async fn resume(app: Shared<'_>, ids: Vec<u64>) -> Answer<()> {
    Ok(app.engine().await?.resume(&transfer_ids(ids)).await?)
}

/// Lets transfers begin that wait for a place.
#[tauri::command]
#[specta::specta]
pub async fn start_now(app: Shared<'_>, ids: Vec<u64>) -> Answer<()> {
    Ok(app.engine().await?.start_now(&transfer_ids(ids)).await?)
}

/// Stops transfers and removes what was sent.
#[tauri::command]
#[specta::specta]
pub async fn cancel(app: Shared<'_>, ids: Vec<u64>) -> Answer<()> {
    Ok(app.engine().await?.cancel(&transfer_ids(ids)).await?)
}

/// Tries failed transfers again; they go on from what arrived.
#[tauri::command]
#[specta::specta]
pub async fn retry(app: Shared<'_>, ids: Vec<u64>) -> Answer<()> {
    Ok(app.engine().await?.resume(&transfer_ids(ids)).await?)
}

/// Takes transfers that are over out of the list.
#[tauri::command]
#[specta::specta]
pub async fn remove(app: Shared<'_>, ids: Vec<u64>) -> Answer<()> {
    Ok(app.engine().await?.remove(&transfer_ids(ids)).await?)
}

/// Pauses everything.
#[tauri::command]
#[specta::specta]
pub async fn pause_all(app: Shared<'_>) -> Answer<()> {
    Ok(app.engine().await?.pause_all().await?)
}

/// Lets everything that is paused go on.
#[tauri::command]
#[specta::specta]
pub async fn resume_all(app: Shared<'_>) -> Answer<()> {
    Ok(app.engine().await?.resume_all().await?)
}

/// Shows the file at this computer's end in its folder.
#[tauri::command]
#[specta::specta]
pub async fn reveal(app: Shared<'_>, id: u64) -> Answer<()> {
    let engine = app.engine().await?;
    let view = wait_for(|| engine.view(TransferId(id)))?;
    match view.as_ref().and_then(view::local_file) {
        Some(path) => app.desktop()?.reveal(path),
        None => Err(AppError::internal("this transfer has no file to show")),
    }
}

pub(super) fn transfer_ids(ids: Vec<u64>) -> Vec<TransferId> {
    ids.into_iter().map(TransferId).collect()
}
