//! The layout of the folder, and atomic writing of the records in it.
//!
//! ```text
//! ROOT/lock                             held while a server runs
//! ROOT/buckets/NAME/bucket.json         BucketRecord
//! ROOT/buckets/NAME/rename.json          RenameRecord; only while a key is being renamed
//! ROOT/buckets/NAME/keys/HH/HASH.json   KeyRecord; HASH = SHA-256 of the key, so any key makes a file name
//! ROOT/buckets/NAME/data/HH/ID          bytes of objects and parts
//! ROOT/buckets/NAME/uploads/ID/upload.json, 00001.json …   UploadRecord, PartRecord
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::StartError;
use crate::blob::new_id;

/// The folder of one bucket.
#[derive(Clone, Debug)]
pub(crate) struct BucketFolder(PathBuf);

impl BucketFolder {
    pub(crate) fn new(root: &Path, name: &str) -> Self {
        Self(buckets(root).join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn bucket_record(&self) -> PathBuf {
        self.0.join("bucket.json")
    }

    pub(crate) fn rename_record(&self) -> PathBuf {
        self.0.join("rename.json")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    pub(crate) fn key_record(&self, key: &str) -> PathBuf {
        let hash = hex::encode(Sha256::digest(key.as_bytes()));
        self.keys().join(&hash[..2]).join(format!("{hash}.json"))
    }

    pub(crate) fn uploads(&self) -> PathBuf {
        self.0.join("uploads")
    }

    pub(crate) fn upload(&self, upload_id: &str) -> PathBuf {
        self.uploads().join(upload_id)
    }

    pub(crate) fn part_record(&self, upload_id: &str, number: u16) -> PathBuf {
        self.upload(upload_id).join(format!("{number:05}.json"))
    }
}

pub(crate) fn buckets(root: &Path) -> PathBuf {
    root.join("buckets")
}

/// Name of the record inside an upload's folder.
pub(crate) const UPLOAD_RECORD: &str = "upload.json";

/// Writes a record beside its place and renames it there: a reader sees the old one or the new one.
pub(crate) fn write_record(path: &Path, record: &impl Serialize) -> io::Result<()> {
    let parent = path.parent().ok_or_else(|| io::Error::other("a record lies in a folder"))?;
    let temporary = parent.join(format!("{}.new", new_id()));
    let bytes = serde_json::to_vec(record)?;
    if let Err(error) = fs::write(&temporary, &bytes) {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
        fs::create_dir_all(parent)?;
        fs::write(&temporary, &bytes)?;
    }
    fs::rename(&temporary, path)
}

pub(crate) fn read_record<T: DeserializeOwned>(path: &Path) -> Result<T, StartError> {
    let bytes = fs::read(path).map_err(|source| StartError::Root { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| StartError::Damaged { path: path.to_owned(), source })
}

/// Removes what may be gone already.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The entries of a folder; none if there is no such folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StartError> {
    let failed = |source| StartError::Root { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}
