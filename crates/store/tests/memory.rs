//! The in-memory store passes what every store must pass, with each of its switches in both settings.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use store::conformance::{self, Expectations};
use store::{
    Capabilities, ErrorKind, Fault, GetOptions, ListRequest, MemoryOptions, MemoryStore, ObjectRef, ObjectSettings,
    ObjectStore, PutCondition, UploadBody, Verb,
};

async fn check(options: MemoryOptions, expect: Expectations) {
    let store = MemoryStore::with_options(options);
    conformance::run_all(&store, "conformance", &expect).await;
    assert_eq!(store.open_uploads("conformance"), [], "the suite leaves no upload behind");
}

fn small_parts() -> Capabilities {
    Capabilities { part_size_bytes_min: 1000, ..Capabilities::TOS }
}

#[tokio::test]
async fn conforms_with_the_limits_of_tos() {
    check(MemoryOptions::default(), Expectations::default()).await;
}

#[tokio::test]
async fn conforms_with_tiny_parts_and_tiny_pages() {
    let options =
        MemoryOptions { capabilities: small_parts(), page_len: 2, body_piece_bytes: 7, ..MemoryOptions::default() };
    check(options, Expectations::default()).await;
}

#[tokio::test]
async fn conforms_without_checksums() {
    let options = MemoryOptions { capabilities: small_parts(), report_crc64: false, ..MemoryOptions::default() };
    check(options, Expectations { crc_anywhere: false, crc_on_copy: false, ..Expectations::default() }).await;
}

#[tokio::test]
async fn conforms_with_opaque_etags_and_parts_in_order() {
    let options = MemoryOptions {
        capabilities: small_parts(),
        md5_etags: false,
        any_part_order: false,
        ..MemoryOptions::default()
    };
    check(options, Expectations { etag_is_md5: false, strict_part_order: true, ..Expectations::default() }).await;
}

#[tokio::test]
async fn conforms_without_server_side_copy() {
    let capabilities = Capabilities { server_side_copy: false, ..small_parts() };
    check(MemoryOptions { capabilities, ..MemoryOptions::default() }, Expectations::default()).await;
}

#[tokio::test]
async fn a_copy_between_regions_is_refused() {
    let store = MemoryStore::default();
    store.add_bucket("here-bucket", "here").unwrap();
    store.add_bucket("there-bucket", "there").unwrap();
    let object = ObjectRef::new("here-bucket", "key");
    store.add_object(&object, "x", ObjectSettings::default()).unwrap();
    let options = store::CopyObjectOptions {
        source: store::CopySource { object, if_match: None },
        replace_settings: None,
        condition: PutCondition::Always,
    };
    let error = store.copy_object(&ObjectRef::new("there-bucket", "key"), &options).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CrossRegion);
}

/// A store with one bucket where the next call meets `fault`, and one object `old` in it.
fn faulty(fault: Fault) -> MemoryStore {
    let store = MemoryStore::default();
    store.add_bucket("bucket", "here").unwrap();
    store.add_object(&ObjectRef::new("bucket", "old"), "0123456789", ObjectSettings::default()).unwrap();
    let mut armed = Some(fault);
    store.set_fault(move |_| armed.take());
    store
}

async fn put(store: &MemoryStore) -> Result<store::PutReceipt, store::StoreError> {
    let settings = ObjectSettings::default();
    let body = UploadBody::from_bytes("abc");
    store.put_object(&ObjectRef::new("bucket", "new"), &settings, PutCondition::Always, body).await
}

#[tokio::test]
async fn an_injected_failure_has_no_effect_and_a_lost_reply_has() {
    let store = faulty(Fault::Fail(ErrorKind::Throttled));
    assert_eq!(put(&store).await.unwrap_err().kind, ErrorKind::Throttled);
    assert_eq!(store.keys("bucket"), ["old"]);

    let store = faulty(Fault::LoseReply(ErrorKind::Network));
    assert_eq!(put(&store).await.unwrap_err().kind, ErrorKind::Network);
    assert_eq!(store.keys("bucket"), ["new", "old"]);
    put(&store).await.unwrap();
    assert_eq!(store.requests(Verb::PutObject), 2);
    assert_eq!(store.calls()[1].nth, 2);
}

#[tokio::test]
async fn a_hanging_call_never_answers_and_has_no_effect() {
    let store = faulty(Fault::Hang);
    let mut call = Box::pin(put(&store));
    assert!((&mut call).now_or_never().is_none(), "the first poll must not finish");
    drop(call);
    assert_eq!(store.keys("bucket"), ["old"]);
    assert_eq!(store.requests(Verb::PutObject), 1, "the call has arrived all the same");
}

#[tokio::test]
async fn bodies_can_be_cut_and_changed_in_both_directions() {
    let old = ObjectRef::new("bucket", "old");
    let store = faulty(Fault::CutBody(4));
    let got = store.get_object(&old, &GetOptions::default()).await.unwrap();
    let pieces: Vec<_> = got.body.collect().await;
    assert_eq!(pieces[0].as_ref().unwrap(), "0123");
    assert_eq!(pieces[1].as_ref().unwrap_err().kind, ErrorKind::Network);

    let store = faulty(Fault::FlipBit);
    let mut got = store.get_object(&old, &GetOptions::default()).await.unwrap();
    assert_eq!(got.body.next().await.unwrap().unwrap(), Bytes::from_static(b"1123456789"));

    let store = faulty(Fault::CutBody(2));
    assert_eq!(put(&store).await.unwrap_err().kind, ErrorKind::Network);
    assert_eq!(store.keys("bucket"), ["old"]);

    let store = faulty(Fault::FlipBit);
    let receipt = put(&store).await.unwrap();
    assert_ne!(
        receipt.crc64,
        Some(store::Crc64::of(b"abc")),
        "the receipt tells of what arrived, not of what was meant"
    );
}

#[tokio::test]
async fn many_callers_at_once_are_each_served() {
    let store = Arc::new(MemoryStore::default());
    store.add_bucket("bucket", "here").unwrap();
    let writers = (0..100).map(|index| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let object = ObjectRef::new("bucket", format!("{index:03}"));
            let body = UploadBody::from_bytes(index.to_string());
            store.put_object(&object, &ObjectSettings::default(), PutCondition::Always, body).await.unwrap();
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let page = store.list_objects("bucket", &ListRequest::default()).await.unwrap();
    assert_eq!(page.objects.len(), 100);
}
