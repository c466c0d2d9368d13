//! What a transfer is: two ends, options, what the user wants and where it stands.

use std::fmt;
use std::num::NonZeroU64;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use store::{ObjectRef, ObjectSettings};

/// Id of a transfer, unique in its ledger for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransferId(pub u64);

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names a store (an account at an endpoint) durably, so that a transfer can be resumed on another day. The caller
/// gives it a meaning through [`crate::Stores`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreId(pub String);

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One end of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub enum End {
    /// A local file, by absolute path.
    File {
        /// The path.
        path: PathBuf,
    },
    /// An object in a store.
    Object {
        /// Which store.
        store: StoreId,
        /// Which object.
        object: ObjectRef,
    },
}

impl End {
    /// The store that it is at, if it is an object.
    pub fn store(&self) -> Option<&StoreId> {
        match self {
            Self::Object { store, .. } => Some(store),
            Self::File { .. } => None,
        }
    }

    /// A local file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File { path: path.into() }
    }

    /// An object.
    pub fn object(store: StoreId, object: ObjectRef) -> Self {
        Self::Object { store, object }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path } => path.display().fmt(f),
            Self::Object { object, .. } => object.fmt(f),
        }
    }
}

/// Kind of a transfer, derived from its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// File to object.
    Upload,
    /// Object to file.
    Download,
    /// Object to object, inside the store.
    Copy,
}

/// What to do where the target exists with other content. An identical target is left as it is under every rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictRule {
    /// Replace it.
    Overwrite,
    /// Leave it and count the transfer as done, skipped.
    Skip,
    /// Write beside it, as `name (2).ext`.
    KeepBoth,
    /// Fail with `target_exists`.
    #[default]
    Fail,
}

/// Parts of one transfer that move at a time unless said otherwise.
pub const PARALLEL_PARTS_DEFAULT: u16 = 5;
/// Most parts of one transfer that may move at a time.
pub const PARALLEL_PARTS_MAX: u16 = 1000;

/// Which way the bytes of a copy shall go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteChoice {
    /// Inside the store where it can, through this computer where it cannot.
    #[default]
    Auto,
    /// Inside the store, or not at all.
    Server,
    /// Through this computer.
    Relay,
}

/// Which way the bytes of a copy go. Fixed in the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Inside the store; nothing passes through here.
    #[default]
    Server,
    /// Through this computer, part by part, without a file in between.
    Relay,
}

/// How a transfer is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferOptions {
    /// Size of a part in bytes; grows by itself where the object would need too many. Fixed once begun.
    pub part_size_bytes: u64,
    /// Parts that move at a time, 1 to [`PARALLEL_PARTS_MAX`].
    pub parallel_parts: u16,
    /// What to do where the target exists with other content.
    pub conflict: ConflictRule,
    /// Content type, metadata, class, ACL of the target object. Unset fields of a copy come from its source.
    pub settings: ObjectSettings,
    /// Which way a copy shall go.
    pub route: RouteChoice,
    /// The transfer's own limit, beside those that all share; it may be changed at any time. Bytes a second.
    #[serde(deserialize_with = "rate", skip_serializing_if = "Option::is_none")]
    pub limit_bytes_per_second: Option<NonZeroU64>,
}

/// Whatever somebody wrote there: 0 is no rate.
fn rate<'d, D: Deserializer<'d>>(from: D) -> Result<Option<NonZeroU64>, D::Error> {
    Ok(Option::<u64>::deserialize(from)?.and_then(NonZeroU64::new))
}

impl TransferOptions {
    /// Whether a transfer with these options does what one with the others does. How fast is no matter.
    pub fn do_the_same_as(&self, other: &Self) -> bool {
        *self == Self { limit_bytes_per_second: self.limit_bytes_per_second, ..other.clone() }
    }
}

impl Default for TransferOptions {
    fn default() -> Self {
        Self {
            part_size_bytes: crate::PART_SIZE_BYTES_DEFAULT,
            parallel_parts: PARALLEL_PARTS_DEFAULT,
            conflict: ConflictRule::default(),
            settings: ObjectSettings::default(),
            route: RouteChoice::default(),
            limit_bytes_per_second: None,
        }
    }
}

/// What is to be moved where, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferSpec {
    /// Where the bytes are.
    pub source: End,
    /// Where they go.
    pub target: End,
    /// How.
    pub options: TransferOptions,
}

impl TransferSpec {
    /// Whether one of its ends is in this store.
    pub fn is_at(&self, wanted: &StoreId) -> bool {
        [&self.source, &self.target].into_iter().any(|end| end.store() == Some(wanted))
    }

    /// The kind, or `None` for file to file, which is not Tern's business.
    pub fn kind(&self) -> Option<Kind> {
        match (&self.source, &self.target) {
            (End::File { .. }, End::Object { .. }) => Some(Kind::Upload),
            (End::Object { .. }, End::File { .. }) => Some(Kind::Download),
            (End::Object { .. }, End::Object { .. }) => Some(Kind::Copy),
            (End::File { .. }, End::File { .. }) => None,
        }
    }
}

/// A transfer that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// What to do.
    pub spec: TransferSpec,
    /// How large its source is, as far as whoever adds it knows: from a listing, or the folder that it lies in. Shown and
    /// added up until its plan says better; nothing is decided by it.
    pub expected_bytes: Option<u64>,
}

impl From<TransferSpec> for NewTransfer {
    fn from(spec: TransferSpec) -> Self {
        Self { spec, expected_bytes: None }
    }
}

/// What the user wants. A click changes the intent at once; only outcomes of jobs change the [`State`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Go on.
    #[default]
    Run,
    /// Stop and keep everything.
    Pause,
    /// Stop, then remove what was sent and recorded. Durable: finished after a crash.
    Cancel,
}

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In the queue, nothing runs.
    #[default]
    Waiting,
    /// Looks at source and target. May be stopped at any time.
    Probing,
    /// Opens, or re-opens, the upload or the temp file. Runs to its end, so that no session is lost.
    Beginning,
    /// Moves parts.
    Moving,
    /// Assembles, compares checksums. Runs to its end.
    Committing,
    /// Removes the session, to cancel or to start over.
    Discarding,
    /// Stopped by the user; everything is kept.
    Paused,
    /// Ended with an error; everything is kept for a retry.
    Failed,
    /// Ended well.
    Done,
    /// Ended by the user; nothing is left of it.
    Cancelled,
    /// Given up or cleared away by the user, who can still take it back: everything is kept until a moment.
    Dismissed,
}

impl State {
    /// Whether nothing will happen unless the user acts, or lets the time pass in which he can take something back.
    pub fn is_resting(self) -> bool {
        matches!(self, Self::Paused | Self::Failed | Self::Done | Self::Cancelled | Self::Dismissed)
    }

    /// Whether it is over.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }

    /// Whether jobs run, or are about to.
    pub fn is_working(self) -> bool {
        matches!(self, Self::Probing | Self::Beginning | Self::Moving | Self::Committing | Self::Discarding)
    }
}
