//! Unfinished uploads, and keys that expire, as the page meets them: against a server that can be told to refuse.

use serde_json::{Value, json};
use store::{ObjectRef, ObjectSettings, PartNumber, UploadBody, UploadRef};
use tos_local::{AccessKey, BucketSpec, FaultPlan, Options, Server};

use crate::harness::Harness;

const PART: usize = 20 << 20;

fn credentials(access_key: &str, token: &str) -> AccessKey {
    AccessKey {
        access_key: access_key.to_owned(),
        secret_key: format!("secret-of-{access_key}"),
        security_token: Some(token.to_owned()),
    }
}

fn server(harness: &Harness) -> Server {
    let options = Options {
        root: harness.folder.path().join("store"),
        buckets: vec![BucketSpec { name: "bucket".into(), region: None, versioning: false }],
        credentials: vec![credentials("AKTPmonday", "token-of-monday"), credentials("AKTPtuesday", "token-of-tuesday")],
        ..Options::default()
    };
    tauri::async_runtime::block_on(Server::start(options)).unwrap()
}

fn connect(harness: &Harness, server: &Server) -> String {
    let form = json!({
        "name": "Temporary", "access_key": "AKTPmonday", "secret_key": "secret-of-AKTPmonday",
        "security_token": "token-of-monday", "region": tos_local::PRACTICE_REGION, "endpoint": server.endpoint(),
        "bucket": "bucket", "path_style": true, "proxy": "", "ca_file": "",
    });
    harness.ok("connect", json!({ "form": form }))["id"].as_str().unwrap().to_owned()
}

/// An upload of two parts of these bytes, of which somebody else has sent the first.
fn begun_elsewhere(harness: &Harness, account: &str, key: &str, bytes: &[u8]) -> String {
    tauri::async_runtime::block_on(async {
        let store = harness.app.opened().await.unwrap().stores.of(account).await.unwrap().store;
        let object = ObjectRef::new("bucket", key);
        let upload_id = store.create_upload(&object, &ObjectSettings::default()).await.unwrap();
        let upload = UploadRef { object, upload_id };
        let body = UploadBody::from_bytes(bytes[..PART].to_vec());
        store.upload_part(&upload, PartNumber::FIRST, body).await.unwrap();
        upload.upload_id.0
    })
}

fn rows(harness: &Harness) -> Vec<Value> {
    let page = harness.ok("list_uploads", json!({ "bucket": "bucket", "prefix": "", "after": null }));
    assert_eq!(page["next"], Value::Null);
    page["rows"].as_array().unwrap().clone()
}

#[test]
fn an_upload_of_somebody_else_is_listed_measured_and_gone_on_with() {
    let harness = Harness::new();
    let server = server(&harness);
    let account = connect(&harness, &server);
    let path = harness.file("film.mp4", PART + 7);
    let id = begun_elsewhere(&harness, &account, "film.mp4", &std::fs::read(&path).unwrap());
    let listed = rows(&harness);
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["upload_id"], &listed[0]["needed_by"]), (&json!(id), &Value::Null));
    assert!(listed[0]["initiated_ms"].as_i64().unwrap() > 1_700_000_000_000);
    let named = json!({ "bucket": "bucket", "key": "film.mp4", "uploadId": id });
    assert_eq!(harness.ok("measure_upload", named.clone()), json!({ "parts": 1, "size_bytes": PART }));

    // Of another file it is refused, with the reason, and nothing is changed.
    let other = harness.file("other.mp4", PART - 1);
    let adopt =
        |path: &str| json!({ "bucket": "bucket", "key": "film.mp4", "uploadId": id, "path": path, "conflict": "fail" });
    assert_eq!(harness.error("adopt_upload", adopt(&other))["code"], "upload_mismatch");
    let adopted = harness.ok("adopt_upload", adopt(&path));
    assert_eq!((&adopted["parts_held"], &adopted["held_bytes"]), (&json!(1), &json!(PART)));
    let detail = harness.until(&adopted["id"], &["done_verified", "failed"]);
    assert_eq!(detail["row"]["state"], "done_verified", "{detail}");
    assert_eq!(harness.ok("measure_upload", named), Value::Null, "it is an object now");
    assert!(rows(&harness).is_empty());
}

#[test]
fn an_upload_that_nobody_needs_is_aborted_and_one_that_a_transfer_needs_is_not() {
    let harness = Harness::new();
    let server = server(&harness);
    let account = connect(&harness, &server);
    let path = harness.file("film.mp4", 4 * PART);
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": 1 << 20, "download_bytes_s": null } }));
    let add = json!({ "bucket": "bucket", "prefix": "", "paths": [path], "conflict": "fail" });
    let transfer = harness.ok("add_uploads", add)[0].clone();
    harness.until(&transfer, &["transferring"]);
    let stray = begun_elsewhere(&harness, &account, "stray", &[7; PART]);
    let ours = rows(&harness).into_iter().find(|row| row["key"] == "film.mp4").expect("it is under way");
    assert_eq!(ours["needed_by"], transfer);
    let abort = |key: &str, id: &Value| json!({ "bucket": "bucket", "key": key, "uploadId": id });
    let refusal = harness.error("abort_upload", abort("film.mp4", &ours["upload_id"]));
    assert_eq!((&refusal["code"], &refusal["params"]["id"]), (&json!("upload_needed"), &json!(transfer.to_string())));
    harness.ok("abort_upload", abort("stray", &json!(stray)));
    // What is gone already is what was wanted.
    harness.ok("abort_upload", abort("stray", &json!(stray)));
    assert_eq!(rows(&harness).len(), 1);
}

#[test]
fn keys_that_expire_pause_and_new_ones_continue_the_same_upload() {
    let harness = Harness::new();
    let server = server(&harness);
    let account = connect(&harness, &server);
    let path = harness.file("film.mp4", 3 * PART);
    let expired = json!({ "rules": [
        { "verb": "UploadPart", "when": { "every": 1 }, "fault": { "status": { "code": 403, "tos_code": "ExpiredToken" } } }
    ] });
    server.set_faults(serde_json::from_value(expired).unwrap()).unwrap();
    let add = json!({ "bucket": "bucket", "prefix": "", "paths": [path], "conflict": "fail" });
    let transfer = harness.ok("add_uploads", add)[0].clone();
    let detail = harness.until(&transfer, &["paused", "failed"]);
    assert_eq!(detail["row"]["state"], "paused", "{detail}");
    assert_eq!(detail["row"]["why"]["code"], "credentials_expired", "{detail}");
    let upload = rows(&harness)[0]["upload_id"].clone();

    server.set_faults(FaultPlan::default()).unwrap();
    let keys = |secret: &str| {
        let keys = json!({ "access_key": "AKTPtuesday", "secret_key": secret, "security_token": "token-of-tuesday" });
        json!({ "id": account, "keys": keys })
    };
    // Keys that do not work are not kept.
    assert_eq!(harness.error("renew_keys", keys("wrong"))["code"], "credentials");
    assert_eq!(rows(&harness)[0]["upload_id"], upload);
    assert_eq!(harness.ok("renew_keys", keys("secret-of-AKTPtuesday")), json!(1));
    let detail = harness.until(&transfer, &["done_verified", "failed"]);
    assert_eq!(detail["row"]["state"], "done_verified", "{detail}");
    assert!(rows(&harness).is_empty());
    assert_eq!(server.stats().requests.get("CreateMultipartUpload"), Some(&1), "the same upload");
}
