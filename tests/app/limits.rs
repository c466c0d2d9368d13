//! Speed limits, the timetable, own limits and priority, as the page sets them.

use serde_json::{Value, json};

use crate::harness::{Ear, Harness};

const PART_BYTES: usize = 20 << 20;

fn connected() -> Harness {
    let harness = Harness::new();
    harness.ok("connect_practice", json!({}));
    harness
}

fn upload(harness: &Harness, name: &str, size_bytes: usize) -> Value {
    let path = harness.file(name, size_bytes);
    let arguments = json!({ "bucket": "practice", "prefix": "", "paths": [path], "conflict": "fail" });
    harness.ok("add_uploads", arguments)[0].clone()
}

fn set(harness: &Harness, upload: Value, download: Value) -> Value {
    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": upload, "download_bytes_s": download } }))
}

fn row(harness: &Harness, id: &Value) -> Value {
    harness.ok("transfer_detail", json!({ "id": id }))["row"].clone()
}

#[test]
fn zero_stops_without_a_failure_and_is_another_thing_than_no_limit() {
    let harness = connected();
    set(&harness, json!(4e6), Value::Null);
    let id = upload(&harness, "a.bin", 2 * PART_BYTES);
    harness.until(&id, &["transferring"]);
    let ear = Ear::of(&harness.app);
    let answer = set(&harness, json!(0), json!(null));
    assert_eq!((&answer["upload_bytes_s"], &answer["download_bytes_s"]), (&json!(0.0), &Value::Null));
    let stopped = harness.until(&id, &["waiting"])["row"].clone();
    assert_eq!(stopped["limit"], json!({ "bytes_s": 0.0, "source": "general", "until_ms": null }));
    assert_eq!(stopped["why"], Value::Null);
    ear.hear(|push| push["pulse"]["limits"]["upload"]["bytes_s"] == 0.0);

    let harness = Harness::on(harness.close(), Default::default());
    assert_eq!(harness.ok("get_limits", json!({}))["upload_bytes_s"], 0.0, "it stays stopped after a restart");
    assert_eq!(harness.until(&id, &["waiting"])["row"]["state"], "waiting");
    set(&harness, Value::Null, Value::Null);
    let detail = harness.until(&id, &["done_verified", "failed"]);
    assert_eq!((&detail["row"]["state"], &detail["retries"]), (&json!("done_verified"), &json!(0)), "{detail}");
}

#[test]
fn the_timetable_is_kept_says_why_and_yields_to_an_hour_of_full_speed() {
    let harness = connected();
    set(&harness, json!(3e6), Value::Null);
    let settings = harness.ok("get_limits", json!({}));
    assert_eq!((&settings["timetable_on"], &settings["timetable"]), (&json!(false), &json!("f".repeat(168))));
    assert!(settings["zone_offset_s"].as_i64().unwrap().abs() <= 14 * 3600);
    let stops = "s".repeat(168);
    harness.ok("set_timetable", json!({ "on": true, "timetable": stops }));
    let id = upload(&harness, "a.bin", PART_BYTES);
    let held = harness.until(&id, &["waiting"])["row"]["limit"].clone();
    assert_eq!(held, json!({ "bytes_s": 0.0, "source": "timetable", "until_ms": null }));

    let full = harness.ok("set_full_speed", json!({ "on": true }));
    let now_ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let left_ms = full["full_speed_until_ms"].as_i64().unwrap() - now_ms;
    assert!((3_500_000..=3_600_000).contains(&left_ms), "{left_ms}");
    harness.until(&id, &["done_verified"]);

    let harness = Harness::on(harness.close(), Default::default());
    let kept = harness.ok("get_limits", json!({}));
    assert_eq!(kept["full_speed_until_ms"], full["full_speed_until_ms"]);
    assert_eq!((&kept["timetable_on"], &kept["timetable"]), (&json!(true), &json!(stops)));
    let ended = harness.ok("set_full_speed", json!({ "on": false }));
    assert_eq!(ended["full_speed_until_ms"], Value::Null);
    harness.ok("set_full_speed", json!({ "on": true }));
    let moved = set(&harness, json!(2e6), Value::Null);
    assert_eq!(moved["full_speed_until_ms"], Value::Null, "whoever moves a limit wants to see it act");
}

#[test]
fn a_transfers_own_limit_holds_is_shown_and_is_kept() {
    let harness = connected();
    set(&harness, json!(4e6), Value::Null);
    let id = upload(&harness, "a.bin", 3 * PART_BYTES);
    harness.ok("set_transfer_limit", json!({ "ids": [id], "bytesS": 1e6 }));
    harness.until(&id, &["transferring"]);
    let shown = row(&harness, &id);
    assert_eq!(shown["own_limit_bytes_s"], 1e6);
    assert_eq!(shown["limit"], json!({ "bytes_s": 1e6, "source": "own", "until_ms": null }));
    let ear = Ear::of(&harness.app);
    ear.hear(|push| push["pulse"]["limits"]["own_count"] == 1 && push["pulse"]["limits"]["own_lowest_bytes_s"] == 1e6);
    set(&harness, json!(5e5), Value::Null);
    assert_eq!(row(&harness, &id)["limit"]["source"], "general", "the lowest holds and is named");

    let harness = Harness::on(harness.close(), Default::default());
    assert_eq!(row(&harness, &id)["own_limit_bytes_s"], 1e6);
    // Asking for the same again goes on with it, however fast it may go.
    let path = harness.folder.path().join("a.bin").display().to_string();
    let again = json!({ "bucket": "practice", "prefix": "", "paths": [path], "conflict": "fail" });
    assert_eq!(harness.ok("add_uploads", again)[0], id);
    set(&harness, Value::Null, Value::Null);
    harness.ok("set_transfer_limit", json!({ "ids": [id], "bytesS": null }));
    assert_eq!(harness.until(&id, &["done_verified", "failed"])["row"]["own_limit_bytes_s"], Value::Null);
}

#[test]
fn a_priority_is_a_place_in_line_and_is_shown() {
    let harness = connected();
    set(&harness, json!(0), Value::Null);
    let ids: Vec<Value> = (0..4).map(|n| upload(&harness, &format!("{n}.bin"), 10)).collect();
    harness.ok("set_priority", json!({ "ids": [ids[2]], "priority": "high" }));
    harness.ok("set_priority", json!({ "ids": [ids[0]], "priority": "low" }));
    let page = harness.ok("transfers", json!({ "filter": "waiting", "after": null, "limit": 9 }));
    let found: Vec<_> = page["rows"].as_array().unwrap().iter().map(|row| (&row["id"], &row["priority"])).collect();
    let expected = [(2, "high"), (1, "normal"), (3, "normal"), (0, "low")].map(|(at, word)| (&ids[at], json!(word)));
    assert_eq!(found, expected.iter().map(|(id, word)| (*id, word)).collect::<Vec<_>>());
    harness.ok("set_priority", json!({ "ids": [ids[2]], "priority": "normal" }));
    assert_eq!(row(&harness, &ids[2])["priority"], "normal");
}

#[test]
fn what_is_no_limit_is_refused_and_changes_nothing() {
    let harness = connected();
    set(&harness, json!(7e6), Value::Null);
    let before = harness.ok("get_limits", json!({}));
    for (command, arguments) in [
        ("set_limits", json!({ "limits": { "upload_bytes_s": 0.5, "download_bytes_s": null } })),
        ("set_limits", json!({ "limits": { "upload_bytes_s": -1, "download_bytes_s": null } })),
        ("set_timetable", json!({ "on": true, "timetable": "fls" })),
        ("set_timetable", json!({ "on": true, "timetable": "x".repeat(168) })),
        ("set_transfer_limit", json!({ "ids": [], "bytesS": 0 })),
    ] {
        assert_eq!(harness.error(command, arguments.clone())["code"], "invalid_option", "{command} {arguments}");
    }
    assert_eq!(harness.ok("get_limits", json!({})), before);
    assert_eq!(harness.error("set_transfer_limit", json!({ "ids": [99], "bytesS": null }))["code"], "internal");
}
