//! Buckets of other regions, with one set of keys and one endpoint to begin with.

use bytes::Bytes;
use store::{
    ErrorKind, GetOptions, ObjectRef, ObjectSettings, ObjectStore, PresignMethod, PutCondition, Retry, UploadBody,
};
use tos::TosStore;
use tos_local::{BucketSpec, WrongRegion};

use crate::practice::Practice;

const FAR: &str = "far-away";

async fn practice(wrong_region: WrongRegion) -> Practice {
    Practice::with(|options| {
        options.other_regions = vec!["cn-shanghai".into()];
        options.buckets.push(BucketSpec { name: FAR.into(), region: Some("cn-shanghai".into()), versioning: false });
        options.behaviour.wrong_region = wrong_region;
    })
    .await
}

async fn put(store: &TosStore) -> Result<(), store::StoreError> {
    let body = UploadBody::from_bytes(Bytes::from_static(b"far"));
    let object = ObjectRef::new(FAR, "key");
    store.put_object(&object, &ObjectSettings::default(), PutCondition::Always, body).await.map(drop)
}

#[tokio::test]
async fn once_buckets_were_listed_each_is_asked_in_its_own_region() {
    let practice = practice(WrongRegion::Denied).await;
    let store = practice.store();
    store.list_buckets().await.unwrap();
    assert_eq!(store.head_bucket(FAR).await.unwrap().region.as_deref(), Some("cn-shanghai"));
    put(&store).await.unwrap();
    let object = ObjectRef::new(FAR, "key");
    assert_eq!(store.get_object(&object, &GetOptions::default()).await.unwrap().details.size_bytes, 3);
    let link = store.presign(PresignMethod::Get, &object, std::time::Duration::from_secs(60)).unwrap();
    assert!(link.contains("cn-shanghai"), "{link}");
    assert_eq!(reqwest::get(link).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_refusal_teaches_where_a_bucket_lives_and_the_next_attempt_succeeds() {
    for wrong_region in [WrongRegion::Denied, WrongRegion::Redirect, WrongRegion::NoSuchBucket] {
        let practice = practice(wrong_region).await;
        let store = practice.store();
        let error = put(&store).await.unwrap_err();
        assert_eq!((error.kind, error.retry), (ErrorKind::CrossRegion, Retry::Later), "{wrong_region:?}: {error:?}");
        put(&store).await.unwrap();
        // The answer to a HEAD has no body that could say so.
        let store = practice.store();
        let error = store.head_bucket(FAR).await.unwrap_err();
        assert_eq!((error.kind, error.retry), (ErrorKind::CrossRegion, Retry::Later), "{wrong_region:?}: {error:?}");
        assert_eq!(store.head_bucket(FAR).await.unwrap().region.as_deref(), Some("cn-shanghai"));
    }
}

#[tokio::test]
async fn what_is_nowhere_is_said_to_be_nowhere_and_asked_for_once() {
    let practice = practice(WrongRegion::Denied).await;
    let store = practice.store();
    for _ in 0..3 {
        let error = store.head_bucket("nowhere").await.unwrap_err();
        assert_eq!((error.kind, error.retry), (ErrorKind::BucketNotFound, Retry::Never));
    }
}
