//! Wire types of the lists of transfers: what has failed and why, what is selected, what can be taken back, the log.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::dto::{Actions, AppError, Conflict, Direction, TransferFilter};

/// What failed of one cause.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct FailedGroup {
    /// The cause: a code that has words.
    pub code: String,
    /// How many.
    pub count: u64,
    /// The store's own code, as the newest of them got it.
    pub store_code: Option<String>,
    /// The right that the newest of them lacked, where that is the cause and the name of the right is known.
    pub needs: Option<MissingRight>,
    /// Whether the newest of them is a download, which another folder would help.
    pub downloads: bool,
}

/// A right that a key does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MissingRight {
    /// Its names, as a policy has them.
    pub actions: Vec<String>,
    /// On what: a bucket, and the beginning of keys.
    pub resource: String,
}

/// Downloads that go into another folder from now on.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct BegunElsewhere {
    /// How many.
    pub count: u64,
    /// Of how many something had arrived already, which comes once more.
    pub begun_anew: u64,
    /// The folder.
    pub folder: String,
    /// Takes it back, until what had arrived is removed; `None` where nothing is.
    pub undo: Option<u64>,
}

/// Everything that has failed, by its cause.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct FailedGroups {
    /// Grows with every change of any transfer.
    pub revision: u64,
    /// How many in all.
    pub total: u64,
    /// The largest first.
    pub groups: Vec<FailedGroup>,
}

/// What the store answered, for its support.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct StoreAnswer {
    /// HTTP status.
    pub status: Option<u16>,
    /// The store's code.
    pub code: Option<String>,
    /// The store's finer code.
    pub extended_code: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// The store's name of what was asked, where it was the store that refused.
    pub operation: Option<String>,
    /// The store's sentence, or the system's where nothing was answered.
    pub message: String,
}

/// A transfer that failed.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct FailedRow {
    /// Id.
    pub id: u64,
    /// Kind.
    pub direction: Direction,
    /// File name or last part of the key.
    pub name: String,
    /// Full source.
    pub from: String,
    /// Full target.
    pub to: String,
    /// Size, if it was known.
    pub size_bytes: Option<u64>,
    /// When it failed.
    pub ended_ms: Option<i64>,
    /// Why: code and params.
    pub why: AppError,
    /// What was answered.
    pub answer: Option<StoreAnswer>,
    /// How often it was tried.
    pub tries: u64,
}

/// A page of what failed of one cause, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct FailedPage {
    /// Grows with every change of any transfer.
    pub revision: u64,
    /// How many in all.
    pub total: u64,
    /// The rows.
    pub rows: Vec<FailedRow>,
    /// Give this as `after` for the next page.
    pub next: Option<u64>,
}

/// Paths of what has failed, one a line.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct FailedPaths {
    /// The lines.
    pub text: String,
    /// How many.
    pub count: u64,
    /// How many more there are, which are not among them.
    pub left_out: u64,
}

/// A list that was written.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Exported {
    /// Where it is.
    pub path: String,
    /// How many lines it has.
    pub count: u64,
}

/// What came of a wish for several transfers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Type)]
pub struct Acted {
    /// How many it was for.
    pub count: u64,
    /// Give this to `undo` within ten seconds; none if there is nothing to take back.
    pub undo: Option<u64>,
}

/// A change of what is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Select {
    /// This one alone.
    Only {
        /// Which.
        id: u64,
    },
    /// This one too, or no more.
    Toggle {
        /// Which.
        id: u64,
    },
    /// All from one to the other, in the order of the list.
    Range {
        /// Where it began.
        from: u64,
        /// Where it ends.
        to: u64,
    },
    /// The whole list.
    All {},
    /// What is selected already, and nothing that comes into the list later: what a question is asked about.
    Pinned {},
    /// Nothing.
    None {},
}

/// What is selected: held in Rust, told as figures.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Selected {
    /// Of which list.
    pub filter: TransferFilter,
    /// How many.
    pub count: u64,
    /// Names of the first few.
    pub names: Vec<String>,
    /// Their kind, if they have one kind.
    pub direction: Option<Direction>,
    /// Bytes of them that are at the far side.
    pub done_bytes: u64,
    /// Whether all of them were looked at for kind, bytes and actions; of very many only the first are.
    pub exact: bool,
    /// What at least one of them allows.
    pub actions: Actions,
}

/// A wish for all that is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ActOn {
    /// Stop and keep everything.
    Pause,
    /// Go on.
    Resume,
    /// Try again.
    Retry,
    /// Give up, which only what is not over can be; can be undone.
    Cancel,
    /// Take out of the list, which only what is done or has failed can be; can be undone.
    Remove,
}

/// How transfers leave the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Dismissal {
    /// Given up, which only what is not over can be.
    Cancel,
    /// Taken out, which only what is done or has failed can be.
    Remove,
}

/// Another place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum MoveTo {
    /// One up.
    Up {},
    /// One down.
    Down {},
    /// Before all others.
    First {},
    /// Behind all others.
    Last {},
    /// Just before this one.
    Before {
        /// Which.
        id: u64,
    },
}

/// How a transfer is done, and what of that can still be changed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Type)]
pub struct TransferOptionsView {
    /// Parts that move at a time.
    pub parallel_parts: u16,
    /// Size of a part, as asked for.
    pub part_size_bytes: u64,
    /// What to do where the target exists with other content.
    pub conflict: Conflict,
    /// Whether the number of parts at a time can be changed.
    pub parallel_open: bool,
    /// Whether the rest can be changed: it has not begun.
    pub plan_open: bool,
}

/// A change of how a transfer is done; what is `None` stays.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Type)]
pub struct TransferOptionsForm {
    /// Parts that move at a time.
    pub parallel_parts: Option<u16>,
    /// Size of a part.
    pub part_size_bytes: Option<u64>,
    /// What to do where the target exists with other content.
    pub conflict: Option<Conflict>,
}

/// A line of a transfer's log.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct LogRow {
    /// Its number; larger is later.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What happened: a code that has words.
    pub what: String,
    /// Values for the words.
    pub params: std::collections::BTreeMap<String, String>,
    /// Why, where something went wrong.
    pub why: Option<AppError>,
    /// Id of the request that it is about.
    pub request_id: Option<String>,
}

/// A page of a transfer's log, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct LogPage {
    /// How many lines there are.
    pub total: u64,
    /// The lines.
    pub rows: Vec<LogRow>,
    /// Give this as `before` for the next page.
    pub next: Option<u64>,
}
