//! What is done to a whole bucket: deleting it, and the rule that aborts unfinished uploads.

use store::{ABORT_RULE_ID, ErrorKind, Lifecycle, LifecycleRule, ObjectRef};

use super::properties::invalid_option;
use super::{Answer, Shared};
use crate::dto::AppError;
use crate::dto_objects::{AbortRuleView, OtherAbortRule};
use crate::error::OwnCode;

/// Longest time until an unfinished upload is aborted: ten years.
const ABORT_DAYS_MAX: u32 = 3650;

/// Deletes a bucket that is empty: no objects, no versions, no unfinished uploads.
#[tauri::command]
#[specta::specta]
pub async fn delete_bucket(app: Shared<'_>, bucket: String) -> Answer<()> {
    let (_, open) = app.current_store().await?;
    open.administration.delete_bucket(&bucket).await.map_err(|error| match error.kind {
        ErrorKind::NotEmpty => AppError::new(OwnCode::BucketNotEmpty).with("bucket", &bucket),
        _ => open.refusal(&error, &ObjectRef::new(&bucket, "")),
    })
}

/// After how many days a bucket aborts unfinished uploads.
#[tauri::command]
#[specta::specta]
pub async fn lifecycle_abort_rule(app: Shared<'_>, bucket: String) -> Answer<AbortRuleView> {
    let (_, open) = app.current_store().await?;
    let lifecycle = open.administration.lifecycle(&bucket).await;
    lifecycle.map(|told| view(&told)).map_err(|error| open.refusal(&error, &ObjectRef::new(&bucket, "")))
}

/// Makes a bucket abort unfinished uploads after so many days, or no longer by our rule. The rules of others stay.
#[tauri::command]
#[specta::specta]
pub async fn set_lifecycle_abort_rule(app: Shared<'_>, bucket: String, days: Option<u32>) -> Answer<AbortRuleView> {
    if let Some(days) = days.filter(|days| !(1..=ABORT_DAYS_MAX).contains(days)) {
        return Err(invalid_option("days", days));
    }
    let (_, open) = app.current_store().await?;
    let refusal = |error: store::StoreError| open.refusal(&error, &ObjectRef::new(&bucket, ""));
    let told = open.administration.lifecycle(&bucket).await.map_err(refusal)?;
    let wanted = match days {
        Some(days) => told.clone().with_abort_rule(days),
        None => told.clone().without_abort_rule(),
    };
    if wanted != told {
        open.administration.set_lifecycle(&bucket, &wanted).await.map_err(refusal)?;
    }
    Ok(view(&wanted))
}

fn view(lifecycle: &Lifecycle) -> AbortRuleView {
    let enabled = lifecycle.rules.iter().filter(|rule| rule.is_enabled());
    let other = |rule: &LifecycleRule| {
        Some(OtherAbortRule { id: rule.id(), prefix: rule.prefix(), days: rule.abort_after_days()? })
    };
    AbortRuleView {
        days: lifecycle.abort_rule().filter(|rule| rule.is_enabled()).and_then(LifecycleRule::abort_after_days),
        others: enabled.filter(|rule| rule.id() != ABORT_RULE_ID).filter_map(other).collect(),
    }
}
