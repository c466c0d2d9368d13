//! Links to objects, for people and programs without a key.

use std::time::{Duration, SystemTime};

use store::{ObjectRef, PresignMethod};

use super::browse::milliseconds;
use super::{Answer, Shared};
use crate::dto::{AppError, LinkView};

/// The longest life of a link that TOS permits: seven days.
const EXPIRES_MAX_S: u32 = 604_800;

/// A link by which an object can be downloaded without a key. Made here, without a request: it says nothing of whether
/// the object is there.
#[tauri::command]
#[specta::specta]
pub async fn presign_object(app: Shared<'_>, bucket: String, key: String, expires_s: u32) -> Answer<LinkView> {
    if !(1..=EXPIRES_MAX_S).contains(&expires_s) {
        let error = engine::TransferError::new(engine::ErrorCode::InvalidOption);
        return Err(AppError::from(error).with("name", "expires").with("value", expires_s));
    }
    let (_, open) = app.current_store().await?;
    let (object, life) = (ObjectRef::new(bucket, key), Duration::from_secs(expires_s.into()));
    let begun = SystemTime::now();
    let url = open.store.presign(PresignMethod::Get, &object, life).map_err(|error| open.refusal(&error, &object))?;
    Ok(LinkView { url, expires_ms: milliseconds(begun + life) })
}
