//! One bucket: its keys and uploads in memory, and every change of them on disk first.
//!
//! Two locks: `commits` is held while a change is decided and written (always on a blocking thread), `keys` only for
//! the moment in which the map is read or changed. A slow disk therefore never makes a reader wait, and conditions
//! such as "only if it does not exist" are decided against what is really there.

mod changes;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub(crate) use changes::finish_rename;

use crate::blob::new_id;
use crate::disk::{self, BucketFolder};
use crate::record::{Attributes, BucketRecord, KeyRecord, UploadRecord, Version, VersionFacts, Versioning};
use crate::refusal::Refusal;
use crate::upload::Upload;

/// The versions of a key, newest first; never empty in the map.
pub(crate) type Versions = Vec<Arc<Version>>;

/// The id of a version made while versioning was off.
pub(crate) const NULL_VERSION: &str = "null";

#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) folder: BucketFolder,
    record: RwLock<BucketRecord>,
    keys: RwLock<BTreeMap<String, Versions>>,
    uploads: RwLock<BTreeMap<(String, String), Arc<Upload>>>,
    commits: Mutex<()>,
}

/// What became of a deletion.
#[derive(Debug, Default)]
pub(crate) struct Deleted {
    pub(crate) found: bool,
    /// The deletion made a marker, or removed one.
    pub(crate) marker: bool,
    pub(crate) version_id: Option<String>,
}

impl Bucket {
    pub(crate) fn new(
        folder: BucketFolder,
        record: BucketRecord,
        keys: BTreeMap<String, Versions>,
        uploads: BTreeMap<(String, String), Arc<Upload>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            folder,
            record: RwLock::new(record),
            keys: RwLock::new(keys),
            uploads: RwLock::new(uploads),
            commits: Mutex::new(()),
        })
    }

    pub(crate) fn record(&self) -> BucketRecord {
        self.record.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keys(&self) -> RwLockReadGuard<'_, BTreeMap<String, Versions>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Versions>> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn uploads(&self) -> RwLockReadGuard<'_, BTreeMap<(String, String), Arc<Upload>>> {
        self.uploads.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn uploads_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<(String, String), Arc<Upload>>> {
        self.uploads.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys().is_empty() && self.uploads().is_empty()
    }

    /// The newest version, which may be a delete marker.
    pub(crate) fn newest(&self, key: &str) -> Option<Arc<Version>> {
        self.keys().get(key).and_then(|versions| versions.first().cloned())
    }

    pub(crate) fn version(&self, key: &str, version_id: &str) -> Option<Arc<Version>> {
        self.keys().get(key)?.iter().find(|version| version.facts.version_id == version_id).cloned()
    }

    /// Makes `version` the newest of `key` if `allowed` says so to the one that it replaces; blocks on the disk.
    pub(crate) fn put(
        &self,
        key: &str,
        mut version: Version,
        allowed: impl FnOnce(Option<&Version>) -> Result<(), Refusal>,
    ) -> Result<Arc<Version>, Refusal> {
        let _commit = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.keys().get(key).cloned().unwrap_or_default();
        allowed(old.first().map(Arc::as_ref).filter(|version| !version.facts.delete_marker))?;
        let (mut versions, replaced) = match self.record().versioning {
            Versioning::Never => (Vec::new(), old),
            Versioning::Enabled => {
                version.facts.version_id = new_id();
                (old, Vec::new())
            }
            Versioning::Suspended => old.into_iter().partition(|version| version.facts.version_id != NULL_VERSION),
        };
        let version = Arc::new(version);
        versions.insert(0, version.clone());
        self.store(key, versions)?;
        version.keep();
        replaced.iter().for_each(|version| version.doom());
        Ok(version)
    }

    /// Deletes `key` or one version of it; blocks on the disk.
    pub(crate) fn delete(&self, key: &str, version_id: Option<&str>, now_ms: u64) -> Result<Deleted, Refusal> {
        let _commit = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.keys().get(key).cloned().unwrap_or_default();
        let versioning = self.record().versioning;
        if let Some(version_id) = version_id {
            let (gone, left): (Versions, Versions) =
                old.into_iter().partition(|version| version.facts.version_id == version_id);
            let Some(version) = gone.first() else { return Ok(Deleted::default()) };
            let marker = version.facts.delete_marker;
            self.store(key, left)?;
            version.doom();
            return Ok(Deleted { found: true, marker, version_id: Some(version_id.to_owned()) });
        }
        if versioning == Versioning::Never {
            if old.is_empty() {
                return Ok(Deleted::default());
            }
            self.store(key, Vec::new())?;
            old.iter().for_each(|version| version.doom());
            return Ok(Deleted { found: true, ..Deleted::default() });
        }
        let found = !old.is_empty();
        let suspended = versioning == Versioning::Suspended;
        let (replaced, mut versions): (Versions, Versions) =
            old.into_iter().partition(|version| suspended && version.facts.version_id == NULL_VERSION);
        let version_id = if suspended { NULL_VERSION.to_owned() } else { new_id() };
        versions.insert(0, Arc::new(delete_marker(version_id.clone(), now_ms)));
        self.store(key, versions)?;
        replaced.iter().for_each(|version| version.doom());
        Ok(Deleted { found, marker: true, version_id: Some(version_id) })
    }

    /// Disk first, then memory. No versions at all remove the key.
    fn store(&self, key: &str, versions: Versions) -> Result<(), Refusal> {
        let path = self.folder.key_record(key);
        if versions.is_empty() {
            disk::remove_file(&path)?;
            self.keys_mut().remove(key);
        } else {
            let record =
                KeyRecord { key: key.to_owned(), versions: versions.iter().map(|version| version.record()).collect() };
            disk::write_record(&path, &record)?;
            self.keys_mut().insert(key.to_owned(), versions);
        }
        Ok(())
    }

    pub(crate) fn upload(&self, key: &str, upload_id: &str) -> Result<Arc<Upload>, Refusal> {
        let uploads = self.uploads();
        uploads.get(&(key.to_owned(), upload_id.to_owned())).cloned().ok_or_else(Refusal::no_such_upload)
    }

    /// Records a new upload; blocks on the disk.
    pub(crate) fn begin_upload(&self, record: UploadRecord) -> Result<(), Refusal> {
        disk::write_record(&self.folder.upload(&record.upload_id).join(disk::UPLOAD_RECORD), &record)?;
        let name = (record.key.clone(), record.upload_id.clone());
        self.uploads_mut().insert(name, Upload::new(record, BTreeMap::new()));
        Ok(())
    }

    /// Forgets an upload that is completed or aborted; its parts' blobs are the caller's. Blocks on the disk.
    pub(crate) fn end_upload(&self, upload: &Upload) -> Result<(), Refusal> {
        let record = &upload.record;
        self.uploads_mut().remove(&(record.key.clone(), record.upload_id.clone()));
        // The record goes first: a folder without one is swept at the next start.
        let folder = self.folder.upload(&record.upload_id);
        disk::remove_file(&folder.join(disk::UPLOAD_RECORD))?;
        std::fs::remove_dir_all(folder)?;
        Ok(())
    }
}

fn delete_marker(version_id: String, now_ms: u64) -> Version {
    let facts = VersionFacts {
        version_id,
        etag: String::new(),
        size_bytes: 0,
        crc64: None,
        modified_ms: now_ms,
        storage_class: "STANDARD".to_owned(),
        delete_marker: true,
        attributes: Attributes::new(),
        acl: None,
        restoration: None,
    };
    Version { facts, blobs: Vec::new() }
}
