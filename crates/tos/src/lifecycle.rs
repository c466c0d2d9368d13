//! Lifecycle rules of a bucket; each is carried as the text that it is.

use reqwest::Method;
use serde_json::value::RawValue;
use store::{ErrorKind, Lifecycle, LifecycleRule, StoreError};

use crate::request::json_body;
use crate::wire::administration as wire;
use crate::{Result, TosStore, headers};

const OVERLAP: &str = "x-tos-allow-same-action-overlap";

pub(crate) async fn get(store: &TosStore, bucket: &str) -> Result<Lifecycle> {
    let call = store.bucket_call("asking for the lifecycle rules of", Method::GET, bucket)?.param("lifecycle", "");
    let answer = match store.send(call).await {
        Ok(answer) => answer,
        Err(error) if is_none(&error) => return Ok(Lifecycle::default()),
        Err(error) => return Err(error),
    };
    // Python's bool("false") is true; here only the word is.
    let allows_overlap = headers::text(answer.headers(), OVERLAP).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let list: wire::Lifecycle = answer.json_if(|list: &wire::Lifecycle| list.rules.is_some()).await?;
    let rules = list.rules.unwrap_or_default().into_iter().map(|rule| LifecycleRule::from_json(rule.get()));
    // Giving back fewer rules than came would delete the others.
    let rules: Option<Vec<_>> = rules.collect();
    let rules = rules.ok_or_else(|| {
        let message = format!("the lifecycle rules of {bucket} cannot be understood");
        StoreError::new(ErrorKind::NotThisStore, message)
    })?;
    Ok(Lifecycle { rules, allows_overlap })
}

/// No rules at all is an error on the wire, and a common state.
fn is_none(error: &StoreError) -> bool {
    error.code.as_deref() == Some("NoSuchLifecycleConfiguration")
}

pub(crate) async fn set(store: &TosStore, bucket: &str, lifecycle: &Lifecycle) -> Result<()> {
    if lifecycle.rules.is_empty() {
        return delete(store, bucket).await;
    }
    let call = store.bucket_call("changing the lifecycle rules of", Method::PUT, bucket)?.param("lifecycle", "");
    let call = if lifecycle.allows_overlap { call.header(OVERLAP, "true") } else { call };
    let raw = |rule: &LifecycleRule| RawValue::from_string(rule.json().to_owned());
    let rules: std::result::Result<Vec<_>, _> = lifecycle.rules.iter().map(raw).collect();
    let rules = rules
        .map_err(|error| StoreError::new(ErrorKind::Refused, "a lifecycle rule is not JSON").with_source(error))?;
    store.send(json_body(call, &wire::Lifecycle { rules: Some(rules) })?).await?.looks_like_tos()
}

async fn delete(store: &TosStore, bucket: &str) -> Result<()> {
    let call = store.bucket_call("removing the lifecycle rules of", Method::DELETE, bucket)?.param("lifecycle", "");
    match store.send(call).await {
        Ok(answer) => answer.looks_like_tos(),
        Err(error) if is_none(&error) => Ok(()),
        Err(error) => Err(error),
    }
}
