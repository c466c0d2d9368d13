//! Versions of objects: whether they are kept, listing them, bringing one back, deleting one for good.

use engine::{End, ErrorCode, TransferError};
use store::{
    AclSetting, CannedAcl, CopyObjectOptions, CopySource, ObjectDetails, ObjectRef, PutCondition, PutReceipt,
    VersionId, VersionListRequest, VersionMarker,
};

use super::{Answer, Shared};
use crate::dto::{AppError, Conflict};
use crate::dto_objects::{VersionCursor, VersionPage, VersionRestored, VersionRow, VersioningView};
use crate::naming;
use crate::stores::OpenStore;

/// Rows of a page of versions.
const PAGE_ROWS: u32 = 200;

/// Whether a bucket keeps versions.
#[tauri::command]
#[specta::specta]
pub async fn bucket_versioning(app: Shared<'_>, bucket: String) -> Answer<VersioningView> {
    let (_, open) = app.current_store().await?;
    let versioning = open.administration.versioning(&bucket).await;
    versioning.map(VersioningView::from).map_err(|error| open.refusal(&error, &ObjectRef::new(&bucket, "")))
}

/// Makes a bucket keep versions, or no new ones.
#[tauri::command]
#[specta::specta]
pub async fn set_bucket_versioning(app: Shared<'_>, bucket: String, on: bool) -> Answer<()> {
    let (_, open) = app.current_store().await?;
    let set = open.administration.set_versioning(&bucket, on).await;
    set.map_err(|error| open.refusal(&error, &ObjectRef::new(&bucket, "")))
}

/// A page of the versions and delete markers of keys that begin with a prefix: a whole key for the history of one, of
/// which it is the first.
#[tauri::command]
#[specta::specta]
pub async fn list_versions(
    app: Shared<'_>,
    bucket: String,
    prefix: String,
    after: Option<VersionCursor>,
) -> Answer<VersionPage> {
    let (_, open) = app.current_store().await?;
    let marker = |at: VersionCursor| VersionMarker { key: at.key, version: at.version_id.map(VersionId) };
    let request = VersionListRequest {
        prefix: prefix.clone(),
        delimiter: None,
        after: after.map(marker),
        max_keys: Some(PAGE_ROWS),
    };
    let page = open.administration.list_versions(&bucket, &request).await;
    let page = page.map_err(|error| open.refusal(&error, &ObjectRef::new(&bucket, &prefix)))?;
    let next = page.next.map(|at| VersionCursor { key: at.key, version_id: at.version.map(|id| id.0) });
    Ok(VersionPage { rows: page.entries.into_iter().map(VersionRow::from).collect(), next })
}

/// Makes an older version the newest one again.
///
/// One copy inside the store does it: no byte passes through here, type and metadata stay, and it is there at once or
/// not at all. Only what is too large for one copy becomes a transfer, which copies it part by part.
#[tauri::command]
#[specta::specta]
pub async fn restore_version(
    app: Shared<'_>,
    bucket: String,
    key: String,
    version_id: String,
) -> Answer<VersionRestored> {
    let (store_id, open) = app.current_store().await?;
    let target = ObjectRef::new(&bucket, &key);
    let source = ObjectRef { version: Some(VersionId(version_id)), ..target.clone() };
    let told = open.store.head_object(&source).await.map_err(|error| open.refusal(&error, &source))?;
    if told.size_bytes > open.store.capabilities().part_size_bytes_max {
        let ends = (End::object(store_id.clone(), source), End::object(store_id, target));
        let added = app.engine().await?.add(vec![naming::spec(ends.0, ends.1, Conflict::Overwrite)]).await?;
        let id = added.first().ok_or_else(|| AppError::internal("the engine took no transfer"))?.0;
        return Ok(VersionRestored::Transfer { id });
    }
    let (receipt, acl_kept) = copy(&open, &source, &told, &target, PutCondition::Always).await?;
    Ok(VersionRestored::Copied { version_id: receipt.version.map(|id| id.0), acl_kept })
}

/// Deletes one version for good. Deleting a delete marker brings the object back.
#[tauri::command]
#[specta::specta]
pub async fn delete_version(app: Shared<'_>, bucket: String, key: String, version_id: String) -> Answer<()> {
    let (_, open) = app.current_store().await?;
    let version = ObjectRef { version: Some(VersionId(version_id)), ..ObjectRef::new(&bucket, &key) };
    open.store.delete_object(&version).await.map_err(|error| open.refusal(&error, &version))
}

/// Copies an object inside the store with everything that belongs to it, and compares. Tells whether the permissions
/// came along, which no copy takes by itself.
pub(super) async fn copy(
    open: &OpenStore,
    source: &ObjectRef,
    told: &ObjectDetails,
    target: &ObjectRef,
    condition: PutCondition,
) -> Answer<(PutReceipt, bool)> {
    let admin = &open.administration;
    // Asked first: what may not be read cannot be kept.
    let acl = admin.object_acl(source).await.ok();
    let from = CopySource { object: source.clone(), if_match: Some(told.etag.clone()) };
    let options = CopyObjectOptions { source: from, replace_settings: None, condition };
    let receipt = open.store.copy_object(target, &options).await.map_err(|error| open.refusal(&error, target))?;
    let made = ObjectRef { version: receipt.version.clone(), ..target.clone() };
    let there = open.store.head_object(&made).await.map_err(|error| open.refusal(&error, &made))?;
    if !is_same(told, &there) {
        return Err(AppError::from(TransferError::new(ErrorCode::Mismatch)).with("name", target));
    }
    let acl_kept = match acl {
        None => false,
        // What a copy has anyway.
        Some(acl) if acl.canned() == Some(CannedAcl::Private) => true,
        Some(acl) => admin.set_object_acl(&made, &AclSetting::Explicit(acl)).await.is_ok(),
    };
    Ok((receipt, acl_kept))
}

/// Whether two objects have the same bytes, by the checksums where both have one.
pub(super) fn is_same(one: &ObjectDetails, other: &ObjectDetails) -> bool {
    let same_sum = match (one.crc64, other.crc64) {
        (Some(one), Some(other)) => one == other,
        // An object made from parts gets another tag when it is copied whole: size is then all that there is.
        _ => true,
    };
    one.size_bytes == other.size_bytes && same_sum
}
