//! Multipart uploads: create, part, complete, abort. (The lists are in `listing`.)

use reqwest::Method;
use store::{
    CompletedObject, ETag, ErrorKind, ObjectRef, ObjectSettings, PartNumber, PartReceipt, PutCondition, StoreError,
    UploadBody, UploadId, UploadRef,
};

use crate::request::Call;
use crate::{Result, TosStore, headers, wire};

pub(crate) async fn create(store: &TosStore, object: &ObjectRef, settings: &ObjectSettings) -> Result<UploadId> {
    let mut call = store.object_call("beginning to write", Method::POST, object)?.param("uploads", "");
    call.headers = headers::of_settings(settings);
    let answer = store.send(call).await?;
    let created: wire::CreatedUpload =
        // An abort with an empty id would be understood as the deletion of the object.
        answer.json_if(|created: &wire::CreatedUpload| created.upload_id.as_deref().is_some_and(|id| !id.is_empty())).await?;
    Ok(UploadId(created.upload_id.unwrap_or_default()))
}

/// The id of an upload as a parameter. An empty one is refused: the request would be one about the object itself, and an
/// abort without an id its deletion.
pub(crate) fn upload_id(upload: &UploadRef) -> Result<&str> {
    match upload.upload_id.0.as_str() {
        "" => Err(StoreError::new(ErrorKind::UploadNotFound, "an upload has an id, and this one is empty")),
        id => Ok(id),
    }
}

/// A call about one part.
pub(crate) fn part_call(store: &TosStore, doing: &'static str, upload: &UploadRef, number: PartNumber) -> Result<Call> {
    let call = store.object_call(doing, Method::PUT, &upload.object)?;
    Ok(call.param("partNumber", number.to_string()).param("uploadId", upload_id(upload)?))
}

pub(crate) async fn upload_part(
    store: &TosStore,
    upload: &UploadRef,
    number: PartNumber,
    body: UploadBody,
) -> Result<PartReceipt> {
    let answer = store.send(part_call(store, "writing a part of", upload, number)?.body(body)).await?;
    let headers = answer.headers();
    Ok(PartReceipt {
        etag: headers::etag(headers).ok_or_else(|| answer.not_tos("has no ETag"))?,
        crc64: headers::crc64(headers),
        request_id: answer.request_id(),
    })
}

pub(crate) async fn complete(
    store: &TosStore,
    upload: &UploadRef,
    parts: &[(PartNumber, ETag)],
    condition: PutCondition,
) -> Result<CompletedObject> {
    let part = |(number, etag): &(PartNumber, ETag)| wire::CompletePart {
        part_number: number.get(),
        etag: headers::quoted(etag),
    };
    let body = wire::Complete { parts: parts.iter().map(part).collect() };
    let body = serde_json::to_vec(&body).map_err(|error| {
        StoreError::new(ErrorKind::Refused, "the list cannot be written as JSON").with_source(error)
    })?;
    let call = store
        .object_call("completing", Method::POST, &upload.object)?
        .param("uploadId", upload_id(upload)?)
        .condition(condition)
        .server_side_work()
        .body(UploadBody::from_bytes(body));
    let answer = store.send(call).await?;
    let (crc64, version) = (headers::crc64(answer.headers()), headers::version(answer.headers()));
    let request_id = answer.request_id();
    let made: wire::Made = answer.json_if(|made: &wire::Made| made.etag.is_some()).await?;
    Ok(CompletedObject { etag: made.etag.unwrap_or_else(|| ETag::new("")), crc64, version, request_id })
}

pub(crate) async fn abort(store: &TosStore, upload: &UploadRef) -> Result<()> {
    let call = store
        .object_call("aborting the upload of", Method::DELETE, &upload.object)?
        .param("uploadId", upload_id(upload)?);
    store.send(call).await?.looks_like_tos()
}
