//! Whole objects: head, get, put, delete.

use reqwest::Method;
use store::{
    ByteRange, DeleteFailure, ErrorKind, GetOptions, GotObject, ObjectDetails, ObjectRef, ObjectSettings, PutCondition,
    PutReceipt, StoreError, UploadBody,
};

use crate::request::{Answer, check_version, json_body};
use crate::{Result, TosStore, headers, wire};

/// Most keys of one call (protocol.md, section 3).
const DELETE_KEYS_MAX: usize = 1000;

pub(crate) async fn head(store: &TosStore, object: &ObjectRef) -> Result<ObjectDetails> {
    let answer = store.send(store.object_call("looking at", Method::HEAD, object)?).await?;
    let size_bytes = content_length(&answer)?;
    headers::details(answer.headers(), size_bytes).ok_or_else(|| answer.not_tos("has no ETag"))
}

pub(crate) async fn get(store: &TosStore, object: &ObjectRef, options: &GetOptions) -> Result<GotObject> {
    let mut call = store.object_call("reading", Method::GET, object)?;
    if let Some(range) = options.range {
        if range.end <= range.start {
            return Err(StoreError::new(ErrorKind::Refused, "an empty range cannot be asked for"));
        }
        call = call.header("range", range.to_http());
    }
    if let Some(etag) = &options.if_match {
        call = call.header("if-match", headers::quoted(etag));
    }
    let answer = store.send(call).await?;
    let (range, size_bytes) = match options.range {
        None => {
            let size_bytes = content_length(&answer)?;
            (ByteRange::at(0, size_bytes), size_bytes)
        }
        Some(range) => (range, size_of_range(&answer, range)?),
    };
    let details = headers::details(answer.headers(), size_bytes).ok_or_else(|| answer.not_tos("has no ETag"))?;
    Ok(GotObject { details, range, body: answer.into_stream(range.len_bytes()) })
}

/// The size of the whole, from an answer that must be exactly the range that was asked for.
fn size_of_range(answer: &Answer, asked: ByteRange) -> Result<u64> {
    if answer.status() != 206 {
        return Err(answer.not_tos("is the whole object instead of a part of it"));
    }
    let told = headers::text(answer.headers(), "content-range").and_then(|text| parse_content_range(&text));
    match told {
        Some((range, size_bytes)) if range == asked && size_bytes <= wire::SIZE_BYTES_MAX => Ok(size_bytes),
        // Servers cut a range at the end of the object.
        Some((range, size_bytes)) if range.start == asked.start && range.end == size_bytes => {
            let message = format!("the object has only {size_bytes} bytes");
            Err(answer.refused(&message))
        }
        _ => Err(answer.not_tos("is another part of the object than was asked for")),
    }
}

/// `bytes 0-9/100`: the range and the size of the whole, if the one can be in the other.
pub(crate) fn parse_content_range(text: &str) -> Option<(ByteRange, u64)> {
    let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, size_bytes) = (number(first)?, number(last)?, number(size)?);
    (first <= last && last < size_bytes).then(|| (ByteRange { start: first, end: last + 1 }, size_bytes))
}

/// Digits and nothing else; Rust would take a plus, too.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn content_length(answer: &Answer) -> Result<u64> {
    let length = headers::text(answer.headers(), "content-length").and_then(|text| number(&text));
    let length = length.filter(|length| *length <= wire::SIZE_BYTES_MAX);
    length.ok_or_else(|| answer.not_tos("does not tell its length"))
}

pub(crate) async fn put(
    store: &TosStore,
    object: &ObjectRef,
    settings: &ObjectSettings,
    condition: PutCondition,
    body: UploadBody,
) -> Result<PutReceipt> {
    let mut call = store.object_call("writing", Method::PUT, object)?;
    call.headers = headers::of_settings(settings);
    let answer = store.send(call.condition(condition).body(body)).await?;
    let headers = answer.headers();
    Ok(PutReceipt {
        etag: headers::etag(headers).ok_or_else(|| answer.not_tos("has no ETag"))?,
        crc64: headers::crc64(headers),
        version: headers::version(headers),
        request_id: answer.request_id(),
    })
}

pub(crate) async fn delete(store: &TosStore, object: &ObjectRef) -> Result<()> {
    match store.send(store.object_call("deleting", Method::DELETE, object)?).await {
        Ok(answer) => answer.looks_like_tos(),
        // Whether deleting what is not there is 204 or 404 is not documented; either way it is not there.
        Err(error) if error.kind == ErrorKind::ObjectNotFound => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) async fn delete_many(store: &TosStore, bucket: &str, objects: &[ObjectRef]) -> Result<Vec<DeleteFailure>> {
    for object in objects {
        store::check_key(&object.key)?;
        check_version(object)?;
        if object.bucket != bucket {
            return Err(StoreError::new(ErrorKind::InvalidName, format!("{object} is not in the bucket {bucket}")));
        }
    }
    if objects.len() > DELETE_KEYS_MAX {
        let message = format!("at most {DELETE_KEYS_MAX} objects are deleted at a time");
        return Err(StoreError::new(ErrorKind::Refused, message));
    }
    let call = store.bucket_call("deleting objects of", Method::POST, bucket)?.param("delete", "");
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let entry = |object: &'_ ObjectRef| object.version.as_ref().map(|version| version.0.clone());
    let versions: Vec<_> = objects.iter().map(entry).collect();
    let entries = objects.iter().zip(&versions);
    let body = wire::Delete {
        objects: entries
            .map(|(object, version)| wire::DeleteEntry { key: &object.key, version_id: version.as_deref() })
            .collect(),
        quiet: true,
    };
    let answer = store.send(json_body(call, &body)?).await?;
    let deleted: wire::Deleted = answer.json_if(|deleted: &wire::Deleted| deleted.code.is_none()).await?;
    let failure = |not: wire::NotDeleted| DeleteFailure { key: not.key, code: not.code, message: not.message };
    // A missing object is as good as a deleted one, as it is for a single deletion.
    Ok(deleted.error.into_iter().filter(|not| not.code != "NoSuchKey").map(failure).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read() {
        for (text, expected) in [
            ("bytes 0-0/1", Some((0, 1, 1))),
            ("bytes 5-9/100", Some((5, 10, 100))),
            ("bytes 5-9/*", None),
            ("bytes */100", None),
            ("5-9/100", None),
            ("bytes 0-18446744073709551615/1", None),
            ("bytes 5-4/100", None),
            ("bytes 5-9/9", None),
            ("bytes +5-9/100", None),
        ] {
            let found = parse_content_range(text).map(|(range, size)| (range.start, range.end, size));
            assert_eq!(found, expected, "{text}");
        }
    }
}
