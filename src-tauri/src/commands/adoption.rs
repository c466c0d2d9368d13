//! Going on with uploads that other programs or computers have begun.

use std::collections::BTreeMap;
use std::path::Path;

use engine::{ComparedPart, End, ForeignUpload, TransferError};
use store::{ObjectRef, UploadId};
use tokio::io::AsyncReadExt as _;
use tos::sdk_checkpoint::{self, NotAnUpload, SDK_CHECKPOINT_BYTES_MAX, SdkUpload};

use super::{Answer, Shared};
use crate::dto::{AppError, Conflict};
use crate::dto_uploads::{AdoptedView, CheckpointView, ComparedView};
use crate::error::OwnCode;
use crate::naming;

/// Reads the checkpoint file of an SDK: which upload it is of, and where its file is.
#[tauri::command]
#[specta::specta]
pub async fn read_checkpoint(path: String) -> Answer<CheckpointView> {
    let upload = sdk_upload(&path).await?;
    let recorded = upload.local_path.filter(|file| file.is_absolute());
    let there = match &recorded {
        Some(file) => tokio::fs::metadata(file).await.is_ok_and(|facts| facts.len() == upload.size_bytes),
        None => false,
    };
    let recorded_file = recorded.map(|file| file.to_string_lossy().into_owned());
    Ok(CheckpointView {
        bucket: upload.object.bucket,
        key: upload.object.key,
        upload_id: upload.upload_id.0,
        file: recorded_file.clone().filter(|_| there),
        recorded_file,
        size_bytes: upload.size_bytes,
    })
}

/// Compares an upload with a local file, part by part; nothing if it was stopped. It changes nothing. `checkpoint` is
/// the file in which whoever began it has written checksums down, if there is one.
#[tauri::command]
#[specta::specta]
pub async fn compare_upload(
    app: Shared<'_>,
    bucket: String,
    key: String,
    upload_id: String,
    path: String,
    checkpoint: Option<String>,
) -> Answer<Option<ComparedView>> {
    let (store, _) = app.current_store().await?;
    // Whether the object may be replaced is asked when it is gone on with.
    let spec =
        naming::spec(End::file(path), End::object(store, ObjectRef::new(bucket, key)), &app.how(Conflict::Overwrite));
    let name = name(&upload_id);
    let foreign = foreign(upload_id, checkpoint).await?;
    let engine = app.engine().await?;
    let Some(compared) = app.stops.run(&name, engine.compare(spec, foreign)).await else { return Ok(None) };
    let compared = compared?;
    let letter = |part: &ComparedPart| match part {
        ComparedPart::Equal => 'v',
        ComparedPart::Differs => 'x',
        ComparedPart::NotSent => '.',
    };
    Ok(Some(ComparedView {
        size_bytes: compared.size_bytes,
        part_size_bytes: compared.part_size_bytes,
        parts: compared.parts.iter().map(letter).collect(),
        parts_listed: compared.parts_listed as u64,
        held_bytes: compared.held_bytes,
    }))
}

/// Stops comparing an upload.
#[tauri::command]
#[specta::specta]
pub async fn stop_compare(app: Shared<'_>, upload_id: String) -> Answer<()> {
    app.stops.stop(&name(&upload_id));
    Ok(())
}

fn name(upload_id: &str) -> String {
    format!("upload {upload_id}")
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
    checkpoint: Option<String>,
) -> Answer<AdoptedView> {
    let (store, _) = app.current_store().await?;
    let spec = naming::spec(End::file(path), End::object(store, ObjectRef::new(bucket, key)), &app.how(conflict));
    let adoption = app.engine().await?.adopt(spec, foreign(upload_id, checkpoint).await?).await?;
    Ok(AdoptedView {
        id: adoption.id.0,
        parts_listed: adoption.parts_listed as u64,
        parts_held: adoption.parts_held as u64,
        held_bytes: adoption.held_bytes,
        size_bytes: adoption.size_bytes,
    })
}

/// What is known of an upload; of a checkpoint only what it says of this very one.
async fn foreign(upload_id: String, checkpoint: Option<String>) -> Answer<ForeignUpload> {
    let upload_id = UploadId(upload_id);
    let written = match checkpoint {
        Some(path) => Some(sdk_upload(&path).await?).filter(|upload| upload.upload_id == upload_id),
        None => None,
    };
    Ok(match written {
        Some(upload) => {
            ForeignUpload { upload_id, part_size_bytes: Some(upload.part_size_bytes), checksums: upload.checksums }
        }
        None => ForeignUpload { upload_id, part_size_bytes: None, checksums: BTreeMap::new() },
    })
}

async fn sdk_upload(path: &str) -> Answer<SdkUpload> {
    let mut bytes = Vec::new();
    let read = async {
        let file = tokio::fs::File::open(path).await?;
        // One byte more than is looked at, so that what is too long is seen to be.
        file.take(SDK_CHECKPOINT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).await
    };
    read.await.map_err(|error| TransferError::source(Path::new(path), &error))?;
    let unusable = |code| AppError { retryable: false, ..AppError::new(code).with("path", path) };
    let checkpoint = sdk_checkpoint::parse(&bytes).map_err(|_| unusable(OwnCode::NotACheckpoint))?;
    SdkUpload::try_from(checkpoint).map_err(|error| {
        unusable(match error {
            NotAnUpload::Download | NotAnUpload::Copy => OwnCode::CheckpointNotUpload,
            NotAnUpload::CustomerKey => OwnCode::CheckpointEncrypted,
            NotAnUpload::NotBegun => OwnCode::CheckpointNotBegun,
        })
    })
}
