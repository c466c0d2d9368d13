//! CreateMultipartUpload, CompleteMultipartUpload, AbortMultipartUpload.

use std::collections::BTreeSet;
use std::sync::Arc;

use crc_fast::{CrcAlgorithm, checksum_combine};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::blob::new_id;
use crate::bucket_index::{Bucket, NULL_VERSION};
use crate::condition::check_replace;
use crate::disk;
use crate::intake::receive_small;
use crate::object_calls::{attributes, check_storage_class, current, etag_of, shown_version, storage_class};
use crate::record::{Part, UploadRecord, Version, VersionFacts};
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::{blocking, take_body};
use crate::shared::Shared;
use crate::tagging_calls::check_header;
use crate::upload::{Upload, UploadState};

/// The smallest size of any part but the last.
const PART_BYTES_MIN: u64 = 5 << 20;

pub(crate) async fn create(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    check_storage_class(call)?;
    check_header(call)?;
    check_replace(shared, call, current(&bucket, call.key()).as_deref())?;
    let record = UploadRecord {
        upload_id: new_id(),
        key: call.key().to_owned(),
        initiated_ms: shared.now_ms(),
        storage_class: storage_class(call).to_owned(),
        attributes: attributes(call),
    };
    let body = json!({"Bucket": call.bucket_name(), "Key": call.key(), "UploadId": record.upload_id});
    blocking(move || bucket.begin_upload(record)).await?;
    Ok(Answer::json(&body))
}

pub(crate) async fn complete(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let upload_id = call.filled("uploadId");
    let body = receive_small(shared, take_body(body)?).await?;
    let upload = match bucket.upload(call.key(), upload_id) {
        Ok(upload) => upload,
        Err(refusal) => {
            let again = shared.options.behaviour.second_complete_succeeds;
            let version = shared.completed(upload_id).filter(|_| again).ok_or(refusal)?;
            return Ok(completed(shared, call, &bucket, &version, None));
        }
    };
    let wanted = wanted_parts(call, &body, shared.options.behaviour.strict_part_order)?;
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let mut state = upload.state();
        if state.closed {
            return Err(Refusal::no_such_upload());
        }
        let parts = choose_parts(&state, wanted)?;
        let version = assemble(&shared, &upload, &parts);
        let version = bucket.put(call.key(), version, |existing| check_replace(&shared, &call, existing))?;
        state.closed = true;
        let used: BTreeSet<u16> = parts.iter().map(|part| part.facts.number).collect();
        for (number, part) in std::mem::take(&mut state.parts) {
            if let Some(blob) = part.blob.filter(|_| !used.contains(&number)) {
                blob.doom();
            }
        }
        bucket.end_upload(&upload)?;
        shared.remember_completed(&upload.record.upload_id, &version);
        let listed = call.header("x-tos-complete-all").map(|_| parts.as_slice());
        Ok(completed(&shared, &call, &bucket, &version, listed))
    })
    .await
}

pub(crate) async fn abort(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let upload = bucket.upload(call.key(), call.filled("uploadId"))?;
    let misses_running = shared.options.behaviour.abort_misses_running_parts;
    blocking(move || {
        let mut state = upload.state();
        if state.closed {
            return Err(Refusal::no_such_upload());
        }
        let stays = misses_running && upload.running_parts() > 0;
        for part in std::mem::take(&mut state.parts).into_values() {
            disk::remove_file(&bucket.folder.part_record(&upload.record.upload_id, part.facts.number))?;
            if let Some(blob) = part.blob {
                blob.doom();
            }
        }
        if !stays {
            state.closed = true;
            bucket.end_upload(&upload)?;
        }
        Ok(Answer::no_content())
    })
    .await
}

/// The parts that Complete names with their ETags; `None` for all that there are.
type Wanted = Option<Vec<(u16, String)>>;

fn wanted_parts(call: &Call, body: &[u8], strict_order: bool) -> Result<Wanted, Refusal> {
    if call.header("x-tos-complete-all").is_some_and(|value| value.eq_ignore_ascii_case("yes")) {
        if !body.is_empty() {
            return Err(Refusal::invalid_argument("x-tos-complete-all and a list of parts exclude each other."));
        }
        return Ok(None);
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| Refusal::malformed_body(format!("{error}.")))?;
    let listed = body["Parts"].as_array().ok_or_else(|| Refusal::malformed_body("Parts is missing."))?;
    let mut parts = Vec::with_capacity(listed.len());
    for part in listed {
        let number = part["PartNumber"].as_u64().and_then(|number| u16::try_from(number).ok());
        let number = number.filter(|number| (1..=10_000).contains(number));
        let number = number.ok_or_else(|| Refusal::new(400, "InvalidPartNumber", "A part number is 1 to 10000."))?;
        let etag = part["ETag"].as_str().ok_or_else(|| Refusal::malformed_body("A part has no ETag."))?;
        parts.push((number, etag.trim_matches('"').to_owned()));
    }
    if !strict_order {
        parts.sort();
    }
    if !parts.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(Refusal::new(400, "InvalidPartOrder", "The parts are not in ascending order."));
    }
    Ok(Some(parts))
}

fn choose_parts(state: &UploadState, wanted: Wanted) -> Result<Vec<Part>, Refusal> {
    let parts: Vec<Part> = match wanted {
        None => state.parts.values().cloned().collect(),
        Some(wanted) => {
            let found = wanted.into_iter().map(|(number, etag)| {
                let part = state.parts.get(&number).filter(|part| part.facts.etag == etag);
                let message = || format!("Part {number} was not uploaded, or not with the ETag {etag}.");
                part.cloned().ok_or_else(|| Refusal::new(400, "InvalidPart", message()))
            });
            found.collect::<Result<_, _>>()?
        }
    };
    let Some((_, all_but_last)) = parts.split_last() else {
        return Err(Refusal::new(400, "NoUploadPart", "An object needs at least one part."));
    };
    if let Some(small) = all_but_last.iter().find(|part| part.facts.size_bytes < PART_BYTES_MIN) {
        let message = format!("Part {} is smaller than 5 MiB and not the last.", small.facts.number);
        return Err(Refusal::new(400, "EntityTooSmall", message));
    }
    Ok(parts)
}

/// The object that the parts make: their files one after the other, no byte is moved.
fn assemble(shared: &Shared, upload: &Upload, parts: &[Part]) -> Version {
    let behaviour = &shared.options.behaviour;
    let crc64 = parts
        .iter()
        .fold(0, |crc64, part| checksum_combine(CrcAlgorithm::Crc64Xz, crc64, part.facts.crc64, part.facts.size_bytes));
    let known = behaviour.crc_of_copies || parts.iter().all(|part| !part.facts.copied);
    let md5s: Option<Vec<[u8; 16]>> = parts.iter().map(|part| part.facts.md5).collect();
    let etag = match md5s.filter(|_| behaviour.md5_etags) {
        Some(md5s) => format!("{}-{}", hex::encode(Md5::digest(md5s.concat())), parts.len()),
        None => etag_of(None),
    };
    let facts = VersionFacts {
        version_id: NULL_VERSION.to_owned(),
        etag,
        size_bytes: parts.iter().map(|part| part.facts.size_bytes).sum(),
        crc64: known.then_some(crc64),
        modified_ms: shared.now_ms(),
        storage_class: upload.record.storage_class.clone(),
        delete_marker: false,
        attributes: upload.record.attributes.clone(),
        acl: None,
        restoration: None,
    };
    Version { facts, blobs: parts.iter().filter_map(|part| part.blob.clone()).collect() }
}

fn completed(shared: &Shared, call: &Call, bucket: &Bucket, version: &Version, listed: Option<&[Part]>) -> Answer {
    let mut body = json!({
        "Bucket": call.bucket_name(),
        "Key": call.key(),
        "ETag": version.quoted_etag(),
        "Location": format!("{}/{}", call.host, call.key()),
    });
    if let Some(parts) = listed {
        let parts = parts
            .iter()
            .map(|part| json!({"PartNumber": part.facts.number, "ETag": crate::record::quoted(&part.facts.etag)}));
        body["CompletedParts"] = parts.collect();
    }
    Answer::json(&body)
        .header("etag", version.quoted_etag())
        .crc64(shared, version.facts.crc64)
        .header_if("x-tos-version-id", shown_version(bucket, version))
}
