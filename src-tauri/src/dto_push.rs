//! The wire type of what Rust tells the window without being asked.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::dto::{AppError, DraggedCount, Pulse, TransferRow};
use crate::dto_desktop::NoticeFacts;

/// A push from Rust to the window.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Push {
    /// Counters.
    Pulse {
        /// The counters.
        pulse: Pulse,
    },
    /// A transfer ended: done, failed, or cancelled (its state is `cancelling` then, and no list has it any more).
    Ended {
        /// Its last row.
        row: TransferRow,
    },
    /// Something that the user must know until it is put away.
    Notice {
        /// What it is.
        notice: AppError,
    },
    /// A transfer waits for keys of its account; `keys_needed` says which accounts those are.
    KeysNeeded {},
    /// Files are dragged over the window (native drag and drop).
    DragOver {
        /// How many paths.
        paths: u64,
    },
    /// What is dragged, as far as it is counted; four times a second at most.
    DragCounted {
        /// The numbers.
        count: DraggedCount,
    },
    /// Where the drag is, in CSS px of the page without its zoom.
    DragMoved {
        /// From the left.
        #[specta(type = Number)]
        x: f64,
        /// From the top.
        #[specta(type = Number)]
        y: f64,
    },
    /// The drag left, or ended.
    DragLeave {},
    /// Files were let go where the drag was told to be last, and that place is where they go: `dropped` follows when the
    /// disk has answered, however the pointer and the page have moved by then.
    DropAimed {
        /// Its number, which `dropped` has too.
        drop: u64,
    },
    /// Files were dropped.
    Dropped {
        /// The number of the drop.
        drop: u64,
        /// The absolute paths of those that can be read.
        paths: Vec<String>,
        /// A reason for each that cannot, up to a thousand.
        refused: Vec<AppError>,
        /// How many more cannot.
        refused_more: u64,
    },
    /// The window is to be closed while transfers run: `quit_question` has what to ask.
    QuitAsked {},
    /// The user is to be told of this outside of the window; its words go to `show_notice`.
    NoticeDue {
        /// What happened.
        facts: NoticeFacts,
    },
    /// Files were given from outside: `take_given_files` has them.
    FilesGiven {},
}
