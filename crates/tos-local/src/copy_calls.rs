//! CopyObject, and the source that it shares with UploadPartCopy.
//!
//! A copy really reads and writes the bytes, at the rate of the copy throttle: so it takes time in proportion, can be
//! interrupted, and its CRC is computed and not believed.

use std::ops::Range;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::answer::Answer;
use crate::blob::{BlobWriter, Written};
use crate::bucket_index::{Bucket, NULL_VERSION};
use crate::condition::{check_copy_source, check_replace};
use crate::intake::{Intake, entity_too_large};
use crate::object_calls::{
    attributes, check_restored, check_storage_class, commit, current, etag_of, shown_version, storage_class,
};
use crate::outlet;
use crate::record::{Attributes, Version, VersionFacts};
use crate::refusal::Refusal;
use crate::request::Call;
use crate::shared::Shared;
use crate::tagging_calls::{TAGGING, check_header};
use crate::times::iso;

/// The object that a copy reads.
pub(crate) struct Source {
    pub(crate) version: Arc<Version>,
    /// Its version id, if its bucket has versions.
    pub(crate) shown_version: Option<String>,
}

pub(crate) async fn copy(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    check_storage_class(call)?;
    check_header(call)?;
    check_replace(shared, call, current(&bucket, call.key()).as_deref())?;
    let source = find_source(shared, call, &bucket)?;
    let old = &source.version.facts;
    if old.size_bytes > shared.options.behaviour.put_bytes_max {
        return Err(entity_too_large(shared.options.behaviour.put_bytes_max));
    }
    let replace = match call.header("x-tos-metadata-directive") {
        None | Some("COPY") => false,
        Some("REPLACE") => true,
        Some(_) => return Err(Refusal::invalid_argument("x-tos-metadata-directive is COPY or REPLACE.")),
    };
    let written = read_source(shared, &bucket, source.version.clone(), 0..old.size_bytes).await?;
    let knows_crc = shared.options.behaviour.crc_of_copies;
    let facts = VersionFacts {
        version_id: NULL_VERSION.to_owned(),
        etag: etag_of(written.md5),
        size_bytes: written.len_bytes,
        crc64: Some(written.crc64).filter(|_| knows_crc),
        modified_ms: shared.now_ms(),
        storage_class: storage_class(call).to_owned(),
        delete_marker: false,
        attributes: if replace {
            new_attributes(call, &old.attributes)
        } else {
            kept_attributes(call, &old.attributes)
        },
        acl: None,
        restoration: None,
    };
    let version = commit(shared, call, &bucket, Version { facts, blobs: written.blob.into_iter().collect() }).await?;
    let body = json!({"ETag": version.quoted_etag(), "LastModified": iso(version.facts.modified_ms)});
    let crc64 = version.facts.crc64.filter(|_| shared.options.behaviour.crc_in_copy_answers);
    Ok(Answer::json(&body)
        .header_if("x-tos-version-id", shown_version(&bucket, &version))
        .header_if("x-tos-copy-source-version-id", source.shown_version)
        .crc64(shared, crc64))
}

/// Metadata travels with the object, the ACL does not.
fn kept_attributes(call: &Call, old: &Attributes) -> Attributes {
    let mut kept = old.clone();
    kept.remove("x-tos-acl");
    if let Some(acl) = call.header("x-tos-acl") {
        kept.insert("x-tos-acl".to_owned(), acl.to_owned());
    }
    with_tags(call, kept, old)
}

/// All from the request, but for the tags: these have a directive of their own.
fn new_attributes(call: &Call, old: &Attributes) -> Attributes {
    with_tags(call, attributes(call), old)
}

fn with_tags(call: &Call, mut new: Attributes, old: &Attributes) -> Attributes {
    let replace = call.header("x-tos-tagging-directive").is_some_and(|text| text.eq_ignore_ascii_case("replace"));
    new.remove(TAGGING);
    let tags = if replace { call.header(TAGGING) } else { old.get(TAGGING).map(String::as_str) };
    if let Some(tags) = tags {
        new.insert(TAGGING.to_owned(), tags.to_owned());
    }
    new
}

/// Finds what `x-tos-copy-source` names and checks that it may be copied into `target`.
pub(crate) fn find_source(shared: &Shared, call: &Call, target: &Bucket) -> Result<Source, Refusal> {
    let (bucket_name, key, version_id) = parse_source(call.header("x-tos-copy-source").unwrap_or_default())?;
    let bucket = shared.bucket(&bucket_name)?;
    if bucket.record().region != target.record().region {
        let message = "The source is in another region; a copy stays within one.";
        return Err(Refusal::new(400, "InvalidCrossRegionCopy", message));
    }
    let version = match version_id {
        None => current(&bucket, &key).ok_or_else(Refusal::no_such_key)?,
        Some(version_id) => {
            let missing = || Refusal::new(404, "NoSuchVersion", "The specified version does not exist.");
            let version = bucket.version(&key, &version_id).ok_or_else(missing)?;
            if version.facts.delete_marker {
                return Err(Refusal::new(400, "InvalidRequest", "A delete marker cannot be copied."));
            }
            version
        }
    };
    check_copy_source(call, &version)?;
    check_restored(shared, &version)?;
    let shown_version = shown_version(&bucket, &version).map(str::to_owned);
    Ok(Source { version, shown_version })
}

/// `/bucket/key?versionId=V`, with or without the first slash. A plus is a space: one SDK encodes keys as forms, and
/// the others escape a real plus.
fn parse_source(text: &str) -> Result<(String, String, Option<String>), Refusal> {
    let invalid = || Refusal::invalid_argument("x-tos-copy-source is not /BUCKET/KEY.");
    let (path, version_id) = match text.split_once("?versionId=") {
        Some((path, version_id)) => (path, Some(version_id)),
        None => (text, None),
    };
    let (bucket, key) = path.strip_prefix('/').unwrap_or(path).split_once('/').ok_or_else(invalid)?;
    let decode =
        |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| invalid());
    let key = decode(&key.replace('+', " "))?;
    if bucket.is_empty() || key.is_empty() {
        return Err(invalid());
    }
    Ok((bucket.to_owned(), key, version_id.map(decode).transpose()?))
}

/// Reads a range of the source into a file of the target's bucket.
pub(crate) async fn read_source(
    shared: &Shared,
    target: &Bucket,
    source: Arc<Version>,
    range: Range<u64>,
) -> Result<Written, Refusal> {
    shared.quota.check(range.end - range.start)?;
    let writer = BlobWriter::new(&target.folder.data(), &shared.quota, shared.options.behaviour.md5_etags);
    let mut intake = Intake::new(writer);
    let mut chunks = outlet::stream(source, range, shared.copy_throttles.clone());
    while let Some(chunk) = chunks.recv().await {
        intake.push(chunk?).await?;
    }
    intake.finish().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_source_is_read_as_each_sdk_writes_it() {
        let check = |text: &str, expected: (&str, &str, Option<&str>)| {
            let (bucket, key, version) = parse_source(text).unwrap();
            assert_eq!((bucket.as_str(), key.as_str(), version.as_deref()), expected);
        };
        check("/bkt/dir/a%20b", ("bkt", "dir/a b", None));
        check("bkt/a%2Bb?versionId=v1", ("bkt", "a+b", Some("v1")));
        check("/bkt/dir%2Fa+b", ("bkt", "dir/a b", None));
        check("/bkt//lead", ("bkt", "/lead", None));
        assert!(parse_source("bkt").is_err());
        assert!(parse_source("/bkt/").is_err());
    }
}
