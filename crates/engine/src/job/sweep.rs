//! Sweep: find the uploads whose opening was never answered, and abort them.
//!
//! The answer to *CreateMultipartUpload* can be lost, or the program killed before it arrives; then there is an upload
//! that nobody knows the id of. What is aborted has this very key, was opened since the plan was made and holds no part,
//! and there are no more such uploads than there were attempts. That is as near to a proof as TOS allows: it could still
//! be somebody else's whose first part is on its way, if he writes to the same key at the same time; his upload would
//! begin anew.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use store::{ErrorKind, ListedUpload, ObjectRef, ObjectStore, StoreError, UploadRef};

use super::{Work, about, misfit, object_of};
use crate::checkpoint::Checkpoint;
use crate::error::TransferError;

/// How far the clocks of this computer and of the store may be apart: beyond it TOS refuses the request itself.
const SKEW_MAX: Duration = Duration::from_secs(15 * 60);

impl Work {
    /// Aborts what an unanswered attempt to open an upload has left, and returns what the store did not let go of.
    /// What may not be listed cannot be swept.
    pub(super) async fn sweep(
        &self,
        checkpoint: &Checkpoint,
        unanswered: u32,
    ) -> Result<Vec<UploadRef>, TransferError> {
        if checkpoint.planned_ms == 0 {
            return Ok(Vec::new()); // made by a version that did not note the time: nothing could be proved
        }
        let (store, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let store = self.store(store).await?;
        let mut empty = Vec::new();
        for upload in self.openings(store.as_ref(), object, checkpoint.planned_ms).await? {
            if is_empty(store.as_ref(), &upload).await.map_err(about(object))? {
                empty.push(upload);
            }
        }
        // If there are more than attempts, somebody else is at work, and nothing tells which of them are ours.
        if empty.len() > unanswered as usize {
            return Ok(Vec::new());
        }
        let mut left_behind = Vec::new();
        for upload in empty {
            match store.abort_upload(&upload).await {
                Ok(()) => {}
                Err(error) if error.kind == ErrorKind::UploadNotFound => {}
                Err(error) if error.kind == ErrorKind::Forbidden => {
                    tracing::warn!(%object, %error, "an upload that was never answered cannot be removed");
                    left_behind.push(upload);
                }
                Err(error) => return Err(about(object)(error)),
            }
        }
        Ok(left_behind)
    }

    /// Uploads of this key that were opened since the plan was made.
    async fn openings(
        &self,
        store: &dyn ObjectStore,
        object: &ObjectRef,
        since_ms: i64,
    ) -> Result<Vec<UploadRef>, TransferError> {
        let window = (moment(since_ms) - SKEW_MAX)..=(moment(self.tools.clock.wall_ms()) + SKEW_MAX);
        let uploads = match store::uploads_of(store, object).await {
            Ok(uploads) => uploads,
            Err(error) if error.kind == ErrorKind::BucketNotFound => return Ok(Vec::new()),
            Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Unsupported) => {
                tracing::info!(%object, %error, "an upload may be left behind; it cannot be looked for");
                return Ok(Vec::new());
            }
            Err(error) => return Err(about(object)(error)),
        };
        let since = |upload: &ListedUpload| upload.initiated.is_some_and(|opened| window.contains(&opened));
        let ours = uploads.into_iter().filter(since);
        Ok(ours.map(|upload| UploadRef { object: object.clone(), upload_id: upload.upload_id }).collect())
    }
}

/// Whether an upload is there and holds nothing; what may not be looked into is left alone.
async fn is_empty(store: &dyn ObjectStore, upload: &UploadRef) -> Result<bool, StoreError> {
    match store.list_parts(upload, None).await {
        Ok(held) => Ok(held.parts.is_empty()),
        Err(error) => match error.kind {
            ErrorKind::UploadNotFound | ErrorKind::Forbidden | ErrorKind::Unsupported => Ok(false),
            _ => Err(error),
        },
    }
}

fn moment(wall_ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(wall_ms).unwrap_or(0).max(SKEW_MAX.as_millis() as u64))
}
