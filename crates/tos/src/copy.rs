//! Copies inside TOS: whole objects and parts. Neither moves bytes through this computer.

use reqwest::Method;
use store::{
    CopyObjectOptions, CopyPartRequest, CopySource, ETag, ErrorKind, ObjectRef, PartNumber, PartReceipt, PutCondition,
    PutReceipt, StoreError, UploadRef,
};
use tos_sign::{encode_component, encode_path};

use crate::request::Call;
use crate::{Result, TosStore, headers, multipart, objects, wire};

pub(crate) async fn object(store: &TosStore, target: &ObjectRef, options: &CopyObjectOptions) -> Result<PutReceipt> {
    let mut call = store.object_call("copying to", Method::PUT, target)?;
    match &options.replace_settings {
        Some(settings) => {
            call.headers = headers::of_settings(settings);
            call = call.header("x-tos-metadata-directive", "REPLACE");
        }
        None => call = call.header("x-tos-metadata-directive", "COPY"),
    }
    let call = from(call.condition(options.condition), &options.source)?;
    let answer = match store.send(call).await {
        Ok(answer) => answer,
        Err(error) => return Err(which_condition(store, target, options, error).await),
    };
    let (crc64, version) = (headers::crc64(answer.headers()), headers::version(answer.headers()));
    let request_id = answer.request_id();
    let made: wire::Made = answer.json_if(|made: &wire::Made| made.etag.is_some()).await?;
    Ok(PutReceipt { etag: made.etag.unwrap_or_else(|| ETag::new("")), crc64, version, request_id })
}

/// With a condition on both ends, a 412 does not tell which of them failed; a look at the target does.
async fn which_condition(
    store: &TosStore,
    target: &ObjectRef,
    options: &CopyObjectOptions,
    error: StoreError,
) -> StoreError {
    let both = options.condition == PutCondition::IfAbsent && options.source.if_match.is_some();
    if !both || error.status != Some(412) {
        return error;
    }
    match objects::head(store, target).await {
        Err(missing) if missing.kind == ErrorKind::ObjectNotFound => StoreError {
            kind: ErrorKind::Changed,
            message: format!("copying to {target} failed: the source has changed meanwhile"),
            ..error
        },
        _ => error,
    }
}

pub(crate) async fn part(
    store: &TosStore,
    upload: &UploadRef,
    number: PartNumber,
    request: &CopyPartRequest,
) -> Result<PartReceipt> {
    if request.range.end <= request.range.start {
        return Err(StoreError::new(ErrorKind::Refused, "an empty range cannot be copied"));
    }
    let call = multipart::part_call(store, "copying a part of", upload, number)?
        .header("x-tos-copy-source-range", request.range.to_http());
    let answer = store.send(from(call, &request.source)?).await?;
    let request_id = answer.request_id();
    let made: wire::Made = answer.json_if(|made: &wire::Made| made.etag.is_some()).await?;
    Ok(PartReceipt { etag: made.etag.unwrap_or_else(|| ETag::new("")), crc64: None, request_id })
}

fn from(call: Call, source: &CopySource) -> Result<Call> {
    let CopySource { object, if_match } = source;
    store::check_bucket_name(&object.bucket)?;
    store::check_key(&object.key)?;
    // The form that all servers understand: a leading slash, `/` kept, one encoding (protocol.md, section 3).
    let mut name = format!("/{}/{}", object.bucket, encode_path(&object.key));
    if let Some(version) = &object.version {
        name = format!("{name}?versionId={}", encode_component(&version.0));
    }
    let call = call.header("x-tos-copy-source", name).server_side_work();
    Ok(match if_match {
        Some(etag) => call.header("x-tos-copy-source-if-match", headers::quoted(etag)),
        None => call,
    })
}
