//! Looking at an end as it is now. One attempt each: whoever asks decides about another.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{Disk, read_again};
use futures_util::StreamExt as _;
use store::{Crc64Hasher, ErrorKind, GetOptions, ObjectRef, ObjectStore, StoreError};

use crate::compare::Found;

/// Reads a file from its first byte to its last, and adds what was read to `read_bytes` on the way.
///
/// # Errors
/// What the disk says.
///
/// # Cancellation
/// Can be dropped at any time.
pub async fn look_at_file(disk: &Arc<dyn Disk>, path: &Path, read_bytes: &Arc<AtomicU64>) -> io::Result<Found> {
    let (size_bytes, crc64) = read_again(disk, path, read_bytes).await?;
    Ok(Found { size_bytes, crc64: Some(crc64), etag: None })
}

/// Asks the store for the facts of an object. With `read` its bytes are fetched and added to that number on the way, and
/// their CRC64 is what counts, not the one that the store reports.
///
/// # Errors
/// Those of HEAD and GET; `Changed` if the object is replaced between the two.
///
/// # Cancellation
/// Can be dropped at any time.
pub async fn look_at_object(
    store: &dyn ObjectStore,
    object: &ObjectRef,
    read: Option<&AtomicU64>,
) -> Result<Found, StoreError> {
    let details = store.head_object(object).await?;
    let mut found = Found { size_bytes: details.size_bytes, crc64: details.crc64, etag: Some(details.etag.clone()) };
    if let Some(read_bytes) = read {
        let options = GetOptions { range: None, if_match: Some(details.etag) };
        let mut body = store.get_object(object, &options).await?.body;
        let mut hasher = Crc64Hasher::new();
        let mut so_far = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.inspect_err(|_| {
                read_bytes.fetch_sub(so_far, Ordering::Relaxed);
            })?;
            hasher.update(&piece);
            so_far += piece.len() as u64;
            read_bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        found.crc64 = Some(hasher.finish());
    }
    Ok(found)
}

/// What the key of a version has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Current {
    /// This version, or the object has none.
    This,
    /// A later one: whoever asks for the key gets other bytes.
    Another,
    /// None: the object is deleted, and this version kept.
    Deleted,
    /// That could not be asked.
    Unknown,
}

/// Whether a version that is there is also what its key stands for.
///
/// # Errors
/// Those of HEAD, except that nothing is there.
///
/// # Cancellation
/// Can be dropped at any time.
pub async fn look_at_key(store: &dyn ObjectStore, object: &ObjectRef) -> Result<Current, StoreError> {
    let Some(version) = &object.version else { return Ok(Current::This) };
    let key = ObjectRef { version: None, ..object.clone() };
    match store.head_object(&key).await {
        Ok(details) if details.version.as_ref() == Some(version) => Ok(Current::This),
        Ok(_) => Ok(Current::Another),
        Err(error) if error.kind == ErrorKind::ObjectNotFound => Ok(Current::Deleted),
        Err(error) => Err(error),
    }
}
