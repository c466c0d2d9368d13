//! UploadPart and UploadPartCopy.

use std::sync::Arc;

use serde_json::json;

use crate::answer::Answer;
use crate::blob::Written;
use crate::bucket_index::Bucket;
use crate::copy_calls::{find_source, read_source};
use crate::disk;
use crate::object_calls::{etag_of, parse_range, receive_body};
use crate::record::{Part, PartFacts, quoted};
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;
use crate::times::iso;
use crate::upload::Upload;

pub(crate) async fn upload(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let number = part_number(call)?;
    let bucket = shared.bucket(call.bucket_name())?;
    let upload = bucket.upload(call.key(), call.filled("uploadId"))?;
    let _running = upload.part_begins();
    let written = receive_body(shared, call, &bucket, body).await?;
    let part = record(shared, &bucket, &upload, number, written, false).await?;
    Ok(Answer::ok().header("etag", quoted(&part.facts.etag)).crc64(shared, Some(part.facts.crc64)))
}

pub(crate) async fn copy(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let number = part_number(call)?;
    let bucket = shared.bucket(call.bucket_name())?;
    let upload = bucket.upload(call.key(), call.filled("uploadId"))?;
    let _running = upload.part_begins();
    let source = find_source(shared, call, &bucket)?;
    let size = source.version.facts.size_bytes;
    let range = match call.header("x-tos-copy-source-range") {
        None => 0..size,
        Some(text) => text
            .strip_prefix("bytes=")
            .and_then(|text| parse_range(text, size))
            .ok_or_else(|| Refusal::new(416, "InvalidRange", "The source does not have this range."))?,
    };
    let written = read_source(shared, &bucket, source.version.clone(), range).await?;
    let part = record(shared, &bucket, &upload, number, written, true).await?;
    let body = json!({"ETag": quoted(&part.facts.etag), "LastModified": iso(part.facts.modified_ms)});
    let crc64 = Some(part.facts.crc64).filter(|_| shared.options.behaviour.crc_in_copy_answers);
    Ok(Answer::json(&body).header_if("x-tos-copy-source-version-id", source.shown_version).crc64(shared, crc64))
}

fn part_number(call: &Call) -> Result<u16, Refusal> {
    let number = call.filled("partNumber").parse::<u16>().ok().filter(|number| (1..=10_000).contains(number));
    number.ok_or_else(|| Refusal::new(400, "InvalidPartNumber", "A part number is 1 to 10000."))
}

/// Records a part whose bytes are on disk; an earlier one of the same number gives way.
async fn record(
    shared: &Arc<Shared>,
    bucket: &Arc<Bucket>,
    upload: &Arc<Upload>,
    number: u16,
    written: Written,
    copied: bool,
) -> Result<Part, Refusal> {
    let facts = PartFacts {
        number,
        etag: etag_of(written.md5),
        md5: written.md5,
        size_bytes: written.len_bytes,
        crc64: written.crc64,
        copied,
        modified_ms: shared.now_ms(),
    };
    let part = Part { facts, blob: written.blob };
    let (bucket, upload) = (bucket.clone(), upload.clone());
    blocking(move || {
        let mut state = upload.state();
        if state.closed {
            return Err(Refusal::no_such_upload());
        }
        disk::write_record(&bucket.folder.part_record(&upload.record.upload_id, number), &part.record())?;
        if let Some(blob) = &part.blob {
            blob.keep();
        }
        let replaced = state.parts.insert(number, part.clone());
        if let Some(blob) = replaced.and_then(|part| part.blob) {
            blob.doom();
        }
        Ok(part)
    })
    .await
}
