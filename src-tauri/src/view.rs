//! How the engine's picture of a transfer becomes a row and a drawer of the window.
//!
//! The engine says what is so; here it is only put into the wire's words. The one table is [`shown`].

use engine::{End, LimitsNow, PartState, Phase, Session, State, TransferView};

use crate::dto::{Actions, AppError, Conflict, Counts, Direction, ShownState, TransferDetail, TransferRow};
use crate::dto_list::{FailedRow, StoreAnswer, TransferOptionsView};
use crate::speed;

/// The engine's phases in the design's words. A cancelled transfer is in no list; its last row is still "cancelling".
pub fn shown(phase: Phase) -> ShownState {
    match phase {
        Phase::Scanning => ShownState::Scanning,
        Phase::Waiting => ShownState::Waiting,
        Phase::Transferring => ShownState::Transferring,
        Phase::Verifying => ShownState::Verifying,
        Phase::Paused => ShownState::Paused,
        Phase::NoNetwork => ShownState::NoNetwork,
        Phase::Retrying => ShownState::Retrying,
        Phase::Failed => ShownState::Failed,
        Phase::DoneVerified => ShownState::DoneVerified,
        Phase::DoneUnverified => ShownState::DoneUnverified,
        Phase::Cancelling | Phase::Cancelled => ShownState::Cancelling,
    }
}

/// The row of a transfer, under the limits in force.
pub fn row(view: &TransferView, limits: &LimitsNow) -> TransferRow {
    let offered = view.actions();
    let limit = view.limit(limits);
    let is_stopped = limit.is_some_and(|now| now.limit == engine::Limit::Stop);
    TransferRow {
        id: view.id.0,
        direction: direction(view.kind()),
        name: name(&view.spec.source),
        from: view.spec.source.to_string(),
        to: view.spec.target.to_string(),
        state: shown(view.phase()),
        why: view.error.clone().map(AppError::from),
        size_bytes: view.size_bytes,
        done_bytes: view.done_bytes,
        in_flight_bytes: view.in_flight_bytes,
        speed_bytes_s: view.speed_bytes_per_second,
        left_s: view.left_seconds(),
        starts_in_s: None, // depends on the rows before it: see starts.rs
        retry_in_s: view.retry_in_ms.map(|wait| wait as f64 / 1000.0),
        next_try: view.next_try.map(|next| next.number),
        tries_max: view.next_try.and_then(|next| next.of),
        ended_ms: view.ended_ms,
        identical: view.result.as_ref().is_some_and(|result| result.outcome == engine::Outcome::Identical),
        own_limit_bytes_s: view.spec.options.limit_bytes_per_second.map(|rate| rate.get() as f64),
        limit: limit.map(speed::limit_now),
        priority: speed::shown_priority(view.priority()),
        actions: Actions {
            pause: offered.can_pause,
            resume: offered.can_resume,
            start: view.phase() == Phase::Waiting && !is_stopped,
            cancel: offered.can_cancel,
            retry: offered.can_retry,
            // What failed is cleared away like what is over; what is left of it is removed when that cannot be undone.
            remove: offered.can_remove || offered.can_retry,
            reveal: local_file(view).is_some(),
            limit: view.passes_through && !view.state.is_final(),
            verify: can_be_verified(view),
        },
    }
}

/// Whether reading both ends could prove it. Of what was left as it was, nothing was promised.
fn can_be_verified(view: &TransferView) -> bool {
    let promised = |result: &engine::Transferred| result.outcome != engine::Outcome::Skipped;
    view.phase() == Phase::DoneUnverified && view.result.as_ref().is_some_and(promised)
}

/// The file at this computer's end that can be shown in its folder now: the source of an upload, a finished download.
pub fn local_file(view: &TransferView) -> Option<&std::path::Path> {
    match (&view.spec.source, &view.spec.target) {
        (End::File { path }, _) => Some(path),
        (_, End::File { path }) if view.state == State::Done => Some(path),
        _ => None,
    }
}

/// The drawer of a transfer, under the limits in force.
pub fn detail(detail: &engine::TransferDetail, limits: &LimitsNow) -> TransferDetail {
    let engine::TransferDetail { view, checkpoint, parts, parts_confirmed, saved_ms, timeline: _ } = detail;
    let mut row = row(view, limits);
    let mut upload_id = None;
    let mut temp_file = None;
    if let Some(checkpoint) = checkpoint {
        // Where both were kept, this is the name that was free.
        row.to = checkpoint.target.to_string();
        temp_file = checkpoint.temp_path.as_ref().map(|path| path.display().to_string());
        match &checkpoint.session {
            Some(Session::Upload { upload_id: id }) => upload_id = Some(id.0.clone()),
            Some(Session::TempFile { path, .. }) => temp_file = Some(path.display().to_string()),
            None => {}
        }
    }
    let result = view.result.as_ref();
    TransferDetail {
        part_size_bytes: checkpoint.as_ref().map(|checkpoint| checkpoint.part_size_bytes),
        parts: letters(parts, result.is_some_and(|result| result.verified)),
        live: parts
            .iter()
            .filter_map(|part| match part {
                PartState::InFlight(share) => Some(f64::from(*share)),
                _ => None,
            })
            .collect(),
        upload_id,
        temp_file: temp_file.filter(|_| view.state != State::Done),
        source_crc64: result.and_then(|result| result.source_crc64).map(|crc| crc.to_string()),
        target_crc64: result.and_then(|result| result.target_crc64).map(|crc| crc.to_string()),
        parts_confirmed: *parts_confirmed,
        parts_sent: view.stats.parts_sent,
        parts_reused: view.stats.parts_reused,
        retries: view.stats.retries,
        request_id: request_id(view),
        saved_ms: *saved_ms,
        options: options(detail),
        needs_keys_of: needs_keys_of(view),
        row,
    }
}

/// How a transfer is done. What has a plan can only move more or fewer parts at a time.
fn options(detail: &engine::TransferDetail) -> TransferOptionsView {
    let view = &detail.view;
    let options = &view.spec.options;
    let over = view.state.is_final() || view.state == State::Dismissed;
    TransferOptionsView {
        parallel_parts: options.parallel_parts,
        part_size_bytes: options.part_size_bytes,
        conflict: match options.conflict {
            engine::ConflictRule::Overwrite => Conflict::Overwrite,
            engine::ConflictRule::Skip => Conflict::Skip,
            engine::ConflictRule::KeepBoth => Conflict::KeepBoth,
            engine::ConflictRule::Fail => Conflict::Fail,
        },
        parallel_open: !over,
        plan_open: !over && !view.state.is_working() && detail.checkpoint.is_none(),
    }
}

/// The account whose keys a transfer waits for. One with two accounts does not say whose have expired, and then it is
/// the target's that are asked for first.
fn needs_keys_of(view: &TransferView) -> Option<String> {
    let expired = |error: &&engine::TransferError| error.code.asks_for_credentials();
    view.error.as_ref().filter(expired)?;
    let ends = [&view.spec.target, &view.spec.source];
    ends.into_iter().find_map(End::store).map(|store| store.0.clone())
}

/// The row of a transfer that failed.
pub fn failed_row(view: &TransferView) -> FailedRow {
    // Of the row only what no limit changes is taken.
    let row = row(view, &LimitsNow::default());
    let answer = view.error.as_ref().and_then(|error| error.answer.as_deref());
    FailedRow {
        id: row.id,
        direction: row.direction,
        name: row.name,
        from: row.from,
        to: row.to,
        size_bytes: row.size_bytes,
        ended_ms: row.ended_ms,
        why: row.why.unwrap_or_else(|| AppError::internal("no cause is recorded")),
        answer: answer.map(|answer| StoreAnswer {
            status: answer.status,
            code: answer.code.clone(),
            extended_code: answer.extended_code.clone(),
            request_id: answer.request_id.clone(),
            operation: answer.operation.clone(),
            message: answer.message.clone(),
        }),
        tries: view.stats.retries.max(1),
    }
}

/// Exact numbers for the rail.
pub fn counts(counts: engine::Counts) -> Counts {
    let engine::Counts { active, waiting, paused, failed, done, left_bytes: _ } = counts;
    Counts { active, waiting, paused, failed, done }
}

pub(crate) fn direction(kind: engine::Kind) -> Direction {
    match kind {
        engine::Kind::Upload => Direction::Upload,
        engine::Kind::Download => Direction::Download,
        engine::Kind::Copy => Direction::Copy,
    }
}

/// The last part of a path or key.
fn name(end: &End) -> String {
    match end {
        End::File { path } => {
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
        }
        End::Object { object, .. } => {
            object.key.rsplit('/').find(|part| !part.is_empty()).unwrap_or(&object.key).to_owned()
        }
    }
}

/// One letter a part; all of a verified transfer are verified.
fn letters(parts: &[PartState], verified: bool) -> String {
    parts
        .iter()
        .map(|part| match part {
            PartState::Waiting => '.',
            PartState::InFlight(_) => '~',
            PartState::Done | PartState::DoneAgain if verified => 'v',
            PartState::Done => '#',
            PartState::DoneAgain => 'r',
        })
        .collect()
}

fn request_id(view: &TransferView) -> Option<String> {
    let of_error = view.error.as_ref().and_then(|error| error.answer.as_ref()?.request_id.clone());
    of_error.or_else(|| view.result.as_ref()?.request_id.clone())
}

#[cfg(test)]
pub(crate) mod tests {
    use engine::{Intent, Outcome, Stats, StoreId, TransferId, TransferSpec, Transferred};
    use store::{Crc64, ObjectRef};

    use super::*;

    /// An upload of 100 bytes at 40.
    pub(crate) fn view(state: State, intent: Intent) -> TransferView {
        TransferView {
            id: TransferId(7),
            order: 1,
            spec: TransferSpec {
                source: End::file("/home/lin/a.bin"),
                target: End::object(StoreId("practice".into()), ObjectRef::new("photos", "2026/a.bin")),
                options: Default::default(),
            },
            intent,
            state,
            passes_through: true,
            size_bytes: Some(100),
            done_bytes: 40,
            in_flight_bytes: 10,
            speed_bytes_per_second: 10.0,
            error: None,
            retry_in_ms: None,
            next_try: None,
            result: None,
            stats: Stats::default(),
            added_ms: 0,
            ended_ms: None,
        }
    }

    #[test]
    fn every_phase_has_its_word() {
        use Phase::*;
        let table = [
            (Scanning, ShownState::Scanning),
            (Waiting, ShownState::Waiting),
            (Transferring, ShownState::Transferring),
            (Verifying, ShownState::Verifying),
            (Paused, ShownState::Paused),
            (NoNetwork, ShownState::NoNetwork),
            (Retrying, ShownState::Retrying),
            (Failed, ShownState::Failed),
            (DoneVerified, ShownState::DoneVerified),
            (DoneUnverified, ShownState::DoneUnverified),
            (Cancelling, ShownState::Cancelling),
            (Cancelled, ShownState::Cancelling),
        ];
        for (phase, expected) in table {
            assert_eq!(shown(phase), expected, "{phase:?}");
        }
    }

    #[test]
    fn an_upload_in_the_middle_shows_its_progress_and_what_can_be_clicked() {
        let row = row(&view(State::Moving, Intent::Run), &LimitsNow::default());
        assert_eq!((row.id, row.name.as_str(), row.to.as_str()), (7, "a.bin", "tos://photos/2026/a.bin"));
        assert_eq!((row.state, row.left_s), (ShownState::Transferring, Some(5.0)));
        let Actions { pause, resume, start, cancel, retry, remove, reveal, limit, verify } = row.actions;
        assert_eq!(
            [pause, resume, start, cancel, retry, remove, reveal, limit, verify],
            [true, false, false, true, false, false, true, true, false]
        );
    }

    #[test]
    fn an_unfinished_download_has_no_file_to_show() {
        let mut view = view(State::Moving, Intent::Run);
        std::mem::swap(&mut view.spec.source, &mut view.spec.target);
        assert_eq!(local_file(&view), None);
        view.state = State::Done;
        assert!(local_file(&view).is_some());
    }

    #[test]
    fn parts_become_letters() {
        let parts = [PartState::Done, PartState::DoneAgain, PartState::InFlight(0.25), PartState::Waiting];
        assert_eq!(letters(&parts, false), "#r~.");
        assert_eq!(letters(&parts[..2], true), "vv");
    }

    #[test]
    fn checksums_are_decimal() {
        let mut view = view(State::Done, Intent::Run);
        view.result = Some(Transferred {
            outcome: Outcome::Moved,
            verified: true,
            source_crc64: Some(Crc64(u64::MAX)),
            target_crc64: Some(Crc64(u64::MAX)),
            etag: None,
            version: None,
            request_id: Some("r-1".into()),
            looks: Vec::new(),
            verified_ms: None,
        });
        let whole = engine::TransferDetail {
            view,
            checkpoint: None,
            parts: vec![],
            parts_confirmed: 0,
            saved_ms: None,
            timeline: None,
        };
        let shown = detail(&whole, &LimitsNow::default());
        assert_eq!(shown.row.state, ShownState::DoneVerified);
        assert_eq!(shown.source_crc64.as_deref(), Some("18446744073709551615"));
        assert_eq!(shown.request_id.as_deref(), Some("r-1"));
    }
}
