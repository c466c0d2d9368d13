//! The history, and receipts: made of what is done or read from a file, looked at, checked again, saved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use engine::ledger::{HistoryPlace, HistoryRequest};
use engine::{End, Engine, EngineError, LocalDisk, State, StoreId, TransferDetail, TransferError, TransferId};
use receipt::{Entry, Moment, RECEIPT_BYTES_MAX, Receipt, Tally, write_files};
use store::Crc64;
use tokio::io::AsyncReadExt as _;

use super::{Answer, Shared};
use crate::dto::AppError;
use crate::dto_receipts::{
    CheckResult, HistoryCursor, HistoryPage, PaperRow, PaperView, ReceiptCheckProgress, ReceiptChoice, ReceiptFormat,
};
use crate::error::OwnCode;
use crate::paper_rows::number;
use crate::papers::{self, ENTRIES_MAX, PaperEnds, Papers, unwritable};
use crate::stores::AccountStores;
use crate::times::milliseconds;
use crate::view;
use crate::waiting::wait_for;

/// Most rows of a page, whatever is asked for.
const PAGE_ROWS_MAX: u32 = 500;

/// Rows of the history that one question looks at, at most: what is searched answers in a blink, with the place where
/// it stopped, and the window decides whether to go on.
const LOOKED_AT_MAX: usize = 2_000;

/// A piece of the history: what is done, newest first, as far as the search has looked.
#[tauri::command]
#[specta::specta]
pub async fn history(app: Shared<'_>, after: Option<HistoryCursor>, search: String, limit: u32) -> Answer<HistoryPage> {
    let engine = app.engine().await?;
    let request = HistoryRequest {
        after: after.map(|place| HistoryPlace { ended_ms: place.ended_ms, id: TransferId(place.id) }),
        search,
        rows_max: limit.min(PAGE_ROWS_MAX) as usize,
        looked_at_max: LOOKED_AT_MAX,
    };
    let found = wait_for(|| engine.history(&request))?;
    let limits = engine.limits();
    Ok(HistoryPage {
        rows: found.rows.iter().map(|one| view::row(one, &limits)).collect(),
        next: found.next.map(|place| HistoryCursor { ended_ms: place.ended_ms, id: place.id.0 }),
        kept_days: app.settings.settings().history_days,
    })
}

/// Makes a receipt of transfers that are done, and opens it.
#[tauri::command]
#[specta::specta]
pub async fn open_receipt(app: Shared<'_>, choice: ReceiptChoice) -> Answer<PaperView> {
    let engine = app.engine().await?;
    let ids = match choice {
        ReceiptChoice::Transfers { ids } => {
            let mut seen = BTreeSet::new();
            ids.into_iter().map(TransferId).filter(|id| seen.insert(*id)).collect()
        }
        ReceiptChoice::Span { since_ms, until_ms, search } => ended_between(engine, since_ms, until_ms, search).await?,
    };
    if ids.len() > ENTRIES_MAX {
        return Err(AppError::receipt(&receipt::ReceiptError::TooLarge, ""));
    }
    let mut details = Vec::with_capacity(ids.len());
    for id in ids {
        let detail = engine.detail(id).await?;
        details.push(detail.ok_or(EngineError::NoSuchTransfer(id))?);
        // Each is one short look at the ledger; between two of them others have their turn.
        tokio::task::yield_now().await;
    }
    let (stores, made) = (app.opened().await?.stores.clone(), now()?);
    opened(&app, move |papers| {
        let product = concat!("Tern ", env!("CARGO_PKG_VERSION")).to_owned();
        papers.open(Receipt { product, made, entries: entries(&stores, &details)? })
    })
    .await
}

/// Opens a receipt where hashing it keeps nobody waiting, and stops the checks of those that are let go of for it.
async fn opened(
    app: &Shared<'_>,
    open: impl FnOnce(&Papers) -> Answer<papers::Opened> + Send + 'static,
) -> Answer<PaperView> {
    let shared = app.inner().clone();
    let opening = tokio::task::spawn_blocking(move || open(&shared.papers));
    let papers::Opened { view, let_go } = opening.await.map_err(AppError::internal)??;
    for paper in let_go {
        app.stops.stop(&name(paper));
    }
    Ok(view)
}

/// Transfers that ended in a span of time and that a search finds, oldest first; at most one more than a receipt takes.
async fn ended_between(
    engine: &Engine,
    since_ms: Option<i64>,
    until_ms: Option<i64>,
    search: String,
) -> Answer<Vec<TransferId>> {
    let after = until_ms.map(|ended_ms| HistoryPlace { ended_ms, id: TransferId(0) });
    let rows_max = PAGE_ROWS_MAX as usize;
    let mut request = HistoryRequest { after, search, rows_max, looked_at_max: LOOKED_AT_MAX };
    let mut ids = Vec::new();
    loop {
        let found = wait_for(|| engine.history(&request))?;
        let young = |ended_ms: Option<i64>| since_ms.is_none_or(|since| ended_ms.is_some_and(|ended| ended >= since));
        ids.extend(found.rows.iter().filter(|row| young(row.ended_ms)).map(|row| row.id));
        match found.next {
            Some(next) if young(Some(next.ended_ms)) && ids.len() <= ENTRIES_MAX => request.after = Some(next),
            _ => break,
        }
        tokio::task::yield_now().await;
    }
    ids.reverse();
    Ok(ids)
}

/// Endpoints of all stores that are named, as far as they are known here.
fn endpoints(stores: &AccountStores, details: &[TransferDetail]) -> BTreeMap<StoreId, String> {
    let ends = details.iter().flat_map(|detail| [&detail.view.spec.source, &detail.view.spec.target]);
    let named: BTreeSet<&StoreId> = ends.filter_map(End::store).collect();
    named.into_iter().filter_map(|id| Some((id.clone(), stores.endpoint_of(id)?))).collect()
}

/// Opens the receipt in a file, if it is one and still fits its root hash.
#[tauri::command]
#[specta::specta]
pub async fn open_receipt_file(app: Shared<'_>, path: String) -> Answer<PaperView> {
    let mut bytes = Vec::new();
    let read = async {
        let file = tokio::fs::File::open(&path).await?;
        file.take(RECEIPT_BYTES_MAX + 1).read_to_end(&mut bytes).await
    };
    read.await.map_err(|error| TransferError::source(Path::new(&path), &error))?;
    opened(&app, move |papers| papers.open_file(path, bytes)).await
}

/// Rows of an open receipt, from one on.
#[tauri::command]
#[specta::specta]
pub async fn receipt_rows(app: Shared<'_>, paper: u64, from: u32, limit: u32) -> Answer<Vec<PaperRow>> {
    Ok(app.papers.get(paper)?.rows(from as usize, limit.min(PAGE_ROWS_MAX) as usize))
}

/// Looks at both ends of every transfer of an open receipt again; nothing if it was stopped. Files are read, objects
/// only with `read`. What that proves of a transfer that was done without a checksum to compare with is recorded.
#[tauri::command]
#[specta::specta]
pub async fn check_receipt(app: Shared<'_>, paper: u64, read: bool) -> Answer<Option<CheckResult>> {
    let open = app.papers.get(paper)?;
    let stores = app.opened().await?.stores.clone();
    let ends = PaperEnds { stores, trusts_shares: open.is_ours() };
    let tally = app.stops.run(&name(paper), open.check(ends, read)).await;
    // Also what was proved before it was stopped. A file may speak of transfers of another computer, whatever their
    // numbers are.
    let proved = open.take_proved();
    let recorded = if open.is_ours() { record(&app, &proved).await? } else { Vec::new() };
    let Some(tally) = tally else { return Ok(None) };
    let count = number(recorded.len());
    let view = wait_for(|| {
        if recorded.is_empty() {
            return Ok(open.view(paper));
        }
        app.papers.put(paper, open.with(now()?, recorded)?).ok_or_else(|| AppError::new(OwnCode::ReceiptClosed))
    })?;
    let Tally { ends, equal, not_compared_by_content, different, gone, unchecked, skipped, notes } = tally;
    Ok(Some(CheckResult {
        targets: number(ends),
        equal: number(equal),
        not_by_content: number(not_compared_by_content),
        different: number(different),
        gone: number(gone),
        unchecked: number(unchecked),
        skipped: number(skipped),
        sources_changed: number(notes),
        proved: count,
        view,
    }))
}

/// Records what was proved of transfers, and answers with what their receipt says of them from now on.
async fn record(app: &Shared<'_>, proved: &[(TransferId, Crc64)]) -> Answer<Vec<Entry>> {
    let engine = app.engine().await?;
    let mut details = Vec::new();
    for id in engine.proved(proved).await? {
        // One that was given up just now is in no receipt.
        details.extend(engine.detail(id).await?.filter(|detail| detail.view.state == State::Done));
    }
    entries(&app.opened().await?.stores, &details)
}

/// What a receipt says of transfers.
fn entries(stores: &AccountStores, details: &[TransferDetail]) -> Answer<Vec<Entry>> {
    let endpoints = endpoints(stores, details);
    let of = |detail: &TransferDetail| Entry::of(detail, &|store| endpoints.get(store).cloned());
    let mut entries: Vec<Entry> = details.iter().map(of).collect::<Result<_, _>>().map_err(AppError::internal)?;
    receipt::thin(&mut entries);
    Ok(entries)
}

fn now() -> Answer<Moment> {
    Moment::from_ms(milliseconds(SystemTime::now())).ok_or_else(|| AppError::internal("the clock is off"))
}

/// How far the check of an open receipt has come.
#[tauri::command]
#[specta::specta]
pub async fn check_progress(app: Shared<'_>, paper: u64) -> Answer<ReceiptCheckProgress> {
    Ok(app.papers.get(paper)?.progress())
}

/// Stops the check of a receipt. What was found by then stays.
#[tauri::command]
#[specta::specta]
pub async fn stop_check(app: Shared<'_>, paper: u64) -> Answer<()> {
    app.stops.stop(&name(paper));
    Ok(())
}

fn name(paper: u64) -> String {
    format!("receipt {paper}")
}

/// Asks where, and saves an open receipt there; the path, or nothing if the dialog was closed.
#[tauri::command]
#[specta::specta]
pub async fn save_receipt(app: Shared<'_>, paper: u64, format: ReceiptFormat) -> Answer<Option<String>> {
    let open = app.papers.get(paper)?;
    let extension = match format {
        ReceiptFormat::Json => "json",
        ReceiptFormat::Html => "html",
    };
    let usual = format!("{}.{extension}", open.receipt.usual_name());
    let Some(path) = app.desktop()?.save_file(&usual, &[extension]).await else { return Ok(None) };
    let write = move || {
        let text = open.text(format)?;
        write_files(&LocalDisk, &[(path.as_path(), &*text)], true).map_err(|error| unwritable(&error))?;
        Ok(Some(path.display().to_string()))
    };
    tokio::task::spawn_blocking(write).await.map_err(AppError::internal)?
}

/// Lets go of a receipt, and stops its check.
#[tauri::command]
#[specta::specta]
pub async fn close_receipt(app: Shared<'_>, paper: u64) -> Answer<()> {
    app.stops.stop(&name(paper));
    app.papers.close(paper);
    Ok(())
}
