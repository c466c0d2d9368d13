//! Folders that are measured and deleted while the network or the store fails for a moment.

use serde_json::{Value, json};
use store::{ObjectRef, ObjectSettings, PutCondition, UploadBody};
use tauri::async_runtime::block_on;
use tos_local::{BucketSpec, Options, Server};

use crate::harness::{Harness, connect_form};

fn connected(harness: &Harness) -> Server {
    let options = Options {
        root: harness.folder.path().join("objects"),
        buckets: vec![BucketSpec { name: "bucket".into(), region: None, versioning: false }],
        ..Options::default()
    };
    let server = block_on(Server::start(options)).unwrap();
    let keys = json!({
        "access_key": tos_local::PRACTICE_ACCESS_KEY, "secret_key": tos_local::PRACTICE_SECRET_KEY,
        "endpoint": server.endpoint(),
    });
    harness.ok("connect", connect_form(keys));
    server
}

fn put(harness: &Harness, keys: &[&str]) {
    block_on(async {
        let (_, open) = harness.app.current_store().await.unwrap();
        for key in keys {
            let (object, body) = (ObjectRef::new("bucket", *key), UploadBody::from_bytes("text"));
            open.store.put_object(&object, &ObjectSettings::default(), PutCondition::Always, body).await.unwrap();
        }
    });
}

/// The first call of this verb fails so.
fn fail_once(server: &Server, verb: &str, fault: Value) {
    let rules = json!({ "rules": [{ "verb": verb, "when": { "nth": 1 }, "fault": fault }] });
    server.set_faults(serde_json::from_value(rules).unwrap()).unwrap();
}

#[test]
fn a_moment_without_an_answer_ends_neither_a_count_nor_a_deletion() {
    let harness = Harness::new();
    let server = connected(&harness);
    put(&harness, &["logs/a", "logs/b/c", "logs/d", "logs-of-last-year"]);
    let folder = json!({ "bucket": "bucket", "prefix": "logs/", "after": null });
    let busy = json!({ "status": { "code": 503, "tos_code": "SlowDown" } });

    fail_once(&server, "ListObjectsV2", busy.clone());
    let measured = harness.ok("measure_folder", folder.clone());
    assert_eq!((&measured["objects"], &measured["size_bytes"]), (&json!(3), &json!(12)));
    assert_eq!(server.stats().requests.get("ListObjectsV2"), Some(&2), "it was asked again");

    fail_once(&server, "ListObjectsV2", busy);
    let gone = harness.ok("delete_folder", folder.clone());
    assert_eq!(gone, json!({ "deleted": 3, "failed": [], "next": null }));
    put(&harness, &["logs/e"]);
    // It is gone when that is asked for again, and counts as deleted.
    fail_once(&server, "DeleteMultiObjects", json!("lose_reply"));
    let gone = harness.ok("delete_objects", json!({ "bucket": "bucket", "keys": ["logs/e"] }));
    assert_eq!(gone, json!({ "deleted": 1, "failed": [], "next": null }));
    server.clear_faults();
    assert_eq!(harness.ok("measure_folder", folder)["objects"], 0);
    let rest = json!({ "bucket": "bucket", "prefix": "logs-", "after": null });
    assert_eq!(harness.ok("measure_folder", rest)["objects"], 1);
}
