//! RenameObject, PutBucketRename, GetBucketRename, DeleteBucketRename.

use std::sync::Arc;

use serde_json::json;

use crate::answer::Answer;
use crate::condition::check_replace;
use crate::json_body::{BodyMd5, receive_json};
use crate::object_calls::check_restored;
use crate::record::Versioning;
use crate::refusal::Refusal;
use crate::request::{Call, check_key};
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;

pub(crate) fn get(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let record = shared.bucket(call.bucket_name())?.record();
    Ok(Answer::json(&json!({"RenameEnable": record.renames_since_ms.is_some()})))
}

pub(crate) async fn put(shared: &Arc<Shared>, call: &Call, body: &mut Option<RequestBody>) -> Result<Answer, Refusal> {
    let body = receive_json(shared, call, body, BodyMd5::Welcome).await?;
    let on = body["RenameEnable"].as_bool();
    switch(shared, call, on.ok_or_else(|| Refusal::malformed_body("RenameEnable is true or false."))?).await?;
    Ok(Answer::ok())
}

pub(crate) async fn delete(shared: &Arc<Shared>, call: &Call) -> Result<Answer, Refusal> {
    switch(shared, call, false).await?;
    Ok(Answer::no_content())
}

async fn switch(shared: &Arc<Shared>, call: &Call, on: bool) -> Result<(), Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let now_ms = shared.now_ms();
    blocking(move || {
        bucket.change_record(|record| {
            record.renames_since_ms = on.then(|| record.renames_since_ms.unwrap_or(now_ms));
        })
    })
    .await
}

/// Gives an object another key. Which objects it is refused for is documented (protocol notes, section 11.4), the codes
/// of the refusals are not.
pub(crate) async fn rename(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    check_key(call.filled("name"), shared.options.behaviour.key_bytes_max)?;
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let record = bucket.record();
        let Some(since_ms) = record.renames_since_ms else {
            return Err(Refusal::new(405, "MethodNotAllowed", "This bucket renames no objects."));
        };
        let refused = |message: &str| Refusal::new(400, "InvalidRequest", message);
        if record.versioning != Versioning::Never {
            return Err(refused("A bucket that keeps or kept versions renames no objects."));
        }
        bucket.rename(call.key(), call.filled("name"), shared.now_ms(), |version, replaced| {
            if version.facts.modified_ms < since_ms {
                return Err(refused("Only objects that were written since renaming is on can be renamed."));
            }
            check_restored(&shared, version)?;
            check_replace(&shared, &call, replaced)
        })?;
        Ok(Answer::no_content())
    })
    .await
}
