//! Looking at ends as they are now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{Disk, LocalDisk};
use receipt::{look_at_file, look_at_object};
use store::{Crc64, ErrorKind, Fault, MemoryOptions, MemoryStore, ObjectRef, ObjectSettings, Verb};

fn store(options: MemoryOptions) -> (MemoryStore, ObjectRef) {
    let store = MemoryStore::with_options(options);
    store.add_bucket("first", "here").unwrap();
    let object = ObjectRef::new("first", "key");
    store.add_object(&object, "content", ObjectSettings::default()).unwrap();
    (store, object)
}

#[tokio::test]
async fn the_word_of_the_store_is_taken_unless_its_bytes_are_asked_for() {
    let (store, object) = store(MemoryOptions::default());
    let found = look_at_object(&store, &object, None).await.unwrap();
    assert_eq!((found.size_bytes, found.crc64), (7, Some(Crc64::of(b"content"))));
    assert!(found.etag.is_some());
    assert_eq!(store.requests(Verb::GetObject), 0);

    // What the store says and what it gives are not the same any more.
    store.set_fault(|call| (call.verb == Verb::GetObject).then_some(Fault::FlipBit));
    let read = look_at_object(&store, &object, Some(&AtomicU64::new(0))).await.unwrap();
    assert_eq!((read.crc64, read.etag), (Some(Crc64::of(b"bontent")), found.etag));
}

#[tokio::test]
async fn where_no_checksum_is_reported_only_reading_gives_one() {
    let (store, object) = store(MemoryOptions { report_crc64: false, ..MemoryOptions::default() });
    assert_eq!(look_at_object(&store, &object, None).await.unwrap().crc64, None);
    assert_eq!(
        look_at_object(&store, &object, Some(&AtomicU64::new(0))).await.unwrap().crc64,
        Some(Crc64::of(b"content"))
    );
    let gone = look_at_object(&store, &ObjectRef::new("first", "other"), Some(&AtomicU64::new(0))).await.unwrap_err();
    assert_eq!(gone.kind, ErrorKind::ObjectNotFound);
    store.set_fault(|call| (call.verb == Verb::GetObject).then_some(Fault::CutBody(3)));
    assert_eq!(look_at_object(&store, &object, Some(&AtomicU64::new(0))).await.unwrap_err().kind, ErrorKind::Network);
}

#[tokio::test]
async fn a_file_is_read_to_its_end_and_what_is_no_file_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk);
    let path = folder.path().join("file");
    let bytes: Vec<u8> = (0..9_000_000_u32).map(|n| n.to_le_bytes()[1]).collect(); // more than one piece of 8 MiB
    for content in [&bytes[..0], &bytes[..1], &bytes] {
        std::fs::write(&path, content).unwrap();
        let read_bytes = Arc::new(AtomicU64::new(0));
        let found = look_at_file(&disk, &path, &read_bytes).await.unwrap();
        assert_eq!(read_bytes.load(Ordering::Relaxed), content.len() as u64);
        assert_eq!((found.size_bytes, found.crc64), (content.len() as u64, Some(Crc64::of(content))));
    }
    let missing = look_at_file(&disk, &folder.path().join("other"), &Arc::default()).await.unwrap_err();
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(
        look_at_file(&disk, folder.path(), &Arc::default()).await.unwrap_err().kind(),
        std::io::ErrorKind::InvalidInput
    );
}
