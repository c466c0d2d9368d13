//! The log of each transfer: what the engine told of it in this run, and what the ledger remembers of it.
//!
//! The engine's events are kept in memory, a bounded number for each transfer and a bounded number in all; what was
//! touched longest ago is forgotten first. So the log of a run is rich and that of last week has what was recorded: when
//! it was added, planned, last saved and ended, why, and by which requests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{
    Clock as _, Engine, EventKind, PartDetails, Phase, RequestPurpose, SystemClock, TransferDetail, TransferId,
};
use tokio::sync::broadcast::error::RecvError;

use crate::dto::AppError;
use crate::dto_list::{LogPage, LogRow};

/// Lines kept of one transfer.
const OF_ONE: usize = 400;
/// Lines kept of all.
const OF_ALL: usize = 40_000;
/// Numbers below belong to what the ledger remembers.
const FIRST: u64 = 1_000;

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    count: usize,
    /// How often any was touched; each has the number of its last time.
    touches: u64,
    of: BTreeMap<TransferId, (u64, VecDeque<LogRow>)>,
}

/// The logs. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Kept>>);

/// A line without number and time.
struct Said {
    what: &'static str,
    params: Vec<(&'static str, String)>,
    why: Option<engine::TransferError>,
}

impl Journal {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens until the engine is gone.
    pub async fn listen(self, engine: Engine) {
        let (mut events, clock) = (engine.events(), SystemClock::new());
        loop {
            match events.recv().await {
                Ok(event) => self.take(event.transfer, event.kind, clock.wall_ms()),
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "events are not in the log"),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn take(&self, id: TransferId, kind: EventKind, at_ms: i64) {
        let Some(Said { what, params, why }) = said(kind) else { return };
        let mut kept = self.kept();
        kept.next += 1;
        kept.touches += 1;
        let (seq, touch) = (FIRST + kept.next, kept.touches);
        let request_id = why.as_ref().and_then(|error| error.answer.as_ref()?.request_id.clone());
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let row = LogRow { seq, at_ms, what: what.to_owned(), params, why: why.map(AppError::from), request_id };
        let (last, rows) = kept.of.entry(id).or_default();
        *last = touch;
        rows.push_back(row);
        if rows.len() > OF_ONE {
            rows.pop_front();
        } else {
            kept.count += 1;
        }
        while kept.count > OF_ALL {
            // Once in a thousand lines at most, and then all of one transfer goes.
            let oldest = kept.of.iter().min_by_key(|(_, (touch, _))| *touch).map(|(id, _)| *id);
            let Some((_, rows)) = oldest.and_then(|id| kept.of.remove(&id)) else { break };
            kept.count -= rows.len();
        }
    }

    /// A page of the log of a transfer, newest first.
    pub fn page(&self, detail: &TransferDetail, before: Option<u64>, limit: usize) -> LogPage {
        let kept = self.kept();
        let told: Vec<LogRow> =
            kept.of.get(&detail.view.id).map(|(_, rows)| rows.iter().cloned().collect()).unwrap_or_default();
        drop(kept);
        let mut rows = recorded(detail, told.first().map(|row| row.at_ms));
        rows.extend(told);
        let total = rows.len() as u64;
        let earlier = rows.into_iter().rev().filter(|row| before.is_none_or(|before| row.seq < before));
        let mut rows: Vec<LogRow> = earlier.take(limit + 1).collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        LogPage { total, next: rows.last().filter(|_| more).map(|row| row.seq), rows }
    }
}

/// When, what, with which numbers, why, and the request that it was told by.
type Line<'a> = (i64, &'a str, Vec<(&'a str, String)>, Option<AppError>, Option<String>);

/// What the ledger remembers of the time before `told_from`.
fn recorded(detail: &TransferDetail, told_from: Option<i64>) -> Vec<LogRow> {
    let view = &detail.view;
    let mut lines: Vec<Line> = Vec::new();
    lines.push((view.added_ms, "added", vec![], None, None));
    if let Some(checkpoint) = detail.checkpoint.as_ref().filter(|known| known.planned_ms > 0) {
        let parts = detail.parts.len().to_string();
        lines.push((checkpoint.planned_ms, "planned", vec![("n", parts)], None, None));
    }
    if let Some(saved_ms) = detail.saved_ms.filter(|_| view.ended_ms.is_none()) {
        lines.push((saved_ms, "saved", vec![], None, None));
    }
    if let Some(ended_ms) = view.ended_ms {
        for request in view.result.iter().flat_map(engine::Transferred::request_ids) {
            let what = match request.purpose {
                RequestPurpose::LookedAtSource => "looked_at_source",
                RequestPurpose::Published => "published",
                RequestPurpose::Verified => "looked_at_target",
            };
            lines.push((ended_ms, what, vec![], None, Some(request.id)));
        }
        // Its end is told by the event, if there was one in this run.
        if told_from.is_none_or(|from| ended_ms < from) {
            let request_id = view.error.as_ref().and_then(|error| error.answer.as_ref()?.request_id.clone());
            lines.push((ended_ms, of_phase(view.phase()), vec![], view.error.clone().map(AppError::from), request_id));
        }
    }
    lines
        .into_iter()
        .zip(1..)
        .map(|((at_ms, what, params, why, request_id), seq)| LogRow {
            seq,
            at_ms,
            what: what.to_owned(),
            params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            why,
            request_id,
        })
        .collect()
}

fn of_phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Scanning => "scanning",
        Phase::Waiting => "waiting",
        Phase::Transferring => "transferring",
        Phase::Verifying => "verifying",
        Phase::Paused => "paused",
        Phase::NoNetwork => "no_network",
        Phase::Retrying => "retrying",
        Phase::Failed => "failed",
        Phase::DoneVerified => "done_verified",
        Phase::DoneUnverified => "done_unverified",
        Phase::Cancelling => "cancelling",
        Phase::Cancelled => "cancelled",
    }
}

/// Progress is not told: it would be all that a log has.
fn said(kind: EventKind) -> Option<Said> {
    let plain = |what| Some(Said { what, params: Vec::new(), why: None });
    let wrong = |what, error| Some(Said { what, params: Vec::new(), why: Some(error) });
    let of =
        |part: &PartDetails| vec![("part", part.part_number.to_string()), ("size", part.part_size_bytes.to_string())];
    match kind {
        EventKind::CreateMultipartUploadSucceed { upload_id } => {
            Some(Said { what: "upload_opened", params: vec![("upload_id", upload_id)], why: None })
        }
        EventKind::CreateMultipartUploadFailed { error } => wrong("upload_not_opened", error),
        EventKind::UploadPartSucceed { part } | EventKind::UploadPartCopySucceed { part } => {
            Some(Said { what: "part_accepted", params: of(&part), why: None })
        }
        EventKind::DownloadPartSucceed { part } => Some(Said { what: "part_written", params: of(&part), why: None }),
        EventKind::UploadPartFailed { part, error }
        | EventKind::DownloadPartFailed { part, error }
        | EventKind::UploadPartCopyFailed { part, error } => {
            Some(Said { what: "part_failed", params: of(&part), why: Some(error) })
        }
        EventKind::UploadPartAborted { part, error }
        | EventKind::DownloadPartAborted { part, error }
        | EventKind::UploadPartCopyAborted { part, error } => {
            Some(Said { what: "part_refused", params: of(&part), why: Some(error) })
        }
        EventKind::CompleteMultipartUploadSucceed { .. } => plain("assembled"),
        EventKind::CompleteMultipartUploadFailed { error } => wrong("not_assembled", error),
        EventKind::CreateTempFileSucceed { temp_file } => {
            Some(Said { what: "file_made", params: vec![("path", temp_file)], why: None })
        }
        EventKind::CreateTempFileFailed { error } => wrong("file_not_made", error),
        EventKind::RenameTempFileSucceed { .. } => plain("file_named"),
        EventKind::RenameTempFileFailed { error } => wrong("file_not_named", error),
        EventKind::RouteChosen { route: engine::Route::Server } => plain("route_server"),
        EventKind::RouteChosen { route: engine::Route::Relay } => plain("route_relay"),
        EventKind::Restarted { error } => wrong("starts_over", error),
        EventKind::StateChanged { phase, error, retry_in_ms } => {
            let seconds = retry_in_ms.map(|wait| wait.div_ceil(1000).to_string());
            Some(Said { what: of_phase(phase), params: seconds.map(|s| ("s", s)).into_iter().collect(), why: error })
        }
        EventKind::DataTransferStarted { .. }
        | EventKind::DataTransferRw { .. }
        | EventKind::DataTransferSucceed { .. }
        | EventKind::DataTransferFailed { .. }
        | EventKind::Removed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(n: u32) -> EventKind {
        let part = PartDetails { part_number: n, offset_bytes: 0, part_size_bytes: 5, etag: None, crc64: None };
        EventKind::UploadPartSucceed { part }
    }

    #[test]
    fn a_log_is_bounded_for_one_and_for_all_and_the_longest_untouched_goes_first() {
        let journal = Journal::default();
        for n in 0..1_000 {
            journal.take(TransferId(1), part(n), 0);
        }
        assert_eq!(journal.kept().of[&TransferId(1)].1.len(), OF_ONE);
        assert_eq!(journal.kept().of[&TransferId(1)].1.back().unwrap().params["part"], "999");
        for id in 2..=200 {
            for n in 0..OF_ONE as u32 {
                journal.take(TransferId(id), part(n), 0);
            }
        }
        let kept = journal.kept();
        let sum: usize = kept.of.values().map(|(_, rows)| rows.len()).sum();
        assert_eq!(sum, kept.count);
        assert!(kept.count <= OF_ALL);
        assert!(!kept.of.contains_key(&TransferId(1)) && kept.of.contains_key(&TransferId(200)));
    }

    #[test]
    fn progress_is_not_told() {
        let journal = Journal::default();
        journal.take(TransferId(1), EventKind::DataTransferRw { consumed_bytes: 1, total_bytes: 2 }, 0);
        assert!(journal.kept().of.is_empty());
    }
}
