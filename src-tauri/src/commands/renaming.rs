//! Another key for an object: in one step where the bucket can, else by a copy that is compared before the old key goes.

use engine::{ErrorCode, TransferError};
use store::{ErrorKind, ObjectDetails, ObjectRef, PutCondition};

use super::versions::{copy, is_same};
use super::{Answer, Shared};
use crate::dto::AppError;
use crate::dto_objects::RenameView;
use crate::error::OwnCode;
use crate::stores::OpenStore;

/// Gives an object another key in its bucket. Never replaces what is there.
#[tauri::command]
#[specta::specta]
pub async fn rename_object(app: Shared<'_>, bucket: String, key: String, new_key: String) -> Answer<RenameView> {
    store::check_key(&new_key).map_err(AppError::invalid_name)?;
    let (_, open) = app.current_store().await?;
    let (old, new) = (ObjectRef::new(&bucket, &key), ObjectRef::new(&bucket, &new_key));
    if key == new_key {
        return Err(taken(&new));
    }
    let told = open.store.head_object(&old).await.map_err(|error| open.refusal(&error, &old))?;
    if in_one_step(&open, &old, &new, &told).await? {
        return Ok(RenameView::Renamed {});
    }
    if told.size_bytes > open.store.capabilities().part_size_bytes_max {
        return Err(AppError { retryable: false, ..AppError::new(OwnCode::RenameTooLarge).with("name", &key) });
    }
    let copied = copy(&open, &old, &told, &new, PutCondition::IfAbsent).await;
    let (_, acl_kept) = copied.map_err(|error| if error.code == "target_exists" { taken(&new) } else { error })?;
    // What somebody wrote there meanwhile is not what was copied, and must not go.
    let still = open.store.head_object(&old).await.map_err(|error| open.refusal(&error, &old))?;
    if still.etag != told.etag || still.version != told.version {
        return Err(AppError::from(TransferError::new(ErrorCode::SourceChanged)).with("path", &old));
    }
    open.store.delete_object(&old).await.map_err(|error| open.refusal(&error, &old))?;
    Ok(RenameView::Copied { acl_kept })
}

/// Whether the store renamed it. `false`: neither this bucket nor, perhaps, this object can be renamed, and nothing was
/// changed.
async fn in_one_step(open: &OpenStore, old: &ObjectRef, new: &ObjectRef, told: &ObjectDetails) -> Answer<bool> {
    let enabled = match open.administration.rename_enabled(&old.bucket).await {
        Ok(enabled) => enabled,
        // Who may not ask may well be allowed to copy.
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Unsupported | ErrorKind::Refused) => false,
        Err(error) => return Err(open.refusal(&error, old)),
    };
    if !enabled {
        return Ok(false);
    }
    let error = match open.administration.rename_object(old, &new.key, PutCondition::IfAbsent).await {
        Ok(()) => return Ok(true),
        Err(error) => error,
    };
    match error.kind {
        // Objects that are older than the setting stay what they are.
        ErrorKind::Unsupported | ErrorKind::Refused => Ok(false),
        ErrorKind::AlreadyExists => Err(taken(new)),
        // The answer is lost, or was given to another attempt: what is there now tells.
        ErrorKind::Network | ErrorKind::Server | ErrorKind::ObjectNotFound if moved(open, old, new, told).await => {
            Ok(true)
        }
        _ => Err(open.refusal(&error, old)),
    }
}

/// Whether the old key is gone and the new one has what it had.
async fn moved(open: &OpenStore, old: &ObjectRef, new: &ObjectRef, told: &ObjectDetails) -> bool {
    let is_gone = matches!(open.store.head_object(old).await, Err(error) if error.kind == ErrorKind::ObjectNotFound);
    is_gone
        && matches!(open.store.head_object(new).await, Ok(there) if there.etag == told.etag && is_same(&there, told))
}

fn taken(object: &ObjectRef) -> AppError {
    AppError::new(OwnCode::AlreadyExists).with("name", &object.key)
}
