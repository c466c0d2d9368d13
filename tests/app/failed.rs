//! What mends failures of one cause at once: the right that is missing, another folder; and what is next in line.

use serde_json::{Value, json};
use tern_lib::desktop::ScriptedDesktop;
use tos_local::{Behaviour, BucketSpec, Server};

use crate::harness::{Ear, Harness};

fn world() -> (Harness, Server) {
    Harness::with_server(Behaviour::default(), BucketSpec { name: "media".into(), region: None, versioning: false })
}

fn refuse(server: &Server, verb: &str) {
    let denied = json!({ "status": { "code": 403, "tos_code": "AccessDenied" } });
    let rules = json!({ "rules": [{ "verb": verb, "when": { "every": 1 }, "fault": denied }] });
    server.set_faults(serde_json::from_value(rules).unwrap()).unwrap();
}

fn upload(harness: &Harness, prefix: &str, path: String) -> Value {
    let arguments = json!({ "bucket": "media", "prefix": prefix, "paths": [path], "conflict": "fail" });
    harness.ok("add_uploads", arguments)[0].clone()
}

fn download(harness: &Harness, key: &str, folder: &std::path::Path) -> Value {
    let arguments = json!({ "bucket": "media", "objects": [{ "key": key }], "folder": folder, "conflict": "fail" });
    harness.ok("add_downloads", arguments)[0].clone()
}

fn only_group(harness: &Harness) -> Value {
    let groups = harness.ok("failed_groups", json!({}));
    assert_eq!(groups["groups"].as_array().unwrap().len(), 1, "{groups}");
    groups["groups"][0].clone()
}

#[test]
fn a_missing_right_is_named_and_a_policy_says_what_would_allow_it() {
    let (harness, server) = world();
    for (verb, size_bytes, prefix) in
        [("PutObject", 9, "weddings/private/ceremony/"), ("CreateMultipartUpload", 30 << 20, "weddings/private/")]
    {
        refuse(&server, verb);
        let id = upload(&harness, prefix, harness.file(verb, size_bytes));
        harness.until(&id, &["failed"]);
        let right = json!({ "actions": ["tos:PutObject"], "resource": format!("media/{prefix}*") });
        let group = only_group(&harness);
        assert_eq!((&group["code"], &group["needs"]), (&json!("forbidden"), &right));
        assert_eq!(group["downloads"], false);
        let rows = harness.ok("failed_rows", json!({ "code": "forbidden", "after": null, "limit": 1 }));
        assert_eq!(rows["rows"][0]["answer"]["operation"], verb, "{rows}");
    }
    let text = harness.ok("failed_policy", json!({ "code": "forbidden" }));
    let policy: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!((&statement["Effect"], policy["Statement"].as_array().unwrap().len()), (&json!("Allow"), 1));
    assert_eq!(statement["Resource"], json!(["trn:tos:::media/weddings/private/*"]));
    assert!(statement["Action"].as_array().unwrap().contains(&json!("tos:PutObject")), "{policy}");
    assert_eq!(harness.error("failed_policy", json!({ "code": "nonsense" }))["code"], "internal");
}

#[test]
fn downloads_that_a_folder_cannot_take_begin_anew_in_another_one() {
    let (harness, _server) = world();
    let file = harness.file("a.bin", 3000);
    for prefix in ["one/", "two/"] {
        harness.until(&upload(&harness, prefix, file.clone()), &["done_verified"]);
    }
    // Files stand where the folders of the downloads would have to be made.
    let taken = harness.folder.path().join("taken");
    std::fs::write(&taken, "x").unwrap();
    for (key, folder) in [("one/a.bin", "one"), ("two/a.bin", "two")] {
        harness.until(&download(&harness, key, &taken.join(folder)), &["failed"]);
    }
    let group = only_group(&harness);
    let change = json!({ "code": group["code"] });
    assert_eq!((&group["count"], &group["downloads"], &group["needs"]), (&json!(2), &json!(true), &Value::Null));

    let answers = harness.folder.path().join("answers");
    harness.app.set_desktop(Box::new(ScriptedDesktop { answers: answers.clone() }));
    assert_eq!(harness.ok("change_failed_folder", change.clone()), Value::Null, "the dialog was closed");
    assert_eq!(only_group(&harness)["count"], 2);

    let free = harness.folder.path().join("free");
    std::fs::write(&answers, free.display().to_string()).unwrap();
    let begun = harness.ok("change_failed_folder", change);
    assert_eq!((&begun["count"], &begun["begun_anew"]), (&json!(2), &json!(0)));
    assert_eq!(begun["folder"], free.display().to_string());
    assert_eq!(harness.ok("failed_groups", json!({}))["total"], 0);
    let ear = Ear::of(&harness.app);
    ear.hear(|push| push["pulse"]["counts"]["done"] == 4);
    for name in ["one/a.bin", "two/a.bin"] {
        assert_eq!(std::fs::read(free.join(name)).unwrap(), std::fs::read(&file).unwrap(), "{name}");
    }
    assert!(begun["undo"].is_number(), "{begun}");
    assert_eq!(harness.ok("undo", json!({ "number": begun["undo"] })), true);
    assert_eq!(only_group(&harness)["count"], 2, "the failed ones are back");
}

#[test]
fn another_folder_that_is_the_same_folder_lets_them_go_on_where_they_are() {
    let (harness, _server) = world();
    let file = harness.file("a.bin", 3000);
    harness.until(&upload(&harness, "one/", file.clone()), &["done_verified"]);
    let folder = harness.folder.path().join("taken");
    std::fs::write(&folder, "x").unwrap();
    let id = download(&harness, "one/a.bin", &folder);
    harness.until(&id, &["failed"]);
    std::fs::remove_file(&folder).unwrap();
    let answers = harness.folder.path().join("answers");
    std::fs::write(&answers, folder.display().to_string()).unwrap();
    harness.app.set_desktop(Box::new(ScriptedDesktop { answers }));
    let code = only_group(&harness)["code"].clone();
    let begun = harness.ok("change_failed_folder", json!({ "code": code }));
    assert_eq!((&begun["count"], &begun["begun_anew"], &begun["undo"]), (&json!(1), &json!(0), &Value::Null));
    assert_eq!(harness.until(&id, &["done_verified", "failed"])["row"]["state"], "done_verified");
    assert_eq!(std::fs::read(folder.join("a.bin")).unwrap(), std::fs::read(&file).unwrap());
}

#[test]
fn what_is_next_in_line_says_when_it_will_probably_begin() {
    let (harness, _server) = world();
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": 4 << 20, "download_bytes_s": null } }));
    // As many as move at once, and two behind them.
    let mut settings = harness.ok("get_settings", json!({}));
    settings["transfers_max"] = json!(1);
    harness.ok("set_settings", json!({ "settings": settings }));
    let first = upload(&harness, "", harness.file("first.bin", 40 << 20));
    harness.until(&first, &["transferring"]);
    upload(&harness, "", harness.file("second.bin", 9));
    upload(&harness, "", harness.file("third.bin", 9));
    let starts = |page: &Value| -> Vec<Option<f64>> {
        page["rows"].as_array().unwrap().iter().map(|row| row["starts_in_s"].as_f64()).collect()
    };
    let ask = json!({ "filter": "active", "after": null, "limit": 50 });
    // Their sizes are known from the folder, before they have begun.
    let page = harness.until_answer(
        "transfers",
        ask,
        |page| matches!(starts(page)[..], [None, Some(second), Some(third)] if second > 0.0 && third >= second),
    );
    assert_eq!(page["rows"][2]["size_bytes"], 9);
}

#[test]
fn a_pulse_says_whether_the_computer_is_kept_awake_and_has_a_network() {
    let (harness, _server) = world();
    let ear = Ear::of(&harness.app);
    harness.ok("set_keep_awake", json!({ "on": false }));
    let off = ear.hear(|push| push["pulse"]["awake"] == "off");
    assert!(["online", "offline"].contains(&off["pulse"]["network"].as_str().unwrap()), "{off}");
    harness.ok("set_keep_awake", json!({ "on": true }));
    ear.hear(|push| push["pulse"]["awake"] == "idle");
}
