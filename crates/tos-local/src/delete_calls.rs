//! DeleteObject and DeleteMultiObjects.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bucket_index::{Bucket, Deleted};
use crate::json_body::{BodyMd5, receive_json};
use crate::refusal::Refusal;
use crate::request::{Call, check_key};
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;

pub(crate) async fn delete(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let version_id = Some(call.filled("versionId")).filter(|version_id| !version_id.is_empty());
        let deleted = bucket.delete(call.key(), version_id, shared.now_ms())?;
        check_found(&shared, &deleted)?;
        Ok(Answer::no_content()
            .header_if("x-tos-delete-marker", deleted.marker.then_some("true"))
            .header_if("x-tos-version-id", deleted.version_id))
    })
    .await
}

fn check_found(shared: &Shared, deleted: &Deleted) -> Result<(), Refusal> {
    if deleted.found || deleted.marker || shared.options.behaviour.delete_missing_status != 404 {
        return Ok(());
    }
    Err(Refusal::no_such_key())
}

pub(crate) async fn delete_many(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let body = receive_json(shared, call, body, BodyMd5::Needed).await?;
    let objects = body["Objects"].as_array().ok_or_else(|| Refusal::malformed_body("Objects is missing."))?.clone();
    let most = shared.options.behaviour.delete_keys_max;
    if objects.is_empty() || objects.len() > most {
        return Err(Refusal::malformed_body(format!("Objects has 1 to {most} entries.")));
    }
    let quiet = body["Quiet"].as_bool().unwrap_or(false);
    let shared = shared.clone();
    blocking(move || {
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in &objects {
            match delete_one(&shared, &bucket, object) {
                Ok(_) if quiet => {}
                Ok(entry) => deleted.push(entry),
                Err(refusal) => {
                    errors.push(json!({"Key": object["Key"], "Code": refusal.code, "Message": refusal.message}));
                }
            }
        }
        Ok(Answer::json(&json!({"Deleted": deleted, "Error": errors})))
    })
    .await
}

fn delete_one(shared: &Shared, bucket: &Bucket, object: &Value) -> Result<Value, Refusal> {
    let key = object["Key"].as_str().unwrap_or_default();
    check_key(key, shared.options.behaviour.key_bytes_max)?;
    let version_id = object["VersionId"].as_str().filter(|version_id| !version_id.is_empty());
    let deleted = bucket.delete(key, version_id, shared.now_ms())?;
    check_found(shared, &deleted)?;
    let mut entry = json!({"Key": key});
    if let Some(version_id) = version_id {
        entry["VersionId"] = version_id.into();
    }
    if deleted.marker {
        entry["DeleteMarker"] = true.into();
        entry["DeleteMarkerVersionId"] = deleted.version_id.into();
    }
    Ok(entry)
}
