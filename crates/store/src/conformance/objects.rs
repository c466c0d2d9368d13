//! Whole objects: put, head, get, delete.

use md5::{Digest, Md5};

use super::{Subject, assert_refused, assert_same_bytes, pattern};
use crate::{
    ByteRange, Crc64, ETag, ErrorKind, GetOptions, ObjectDetails, ObjectRef, ObjectSettings, PutCondition, UploadBody,
    VersionId,
};

/// Sizes around every boundary that a client or a server buffers at.
const INTERESTING_SIZES: [usize; 8] = [
    0,               // no body at all
    1,               // the smallest body
    4095,            // just below a page
    65_535,          // just below the usual buffer
    65_536,          // exactly one
    65_537,          // one byte of a second
    1 << 20,         // many buffers
    (3 << 20) + 123, // many, and a ragged end
];

/// Put, HEAD and GET agree with each other and with the bytes, at every interesting size.
pub async fn objects_of_interesting_sizes_come_back(subject: &Subject<'_>) {
    for size in INTERESTING_SIZES {
        let object = subject.at(format!("sizes/{size}"));
        let content = pattern(size, size as u64);
        let receipt = subject.put(&object, content.clone()).await;
        assert_eq!(receipt.crc64, subject.crc_of(&content), "the checksum of a put of {size} bytes");
        if subject.expect.etag_is_md5 {
            let md5 = hex::encode(Md5::digest(&content));
            assert_eq!(receipt.etag.as_str(), md5, "the ETag of a put of {size} bytes");
        }

        let head = subject.store.head_object(&object).await.expect("what was put can be looked at");
        assert_eq!(head.size_bytes, size as u64, "HEAD tells the size");
        assert_eq!(head.etag, receipt.etag, "HEAD tells the ETag of the put");
        assert_eq!(head.crc64, subject.crc_of(&content), "HEAD tells the checksum");

        let (got, bytes) = subject.get(&object, &GetOptions::default()).await;
        assert_same_bytes(&bytes, &content, &format!("an object of {size} bytes"));
        assert_eq!(got.range, ByteRange::at(0, size as u64), "GET tells what the body covers");
        let ids =
            [&receipt.request_id, &head.request_id, &got.details.request_id].map(|id| id.clone().unwrap_or_default());
        assert!(ids.iter().all(|id| !id.is_empty()), "each answer names its request: {ids:?}");
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[2] != ids[0], "each request has its own id: {ids:?}");
        let details = ObjectDetails { request_id: head.request_id.clone(), ..got.details };
        assert_eq!(details, head, "GET and HEAD tell the same");
    }
}

/// A range is answered by exactly that range, with the facts of the whole.
pub async fn ranges_are_exact(subject: &Subject<'_>) {
    let object = subject.at("ranges/object");
    let content = pattern(100_000, 7);
    subject.put(&object, content.clone()).await;
    for (start, end) in [(0, 1), (0, 100_000), (1, 2), (65_000, 66_000), (99_999, 100_000), (12_345, 99_999)] {
        let range = ByteRange { start, end };
        let (got, bytes) = subject.get(&object, &GetOptions { range: Some(range), if_match: None }).await;
        let expected = &content[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()];
        assert_same_bytes(&bytes, expected, &format!("bytes {start} to {end}"));
        assert_eq!(got.range, range, "the answer names the range");
        assert_eq!(got.details.size_bytes, 100_000, "the size is that of the whole, not of the range");
        assert_eq!(got.details.crc64, subject.crc_of(&content), "the checksum is that of the whole");
    }
    for (start, end) in [(100_000, 100_001), (99_999, 100_001), (5, 5)] {
        let options = GetOptions { range: Some(ByteRange { start, end }), if_match: None };
        let got = subject.store.get_object(&object, &options).await;
        assert_refused(got, ErrorKind::Refused, &format!("bytes {start} to {end} of 100000"));
    }
}

/// `If-Match` with the tag of an older object fails with `Changed`.
pub async fn a_changed_object_is_noticed(subject: &Subject<'_>) {
    let object = subject.at("changed/object");
    let old = subject.put(&object, "the old content").await.etag;
    let with = |etag: &ETag| GetOptions { range: Some(ByteRange::at(4, 3)), if_match: Some(etag.clone()) };
    let (_, bytes) = subject.get(&object, &with(&old)).await;
    assert_same_bytes(&bytes, b"old", "a range of the object that is still the same");

    let new = subject.put(&object, "the new content!").await.etag;
    assert_ne!(old, new, "other content has another ETag");
    let got = subject.store.get_object(&object, &with(&old)).await;
    assert_refused(got, ErrorKind::Changed, "a range of an object that changed meanwhile");
    let (_, bytes) = subject.get(&object, &with(&new)).await;
    assert_same_bytes(&bytes, b"new", "a range of the new object");
}

/// `IfAbsent` writes once.
pub async fn put_if_absent_does_not_replace(subject: &Subject<'_>) {
    let object = subject.at("absent/object");
    let put = |text: &'static str| {
        let object = &object;
        async move {
            let body = UploadBody::from_bytes(text);
            subject.store.put_object(object, &ObjectSettings::default(), PutCondition::IfAbsent, body).await
        }
    };
    put("first").await.expect("nothing is there yet");
    assert_refused(put("second").await, ErrorKind::AlreadyExists, "putting where an object is");
    assert_same_bytes(&subject.get_whole(&object).await, b"first", "the object that must not be replaced");
}

/// Settings that are hard to carry in headers.
pub(super) fn demanding_settings() -> ObjectSettings {
    ObjectSettings {
        content_type: Some("text/plain; charset=utf-8".into()),
        cache_control: Some("no-cache".into()),
        content_disposition: Some("attachment; filename=\"报告 2026+final.txt\"".into()),
        content_encoding: Some("identity".into()),
        content_language: Some("zh-CN".into()),
        expires: Some("Tue, 01 Jan 2030 00:00:00 GMT".into()),
        storage_class: Some("IA".into()),
        acl: Some("private".into()),
        metadata: [
            ("owner", "阿明"),
            ("两个字", "names too"),
            ("spaces", "two  inside,  one at the end "),
            ("signs", "a:b=c;d/e+f%2Fg~h?i&j\"k\""),
            ("emoji", "🐦"),
            ("empty-not", "-"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect(),
    }
}

/// What a store reports of settings: all but the ACL.
pub(super) fn reported(settings: ObjectSettings) -> ObjectSettings {
    ObjectSettings { acl: None, ..settings }
}

/// Type, encodings, class and metadata come back as they went, by a put and by an upload in parts.
pub async fn settings_travel_with_the_object(subject: &Subject<'_>) {
    let settings = demanding_settings();
    let object = subject.at("settings/put");
    subject.put_with(&object, "x", &settings).await;
    let head = subject.store.head_object(&object).await.expect("what was put can be looked at");
    assert_eq!(head.settings, reported(settings.clone()), "settings of an object that was put");

    let in_parts = subject.at("settings/parts");
    let upload = super::multipart::open(subject, &in_parts, &settings).await;
    let etag = super::multipart::send(subject, &upload, 1, "y".into()).await.etag;
    super::multipart::complete(subject, &upload, &[(1, etag)]).await;
    let head = subject.store.head_object(&in_parts).await.expect("what was completed can be looked at");
    assert_eq!(head.settings, reported(settings), "settings of an object that was uploaded in parts");
}

/// A missing object, or version, is `ObjectNotFound`, HEAD included.
pub async fn what_is_missing_is_named(subject: &Subject<'_>) {
    let missing = subject.at("missing/object");
    let head = subject.store.head_object(&missing).await;
    assert_refused(head, ErrorKind::ObjectNotFound, "HEAD of a missing object");
    let got = subject.store.get_object(&missing, &GetOptions::default()).await;
    assert_refused(got, ErrorKind::ObjectNotFound, "GET of a missing object");

    let present = subject.at("missing/present");
    subject.put(&present, "x").await;
    let version = ObjectRef { version: Some(VersionId("no-such-version".into())), ..present };
    let head = subject.store.head_object(&version).await.expect_err("HEAD of a version that never was");
    assert!(
        matches!(head.kind, ErrorKind::ObjectNotFound | ErrorKind::Refused | ErrorKind::Unsupported),
        "a missing version is not found, not a valid name, or versions are not offered: {:?}",
        head.kind
    );
}

/// Deleting what is not there succeeds.
pub async fn deleting_is_repeatable(subject: &Subject<'_>) {
    let object = subject.at("delete/object");
    subject.put(&object, "x").await;
    for time in ["first", "second"] {
        let deleted = subject.store.delete_object(&object).await;
        assert!(deleted.is_ok(), "deleting for the {time} time: {deleted:?}");
        let head = subject.store.head_object(&object).await;
        assert_refused(head, ErrorKind::ObjectNotFound, "HEAD of a deleted object");
    }
}

/// Many are deleted at once, odd keys and missing ones among them.
pub async fn many_objects_are_deleted_at_once(subject: &Subject<'_>) {
    let keys = ["delete-many/a b", "delete-many/目录", "delete-many/a+b%2F", "delete-many/\"quoted\" & <x>"];
    let mut objects = Vec::new();
    for key in keys {
        let object = subject.at(key);
        subject.put(&object, "x").await;
        objects.push(object);
    }
    let kept = subject.at("delete-many/kept");
    subject.put(&kept, "kept").await;
    objects.push(subject.at("delete-many/never-was"));

    let failures = subject.store.delete_objects(subject.bucket, &objects).await.expect("many can be deleted at once");
    assert_eq!(failures, [], "nothing failed");
    for object in &objects {
        let head = subject.store.head_object(object).await;
        assert_refused(head, ErrorKind::ObjectNotFound, "HEAD of a deleted object");
    }
    assert_same_bytes(&subject.get_whole(&kept).await, b"kept", "the object that was not named");
}

/// A body that breaks, is too short or too long is `Body`, and nothing is written.
pub async fn a_body_that_fails_publishes_nothing(subject: &Subject<'_>) {
    let piece = pattern(70_000, 3);
    let broken = || std::io::Error::other("the disk went away");
    let bodies = [
        ("breaks", vec![Ok(piece.clone()), Err(broken())], 140_000),
        ("breaks at once", vec![Err(broken())], 140_000),
        ("is too short", vec![Ok(piece.clone())], 140_000),
        ("is too long", vec![Ok(piece.clone()), Ok(piece.clone())], 70_001),
    ];
    for (what, pieces, len_bytes) in bodies {
        let object = subject.at(format!("broken-body/{what}"));
        let body = UploadBody::new(len_bytes, futures_util::stream::iter(pieces));
        let put = subject.store.put_object(&object, &ObjectSettings::default(), PutCondition::Always, body).await;
        assert_refused(put, ErrorKind::Body, &format!("a put whose body {what}"));
        let head = subject.store.head_object(&object).await;
        assert_refused(head, ErrorKind::ObjectNotFound, &format!("the object whose body {what}"));
    }
    let object = subject.at("broken-body/whole");
    let body = UploadBody::new(140_000, futures_util::stream::iter([Ok(piece.clone()), Ok(piece.clone())]));
    let put = subject.store.put_object(&object, &ObjectSettings::default(), PutCondition::Always, body).await;
    let expected = Crc64::of(&piece).combine(Crc64::of(&piece), 70_000);
    assert_eq!(put.expect("a whole body").crc64, subject.expect.crc_anywhere.then_some(expected), "after the failures");
}
