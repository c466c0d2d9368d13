//! One transfer in a receipt.

use engine::{
    End, Fingerprint, Kind, Outcome, Phase, RequestId, Route, State, StoreId, Timeline, TransferDetail, TransferId,
};
use serde::{Deserialize, Serialize};
use store::{Crc64, ETag, ObjectRef, VersionId};

use crate::moment::Moment;

/// What one finished transfer did, and what is at its ends because of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id in the ledger that the receipt was made from.
    pub transfer: TransferId,
    /// Upload, download or copy.
    pub kind: Kind,
    /// Which way the bytes of a copy went; `None` for the other kinds.
    pub route: Option<Route>,
    /// Whether the bytes were moved, were there already, or were left alone.
    pub outcome: Outcome,
    /// Where the bytes came from.
    pub source: Place,
    /// Where they are.
    pub target: Place,
    /// Size of the content in bytes.
    pub size_bytes: u64,
    /// CRC64 of the source; written as an unsigned decimal in a string, as TOS does.
    pub source_crc64: Option<Crc64>,
    /// CRC64 of the target.
    pub target_crc64: Option<Crc64>,
    /// Whether both are known and equal: since it was done, or since both ends were read afterwards.
    pub verified: bool,
    /// Requests whose ids are known, in the order in which they were made.
    pub requests: Vec<RequestId>,
    /// How it was cut; `None` if the ledger has no plan any more.
    pub parts: Option<Parts>,
    /// Attempts beyond the first, of any verb.
    pub retries: u64,
    /// When it happened.
    pub times: Times,
    /// What happened on the way; `None` for what was over in a moment, or was done by an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
}

/// One end of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub enum Place {
    /// A local file.
    File {
        /// Its absolute path.
        path: String,
    },
    /// An object in a store.
    Object {
        /// Which store: an account by its id, or `env:` with the endpoint for the keys of the environment.
        store: StoreId,
        /// The store's endpoint, where whoever made the receipt knew it.
        endpoint: Option<String>,
        /// The bucket.
        bucket: String,
        /// The key, unencoded.
        key: String,
        /// The version, where the bucket has versions.
        version: Option<VersionId>,
        /// The entity tag.
        etag: Option<ETag>,
    },
}

/// How the content was cut, and what became of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// How many there are.
    pub count: u32,
    /// Size of each but the last, in bytes.
    pub size_bytes: u64,
    /// How many were moved, counting repeats.
    pub sent: u64,
    /// How many were there already when the transfer went on.
    pub reused: u64,
    /// How many were confirmed by the store with a checksum of their own.
    pub confirmed: u64,
}

/// When it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// When it was asked for.
    pub added: Option<Moment>,
    /// When the source was looked at and the plan made.
    pub planned: Option<Moment>,
    /// When it was done.
    pub ended: Option<Moment>,
    /// When both ends were read and found equal, if that was after it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Moment>,
    /// Milliseconds of work in between, over all runs.
    pub busy_ms: u64,
}

/// There is no receipt for a transfer that is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("transfer {id} is not done, so there is nothing to show for it yet")]
pub struct NotDone {
    /// Which transfer.
    pub id: TransferId,
    /// Where it stands.
    pub phase: Phase,
}

impl Entry {
    /// What the record of a transfer proves. `endpoint_of` tells the endpoint of a store, where it is known.
    ///
    /// # Errors
    /// If the transfer is not done.
    pub fn of(detail: &TransferDetail, endpoint_of: &dyn Fn(&StoreId) -> Option<String>) -> Result<Self, NotDone> {
        let (view, plan) = (&detail.view, detail.checkpoint.as_ref());
        let Some(result) = view.result.as_ref().filter(|_| view.state == State::Done) else {
            return Err(NotDone { id: view.id, phase: view.phase() });
        };
        let pinned = match plan.map(|plan| &plan.source) {
            Some(Fingerprint::Object { etag, version, .. }) => (version.clone(), Some(etag.clone())),
            _ => (None, None),
        };
        let published = (result.version.clone(), result.etag.clone());
        let kind = view.kind();
        Ok(Self {
            transfer: view.id,
            kind,
            route: plan.filter(|_| kind == Kind::Copy).map(|plan| plan.route),
            outcome: result.outcome,
            source: Place::of(&view.spec.source, pinned, endpoint_of),
            target: Place::of(plan.map_or(&view.spec.target, |plan| &plan.target), published, endpoint_of),
            size_bytes: view.size_bytes.unwrap_or(view.done_bytes),
            source_crc64: result.source_crc64,
            target_crc64: result.target_crc64,
            verified: result.verified,
            requests: result.request_ids(),
            parts: plan.map(|plan| Parts {
                count: plan.plan().part_count(),
                size_bytes: plan.part_size_bytes,
                sent: view.stats.parts_sent,
                reused: view.stats.parts_reused,
                confirmed: view.stats.parts_confirmed,
            }),
            retries: view.stats.retries,
            times: Times {
                added: Moment::from_ms(view.added_ms),
                // A ledger of an older version has none.
                planned: plan.and_then(|plan| Moment::from_ms(plan.planned_ms).filter(|_| plan.planned_ms > 0)),
                ended: view.ended_ms.and_then(Moment::from_ms),
                verified: result.verified_ms.and_then(Moment::from_ms),
                busy_ms: view.stats.busy_ms,
            },
            timeline: detail.timeline.clone(),
        })
    }
}

impl Place {
    fn of(
        end: &End,
        (version, etag): (Option<VersionId>, Option<ETag>),
        endpoint_of: &dyn Fn(&StoreId) -> Option<String>,
    ) -> Self {
        match end {
            End::File { path } => Self::File { path: path.display().to_string() },
            End::Object { store, object } => Self::Object {
                store: store.clone(),
                // An endpoint with a user name in it is none that Tern connects to; it could hold a password.
                endpoint: endpoint_of(store).filter(|endpoint| !endpoint.contains('@')),
                bucket: object.bucket.clone(),
                key: object.key.clone(),
                version: version.or_else(|| object.version.clone()),
                etag,
            },
        }
    }

    /// The object, in its version if it has one; `None` for a file.
    pub fn object(&self) -> Option<ObjectRef> {
        match self {
            Self::File { .. } => None,
            Self::Object { bucket, key, version, .. } => {
                Some(ObjectRef { bucket: bucket.clone(), key: key.clone(), version: version.clone() })
            }
        }
    }

    /// The entity tag, if it is known.
    pub fn etag(&self) -> Option<&ETag> {
        match self {
            Self::File { .. } => None,
            Self::Object { etag, .. } => etag.as_ref(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path } => f.write_str(path),
            Self::Object { bucket, key, .. } => write!(f, "tos://{bucket}/{key}"),
        }
    }
}
