//! What the end of a job means.

use std::sync::Arc;
use std::time::Duration;

use store::{PartNumber, PutReceipt, UploadRef};

use super::{AfterDiscard, JobId, Queue, Report, Running, Step, Transfer};
use crate::checkpoint::{Checkpoint, PartRecord, Session};
use crate::error::{Again, ErrorCode, TransferError};
use crate::event::EventKind;
use crate::fact::Fact;
use crate::retry::Streak;
use crate::transfer::{End, Intent, Kind, State, TransferId};
use crate::view::{Outcome, Phase, Transferred};

impl Queue {
    pub(super) fn ended(&mut self, job: JobId, outcome: Result<Report, TransferError>, now: Duration, step: &mut Step) {
        let Some(id) = self.owners.remove(&job) else { return };
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        let Some(running) = transfer.jobs.remove(&job) else { return };
        let part = if let Running::Part(number) = running { Some(number) } else { None };
        match outcome {
            Ok(Report::Stopped) => {
                if let Some(number) = part {
                    transfer.todo.insert(number);
                }
            }
            // Its parts were being stopped when this one arrived: what is there is recorded, nothing else changes.
            Ok(Report::Moved(part, receipt)) if transfer.state.is_resting() => {
                moved(transfer, part, receipt, self.wall_ms, step);
            }
            _ if transfer.state.is_resting() => {}
            Ok(report) => {
                self.paces.succeeded(transfer, now);
                if part.is_some()
                    && transfer.is_small()
                    && let Some(since) = transfer.parts_since
                {
                    self.small_room.moved(now.saturating_sub(since), self.limits);
                }
                transfer.streak = Streak { any_success: true, ..Streak::default() };
                // A success elsewhere does not cut short a wait that the store may have asked for.
                if transfer.hold_until.is_none_or(|until| until <= now) {
                    transfer.hold_until = None;
                    if transfer.error.take().is_some() && transfer.state == State::Moving {
                        step.events.push(transfer.state_event());
                    }
                }
                self.succeeded(id, report, now, step);
            }
            Err(error) => {
                if transfer.state == State::Beginning && !transfer.begin_sweeps && !may_have_happened(error.code) {
                    transfer.begin_attempted = false;
                    transfer.uncount_attempt();
                }
                if error.code == ErrorCode::Throttled && part.is_some() {
                    let mut moving = self.moving(true);
                    if let Some(transfer) = self.transfers.get(&id) {
                        moving.add(transfer, 1); // the one that was refused
                        self.paces.slow_down(transfer, &moving, now);
                    }
                }
                let Some(transfer) = self.transfers.get_mut(&id) else { return };
                if let Some(number) = part {
                    if transfer.is_small() {
                        self.small_room.failed();
                    }
                    transfer.todo.insert(number);
                    transfer.tried_again.insert(number);
                }
                step.events.extend(failure_event(transfer, part, &error).map(|kind| transfer.event(kind)));
                // What is being discarded is judged by the discard alone: a part that failed beside the one that led
                // there says nothing of it, and taken for its end would leave the upload behind.
                if transfer.state != State::Discarding || running == Running::ToItsEnd {
                    self.failed(id, error, now, step);
                }
            }
        }
    }

    fn succeeded(&mut self, id: TransferId, report: Report, now: Duration, step: &mut Step) {
        let at_ms = self.wall_ms;
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        match report {
            Report::Planned(checkpoint) => planned(transfer, *checkpoint, at_ms, step),
            Report::SourceChanged => self.start_over(id, TransferError::new(ErrorCode::SourceChanged), now, step),
            Report::NothingToDo(result, checkpoint) => {
                let size_bytes = checkpoint.source.size_bytes();
                // The plan is recorded for its size and for the target's name in the end.
                step.facts.push(Fact::Planned { id, checkpoint: checkpoint.clone(), at_ms });
                transfer.adopt(Arc::from(checkpoint), []);
                transfer.done_bytes = size_bytes;
                self.done(id, *result, now, step);
            }
            Report::Begun { checkpoint, held, left_behind } => {
                left_behind.into_iter().for_each(|upload| step.facts.extend(was_left_behind(transfer, upload, at_ms)));
                begun(transfer, Arc::from(checkpoint), held, at_ms, step);
            }
            Report::SessionGone => {
                let complete = transfer
                    .checkpoint
                    .as_ref()
                    .is_some_and(|known| transfer.parts.len() == known.plan().part_count() as usize);
                if complete {
                    // It may have been committed just before the crash; commit knows how to tell.
                    transfer.set_state(State::Committing);
                } else {
                    self.start_over(id, TransferError::new(ErrorCode::UploadNotFound), now, step);
                }
            }
            Report::Moved(part, receipt) => {
                let proven = receipt.as_ref().and_then(|receipt| proven_by_its_answer(transfer.kind, &part, receipt));
                moved(transfer, part, receipt, at_ms, step);
                if let Some(result) = proven {
                    self.done(id, result, now, step);
                }
            }
            Report::Committed(result) => {
                let (etag, crc64) = (result.etag.clone(), result.target_crc64);
                match transfer.checkpoint.as_ref().and_then(|known| known.session.as_ref()) {
                    Some(Session::TempFile { .. }) => {
                        step.events.push(transfer.event(EventKind::RenameTempFileSucceed { crc64 }));
                    }
                    Some(Session::Upload { .. }) => {
                        step.events.push(transfer.event(EventKind::CompleteMultipartUploadSucceed { etag, crc64 }));
                    }
                    None => {} // a single request, whose part has been told
                }
                self.done(id, *result, now, step);
            }
            Report::Discarded { left_behind } => {
                left_behind.into_iter().for_each(|upload| step.facts.extend(was_left_behind(transfer, upload, at_ms)));
                if transfer.after_discard == AfterDiscard::Cancelled && transfer.intent == Intent::Cancel {
                    self.rest(id, State::Cancelled, now, step);
                } else {
                    transfer.forget_plan();
                    transfer.set_state(State::Probing);
                    step.facts.push(Fact::Restarted { id });
                }
            }
            Report::Stopped => {}
        }
    }

    fn done(&mut self, id: TransferId, result: Transferred, now: Duration, step: &mut Step) {
        if let Some(transfer) = self.transfers.get_mut(&id) {
            // What is published is done, whatever was wanted meanwhile.
            transfer.stats.parts_confirmed = transfer.parts_confirmed;
            transfer.result = Some(result);
            self.rest(id, State::Done, now, step);
        }
    }

    fn failed(&mut self, id: TransferId, error: TransferError, now: Duration, step: &mut Step) {
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        transfer.stats.retries += 1;
        let discarding = transfer.state == State::Discarding;
        if transfer.intent != Intent::Run && !discarding && transfer.published.is_none() {
            return; // it is being stopped; the attempt does not count
        }
        let overwrites = transfer.checkpoint.as_ref().is_some_and(|known| known.overwrite);
        match error.code {
            ErrorCode::UploadNotFound | ErrorCode::SourceChanged if !discarding => {
                self.start_over(id, error, now, step);
                return;
            }
            // What differs is published already, unless it is a file: only who may overwrite can do it again.
            ErrorCode::Mismatch if !discarding && (overwrites || transfer.kind == Kind::Download) => {
                self.start_over(id, error, now, step);
                return;
            }
            // What passed through here is not what the source's store says of it, and nothing is published yet.
            ErrorCode::Corrupted if transfer.state == State::Committing && error.again == Again::Never => {
                self.start_over(id, error, now, step);
                return;
            }
            ErrorCode::PartsMismatch if transfer.state == State::Committing => {
                transfer.set_state(State::Beginning);
            }
            _ => {}
        }
        let again = match error.code {
            // The parts are listed and sent again; that is worth another try although the same request is not.
            ErrorCode::PartsMismatch => Again::Later,
            _ => error.again,
        };
        if again != Again::Never && transfer.hold_until.is_some_and(|until| until > now) {
            // One wave: a connection that drops takes all parts in flight with it, and that is one failure.
            if let Again::After(wait) = again {
                transfer.hold_until = transfer.hold_until.max(Some(now + wait));
            }
            return;
        }
        let streak = &mut transfer.streak;
        if error.progressed {
            *streak = Streak { any_success: true, ..Streak::default() };
        }
        streak.failures += 1;
        streak.since.get_or_insert(now);
        streak.failures_max = self.policy.failures_max(error.code, streak);
        match self.policy.wait(error.code, again, streak, now, &mut self.random) {
            Some(wait) => {
                transfer.hold_until = Some(now + wait);
                transfer.error = Some(error.clone());
                let retry_in_ms = u64::try_from(wait.as_millis()).ok();
                let phase = if error.code == ErrorCode::Network { Phase::NoNetwork } else { Phase::Retrying };
                step.events.push(transfer.event(EventKind::StateChanged { phase, error: Some(error), retry_in_ms }));
            }
            // An upload that may not be aborted is written down among the leftovers, and the transfer goes on. Whatever
            // else is in the way (no keys, a portal's page, a file that cannot be deleted) the user can remove. Who has
            // given it up meanwhile is told that it is still there.
            None if discarding
                && transfer.intent != Intent::Cancel
                && transfer.after_discard == AfterDiscard::StartOver
                && transfer.kind != Kind::Download
                && matches!(error.code, ErrorCode::Forbidden | ErrorCode::Unsupported | ErrorCode::Refused) =>
            {
                tracing::warn!(transfer = %id, %error, "the old session could not be removed");
                step.facts.extend(session_left_behind(transfer, self.wall_ms));
                transfer.forget_plan();
                transfer.set_state(State::Probing);
                step.facts.push(Fact::Restarted { id });
            }
            None => {
                step.stop.extend(transfer.stoppable());
                let nothing_begun =
                    transfer.state == State::Beginning && transfer.kind != Kind::Download && !transfer.begin_attempted;
                if nothing_begun && transfer.checkpoint.as_ref().is_some_and(|known| known.session.is_none()) {
                    // The store has said no: there is nothing to go on with, and nothing to look for afterwards.
                    transfer.forget_plan();
                    step.facts.push(Fact::Restarted { id });
                }
                transfer.error = Some(error);
                let state = if transfer.held_by().is_some() { State::Paused } else { State::Failed };
                self.rest(id, state, now, step);
            }
        }
    }

    /// Drops the session and begins again with a fresh look at the source, a bounded number of times.
    fn start_over(&mut self, id: TransferId, error: TransferError, now: Duration, step: &mut Step) {
        let restarts_max = self.policy.restarts_max;
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        if transfer.state == State::Discarding || transfer.state.is_resting() {
            return; // another part has already said so
        }
        step.stop.extend(transfer.stoppable());
        transfer.restarts += 1;
        // What somebody else has sent is not removed because of a file that is another one now: that is for a person.
        let is_foreign = transfer.checkpoint.as_ref().is_some_and(|known| known.adopted);
        if transfer.restarts > restarts_max || (is_foreign && error.code == ErrorCode::SourceChanged) {
            transfer.error = Some(error);
            self.rest(id, State::Failed, now, step);
            return;
        }
        step.events.push(transfer.event(EventKind::Restarted { error }));
        transfer.after_discard = AfterDiscard::StartOver;
        transfer.set_state(State::Discarding);
    }
}

/// The upload of a transfer that starts over without having been able to abort it.
fn session_left_behind(transfer: &Transfer, at_ms: i64) -> Option<Fact> {
    let checkpoint = transfer.checkpoint.as_ref()?;
    match (&checkpoint.target, checkpoint.session.clone()?) {
        (End::Object { object, .. }, Session::Upload { upload_id }) => {
            was_left_behind(transfer, UploadRef { object: object.clone(), upload_id }, at_ms)
        }
        _ => None,
    }
}

fn was_left_behind(transfer: &Transfer, upload: UploadRef, at_ms: i64) -> Option<Fact> {
    let End::Object { store, .. } = &transfer.spec.target else { return None };
    Some(Fact::LeftBehind { id: transfer.id, store: store.clone(), upload, at_ms })
}

fn planned(transfer: &mut Transfer, mut checkpoint: Checkpoint, at_ms: i64, step: &mut Step) {
    let known = transfer.checkpoint.is_some();
    if transfer.kind == Kind::Copy && !known {
        step.events.push(transfer.event(EventKind::RouteChosen { route: checkpoint.route }));
    }
    if let Some(old) = &transfer.checkpoint {
        checkpoint.session.clone_from(&old.session);
    }
    transfer.checkpoint = Some(Arc::new(checkpoint));
    if transfer.is_single_request() {
        // One request publishes it or does not: there is no session to remember.
        if let Some(checkpoint) = transfer.checkpoint.clone() {
            transfer.adopt(checkpoint, []);
        }
        transfer.set_state(State::Moving);
        return;
    }
    if !known && let Some(checkpoint) = &transfer.checkpoint {
        step.facts.push(Fact::Planned { id: transfer.id, checkpoint: Box::new(checkpoint.as_ref().clone()), at_ms });
    }
    transfer.set_state(State::Beginning);
}

fn begun(transfer: &mut Transfer, checkpoint: Arc<Checkpoint>, held: Vec<PartRecord>, at_ms: i64, step: &mut Step) {
    let id = transfer.id;
    transfer.begin_attempted = false;
    let resumed = transfer.checkpoint.as_ref().is_some_and(|known| known.session.is_some());
    if let (false, Some(session)) = (resumed, &checkpoint.session) {
        step.facts.push(Fact::Begun { id, session: session.clone() });
        step.events.push(transfer.event(match session {
            Session::Upload { upload_id } => {
                EventKind::CreateMultipartUploadSucceed { upload_id: upload_id.to_string() }
            }
            Session::TempFile { path, .. } => {
                EventKind::CreateTempFileSucceed { temp_file: path.display().to_string() }
            }
        }));
    }
    transfer.stats.parts_reused += held.len() as u64;
    let recorded = std::mem::take(&mut transfer.parts);
    transfer.adopt(checkpoint, held);
    for part in transfer.parts.values() {
        if recorded.get(&part.number) != Some(part) {
            step.facts.push(Fact::PartDone { id, part: part.clone(), at_ms });
        }
    }
    for number in recorded.keys().filter(|number| !transfer.parts.contains_key(number)) {
        step.facts.push(Fact::PartDropped { id, number: *number });
    }
    transfer.set_state(State::Moving);
}

/// Whether a request that ended like this may have had its effect all the same.
fn may_have_happened(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Network | ErrorCode::Server | ErrorCode::Corrupted | ErrorCode::Internal)
}

/// The end of an object that went in one request and whose answer has the checksum of what was read: it is published
/// and compared already, so nothing is left to commit.
fn proven_by_its_answer(kind: Kind, part: &PartRecord, receipt: &PutReceipt) -> Option<Transferred> {
    let equal = kind == Kind::Upload && part.crc64.is_some() && receipt.crc64 == part.crc64;
    equal.then(|| Transferred {
        outcome: Outcome::Moved,
        verified: true,
        source_crc64: part.crc64,
        target_crc64: receipt.crc64,
        etag: Some(receipt.etag.clone()),
        version: receipt.version.clone(),
        request_id: receipt.request_id.clone(),
        looks: Vec::new(),
        verified_ms: None,
    })
}

fn moved(transfer: &mut Transfer, part: PartRecord, receipt: Option<PutReceipt>, at_ms: i64, step: &mut Step) {
    let number = part.number;
    transfer.stats.parts_sent += 1;
    transfer.session_durable = true;
    transfer.done_bytes += part.size_bytes;
    transfer.parts_confirmed += u64::from(part.confirmed);
    if let (true, Some(checkpoint)) = (transfer.is_single_request(), &transfer.checkpoint) {
        // Only its size and its name in the end are of use later; written together with the end.
        step.facts.push(Fact::Planned { id: transfer.id, checkpoint: Box::new(checkpoint.as_ref().clone()), at_ms });
    } else {
        step.facts.push(Fact::PartDone { id: transfer.id, part: part.clone(), at_ms });
    }
    transfer.parts.insert(number, part);
    transfer.published = receipt;
    let part = transfer.part_details(number);
    step.events.push(transfer.event(match transfer.kind {
        Kind::Upload => EventKind::UploadPartSucceed { part },
        Kind::Download => EventKind::DownloadPartSucceed { part },
        Kind::Copy => EventKind::UploadPartCopySucceed { part },
    }));
}

fn failure_event(transfer: &Transfer, part: Option<PartNumber>, error: &TransferError) -> Option<EventKind> {
    let error = error.clone();
    if let Some(number) = part {
        let part = transfer.part_details(number);
        return Some(match (transfer.kind, error.is_abort()) {
            (Kind::Upload, false) => EventKind::UploadPartFailed { part, error },
            (Kind::Upload, true) => EventKind::UploadPartAborted { part, error },
            (Kind::Download, false) => EventKind::DownloadPartFailed { part, error },
            (Kind::Download, true) => EventKind::DownloadPartAborted { part, error },
            (Kind::Copy, false) => EventKind::UploadPartCopyFailed { part, error },
            (Kind::Copy, true) => EventKind::UploadPartCopyAborted { part, error },
        });
    }
    match (transfer.state, transfer.kind) {
        (State::Beginning, Kind::Download) => Some(EventKind::CreateTempFileFailed { error }),
        (State::Beginning, Kind::Upload | Kind::Copy) => Some(EventKind::CreateMultipartUploadFailed { error }),
        (State::Committing, Kind::Download) => Some(EventKind::RenameTempFileFailed { error }),
        (State::Committing, Kind::Upload | Kind::Copy) => Some(EventKind::CompleteMultipartUploadFailed { error }),
        _ => None,
    }
}
