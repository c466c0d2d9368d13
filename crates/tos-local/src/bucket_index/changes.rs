//! Changes that move no bytes: of the facts of a version, of the key that it has, of the bucket itself.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Bucket, Versions};
use crate::StartError;
use crate::disk::{self, BucketFolder};
use crate::record::{BucketRecord, KeyRecord, Version, VersionFacts, Versioning};
use crate::refusal::Refusal;

/// A rename under way, written before its first step and removed after its last.
#[derive(Debug, Serialize, Deserialize)]
struct RenameRecord {
    from: String,
    to: String,
    modified_ms: u64,
}

impl Bucket {
    /// Changes what is written down of the bucket; blocks on the disk.
    pub(crate) fn change_record(&self, change: impl FnOnce(&mut BucketRecord)) -> Result<(), Refusal> {
        let _commit = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut record = self.record();
        change(&mut record);
        disk::write_record(&self.folder.bucket_record(), &record)?;
        *self.record.write().unwrap_or_else(PoisonError::into_inner) = record;
        Ok(())
    }

    /// Changes the versioning state; blocks on the disk.
    pub(crate) fn set_versioning(&self, versioning: Versioning) -> Result<(), Refusal> {
        self.change_record(|record| record.versioning = versioning)
    }

    /// Changes the facts of one version, which `choose` finds among those of its key; blocks on the disk.
    pub(crate) fn change_version<T>(
        &self,
        key: &str,
        choose: impl FnOnce(&[Arc<Version>]) -> Result<usize, Refusal>,
        change: impl FnOnce(&mut VersionFacts) -> Result<T, Refusal>,
    ) -> Result<(T, Arc<Version>), Refusal> {
        let _commit = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut versions: Versions = self.keys().get(key).cloned().unwrap_or_default();
        let at = choose(&versions)?;
        let old = versions.get(at).ok_or_else(Refusal::no_such_key)?;
        let mut facts = old.facts.clone();
        let told = change(&mut facts)?;
        let changed = Arc::new(Version { facts, blobs: old.blobs.clone() });
        versions[at] = changed.clone();
        self.store(key, versions)?;
        Ok((told, changed))
    }

    /// Gives the object of `from` the key `to`, if `allowed` says so to it and to what it would replace. Only for
    /// buckets that never kept versions, where a key has one. Blocks on the disk.
    pub(crate) fn rename(
        &self,
        from: &str,
        to: &str,
        now_ms: u64,
        allowed: impl FnOnce(&Version, Option<&Version>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let _commit = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let (version, replaced) = {
            let keys = self.keys();
            let version = keys.get(from).and_then(|versions| versions.first()).cloned();
            (version.ok_or_else(Refusal::no_such_key)?, keys.get(to).cloned().unwrap_or_default())
        };
        allowed(&version, replaced.first().map(Arc::as_ref))?;
        if from == to {
            return Ok(());
        }
        let facts = VersionFacts { modified_ms: now_ms, ..version.facts.clone() };
        let renamed = Arc::new(Version { facts, blobs: version.blobs.clone() });
        // For a moment two records name the same bytes; the journal says which of them is to go after a crash.
        let journal = self.folder.rename_record();
        disk::write_record(&journal, &RenameRecord { from: from.to_owned(), to: to.to_owned(), modified_ms: now_ms })?;
        self.store(to, vec![renamed])?;
        self.store(from, Versions::new())?;
        disk::remove_file(&journal)?;
        replaced.iter().for_each(|version| version.doom());
        Ok(())
    }
}

/// Ends a rename that a crash broke off: before its first step it did not happen, after it the old key goes.
pub(crate) fn finish_rename(folder: &BucketFolder) -> Result<(), StartError> {
    let journal = folder.rename_record();
    if !journal.exists() {
        return Ok(());
    }
    let failed = |source| StartError::Root { path: journal.clone(), source };
    let rename: RenameRecord = disk::read_record(&journal)?;
    let (from, to) = (folder.key_record(&rename.from), folder.key_record(&rename.to));
    if from.exists() && to.exists() {
        let bytes_of = |record: &KeyRecord| {
            let first = record.versions.first();
            first.map(|version| version.blobs.iter().map(|blob| blob.id.clone()).collect::<Vec<_>>())
        };
        let (old, new): (KeyRecord, KeyRecord) = (disk::read_record(&from)?, disk::read_record(&to)?);
        let moved = new.versions.first().is_some_and(|version| version.facts.modified_ms == rename.modified_ms);
        if moved && bytes_of(&old) == bytes_of(&new) {
            disk::remove_file(&from).map_err(failed)?;
        }
    }
    disk::remove_file(&journal).map_err(failed)
}
