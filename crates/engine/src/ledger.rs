//! The ledger: what survives.
//!
//! A narrow seam: facts go in, in order and in batches; transfers come out one at a time or in pages. One small row is
//! written per finished part, never a whole checkpoint again. The only writer is the engine's recorder, so the order
//! of facts is the order of events.

mod apply;
mod check;
mod dismissals;
mod history;
mod lock;
mod piles;
mod places;
mod rows;
mod schema;
mod sqlite;
mod timelines;
mod write_ahead;

use std::path::PathBuf;

pub use history::{History, HistoryPlace, HistoryRequest};
pub use lock::{DataFolderBusy, DataFolderLock};
pub use sqlite::SqliteLedger;

use store::{UploadId, UploadRef};

use crate::fact::{Bulk, Fact};
use crate::queue::Loaded;
use crate::timeline::Timeline;
use crate::transfer::{End, StoreId, TransferId};
use crate::view::{Counts, FailedCause, Filter, TransferDetail, TransferView};

/// Why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database refused.
    #[error("the ledger cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// A row does not say what it should.
    #[error("the ledger has a row that cannot be read: {0}")]
    Row(#[from] serde_json::Error),
    /// The folder or file cannot be used.
    #[error("the ledger cannot be opened: {0}")]
    Io(#[from] std::io::Error),
    /// It was made by a newer version.
    #[error(
        "the ledger was made by a newer version of Tern (schema {found}, this one knows {known}): use that version"
    )]
    Newer {
        /// Version found.
        found: i64,
        /// Newest version that is known.
        known: i64,
    },
}

impl LedgerError {
    /// Whether the disk is the cause, which may have room or permissions again later, and not what the file holds.
    pub fn is_of_the_disk(&self) -> bool {
        use rusqlite::ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};
        match self {
            Self::Io(_) => true,
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                Some(CannotOpen | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure)
            ),
            Self::Row(_) | Self::Newer { .. } => false,
        }
    }
}

/// A file that was no ledger, or a broken one, was put aside and a new one made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
}

/// A place in the queue: smaller comes first.
pub type Place = (i64, TransferId);

/// Whose an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A transfer that goes on with it.
    Needs(TransferId),
    /// A transfer that left it behind, because its store did not let go of it.
    LeftBehind(TransferId),
}

/// Rows that one [`Bulk::Expired`] removes at most, so that no other fact waits long behind it.
pub const EXPIRED_AT_ONCE_MAX: usize = 1000;

/// Rows that one [`Bulk::DismissalEnds`] changes at most, for the same reason.
pub const DISMISSED_AT_ONCE_MAX: usize = 1000;

/// An upload that its store did not let go of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Whose store.
    pub store: StoreId,
    /// The upload.
    pub upload: UploadRef,
    /// The transfer that began it.
    pub transfer: TransferId,
    /// When it was left behind, in milliseconds since 1970.
    pub since_ms: i64,
}

/// What must survive. Synchronous; called where it may block.
pub trait Ledger: Send + Sync + std::fmt::Debug {
    /// Appends facts, all or none, and returns when they would survive a power cut.
    fn append(&self, facts: &[Fact]) -> Result<(), LedgerError>;

    /// Records what is true of many transfers at once, and returns, when that would survive a power cut, how many rows
    /// it was true of: for `AllSet` nobody asks, so it says 0.
    fn append_bulk(&self, bulk: Bulk) -> Result<usize, LedgerError>;

    /// How to read it back.
    fn records(&self) -> &dyn Records;
}

/// What a ledger has. Synchronous; called where it may block, by anybody, also while something is appended.
pub trait Records: Send + Sync + std::fmt::Debug {
    /// One transfer with its parts.
    fn load(&self, id: TransferId) -> Result<Option<Loaded>, LedgerError>;

    /// Transfers that go on by themselves after a start, in queue order, after a place in the queue: those that are
    /// not paused, failed or over, and those whose cancelling was not finished.
    fn next_runnable(&self, after: Option<(i64, TransferId)>, limit: usize) -> Result<Vec<Loaded>, LedgerError>;

    /// For each pair of source and target the newest transfer between them that is not over.
    fn find_open(&self, ends: &[(&End, &End)]) -> Result<Vec<Option<TransferId>>, LedgerError>;

    /// The same, of those whose cancelling was not finished.
    fn find_cancelling(&self, ends: &[(&End, &End)]) -> Result<Vec<Option<TransferId>>, LedgerError>;

    /// The largest id that was ever given, and the largest place in use.
    fn last(&self) -> Result<(u64, i64), LedgerError>;

    /// Rows of a filter after one of them. `Active` is the same as `Waiting` here: working is not durable.
    fn page(&self, filter: Filter, after: Option<TransferId>, limit: usize) -> Result<Vec<TransferView>, LedgerError>;

    /// Ids of a filter after one of them, in the order of its pages. `Active` is the same as `Waiting` here.
    fn ids(&self, filter: Filter, after: Option<TransferId>, limit: usize) -> Result<Vec<TransferId>, LedgerError>;

    /// Ids of those that wait, before one of them, nearest first.
    fn waiting_before(&self, id: TransferId, limit: usize) -> Result<Vec<TransferId>, LedgerError>;

    /// Causes of which something has failed, those with most failures first.
    fn failed_causes(&self) -> Result<Vec<FailedCause>, LedgerError>;

    /// Until when what is dismissed can be taken back, in milliseconds since 1970: one moment for each wish, ascending.
    fn dismissals(&self) -> Result<Vec<i64>, LedgerError>;

    /// Transfers as they are recorded, without their parts; those that exist, in the order asked for.
    fn views(&self, ids: &[TransferId]) -> Result<Vec<TransferView>, LedgerError>;

    /// One transfer as it is recorded, with its parts.
    fn detail(&self, id: TransferId) -> Result<Option<TransferDetail>, LedgerError>;

    /// What has happened to a transfer, as it was last recorded.
    fn timeline(&self, id: TransferId) -> Result<Option<Timeline>, LedgerError>;

    /// Uploads that were left behind, oldest first. They may have been removed at the store since.
    fn leftovers(&self) -> Result<Vec<Leftover>, LedgerError>;

    /// What is done, newest first, as far as the request lets it look.
    fn history(&self, request: &HistoryRequest) -> Result<History, LedgerError>;

    /// Exact numbers; `active` is 0 here.
    fn counts(&self) -> Result<Counts, LedgerError>;

    /// Transfers that stopped because the credentials of this store had expired or were not known, in queue order.
    /// Those that the user has paused since are not among them.
    fn held(&self, store: &StoreId) -> Result<Vec<TransferId>, LedgerError>;

    /// How many transfers that are not over have an end at this store. Counting stops at `limit`: a person who is told
    /// “more than 10,000” knows enough, and no index is kept for it.
    fn needing(&self, store: &StoreId, limit: u64) -> Result<u64, LedgerError>;

    /// Places in the queue of transfers that are not over, before a place, nearest first; without one, from the end.
    fn places_before(&self, place: Option<Place>, limit: usize) -> Result<Vec<Place>, LedgerError>;

    /// The first place in the queue of those that are not over.
    fn first_place(&self) -> Result<Option<Place>, LedgerError>;

    /// For each upload the transfer that began it and whether that will go on with it.
    fn owners(&self, uploads: &[UploadId]) -> Result<Vec<Option<Owner>>, LedgerError>;

    /// Ids of the transfers of a filter that are neither over nor being cancelled, for "pause all" and "resume all".
    fn open_ids(&self, filter: Filter) -> Result<Vec<TransferId>, LedgerError>;
}
