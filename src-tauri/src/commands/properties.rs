//! Properties of one object: type and metadata, permissions, tags; and its return from an archive.

use engine::{ErrorCode, TransferError};
use store::{AclSetting, CannedAcl, ObjectRef, RestoreAnswer, RestoreRequest, Tag};

use super::{Answer, Shared};
use crate::dto::AppError;
use crate::dto_objects::{
    AclView, ObjectProperties, ObjectSettingsView, RestoreAnswerView, RestoreAsked, RestoreTier, TagView,
};

/// Most objects of one wish to restore.
const RESTORE_KEYS_MAX: usize = 1000;

/// Everything that is known of an object.
#[tauri::command]
#[specta::specta]
pub async fn get_object_properties(app: Shared<'_>, bucket: String, key: String) -> Answer<ObjectProperties> {
    let (_, open) = app.current_store().await?;
    let object = ObjectRef::new(&bucket, &key);
    let details = open.store.head_object(&object).await.map_err(|error| open.refusal(&error, &object))?;
    Ok(ObjectProperties::of(key, details))
}

/// Replaces type, encodings and metadata, all at once: what the settings leave out is removed. There is no condition to
/// protect from another program that does the same at this moment.
#[tauri::command]
#[specta::specta]
pub async fn set_object_properties(
    app: Shared<'_>,
    bucket: String,
    key: String,
    settings: ObjectSettingsView,
) -> Answer<()> {
    let (_, open) = app.current_store().await?;
    let object = ObjectRef::new(&bucket, &key);
    let set = open.administration.set_object_meta(&object, &settings.into_settings()).await;
    set.map_err(|error| open.refusal(&error, &object))
}

/// Who may do what with an object.
#[tauri::command]
#[specta::specta]
pub async fn get_object_acl(app: Shared<'_>, bucket: String, key: String) -> Answer<AclView> {
    let (_, open) = app.current_store().await?;
    let object = ObjectRef::new(&bucket, &key);
    let acl = open.administration.object_acl(&object).await;
    acl.map(AclView::from).map_err(|error| open.refusal(&error, &object))
}

/// Replaces who may do what by a ready-made list, such as `private`.
#[tauri::command]
#[specta::specta]
pub async fn set_object_acl(app: Shared<'_>, bucket: String, key: String, canned: String) -> Answer<()> {
    let setting = CannedAcl::named(&canned).map(AclSetting::Canned);
    let setting = setting.ok_or_else(|| invalid_option("acl", &canned))?;
    let (_, open) = app.current_store().await?;
    let object = ObjectRef::new(&bucket, &key);
    let set = open.administration.set_object_acl(&object, &setting).await;
    set.map_err(|error| open.refusal(&error, &object))
}

/// The tags of an object.
#[tauri::command]
#[specta::specta]
pub async fn get_object_tags(app: Shared<'_>, bucket: String, key: String) -> Answer<Vec<TagView>> {
    let (_, open) = app.current_store().await?;
    let object = ObjectRef::new(&bucket, &key);
    let tags = open.administration.object_tags(&object).await.map_err(|error| open.refusal(&error, &object))?;
    Ok(tags.into_iter().map(|tag| TagView { key: tag.key, value: tag.value }).collect())
}

/// Replaces all tags of an object; none removes them.
#[tauri::command]
#[specta::specta]
pub async fn set_object_tags(app: Shared<'_>, bucket: String, key: String, tags: Vec<TagView>) -> Answer<()> {
    let tags: Vec<Tag> = tags.into_iter().map(|tag| Tag { key: tag.key, value: tag.value }).collect();
    store::check_tags(&tags).map_err(AppError::invalid_name)?;
    let (_, open) = app.current_store().await?;
    let object = ObjectRef::new(&bucket, &key);
    let set = if tags.is_empty() {
        open.administration.delete_object_tags(&object).await
    } else {
        open.administration.set_object_tags(&object, &tags).await
    };
    set.map_err(|error| open.refusal(&error, &object))
}

/// Asks for readable copies of archived objects, one after the other; what is refused for one does not stop the others.
#[tauri::command]
#[specta::specta]
pub async fn restore_archived(
    app: Shared<'_>,
    bucket: String,
    keys: Vec<String>,
    days: u16,
    tier: RestoreTier,
) -> Answer<Vec<RestoreAsked>> {
    let tier = match tier {
        RestoreTier::Expedited => store::RestoreTier::Expedited,
        RestoreTier::Standard => store::RestoreTier::Standard,
        RestoreTier::Bulk => store::RestoreTier::Bulk,
    };
    let request = RestoreRequest::new(days, Some(tier)).ok_or_else(|| invalid_option("days", days))?;
    if keys.len() > RESTORE_KEYS_MAX {
        return Err(invalid_option("keys", keys.len()));
    }
    let (_, open) = app.current_store().await?;
    let mut asked = Vec::with_capacity(keys.len());
    for key in keys {
        let object = ObjectRef::new(&bucket, &key);
        let (answer, error) = match open.administration.restore_object(&object, request).await {
            Ok(RestoreAnswer::Started) => (Some(RestoreAnswerView::Started), None),
            Ok(RestoreAnswer::Running) => (Some(RestoreAnswerView::Running), None),
            Ok(RestoreAnswer::Extended) => (Some(RestoreAnswerView::Extended), None),
            Err(error) => (None, Some(open.refusal(&error, &object))),
        };
        asked.push(RestoreAsked { key, answer, error });
    }
    Ok(asked)
}

/// A value that cannot be used.
pub(super) fn invalid_option(name: &str, value: impl ToString) -> AppError {
    let error = AppError::from(TransferError::new(ErrorCode::InvalidOption));
    error.with("name", name).with("value", value)
}
