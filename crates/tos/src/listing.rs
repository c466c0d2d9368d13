//! Pages of objects, parts and uploads.

use std::collections::BTreeSet;

use reqwest::Method;
use store::{
    Capabilities, ErrorKind, ListPage, ListRequest, ListedPart, ListedUpload, ObjectSummary, PartList, PartNumber,
    StoreError, UploadId, UploadList, UploadListRequest, UploadRef,
};

use crate::headers::iso_time;
use crate::{Result, TosStore, wire};

pub(crate) async fn objects(store: &TosStore, bucket: &str, request: &ListRequest) -> Result<ListPage> {
    let mut call = store.bucket_call("listing", Method::GET, bucket)?.param("list-type", "2");
    if let Some(max_keys) = request.max_keys {
        check_max_keys(max_keys)?;
        call = call.param("max-keys", max_keys.to_string());
    }
    let call = call
        .param_unless_empty("prefix", &request.prefix)
        .param_unless_empty("delimiter", request.delimiter.as_deref().unwrap_or_default())
        .param_unless_empty("start-after", request.start_after.as_deref().unwrap_or_default())
        .param_unless_empty("continuation-token", request.continuation_token.as_deref().unwrap_or_default());
    let answer = store.send(call).await?;
    let list: wire::ObjectList = answer.json_if(|list: &wire::ObjectList| list.name.is_some()).await?;
    let summary = |object: wire::Object| ObjectSummary {
        key: object.key,
        size_bytes: object.size,
        modified: object.last_modified.as_deref().and_then(iso_time),
        etag: object.etag,
        crc64: object.crc64,
        storage_class: object.storage_class,
    };
    let next = list.next_continuation_token.filter(|token| list.is_truncated && !token.is_empty());
    if list.is_truncated && (next.is_none() || next == request.continuation_token) {
        return Err(no_way_on("listing", bucket));
    }
    Ok(ListPage {
        objects: list.contents.into_iter().map(summary).collect(),
        common_prefixes: list.common_prefixes.into_iter().map(|group| group.prefix).collect(),
        next,
    })
}

pub(crate) async fn parts(store: &TosStore, upload: &UploadRef, after: Option<PartNumber>) -> Result<PartList> {
    let call = store
        .object_call("listing the parts of", Method::GET, &upload.object)?
        .param("uploadId", crate::multipart::upload_id(upload)?)
        .param("max-parts", "1000")
        .param_unless_empty("part-number-marker", &after.map(|after| after.to_string()).unwrap_or_default());
    let answer = store.send(call).await?;
    let list: wire::PartList = answer.json_if(|list: &wire::PartList| list.upload_id.is_some()).await?;
    let numbers: BTreeSet<u32> = list.parts.iter().map(|part| part.part_number).collect();
    let outside = |number: &u32| !(1..=Capabilities::TOS.parts_max).contains(number);
    if numbers.len() != list.parts.len() || numbers.iter().any(outside) {
        let message = format!("listing the parts of {} failed: the answer has parts that cannot be", upload.object);
        return Err(StoreError::new(ErrorKind::NotThisStore, message));
    }
    let part = |part: wire::Part| {
        Some(ListedPart {
            number: PartNumber::new(part.part_number)?,
            size_bytes: part.size,
            etag: part.etag?,
            crc64: part.crc64,
            modified: part.last_modified.as_deref().and_then(iso_time),
        })
    };
    let is_truncated = list.is_truncated;
    let next = list.next_part_number_marker.filter(|_| is_truncated).and_then(PartNumber::new);
    // A marker that does not move on would make the caller ask for ever.
    if is_truncated && next <= after {
        return Err(no_way_on("listing the parts of", &upload.object.to_string()));
    }
    Ok(PartList { parts: list.parts.into_iter().filter_map(part).collect(), next })
}

pub(crate) async fn uploads(store: &TosStore, bucket: &str, request: &UploadListRequest) -> Result<UploadList> {
    let (key, id) = request.after.as_ref().map_or(("", ""), |(key, id)| (key.as_str(), id.0.as_str()));
    let call = store
        .bucket_call("listing the uploads of", Method::GET, bucket)?
        .param("uploads", "")
        .param("max-uploads", "1000")
        .param_unless_empty("prefix", &request.prefix)
        .param_unless_empty("key-marker", key)
        .param_unless_empty("upload-id-marker", id);
    let answer = store.send(call).await?;
    let list: wire::UploadList = answer.json_if(|list: &wire::UploadList| list.bucket.is_some()).await?;
    let upload = |upload: wire::Upload| ListedUpload {
        key: upload.key,
        upload_id: UploadId(upload.upload_id),
        initiated: upload.initiated.as_deref().and_then(iso_time),
        storage_class: upload.storage_class,
    };
    let next = match list.next_key_marker.filter(|key| list.is_truncated && !key.is_empty()) {
        Some(key) => Some((key, UploadId(list.next_upload_id_marker.unwrap_or_default()))),
        None => None,
    };
    // Keys come in their order; in which order the ids of one key come is nowhere said.
    let goes_back = |(key, id): &(String, UploadId)| match &request.after {
        Some((after_key, after_id)) => key < after_key || (key == after_key && id == after_id),
        None => false,
    };
    if list.is_truncated && next.as_ref().is_none_or(goes_back) {
        return Err(no_way_on("listing the uploads of", bucket));
    }
    let nameless = |upload: &wire::Upload| upload.key.is_empty() || upload.upload_id.is_empty();
    Ok(UploadList { uploads: list.uploads.into_iter().filter(|one| !nameless(one)).map(upload).collect(), next })
}

pub(crate) fn check_max_keys(max_keys: u32) -> Result<()> {
    if (1..=1000).contains(&max_keys) {
        return Ok(());
    }
    let message = format!("a page has 1 to 1000 entries, not {max_keys}");
    Err(StoreError::new(ErrorKind::Refused, message))
}

pub(crate) fn no_way_on(doing: &str, what: &str) -> StoreError {
    let message = format!("{doing} {what} failed: the answer says that there is more, but not where");
    StoreError::new(ErrorKind::NotThisStore, message)
}
