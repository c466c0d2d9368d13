//! Another key for an object: in one step where the bucket can, else by a copy that is compared before the old key goes.

use store::{ErrorKind, ObjectDetails, ObjectRef, PutCondition, StoreError};

use super::{Answer, Shared};
use crate::copying::{self, Sameness, asked, look};
use crate::dto::AppError;
use crate::dto_objects::{OldKey, RenameView};
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
    let told = asked(|| open.store.head_object(&old)).await;
    let told = told.map_err(|error| open.refusal(&error, &old))?;
    if in_one_step(&open, &old, &new, &told).await? {
        return Ok(RenameView::Renamed {});
    }
    if told.size_bytes > open.store.capabilities().part_size_bytes_max {
        return Err(AppError { retryable: false, ..AppError::new(OwnCode::RenameTooLarge).with("name", &key) });
    }
    let copied = copying::copy(&open, &old, &told, &new, PutCondition::IfAbsent).await;
    let copied = copied.map_err(|error| if error.code == "target_exists" { taken(&new) } else { error })?;
    let old = if copied.proven { delete_old(&open, &old, &told).await } else { OldKey::Unproven };
    Ok(RenameView::Copied { acl_kept: copied.acl_kept, old })
}

/// Deletes what was copied, and says what has become of it. Each attempt looks first: what somebody has written there
/// meanwhile is not what was copied, and must not go.
async fn delete_old(open: &OpenStore, old: &ObjectRef, told: &ObjectDetails) -> OldKey {
    let error = match asked(|| look_and_delete(open, old, told)).await {
        Ok(old) => return old,
        Err(error) => error,
    };
    tracing::warn!(%error, object = %old, "the old key was not deleted");
    // The last answer may be one that was lost.
    match look(open, old).await {
        Ok(None) => OldKey::Deleted,
        _ => OldKey::NotDeleted,
    }
}

async fn look_and_delete(open: &OpenStore, old: &ObjectRef, told: &ObjectDetails) -> Result<OldKey, StoreError> {
    match open.store.head_object(old).await {
        Ok(now) if now.etag != told.etag || now.version != told.version => Ok(OldKey::Changed),
        Ok(_) => open.store.delete_object(old).await.map(|()| OldKey::Deleted),
        Err(error) if error.kind == ErrorKind::ObjectNotFound => Ok(OldKey::Deleted),
        Err(error) => Err(error),
    }
}

/// Whether the store renamed it. `false`: neither this bucket nor, perhaps, this object can be renamed, and nothing was
/// changed.
async fn in_one_step(open: &OpenStore, old: &ObjectRef, new: &ObjectRef, told: &ObjectDetails) -> Answer<bool> {
    let enabled = match asked(|| open.administration.rename_enabled(&old.bucket)).await {
        Ok(enabled) => enabled,
        // Who may not ask may well be allowed to copy.
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Unsupported | ErrorKind::Refused) => false,
        Err(error) => return Err(open.refusal(&error, old)),
    };
    if !enabled {
        return Ok(false);
    }
    // One attempt: the second would not find the object that the first has renamed.
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
    let is_gone = matches!(look(open, old).await, Ok(None));
    is_gone && matches!(look(open, new).await, Ok(Some(there)) if copying::compare(told, &there) == Sameness::Proven)
}

fn taken(object: &ObjectRef) -> AppError {
    AppError::new(OwnCode::AlreadyExists).with("name", &object.key)
}
