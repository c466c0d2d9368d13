//! The wire types of the bucket browser: links, folders, what was deleted, bookmarks, what is dragged over the window.

use serde::{Deserialize, Serialize};
use specta::Type;

/// A link that whoever has it can use until it expires. It is a secret while it lives: shown, copied, never kept.
#[derive(Clone, Serialize, Deserialize, Type)]
pub struct LinkView {
    /// The link.
    pub url: String,
    /// When it stops working, in milliseconds since 1970.
    pub expires_ms: i64,
}

impl std::fmt::Debug for LinkView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkView").field("expires_ms", &self.expires_ms).finish_non_exhaustive()
    }
}

/// An object that is to be moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ChosenObject {
    /// Its key.
    pub key: String,
    /// Its size where it was listed; shown until its turn comes.
    pub size_bytes: Option<u64>,
}

/// What one page of a folder holds, all levels of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FolderPart {
    /// Objects of this page.
    pub objects: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// Give this back for the next page.
    pub next: Option<String>,
}

/// An object that the store did not delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NotDeleted {
    /// Its key.
    pub key: String,
    /// The store's code, such as `AccessDenied`.
    pub code: String,
    /// The store's words.
    pub message: String,
}

/// What came of deleting one page of objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeletedPart {
    /// How many are gone.
    pub deleted: u64,
    /// Those that are not, and why.
    pub failed: Vec<NotDeleted>,
    /// Give this back for the next page of a folder.
    pub next: Option<String>,
}

/// A place that the user wants to come back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Bookmark {
    /// The bucket.
    pub bucket: String,
    /// A prefix ending in `/`, or empty for the top of the bucket.
    pub prefix: String,
}

/// What is dragged over the window, as far as it is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DraggedCount {
    /// Folders that are dragged themselves; those inside them are not counted here.
    pub folders: u64,
    /// Files, those inside the folders too.
    pub files: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// Files and folders that cannot be read.
    pub unreadable: u64,
    /// Whether it still counts.
    pub counting: bool,
    /// Whether it stopped at its limit, so that there is more than these numbers say.
    pub more: bool,
}
