//! ListParts and ListMultipartUploads.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bucket_calls::owner;
use crate::key_listing::rolled_up;
use crate::list_calls::{encoded, wants_url_encoding};
use crate::record::quoted;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::shared::Shared;
use crate::times::iso;

pub(crate) fn parts(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let upload = bucket.upload(call.key(), call.filled("uploadId"))?;
    let max_parts = call.page_size("max-parts")?;
    let marker = match call.filled("part-number-marker") {
        "" => 0,
        text => text.parse().map_err(|_| Refusal::invalid_argument("part-number-marker is not a part number."))?,
    };
    let state = upload.state();
    let mut rest =
        state.parts.range((Bound::Excluded(marker), Bound::Unbounded)).map(|(_, part)| &part.facts).peekable();
    let mut parts: Vec<Value> = Vec::new();
    let mut last = marker;
    while let Some(facts) = rest.next_if(|_| parts.len() < max_parts) {
        let mut part = json!({
            "PartNumber": facts.number,
            "LastModified": iso(facts.modified_ms),
            "ETag": quoted(&facts.etag),
            "Size": facts.size_bytes,
        });
        let behaviour = &shared.options.behaviour;
        if behaviour.crc_in_list_parts && behaviour.crc_headers && (behaviour.crc_of_copies || !facts.copied) {
            part["HashCrc64ecma"] = facts.crc64.to_string().into();
        }
        parts.push(part);
        last = facts.number;
    }
    let truncated = rest.peek().is_some();
    let mut body = json!({
        "Bucket": call.bucket_name(),
        "Key": encoded(call, call.key()),
        "UploadId": upload.record.upload_id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": last,
        "MaxParts": max_parts,
        "IsTruncated": truncated,
        "StorageClass": upload.record.storage_class,
        "Owner": owner(),
        "Parts": parts,
    });
    if wants_url_encoding(call) {
        body["EncodingType"] = "url".into();
    }
    Ok(Answer::json(&body))
}

pub(crate) fn uploads(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let max_uploads = call.page_size("max-uploads")?;
    let (prefix, delimiter) = (call.filled("prefix"), call.filled("delimiter"));
    let (key_marker, id_marker) = (call.filled("key-marker"), call.filled("upload-id-marker"));
    // A marker that is a common prefix stands for everything below it.
    let passed = |key: &str| !delimiter.is_empty() && key_marker.ends_with(delimiter) && key.starts_with(key_marker);
    let after_markers = |key: &str, id: &str| match key.cmp(key_marker) {
        std::cmp::Ordering::Less => key_marker.is_empty(),
        std::cmp::Ordering::Equal => !id_marker.is_empty() && id > id_marker,
        std::cmp::Ordering::Greater => !passed(key),
    };
    let (mut uploads, mut common_prefixes) = (Vec::new(), BTreeSet::new());
    let (mut next_key, mut next_id) = (String::new(), String::new());
    let mut truncated = false;
    for ((key, id), upload) in bucket.uploads().iter() {
        if !key.starts_with(prefix) || !after_markers(key, id) {
            continue;
        }
        let common = rolled_up(key, prefix, delimiter);
        if common.is_some_and(|common| common_prefixes.contains(common)) {
            continue;
        }
        if uploads.len() + common_prefixes.len() == max_uploads {
            truncated = true;
            break;
        }
        match common {
            Some(common) => {
                common_prefixes.insert(common.to_owned());
                (next_key, next_id) = (common.to_owned(), String::new());
            }
            None => {
                uploads.push(json!({
                    "Key": encoded(call, key),
                    "UploadId": id,
                    "Owner": owner(),
                    "StorageClass": upload.record.storage_class,
                    "Initiated": iso(upload.record.initiated_ms),
                }));
                (next_key, next_id) = (key.clone(), id.clone());
            }
        }
    }
    if !truncated {
        (next_key, next_id) = (String::new(), String::new());
    }
    let common_prefixes: Vec<Value> =
        common_prefixes.iter().map(|common| json!({"Prefix": encoded(call, common)})).collect();
    let mut body = json!({
        "Bucket": call.bucket_name(),
        "Prefix": encoded(call, prefix),
        "Delimiter": encoded(call, delimiter),
        "KeyMarker": encoded(call, key_marker),
        "UploadIdMarker": id_marker,
        "NextKeyMarker": encoded(call, &next_key),
        "NextUploadIdMarker": next_id,
        "MaxUploads": max_uploads,
        "IsTruncated": truncated,
        "CommonPrefixes": common_prefixes,
        "Uploads": uploads,
    });
    if wants_url_encoding(call) {
        body["EncodingType"] = "url".into();
    }
    Ok(Answer::json(&body))
}
