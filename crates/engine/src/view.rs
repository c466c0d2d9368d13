//! What others see of transfers: values, taken at one moment.

use serde::{Deserialize, Serialize};
use store::{Crc64, ETag, VersionId};

use crate::checkpoint::Checkpoint;
use crate::error::{ErrorCode, TransferError};
use crate::limits::{LimitNow, LimitsNow};
use crate::priority::Priority;
use crate::retry::NextTry;
use crate::timeline::Timeline;
use crate::transfer::{Intent, Kind, State, TransferId, TransferSpec};

/// How a transfer ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The bytes were moved.
    Moved,
    /// The target was there already with the same size and CRC64; nothing was sent.
    Identical,
    /// The target was there with other content and the rule was to skip it.
    Skipped,
}

/// What a request was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestPurpose {
    /// It looked at the source; the transfer was pinned to what it found.
    LookedAtSource,
    /// It published the target: wrote, assembled or copied it.
    Published,
    /// It looked at the target, which was compared with the source by what it found.
    Verified,
}

/// A request, by the id under which the store's support finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestId {
    /// What it was made for.
    pub purpose: RequestPurpose,
    /// The store's id of it.
    pub id: String,
}

impl RequestId {
    /// The id of a request, if the store gave one.
    pub(crate) fn of(purpose: RequestPurpose, id: Option<&String>) -> Option<Self> {
        id.map(|id| Self { purpose, id: id.clone() })
    }
}

/// What came of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// How it ended.
    pub outcome: Outcome,
    /// Whether both checksums are known and equal.
    pub verified: bool,
    /// CRC64 of what was read; or, where it was proved later, of what was read then.
    pub source_crc64: Option<Crc64>,
    /// CRC64 that the far side reports (for a download: of what was written; or as for the source).
    pub target_crc64: Option<Crc64>,
    /// Tag of the target object.
    pub etag: Option<ETag>,
    /// Version of the target object.
    pub version: Option<VersionId>,
    /// The store's id of the request that published the target.
    pub request_id: Option<String>,
    /// The other requests that prove something of it. A ledger of an older version has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<RequestId>,
    /// When both ends were read and found equal, in milliseconds since 1970, if that was after it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_ms: Option<i64>,
}

impl Transferred {
    /// What is recorded once both ends were read and have this checksum; `None` if that says nothing new: it is verified
    /// already, nothing was promised of it, or it is known that one of the ends had something else.
    pub(crate) fn proved(&self, crc64: Crc64, at_ms: i64) -> Option<Self> {
        let fits = |known: Option<Crc64>| known.is_none_or(|known| known == crc64);
        let open = !self.verified && self.outcome != Outcome::Skipped;
        (open && fits(self.source_crc64) && fits(self.target_crc64)).then(|| Self {
            verified: true,
            source_crc64: Some(crc64),
            target_crc64: Some(crc64),
            verified_ms: Some(at_ms),
            ..self.clone()
        })
    }

    /// All requests whose ids are known, in the order in which they were made.
    pub fn request_ids(&self) -> Vec<RequestId> {
        let published = RequestId::of(RequestPurpose::Published, self.request_id.as_ref());
        let before = self.looks.iter().filter(|look| look.purpose == RequestPurpose::LookedAtSource).cloned();
        let after = self.looks.iter().filter(|look| look.purpose != RequestPurpose::LookedAtSource).cloned();
        before.chain(published).chain(after).collect()
    }
}

/// What a transfer did, over all runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// Parts moved, counting repeats.
    pub parts_sent: u64,
    /// Parts that were at the sink already when the transfer went on.
    pub parts_reused: u64,
    /// Attempts beyond the first, of any verb.
    pub retries: u64,
    /// Milliseconds in working states.
    pub busy_ms: u64,
    /// Parts whose checksum the store confirmed; set when it is done.
    pub parts_confirmed: u64,
}

/// What can be done with a transfer now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actions {
    /// Stop and keep everything.
    pub can_pause: bool,
    /// Go on after a pause.
    pub can_resume: bool,
    /// Stop and remove what was sent.
    pub can_cancel: bool,
    /// Go on after a failure.
    pub can_retry: bool,
    /// Take out of the list.
    pub can_remove: bool,
}

impl Actions {
    /// The rule, in one place.
    pub fn of(state: State, intent: Intent) -> Self {
        let running = matches!(state, State::Waiting | State::Probing | State::Beginning | State::Moving);
        if state == State::Dismissed {
            return Self::default();
        }
        Self {
            can_pause: running && intent == Intent::Run,
            // What is held for new credentials is paused although it shall run.
            can_resume: match intent {
                Intent::Pause => !state.is_final(),
                Intent::Run => state == State::Paused,
                Intent::Cancel => false,
            },
            can_cancel: intent != Intent::Cancel && !state.is_final() && state != State::Committing,
            can_retry: state == State::Failed,
            can_remove: matches!(state, State::Done | State::Cancelled),
        }
    }
}

/// Where a transfer stands, as one word for a person; the nine states of the design and two more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Looks at both ends.
    Scanning,
    /// In the queue.
    Waiting,
    /// Moves parts.
    Transferring,
    /// Assembles and compares.
    Verifying,
    /// Stopped.
    Paused,
    /// No connection; goes on by itself.
    NoNetwork,
    /// Will try again.
    Retrying,
    /// Ended with an error.
    Failed,
    /// Ended, both checksums equal.
    DoneVerified,
    /// Ended, nothing to compare with (or skipped).
    DoneUnverified,
    /// Is being removed from both ends.
    Cancelling,
    /// Is removed.
    Cancelled,
}

/// A transfer at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferView {
    /// Its id.
    pub id: TransferId,
    /// Its place in the queue.
    pub order: i64,
    /// What to do.
    pub spec: TransferSpec,
    /// What the user wants.
    pub intent: Intent,
    /// Where it stands.
    pub state: State,
    /// Whether its bytes pass through this computer, so that limits hold them. Of a copy that is known once it is planned.
    pub passes_through: bool,
    /// Size of the source, once probed.
    pub size_bytes: Option<u64>,
    /// Bytes at the sink, each counted once.
    pub done_bytes: u64,
    /// Bytes on their way beyond these.
    pub in_flight_bytes: u64,
    /// Bytes a second, averaged over the last seconds.
    pub speed_bytes_per_second: f64,
    /// Why it waits, has failed or will try again.
    pub error: Option<TransferError>,
    /// Milliseconds until the next attempt.
    pub retry_in_ms: Option<u64>,
    /// Which attempt that is.
    pub next_try: Option<NextTry>,
    /// Result, once done.
    pub result: Option<Transferred>,
    /// What it did.
    pub stats: Stats,
    /// When it was added, in milliseconds since 1970.
    pub added_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

impl TransferView {
    /// The kind of transfer.
    pub fn kind(&self) -> Kind {
        // A spec without a kind is refused when it is added; a ledger cannot hold one.
        self.spec.kind().unwrap_or(Kind::Upload)
    }

    /// Its priority, which is its place.
    pub fn priority(&self) -> Priority {
        Priority::of(self.order)
    }

    /// The limit that holds it, of those in force and its own; `None` if nothing of it can be held.
    pub fn limit(&self, now: &LimitsNow) -> Option<LimitNow> {
        now.of(self.kind(), self.passes_through, self.spec.options.limit_bytes_per_second)
    }

    /// What can be done now.
    pub fn actions(&self) -> Actions {
        Actions::of(self.state, self.intent)
    }

    /// The one word.
    pub fn phase(&self) -> Phase {
        match (self.state, self.intent) {
            (State::Done, _) => match &self.result {
                Some(result) if result.verified => Phase::DoneVerified,
                _ => Phase::DoneUnverified,
            },
            (State::Cancelled, _) => Phase::Cancelled,
            (State::Dismissed, _) => Phase::Cancelling,
            (State::Failed, _) => Phase::Failed,
            (_, Intent::Cancel) => Phase::Cancelling,
            (State::Paused, _) | (State::Waiting, Intent::Pause) => Phase::Paused,
            (state, _) => match (&self.error, self.retry_in_ms, state) {
                (Some(error), Some(_), _) if error.code == ErrorCode::Network => Phase::NoNetwork,
                // The next attempt is under way, and nothing of it has got anywhere yet.
                (Some(error), None, State::Probing | State::Beginning | State::Moving)
                    if error.code == ErrorCode::Network && self.in_flight_bytes == 0 =>
                {
                    Phase::NoNetwork
                }
                (Some(_), Some(_), _) => Phase::Retrying,
                (_, _, State::Waiting) => Phase::Waiting,
                (_, _, State::Probing) => Phase::Scanning,
                (_, _, State::Committing) => Phase::Verifying,
                _ => Phase::Transferring,
            },
        }
    }

    /// Seconds left at the present speed.
    pub fn left_seconds(&self) -> Option<f64> {
        let left = self.size_bytes?.saturating_sub(self.done_bytes + self.in_flight_bytes);
        (self.speed_bytes_per_second >= 1.0 && self.state == State::Moving)
            .then(|| left as f64 / self.speed_bytes_per_second)
    }
}

/// State of one part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PartState {
    /// Not yet.
    Waiting,
    /// On its way; how much of it, 0 to 1.
    InFlight(f32),
    /// At the sink at the first attempt.
    Done,
    /// At the sink after more than one attempt.
    DoneAgain,
}

/// A transfer with its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferDetail {
    /// The transfer.
    pub view: TransferView,
    /// Its plan, once probed.
    pub checkpoint: Option<Checkpoint>,
    /// Its parts by number; empty before the plan.
    pub parts: Vec<PartState>,
    /// Parts whose checksum the store confirmed.
    pub parts_confirmed: u64,
    /// When the last part was written to the ledger.
    pub saved_ms: Option<i64>,
    /// What has happened to it, as far as it is known. What ends within a second has none, nor has what an older version
    /// has done.
    pub timeline: Option<Timeline>,
}

/// Which transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// All of them.
    All,
    /// Working now.
    Active,
    /// In the queue.
    Waiting,
    /// Paused.
    Paused,
    /// Failed.
    Failed,
    /// Failed of one cause.
    FailedOf(ErrorCode),
    /// Done.
    Done,
}

/// What failed of one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCause {
    /// The cause.
    pub code: ErrorCode,
    /// How many; never 0.
    pub count: u64,
}

/// A page to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Which transfers.
    pub filter: Filter,
    /// Only those after this one, in the filter's order.
    pub after: Option<TransferId>,
    /// At most so many.
    pub limit: usize,
}

/// A page of transfers. Waiting and active come in queue order, ended ones newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Grows with every change.
    pub revision: u64,
    /// How many the filter has in all.
    pub total: u64,
    /// The transfers.
    pub rows: Vec<TransferView>,
    /// Give this as `after` for the next page.
    pub next: Option<TransferId>,
}

/// Ids of a filter, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdPage {
    /// The ids; there may be fewer than were asked for although more follow.
    pub ids: Vec<TransferId>,
    /// Give this as `after` for the next page.
    pub next: Option<TransferId>,
}

/// Exact numbers for each filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Working now.
    pub active: u64,
    /// In the queue.
    pub waiting: u64,
    /// Paused.
    pub paused: u64,
    /// Failed.
    pub failed: u64,
    /// Done.
    pub done: u64,
    /// Bytes that active, waiting and paused transfers still have to move, as far as their sizes are known.
    pub left_bytes: u64,
}

#[cfg(test)]
mod tests {
    use store::ObjectRef;

    use super::*;
    use crate::transfer::{End, StoreId};

    #[test]
    fn it_waits_for_the_network_until_something_moves_again() {
        let view = |state, code: Option<ErrorCode>, retry_in_ms, in_flight_bytes| TransferView {
            id: TransferId(1),
            order: 1,
            spec: TransferSpec {
                source: End::file("/home/lin/a.bin"),
                target: End::object(StoreId("one".into()), ObjectRef::new("photos", "a.bin")),
                options: Default::default(),
            },
            intent: Intent::Run,
            state,
            passes_through: true,
            size_bytes: Some(100),
            done_bytes: 40,
            in_flight_bytes,
            speed_bytes_per_second: 0.0,
            error: code.map(TransferError::new),
            retry_in_ms,
            next_try: None,
            result: None,
            stats: Stats::default(),
            added_ms: 0,
            ended_ms: None,
        };
        let network = Some(ErrorCode::Network);
        for (state, code, retry_in_ms, in_flight_bytes, expected) in [
            (State::Moving, network, Some(100), 0, Phase::NoNetwork),
            (State::Moving, network, None, 0, Phase::NoNetwork),
            (State::Probing, network, None, 0, Phase::NoNetwork),
            (State::Moving, network, None, 1, Phase::Transferring),
            (State::Moving, None, None, 0, Phase::Transferring),
            (State::Committing, network, None, 0, Phase::Verifying),
            (State::Moving, Some(ErrorCode::Server), Some(100), 0, Phase::Retrying),
            (State::Moving, Some(ErrorCode::Server), None, 0, Phase::Transferring),
            (State::Failed, network, None, 0, Phase::Failed),
        ] {
            let shown = view(state, code, retry_in_ms, in_flight_bytes);
            assert_eq!(shown.phase(), expected, "{shown:?}");
        }
    }
}
