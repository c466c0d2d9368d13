//! Multipart uploads.

use bytes::Bytes;

use super::{Subject, Told, assert_refused, assert_same_bytes, pattern};
use crate::{
    CompletedObject, ETag, ErrorKind, ListedPart, ListedUpload, ObjectRef, ObjectSettings, PartNumber, PartReceipt,
    PutCondition, UploadBody, UploadId, UploadListRequest, UploadRef,
};

pub(super) fn part(number: u32) -> PartNumber {
    PartNumber::new(number).expect("part numbers begin at 1")
}

pub(super) async fn open(subject: &Subject<'_>, object: &ObjectRef, settings: &ObjectSettings) -> UploadRef {
    let upload_id = subject
        .store
        .create_upload(object, settings)
        .await
        .unwrap_or_else(|error| panic!("an upload to {object} could not be opened: {}", Told(&error)));
    UploadRef { object: object.clone(), upload_id }
}

pub(super) async fn send(subject: &Subject<'_>, upload: &UploadRef, number: u32, bytes: Bytes) -> PartReceipt {
    let crc64 = subject.crc_of(&bytes);
    let receipt = subject
        .store
        .upload_part(upload, part(number), UploadBody::from_bytes(bytes))
        .await
        .unwrap_or_else(|error| panic!("part {number} could not be sent: {}", Told(&error)));
    assert_eq!(receipt.crc64, crc64, "the checksum of part {number}");
    receipt
}

fn numbered(parts: &[(u32, ETag)]) -> Vec<(PartNumber, ETag)> {
    parts.iter().map(|(number, etag)| (part(*number), etag.clone())).collect()
}

pub(super) async fn complete(subject: &Subject<'_>, upload: &UploadRef, parts: &[(u32, ETag)]) -> CompletedObject {
    subject
        .store
        .complete_upload(upload, &numbered(parts), PutCondition::Always)
        .await
        .unwrap_or_else(|error| panic!("{} could not be completed: {}", upload.object, Told(&error)))
}

pub(super) async fn all_parts(subject: &Subject<'_>, upload: &UploadRef) -> Vec<ListedPart> {
    let (mut parts, mut after) = (Vec::new(), None);
    loop {
        let page = subject.store.list_parts(upload, after).await.expect("a page of parts can be had");
        parts.extend(page.parts);
        after = match page.next {
            Some(next) if Some(next) > after => Some(next),
            Some(next) => panic!("the list of parts goes back from {after:?} to {next:?}"),
            None => return parts,
        };
    }
}

/// Three parts, sent last to first, with a key that needs encoding; the list of parts tells what is there.
pub async fn parts_in_any_order_make_the_object(subject: &Subject<'_>) {
    let object = subject.at("multipart/in order 顺序+.bin");
    let size = subject.smallest_part();
    let last = size / 2 + 1;
    let content = pattern(2 * size + last, 11);
    let upload = open(subject, &object, &ObjectSettings::default()).await;
    assert_eq!(all_parts(subject, &upload).await, [], "a new upload has no parts");

    let mut tags = Vec::new();
    for number in [3, 1, 2] {
        let start = (number as usize - 1) * size;
        let bytes = content.slice(start..content.len().min(start + size));
        tags.push((number, send(subject, &upload, number, bytes).await.etag));
    }
    tags.sort_by_key(|(number, _)| *number);

    let listed = all_parts(subject, &upload).await;
    let told: Vec<_> = listed.iter().map(|part| (part.number.get(), part.etag.clone())).collect();
    assert_eq!(told, tags, "the list of parts tells numbers and tags in ascending order");
    let sizes: Vec<_> = listed.iter().map(|part| part.size_bytes).collect();
    assert_eq!(sizes, [size as u64, size as u64, last as u64], "the list of parts tells sizes");
    let rest = subject.store.list_parts(&upload, Some(part(1))).await.expect("the parts after the first").parts;
    assert_eq!(rest.first().map(|part| part.number.get()), Some(2), "the list can start after a part");
    let head = subject.store.head_object(&object).await;
    assert_refused(head, ErrorKind::ObjectNotFound, "an object that is not complete");

    let completed = complete(subject, &upload, &tags).await;
    assert_eq!(completed.crc64, subject.crc_of(&content), "the checksum of the whole");
    let head = subject.store.head_object(&object).await.expect("the completed object");
    assert_eq!((head.size_bytes, &head.etag), (content.len() as u64, &completed.etag), "HEAD of the completed object");
    assert_same_bytes(&subject.get_whole(&object).await, &content, "the object made of parts");
}

/// The same number again replaces the part, and the old tag is void.
pub async fn a_part_can_be_replaced(subject: &Subject<'_>) {
    let object = subject.at("multipart/replaced");
    let upload = open(subject, &object, &ObjectSettings::default()).await;
    let old = send(subject, &upload, 1, pattern(5000, 1)).await.etag;
    let new = send(subject, &upload, 1, pattern(4000, 2)).await.etag;
    let listed = all_parts(subject, &upload).await;
    assert_eq!(listed.len(), 1, "a replaced part is there once");
    assert_eq!((listed[0].size_bytes, &listed[0].etag), (4000, &new), "the newer part is the one that counts");

    let with_old = subject.store.complete_upload(&upload, &numbered(&[(1, old)]), PutCondition::Always).await;
    assert_refused(with_old, ErrorKind::PartsMismatch, "completing with the tag of the replaced part");
    complete(subject, &upload, &[(1, new)]).await;
    assert_same_bytes(&subject.get_whole(&object).await, &pattern(4000, 2), "the object with the replaced part");
}

/// An empty object can be uploaded in parts: one part of 0 bytes (protocol.md, section 6.1).
pub async fn one_empty_part_makes_an_empty_object(subject: &Subject<'_>) {
    let object = subject.at("multipart/empty");
    let upload = open(subject, &object, &ObjectSettings::default()).await;
    let etag = send(subject, &upload, 1, Bytes::new()).await.etag;
    complete(subject, &upload, &[(1, etag)]).await;
    let head = subject.store.head_object(&object).await.expect("the empty object");
    assert_eq!(head.size_bytes, 0, "one empty part makes an empty object");
}

/// After Abort every verb says `UploadNotFound`, and nothing was published.
pub async fn an_aborted_upload_is_gone(subject: &Subject<'_>) {
    let store = subject.store;
    let object = subject.at("multipart/aborted");
    let upload = open(subject, &object, &ObjectSettings::default()).await;
    let etag = send(subject, &upload, 1, pattern(100, 1)).await.etag;
    store.abort_upload(&upload).await.expect("an open upload can be aborted");

    let strange = UploadRef { object: object.clone(), upload_id: UploadId("no-such-upload".into()) };
    for (upload, what) in [(&upload, "an aborted upload"), (&strange, "an upload that never was")] {
        let gone = ErrorKind::UploadNotFound;
        assert_refused(store.abort_upload(upload).await, gone, &format!("aborting {what}"));
        assert_refused(store.list_parts(upload, None).await, gone, &format!("listing {what}"));
        let sent = store.upload_part(upload, part(1), UploadBody::from_bytes(pattern(100, 1))).await;
        assert_refused(sent, gone, &format!("sending a part to {what}"));
        let completed = store.complete_upload(upload, &numbered(&[(1, etag.clone())]), PutCondition::Always).await;
        assert_refused(completed, gone, &format!("completing {what}"));
    }
    assert_refused(store.head_object(&object).await, ErrorKind::ObjectNotFound, "the object of an aborted upload");
}

/// A second Complete either succeeds again or says `UploadNotFound`; the object stays.
pub async fn complete_twice_is_answered_as_expected(subject: &Subject<'_>) {
    let object = subject.at("multipart/twice");
    let upload = open(subject, &object, &ObjectSettings::default()).await;
    let etag = send(subject, &upload, 1, pattern(100, 5)).await.etag;
    let first = complete(subject, &upload, &[(1, etag.clone())]).await;
    let second = subject.store.complete_upload(&upload, &numbered(&[(1, etag)]), PutCondition::Always).await;
    if subject.expect.complete_twice_succeeds {
        assert_eq!(second.expect("a second Complete succeeds here").etag, first.etag, "both name the same object");
    } else {
        assert_refused(second, ErrorKind::UploadNotFound, "a second Complete");
    }
    assert_same_bytes(&subject.get_whole(&object).await, &pattern(100, 5), "the object after a second Complete");
}

/// Wrong tags, missing parts, parts too small and (where it is strict) a wrong order; the upload survives all of them.
pub async fn complete_refuses_what_does_not_fit(subject: &Subject<'_>) {
    let object = subject.at("multipart/misfit");
    let upload = open(subject, &object, &ObjectSettings::default()).await;
    let size = subject.smallest_part();
    let content = pattern(size + 10, 9);
    let one = send(subject, &upload, 1, content.slice(..size)).await.etag;
    let two = send(subject, &upload, 2, content.slice(size..)).await.etag;
    let attempt = |parts: Vec<(u32, ETag)>| {
        let upload = &upload;
        async move { subject.store.complete_upload(upload, &numbered(&parts), PutCondition::Always).await }
    };
    let wrong = ETag::new("00000000000000000000000000000000");
    let mismatch = ErrorKind::PartsMismatch;
    assert_refused(attempt(vec![(1, one.clone()), (2, wrong)]).await, mismatch, "a part with a wrong tag");
    let with_missing = vec![(1, one.clone()), (3, two.clone())];
    assert_refused(attempt(with_missing).await, mismatch, "a part that was never sent");
    assert_refused(attempt(vec![(1, two.clone()), (2, one.clone())]).await, mismatch, "tags of the other part");

    let descending = attempt(vec![(2, two.clone()), (1, one.clone())]).await;
    if subject.expect.strict_part_order {
        assert_refused(descending, ErrorKind::Refused, "parts in descending order");
        if subject.store.capabilities().part_size_bytes_min > 1 {
            let small = send(subject, &upload, 1, content.slice(..size - 1)).await.etag;
            let too_small = attempt(vec![(1, small), (2, two.clone())]).await;
            assert_refused(too_small, ErrorKind::Refused, "a part that is too small and not the last");
        }
        // Sent anew in any case: a tag need not be the same for the same bytes.
        let one = send(subject, &upload, 1, content.slice(..size)).await.etag;
        complete(subject, &upload, &[(1, one), (2, two)]).await;
    } else {
        descending.expect("parts may be named in any order here");
    }
    assert_same_bytes(&subject.get_whole(&object).await, &content, "the object after the refusals");
}

/// `IfAbsent` holds at Complete too.
pub async fn complete_if_absent_does_not_replace(subject: &Subject<'_>) {
    let object = subject.at("multipart/absent");
    let upload = open(subject, &object, &ObjectSettings::default()).await;
    let etag = send(subject, &upload, 1, pattern(100, 5)).await.etag;
    subject.put(&object, "was faster").await;
    let parts = numbered(&[(1, etag)]);
    let completed = subject.store.complete_upload(&upload, &parts, PutCondition::IfAbsent).await;
    assert_refused(completed, ErrorKind::AlreadyExists, "completing onto an object that must not be replaced");
    assert_same_bytes(&subject.get_whole(&object).await, b"was faster", "the object that must not be replaced");
    subject.store.delete_object(&object).await.expect("the other object can be deleted");
    let completed = subject.store.complete_upload(&upload, &parts, PutCondition::IfAbsent).await;
    completed.expect("the upload survives the refusal");
    assert_same_bytes(&subject.get_whole(&object).await, &pattern(100, 5), "the object, once there is room");
}

/// Open uploads are found by prefix, two of one key apart, and vanish when they end.
pub async fn open_uploads_are_listed(subject: &Subject<'_>) {
    let settings = ObjectSettings::default();
    let first = open(subject, &subject.at("uploads/a b"), &settings).await;
    let second = open(subject, &subject.at("uploads/a b"), &settings).await;
    let third = open(subject, &subject.at("uploads/目录/文件+"), &settings).await;
    let other = open(subject, &subject.at("uploadt"), &settings).await;
    assert_ne!(first.upload_id, second.upload_id, "two uploads of one key have two ids");

    let mut expected: Vec<_> =
        [&first, &second, &third].map(|upload| (upload.object.key.clone(), upload.upload_id.clone())).into();
    assert_eq!(sorted(all_uploads(subject).await), sorted(expected.clone()), "the open uploads below the prefix");
    subject.store.abort_upload(&second).await.expect("an open upload can be aborted");
    expected.retain(|(_, id)| *id != second.upload_id);
    assert_eq!(sorted(all_uploads(subject).await), sorted(expected), "the open uploads after one has ended");
    for upload in [first, third, other] {
        subject.store.abort_upload(&upload).await.expect("an open upload can be aborted");
    }
    assert_eq!(all_uploads(subject).await, [], "no upload is left");
}

fn sorted(mut uploads: Vec<(String, UploadId)>) -> Vec<(String, UploadId)> {
    uploads.sort();
    uploads
}

async fn all_uploads(subject: &Subject<'_>) -> Vec<(String, UploadId)> {
    let mut request = UploadListRequest { prefix: "uploads/".into(), after: None };
    let mut found = Vec::new();
    loop {
        let page = subject.store.list_uploads(subject.bucket, &request).await.expect("open uploads can be listed");
        found.extend(page.uploads.into_iter().map(|ListedUpload { key, upload_id, .. }| (key, upload_id)));
        assert!(found.len() <= 1000, "the list of uploads does not end");
        match page.next {
            Some(next) => request.after = Some(next),
            None => return found,
        }
    }
}
