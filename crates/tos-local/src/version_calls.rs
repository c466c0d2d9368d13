//! GetBucketVersioning, PutBucketVersioning, ListObjectVersions.

use std::sync::Arc;

use serde_json::json;

use crate::answer::Answer;
use crate::bucket_calls::owner;
use crate::json_body::{BodyMd5, receive_json};
use crate::key_listing::rolled_up;
use crate::list_calls::{content, encoded, wants_url_encoding};
use crate::record::Versioning;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;
use crate::times::iso;

pub(crate) fn get_versioning(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let status = versioning_status(shared, shared.bucket(call.bucket_name())?.record().versioning);
    Ok(Answer::json(&status.map_or_else(|| json!({}), |status| json!({"Status": status}))))
}

/// The word for a state; `None` where none is said.
pub(crate) fn versioning_status(shared: &Shared, versioning: Versioning) -> Option<&'static str> {
    match versioning {
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
        Versioning::Never => shared.options.behaviour.empty_versioning_status.then_some(""),
    }
}

pub(crate) async fn put_versioning(
    shared: &Arc<Shared>,
    call: &Call,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let body = receive_json(shared, call, body, BodyMd5::Welcome).await?;
    let versioning = match body["Status"].as_str() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => return Err(Refusal::malformed_body("Status is Enabled or Suspended.")),
    };
    blocking(move || bucket.set_versioning(versioning)).await?;
    Ok(Answer::ok())
}

/// One page of versions and delete markers: by key, and within a key the newest first.
pub(crate) fn list(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let max_keys = call.page_size("max-keys")?;
    let (prefix, delimiter) = (call.filled("prefix"), call.filled("delimiter"));
    let (key_marker, version_marker) = (call.filled("key-marker"), call.filled("version-id-marker"));
    if key_marker.is_empty() && !version_marker.is_empty() {
        return Err(Refusal::invalid_argument("version-id-marker needs its key-marker."));
    }
    let (mut versions, mut markers, mut common_prefixes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut next_key, mut next_version, mut truncated) = (String::new(), String::new(), false);
    let keys = bucket.keys();
    let first = if key_marker > prefix { key_marker } else { prefix };
    'keys: for (key, all) in keys.range(first.to_owned()..) {
        if !key.starts_with(prefix) {
            break;
        }
        let below_marker = !delimiter.is_empty() && key_marker.ends_with(delimiter) && key.starts_with(key_marker);
        if !key_marker.is_empty() && (below_marker || (key == key_marker && version_marker.is_empty())) {
            continue;
        }
        if let Some(common) = rolled_up(key, prefix, delimiter) {
            let entry = json!({"Prefix": encoded(call, common)});
            if common_prefixes.last() == Some(&entry) {
                continue;
            }
            if versions.len() + markers.len() + common_prefixes.len() == max_keys {
                truncated = true;
                break;
            }
            common_prefixes.push(entry);
            (next_key, next_version) = (common.to_owned(), String::new());
            continue;
        }
        // After the marked version; all of them if it is gone by now, rather than none.
        let begin = match key == key_marker {
            true => all.iter().position(|version| version.facts.version_id == version_marker).map_or(0, |at| at + 1),
            false => 0,
        };
        for (at, version) in all.iter().enumerate().skip(begin) {
            if versions.len() + markers.len() + common_prefixes.len() == max_keys {
                truncated = true;
                break 'keys;
            }
            let is_latest = at == 0;
            let version_id = &version.facts.version_id;
            if version.facts.delete_marker {
                markers.push(json!({
                    "Key": encoded(call, key),
                    "VersionId": version_id,
                    "IsLatest": is_latest,
                    "LastModified": iso(version.facts.modified_ms),
                    "Owner": owner(),
                }));
            } else {
                let mut entry = content(shared, call, key, version);
                entry["VersionId"] = version_id.as_str().into();
                entry["IsLatest"] = is_latest.into();
                entry["Owner"] = owner();
                versions.push(entry);
            }
            (next_key, next_version) = (key.clone(), version_id.clone());
        }
    }
    let mut body = json!({
        "Name": call.bucket_name(),
        "Prefix": encoded(call, prefix),
        "Delimiter": encoded(call, delimiter),
        "KeyMarker": encoded(call, key_marker),
        "VersionIdMarker": version_marker,
        "MaxKeys": max_keys,
        "IsTruncated": truncated,
        "CommonPrefixes": common_prefixes,
        "Versions": versions,
        "DeleteMarkers": markers,
    });
    if truncated {
        body["NextKeyMarker"] = encoded(call, &next_key).into();
        body["NextVersionIdMarker"] = next_version.into();
    }
    if wants_url_encoding(call) {
        body["EncodingType"] = "url".into();
    }
    Ok(Answer::json(&body))
}
