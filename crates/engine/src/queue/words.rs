//! What goes into the queue and what comes out of it.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use store::{PartNumber, PutReceipt, UploadRef};

use crate::checkpoint::{Checkpoint, PartRecord};
use crate::error::TransferError;
use crate::event::Event;
use crate::fact::Fact;
use crate::handle::Interruption;
use crate::limits::Stops;
use crate::queue::QueueLimits;
use crate::transfer::{Intent, State, TransferId, TransferOptions, TransferSpec};
use crate::view::{Stats, Transferred};

/// Number of a job, unique in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// One attempt at one verb, with all that it needs by value.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// For which transfer.
    pub transfer: TransferId,
    /// What is to be done.
    pub spec: Arc<TransferSpec>,
    /// Which verb.
    pub verb: Verb,
}

/// The five verbs.
#[derive(Clone, Debug)]
pub enum Verb {
    /// Look at source and target; make the plan, or see whether the old one still holds.
    Probe {
        /// The plan of an earlier run.
        known: Option<Arc<Checkpoint>>,
    },
    /// Open the session; or, where one is known, see which of the recorded parts it really holds.
    Begin {
        /// The plan.
        checkpoint: Arc<Checkpoint>,
        /// Parts that the ledger has.
        recorded: Vec<PartRecord>,
        /// Whether an attempt before this one may have opened an upload without its answer having arrived.
        attempted: bool,
    },
    /// Move one part; of a plan with a single part and no session, the whole object.
    MovePart {
        /// The plan.
        checkpoint: Arc<Checkpoint>,
        /// Which part.
        number: PartNumber,
    },
    /// Publish and verify.
    Commit {
        /// The plan.
        checkpoint: Arc<Checkpoint>,
        /// All parts, ascending.
        parts: Vec<PartRecord>,
        /// What a single request answered, if it was made in this run.
        published: Option<PutReceipt>,
    },
    /// Abort the upload or delete the temp file.
    Discard {
        /// The plan. Without a session: whatever an attempt to open one may have left.
        checkpoint: Arc<Checkpoint>,
    },
}

/// What a job found or did.
#[derive(Clone, Debug)]
pub enum Report {
    /// The plan for a transfer that has none, or whose plan still holds.
    Planned(Box<Checkpoint>),
    /// The source is not what it was when the known plan was made.
    SourceChanged,
    /// Nothing has to be moved.
    NothingToDo(Box<Transferred>, Box<Checkpoint>),
    /// The session is open and holds these parts.
    Begun {
        /// The plan with its session.
        checkpoint: Box<Checkpoint>,
        /// Parts that are there, in any order.
        held: Vec<PartRecord>,
        /// Uploads that an earlier attempt has opened and the store does not let go of.
        left_behind: Vec<UploadRef>,
    },
    /// The known session is not there any more.
    SessionGone,
    /// The part is at the sink; for a single request, the object is written.
    Moved(PartRecord, Option<PutReceipt>),
    /// Published and compared.
    Committed(Box<Transferred>),
    /// Nothing is left of the session, except for these.
    Discarded {
        /// Uploads that an unanswered attempt has opened and the store does not let go of.
        left_behind: Vec<UploadRef>,
    },
    /// The job was stopped as asked.
    Stopped,
}

impl Report {
    /// Discarded without a rest.
    pub const NOTHING_LEFT: Self = Self::Discarded { left_behind: Vec::new() };
}

/// What can happen to the queue.
#[derive(Debug)]
pub enum Input {
    /// New transfers; they are recorded.
    Add(Vec<Loaded>),
    /// Transfers that the ledger already has.
    Load(Vec<Loaded>),
    /// The user wants something else of a transfer that is in the queue.
    Want(TransferId, Intent),
    /// The user does not want one that waits to wait for a place.
    StartNow(TransferId),
    /// The user gives transfers up, or clears them away, and can take that back until a moment (milliseconds since
    /// 1970). Those that are not in the queue are recorded, too.
    Dismiss(Vec<TransferId>, i64),
    /// What was dismissed until this moment goes on as it was.
    Recall(i64),
    /// What was dismissed until this moment cannot be taken back any more.
    DismissalEnds(i64),
    /// A transfer is to be done in another way; it may not be in the queue.
    SetOptions(TransferId, Box<TransferOptions>),
    /// Transfers have other places in the queue, also such that are not in it.
    Reorder(Vec<(TransferId, i64)>),
    /// Nothing may move in these directions, and everything may in the others.
    Stop(Stops),
    /// A transfer that is in the queue has another limit of its own.
    OwnLimit(TransferId, Option<NonZeroU64>),
    /// A job has ended.
    Ended(JobId, Result<Report, TransferError>),
    /// All connections are gone, and it was nobody's fault.
    Interrupted(Interruption),
    /// Other bounds from now on. What works goes on; a lower bound acts as places become free.
    Limits(QueueLimits),
    /// Time has passed.
    Wake,
    /// Everything stops, and nothing more is started.
    Shutdown,
}

/// A transfer on its way into the queue.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its id.
    pub id: TransferId,
    /// Its place.
    pub order: i64,
    /// What to do.
    pub spec: TransferSpec,
    /// How large its source was believed to be, or was by its last plan.
    pub expected_bytes: Option<u64>,
    /// What is wanted.
    pub intent: Intent,
    /// Where it came to rest, or `Waiting`.
    pub state: State,
    /// Its plan, if it has one.
    pub checkpoint: Option<Checkpoint>,
    /// Parts that are recorded.
    pub parts: Vec<PartRecord>,
    /// Why it failed, if it did.
    pub error: Option<TransferError>,
    /// What it did in earlier runs.
    pub stats: Stats,
    /// When it was added.
    pub added_ms: i64,
}

/// What is to be done after an input, in this order: stop jobs, record facts, start jobs, tell events, unload.
#[derive(Debug, Default)]
pub struct Step {
    /// Jobs to stop at once.
    pub stop: Vec<JobId>,
    /// Facts to record.
    pub facts: Vec<Fact>,
    /// Jobs to start only when the facts so far of their transfers are durable.
    pub jobs_after_facts: Vec<Job>,
    /// Jobs to start at once.
    pub jobs: Vec<Job>,
    /// Events to tell.
    pub events: Vec<Event>,
    /// Transfers that have left the queue.
    pub unload: Vec<TransferId>,
    /// When to wake the queue if nothing happens before.
    pub wake_at: Option<Duration>,
}
