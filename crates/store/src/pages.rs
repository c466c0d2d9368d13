//! Lists that come in pages, read to their end. Each page is one request; an error of any ends the whole.
//!
//! A page that says that there is more and does not say where would make this last for ever, and to stop there would
//! take a part of the list for all of it: so it is an error.

use crate::{ErrorKind, ListedPart, ListedUpload, ObjectRef, ObjectStore, StoreError, UploadListRequest, UploadRef};

/// All parts that the store holds of an upload, ascending.
///
/// # Errors
/// Those of `list_parts`; `UploadNotFound` if it has gone.
pub async fn all_parts(store: &dyn ObjectStore, upload: &UploadRef) -> Result<Vec<ListedPart>, StoreError> {
    let mut parts = Vec::new();
    let mut after = None;
    loop {
        let page = store.list_parts(upload, after).await?;
        parts.extend(page.parts);
        match page.next {
            None => return Ok(parts),
            Some(next) if Some(next) > after => after = Some(next),
            Some(_) => return Err(stands_still("the parts of an upload")),
        }
    }
}

/// All open uploads of exactly this key.
///
/// # Errors
/// Those of `list_uploads`.
pub async fn uploads_of(store: &dyn ObjectStore, object: &ObjectRef) -> Result<Vec<ListedUpload>, StoreError> {
    let mut uploads = Vec::new();
    let mut request = UploadListRequest { prefix: object.key.clone(), after: None };
    loop {
        let page = store.list_uploads(&object.bucket, &request).await?;
        uploads.extend(page.uploads.into_iter().filter(|upload| upload.key == object.key));
        match page.next {
            // Uploads of the key itself come before those of longer ones.
            Some(next) if next.0 == object.key && Some(&next) > request.after.as_ref() => request.after = Some(next),
            Some(next) if next.0 == object.key => return Err(stands_still("the open uploads of a key")),
            _ => return Ok(uploads),
        }
    }
}

fn stands_still(what: &str) -> StoreError {
    StoreError::new(ErrorKind::Corrupted, format!("the store listed {what} and then the same page again"))
}
