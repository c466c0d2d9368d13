//! Unfinished uploads at the store, of whomever: whose they are, what they hold, going on with one, aborting one.

use std::collections::BTreeMap;

use engine::ledger::Owner;
use engine::{End, ForeignUpload};
use store::{ErrorKind, ObjectRef, UploadId, UploadListRequest, UploadRef};

use super::browse::milliseconds;
use super::{Answer, Shared};
use crate::dto::{AdoptedView, AppError, Conflict, HeldView, UploadCursor, UploadPage, UploadRow};
use crate::error::OwnCode;
use crate::naming::{self, How};

/// A page of the unfinished uploads of a bucket. What they hold is asked for one by one, when it is shown.
#[tauri::command]
#[specta::specta]
pub async fn list_uploads(
    app: Shared<'_>,
    bucket: String,
    prefix: String,
    after: Option<UploadCursor>,
) -> Answer<UploadPage> {
    let (_, open) = app.current_store().await?;
    let after = after.map(|cursor| (cursor.key, UploadId(cursor.upload_id)));
    let request = UploadListRequest { prefix: prefix.clone(), after };
    let page = open.store.list_uploads(&bucket, &request).await;
    let page = page.map_err(|error| open.refusal(&error, &ObjectRef::new(&bucket, &prefix)))?;
    let ids: Vec<UploadId> = page.uploads.iter().map(|upload| upload.upload_id.clone()).collect();
    let owners = app.engine().await?.owners(&ids)?;
    let rows = page.uploads.into_iter().zip(owners).map(|(upload, owner)| UploadRow {
        key: upload.key,
        upload_id: upload.upload_id.0,
        initiated_ms: upload.initiated.map(milliseconds),
        storage_class: upload.storage_class,
        needed_by: if let Some(Owner::Needs(id)) = owner { Some(id.0) } else { None },
        left_behind_by: if let Some(Owner::LeftBehind(id)) = owner { Some(id.0) } else { None },
    });
    let next = page.next.map(|(key, id)| UploadCursor { key, upload_id: id.0 });
    Ok(UploadPage { rows: rows.collect(), next })
}

/// What an upload holds; nothing if it has gone meanwhile.
#[tauri::command]
#[specta::specta]
pub async fn measure_upload(
    app: Shared<'_>,
    bucket: String,
    key: String,
    upload_id: String,
) -> Answer<Option<HeldView>> {
    let (_, open) = app.current_store().await?;
    let upload = UploadRef { object: ObjectRef::new(bucket, key), upload_id: UploadId(upload_id) };
    match store::all_parts(open.store.as_ref(), &upload).await {
        Ok(parts) => {
            Ok(Some(HeldView { parts: parts.len() as u64, size_bytes: parts.iter().map(|part| part.size_bytes).sum() }))
        }
        Err(error) if error.kind == ErrorKind::UploadNotFound => Ok(None),
        Err(error) => Err(open.refusal(&error, &upload.object)),
    }
}

/// Goes on with an upload that another program or computer has begun, as far as its parts are parts of the file.
#[tauri::command]
#[specta::specta]
pub async fn adopt_upload(
    app: Shared<'_>,
    bucket: String,
    key: String,
    upload_id: String,
    path: String,
    conflict: Conflict,
) -> Answer<AdoptedView> {
    let (store, _) = app.current_store().await?;
    let spec = naming::spec(
        End::file(path),
        End::object(store, ObjectRef::new(bucket, key)),
        &How::new(&app.settings.settings(), conflict),
    );
    let upload = ForeignUpload { upload_id: UploadId(upload_id), part_size_bytes: None, checksums: BTreeMap::new() };
    let adoption = app.engine().await?.adopt(spec, upload).await?;
    Ok(AdoptedView {
        id: adoption.id.0,
        parts_listed: adoption.parts_listed as u64,
        parts_held: adoption.parts_held as u64,
        held_bytes: adoption.held_bytes,
        size_bytes: adoption.size_bytes,
    })
}

/// Aborts an upload that no transfer of ours needs. Whoever asks has been shown whose it is.
#[tauri::command]
#[specta::specta]
pub async fn abort_upload(app: Shared<'_>, bucket: String, key: String, upload_id: String) -> Answer<()> {
    let (_, open) = app.current_store().await?;
    let upload = UploadRef { object: ObjectRef::new(bucket, key), upload_id: UploadId(upload_id) };
    let owner = app.engine().await?.owners(std::slice::from_ref(&upload.upload_id))?.pop().flatten();
    if let Some(Owner::Needs(id)) = owner {
        return Err(AppError::new(OwnCode::UploadNeeded).with("id", id));
    }
    match open.store.abort_upload(&upload).await {
        Err(error) if error.kind != ErrorKind::UploadNotFound => Err(open.refusal(&error, &upload.object)),
        _ => Ok(()),
    }
}
