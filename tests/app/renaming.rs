//! Renaming and bringing versions back by a copy inside the store: what must not get lost, on a line and at a store that
//! are in trouble.

use serde_json::{Value, json};
use store::{CannedAcl, Grantee, ObjectRef, ObjectSettings, PartNumber, PutCondition, UploadBody, UploadRef};
use tos_local::{Behaviour, BucketSpec, FaultPlan, Server};

use crate::harness::Harness;

/// An app that is connected to a server of its own.
struct World {
    harness: Harness,
    server: Server,
}

impl World {
    fn new(behaviour: Behaviour, versioning: bool) -> Self {
        let bucket = BucketSpec { name: "bucket".into(), region: None, versioning };
        let (harness, server) = Harness::with_server(behaviour, bucket);
        Self { harness, server }
    }

    fn faults(&self, rules: Value) {
        self.server.set_faults(serde_json::from_value(json!({ "rules": rules })).unwrap()).unwrap();
    }

    fn no_faults(&self) {
        self.server.set_faults(FaultPlan::default()).unwrap();
    }

    fn put(&self, key: &str, text: &'static str, settings: &ObjectSettings) {
        tauri::async_runtime::block_on(async {
            let (_, open) = self.harness.app.current_store().await.unwrap();
            let (object, body) = (ObjectRef::new("bucket", key), UploadBody::from_bytes(text));
            open.store.put_object(&object, settings, PutCondition::Always, body).await.unwrap();
        });
    }

    fn allow_renames(&self) {
        tauri::async_runtime::block_on(async {
            let (_, open) = self.harness.app.current_store().await.unwrap();
            open.administration.set_rename_enabled("bucket", true).await.unwrap();
        });
    }

    fn rename(&self, key: &str, new: &str) -> Result<Value, Value> {
        self.harness.call("rename_object", json!({ "bucket": "bucket", "key": key, "newKey": new }))
    }

    fn ask(&self, command: &str, key: &str) -> Result<Value, Value> {
        self.harness.call(command, json!({ "bucket": "bucket", "key": key }))
    }

    /// The size of what is there; nothing if nothing is.
    fn size(&self, key: &str) -> Option<u64> {
        match self.ask("get_object_properties", key) {
            Ok(properties) => properties["size_bytes"].as_u64(),
            Err(error) => {
                assert_eq!(error["code"], "object_not_found", "{error}");
                None
            }
        }
    }

    fn requests(&self, verb: &str) -> u64 {
        self.server.stats().requests.get(verb).copied().unwrap_or(0)
    }

    fn versioning(&self, on: bool) {
        self.harness.ok("set_bucket_versioning", json!({ "bucket": "bucket", "on": on }));
    }

    fn versions(&self, key: &str) -> Vec<Value> {
        let page = self.harness.ok("list_versions", json!({ "bucket": "bucket", "prefix": key, "after": null }));
        page["rows"].as_array().unwrap().clone()
    }

    fn restore(&self, key: &str, version: &Value) -> Result<Value, Value> {
        self.harness.call("restore_version", json!({ "bucket": "bucket", "key": key, "versionId": version }))
    }
}

fn plain() -> World {
    World::new(Behaviour::default(), false)
}

fn copied(old: &str) -> Result<Value, Value> {
    Ok(json!({ "way": "copied", "acl_kept": true, "old": old }))
}

#[test]
fn a_copy_under_a_new_key_has_class_type_metadata_tags_and_permissions_of_the_old_one() {
    let world = plain();
    let settings = ObjectSettings {
        content_type: Some("text/x-tern".into()),
        cache_control: Some("no-cache".into()),
        content_disposition: Some("attachment; filename=\"报告.txt\"".into()),
        content_language: Some("zh".into()),
        storage_class: Some("IA".into()),
        metadata: [("owner".to_owned(), "阿明".to_owned())].into(),
        ..ObjectSettings::default()
    };
    world.put("a", "bytes", &settings);
    let facts = |key: &str| {
        let told = world.ask("get_object_properties", key).unwrap();
        let tags = world.ask("get_object_tags", key).unwrap();
        let acl = world.ask("get_object_acl", key).unwrap();
        (told["settings"].clone(), told["storage_class"].clone(), told["crc64"].clone(), tags, acl)
    };
    let tags = json!([{ "key": "项目", "value": "转 码" }]);
    world.harness.ok("set_object_tags", json!({ "bucket": "bucket", "key": "a", "tags": tags }));
    for canned in ["public-read", "private", "default"] {
        world.harness.ok("set_object_acl", json!({ "bucket": "bucket", "key": "a", "canned": canned }));
        let before = facts("a");
        assert_eq!((&before.1, &before.4["canned"]), (&json!("IA"), &json!(canned)));
        assert_eq!(world.rename("a", "b"), copied("deleted"));
        assert_eq!(facts("b"), before);
        assert_eq!(world.rename("b", "a"), copied("deleted"));
        assert_eq!(facts("a"), before);
    }
}

#[test]
fn grants_that_were_chosen_one_by_one_come_with_the_new_key() {
    let world = plain();
    world.put("a", "bytes", &ObjectSettings::default());
    tauri::async_runtime::block_on(async {
        let (_, open) = world.harness.app.current_store().await.unwrap();
        let object = ObjectRef::new("bucket", "a");
        let read = store::AclSetting::Canned(CannedAcl::PublicRead);
        open.administration.set_object_acl(&object, &read).await.unwrap();
        let mut acl = open.administration.object_acl(&object).await.unwrap();
        let grantee = Grantee::Account("2100000001".into());
        acl.grants.push(store::Grant { grantee, permission: "READ_ACP".into() });
        open.administration.set_object_acl(&object, &store::AclSetting::Explicit(acl)).await.unwrap();
    });
    let before = world.ask("get_object_acl", "a").unwrap();
    assert_eq!(before["canned"], Value::Null);
    assert_eq!(world.rename("a", "b"), copied("deleted"));
    assert_eq!(world.ask("get_object_acl", "b").unwrap()["grants"], before["grants"]);
}

#[test]
fn permissions_that_cannot_be_read_or_set_are_told_and_do_not_stop_a_rename() {
    for verb in ["GetObjectACL", "PutObjectACL"] {
        let world = plain();
        world.put("a", "bytes", &ObjectSettings::default());
        let denied = json!({ "status": { "code": 403, "tos_code": "AccessDenied" } });
        world.faults(json!([{ "verb": verb, "when": { "every": 1 }, "fault": denied }]));
        assert_eq!(
            world.rename("a", "b"),
            Ok(json!({ "way": "copied", "acl_kept": false, "old": "deleted" })),
            "{verb}"
        );
        assert_eq!((world.size("a"), world.size("b")), (None, Some(5)));
    }
}

#[test]
fn the_lost_answer_of_a_copy_is_found_again_and_of_a_deletion_too() {
    for verb in ["CopyObject", "DeleteObject"] {
        let world = plain();
        world.put("a", "bytes", &ObjectSettings::default());
        world.harness.ok("set_object_acl", json!({ "bucket": "bucket", "key": "a", "canned": "public-read" }));
        world.faults(json!([{ "verb": verb, "when": { "nth": 1 }, "fault": "lose_reply" }]));
        assert_eq!(world.rename("a", "b"), copied("deleted"), "{verb}");
        assert_eq!((world.size("a"), world.size("b"), world.requests(verb)), (None, Some(5), 1), "{verb}");
        assert_eq!(world.ask("get_object_acl", "b").unwrap()["canned"], "public-read");
    }
}

#[test]
fn the_lost_answer_of_a_rename_in_one_step_is_found_again_by_both_keys() {
    let world = plain();
    world.allow_renames();
    world.put("a", "bytes", &ObjectSettings::default());
    world.faults(json!([{ "verb": "RenameObject", "when": { "nth": 1 }, "fault": "lose_reply" }]));
    assert_eq!(world.rename("a", "b"), Ok(json!({ "way": "renamed" })));
    assert_eq!((world.size("a"), world.size("b")), (None, Some(5)));
    // One that was not carried out is not taken for done, and no copy is made of it either.
    world.faults(json!([{ "verb": "RenameObject", "when": { "nth": 1 }, "fault": "refuse" }]));
    assert_eq!(world.rename("b", "c").unwrap_err()["code"], "network");
    assert_eq!((world.size("b"), world.size("c"), world.requests("CopyObject")), (Some(5), None, 0));
}

#[test]
fn what_was_there_before_is_not_taken_for_the_copy() {
    let world = plain();
    for key in ["a", "b"] {
        world.put(key, "bytes", &ObjectSettings::default());
    }
    assert_eq!(world.rename("a", "b").unwrap_err()["code"], "already_exists");
    assert_eq!((world.size("a"), world.requests("CopyObject")), (Some(5), 0));
    // A copy that never was carried out is tried again, and then told as what it is.
    world.faults(json!([{ "verb": "CopyObject", "when": { "every": 1 }, "fault": "refuse" }]));
    assert_eq!(world.rename("a", "c").unwrap_err()["code"], "network");
    assert_eq!((world.size("a"), world.size("c")), (Some(5), None));
    world.faults(json!([{ "verb": "CopyObject", "when": { "nth": 1 }, "fault": "refuse" }]));
    assert_eq!(world.rename("a", "c"), copied("deleted"));
}

#[test]
fn the_old_key_that_cannot_be_deleted_is_told_to_be_there() {
    let world = plain();
    world.put("a", "bytes", &ObjectSettings::default());
    let denied = json!({ "status": { "code": 403, "tos_code": "AccessDenied" } });
    world.faults(json!([{ "verb": "DeleteObject", "when": { "every": 1 }, "fault": denied }]));
    assert_eq!(world.rename("a", "b"), copied("not_deleted"));
    world.no_faults();
    assert_eq!((world.size("a"), world.size("b")), (Some(5), Some(5)));
}

#[test]
fn the_old_key_stays_where_only_the_size_could_be_compared() {
    let world = World::new(Behaviour { crc_of_copies: false, ..Behaviour::default() }, false);
    world.put("plain", "bytes", &ObjectSettings::default());
    assert_eq!(world.rename("plain", "new"), copied("deleted"), "its tag proves it");
    // What was made of parts has a tag that no copy has.
    tauri::async_runtime::block_on(async {
        let (_, open) = world.harness.app.current_store().await.unwrap();
        let object = ObjectRef::new("bucket", "parts");
        let upload_id = open.store.create_upload(&object, &ObjectSettings::default()).await.unwrap();
        let upload = UploadRef { object, upload_id };
        let body = UploadBody::from_bytes(vec![7; 100]);
        let part = open.store.upload_part(&upload, PartNumber::FIRST, body).await.unwrap();
        let parts = [(PartNumber::FIRST, part.etag)];
        open.store.complete_upload(&upload, &parts, PutCondition::Always).await.unwrap();
    });
    assert_eq!(world.rename("parts", "whole"), copied("unproven"));
    assert_eq!((world.size("parts"), world.size("whole")), (Some(100), Some(100)));
}

#[test]
fn the_versions_of_a_renamed_object_stay_under_its_old_key() {
    let world = World::new(Behaviour::default(), true);
    world.put("a", "one", &ObjectSettings::default());
    world.put("a", "second", &ObjectSettings::default());
    // The deletion is asked for once more after its answer is lost, but only if there is something to delete.
    world.faults(json!([{ "verb": "DeleteObject", "when": { "nth": 1 }, "fault": "lose_reply" }]));
    assert_eq!(world.rename("a", "b"), copied("deleted"));
    assert_eq!((world.size("a"), world.size("b")), (None, Some(6)));
    let markers: Vec<_> = world.versions("a").iter().map(|row| row["delete_marker"].clone()).collect();
    assert_eq!(markers, [json!(true), json!(false), json!(false)]);
}

#[test]
fn a_version_is_not_brought_back_where_it_would_replace_one_for_good() {
    let world = World::new(Behaviour::default(), true);
    world.put("k", "one", &ObjectSettings::default());
    let old = world.versions("k")[0]["version_id"].clone();
    world.versioning(false);
    // Nothing is in its way yet: what is newest has an id of its own and stays.
    assert_eq!(world.restore("k", &old).unwrap()["way"], "copied");
    world.put("k", "newer", &ObjectSettings::default());
    let refused = world.restore("k", &old).unwrap_err();
    assert_eq!((&refused["code"], &refused["params"]["name"]), (&json!("version_not_kept"), &json!("k")));
    assert_eq!((world.size("k"), world.requests("CopyObject")), (Some(5), 1));
    // Itself is in nobody's way.
    assert_eq!(world.restore("k", &json!("null")).unwrap()["way"], "copied");
    // A deletion is undone, as its mark is what is replaced.
    tauri::async_runtime::block_on(async {
        let (_, open) = world.harness.app.current_store().await.unwrap();
        open.store.delete_object(&ObjectRef::new("bucket", "k")).await.unwrap();
    });
    assert_eq!(world.restore("k", &old).unwrap()["way"], "copied");
    assert_eq!(world.size("k"), Some(3));
    // With versions all is kept.
    world.versioning(true);
    assert_eq!(world.restore("k", &old).unwrap()["way"], "copied");
}

#[test]
fn a_version_whose_copy_has_lost_its_answer_is_brought_back_once_and_keeps_its_class() {
    let world = World::new(Behaviour::default(), true);
    let settings = ObjectSettings { storage_class: Some("IA".into()), ..ObjectSettings::default() };
    world.put("k", "one", &settings);
    let old = world.versions("k")[0]["version_id"].clone();
    world.put("k", "newer", &ObjectSettings::default());
    world.faults(json!([{ "verb": "CopyObject", "when": { "nth": 1 }, "fault": "lose_reply" }]));
    let restored = world.restore("k", &old).unwrap();
    let versions = world.versions("k");
    assert_eq!((versions.len(), &versions[0]["version_id"]), (3, &restored["version_id"]));
    assert_eq!((world.size("k"), &versions[0]["storage_class"]), (Some(3), &json!("IA")));
}
