//! Each point on which real TOS may answer one way or the other: the client takes both. The default setting of every
//! switch is covered by the runs in `conformance`.

use store::conformance::{self, Expectations};
use store::{
    CopyObjectOptions, CopySource, ErrorKind, GetOptions, ObjectRef, ObjectSettings, ObjectStore, PutCondition,
    StoreError, UploadBody,
};
use tos_local::{Behaviour, BucketSpec, WrongRegion};

use crate::practice::Practice;

const BUCKET: &str = "switches";

async fn check(change: impl FnOnce(&mut Behaviour), expect: Expectations) {
    let practice = Practice::behaving(change).await;
    conformance::run_all(&practice.store(), BUCKET, &expect).await;
}

#[tokio::test]
async fn forbid_overwrite_may_answer_412() {
    check(|b| b.forbid_overwrite_status = 412, Expectations::default()).await;
}

#[tokio::test]
async fn forbid_overwrite_may_insist_on_lower_case() {
    check(|b| b.forbid_overwrite_exact_case = true, Expectations::default()).await;
}

#[tokio::test]
async fn copies_may_report_checksums() {
    check(|b| b.crc_in_copy_answers = true, Expectations::default()).await;
}

#[tokio::test]
async fn copies_may_have_no_checksums_at_all() {
    check(|b| b.crc_of_copies = false, Expectations { crc_on_copy: false, ..Expectations::default() }).await;
}

#[tokio::test]
async fn checksums_may_be_missing_everywhere() {
    let expect = Expectations { crc_anywhere: false, crc_on_copy: false, ..Expectations::default() };
    check(|b| b.crc_headers = false, expect).await;
}

#[tokio::test]
async fn lists_of_parts_may_have_checksums() {
    check(|b| b.crc_in_list_parts = true, Expectations::default()).await;
}

#[tokio::test]
async fn etags_may_be_opaque() {
    check(|b| b.md5_etags = false, Expectations { etag_is_md5: false, ..Expectations::default() }).await;
}

#[tokio::test]
async fn parts_may_have_to_be_named_in_order() {
    check(|b| b.strict_part_order = true, Expectations { strict_part_order: true, ..Expectations::default() }).await;
}

#[tokio::test]
async fn a_second_complete_may_succeed() {
    let expect = Expectations { complete_twice_succeeds: true, ..Expectations::default() };
    check(|b| b.second_complete_succeeds = true, expect).await;
}

#[tokio::test]
async fn an_abort_may_miss_running_parts() {
    check(|b| b.abort_misses_running_parts = true, Expectations::default()).await;
}

#[tokio::test]
async fn deleting_nothing_may_answer_404() {
    check(|b| b.delete_missing_status = 404, Expectations::default()).await;
}

#[tokio::test]
async fn errors_may_have_no_ec() {
    check(|b| b.error_ec = false, Expectations::default()).await;
}

#[tokio::test]
async fn a_delete_marker_may_be_silent_in_a_404() {
    check(|b| b.delete_marker_header_on_404 = false, Expectations::default()).await;
}

#[tokio::test]
async fn the_list_of_buckets_may_be_that_of_one_region() {
    check(|b| b.list_buckets_of_all_regions = false, Expectations::default()).await;
}

#[tokio::test]
async fn versions_may_have_no_status() {
    check(|b| b.empty_versioning_status = true, Expectations::default()).await;
}

async fn put(store: &dyn ObjectStore, key: &str, class: Option<&str>, body: &'static str) -> Result<(), StoreError> {
    let settings = ObjectSettings { storage_class: class.map(str::to_owned), ..ObjectSettings::default() };
    let body = UploadBody::from_bytes(body);
    store.put_object(&ObjectRef::new(BUCKET, key), &settings, PutCondition::Always, body).await.map(drop)
}

#[tokio::test]
async fn an_archived_object_is_named_as_such_with_either_status() {
    for status in [403, 409] {
        let practice = Practice::behaving(|b| b.archived_status = status).await;
        let store = practice.store();
        store.create_bucket(BUCKET).await.unwrap();
        put(&store, "cold", Some("ARCHIVE"), "x").await.unwrap();
        let got = store.get_object(&ObjectRef::new(BUCKET, "cold"), &GetOptions::default()).await;
        assert_eq!(got.unwrap_err().kind, ErrorKind::Archived, "{status}");
    }
}

#[tokio::test]
async fn a_bucket_of_another_region_is_told_apart_as_far_as_the_server_tells() {
    for (wrong_region, kind) in [
        (WrongRegion::Denied, ErrorKind::CrossRegion),
        (WrongRegion::Redirect, ErrorKind::NotThisStore),
        (WrongRegion::NoSuchBucket, ErrorKind::BucketNotFound),
    ] {
        let practice = Practice::with(|options| {
            options.behaviour.wrong_region = wrong_region;
            // Where the list does not say it either, the refusal is all there is.
            options.behaviour.list_buckets_of_all_regions = false;
            options.other_regions = vec!["cn-shanghai".into()];
            let region = Some("cn-shanghai".into());
            options.buckets = vec![BucketSpec { name: "far-away".into(), region, versioning: false }];
        })
        .await;
        let store = practice.store();
        let region = store.bucket_region("far-away").await;
        assert_eq!(region.unwrap_err().kind, kind, "{wrong_region:?}");
        let near = practice.store_with(|config| config.region = "cn-shanghai".into());
        assert_eq!(near.bucket_region("far-away").await.unwrap(), "cn-shanghai");
    }
}

#[tokio::test]
async fn a_copy_across_regions_is_refused() {
    let practice = Practice::with(|options| {
        options.other_regions = vec!["cn-shanghai".into()];
        let spec = |name: &str, region: Option<&str>| BucketSpec {
            name: name.into(),
            region: region.map(str::to_owned),
            versioning: false,
        };
        options.buckets = vec![spec("far-away", Some("cn-shanghai")), spec(BUCKET, None)];
    })
    .await;
    let far = practice.store_with(|config| config.region = "cn-shanghai".into());
    let source = ObjectRef::new("far-away", "k");
    let body = UploadBody::from_bytes("x");
    far.put_object(&source, &ObjectSettings::default(), PutCondition::Always, body).await.unwrap();
    let options = CopyObjectOptions {
        source: CopySource { object: source, if_match: None },
        replace_settings: None,
        condition: PutCondition::Always,
    };
    let copied = practice.store().copy_object(&ObjectRef::new(BUCKET, "k"), &options).await;
    assert_eq!(copied.unwrap_err().kind, ErrorKind::CrossRegion);
}

#[tokio::test]
async fn limits_below_ours_are_refusals_with_a_kind() {
    let practice = Practice::with(|options| {
        options.behaviour.key_bytes_max = 696;
        options.behaviour.put_bytes_max = 10;
        options.behaviour.delete_keys_max = 1;
        options.capacity_bytes = 12;
    })
    .await;
    let store = practice.store();
    store.create_bucket(BUCKET).await.unwrap();
    assert_eq!(put(&store, &"k".repeat(697), None, "x").await.unwrap_err().kind, ErrorKind::InvalidName);
    assert_eq!(put(&store, "large", None, "12345678901").await.unwrap_err().kind, ErrorKind::Refused);
    let two = [ObjectRef::new(BUCKET, "a"), ObjectRef::new(BUCKET, "b")];
    assert_eq!(store.delete_objects(BUCKET, &two).await.unwrap_err().kind, ErrorKind::Refused);
    put(&store, "a", None, "1234567890").await.unwrap();
    assert_eq!(put(&store, "b", None, "1234567890").await.unwrap_err().kind, ErrorKind::NoSpace);
}

#[tokio::test]
async fn a_version_is_read_copied_and_deleted_by_its_id() {
    let practice = Practice::with(|options| {
        options.buckets = vec![BucketSpec { name: BUCKET.into(), region: None, versioning: true }];
    })
    .await;
    let store = practice.store();
    let object = ObjectRef::new(BUCKET, "k");
    let write = |text: &'static str| {
        let body = UploadBody::from_bytes(text);
        let settings = ObjectSettings::default();
        let (store, object) = (&store, &object);
        async move { store.put_object(object, &settings, PutCondition::Always, body).await.unwrap() }
    };
    let old = ObjectRef { version: write("old!").await.version, ..object.clone() };
    write("newer").await;
    assert_eq!(store.head_object(&object).await.unwrap().size_bytes, 5);
    let head = store.head_object(&old).await.unwrap();
    assert_eq!((head.size_bytes, head.version), (4, old.version.clone()));

    let copy = ObjectRef::new(BUCKET, "copy");
    let options = CopyObjectOptions {
        source: CopySource { object: old.clone(), if_match: None },
        replace_settings: None,
        condition: PutCondition::Always,
    };
    store.copy_object(&copy, &options).await.unwrap();
    assert_eq!(store.head_object(&copy).await.unwrap().size_bytes, 4);

    store.delete_object(&object).await.unwrap();
    assert_eq!(store.head_object(&object).await.unwrap_err().kind, ErrorKind::ObjectNotFound);
    assert_eq!(store.head_object(&old).await.unwrap().size_bytes, 4);
    store.delete_object(&old).await.unwrap();
    assert_eq!(store.head_object(&old).await.unwrap_err().kind, ErrorKind::ObjectNotFound);
}
