//! Buckets.

use super::{Subject, assert_refused};
use crate::{ErrorKind, ListRequest, ObjectRef, ObjectSettings, PutCondition, UploadBody};

/// Makes the subject's bucket, which must be free.
pub async fn buckets_are_made_listed_and_described(subject: &Subject<'_>) {
    let Subject { store, bucket, .. } = subject;
    store.create_bucket(bucket).await.expect("a free bucket name can be taken");
    assert_refused(store.create_bucket(bucket).await, ErrorKind::AlreadyExists, "making a bucket a second time");

    let listed = store.list_buckets().await.expect("buckets can be listed");
    let entry = listed.iter().find(|entry| entry.name == *bucket).expect("the new bucket is in the list");

    let region = store.bucket_region(bucket).await.expect("the region of a bucket can be asked");
    assert!(!region.is_empty(), "a bucket has a region");
    assert_eq!(entry.region.as_deref(), Some(region.as_str()), "the list and the bucket agree on the region");
    let details = store.head_bucket(bucket).await.expect("a bucket can be looked at");
    assert_eq!(details.region.as_deref(), Some(region.as_str()), "HEAD and the bucket's location agree on the region");
}

/// Every verb says `BucketNotFound`, HEAD (whose errors have no body) included.
pub async fn a_bucket_that_is_not_there_is_named(subject: &Subject<'_>) {
    let store = subject.store;
    let nowhere = "conformance-no-such-bucket";
    let object = ObjectRef::new(nowhere, "key");
    let settings = ObjectSettings::default();
    let missing = ErrorKind::BucketNotFound;

    assert_refused(store.head_bucket(nowhere).await, missing, "HEAD of a missing bucket");
    assert_refused(store.bucket_region(nowhere).await, missing, "the region of a missing bucket");
    assert_refused(
        store.list_objects(nowhere, &ListRequest::default()).await,
        missing,
        "a listing of a missing bucket",
    );
    assert_refused(store.create_upload(&object, &settings).await, missing, "an upload into a missing bucket");
    let put = store.put_object(&object, &settings, PutCondition::Always, UploadBody::from_bytes("x")).await;
    assert_refused(put, missing, "a put into a missing bucket");
}
