//! Archived objects that are to be readable again, and objects that get another key.

use reqwest::Method;
use store::{ObjectRef, PutCondition, RestoreAnswer, RestoreRequest, RestoreTier};

use crate::request::json_body;
use crate::wire::administration as wire;
use crate::{Result, TosStore};

pub(crate) async fn restore(store: &TosStore, object: &ObjectRef, request: RestoreRequest) -> Result<RestoreAnswer> {
    let call = store.object_call("restoring", Method::POST, object)?.param("restore", "");
    let tier = request.tier().map(|tier| match tier {
        RestoreTier::Expedited => "Expedited",
        RestoreTier::Standard => "Standard",
        RestoreTier::Bulk => "Bulk",
    });
    let parameters = tier.map(|tier| wire::RestoreJobParameters { tier });
    let call = json_body(call, &wire::Restore { days: request.days(), restore_job_parameters: parameters })?;
    match store.send(call).await {
        Ok(answer) => {
            answer.looks_like_tos()?;
            Ok(if answer.status() == 202 { RestoreAnswer::Started } else { RestoreAnswer::Extended })
        }
        Err(error) if error.code.as_deref() == Some("RestoreAlreadyInProgress") => Ok(RestoreAnswer::Running),
        Err(error) => Err(error),
    }
}

pub(crate) async fn rename_enabled(store: &TosStore, bucket: &str) -> Result<bool> {
    let call = store.bucket_call("asking for the renaming of", Method::GET, bucket)?.param("rename", "");
    let answer = store.send(call).await?;
    let told: wire::Rename = answer.json_if(|told: &wire::Rename| told.rename_enable.is_some()).await?;
    Ok(told.rename_enable.unwrap_or_default())
}

pub(crate) async fn set_rename_enabled(store: &TosStore, bucket: &str, on: bool) -> Result<()> {
    let doing = "changing the renaming of";
    // It is switched off by removing the setting (protocol.md, section 11.1).
    let call = if on {
        let call = store.bucket_call(doing, Method::PUT, bucket)?.param("rename", "");
        json_body(call, &wire::Rename { rename_enable: Some(true) })?
    } else {
        store.bucket_call(doing, Method::DELETE, bucket)?.param("rename", "")
    };
    store.send(call).await?.looks_like_tos()
}

pub(crate) async fn rename(store: &TosStore, object: &ObjectRef, new_key: &str, condition: PutCondition) -> Result<()> {
    store::check_key(new_key)?;
    let object = ObjectRef { version: None, ..object.clone() };
    let call = store.object_call("renaming", Method::PUT, &object)?.param("rename", "").param("name", new_key);
    store.send(call.condition(condition)).await?.looks_like_tos()
}
