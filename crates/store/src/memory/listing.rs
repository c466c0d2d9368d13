//! Pages of objects and of uploads.

use std::ops::Bound;

use super::state::Object;
use super::{MemoryOptions, MemoryStore, Result, refusal};
use crate::{ErrorKind, ListPage, ListRequest, ListedUpload, ObjectSummary, UploadList, UploadListRequest};

impl MemoryStore {
    pub(super) fn list_objects_now(&self, bucket: &str, request: &ListRequest) -> Result<ListPage> {
        let page_len = page_len(request.max_keys, &self.options)?;
        let after = match &request.continuation_token {
            Some(token) => Some(After::from_token(token)?),
            None => request.start_after.clone().map(After::Key),
        };
        let state = self.state();
        let objects = &state.bucket(bucket)?.objects;
        let from = match &after {
            Some(After::Key(last) | After::Group(last)) => Bound::Excluded(last.as_str()),
            None => Bound::Unbounded,
        };
        let mut page = ListPage::default();
        let mut last = None;
        for (key, object) in objects.range::<str, _>((from, Bound::Unbounded)) {
            if matches!(&after, Some(After::Group(group)) if key.starts_with(group)) {
                continue;
            }
            let Some(rest) = key.strip_prefix(&request.prefix) else { continue };
            let group = group_of(rest, request.delimiter.as_deref()).map(|len| &key[..request.prefix.len() + len]);
            if group.is_some() && group == page.common_prefixes.last().map(String::as_str) {
                continue;
            }
            if page.objects.len() + page.common_prefixes.len() == page_len {
                page.next = last.map(|last: After| last.into_token());
                break;
            }
            if let Some(group) = group {
                page.common_prefixes.push(group.to_owned());
                last = Some(After::Group(group.to_owned()));
            } else {
                page.objects.push(summary(key, object, &self.options));
                last = Some(After::Key(key.clone()));
            }
        }
        Ok(page)
    }

    pub(super) fn list_uploads_now(&self, bucket: &str, request: &UploadListRequest) -> Result<UploadList> {
        let state = self.state();
        let from = request.after.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let mut found = state
            .bucket(bucket)?
            .uploads
            .range((from, Bound::Unbounded))
            .filter(|((key, _), _)| key.starts_with(&request.prefix))
            .peekable();
        let uploads: Vec<ListedUpload> = found
            .by_ref()
            .take(self.options.page_len)
            .map(|((key, id), upload)| ListedUpload {
                key: key.clone(),
                upload_id: id.clone(),
                initiated: upload.initiated,
                storage_class: upload.settings.storage_class.clone(),
            })
            .collect();
        let next = if found.peek().is_some() {
            uploads.last().map(|upload| (upload.key.clone(), upload.upload_id.clone()))
        } else {
            None
        };
        Ok(UploadList { uploads, next })
    }
}

/// Where a page ended. Keys behind a group that was listed belong to the group and are not listed again.
enum After {
    Key(String),
    Group(String),
}

impl After {
    fn into_token(self) -> String {
        match self {
            Self::Key(key) => format!("key:{key}"),
            Self::Group(group) => format!("group:{group}"),
        }
    }

    fn from_token(token: &str) -> Result<Self> {
        match token.split_once(':') {
            Some(("key", key)) => Ok(Self::Key(key.to_owned())),
            Some(("group", group)) => Ok(Self::Group(group.to_owned())),
            _ => Err(refusal(ErrorKind::Refused, "InvalidArgument", "the continuation token is not one of this store")),
        }
    }
}

/// The length of the group that a key belongs to, counted behind the prefix.
fn group_of(rest: &str, delimiter: Option<&str>) -> Option<usize> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    rest.find(delimiter).map(|at| at + delimiter.len())
}

fn page_len(asked: Option<u32>, options: &MemoryOptions) -> Result<usize> {
    match asked {
        None => Ok(options.page_len),
        Some(asked @ 1..=1000) => Ok(options.page_len.min(asked as usize)),
        Some(asked) => {
            Err(refusal(ErrorKind::Refused, "InvalidArgument", format!("a page cannot have {asked} entries")))
        }
    }
}

fn summary(key: &str, object: &Object, options: &MemoryOptions) -> ObjectSummary {
    ObjectSummary {
        key: key.to_owned(),
        size_bytes: object.bytes.len() as u64,
        modified: None,
        etag: Some(object.etag.clone()),
        crc64: options.report_crc64.then_some(object.crc64),
        storage_class: object.settings.storage_class.clone(),
    }
}
