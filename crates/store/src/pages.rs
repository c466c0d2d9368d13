//! Lists that come in pages, read to their end. Each page is one request; an error of any ends the whole.

use crate::{ListedPart, ListedUpload, ObjectRef, ObjectStore, StoreError, UploadListRequest, UploadRef};

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
            // A marker that does not move on would make this last for ever.
            Some(next) if Some(next) > after => after = Some(next),
            _ => return Ok(parts),
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
            _ => return Ok(uploads),
        }
    }
}
