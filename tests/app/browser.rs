//! The bucket browser's commands, as the page calls them: links, folders, deleting, bookmarks, one version.

use serde_json::{Value, json};
use store::{ObjectRef, ObjectSettings, PutCondition, UploadBody};
use tos_local::{Options, Server};

use crate::harness::{Harness, connect_form};

fn practice() -> Harness {
    let harness = Harness::new();
    harness.ok("connect_practice", json!({}));
    harness
}

fn put(harness: &Harness, bucket: &str, key: &str, text: &str) -> Option<String> {
    tauri::async_runtime::block_on(async {
        let (_, open) = harness.app.current_store().await.unwrap();
        let (object, body) = (ObjectRef::new(bucket, key), UploadBody::from_bytes(text.as_bytes().to_vec()));
        let settings = ObjectSettings::default();
        open.store.put_object(&object, &settings, PutCondition::Always, body).await.unwrap().version.map(|id| id.0)
    })
}

fn keys(harness: &Harness, bucket: &str, prefix: &str) -> Vec<String> {
    let page = harness.ok("list_objects", json!({ "bucket": bucket, "prefix": prefix, "after": null }));
    page["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_folder_is_there_and_its_name_is_taken_then() {
    let harness = practice();
    let folder = |name: &str| json!({ "bucket": "practice", "prefix": "a/", "name": name });
    assert_eq!(harness.ok("create_folder", folder("字幕 1")), "a/字幕 1/");
    assert_eq!(keys(&harness, "practice", "a/"), ["a/字幕 1/"]);
    assert_eq!(keys(&harness, "practice", "a/字幕 1/"), [""; 0], "the folder's own object is no row of it");
    let taken = harness.error("create_folder", folder("字幕 1"));
    assert_eq!((&taken["code"], &taken["params"]["name"]), (&json!("already_exists"), &json!("字幕 1")));
    for name in ["", "b/c", ".."] {
        assert_eq!(harness.error("create_folder", folder(name))["code"], "invalid_name", "{name}");
    }
}

#[test]
fn a_folder_is_measured_and_deleted_with_all_its_levels_and_nothing_beside_it() {
    let harness = practice();
    for key in ["logs/a", "logs/deep/b", "logs-of-last-year/c", "d"] {
        put(&harness, "practice", key, "12345");
    }
    let logs = json!({ "bucket": "practice", "prefix": "logs/", "after": null });
    assert_eq!(harness.ok("measure_folder", logs.clone()), json!({ "objects": 2, "size_bytes": 10, "next": null }));
    assert_eq!(harness.ok("delete_folder", logs), json!({ "deleted": 2, "failed": [], "next": null }));
    assert_eq!(keys(&harness, "practice", ""), ["logs-of-last-year/", "d"]);
    for prefix in ["", "logs"] {
        let whole = json!({ "bucket": "practice", "prefix": prefix, "after": null });
        assert_eq!(harness.error("delete_folder", whole)["code"], "invalid_name", "“{prefix}”");
    }
    assert_eq!(keys(&harness, "practice", "").len(), 2);
}

#[test]
fn more_than_a_page_is_deleted_page_by_page() {
    let harness = practice();
    tauri::async_runtime::block_on(async {
        let (_, open) = harness.app.current_store().await.unwrap();
        for n in 0..1_001 {
            let object = ObjectRef::new("practice", format!("many/{n:04}"));
            let body = UploadBody::from_bytes(vec![1]);
            open.store.put_object(&object, &ObjectSettings::default(), PutCondition::Always, body).await.unwrap();
        }
    });
    let many = |after: &Value| json!({ "bucket": "practice", "prefix": "many/", "after": after });
    let first = harness.ok("measure_folder", many(&Value::Null));
    assert_eq!(first["objects"], 1_000);
    assert_eq!(harness.ok("measure_folder", many(&first["next"]))["objects"], 1);
    let first = harness.ok("delete_folder", many(&Value::Null));
    assert_eq!(first["deleted"], 1_000);
    assert_eq!(harness.ok("delete_folder", many(&first["next"])), json!({ "deleted": 1, "failed": [], "next": null }));
    assert_eq!(keys(&harness, "practice", "many/"), [""; 0]);
}

#[test]
fn objects_are_deleted_by_name_and_too_many_at_once_are_refused() {
    let harness = practice();
    put(&harness, "practice", "a", "1");
    put(&harness, "practice", "b", "1");
    let delete = |keys: Vec<String>| json!({ "bucket": "practice", "keys": keys });
    let done = harness.ok("delete_objects", delete(vec!["a".into(), "was-never-there".into()]));
    assert_eq!(done, json!({ "deleted": 2, "failed": [], "next": null }));
    assert_eq!(keys(&harness, "practice", ""), ["b"]);
    assert_eq!(harness.ok("delete_objects", delete(vec![]))["deleted"], 0);
    let many = (0..1_001).map(|n| n.to_string()).collect();
    assert_eq!(harness.error("delete_objects", delete(many))["code"], "invalid_option");
}

#[test]
fn a_link_downloads_the_object_without_a_key_and_lives_as_long_as_asked() {
    let harness = practice();
    put(&harness, "practice", "通告单 1+2.txt", "day 12");
    let link = |expires_s: u64| json!({ "bucket": "practice", "key": "通告单 1+2.txt", "expiresS": expires_s });
    let view = harness.ok("presign_object", link(3_600));
    let url = view["url"].as_str().unwrap();
    assert!(url.contains("X-Tos-Expires=3600"), "{url}");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let left = view["expires_ms"].as_i64().unwrap() - now;
    assert!((3_500_000..=3_600_000).contains(&left), "{left}");
    assert_eq!(fetch(url), "day 12");
    for expires_s in [0, 604_801] {
        assert_eq!(harness.error("presign_object", link(expires_s))["code"], "invalid_option", "{expires_s}");
    }
}

/// The body of a plain GET; the practice server closes the connection when it is asked to.
fn fetch(url: &str) -> String {
    use std::io::{Read as _, Write as _};
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

#[test]
fn bookmarks_belong_to_the_account_and_survive_a_restart() {
    let harness = Harness::new();
    assert_eq!(harness.error("bookmarks", json!({}))["code"], "no_account");
    harness.ok("connect_practice", json!({}));
    let mark = |prefix: &str| json!({ "bookmark": { "bucket": "practice", "prefix": prefix } });
    harness.ok("add_bookmark", mark("raw/2026/11/"));
    harness.ok("add_bookmark", mark(""));
    assert_eq!(harness.ok("add_bookmark", mark("raw/2026/11/")).as_array().unwrap().len(), 2, "kept once");
    let harness = Harness::on(harness.close(), Default::default());
    let left = harness.ok("remove_bookmark", mark(""));
    assert_eq!(left, json!([{ "bucket": "practice", "prefix": "raw/2026/11/" }]));
    assert_eq!(harness.ok("bookmarks", json!({})), left);
}

#[test]
fn an_older_version_comes_down_as_it_was() {
    let harness = Harness::new();
    let options = Options {
        root: harness.folder.path().join("store"),
        buckets: vec![tos_local::BucketSpec { name: "bucket".into(), region: None, versioning: true }],
        ..Options::default()
    };
    let server = tauri::async_runtime::block_on(Server::start(options)).unwrap();
    let form = connect_form(json!({
        "access_key": tos_local::PRACTICE_ACCESS_KEY, "secret_key": tos_local::PRACTICE_SECRET_KEY,
        "endpoint": server.endpoint(), "bucket": "bucket",
    }));
    harness.ok("connect", form);
    let old = put(&harness, "bucket", "a/plan.txt", "the old plan");
    put(&harness, "bucket", "a/plan.txt", "the new plan, which is longer");
    let folder = harness.folder.path().join("down");
    std::fs::create_dir(&folder).unwrap();
    let down = json!({
        "bucket": "bucket", "key": "a/plan.txt", "versionId": old, "folder": folder, "conflict": "keep_both",
    });
    let id = harness.ok("add_version_download", down)[0].clone();
    let detail = harness.until(&id, &["done_verified", "failed"]);
    assert_eq!(detail["row"]["state"], "done_verified", "{detail}");
    assert_eq!(std::fs::read_to_string(folder.join("plan.txt")).unwrap(), "the old plan");
}
