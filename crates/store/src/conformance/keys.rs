//! Keys that are easy to get wrong on the way to a URL.

use super::{Subject, assert_refused, assert_same_bytes, pattern};
use crate::{ErrorKind, GetOptions, ListRequest, ObjectRef, ObjectSettings, PutCondition, UploadBody};

/// Keys whose characters mean something to URLs, HTTP, JSON or file systems.
pub fn odd_keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "odd keys/with spaces in them.txt",
        "odd-keys/目录/文件 一.txt",
        "odd-keys/emoji 🐦 combined 👩‍👩‍👧.bin",
        "odd-keys/a+b",
        "odd-keys/a b",
        "odd-keys/a%20b",
        "odd-keys/a%2Fb",
        "odd-keys/a%2fb",
        "odd-keys/a/b",
        "odd-keys/100%",
        "odd-keys/~tilde-_.!*'()",
        "odd-keys//double//slash",
        "odd-keys/trailing-slash/",
        "odd-keys/question?mark=1",
        "odd-keys/hash#fragment",
        "odd-keys/amp&ersand=x",
        "odd-keys/quote\"and'apostrophe",
        "odd-keys/back\\slash",
        "odd-keys/angle<brackets>",
        "odd-keys/colon:at@comma,semicolon;dollar$",
        "odd-keys/[brackets]{braces}|pipe^caret`tick",
        "odd-keys/...",
        "odd-keys/.hidden/..twodots",
        "odd-keys/%2e%2e/%2E",
        "odd-keys/nfc-\u{e9}",
        "odd-keys/nfd-e\u{301}",
        "odd-keys/ leading and trailing ",
        "/odd-keys-leading-slash",
        "//odd-keys-two-leading-slashes",
        "odd-keys/Z",
        "odd-keys/z",
        "odd-keys/\u{1f}unit-separator\u{7f}",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    keys.push(format!("odd-keys/{}", "k".repeat(991))); // 1000 bytes
    keys.push(format!("odd-keys/{}x", "长".repeat(330))); // 1000 bytes, each character three
    keys
}

/// Every odd key is an object of its own: put, found by HEAD, GET and listing, and deleted alone.
pub async fn odd_keys_round_trip(subject: &Subject<'_>) {
    let keys = odd_keys();
    for (index, key) in keys.iter().enumerate() {
        subject.put(&subject.at(key), pattern(100 + index, index as u64)).await;
    }
    for (index, key) in keys.iter().enumerate() {
        let object = subject.at(key);
        let expected = pattern(100 + index, index as u64);
        let (got, bytes) = subject.get(&object, &GetOptions::default()).await;
        assert_same_bytes(&bytes, &expected, &format!("the object {key:?}"));
        assert_eq!(got.details.size_bytes, expected.len() as u64, "the size of {key:?}");

        let request = ListRequest { prefix: key.clone(), ..ListRequest::default() };
        let page = subject.store.list_objects(subject.bucket, &request).await.expect("a listing below an odd prefix");
        assert_eq!(page.objects.first().map(|entry| &entry.key), Some(key), "the listing below {key:?}");
    }
    for key in &keys {
        let object = subject.at(key);
        subject.store.delete_object(&object).await.expect("an odd key can be deleted");
        let head = subject.store.head_object(&object).await;
        assert_refused(head, ErrorKind::ObjectNotFound, &format!("HEAD of the deleted {key:?}"));
    }
}

/// Names that would address something else, or nothing, are refused before anything is sent.
pub async fn unusable_names_are_refused(subject: &Subject<'_>) {
    let long = "k".repeat(1025);
    let store = subject.store;
    for key in ["", ".", "..", "a/../b", "../a", "a/./b", "a/..", "\\lead", "line\nbreak", "tab\tkey", long.as_str()] {
        let object = subject.at(key);
        let body = UploadBody::from_bytes("x");
        let settings = ObjectSettings::default();
        let put = store.put_object(&object, &settings, PutCondition::Always, body).await;
        assert_refused(put, ErrorKind::InvalidName, &format!("a put to {key:?}"));
        assert_refused(store.head_object(&object).await, ErrorKind::InvalidName, &format!("HEAD of {key:?}"));
        let got = store.get_object(&object, &GetOptions::default()).await;
        assert_refused(got, ErrorKind::InvalidName, &format!("GET of {key:?}"));
        assert_refused(store.delete_object(&object).await, ErrorKind::InvalidName, &format!("deleting {key:?}"));
        assert_refused(
            store.delete_objects(subject.bucket, std::slice::from_ref(&object)).await,
            ErrorKind::InvalidName,
            &format!("deleting {key:?} among others"),
        );
        assert_refused(
            store.create_upload(&object, &settings).await,
            ErrorKind::InvalidName,
            &format!("an upload to {key:?}"),
        );
    }
    for bucket in ["", "ab", "Upper-Case", "under_score", "a/b", "-abc", "..", "dots.in.it"] {
        assert_refused(store.head_bucket(bucket).await, ErrorKind::InvalidName, &format!("the bucket {bucket:?}"));
        let head = store.head_object(&ObjectRef::new(bucket, "key")).await;
        assert_refused(head, ErrorKind::InvalidName, &format!("an object in the bucket {bucket:?}"));
    }
}
