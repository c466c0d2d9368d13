//! Sweep: find an upload whose opening was never answered, and abort it.
//!
//! The answer to *CreateMultipartUpload* can be lost, or the program killed before it arrives; then there is an upload
//! that nobody knows the id of. What is aborted has this very key, was opened since the plan was made and holds no
//! part. If that was another's after all, he has lost nothing but an empty upload, and begins anew.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use store::{ErrorKind, ListedUpload, ObjectRef, ObjectStore, Retry, StoreError, UploadListRequest, UploadRef};

use super::{Work, about, misfit, object_of};
use crate::checkpoint::Checkpoint;
use crate::error::TransferError;

/// How far the clocks of this computer and of the store may be apart: beyond it TOS refuses the request itself.
const SKEW_MAX: Duration = Duration::from_secs(15 * 60);

impl Work {
    /// Aborts what an unanswered attempt to open an upload has left, and returns what the store did not let go of.
    /// What may not be listed cannot be swept.
    pub(super) async fn sweep(&self, checkpoint: &Checkpoint) -> Result<Vec<UploadRef>, TransferError> {
        if checkpoint.planned_ms == 0 {
            return Ok(Vec::new()); // made by a version that did not note the time: nothing could be proved
        }
        let (store, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let store = self.store(store).await?;
        let mut left_behind = Vec::new();
        for upload in self.openings(store.as_ref(), object, checkpoint.planned_ms).await? {
            match abort_if_empty(store.as_ref(), &upload).await {
                Ok(()) => {}
                Err(error) if error.retry == Retry::Never && error.kind != ErrorKind::CredentialsExpired => {
                    tracing::warn!(%object, %error, "an upload that was never answered could not be removed");
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
        let mut found = Vec::new();
        let mut request = UploadListRequest { prefix: object.key.clone(), after: None };
        loop {
            let page = match store.list_uploads(&object.bucket, &request).await {
                Ok(page) => page,
                Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Unsupported) => {
                    tracing::info!(%object, %error, "an upload may be left behind; it cannot be looked for");
                    return Ok(found);
                }
                Err(error) => return Err(about(object)(error)),
            };
            let since = |upload: &ListedUpload| upload.initiated.is_some_and(|opened| window.contains(&opened));
            let ours = page.uploads.into_iter().filter(|upload| upload.key == object.key && since(upload));
            found.extend(ours.map(|upload| UploadRef { object: object.clone(), upload_id: upload.upload_id }));
            match page.next {
                Some(next) if Some(&next) > request.after.as_ref() => request.after = Some(next),
                _ => return Ok(found),
            }
        }
    }
}

async fn abort_if_empty(store: &dyn ObjectStore, upload: &UploadRef) -> Result<(), StoreError> {
    let aborted = match store.list_parts(upload, None).await {
        Ok(held) if held.parts.is_empty() => store.abort_upload(upload).await,
        other => other.map(drop),
    };
    match aborted {
        Err(error) if error.kind == ErrorKind::UploadNotFound => Ok(()),
        other => other,
    }
}

fn moment(wall_ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(wall_ms).unwrap_or(0).max(SKEW_MAX.as_millis() as u64))
}
