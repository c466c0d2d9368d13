//! Checks of everything here that reads what a server, a file or a person gives: for mangled inputs and for the fuzzer.
//!
//! Each takes any bytes and panics if a promise is broken. Not part of the client: only there under the feature
//! `testing`.

use std::cell::RefCell;

use bytes::Bytes;
use futures_util::StreamExt as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, Url};
use store::{
    ByteRange, CopyObjectOptions, CopyPartRequest, CopySource, ETag, ErrorKind, GetOptions, ListRequest, ObjectDetails,
    ObjectRef, ObjectSettings, ObjectStore as _, PartNumber, PutCondition, Retry, Secret, StoreError, UploadBody,
    UploadId, UploadListRequest, UploadRef,
};

use crate::endpoint::Endpoint;
use crate::sdk_checkpoint::{self, SdkCheckpoint, SdkTransfer};
use crate::{Addressing, Credentials, TosConfig, TosStore, headers, objects};

/// The largest size that anything here may believe.
const SIZE_MAX: u64 = i64::MAX as u64;

/// What stands before the last part of a listing in [`answer`].
const AFTER: u32 = 2;

thread_local! {
    static CLIENT: RefCell<Option<(TosStore, tokio::runtime::Runtime)>> = const { RefCell::new(None) };
}

/// An answer to any verb: `VERB STATUS`, headers and, after an empty line, the body. The real client asks, and gets it.
pub fn answer(input: &[u8]) {
    let (head, body) = split_head(input);
    let mut lines = head.lines();
    let Some((verb, status)) = lines.next().and_then(|line| line.split_once(' ')) else { return };
    // What hyper never lets through needs no check behind it.
    let Some(status) = status.trim().parse().ok().filter(|status| (200..600).contains(status)) else { return };
    let mut builder = http::Response::builder().status(status);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            builder = builder.header(name, value);
        }
    }
    let Ok(response) = builder.body(Bytes::copy_from_slice(body)) else { return };
    CLIENT.with_borrow_mut(|client| {
        let (store, runtime) = client.get_or_insert_with(open);
        // One answer is what there is: no list of buckets is asked for after a refusal.
        store.homes.learn(&[]);
        store.transport.answer_next(Response::from(response));
        if let Err(error) = runtime.block_on(ask(store, verb, status)) {
            check_error(&error, status);
        }
    });
}

fn open() -> (TosStore, tokio::runtime::Runtime) {
    let credentials = Credentials { access_key: "key".into(), secret_key: Secret::new("secret"), security_token: None };
    let mut config = TosConfig::new("http://127.0.0.1:9", "region", credentials);
    config.addressing = Addressing::Path;
    let store = TosStore::open(config).unwrap_or_else(|error| unreachable!("{error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    (store, runtime.unwrap_or_else(|error| unreachable!("{error}")))
}

async fn ask(store: &TosStore, verb: &str, status: u16) -> Result<(), StoreError> {
    let object = ObjectRef::new("bucket", "key");
    let upload = UploadRef { object: object.clone(), upload_id: UploadId("id-m".into()) };
    let source = CopySource { object: ObjectRef::new("bucket", "source"), if_match: Some(ETag::new("e")) };
    let (part, body) = (PartNumber::FIRST, || UploadBody::from_bytes(Bytes::from_static(b"bytes")));
    let settings = ObjectSettings::default();
    match verb {
        "list-buckets" => drop(store.list_buckets().await?),
        "bucket-region" => assert!(!store.bucket_region("bucket").await?.is_empty()),
        "head-bucket" => drop(store.head_bucket("bucket").await?),
        "list-objects" => {
            let request = ListRequest { continuation_token: Some("token".into()), ..ListRequest::default() };
            let page = store.list_objects("bucket", &request).await?;
            assert!(
                page.next.as_deref().is_none_or(|next| !next.is_empty() && next != "token"),
                "it would go on for ever"
            );
            assert!(page.objects.iter().all(|object| object.size_bytes <= SIZE_MAX));
            assert!(
                page.objects.iter().all(|object| object.etag.as_ref().is_none_or(|etag| !etag.as_str().is_empty()))
            );
        }
        "list-parts" => {
            let list = store.list_parts(&upload, PartNumber::new(AFTER)).await?;
            let mut numbers: Vec<u32> = list.parts.iter().map(|part| part.number.get()).collect();
            assert!(numbers.iter().all(|number| (1..=10_000).contains(number)), "{numbers:?}");
            assert!(list.next.is_none_or(|next| (AFTER + 1..=10_000).contains(&next.get())), "it would go on for ever");
            assert!(list.parts.iter().all(|part| part.size_bytes <= SIZE_MAX && !part.etag.as_str().is_empty()));
            let all = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), all, "a part is listed twice");
        }
        "list-uploads" => {
            let after = Some(("key-m".to_owned(), UploadId("id-m".into())));
            let request = UploadListRequest { after: after.clone(), ..UploadListRequest::default() };
            let list = store.list_uploads("bucket", &request).await?;
            let goes_on = |next: &(String, UploadId)| next.0.as_str() >= "key-m" && Some(next) != after.as_ref();
            assert!(list.next.as_ref().is_none_or(goes_on), "it would go on for ever: {:?}", list.next);
            assert!(list.uploads.iter().all(|upload| !upload.upload_id.0.is_empty() && !upload.key.is_empty()));
        }
        "head" => check_details(&store.head_object(&object).await?),
        "get" => {
            let range = ByteRange { start: 5, end: 10 };
            let options = GetOptions { range: Some(range), ..GetOptions::default() };
            let got = store.get_object(&object, &options).await?;
            assert_eq!(got.range, range);
            assert!(got.details.size_bytes >= range.end, "a range behind the end");
            check_details(&got.details);
            check_body(got.body, range.len_bytes()).await?;
        }
        "get-all" => {
            let got = store.get_object(&object, &GetOptions::default()).await?;
            assert_eq!((got.range.start, got.range.end), (0, got.details.size_bytes));
            check_details(&got.details);
            check_body(got.body, got.details.size_bytes).await?;
        }
        "put" => {
            let receipt = store.put_object(&object, &settings, PutCondition::IfAbsent, body()).await?;
            assert!(!receipt.etag.as_str().is_empty());
        }
        // An abort with an empty id would be a deletion of the object.
        "create-upload" => assert!(!store.create_upload(&object, &settings).await?.0.is_empty()),
        "upload-part" => assert!(!store.upload_part(&upload, part, body()).await?.etag.as_str().is_empty()),
        "copy" => {
            let options = CopyObjectOptions { source, replace_settings: None, condition: PutCondition::Always };
            assert!(!store.copy_object(&object, &options).await?.etag.as_str().is_empty());
        }
        "copy-part" => {
            let request = CopyPartRequest { source, range: ByteRange { start: 0, end: 5 } };
            assert!(!store.upload_part_copy(&upload, part, &request).await?.etag.as_str().is_empty());
        }
        "complete" => {
            let parts = [(part, ETag::new("e"))];
            let made = store.complete_upload(&upload, &parts, PutCondition::Always).await?;
            assert!(!made.etag.as_str().is_empty());
        }
        "abort" => store.abort_upload(&upload).await?,
        "delete" => store.delete_object(&object).await?,
        "delete-many" => drop(store.delete_objects("bucket", std::slice::from_ref(&object)).await?),
        _ => return Ok(()),
    }
    assert!(status < 300 || (verb == "delete" && status == 404), "{verb} succeeded with {status}");
    Ok(())
}

/// An error says what happened, in words that can be shown.
fn check_error(error: &StoreError, status: u16) {
    let is_said = error.status == Some(status);
    // What is wrong with a body or a listing has no status of its own.
    assert!(is_said || (error.status.is_none() && status < 300), "{status} became {:?}", error.status);
    assert!(!error.message.is_empty() && error.message.len() < 2000, "{}", error.message);
    let shown = [Some(&error.message), error.code.as_ref(), error.extended_code.as_ref(), error.request_id.as_ref()];
    for text in shown.into_iter().flatten() {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    for id in [&error.code, &error.extended_code, &error.request_id].into_iter().flatten() {
        assert!((1..=256).contains(&id.len()), "{id}");
    }
    if let Retry::After(wait) = error.retry {
        assert!(wait.as_secs() <= 24 * 3600, "nobody waits {wait:?}");
    }
    let for_ever = [ErrorKind::Credentials, ErrorKind::Forbidden, ErrorKind::ObjectNotFound, ErrorKind::NotThisStore];
    assert!(!for_ever.contains(&error.kind) || error.retry == Retry::Never, "{:?} {:?}", error.kind, error.retry);
}

fn check_details(details: &ObjectDetails) {
    assert!(details.size_bytes <= SIZE_MAX && !details.etag.as_str().is_empty());
    // What was read can be written again, and is then read as the same.
    let read = |settings: &ObjectSettings| -> Option<ObjectSettings> {
        let mut map = HeaderMap::new();
        for (name, value) in headers::of_settings(settings) {
            assert!(!value.contains(['\r', '\n']), "{name} has a line break: {value:?}");
            let value = HeaderValue::from_str(value.trim()).ok()?;
            map.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        }
        Some(headers::settings(&map))
    };
    if let Some(once) = read(&details.settings) {
        assert_eq!(read(&once), Some(once), "settings change each time they are written and read");
    }
}

async fn check_body(mut body: store::ByteStream, len_bytes: u64) -> Result<(), StoreError> {
    let mut found = 0;
    while let Some(chunk) = body.next().await {
        found += chunk?.len() as u64;
    }
    assert_eq!(found, len_bytes, "a body that ends well is complete");
    Ok(())
}

/// The value of a `Content-Range` header, against a reader that takes it letter by letter.
pub fn content_range(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let found = objects::parse_content_range(&text).map(|(range, size_bytes)| (range.start, range.end, size_bytes));
    assert_eq!(found, plain_content_range(text.trim()), "{text:?}");
}

fn plain_content_range(text: &str) -> Option<(u64, u64, u64)> {
    let mut numbers = [0_u64; 3];
    let mut rest = text.as_bytes();
    for (number, before) in numbers.iter_mut().zip(["bytes ", "-", "/"]) {
        rest = rest.strip_prefix(before.as_bytes())?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        for digit in rest.get(..digits).filter(|digits| !digits.is_empty())? {
            *number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        }
        rest = &rest[digits..];
    }
    let [first, last, size_bytes] = numbers;
    (rest.is_empty() && first <= last && last < size_bytes).then(|| (first, last + 1, size_bytes))
}

/// An endpoint as somebody types or pastes it.
pub fn endpoint(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for addressing in [Addressing::VirtualHost, Addressing::Path, Addressing::CustomDomain] {
        match Endpoint::parse(&text, addressing) {
            Ok(endpoint) => {
                let printed = endpoint.url(&endpoint.place("bucket", ""));
                let url = Url::parse(&printed).unwrap_or_else(|error| panic!("{text:?} became {printed}: {error}"));
                assert!(matches!(url.scheme(), "http" | "https") && url.username().is_empty(), "{printed}");
                assert!(url.password().is_none() && url.query().is_none() && url.fragment().is_none(), "{printed}");
                if addressing == Addressing::CustomDomain {
                    assert_eq!(Endpoint::parse(&printed, addressing).ok(), Some(endpoint), "{text:?} became {printed}");
                }
            }
            Err(error) => {
                let secret = text.rsplit_once('@').filter(|(_, host)| !host.contains("hunter2"));
                assert!(secret.is_none() || !error.message.contains("hunter2"), "{}", error.message);
            }
        }
    }
}

/// A checkpoint file of an SDK.
pub fn sdk_checkpoint(input: &[u8]) {
    let Ok(found) = sdk_checkpoint::parse(input) else { return };
    let SdkCheckpoint { transfer, object, upload_id, source, part_size_bytes, parts, .. } = found;
    assert!(store::check_bucket_name(&object.bucket).is_ok() && store::check_key(&object.key).is_ok());
    assert!(upload_id.is_none_or(|id| transfer != SdkTransfer::Download && !id.0.is_empty()));
    assert!(part_size_bytes > 0 && parts.len() <= 10_000);
    let mut end = 0;
    let mut number = 0;
    for part in parts {
        assert!(part.number.get() > number && part.number.get() <= 10_000, "numbers ascend");
        assert!(part.offset >= end, "parts do not overlap");
        assert!(part.size_bytes > 0 || source.size_bytes == 0, "no part is empty");
        assert!(part.etag.is_none_or(|etag| !etag.as_str().is_empty()));
        (number, end) = (part.number.get(), part.offset + part.size_bytes);
        assert!(end <= source.size_bytes, "parts are in the source");
    }
}

/// The part of the input before the first empty line, and what is behind it.
fn split_head(input: &[u8]) -> (String, &[u8]) {
    let found = input.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = found.map_or((input, &input[input.len()..]), |at| (&input[..at], &input[at + 2..]));
    (String::from_utf8_lossy(head).into_owned(), body)
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_answer_is_understood_or_refused() {
        mangle::check_all("answer", 20_000, super::answer);
    }

    #[test]
    fn any_content_range_is_read_as_by_a_plain_reader() {
        mangle::check_all("content_range", 400_000, super::content_range);
    }

    #[test]
    fn any_endpoint_is_a_place_or_refused() {
        mangle::check_all("endpoint", 80_000, super::endpoint);
    }

    #[test]
    fn any_checkpoint_file_is_sound_or_refused() {
        mangle::check_all("sdk_checkpoint", 80_000, super::sdk_checkpoint);
    }
}
