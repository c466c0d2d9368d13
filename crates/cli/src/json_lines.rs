//! The shapes of `--json`: one object a line, each with a `type`. Scripts rely on them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use engine::ledger::Records;
use engine::{Kind, Outcome, Session, State, Stats, TransferError, TransferView};
use serde::Serialize;
use store::{Crc64, ETag};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::exit::Ending;

/// The last line of a command that moved something.
#[derive(Debug, Default, Serialize)]
#[serde(tag = "type", rename = "summary")]
pub(crate) struct Summary {
    /// Size of what is done.
    pub(crate) bytes: u64,
    /// Parts that this command sent or fetched, counting repeats.
    pub(crate) parts_sent: u64,
    /// Parts that were there already when this command went on with a transfer.
    pub(crate) parts_reused: u64,
    /// Attempts of this command beyond the first.
    pub(crate) retries: u64,
    /// How long this command ran.
    pub(crate) seconds: f64,
    /// Checksum of the object, decimal, if there was one transfer and it is known.
    pub(crate) crc64: Option<Crc64>,
    /// Whether every transfer is done and both checksums of each are equal.
    pub(crate) verified: bool,
    /// How many are done, failed and paused.
    pub(crate) done: usize,
    pub(crate) failed: usize,
    pub(crate) paused: usize,
    /// Each of them.
    pub(crate) transfers: Vec<Ended>,
}

/// A transfer in the summary.
#[derive(Debug, Serialize)]
pub(crate) struct Ended {
    pub(crate) id: u64,
    pub(crate) direction: Kind,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) state: State,
    /// `moved`, `identical` or `skipped`.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) verified: bool,
    pub(crate) bytes: u64,
    pub(crate) crc64: Option<Crc64>,
    pub(crate) etag: Option<ETag>,
    pub(crate) request_id: Option<String>,
    pub(crate) error: Option<TransferError>,
}

impl Ended {
    pub(crate) fn of(view: &TransferView) -> Self {
        let result = view.result.as_ref();
        Self {
            id: view.id.0,
            direction: view.kind(),
            from: view.spec.source.to_string(),
            to: view.spec.target.to_string(),
            state: view.state,
            outcome: result.map(|result| result.outcome),
            verified: result.is_some_and(|result| result.verified),
            bytes: view.size_bytes.unwrap_or(0),
            crc64: result.and_then(|result| result.source_crc64.or(result.target_crc64)),
            etag: result.and_then(|result| result.etag.clone()),
            request_id: result.and_then(|result| result.request_id.clone()),
            error: view.error.clone(),
        }
    }
}

impl Summary {
    /// Counts a transfer at rest. The engine counts over all its runs; `before` is where these counts stood when this
    /// command began. Only with `listed` is it kept as a line of its own.
    pub(crate) fn add(&mut self, view: &TransferView, before: &Stats, listed: bool) {
        let ended = Ended::of(view);
        let of_this_command = |value: fn(&Stats) -> u64| value(&view.stats).saturating_sub(value(before));
        self.parts_sent += of_this_command(|stats| stats.parts_sent);
        self.parts_reused += of_this_command(|stats| stats.parts_reused);
        self.retries += of_this_command(|stats| stats.retries);
        let first = self.count() == 0;
        self.crc64 = ended.crc64.filter(|_| first);
        self.verified = ended.verified && (first || self.verified);
        match view.state {
            State::Done => {
                self.done += 1;
                self.bytes += ended.bytes;
            }
            State::Paused => self.paused += 1,
            _ => self.failed += 1,
        }
        if listed {
            self.transfers.push(ended);
        }
    }

    /// How many have come to rest.
    pub(crate) fn count(&self) -> usize {
        self.done + self.failed + self.paused
    }

    /// How a command ends whose transfers came to this. A pause is told before a failure: there is more to do.
    pub(crate) fn ending(&self) -> Ending {
        match (self.paused, self.failed) {
            (0, 0) => Ending::Done,
            (0, _) => Ending::Failed,
            _ => Ending::Paused,
        }
    }

    /// The same with its transfers in the order of their ids.
    pub(crate) fn sorted(mut self) -> Self {
        self.transfers.sort_by_key(|ended| ended.id);
        self
    }
}

/// A line of `transfers --json`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "transfer")]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) ended: Ended,
    /// What the user wants of it: `run`, `pause` or `cancel`.
    pub(crate) intent: engine::Intent,
    pub(crate) done_bytes: u64,
    /// Of an unfinished upload or copy.
    pub(crate) upload_id: Option<String>,
    /// Of an unfinished download.
    pub(crate) temp_file: Option<String>,
    pub(crate) part_size_bytes: Option<u64>,
    pub(crate) parts: Option<usize>,
    pub(crate) parts_done: Option<usize>,
    pub(crate) added: Option<String>,
}

impl Listed {
    /// A transfer with what the ledger knows of its parts, unless it is over.
    pub(crate) fn of(view: &TransferView, ledger: &dyn Records) -> Result<Self, engine::ledger::LedgerError> {
        let detail = if view.state.is_final() { None } else { ledger.detail(view.id)? };
        let checkpoint = detail.as_ref().and_then(|detail| detail.checkpoint.as_ref());
        let session = checkpoint.and_then(|checkpoint| checkpoint.session.as_ref());
        let parts = detail.as_ref().map(|detail| &detail.parts).filter(|parts| !parts.is_empty());
        Ok(Self {
            ended: Ended::of(view),
            intent: view.intent,
            done_bytes: view.done_bytes,
            upload_id: session.and_then(|session| match session {
                Session::Upload { upload_id } => Some(upload_id.to_string()),
                Session::TempFile { .. } => None,
            }),
            temp_file: session.and_then(|session| match session {
                Session::TempFile { path, .. } => Some(path.display().to_string()),
                Session::Upload { .. } => None,
            }),
            part_size_bytes: checkpoint.map(|checkpoint| checkpoint.part_size_bytes),
            parts: parts.map(Vec::len),
            parts_done: parts.map(|parts| parts.iter().filter(|part| **part != engine::PartState::Waiting).count()),
            added: u64::try_from(view.added_ms)
                .ok()
                .and_then(|ms| time_text(SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms))),
        })
    }
}

/// A bucket of `ls --json`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "bucket")]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) region: Option<String>,
    pub(crate) storage_class: Option<String>,
    pub(crate) created: Option<String>,
}

/// A group of keys of `ls --json`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "prefix")]
pub(crate) struct Prefix {
    pub(crate) prefix: String,
}

/// An object of `ls --json` and `stat --json`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "object")]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) size_bytes: u64,
    pub(crate) modified: Option<String>,
    pub(crate) etag: Option<ETag>,
    pub(crate) crc64: Option<Crc64>,
    pub(crate) storage_class: Option<String>,
    /// Only of `stat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
}

/// An unfinished multipart upload of `uploads list --json`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "upload")]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) upload_id: String,
    pub(crate) initiated: Option<String>,
    pub(crate) storage_class: Option<String>,
    /// What it holds; nothing if it has gone meanwhile.
    pub(crate) parts: Option<u64>,
    pub(crate) size_bytes: Option<u64>,
    /// The transfer in our ledger that will go on with it.
    pub(crate) transfer: Option<u64>,
    /// The transfer that began it and needs it no more, but was not allowed to abort it.
    pub(crate) left_behind_by: Option<u64>,
}

/// An upload that was begun elsewhere is gone on with.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(crate) struct Adopted {
    pub(crate) transfer: u64,
    /// Parts that it had.
    pub(crate) parts_listed: usize,
    /// Those that are parts of the file.
    pub(crate) parts_held: usize,
    pub(crate) held_bytes: u64,
    pub(crate) size_bytes: u64,
}

/// An end of a transfer of a receipt, as `verify --json` found it.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "checked")]
pub(crate) struct Checked<'a> {
    pub(crate) transfer: u64,
    /// `source` or `target`.
    pub(crate) end: &'static str,
    pub(crate) name: &'a str,
    /// `equal`, `different`, `gone`, `unchecked` or `skipped`.
    pub(crate) finding: &'static str,
    /// By what it was compared: `content`, `etag` or `size`; the best that both sides know.
    pub(crate) compared: Option<&'static str>,
    /// Whether the exit code depends on it.
    pub(crate) counts: bool,
    pub(crate) reason: Option<&'a str>,
}

/// The last line of `verify --json`. The counts are of the ends on which the exit code depends.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename = "verification")]
pub(crate) struct Verification {
    pub(crate) root_sha256: String,
    /// Whether everything that was promised is there, and was compared by its content.
    pub(crate) verified: bool,
    #[serde(flatten)]
    pub(crate) counts: receipt::Tally,
}

/// Said when the reader of events was so slow that some were lost.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(crate) struct EventsMissed {
    pub(crate) count: u64,
}

/// A time as RFC 3339, to the second.
pub(crate) fn time_text(time: SystemTime) -> Option<String> {
    OffsetDateTime::from(time).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}
