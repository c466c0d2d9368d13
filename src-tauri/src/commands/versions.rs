//! Versions of objects: whether they are kept, listing them, bringing one back, deleting one for good.

use engine::End;
use store::{ErrorKind, ObjectRef, PutCondition, VersionId, VersionListRequest, VersionMarker, Versioning};

use super::{Answer, Shared};
use crate::copying::{self, asked};
use crate::dto::{AppError, Conflict};
use crate::dto_objects::{VersionCursor, VersionPage, VersionRestored, VersionRow, VersioningView};
use crate::error::OwnCode;
use crate::naming;
use crate::stores::OpenStore;

/// Rows of a page of versions.
const PAGE_ROWS: u32 = 200;
/// The id of what is written to a key while its bucket keeps no new versions.
const NULL_VERSION: &str = "null";

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
/// not at all. Only what is too large for one copy becomes a transfer, which copies it part by part. Refused where it
/// would replace a version that nothing brings back.
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
    let told = asked(|| open.store.head_object(&source)).await;
    let told = told.map_err(|error| open.refusal(&error, &source))?;
    refuse_if_one_is_replaced(&open, &source).await?;
    if told.size_bytes > open.store.capabilities().part_size_bytes_max {
        let ends = (End::object(store_id.clone(), source), End::object(store_id, target));
        let added = app.engine().await?.add(vec![naming::spec(ends.0, ends.1, &app.how(Conflict::Overwrite))]).await?;
        let id = added.first().ok_or_else(|| AppError::internal("the engine took no transfer"))?.0;
        return Ok(VersionRestored::Transfer { id });
    }
    let copied = copying::copy(&open, &source, &told, &target, PutCondition::Always).await?;
    Ok(VersionRestored::Copied { version_id: copied.version.map(|id| id.0), acl_kept: copied.acl_kept })
}

/// While versioning is suspended whatever is written takes the place of the version `null`, be that the newest one or
/// an older one, and nothing brings that back.
async fn refuse_if_one_is_replaced(open: &OpenStore, source: &ObjectRef) -> Answer<()> {
    let null = ObjectRef { version: Some(VersionId(NULL_VERSION.to_owned())), ..source.clone() };
    if source.version == null.version {
        return Ok(());
    }
    match asked(|| open.store.head_object(&null)).await {
        Ok(_) => {}
        // Nothing, or the mark of a deletion: that is what the user wants to have undone.
        Err(error) if matches!(error.kind, ErrorKind::ObjectNotFound | ErrorKind::Unsupported) => return Ok(()),
        Err(error) => return Err(open.refusal(&error, source)),
    }
    match asked(|| open.administration.versioning(&source.bucket)).await {
        Ok(Versioning::Enabled) => Ok(()),
        Ok(Versioning::Suspended | Versioning::Never) => {
            let name = source.key.rsplit('/').next().unwrap_or(&source.key);
            Err(AppError { retryable: false, ..AppError::new(OwnCode::VersionNotKept).with("name", name) })
        }
        Err(error) => Err(open.refusal(&error, source)),
    }
}

/// Deletes one version for good. Deleting a delete marker brings the object back.
#[tauri::command]
#[specta::specta]
pub async fn delete_version(app: Shared<'_>, bucket: String, key: String, version_id: String) -> Answer<()> {
    let (_, open) = app.current_store().await?;
    let version = ObjectRef { version: Some(VersionId(version_id)), ..ObjectRef::new(&bucket, &key) };
    open.store.delete_object(&version).await.map_err(|error| open.refusal(&error, &version))
}
