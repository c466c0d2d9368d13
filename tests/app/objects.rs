//! One object and its versions, and what belongs to a bucket, as the page asks for them.

use serde_json::{Value, json};
use store::{ObjectRef, ObjectSettings, PutCondition, UploadBody};

use crate::harness::Harness;

fn connected() -> Harness {
    let harness = Harness::new();
    harness.ok("connect_practice", json!({}));
    harness
}

/// Puts an object as another program would.
fn put(harness: &Harness, key: &str, text: &'static str, storage_class: Option<&str>) {
    let settings = ObjectSettings { storage_class: storage_class.map(str::to_owned), ..ObjectSettings::default() };
    tauri::async_runtime::block_on(async {
        let (_, open) = harness.app.current_store().await.unwrap();
        let (object, body) = (ObjectRef::new("practice", key), UploadBody::from_bytes(text));
        open.store.put_object(&object, &settings, PutCondition::Always, body).await.unwrap();
    });
}

/// Lets objects of the practice bucket be renamed from now on.
fn allow_renames(harness: &Harness) {
    tauri::async_runtime::block_on(async {
        let (_, open) = harness.app.current_store().await.unwrap();
        open.administration.set_rename_enabled("practice", true).await.unwrap();
    });
}

fn of(key: &str) -> Value {
    json!({ "bucket": "practice", "key": key })
}

fn with(key: &str, more: Value) -> Value {
    let mut arguments = of(key);
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    arguments
}

fn versions(harness: &Harness, key: &str) -> Vec<Value> {
    let page = harness.ok("list_versions", json!({ "bucket": "practice", "prefix": key, "after": null }));
    assert_eq!(page["next"], Value::Null);
    page["rows"].as_array().unwrap().clone()
}

fn size(harness: &Harness, key: &str) -> Value {
    harness.ok("get_object_properties", of(key))["size_bytes"].clone()
}

#[test]
fn an_older_version_comes_back_and_a_marker_is_removed() {
    let harness = connected();
    let state = || harness.ok("bucket_versioning", json!({ "bucket": "practice" }));
    assert_eq!(state(), "never");
    harness.ok("set_bucket_versioning", json!({ "bucket": "practice", "on": true }));
    assert_eq!(state(), "enabled");
    put(&harness, "k", "one", None);
    let old = versions(&harness, "k")[0]["version_id"].clone();
    harness.ok("set_object_acl", with("k", json!({ "canned": "public-read" })));
    put(&harness, "k", "newer", None);
    let rows = versions(&harness, "k");
    let facts: Vec<_> = rows.iter().map(|row| (&row["size_bytes"], &row["latest"], &row["delete_marker"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    assert_eq!(facts, [(&json!(5), yes, no), (&json!(3), no, no)]);
    assert!(rows[0]["modified_ms"].as_i64().unwrap() > 1_700_000_000_000);

    let restored = harness.ok("restore_version", with("k", json!({ "versionId": old })));
    assert_eq!((&restored["way"], &restored["acl_kept"]), (&json!("copied"), &json!(true)));
    let newest = &versions(&harness, "k")[0];
    assert_eq!((&newest["version_id"], &newest["latest"]), (&restored["version_id"], yes));
    assert_eq!(size(&harness, "k"), 3);
    assert_eq!(harness.ok("get_object_acl", of("k"))["canned"], "public-read", "the permissions came with it");

    // A deletion is undone by removing its mark.
    tauri::async_runtime::block_on(async {
        let (_, open) = harness.app.current_store().await.unwrap();
        open.store.delete_object(&ObjectRef::new("practice", "k")).await.unwrap();
    });
    assert_eq!(harness.error("get_object_properties", of("k"))["code"], "object_not_found");
    let marker = versions(&harness, "k")[0].clone();
    assert_eq!((&marker["delete_marker"], &marker["size_bytes"]), (yes, &json!(0)));
    harness.ok("delete_version", with("k", json!({ "versionId": marker["version_id"] })));
    assert_eq!(size(&harness, "k"), 3);
    harness.ok("delete_version", with("k", json!({ "versionId": old })));
    assert_eq!(harness.error("restore_version", with("k", json!({ "versionId": old })))["code"], "object_not_found");
    // A version without an id would be the object itself.
    assert_eq!(harness.error("delete_version", with("k", json!({ "versionId": "" })))["code"], "object_not_found");
    assert_eq!(size(&harness, "k"), 3);
}

#[test]
fn properties_permissions_and_tags_are_read_changed_and_read_again() {
    let harness = connected();
    put(&harness, "报告.txt", "text", Some("IA"));
    let settings = json!({
        "content_type": " text/plain ", "cache_control": "no-cache", "content_disposition": null, "content_encoding": "",
        "content_language": null, "expires": null, "metadata": [{ "name": "Owner", "value": "阿明" }],
    });
    harness.ok("set_object_properties", with("报告.txt", json!({ "settings": settings })));
    let told = harness.ok("get_object_properties", of("报告.txt"));
    let expected = json!({
        "content_type": "text/plain", "cache_control": "no-cache", "content_disposition": null, "content_encoding": null,
        "content_language": null, "expires": null, "metadata": [{ "name": "owner", "value": "阿明" }],
    });
    assert_eq!(told["settings"], expected);
    assert_eq!(
        (&told["storage_class"], &told["size_bytes"], &told["restore"]),
        (&json!("IA"), &json!(4), &Value::Null)
    );
    assert!(told["crc64"].is_string() && told["modified_ms"].as_i64().unwrap() > 1_700_000_000_000);

    assert_eq!(harness.ok("get_object_acl", of("报告.txt"))["canned"], "default");
    harness.ok("set_object_acl", with("报告.txt", json!({ "canned": "public-read" })));
    let acl = harness.ok("get_object_acl", of("报告.txt"));
    assert_eq!(acl["canned"], "public-read");
    assert_eq!(acl["grants"][1], json!({ "grantee": "AllUsers", "permission": "READ" }));
    let wrong = harness.error("set_object_acl", with("报告.txt", json!({ "canned": "mine" })));
    assert_eq!((&wrong["code"], &wrong["params"]["value"]), (&json!("invalid_option"), &json!("mine")));

    let tags = json!([{ "key": "项目", "value": "转 码" }, { "key": "empty", "value": "" }]);
    for tags in [tags, json!([])] {
        harness.ok("set_object_tags", with("报告.txt", json!({ "tags": tags })));
        assert_eq!(harness.ok("get_object_tags", of("报告.txt")), tags);
    }
    let twice = json!([{ "key": "k", "value": "1" }, { "key": "k", "value": "2" }]);
    assert_eq!(harness.error("set_object_tags", with("报告.txt", json!({ "tags": twice })))["code"], "invalid_name");
    assert_eq!(harness.error("get_object_acl", of("none"))["code"], "object_not_found");
}

#[test]
fn archived_objects_are_asked_for_one_by_one_and_each_answers_for_itself() {
    let harness = connected();
    put(&harness, "cold", "ice", Some("ARCHIVE"));
    put(&harness, "warm", "tea", None);
    let ask = |keys: Value, days: u32| {
        let arguments = json!({ "bucket": "practice", "keys": keys, "days": days, "tier": "standard" });
        harness.call("restore_archived", arguments)
    };
    let asked = ask(json!(["cold", "warm", "none"]), 7).unwrap();
    assert_eq!((&asked[0]["answer"], &asked[0]["error"]), (&json!("started"), &Value::Null));
    assert_eq!((&asked[1]["answer"], &asked[1]["error"]["code"]), (&Value::Null, &json!("refused")));
    assert_eq!(asked[2]["error"]["code"], "object_not_found");
    let again = ask(json!(["cold"]), 7).unwrap()[0]["answer"].clone();
    assert!(["running", "extended"].contains(&again.as_str().unwrap()), "{again}");
    let restore = harness.ok("get_object_properties", of("cold"))["restore"].clone();
    assert!(["running", "readable"].contains(&restore["state"].as_str().unwrap()), "{restore}");
    assert_eq!(ask(json!(["cold"]), 0).unwrap_err()["code"], "invalid_option");
    assert_eq!(ask(json!(["cold"]), 366).unwrap_err()["code"], "invalid_option");
}

#[test]
fn an_object_is_renamed_in_one_step_where_it_can_be_and_else_by_a_copy_that_says_so() {
    let harness = connected();
    let rename = |key: &str, new: &str| harness.call("rename_object", with(key, json!({ "newKey": new })));
    put(&harness, "a", "bytes", None);
    put(&harness, "taken", "other", None);
    harness.ok("set_object_acl", with("a", json!({ "canned": "public-read" })));
    assert_eq!(rename("a", "b").unwrap(), json!({ "way": "copied", "acl_kept": true, "old": "deleted" }));
    assert_eq!(harness.error("get_object_properties", of("a"))["code"], "object_not_found");
    assert_eq!(
        (size(&harness, "b"), harness.ok("get_object_acl", of("b"))["canned"].clone()),
        (json!(5), json!("public-read"))
    );
    assert_eq!(rename("b", "taken").unwrap_err()["code"], "already_exists");

    allow_renames(&harness);
    // Written before, so that the store does not rename it: the way is found all the same.
    assert_eq!(rename("b", "c").unwrap()["way"], "copied");
    put(&harness, "new", "fresh", None);
    assert_eq!(rename("new", "旧 + 名").unwrap(), json!({ "way": "renamed" }));
    assert_eq!(size(&harness, "旧 + 名"), 5);
    let refused = rename("旧 + 名", "taken").unwrap_err();
    assert_eq!((&refused["code"], &refused["params"]["name"]), (&json!("already_exists"), &json!("taken")));
    assert_eq!(rename("旧 + 名", "旧 + 名").unwrap_err()["code"], "already_exists");
    assert_eq!(rename("none", "x").unwrap_err()["code"], "object_not_found");
    assert_eq!(rename("taken", "a/../b").unwrap_err()["code"], "invalid_name");
    assert_eq!(size(&harness, "taken"), 5);
}

#[test]
fn a_bucket_is_deleted_empty_and_its_abort_rule_is_set_beside_those_of_others() {
    let harness = connected();
    harness.ok("create_bucket", json!({ "name": "another" }));
    let bucket = json!({ "bucket": "another" });
    let set = |days: Value| harness.call("set_lifecycle_abort_rule", json!({ "bucket": "another", "days": days }));
    assert_eq!(harness.ok("lifecycle_abort_rule", bucket.clone()), json!({ "days": null, "others": [] }));
    let text = r#"{"ID":"theirs","Prefix":"tmp/","Status":"Enabled","AbortIncompleteMultipartUpload":{"DaysAfterInitiation":1}}"#;
    tauri::async_runtime::block_on(async {
        let (_, open) = harness.app.current_store().await.unwrap();
        let rules = vec![store::LifecycleRule::from_json(text).unwrap()];
        let lifecycle = store::Lifecycle { rules, allows_overlap: true };
        open.administration.set_lifecycle("another", &lifecycle).await.unwrap();
    });
    let others = json!([{ "id": "theirs", "prefix": "tmp/", "days": 1 }]);
    for days in [json!(7), json!(30), Value::Null] {
        assert_eq!(set(days.clone()).unwrap(), json!({ "days": days, "others": others }));
        assert_eq!(harness.ok("lifecycle_abort_rule", bucket.clone()), json!({ "days": days, "others": others }));
    }
    assert_eq!(set(json!(0)).unwrap_err()["code"], "invalid_option");

    put(&harness, "k", "x", None);
    let refused = harness.error("delete_bucket", json!({ "bucket": "practice" }));
    assert_eq!((&refused["code"], &refused["params"]["bucket"]), (&json!("bucket_not_empty"), &json!("practice")));
    harness.ok("delete_bucket", bucket.clone());
    assert_eq!(harness.error("delete_bucket", bucket)["code"], "bucket_not_found");
}
