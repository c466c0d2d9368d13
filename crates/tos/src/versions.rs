//! Versions of objects, and whether a bucket keeps them.

use reqwest::Method;
use store::{
    ErrorKind, ListedVersion, StoreError, VersionFacts, VersionId, VersionListRequest, VersionMarker, VersionPage,
    Versioning,
};

use crate::headers::iso_time;
use crate::listing::{check_max_keys, no_way_on};
use crate::request::json_body;
use crate::wire::administration as wire;
use crate::{Result, TosStore};

pub(crate) async fn list(store: &TosStore, bucket: &str, request: &VersionListRequest) -> Result<VersionPage> {
    let mut call = store.bucket_call("listing the versions of", Method::GET, bucket)?.param("versions", "");
    if let Some(max_keys) = request.max_keys {
        check_max_keys(max_keys)?;
        call = call.param("max-keys", max_keys.to_string());
    }
    // A version without its key is no place; an empty key would make it one.
    let after = request.after.as_ref().filter(|after| !after.key.is_empty());
    let after_version = after.and_then(|after| after.version.as_ref()).map_or("", |version| version.0.as_str());
    let call = call
        .param_unless_empty("prefix", &request.prefix)
        .param_unless_empty("delimiter", request.delimiter.as_deref().unwrap_or_default())
        .param_unless_empty("key-marker", after.map_or("", |after| after.key.as_str()))
        .param_unless_empty("version-id-marker", after_version);
    let answer = store.send(call).await?;
    let list: wire::VersionList = answer.json_if(|list: &wire::VersionList| list.name.is_some()).await?;
    page(list, request).ok_or_else(|| no_way_on("listing the versions of", bucket))
}

/// `None` if the answer says that there is more, but not where.
fn page(list: wire::VersionList, request: &VersionListRequest) -> Option<VersionPage> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let next = match filled(list.next_key_marker).filter(|_| list.is_truncated) {
        Some(key) => Some(VersionMarker { key, version: filled(list.next_version_id_marker).map(VersionId) }),
        None => None,
    };
    // Keys come in their order; in which order the versions of one key come is nowhere said.
    let goes_back = |next: &VersionMarker| match &request.after {
        Some(after) => next.key < after.key || next == after,
        None => false,
    };
    if list.is_truncated && next.as_ref().is_none_or(goes_back) {
        return None;
    }
    let entry = |version: wire::Version, is_marker: bool| ListedVersion {
        key: version.key,
        version: version.version_id.filter(|id| !id.is_empty()).map(VersionId),
        is_latest: version.is_latest,
        modified: version.last_modified.as_deref().and_then(iso_time),
        object: (!is_marker).then_some(VersionFacts {
            size_bytes: version.size,
            etag: version.etag,
            crc64: version.crc64,
            storage_class: version.storage_class,
        }),
    };
    let objects = list.versions.into_iter().map(|version| entry(version, false));
    let markers = list.delete_markers.into_iter().map(|marker| entry(marker, true));
    let mut entries: Vec<ListedVersion> = objects.chain(markers).filter(|entry| !entry.key.is_empty()).collect();
    VersionPage::sort(&mut entries);
    let common_prefixes = list.common_prefixes.into_iter().map(|group| group.prefix).collect();
    Some(VersionPage { entries, common_prefixes, next })
}

pub(crate) async fn versioning(store: &TosStore, bucket: &str) -> Result<Versioning> {
    let call = store.bucket_call("asking for the versioning of", Method::GET, bucket)?.param("versioning", "");
    let answer = store.send(call).await?;
    // One that never had versions may answer with an empty object, which any web server could.
    answer.looks_like_tos()?;
    let told: wire::Versioning = answer.json_if(|told: &wire::Versioning| told.code.is_none()).await?;
    let status = told.status.unwrap_or_default();
    state(&status).ok_or_else(|| {
        let message = format!("the bucket {bucket} has a versioning that is not known here: {status}");
        StoreError::new(ErrorKind::Unsupported, message)
    })
}

/// The state of this name; none at all is [`Versioning::Never`].
pub(crate) fn state(status: &str) -> Option<Versioning> {
    match status {
        "" | "Disabled" => Some(Versioning::Never),
        "Enabled" => Some(Versioning::Enabled),
        "Suspended" => Some(Versioning::Suspended),
        _ => None,
    }
}

pub(crate) async fn set_versioning(store: &TosStore, bucket: &str, on: bool) -> Result<()> {
    let call = store.bucket_call("changing the versioning of", Method::PUT, bucket)?.param("versioning", "");
    let status = if on { "Enabled" } else { "Suspended" };
    let call = json_body(call, &wire::Versioning { status: Some(status.to_owned()), code: None })?;
    store.send(call).await?.looks_like_tos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, after: Option<(&str, &str)>) -> Option<VersionPage> {
        let after = after.map(|(key, version)| VersionMarker {
            key: key.into(),
            version: (!version.is_empty()).then(|| VersionId(version.into())),
        });
        page(serde_json::from_str(json).unwrap(), &VersionListRequest { after, ..VersionListRequest::default() })
    }

    #[test]
    fn versions_and_markers_are_one_list_and_a_missing_id_is_none() {
        let json = r#"{"Name":"b","Versions":[{"Key":"k","VersionId":"1","LastModified":"2026-01-02T03:04:05.000Z"},
            {"Key":"j","VersionId":""},{"Key":"","VersionId":"9"}],
            "DeleteMarkers":[{"Key":"k","VersionId":"2","IsLatest":true,"LastModified":"2026-01-02T03:04:06.000Z"}]}"#;
        let page = read(json, None).unwrap();
        let found: Vec<_> = page
            .entries
            .iter()
            .map(|entry| (entry.key.as_str(), entry.version.as_ref().map(|id| id.0.as_str()), entry.object.is_some()))
            .collect();
        assert_eq!(found, [("j", None, true), ("k", Some("2"), false), ("k", Some("1"), true)]);
        assert_eq!(page.next, None);
    }

    #[test]
    fn a_page_that_says_more_has_to_say_where() {
        let more = |markers: &str| format!(r#"{{"Name":"b","IsTruncated":true{markers}}}"#);
        let at = r#","NextKeyMarker":"k","NextVersionIdMarker":"5""#;
        assert!(read(&more(at), None).unwrap().next.is_some());
        assert!(read(&more(at), Some(("k", "4"))).is_some());
        assert_eq!(read(&more(at), Some(("k", "5"))), None);
        assert_eq!(read(&more(at), Some(("l", ""))), None);
        assert_eq!(read(&more(""), None), None);
    }
}
