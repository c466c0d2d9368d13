//! PutBucketLifecycle, GetBucketLifecycle, DeleteBucketLifecycle. Rules are kept and shown; time does nothing here.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::json_body::{BodyMd5, receive_bytes};
use crate::record::LifecycleRecord;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;

const OVERLAP: &str = "x-tos-allow-same-action-overlap";

/// Longest body (protocol notes, section 11.6).
const BODY_BYTES_MAX: usize = 20 << 10;

/// Most rules.
const RULES_MAX: usize = 1000;

pub(crate) fn get(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let message = "The bucket has no lifecycle rules.";
    let none = || Refusal::new(404, "NoSuchLifecycleConfiguration", message);
    let lifecycle = shared.bucket(call.bucket_name())?.record().lifecycle.ok_or_else(none)?;
    let overlap = if lifecycle.allows_overlap { "true" } else { "false" };
    Ok(Answer::json(&json!({"Rules": lifecycle.rules})).header(OVERLAP, overlap))
}

pub(crate) async fn put(shared: &Arc<Shared>, call: &Call, body: &mut Option<RequestBody>) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let body = receive_bytes(shared, call, body, BodyMd5::Welcome).await?;
    if body.len() > BODY_BYTES_MAX {
        return Err(Refusal::new(400, "EntityTooLarge", "The rules have at most 20 KB."));
    }
    let body: Value = serde_json::from_slice(&body).map_err(|error| Refusal::malformed_body(format!("{error}.")))?;
    let rules = body["Rules"].as_array().filter(|rules| (1..=RULES_MAX).contains(&rules.len()));
    let rules = rules.ok_or_else(|| Refusal::malformed_body("Rules has 1 to 1000 entries."))?.clone();
    let allows_overlap = call.header(OVERLAP).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    check(&rules, allows_overlap)?;
    blocking(move || bucket.change_record(|record| record.lifecycle = Some(LifecycleRecord { rules, allows_overlap })))
        .await?;
    Ok(Answer::ok())
}

pub(crate) async fn delete(shared: &Arc<Shared>, call: &Call) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    blocking(move || bucket.change_record(|record| record.lifecycle = None)).await?;
    Ok(Answer::no_content())
}

fn check(rules: &[Value], allows_overlap: bool) -> Result<(), Refusal> {
    let mut ids = BTreeSet::new();
    let mut objects = Vec::with_capacity(rules.len());
    for rule in rules {
        let fields = rule.as_object().ok_or_else(|| Refusal::malformed_body("A rule is an object."))?;
        if !["Enabled", "Disabled"].contains(&rule["Status"].as_str().unwrap_or_default()) {
            return Err(Refusal::malformed_body("Status is Enabled or Disabled."));
        }
        if actions(fields).next().is_none() {
            return Err(Refusal::malformed_body("A rule has an action."));
        }
        let abort = &rule["AbortIncompleteMultipartUpload"];
        if !abort.is_null() && abort["DaysAfterInitiation"].as_u64().is_none_or(|days| days == 0) {
            return Err(Refusal::malformed_body("DaysAfterInitiation is a number of days."));
        }
        if rule["ID"].as_str().is_some_and(|id| !id.is_empty() && !ids.insert(id)) {
            return Err(Refusal::invalid_argument("Two rules have the same ID."));
        }
        objects.push(fields);
    }
    let overlap = objects.iter().enumerate().any(|(at, one)| objects[..at].iter().any(|other| overlap(one, other)));
    if overlap && !allows_overlap {
        return Err(Refusal::invalid_argument("Two rules do the same below overlapping prefixes."));
    }
    Ok(())
}

/// What a rule does: everything in it that does not say where.
fn actions(rule: &Map<String, Value>) -> impl Iterator<Item = &str> {
    const WHERE: [&str; 5] = ["ID", "Prefix", "Status", "Tags", "Filter"];
    rule.iter()
        .filter(|(name, value)| !WHERE.contains(&name.as_str()) && !value.is_null())
        .map(|(name, _)| name.as_str())
}

fn overlap(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let prefix = |rule: &Map<String, Value>| rule.get("Prefix").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (a, b) = (prefix(one), prefix(other));
    (a.starts_with(&b) || b.starts_with(&a)) && actions(one).any(|action| actions(other).any(|same| same == action))
}
