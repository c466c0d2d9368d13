//! Connections that may have died in silence: they are dropped when the caller says so.

use std::time::Duration;

use store::{ErrorKind, ObjectRef, ObjectStore, Retry};

use crate::recorder::{Recorder, Reply, answer};

#[tokio::test]
async fn what_waits_for_an_answer_ends_as_if_the_connection_had_broken() {
    let server = Recorder::start(vec![Reply::Silence]).await;
    let store = server.store();
    let object = ObjectRef::new("bucket", "key");
    let (waited, ()) = tokio::join!(store.head_object(&object), async {
        while server.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        store.reconnect();
    });
    let error = waited.unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Network, Retry::Later));
}

#[tokio::test]
async fn the_next_call_makes_a_new_connection() {
    let head = answer("200 OK", &[("etag", "\"e\""), ("x-tos-hash-crc64ecma", "0")], "");
    let server = Recorder::start(vec![head]).await;
    let store = server.store();
    let object = ObjectRef::new("bucket", "key");
    store.head_object(&object).await.unwrap();
    store.head_object(&object).await.unwrap();
    assert_eq!(server.connections(), 1, "it is kept while nothing is known against it");
    store.reconnect();
    store.head_object(&object).await.unwrap();
    assert_eq!(server.connections(), 2);
}
