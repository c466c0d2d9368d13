//! What must survive: the only things that are ever written to the ledger.
//!
//! Facts are appended in order and each can be applied twice without harm. Working states are not facts: a transfer
//! that is not paused, failed or over goes on after a restart, wherever it stood.

use std::num::NonZeroU64;

use store::UploadRef;

use crate::checkpoint::{Checkpoint, PartRecord, Session};
use crate::error::TransferError;
use crate::timeline::Timeline;
use crate::transfer::{Intent, State, StoreId, TransferId, TransferOptions, TransferSpec};
use crate::view::{Stats, Transferred};

/// A new transfer.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// Its id.
    pub id: TransferId,
    /// Its place in the queue; smaller comes first.
    pub order: i64,
    /// What to do.
    pub spec: TransferSpec,
    /// How large its source is believed to be.
    pub expected_bytes: Option<u64>,
    /// What the user wants of it from the start.
    pub intent: Intent,
    /// When, in milliseconds since 1970.
    pub added_ms: i64,
}

/// Something that happened and must be remembered.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A transfer was added.
    Added(Box<Added>),
    /// The user wants something else.
    IntentSet {
        /// Which transfer.
        id: TransferId,
        /// What is wanted now.
        intent: Intent,
    },
    /// The transfer came to rest in, or left, a resting state.
    StateSet {
        /// Which transfer.
        id: TransferId,
        /// `Waiting` or `Paused`.
        state: State,
        /// What it did so far; `None` leaves what is recorded.
        stats: Option<Stats>,
    },
    /// The plan is made. Recorded before `Begin`, so that a temp file is known to be ours before it exists.
    Planned {
        /// Which transfer.
        id: TransferId,
        /// The plan, without a session.
        checkpoint: Box<Checkpoint>,
        /// When, in milliseconds since 1970: an upload of this key opened later may be ours.
        at_ms: i64,
    },
    /// An upload is about to be opened again, since nobody knows what came of the times before. Recorded before the
    /// attempt: as many uploads of this key may be ours.
    BeginAttempted {
        /// Which transfer.
        id: TransferId,
        /// How many times, with this one.
        attempts: u32,
    },
    /// A session is open.
    Begun {
        /// Which transfer.
        id: TransferId,
        /// What was opened.
        session: Session,
    },
    /// A part is at the sink.
    PartDone {
        /// Which transfer.
        id: TransferId,
        /// The proof.
        part: PartRecord,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// A recorded part turned out not to be at the sink.
    PartDropped {
        /// Which transfer.
        id: TransferId,
        /// Which part.
        number: store::PartNumber,
    },
    /// The transfer starts over: plan, session and parts are forgotten.
    Restarted {
        /// Which transfer.
        id: TransferId,
    },
    /// The store did not let go of an upload that is of no use any more; the transfer goes on without it.
    LeftBehind {
        /// Which transfer.
        id: TransferId,
        /// Whose store.
        store: StoreId,
        /// The upload.
        upload: UploadRef,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// It waits for something that only its user can give, such as new credentials. Everything is kept.
    Held {
        /// Which transfer.
        id: TransferId,
        /// For what.
        error: Box<TransferError>,
        /// What it did so far.
        stats: Stats,
    },
    /// It has another place in the queue.
    Reordered {
        /// Which transfer.
        id: TransferId,
        /// Its place; smaller comes first.
        order: i64,
    },
    /// It has another limit of its own.
    OwnLimitSet {
        /// Which transfer.
        id: TransferId,
        /// Bytes a second.
        limit: Option<NonZeroU64>,
    },
    /// It failed. Plan, session and parts are kept.
    Failed {
        /// Which transfer.
        id: TransferId,
        /// Why.
        error: Box<TransferError>,
        /// What it did so far.
        stats: Stats,
        /// When.
        at_ms: i64,
    },
    /// It is done.
    Done {
        /// Which transfer.
        id: TransferId,
        /// What came of it.
        result: Box<Transferred>,
        /// What it did.
        stats: Stats,
        /// When.
        at_ms: i64,
    },
    /// It was done without a checksum to compare with, and both ends were read and found equal since.
    Proved {
        /// Which transfer.
        id: TransferId,
        /// What came of it, with that.
        result: Box<Transferred>,
    },
    /// What has happened to it so far, to be told one day. Nothing is decided by it; the newest takes the place of those
    /// before it.
    Timeline {
        /// Which transfer.
        id: TransferId,
        /// All of it.
        timeline: Box<Timeline>,
    },
    /// It was cancelled and nothing is left of it.
    Cancelled {
        /// Which transfer.
        id: TransferId,
        /// When.
        at_ms: i64,
    },
    /// The user took it out of the list.
    Removed {
        /// Which transfer.
        id: TransferId,
    },
    /// It shall be done in another way from now on.
    OptionsSet {
        /// Which transfer.
        id: TransferId,
        /// How.
        options: Box<TransferOptions>,
    },
    /// The user gave it up, or cleared it away. Until a moment it can be taken back as it was; then, also after a crash,
    /// what was sent of it is removed.
    Dismissed {
        /// Which transfer.
        id: TransferId,
        /// The moment, in milliseconds since 1970. All that is dismissed by one wish has the same, and nothing else has.
        until_ms: i64,
    },
    /// What was dismissed is what it was again.
    Recalled {
        /// Which transfer.
        id: TransferId,
    },
}

impl Fact {
    /// The transfer that it is about.
    pub fn id(&self) -> TransferId {
        match self {
            Self::Added(added) => added.id,
            Self::IntentSet { id, .. }
            | Self::StateSet { id, .. }
            | Self::Planned { id, .. }
            | Self::BeginAttempted { id, .. }
            | Self::Held { id, .. }
            | Self::Reordered { id, .. }
            | Self::OwnLimitSet { id, .. }
            | Self::Begun { id, .. }
            | Self::PartDone { id, .. }
            | Self::PartDropped { id, .. }
            | Self::Restarted { id }
            | Self::LeftBehind { id, .. }
            | Self::Failed { id, .. }
            | Self::Done { id, .. }
            | Self::Proved { id, .. }
            | Self::Timeline { id, .. }
            | Self::Cancelled { id, .. }
            | Self::Removed { id }
            | Self::OptionsSet { id, .. }
            | Self::Dismissed { id, .. }
            | Self::Recalled { id } => *id,
        }
    }
}

/// Something that is true of many transfers at once, and is recorded as one thing: no row is read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// All that waits is paused (`Pause`), or all that is paused goes on (`Run`).
    AllSet {
        /// What is wanted of them.
        intent: Intent,
    },
    /// All that was dismissed by one wish is what it was again.
    Recalled {
        /// Until when it could be.
        until_ms: i64,
    },
    /// What was dismissed by one wish cannot be taken back any more: it is removed, or being cancelled from now on. At
    /// most a thousand at a time.
    DismissalEnds {
        /// Until when it could be.
        until_ms: i64,
    },
    /// What was done or cancelled before a moment is forgotten. At most a thousand at a time, oldest first.
    Expired {
        /// The moment, in milliseconds since 1970.
        before_ms: i64,
    },
}
