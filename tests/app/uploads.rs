//! Unfinished uploads, and keys that expire, as the page meets them: against a server that can be told to refuse.

use serde_json::{Value, json};
use store::{ObjectRef, ObjectSettings, PartNumber, UploadBody, UploadRef};
use tos_local::{AccessKey, BucketSpec, FaultPlan, Options, Server};

use crate::harness::{Harness, connect_form};

const PART: usize = 20 << 20;

fn credentials(access_key: &str, token: &str) -> AccessKey {
    AccessKey {
        access_key: access_key.to_owned(),
        secret_key: format!("secret-of-{access_key}"),
        security_token: Some(token.to_owned()),
    }
}

fn server(harness: &Harness) -> Server {
    server_with_clock(harness, 0)
}

/// A server whose clock is so many seconds ahead.
fn server_with_clock(harness: &Harness, clock_ahead_seconds: i64) -> Server {
    let options = Options {
        clock_ahead_seconds,
        root: harness.folder.path().join("store"),
        buckets: vec![BucketSpec { name: "bucket".into(), region: None, versioning: false }],
        credentials: vec![credentials("AKTPmonday", "token-of-monday"), credentials("AKTPtuesday", "token-of-tuesday")],
        ..Options::default()
    };
    tauri::async_runtime::block_on(Server::start(options)).unwrap()
}

fn connect(harness: &Harness, server: &Server) -> String {
    let form = connect_form(json!({
        "name": "Temporary", "access_key": "AKTPmonday", "secret_key": "secret-of-AKTPmonday",
        "security_token": "token-of-monday", "endpoint": server.endpoint(), "bucket": "bucket",
    }));
    harness.ok("connect", form)["id"].as_str().unwrap().to_owned()
}

/// A transfer of ours with four parts, so slow that it is under way for as long as a test needs.
fn under_way(harness: &Harness) -> Value {
    let path = harness.file("film.mp4", 4 * PART);
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": 1 << 20, "download_bytes_s": null } }));
    let add = json!({ "bucket": "bucket", "prefix": "", "paths": [path], "conflict": "fail" });
    let transfer = harness.ok("add_uploads", add)[0].clone();
    harness.until(&transfer, &["transferring"]);
    transfer
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

/// An upload that somebody else has begun, without a part.
fn begun(harness: &Harness, account: &str, key: &str) -> String {
    tauri::async_runtime::block_on(async {
        let store = harness.app.opened().await.unwrap().stores.of(account).await.unwrap().store;
        store.create_upload(&ObjectRef::new("bucket", key), &ObjectSettings::default()).await.unwrap().0
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
    let held = harness.ok("measure_upload", named.clone());
    assert_eq!((&held["parts"], &held["size_bytes"], &held["in_use"]), (&json!(1), &json!(PART), &json!(true)));
    assert!(held["last_part_ms"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!((&held["parts_planned"], &held["source"]), (&Value::Null, &Value::Null), "nobody here knows its file");

    // Of another file it is refused, with the reason, and nothing is changed.
    let other = harness.file("other.mp4", PART - 1);
    let of =
        |path: &str| json!({ "bucket": "bucket", "key": "film.mp4", "uploadId": id, "path": path, "checkpoint": null });
    let adopt = |path: &str| {
        let mut arguments = of(path);
        arguments["conflict"] = json!("fail");
        arguments
    };
    assert_eq!(harness.error("adopt_upload", adopt(&other))["code"], "upload_mismatch");
    assert_eq!(harness.error("compare_upload", of(&other))["code"], "upload_mismatch");
    let compared = harness.ok("compare_upload", of(&path));
    assert_eq!((&compared["parts"], &compared["held_bytes"]), (&json!("v."), &json!(PART)));
    assert_eq!((&compared["size_bytes"], &compared["part_size_bytes"]), (&json!(PART + 7), &json!(PART)));
    assert_eq!(rows(&harness).len(), 1, "comparing changes nothing");
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
    let transfer = under_way(&harness);
    let stray = begun_elsewhere(&harness, &account, "stray", &[7; PART]);
    let ours = rows(&harness).into_iter().find(|row| row["key"] == "film.mp4").expect("it is under way");
    assert_eq!((&ours["needed_by"], &ours["transfer"]["id"]), (&transfer, &transfer));
    assert_eq!(ours["transfer"]["state"], "transferring");
    let ours_now = || {
        let named = json!({ "bucket": "bucket", "key": "film.mp4", "uploadId": ours["upload_id"] });
        harness.ok("measure_upload", named)
    };
    assert_eq!((&ours_now()["parts_planned"], &ours_now()["source"]), (&json!(4), &json!("there")));
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
        json!({ "id": account, "keys": keys, "progress": "__CHANNEL__:8" })
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

#[test]
fn a_clean_up_leaves_alone_what_a_transfer_needs_and_what_somebody_still_sends_to() {
    let harness = Harness::new();
    let server = server(&harness);
    let account = connect(&harness, &server);
    under_way(&harness);
    let busy = begun_elsewhere(&harness, &account, "busy", &[7; PART]);
    // Begun, and nothing was sent yet.
    let begun = begun(&harness, &account, "begun");
    let named = |row: &Value| json!({ "key": row["key"], "upload_id": row["upload_id"] });
    let all: Vec<Value> = rows(&harness).iter().map(named).collect();
    assert_eq!(all.len(), 3);
    let cleaned = harness.ok("clean_up_uploads", json!({ "bucket": "bucket", "uploads": all }));
    let outcome = |id: &str| {
        let cleaned = cleaned.as_array().unwrap();
        cleaned.iter().find(|one| one["upload_id"] == id).unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!((outcome(&busy), outcome(&begun)), ("in_use".into(), "in_use".into()));
    let left = rows(&harness);
    let ours = left.iter().find(|row| row["key"] == "film.mp4").expect("it is still there");
    assert_eq!(outcome(ours["upload_id"].as_str().unwrap()), "needed");
    assert_eq!(left.len(), 3);
    let named = json!({ "bucket": "bucket", "key": "begun", "uploadId": begun });
    assert_eq!(harness.ok("measure_upload", named)["in_use"], true);
}

#[test]
fn what_was_begun_just_now_is_left_alone_however_late_the_clock_of_the_store_is() {
    let harness = Harness::new();
    // By our clock all that is done there was done eleven minutes ago, or two hours ago.
    for late_seconds in [11 * 60, 2 * 60 * 60] {
        let server = server_with_clock(&harness, -late_seconds);
        let account = connect(&harness, &server);
        let (begun, busy) =
            (begun(&harness, &account, "begun"), begun_elsewhere(&harness, &account, "busy", &[7; PART]));
        for (key, id) in [("begun", begun), ("busy", busy)] {
            let named = json!({ "bucket": "bucket", "key": key, "uploadId": id });
            assert_eq!(harness.ok("measure_upload", named.clone())["in_use"], true, "{key} {late_seconds}");
            let uploads = json!([{ "key": key, "upload_id": id }]);
            let cleaned = harness.ok("clean_up_uploads", json!({ "bucket": "bucket", "uploads": uploads }));
            assert_eq!(cleaned[0]["outcome"], "in_use", "{key} {late_seconds}");
            harness.ok("abort_upload", named);
        }
        tauri::async_runtime::block_on(server.stop());
    }
}

#[test]
fn a_clean_up_aborts_what_was_begun_some_time_ago_and_says_what_the_store_refuses() {
    let harness = Harness::new();
    let earlier = server_with_clock(&harness, -11 * 60);
    let account = connect(&harness, &earlier);
    // Keys that begin with the same letters do not stand for it.
    let ids = ["idle", "idle2", "idl"].map(|key| begun(&harness, &account, key));
    // Eleven minutes later.
    tauri::async_runtime::block_on(earlier.stop());
    let server = server(&harness);
    connect(&harness, &server);
    let clean = |key: &str, id: &str| {
        let uploads = json!([{ "key": key, "upload_id": id }]);
        harness.ok("clean_up_uploads", json!({ "bucket": "bucket", "uploads": uploads }))[0].clone()
    };
    let named = json!({ "bucket": "bucket", "key": "idle", "uploadId": ids[0] });
    assert_eq!(harness.ok("measure_upload", named)["in_use"], false);
    assert_eq!(clean("idle", &ids[0])["outcome"], "aborted");
    assert_eq!(rows(&harness).len(), 2);

    let denied = json!({ "rules": [
        { "verb": "AbortMultipartUpload", "when": { "every": 1 }, "fault": { "status": { "code": 403, "tos_code": "AccessDenied" } } }
    ] });
    server.set_faults(serde_json::from_value(denied).unwrap()).unwrap();
    let cleaned = clean("idle2", &ids[1]);
    assert_eq!((&cleaned["outcome"], &cleaned["why"]["code"]), (&json!("failed"), &json!("forbidden")));
}

#[test]
fn a_file_that_changed_or_went_is_told_beside_the_upload_that_needs_it() {
    let harness = Harness::new();
    let server = server(&harness);
    connect(&harness, &server);
    let transfer = under_way(&harness);
    harness.ok("pause", json!({ "ids": [transfer] }));
    harness.until(&transfer, &["paused"]);
    let upload = rows(&harness)[0]["upload_id"].clone();
    let named = json!({ "bucket": "bucket", "key": "film.mp4", "uploadId": upload });
    let source = || harness.ok("measure_upload", named.clone())["source"].clone();
    // What was being opened when the pause came is told a moment before it is recorded.
    harness.until_answer("measure_upload", named.clone(), |measured| measured["source"] == "there");
    let path = harness.folder.path().join("film.mp4");
    std::fs::write(&path, "another").unwrap();
    assert_eq!(source(), "changed");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(source(), "missing");
}

#[test]
fn the_checkpoint_of_an_sdk_names_its_upload_and_helps_to_prove_its_parts() {
    let harness = Harness::new();
    let server = server(&harness);
    let account = connect(&harness, &server);
    let path = harness.file("film.mp4", PART + 7);
    let bytes = std::fs::read(&path).unwrap();
    let id = begun_elsewhere(&harness, &account, "film.mp4", &bytes);
    // As the Python SDK leaves it.
    let file = std::fs::metadata(&path).unwrap();
    let modified = file.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let checkpoint = crate::read("crates/tos/tests/sdk_checkpoints/python_upload_checkpoint.json");
    let mut written: Value = serde_json::from_str(&checkpoint).unwrap();
    for (name, value) in [("bucket", json!("bucket")), ("key", json!("film.mp4")), ("upload_id", json!(id))] {
        written[name] = value;
    }
    written["file_path"] = json!(path);
    written["file_info"] = json!({ "last_modified": modified, "file_size": PART + 7 });
    written["part_size"] = json!(PART);
    written["parts_info"] = json!([]);
    let at = harness.folder.path().join("film.mp4.upload");
    std::fs::write(&at, written.to_string()).unwrap();
    let view = harness.ok("read_checkpoint", json!({ "path": at }));
    assert_eq!((&view["bucket"], &view["key"], &view["upload_id"]), (&json!("bucket"), &json!("film.mp4"), &json!(id)));
    assert_eq!((&view["file"], &view["size_bytes"]), (&json!(path), &json!(PART + 7)));
    let adopt = json!({ "bucket": "bucket", "key": "film.mp4", "uploadId": id, "path": path, "conflict": "fail", "checkpoint": at });
    let adopted = harness.ok("adopt_upload", adopt);
    assert_eq!(adopted["parts_held"], 1);
    assert_eq!(harness.until(&adopted["id"], &["done_verified", "failed"])["row"]["state"], "done_verified");

    // A file that is not where it was is not offered.
    std::fs::write(&path, "shorter").unwrap();
    let view = harness.ok("read_checkpoint", json!({ "path": at }));
    assert_eq!((&view["file"], &view["recorded_file"]), (&Value::Null, &json!(path)));
    let refused = |name: &str| {
        let path = crate::repository(&format!("crates/tos/tests/sdk_checkpoints/{name}"));
        harness.error("read_checkpoint", json!({ "path": path }))["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("python_download_checkpoint.json"), "checkpoint_not_upload");
    assert_eq!(refused("go_copy_checkpoint.json"), "checkpoint_not_upload");
    std::fs::write(&at, "{ \"bucket\": ").unwrap();
    assert_eq!(harness.error("read_checkpoint", json!({ "path": at }))["code"], "not_a_checkpoint");
}
