//! The commands, as the page calls them, against a real engine and a real practice server.

use serde_json::{Value, json};

use crate::harness::{Ear, Harness, connect_form};

const PART_BYTES: usize = 20 << 20;

fn connected() -> Harness {
    let harness = Harness::new();
    harness.allow_unused();
    let account = harness.ok("connect_practice", json!({}));
    assert_eq!(account["practice"], true);
    harness
}

fn upload(harness: &Harness, path: &str, conflict: &str) -> Value {
    let arguments = json!({ "bucket": "practice", "prefix": "in/", "paths": [path], "conflict": conflict });
    harness.ok("add_uploads", arguments)[0].clone()
}

fn rows(harness: &Harness, filter: &str) -> Value {
    harness.ok("transfers", json!({ "filter": filter, "after": null, "limit": 50 }))
}

#[test]
fn a_first_start_has_no_account_and_says_so() {
    let harness = Harness::new();
    let status = harness.ok("app_status", json!({}));
    assert_eq!((&status["account"], &status["notice"]), (&Value::Null, &Value::Null));
    assert_eq!(harness.error("list_buckets", json!({}))["code"], "no_account");
}

#[test]
fn the_practice_account_has_two_buckets_and_takes_a_third() {
    let harness = connected();
    harness.ok("create_bucket", json!({ "name": "another" }));
    let buckets = harness.ok("list_buckets", json!({}));
    let names: Vec<_> = buckets.as_array().unwrap().iter().map(|bucket| bucket["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["another", "practice", "practice-copy", "practice-far"]);
    assert_eq!(harness.error("create_bucket", json!({ "name": "another" }))["code"], "already_exists");
    assert_eq!(harness.error("create_bucket", json!({ "name": "No Such" }))["code"], "invalid_name");
}

#[test]
fn a_file_goes_up_is_verified_copied_and_comes_down_the_same() {
    let harness = connected();
    let ear = Ear::of(&harness.app);
    let path = harness.file("报告 2.bin", PART_BYTES + 1);
    let id = upload(&harness, &path, "fail");
    let detail = harness.until(&id, &["done_verified", "failed"]);
    assert_eq!(detail["row"]["state"], "done_verified", "{detail}");
    assert_eq!((&detail["parts"], &detail["parts_confirmed"]), (&json!("vv"), &json!(2)));
    assert_eq!(detail["source_crc64"], detail["target_crc64"]);
    ear.hear(|push| push["type"] == "ended" && push["row"]["id"] == id && push["row"]["state"] == "done_verified");
    let idle = |push: &Value| push["pulse"]["counts"]["done"] == 1 && push["pulse"]["upload_bytes_s"] == 0.0;
    ear.hear(|push| push["type"] == "pulse" && idle(push));

    let page = harness.ok("list_objects", json!({ "bucket": "practice", "prefix": "in/", "after": null }));
    assert_eq!(
        (&page["rows"][0]["name"], &page["rows"][0]["size_bytes"]),
        (&json!("报告 2.bin"), &json!(PART_BYTES + 1))
    );

    let key = "in/报告 2.bin";
    let copy = json!({ "bucket": "practice", "objects": [{ "key": key }], "toBucket": "practice-copy", "toPrefix": "", "conflict": "fail" });
    let copy = harness.ok("add_copies", copy)[0].clone();
    assert_eq!(harness.until(&copy, &["done_verified", "failed"])["row"]["state"], "done_verified");

    let route = |to: &str| harness.ok("copy_route", json!({ "bucket": "practice", "toBucket": to }));
    assert_eq!((route("practice-copy"), route("practice-far")), (json!("inside"), json!("relay")));
    let far = json!({ "bucket": "practice", "objects": [{ "key": key }], "toBucket": "practice-far", "toPrefix": "", "conflict": "fail" });
    let far = harness.ok("add_copies", far)[0].clone();
    assert_eq!(harness.until(&far, &["done_verified", "failed"])["row"]["state"], "done_verified");

    let folder = harness.folder.path().join("down");
    std::fs::create_dir(&folder).unwrap();
    let down =
        json!({ "bucket": "practice-far", "objects": [{ "key": "报告 2.bin" }], "folder": folder, "conflict": "fail" });
    let down = harness.ok("add_downloads", down)[0].clone();
    assert_eq!(harness.until(&down, &["done_verified", "failed"])["row"]["state"], "done_verified");
    assert!(std::fs::read(folder.join("报告 2.bin")).unwrap() == std::fs::read(&path).unwrap(), "bytes differ");
    assert_eq!(rows(&harness, "done")["total"], 4);
}

#[test]
fn a_paused_upload_stays_paused_over_a_restart_and_then_sends_only_the_rest() {
    let harness = connected();
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": 4e6, "download_bytes_s": null } }));
    let path = harness.file("big.bin", 6 * PART_BYTES);
    let id = upload(&harness, &path, "fail");
    harness.until(&id, &["transferring"]);
    harness.ok("pause", json!({ "ids": [id] }));
    harness.until(&id, &["paused"]);

    let harness = Harness::on(harness.close(), Default::default());
    assert_eq!(harness.ok("app_status", json!({}))["account"]["practice"], true);
    assert_eq!(harness.until(&id, &["paused"])["row"]["actions"]["resume"], true);
    let limits = harness.ok("get_limits", json!({}));
    assert_eq!(limits["upload_bytes_s"], 4e6, "the limit is still in force");
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": null, "download_bytes_s": null } }));
    harness.ok("resume", json!({ "ids": [id] }));
    let detail = harness.until(&id, &["done_verified", "failed"]);
    assert_eq!(detail["row"]["state"], "done_verified", "{detail}");
    assert_eq!(detail["parts"], "vvvvvv");
}

#[test]
fn asking_twice_for_the_same_upload_sends_once() {
    let harness = connected();
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": 1e6, "download_bytes_s": null } }));
    let path = harness.file("a.bin", PART_BYTES);
    let first = upload(&harness, &path, "fail");
    assert_eq!(upload(&harness, &path, "fail"), first);
    harness.ok("cancel", json!({ "ids": [first] }));
}

#[test]
fn a_cancelled_upload_leaves_the_list_and_nothing_in_the_bucket() {
    let harness = connected();
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": 2e6, "download_bytes_s": null } }));
    let path = harness.file("a.bin", 3 * PART_BYTES);
    let id = upload(&harness, &path, "fail");
    harness.until(&id, &["transferring"]);
    let ear = Ear::of(&harness.app);
    harness.ok("cancel", json!({ "ids": [id] }));
    ear.hear(|push| push["type"] == "ended" && push["row"]["id"] == id);
    for filter in ["active", "waiting", "paused", "failed", "done"] {
        assert_eq!(rows(&harness, filter)["total"], 0, "{filter}");
    }
    let page = harness.ok("list_objects", json!({ "bucket": "practice", "prefix": "", "after": null }));
    assert_eq!(page["rows"], json!([]));
}

#[test]
fn a_conflict_fails_with_a_name_or_is_kept_beside_as_asked() {
    let harness = connected();
    let path = harness.file("a.txt", 3);
    harness.until(&upload(&harness, &path, "fail"), &["done_verified"]);
    assert_eq!(harness.until(&upload(&harness, &path, "fail"), &["done_verified"])["row"]["identical"], true);
    std::fs::write(&path, "other").unwrap();
    let failed = harness.until(&upload(&harness, &path, "fail"), &["failed"]);
    assert_eq!(failed["row"]["why"]["code"], "target_exists");
    assert_eq!(failed["row"]["actions"]["retry"], true);
    let kept = json!({ "bucket": "practice", "prefix": "in/", "paths": [path], "conflict": "keep_both" });
    let id = harness.ok("add_uploads", kept)[0].clone();
    harness.until(&id, &["done_verified", "failed"]);
    let page = harness.ok("list_objects", json!({ "bucket": "practice", "prefix": "in/", "after": null }));
    let names: Vec<_> = page["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a (2).txt", "a.txt"]);
}

#[test]
fn what_cannot_work_is_refused_by_code_and_changes_nothing() {
    let harness = connected();
    let folder = harness.folder.path().to_str().unwrap();
    let uploads =
        |bucket: &str, path: &str| json!({ "bucket": bucket, "prefix": "", "paths": [path], "conflict": "fail" });
    for (command, arguments, code) in [
        ("add_uploads", uploads("practice", folder), "folder_not_yet"),
        ("add_uploads", uploads("No Bucket", "/data/a"), "invalid_name"),
        ("add_uploads", uploads("practice", "not/absolute"), "invalid_name"),
        ("set_limits", json!({ "limits": { "upload_bytes_s": 0.5, "download_bytes_s": null } }), "invalid_option"),
        ("list_objects", json!({ "bucket": "nobody-made-this", "prefix": "", "after": null }), "bucket_not_found"),
        ("use_account", json!({ "id": "gone-1" }), "account_missing"),
    ] {
        let error = harness.error(command, arguments.clone());
        assert_eq!(error["code"], code, "{command} {arguments}: {error}");
    }
    for filter in ["active", "waiting", "failed"] {
        assert_eq!(rows(&harness, filter)["total"], 0, "{filter}");
    }
    assert_eq!(harness.ok("get_limits", json!({}))["upload_bytes_s"], Value::Null);
}

#[test]
fn a_source_that_is_gone_fails_with_its_path() {
    let harness = connected();
    let path = harness.folder.path().join("gone.bin").display().to_string();
    let failed = harness.until(&upload(&harness, &path, "fail"), &["failed"]);
    assert_eq!(
        (&failed["row"]["why"]["code"], &failed["row"]["why"]["params"]["path"]),
        (&json!("source_missing"), &json!(path))
    );
}

#[test]
fn an_account_that_does_not_answer_is_not_kept() {
    let harness = Harness::new();
    let form = connect_form(json!({ "access_key": "AKLTx", "secret_key": "s", "endpoint": "http://127.0.0.1:9" }));
    assert_eq!(harness.error("connect", form)["code"], "network");
    assert_eq!(harness.ok("accounts", json!({})), json!([]));
}

#[test]
fn the_practice_server_is_an_account_like_any_other_and_a_wrong_secret_is_refused() {
    let harness = connected();
    let endpoint = harness.ok("connect_practice", json!({}))["endpoint"].clone();
    let form = |secret: &str| {
        connect_form(json!({
            "name": "By hand", "access_key": tos_local::PRACTICE_ACCESS_KEY, "secret_key": secret,
            "endpoint": endpoint, "bucket": "practice",
        }))
    };
    assert_eq!(harness.error("connect", form("wrong"))["code"], "credentials");
    let account = harness.ok("connect", form(tos_local::PRACTICE_SECRET_KEY));
    assert_eq!(
        (&account["name"], &account["bucket"], &account["practice"]),
        (&json!("By hand"), &json!("practice"), &json!(false))
    );
    assert_eq!(
        harness.ok("connect", form(tos_local::PRACTICE_SECRET_KEY))["id"],
        account["id"],
        "it is the same account"
    );
    assert_eq!(harness.ok("accounts", json!({})).as_array().unwrap().len(), 2);
    harness.ok("forget_account", json!({ "id": account["id"] }));
    assert_eq!(harness.error("list_buckets", json!({}))["code"], "no_account");
}

#[test]
fn a_second_app_on_the_folder_says_who_holds_it_and_takes_over_when_that_one_is_gone() {
    let first = connected();
    first.ok("transfers", json!({ "filter": "done", "after": null, "limit": 1 }));
    let folder = accounts::DataFolder::at(first.folder.path().join("data"));
    let app = std::sync::Arc::new(tern_lib::app::App::new(folder, Default::default()));
    let notice = tauri::async_runtime::block_on(app.status()).unwrap().notice.unwrap();
    assert_eq!(notice.code, "data_folder_busy");
    assert!(notice.params["holder"].contains(&std::process::id().to_string()), "{notice:?}");
    let kept = first.close();
    assert!(tauri::async_runtime::block_on(app.status()).unwrap().notice.is_none());
    drop(kept);
}

#[test]
fn a_ledger_that_is_none_is_kept_aside_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("ledger.db"), "my diary, not a database").unwrap();
    let harness = Harness::on(folder, Default::default());
    let notice = harness.ok("app_status", json!({}))["notice"].clone();
    assert_eq!(notice["code"], "ledger_set_aside");
    let aside = notice["params"]["path"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(aside).unwrap(), "my diary, not a database");
}

#[test]
fn settings_come_back() {
    let harness = Harness::new();
    let mut chosen = harness.ok("get_settings", json!({}));
    for (name, value) in [("language", "zh"), ("theme", "dark"), ("download_folder", "/data/in")] {
        chosen[name] = json!(value);
    }
    harness.ok("set_settings", json!({ "settings": chosen }));
    let harness = Harness::on(harness.close(), Default::default());
    assert_eq!(harness.ok("get_settings", json!({})), chosen);
}
