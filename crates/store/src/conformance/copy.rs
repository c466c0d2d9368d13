//! Copies inside the store. Skipped as a whole where the store says that it cannot.

use bytes::Bytes;

use super::multipart::{all_parts, complete, open, part};
use super::objects::{demanding_settings, reported};
use super::{Subject, Told, assert_refused, assert_same_bytes, pattern};
use crate::{
    ByteRange, CopyObjectOptions, CopyPartRequest, CopySource, Crc64, ETag, ErrorKind, ObjectRef, ObjectSettings,
    PutCondition, PutReceipt,
};

/// A source key that needs encoding in a header.
const SOURCE: &str = "copy/源 a+b%2F&?.bin";

async fn source(subject: &Subject<'_>, settings: &ObjectSettings) -> (ObjectRef, Bytes, ETag) {
    let object = subject.at(SOURCE);
    let content = pattern(100_000, 21);
    let etag = subject.put_with(&object, content.clone(), settings).await.etag;
    (object, content, etag)
}

fn copy_of(object: &ObjectRef) -> CopyObjectOptions {
    CopyObjectOptions {
        source: CopySource { object: object.clone(), if_match: None },
        replace_settings: None,
        condition: PutCondition::Always,
    }
}

async fn copy(subject: &Subject<'_>, target: &ObjectRef, options: &CopyObjectOptions) -> PutReceipt {
    subject
        .store
        .copy_object(target, options)
        .await
        .unwrap_or_else(|error| panic!("{target} could not be made by a copy: {}", Told(&error)))
}

fn cannot_copy(subject: &Subject<'_>) -> bool {
    !subject.store.capabilities().server_side_copy
}

/// A copy has the bytes, type and metadata of its source. (Storage class and ACL are not part of the promise.)
pub async fn a_copy_keeps_settings(subject: &Subject<'_>) {
    if cannot_copy(subject) {
        return;
    }
    let (object, content, _) = source(subject, &demanding_settings()).await;
    let target = subject.at("copy/kept 目标");
    let receipt = copy(subject, &target, &copy_of(&object)).await;
    let crc64 = (subject.expect.crc_anywhere && subject.expect.crc_on_copy).then(|| Crc64::of(&content));
    if subject.expect.crc_on_copy {
        assert!(receipt.crc64.is_none() || receipt.crc64 == crc64, "a checksum of a copy is that of the bytes");
    } else {
        assert_eq!(receipt.crc64, None, "a copy reports no checksum here");
    }
    assert_same_bytes(&subject.get_whole(&target).await, &content, "the copy");
    let head = subject.store.head_object(&target).await.expect("the copy can be looked at");
    assert_eq!(head.etag, receipt.etag, "the copy's tag is that of the receipt");
    let expected =
        ObjectSettings { storage_class: head.settings.storage_class.clone(), ..reported(demanding_settings()) };
    assert_eq!(head.settings, expected, "settings of a copy that keeps them");
}

/// New settings replace the source's as a whole.
pub async fn a_copy_can_replace_settings(subject: &Subject<'_>) {
    if cannot_copy(subject) {
        return;
    }
    let (object, content, _) = source(subject, &demanding_settings()).await;
    let target = subject.at("copy/replaced");
    let settings = ObjectSettings {
        content_type: Some("application/x-new".into()),
        storage_class: Some("IA".into()),
        metadata: [("only".to_owned(), "这个 one".to_owned())].into(),
        ..ObjectSettings::default()
    };
    let options = CopyObjectOptions { replace_settings: Some(settings.clone()), ..copy_of(&object) };
    copy(subject, &target, &options).await;
    assert_same_bytes(&subject.get_whole(&target).await, &content, "the copy");
    let head = subject.store.head_object(&target).await.expect("the copy can be looked at");
    assert_eq!(head.settings, settings, "settings of a copy that replaces them");
}

/// Conditions on both ends; a missing source.
pub async fn a_copy_checks_source_and_target(subject: &Subject<'_>) {
    if cannot_copy(subject) {
        return;
    }
    let (object, content, etag) = source(subject, &ObjectSettings::default()).await;
    let target = subject.at("copy/conditional");
    let pinned = |etag: ETag| CopySource { object: object.clone(), if_match: Some(etag) };
    let missing = subject.store.copy_object(&target, &copy_of(&subject.at("copy/no source"))).await;
    assert_refused(missing, ErrorKind::ObjectNotFound, "a copy of nothing");

    let wrong = CopyObjectOptions { source: pinned(ETag::new("0123")), ..copy_of(&object) };
    let changed = subject.store.copy_object(&target, &wrong).await;
    assert_refused(changed, ErrorKind::Changed, "a copy of an object that is not the one meant");
    let head = subject.store.head_object(&target).await;
    assert_refused(head, ErrorKind::ObjectNotFound, "the target of copies that failed");

    let right = CopyObjectOptions { source: pinned(etag), condition: PutCondition::IfAbsent, ..copy_of(&object) };
    copy(subject, &target, &right).await;
    let again = subject.store.copy_object(&target, &right).await;
    assert_refused(again, ErrorKind::AlreadyExists, "a copy onto an object that must not be replaced");
    assert_same_bytes(&subject.get_whole(&target).await, &content, "the copy");

    let evil = CopySource { object: subject.at("a/../b"), if_match: None };
    let refused = subject.store.copy_object(&target, &CopyObjectOptions { source: evil, ..copy_of(&object) }).await;
    assert_refused(refused, ErrorKind::InvalidName, "a copy from an unusable key");
}

/// Ranges of another object become parts; a changed source is noticed at each of them.
pub async fn parts_can_be_copied(subject: &Subject<'_>) {
    if cannot_copy(subject) {
        return;
    }
    let size = subject.smallest_part();
    let content = pattern(2 * size + 777, 31);
    let object = subject.at("copy/parts source 源");
    let etag = subject.put(&object, content.clone()).await.etag;
    let target = subject.at("copy/parts target");
    let upload = open(subject, &target, &ObjectSettings::default()).await;
    let request = |start: usize, end: usize, etag: &ETag| CopyPartRequest {
        source: CopySource { object: object.clone(), if_match: Some(etag.clone()) },
        range: ByteRange { start: start as u64, end: end as u64 },
    };

    let changed = subject.store.upload_part_copy(&upload, part(1), &request(0, size, &ETag::new("0123"))).await;
    assert_refused(changed, ErrorKind::Changed, "a part of an object that is not the one meant");
    assert_eq!(all_parts(subject, &upload).await, [], "no part was made by what failed");

    let mut tags = Vec::new();
    for (number, (start, end)) in (1..).zip([(0, size), (size, 2 * size), (2 * size, content.len())]) {
        let receipt = subject
            .store
            .upload_part_copy(&upload, part(number), &request(start, end, &etag))
            .await
            .unwrap_or_else(|error| panic!("part {number} could not be copied: {}", Told(&error)));
        assert_eq!(receipt.crc64, None, "a copied part reports no checksum");
        tags.push((number, receipt.etag));
    }
    let completed = complete(subject, &upload, &tags).await;
    if let Some(crc64) = completed.crc64 {
        assert_eq!(crc64, Crc64::of(&content), "a checksum of the whole is the right one");
    }
    assert_same_bytes(&subject.get_whole(&target).await, &content, "the object made of copied parts");
}
