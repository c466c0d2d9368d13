//! Folders, as far as a store of keys has any; and deleting, object by object and folder by folder.
//!
//! Whatever can be long is done a page at a time, and the window asks for the next one: so it shows how far it is, and
//! not asking is stopping. What that costs: a window that closes in the middle leaves the rest of a folder where it is.

use std::collections::HashSet;

use store::{ErrorKind, ListRequest, ObjectRef, ObjectSettings, PutCondition, UploadBody};

use super::{Answer, Shared};
use crate::copying::asked;
use crate::dto::{AppError, DeletedPart, FolderPart, NotDeleted};
use crate::error::OwnCode;
use crate::stores::OpenStore;

/// Objects of a page, for counting and for deleting; TOS takes no more at once.
const PAGE_OBJECTS: u32 = 1_000;

/// Makes a folder: an empty object whose key ends in `/`, as other programs do. Answers with its prefix.
#[tauri::command]
#[specta::specta]
pub async fn create_folder(app: Shared<'_>, bucket: String, prefix: String, name: String) -> Answer<String> {
    if name.is_empty() || name.contains('/') {
        return Err(AppError::invalid_name("the name of a folder may not be empty or hold a slash"));
    }
    let object = ObjectRef::new(bucket, format!("{prefix}{name}/"));
    store::check_key(&object.key).map_err(AppError::invalid_name)?;
    let (_, open) = app.current_store().await?;
    let settings = ObjectSettings { content_type: Some("application/x-directory".into()), ..ObjectSettings::default() };
    let body = UploadBody::from_bytes(Vec::new());
    match open.store.put_object(&object, &settings, PutCondition::IfAbsent, body).await {
        Ok(_) => Ok(object.key),
        Err(error) if error.kind == ErrorKind::AlreadyExists => {
            Err(AppError::new(OwnCode::AlreadyExists).with("name", name))
        }
        Err(error) => Err(open.refusal(&error, &object)),
    }
}

/// Counts one page of what a folder holds, all levels of it.
#[tauri::command]
#[specta::specta]
pub async fn measure_folder(
    app: Shared<'_>,
    bucket: String,
    prefix: String,
    after: Option<String>,
) -> Answer<FolderPart> {
    let (_, open) = app.current_store().await?;
    let page = page_of(&open, &bucket, &prefix, after).await?;
    let size_bytes = page.objects.iter().map(|object| object.size_bytes).sum();
    Ok(FolderPart { objects: page.objects.len() as u64, size_bytes, next: page.next })
}

/// Deletes objects, at most as many as a page has. What is not there counts as deleted.
#[tauri::command]
#[specta::specta]
pub async fn delete_objects(app: Shared<'_>, bucket: String, keys: Vec<String>) -> Answer<DeletedPart> {
    if keys.len() > PAGE_OBJECTS as usize {
        let error = engine::TransferError::new(engine::ErrorCode::InvalidOption);
        return Err(AppError::from(error).with("name", "keys").with("value", keys.len()));
    }
    let (_, open) = app.current_store().await?;
    delete(&open, &bucket, keys, None).await
}

/// Deletes one page of what a folder holds, all levels of it. A whole bucket is not deleted by this.
#[tauri::command]
#[specta::specta]
pub async fn delete_folder(
    app: Shared<'_>,
    bucket: String,
    prefix: String,
    after: Option<String>,
) -> Answer<DeletedPart> {
    // `logs` must not take `logs-of-last-year/` with it.
    if !prefix.ends_with('/') {
        return Err(AppError::invalid_name("a folder ends in a slash"));
    }
    let (_, open) = app.current_store().await?;
    let page = page_of(&open, &bucket, &prefix, after).await?;
    let keys = page.objects.into_iter().map(|object| object.key).collect();
    delete(&open, &bucket, keys, page.next).await
}

async fn page_of(
    open: &OpenStore,
    bucket: &str,
    prefix: &str,
    after: Option<String>,
) -> Result<store::ListPage, AppError> {
    let request = ListRequest {
        prefix: prefix.to_owned(),
        continuation_token: after,
        max_keys: Some(PAGE_OBJECTS),
        ..ListRequest::default()
    };
    let page = asked(|| open.store.list_objects(bucket, &request)).await;
    page.map_err(|error| open.refusal(&error, &ObjectRef::new(bucket, prefix)))
}

async fn delete(open: &OpenStore, bucket: &str, keys: Vec<String>, next: Option<String>) -> Answer<DeletedPart> {
    let objects: Vec<ObjectRef> = keys.into_iter().map(|key| ObjectRef::new(bucket, key)).collect();
    let failures = match objects.as_slice() {
        [] => Vec::new(),
        [first, ..] => {
            // May be repeated: what is gone already counts as deleted.
            let answer = asked(|| open.store.delete_objects(bucket, &objects)).await;
            answer.map_err(|error| open.refusal(&error, first))?
        }
    };
    let kept: HashSet<&str> = failures.iter().map(|failure| failure.key.as_str()).collect();
    let deleted = objects.iter().filter(|object| !kept.contains(object.key.as_str())).count() as u64;
    let not_deleted =
        |failure: store::DeleteFailure| NotDeleted { key: failure.key, code: failure.code, message: failure.message };
    Ok(DeletedPart { deleted, failed: failures.into_iter().map(not_deleted).collect(), next })
}
