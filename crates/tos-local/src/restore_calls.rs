//! RestoreObject, and how far a restoration is.
//!
//! A restoration takes [`crate::Options::restore_takes`] instead of minutes or hours, and its end is a matter of
//! looking at the clock: nothing runs in between, so that it survives a restart.

use std::sync::Arc;

use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::json_body::{BodyMd5, receive_json};
use crate::object_calls::position;
use crate::record::VersionFacts;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;
use crate::times::rfc_1123;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A restoration that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Restoration {
    pub(crate) requested_ms: u64,
    pub(crate) ready_ms: u64,
    pub(crate) expires_ms: u64,
    pub(crate) days: u64,
    pub(crate) tier: String,
}

/// How far it is; a copy that has expired is as if it had never been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    None,
    Running,
    Readable,
}

pub(crate) fn is_archived(facts: &VersionFacts) -> bool {
    ["ARCHIVE", "COLD_ARCHIVE", "DEEP_COLD_ARCHIVE"].contains(&facts.storage_class.as_str())
}

pub(crate) fn progress(facts: &VersionFacts, now_ms: u64) -> Progress {
    match &facts.restoration {
        Some(restoration) if now_ms < restoration.ready_ms => Progress::Running,
        Some(restoration) if now_ms < restoration.expires_ms => Progress::Readable,
        _ => Progress::None,
    }
}

/// The header that HEAD and GET have.
pub(crate) fn describe(answer: Answer, facts: &VersionFacts, now_ms: u64) -> Answer {
    let Some(restoration) = &facts.restoration else { return answer };
    let state = match progress(facts, now_ms) {
        Progress::None => return answer,
        Progress::Running => r#"ongoing-request="true""#.to_owned(),
        Progress::Readable => {
            format!(r#"ongoing-request="false", expiry-date="{}""#, rfc_1123(restoration.expires_ms))
        }
    };
    answer.header("x-tos-restore", state)
}

/// The headers that only HEAD has.
pub(crate) fn describe_request(answer: Answer, facts: &VersionFacts, now_ms: u64) -> Answer {
    match &facts.restoration {
        Some(restoration) if progress(facts, now_ms) != Progress::None => answer
            .header("x-tos-restore-request-date", rfc_1123(restoration.requested_ms))
            .header("x-tos-restore-expiry-days", restoration.days.to_string())
            .header("x-tos-restore-tier", &restoration.tier),
        _ => answer,
    }
}

pub(crate) async fn restore(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let body = receive_json(shared, call, body, BodyMd5::Welcome).await?;
    let days = body["Days"].as_u64().filter(|days| (1..=365).contains(days));
    let days = days.ok_or_else(|| Refusal::invalid_argument("Days is 1 to 365."))?;
    let tier = body["RestoreJobParameters"]["Tier"].as_str().unwrap_or("Standard").to_owned();
    if !["Expedited", "Standard", "Bulk"].contains(&tier.as_str()) {
        return Err(Refusal::invalid_argument("Tier is Expedited, Standard or Bulk."));
    }
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let now_ms = shared.now_ms();
        let choose = |versions: &[_]| position(&shared, versions, call.filled("versionId"));
        let (status, _) = bucket.change_version(call.key(), choose, |facts| {
            if !is_archived(facts) {
                return Err(Refusal::new(400, "InvalidRequest", "Only archived objects can be restored."));
            }
            match (progress(facts, now_ms), &mut facts.restoration) {
                (Progress::Running, _) => {
                    let status = shared.options.behaviour.restore_in_progress_status;
                    Err(Refusal::new(status, "RestoreAlreadyInProgress", "The object is being restored already."))
                }
                (Progress::Readable, Some(restoration)) => {
                    restoration.expires_ms = restoration.expires_ms.max(now_ms + days * DAY_MS);
                    restoration.days = days;
                    Ok(StatusCode::OK)
                }
                (_, restoration) => {
                    let takes_ms = u64::try_from(shared.options.restore_takes.as_millis()).unwrap_or(u64::MAX);
                    let ready_ms = now_ms.saturating_add(takes_ms);
                    let expires_ms = ready_ms.saturating_add(days * DAY_MS);
                    *restoration = Some(Restoration { requested_ms: now_ms, ready_ms, expires_ms, days, tier });
                    Ok(StatusCode::ACCEPTED)
                }
            }
        })?;
        Ok(Answer::new(status))
    })
    .await
}
