//! Buckets and objects of the account in use.

use store::{ListPage, ListRequest, ObjectRef};

use super::{Answer, Shared};
use crate::dto::{AppError, BucketView, ObjectPage, ObjectRow};
use crate::error::OwnCode;
pub(super) use crate::times::milliseconds;

/// Rows of a page of a listing.
const PAGE_ROWS: u32 = 200;

/// The buckets that the account may list.
#[tauri::command]
#[specta::specta]
pub async fn list_buckets(app: Shared<'_>) -> Answer<Vec<BucketView>> {
    let (_, open) = app.current_store().await?;
    let buckets = open.store.list_buckets().await.map_err(|error| AppError::store(&error, "", "", &open.endpoint))?;
    let view = |bucket: store::BucketSummary| BucketView {
        name: bucket.name,
        region: bucket.region,
        created_ms: bucket.created.map(milliseconds),
    };
    Ok(buckets.into_iter().map(view).collect())
}

/// Makes a bucket.
#[tauri::command]
#[specta::specta]
pub async fn create_bucket(app: Shared<'_>, name: String) -> Answer<()> {
    store::check_bucket_name(&name).map_err(AppError::invalid_name)?;
    let (_, open) = app.current_store().await?;
    open.store.create_bucket(&name).await.map_err(|error| match error.kind {
        store::ErrorKind::AlreadyExists => AppError::new(OwnCode::AlreadyExists).with("name", &name),
        _ => AppError::store(&error, &name, "", &open.endpoint),
    })
}

/// A page of what is directly under a prefix.
#[tauri::command]
#[specta::specta]
pub async fn list_objects(
    app: Shared<'_>,
    bucket: String,
    prefix: String,
    after: Option<String>,
) -> Answer<ObjectPage> {
    let (_, open) = app.current_store().await?;
    let request = ListRequest {
        prefix: prefix.clone(),
        delimiter: Some("/".to_owned()),
        continuation_token: after,
        max_keys: Some(PAGE_ROWS),
        ..ListRequest::default()
    };
    let page = open.store.list_objects(&bucket, &request).await;
    let page = page.map_err(|error| open.refusal(&error, &ObjectRef::new(&bucket, &prefix)))?;
    Ok(object_page(page, &prefix))
}

/// Prefixes first. The prefix itself can be an object, as some programs make one for a folder; it is no row of its own.
fn object_page(page: ListPage, prefix: &str) -> ObjectPage {
    let name = |key: &str| key.strip_prefix(prefix).unwrap_or(key).trim_end_matches('/').to_owned();
    let folders = page.common_prefixes.into_iter().map(|key| ObjectRow {
        name: name(&key),
        key,
        folder: true,
        size_bytes: 0,
        modified_ms: None,
        storage_class: None,
    });
    let objects = page.objects.into_iter().filter(|object| object.key != prefix).map(|object| ObjectRow {
        name: name(&object.key),
        key: object.key,
        folder: false,
        size_bytes: object.size_bytes,
        modified_ms: object.modified.map(milliseconds),
        storage_class: object.storage_class,
    });
    ObjectPage { rows: folders.chain(objects).collect(), next: page.next }
}

#[cfg(test)]
mod tests {
    use store::ObjectSummary;

    use super::*;

    fn object(key: &str) -> ObjectSummary {
        ObjectSummary {
            key: key.to_owned(),
            size_bytes: 3,
            modified: None,
            etag: None,
            crc64: None,
            storage_class: None,
        }
    }

    #[test]
    fn rows_carry_whole_keys_and_short_names_folders_first() {
        let page = ListPage {
            objects: vec![object("a/"), object("a/x.txt")],
            common_prefixes: vec!["a/b/".into()],
            next: Some("more".into()),
        };
        let page = object_page(page, "a/");
        let rows: Vec<_> =
            page.rows.iter().map(|row| (row.key.as_str(), row.name.as_str(), row.folder, row.size_bytes)).collect();
        assert_eq!(rows, [("a/b/", "b", true, 0), ("a/x.txt", "x.txt", false, 3)]);
        assert_eq!(page.next.as_deref(), Some("more"));
    }
}
