//! PutObject, HeadObject, GetObject.

use std::ops::Range;
use std::sync::Arc;

use hyper::StatusCode;

use crate::answer::{Answer, AnswerBody};
use crate::blob::{BlobWriter, Written, new_id};
use crate::bucket_index::{Bucket, NULL_VERSION};
use crate::condition::{check_read, check_replace};
use crate::intake::{entity_too_large, receive};
use crate::outlet;
use crate::record::{Attributes, Version, VersionFacts, Versioning};
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::restore_calls::{self, Progress, is_archived};
use crate::route::{blocking, take_body};
use crate::shared::Shared;
use crate::tagging_calls::{self, TAGGING, tags};
use crate::throttle::{Throttle, Throttles};
use crate::times::rfc_1123;

pub(crate) async fn put(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    check_storage_class(call)?;
    tagging_calls::check_header(call)?;
    // Refused before the body is asked for where that can be known; decided again when it is committed.
    check_replace(shared, call, current(&bucket, call.key()).as_deref())?;
    let written = receive_body(shared, call, &bucket, body).await?;
    let facts = VersionFacts {
        version_id: NULL_VERSION.to_owned(),
        etag: etag_of(written.md5),
        size_bytes: written.len_bytes,
        crc64: Some(written.crc64),
        modified_ms: shared.now_ms(),
        storage_class: storage_class(call).to_owned(),
        delete_marker: false,
        attributes: attributes(call),
        acl: None,
        restoration: None,
    };
    let version = commit(shared, call, &bucket, Version { facts, blobs: written.blob.into_iter().collect() }).await?;
    Ok(Answer::ok()
        .header("etag", version.quoted_etag())
        .crc64(shared, version.facts.crc64)
        .header_if("x-tos-version-id", shown_version(&bucket, &version)))
}

pub(crate) fn head(shared: &Arc<Shared>, call: &Call) -> Result<Answer, Refusal> {
    let version = find(shared, call)?;
    check_read(call, &version)?;
    let bucket = shared.bucket(call.bucket_name())?;
    let answer = describe(shared, &bucket, &version);
    let answer = restore_calls::describe_request(answer, &version.facts, shared.now_ms());
    Ok(answer.header("content-length", version.facts.size_bytes.to_string()))
}

pub(crate) fn get(shared: &Arc<Shared>, call: &Call) -> Result<Answer, Refusal> {
    let version = find(shared, call)?;
    check_read(call, &version)?;
    check_restored(shared, &version)?;
    let size = version.facts.size_bytes;
    let bucket = shared.bucket(call.bucket_name())?;
    let mut answer = describe(shared, &bucket, &version);
    for name in
        ["content-type", "content-disposition", "content-encoding", "content-language", "cache-control", "expires"]
    {
        answer = answer.header_if(name, call.parameter(&format!("response-{name}")));
    }
    let range = match call.header("range").and_then(|text| text.strip_prefix("bytes=")) {
        None => 0..size,
        Some(wanted) => {
            let range = parse_range(wanted, size).ok_or_else(|| {
                Refusal::new(416, "InvalidRange", "The range is not one that the object has.")
                    .with_header("content-range", &format!("bytes */{size}"))
            })?;
            let shown = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            answer = answer.status(StatusCode::PARTIAL_CONTENT).header("content-range", shown);
            range
        }
    };
    let throttles = request_throttles(shared, call)?;
    answer = answer.header("content-length", (range.end - range.start).to_string());
    if range.is_empty() {
        return Ok(answer);
    }
    let chunks = outlet::stream(version, range, throttles);
    Ok(answer.body(AnswerBody::Stream(chunks, shared.clone())))
}

/// The newest version of a key, unless it is a delete marker.
pub(crate) fn current(bucket: &Bucket, key: &str) -> Option<Arc<Version>> {
    bucket.newest(key).filter(|version| !version.facts.delete_marker)
}

/// The version that a request means: `versionId`, or the newest.
pub(crate) fn find(shared: &Shared, call: &Call) -> Result<Arc<Version>, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let keys = bucket.keys();
    let versions = keys.get(call.key()).map_or(&[][..], Vec::as_slice);
    let at = position(shared, versions, call.filled("versionId"))?;
    versions.get(at).cloned().ok_or_else(Refusal::no_such_key)
}

/// Which of a key's versions `versionId` means; the newest if it is empty. Never a delete marker.
pub(crate) fn position(shared: &Shared, versions: &[Arc<Version>], version_id: &str) -> Result<usize, Refusal> {
    match version_id {
        "" => match versions.first() {
            Some(version) if version.facts.delete_marker => {
                let refusal = Refusal::no_such_key();
                if !shared.options.behaviour.delete_marker_header_on_404 {
                    return Err(refusal);
                }
                let refusal = refusal.with_header("x-tos-delete-marker", "true");
                Err(refusal.with_header("x-tos-version-id", &version.facts.version_id))
            }
            Some(_) => Ok(0),
            None => Err(Refusal::no_such_key()),
        },
        version_id => match versions.iter().position(|version| version.facts.version_id == version_id) {
            Some(at) if versions[at].facts.delete_marker => {
                let refusal = Refusal::new(405, "MethodNotAllowed", "This version is a delete marker.");
                Err(refusal.with_header("x-tos-delete-marker", "true"))
            }
            Some(at) => Ok(at),
            None => Err(Refusal::new(404, "NoSuchVersion", "The specified version does not exist.")),
        },
    }
}

/// The headers that HEAD and GET have in common.
fn describe(shared: &Shared, bucket: &Bucket, version: &Version) -> Answer {
    let facts = &version.facts;
    let mut answer = Answer::ok().header("content-type", "binary/octet-stream");
    // Who may do what, and the tags, are asked for by calls of their own.
    for (name, value) in facts.attributes.iter().filter(|(name, _)| !["x-tos-acl", TAGGING].contains(&name.as_str())) {
        answer = answer.header(name, value);
    }
    let tags = tags(&facts.attributes).len();
    let answer = answer.header_if("x-tos-tagging-count", (tags > 0).then(|| tags.to_string()));
    restore_calls::describe(answer, facts, shared.now_ms())
        .header("etag", version.quoted_etag())
        .header("last-modified", rfc_1123(facts.modified_ms))
        .header("accept-ranges", "bytes")
        .header("x-tos-storage-class", &facts.storage_class)
        .header_if("x-tos-version-id", shown_version(bucket, version))
        .crc64(shared, facts.crc64)
}

/// Version ids are shown once versioning was ever on.
pub(crate) fn shown_version<'a>(bucket: &Bucket, version: &'a Version) -> Option<&'a str> {
    (bucket.record().versioning != Versioning::Never).then_some(version.facts.version_id.as_str())
}

/// Archived objects have to be restored before they can be read.
pub(crate) fn check_restored(shared: &Shared, version: &Version) -> Result<(), Refusal> {
    let facts = &version.facts;
    if !is_archived(facts) || restore_calls::progress(facts, shared.now_ms()) == Progress::Readable {
        return Ok(());
    }
    let message = "The object is archived and has to be restored before it can be read.";
    Err(Refusal::new(shared.options.behaviour.archived_status, "ObjectNotRestored", message))
}

/// `a-b`, `a-` or `-n` over an object of `size` bytes; `None` if it has none of them.
pub(crate) fn parse_range(text: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = text.trim().split_once('-')?;
    // Rust would take a plus, too.
    if !first.bytes().chain(last.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if first.is_empty() {
        let suffix = last.parse::<u64>().ok().filter(|&suffix| suffix > 0 && size > 0)?;
        return Some(size.saturating_sub(suffix)..size);
    }
    let first = first.parse::<u64>().ok()?;
    let last = if last.is_empty() { u64::MAX } else { last.parse::<u64>().ok()? };
    (first <= last && first < size).then(|| first..last.saturating_add(1).min(size))
}

/// Receives the body of PutObject or UploadPart, and compares its MD5 with `Content-MD5`.
pub(crate) async fn receive_body(
    shared: &Arc<Shared>,
    call: &Call,
    bucket: &Bucket,
    body: &mut Option<RequestBody>,
) -> Result<Written, Refusal> {
    use base64::Engine;
    if call.header("content-encoding").is_some_and(|encoding| encoding.contains("tos-chunked")) {
        return Err(Refusal::not_implemented("tos-chunked bodies"));
    }
    let behaviour = &shared.options.behaviour;
    let announced = call.content_length().unwrap_or(0);
    if announced > behaviour.put_bytes_max {
        return Err(entity_too_large(behaviour.put_bytes_max));
    }
    shared.quota.check(announced)?;
    let wanted_md5 = match call.header("content-md5") {
        None => None,
        Some(text) => {
            let digest = base64::engine::general_purpose::STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 16);
            Some(digest.ok_or_else(|| Refusal::new(400, "InvalidDigest", "Content-MD5 is not the base64 of an MD5."))?)
        }
    };
    let throttles = request_throttles(shared, call)?;
    let with_md5 = behaviour.md5_etags || wanted_md5.is_some();
    let writer = BlobWriter::new(&bucket.folder.data(), &shared.quota, with_md5);
    let written = receive(shared, take_body(body)?, writer, &throttles, behaviour.put_bytes_max).await?;
    if wanted_md5.is_some_and(|wanted| written.md5.is_none_or(|md5| wanted != md5)) {
        return Err(Refusal::new(400, "BadDigest", "The Content-MD5 is not that of the body."));
    }
    Ok(Written { md5: written.md5.filter(|_| behaviour.md5_etags), ..written })
}

/// The server's throttle and that of the request's own `x-tos-traffic-limit`, which is in bits per second.
fn request_throttles(shared: &Shared, call: &Call) -> Result<Throttles, Refusal> {
    let mut throttles = shared.throttles();
    if let Some(text) = call.header("x-tos-traffic-limit").or(call.parameter("x-tos-traffic-limit")) {
        let bits = text.parse::<u64>().ok().filter(|bits| (819_200..=838_860_800).contains(bits));
        let bits =
            bits.ok_or_else(|| Refusal::invalid_argument("x-tos-traffic-limit is 819200 to 838860800 bit/s."))?;
        throttles.0.push(Arc::new(Throttle::new(bits / 8)));
    }
    Ok(throttles)
}

pub(crate) async fn commit(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    bucket: &Arc<Bucket>,
    version: Version,
) -> Result<Arc<Version>, Refusal> {
    let (shared, call, bucket) = (shared.clone(), call.clone(), bucket.clone());
    blocking(move || bucket.put(call.key(), version, |existing| check_replace(&shared, &call, existing))).await
}

/// The MD5 in hex, or an opaque word where the server plays one whose ETags are none.
pub(crate) fn etag_of(md5: Option<[u8; 16]>) -> String {
    md5.map_or_else(|| format!("opaque-{}", new_id()), hex::encode)
}

/// The headers of a request that belong to the object it makes.
pub(crate) fn attributes(call: &Call) -> Attributes {
    const KEPT: [&str; 11] = [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-tos-acl",
        "x-tos-server-side-encryption",
        "x-tos-server-side-encryption-kms-key-id",
        "x-tos-tagging",
        "x-tos-website-redirect-location",
    ];
    let kept = |name: &str| KEPT.contains(&name) || name.starts_with("x-tos-meta-");
    call.headers.iter().filter(|(name, _)| kept(name)).cloned().collect()
}

pub(crate) fn storage_class(call: &Call) -> &str {
    call.header("x-tos-storage-class").unwrap_or("STANDARD")
}

pub(crate) fn check_storage_class(call: &Call) -> Result<(), Refusal> {
    const KNOWN: [&str; 7] =
        ["STANDARD", "IA", "ARCHIVE_FR", "INTELLIGENT_TIERING", "COLD_ARCHIVE", "ARCHIVE", "DEEP_COLD_ARCHIVE"];
    if KNOWN.contains(&storage_class(call)) {
        return Ok(());
    }
    Err(Refusal::new(400, "InvalidStorageClass", "There is no such storage class."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_inclusive_cut_at_the_end_and_refused_beyond_it() {
        assert_eq!(parse_range("0-4", 11), Some(0..5));
        assert_eq!(parse_range("6-", 11), Some(6..11));
        assert_eq!(parse_range("-3", 11), Some(8..11));
        assert_eq!(parse_range("-30", 11), Some(0..11));
        assert_eq!(parse_range("10-99", 11), Some(10..11));
        assert_eq!(parse_range("11-12", 11), None);
        assert_eq!(parse_range("0-0", 0), None);
        assert_eq!(parse_range("4-3", 11), None);
        assert_eq!(parse_range("0-1,3-4", 11), None);
        assert_eq!(parse_range("-0", 11), None);
        assert_eq!(parse_range("+1-2", 11), None);
        assert_eq!(parse_range("-+3", 11), None);
    }

    /// In the words of RFC 9110, section 14.1.2, in numbers that cannot overflow.
    fn plain_range(text: &str, size: u64) -> Option<Range<u64>> {
        let number = |text: &str| -> Option<u128> {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=20).contains(&text.len());
            digits.then(|| text.bytes().fold(0, |sum, digit| sum * 10 + u128::from(digit - b'0')))
        };
        let (first, last) = text.trim().split_once('-')?;
        let whole = u128::from(size);
        let (start, end) = match (first, last) {
            ("", suffix) => (whole.saturating_sub(number(suffix).filter(|suffix| *suffix > 0)?), whole),
            (first, "") => (number(first)?, whole),
            (first, last) => (number(first)?, (number(last)? + 1).min(whole)),
        };
        let is_told = last.is_empty() || first.is_empty() || number(first)? <= number(last)?;
        (is_told && start < end).then(|| u64::try_from(start).unwrap()..u64::try_from(end).unwrap())
    }

    #[test]
    fn any_range_is_read_as_the_standard_says() {
        mangle::check_all("range", 400_000, |input| {
            let text = String::from_utf8_lossy(input);
            let (range, size) = text.split_once(' ').unwrap_or((&text, "11"));
            // Beyond 64 bits the two may differ: there is no such object.
            if range.split('-').all(|number| number.len() < 20) {
                let size = size.trim().parse().unwrap_or(11);
                assert_eq!(parse_range(range, size), plain_range(range, size), "{range:?} of {size}");
            }
        });
    }
}
