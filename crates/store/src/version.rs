//! Versions of objects, and whether a bucket keeps them.

use std::time::SystemTime;

use crate::{Crc64, ETag, VersionId};

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versioning {
    /// It never did.
    #[default]
    Never,
    /// What is replaced or deleted stays as an older version.
    Enabled,
    /// Older versions stay, but no new ones are kept.
    Suspended,
}

/// Which versions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionListRequest {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Group keys behind the next occurrence of this after the prefix, usually `/`.
    pub delimiter: Option<String>,
    /// Where the last page ended.
    pub after: Option<VersionMarker>,
    /// At most so many entries, 1 to 1000; the store's own number if `None`.
    pub max_keys: Option<u32>,
}

/// A place in a list of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionMarker {
    /// The key.
    pub key: String,
    /// Behind this version of the key; behind all of them if `None`.
    pub version: Option<VersionId>,
}

/// One version of a key, or a mark that it was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedVersion {
    /// The key.
    pub key: String,
    /// Its id; `None` where the store names none, as for a bucket that never kept versions.
    pub version: Option<VersionId>,
    /// Whether it is what a reader gets who names no version (a marker: nothing).
    pub is_latest: bool,
    /// When it was written, or the key deleted.
    pub modified: Option<SystemTime>,
    /// The object; `None` for a delete marker.
    pub object: Option<VersionFacts>,
}

/// What a list of versions says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFacts {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Entity tag of the whole.
    pub etag: Option<ETag>,
    /// Checksum of the whole, where the store reports one.
    pub crc64: Option<Crc64>,
    /// Such as `STANDARD` or `ARCHIVE`.
    pub storage_class: Option<String>,
}

/// A page of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// Versions and delete markers in one list: by key, then the newest first. Those of one key may go on with the next
    /// page.
    pub entries: Vec<ListedVersion>,
    /// Prefixes that stand for groups, each ending in the delimiter.
    pub common_prefixes: Vec<String>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<VersionMarker>,
}

impl VersionPage {
    /// Puts versions and markers, which stores list apart, into one order. Two of the same moment stay as they came.
    pub fn sort(entries: &mut [ListedVersion]) {
        entries.sort_by(|a, b| {
            let newest_first = b.is_latest.cmp(&a.is_latest).then_with(|| b.modified.cmp(&a.modified));
            a.key.cmp(&b.key).then(newest_first)
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn versions_and_markers_come_by_key_then_newest_first_and_what_is_latest_is_believed() {
        let entry = |key: &str, id: &str, seconds: u64, is_latest| ListedVersion {
            key: key.into(),
            version: Some(VersionId(id.into())),
            is_latest,
            modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
            object: None,
        };
        // The latest of `a` has the same second as the one before it.
        let mut entries = vec![
            entry("b", "6", 9, true),
            entry("a", "1", 1, false),
            entry("a", "2", 5, false),
            entry("a", "3", 5, true),
            entry("a", "4", 2, false),
            entry("a", "5", 2, false),
        ];
        VersionPage::sort(&mut entries);
        let ids: Vec<_> = entries.iter().map(|entry| entry.version.as_ref().unwrap().0.as_str()).collect();
        assert_eq!(ids, ["3", "2", "4", "5", "1", "6"]);
    }
}
