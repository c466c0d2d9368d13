//! Files with bytes in them, which vanish by themselves unless somebody keeps them.
//!
//! A blob is written under its final name and then only read. It starts out unkept: if the request that writes it
//! breaks off, dropping it removes the file and gives its bytes back to the quota. A version or a part that is
//! recorded keeps its blobs; when it is replaced or deleted it dooms them, and the file goes as soon as the last
//! reader has let go of it. So a download that is under way is never cut off by an overwrite.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest as CrcDigest};
use md5::{Digest, Md5};

use crate::refusal::Refusal;

/// How full the folder is.
#[derive(Debug)]
pub(crate) struct Quota {
    used_bytes: AtomicU64,
    capacity_bytes: u64,
}

impl Quota {
    pub(crate) fn new(capacity_bytes: u64) -> Self {
        Self { used_bytes: AtomicU64::new(0), capacity_bytes }
    }

    pub(crate) fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// Whether `bytes` more would fit now; a courtesy before a body is read, not a promise.
    pub(crate) fn check(&self, bytes: u64) -> Result<(), Refusal> {
        if self.used_bytes().saturating_add(bytes) > self.capacity_bytes {
            return Err(Refusal::quota_exceeded(self.capacity_bytes));
        }
        Ok(())
    }

    fn take(&self, bytes: u64) -> Result<(), Refusal> {
        let fits = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= self.capacity_bytes);
        match self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => Ok(()),
            Err(_) => Err(Refusal::quota_exceeded(self.capacity_bytes)),
        }
    }

    /// Counts what was found at the start, even if the capacity is smaller by now.
    fn take_what_is_there(&self, bytes: u64) {
        self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: u64) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A finished file of bytes.
#[derive(Debug)]
pub(crate) struct Blob {
    pub(crate) id: String,
    pub(crate) len_bytes: u64,
    path: PathBuf,
    kept: AtomicBool,
    quota: Arc<Quota>,
}

impl Blob {
    /// A blob that a record found at the start names.
    pub(crate) fn existing(id: &str, len_bytes: u64, folder: &Path, quota: &Arc<Quota>) -> Arc<Self> {
        quota.take_what_is_there(len_bytes);
        let path = blob_path(folder, id);
        Arc::new(Self { id: id.to_owned(), len_bytes, path, kept: AtomicBool::new(true), quota: quota.clone() })
    }

    pub(crate) fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// From now on the file stays when the last reader goes.
    pub(crate) fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }

    /// From now on the file goes with its last reader.
    pub(crate) fn doom(&self) {
        self.kept.store(false, Ordering::Release);
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        if !*self.kept.get_mut() {
            remove(&self.path);
            self.quota.give_back(self.len_bytes);
        }
    }
}

/// Where a blob lies in its bucket's data folder: in one of 256 folders, so that none gets too long to search.
pub(crate) fn blob_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(id.get(..2).unwrap_or("00")).join(id)
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a file that is no longer needed stays behind");
    }
}

/// What is known of bytes once they are all written.
#[derive(Debug)]
pub(crate) struct Written {
    /// `None` for no bytes at all: an empty object needs no file.
    pub(crate) blob: Option<Arc<Blob>>,
    pub(crate) len_bytes: u64,
    pub(crate) crc64: u64,
    pub(crate) md5: Option<[u8; 16]>,
}

/// A blob in the making; drop it and there is nothing.
pub(crate) struct BlobWriter {
    id: String,
    path: PathBuf,
    file: Option<File>,
    len_bytes: u64,
    crc: CrcDigest,
    md5: Option<Md5>,
    quota: Arc<Quota>,
    sealed: bool,
}

impl BlobWriter {
    pub(crate) fn new(folder: &Path, quota: &Arc<Quota>, with_md5: bool) -> Self {
        let id = new_id();
        Self {
            path: blob_path(folder, &id),
            id,
            file: None,
            len_bytes: 0,
            crc: CrcDigest::new(CrcAlgorithm::Crc64Xz),
            md5: with_md5.then(Md5::new),
            quota: quota.clone(),
            sealed: false,
        }
    }

    /// Writes and sums up; blocks on the disk.
    pub(crate) fn write(&mut self, chunks: &[Bytes]) -> Result<(), Refusal> {
        for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
            self.quota.take(chunk.len() as u64)?;
            self.len_bytes += chunk.len() as u64;
            self.crc.update(chunk);
            if let Some(md5) = &mut self.md5 {
                md5.update(chunk);
            }
            self.file()?.write_all(chunk)?;
        }
        Ok(())
    }

    fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            if let Some(parent) = self.path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            self.file = Some(File::create_new(&self.path)?);
        }
        self.file.as_mut().ok_or_else(|| io::Error::other("the file was just opened"))
    }

    pub(crate) fn seal(mut self) -> Written {
        self.sealed = true;
        let blob = self.file.take().map(|_| {
            Arc::new(Blob {
                id: std::mem::take(&mut self.id),
                len_bytes: self.len_bytes,
                path: std::mem::take(&mut self.path),
                kept: AtomicBool::new(false),
                quota: self.quota.clone(),
            })
        });
        let md5 = self.md5.take().map(|md5| md5.finalize().into());
        Written { blob, len_bytes: self.len_bytes, crc64: self.crc.finalize(), md5 }
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if !self.sealed {
            self.quota.give_back(self.len_bytes);
            if self.file.take().is_some() {
                remove(&self.path);
            }
        }
    }
}

/// 128 random bits in hex: names of files, upload ids, versions.
pub(crate) fn new_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_that_is_dropped_leaves_no_file_and_no_bytes_on_the_quota() {
        let folder = tempfile::tempdir().unwrap();
        let quota = Arc::new(Quota::new(100));
        let mut writer = BlobWriter::new(folder.path(), &quota, true);
        writer.write(&[Bytes::from_static(b"hello")]).unwrap();
        assert_eq!(quota.used_bytes(), 5);
        let path = writer.path.clone();
        assert!(path.exists());
        drop(writer);
        assert!(!path.exists());
        assert_eq!(quota.used_bytes(), 0);
    }

    #[test]
    fn a_doomed_blob_stays_until_its_last_reader_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let quota = Arc::new(Quota::new(100));
        let mut writer = BlobWriter::new(folder.path(), &quota, true);
        writer.write(&[Bytes::from_static(b"123456789")]).unwrap();
        let written = writer.seal();
        assert_eq!(written.crc64, 0x995d_c9bb_df19_39fa);
        let blob = written.blob.unwrap();
        blob.keep();
        let reader = blob.clone();
        blob.doom();
        drop(blob);
        assert!(reader.open().is_ok());
        let path = reader.path.clone();
        drop(reader);
        assert!(!path.exists());
        assert_eq!(quota.used_bytes(), 0);
    }

    #[test]
    fn a_full_quota_refuses_the_next_byte() {
        let folder = tempfile::tempdir().unwrap();
        let quota = Arc::new(Quota::new(4));
        let mut writer = BlobWriter::new(folder.path(), &quota, false);
        writer.write(&[Bytes::from_static(b"1234")]).unwrap();
        assert_eq!(writer.write(&[Bytes::from_static(b"5")]).unwrap_err().code, "QuotaExceeded");
    }
}
