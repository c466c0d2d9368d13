//! The engine: one queue, five verbs, any source to any sink.
//!
//! An upload, a download and a copy between buckets are one machine over [`End`] × [`End`]. The [`queue`] decides and
//! does nothing else: plain synchronous Rust, fed with inputs, answering with facts to record, jobs to run and events
//! to tell. The [`driver`] is the only loop: it records facts in the [`ledger`], runs jobs and feeds their outcomes
//! back. A job is one attempt at one of five verbs: probe, begin, move a part, commit, discard.
//!
//! What this costs: a multi-step transfer is a state machine rather than one function to be read from top to bottom.
//! What it buys: pause, cancel, crash and retry exist once, restart is "load and look at the far side", and every
//! interleaving can be tested without a network, a disk or a clock.
//!
//! Invariants, by name:
//! * **data-then-record**: a part is recorded only after the sink has it (for files: after its bytes are synced).
//! * **commit-barrier**: all facts of a transfer are durable before its commit starts.
//! * **session-first**: the upload id (or temp file name) is durable before the first part moves.
//! * **far-side-wins**: on resume the store's part list, or the temp file re-read, outweighs the ledger.
//! * **stop-then-discard**: nothing is aborted or deleted while a part of it still moves.
//! * **verified-or-said**: done means that both checksums are equal; where the store reports none, it is said.
//!
//! Start with [`Engine`] (what callers use), then [`queue`], then the verbs in `job`.
#![warn(missing_docs)]

mod at_risk;
mod buffer;
mod cancel;
mod checkpoint;
mod clock;
mod conflict;
mod disk;
mod driver;
mod error;
mod event;
mod fact;
mod flow;
mod handle;
mod job;
mod keys;
pub mod ledger;
mod limits;
mod live;
mod meter;
mod panics;
mod plan;
mod priority;
pub mod queue;
mod rate;
mod recorder;
mod retry;
mod rules;
mod stall;
mod timeline;
mod timetable;
mod track;
mod transfer;
mod view;

pub use cancel::CancelHook;
pub use checkpoint::{Checkpoint, Fingerprint, PartRecord, Session};
pub use clock::{Clock, Sleep, SystemClock};
pub use conflict::beside;
pub use disk::{Disk, FileFacts, LocalDisk, RandomFile, read_again};
pub use driver::NewPlace;
pub use error::{Again, Answer, ErrorCode, TransferError};
pub use event::{Event, EventKind, PartDetails};
pub use fact::{Added, Bulk, Fact};
pub use handle::{
    Adoption, ComparedPart, Comparison, DISMISSAL, Engine, EngineError, EngineOptions, EngineParts, Interruption,
    OptionsChange, Stores,
};
pub use job::ForeignUpload;
pub use keys::{NameTooLong, Naming};
pub use limits::{Circumstance, Limit, LimitNow, LimitSource, LimitsNow, RateLimits, Stops};
pub use panics::log_panics;
pub use plan::{PART_SIZE_BYTES_DEFAULT, PARTS_MAX, PartPlan};
pub use priority::Priority;
pub use queue::QueueLimits;
pub use rate::RateLimiter;
pub use retry::{NextTry, RetryPolicy};
#[cfg(feature = "testing")]
pub use rules::Rule;
pub use timeline::{EVENTS_MAX, Happening, STEPS_MAX, Timeline, What};
pub use timetable::{Hour, Timetable};
pub use transfer::{
    ConflictRule, End, Intent, Kind, NewTransfer, PARALLEL_PARTS_DEFAULT, PARALLEL_PARTS_MAX, Route, RouteChoice,
    State, StoreId, TransferId, TransferOptions, TransferSpec,
};
pub use view::{
    Actions, Counts, FailedCause, Filter, IdPage, Outcome, Page, PageRequest, PartState, Phase, RequestId,
    RequestPurpose, Stats, TransferDetail, TransferView, Transferred,
};
