//! Archived objects that come back, and objects that get another key.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::restart::restarted;
use crate::wire::{Practice, Reply, practice, practice_with};

const FOR_EVER: Duration = Duration::from_secs(1_000_000);

async fn archived(restore_takes: Duration) -> Practice {
    let practice = practice(|options| options.restore_takes = restore_takes).await;
    practice.request("PUT", "/first/cold").header("x-tos-storage-class", "ARCHIVE").body("ice").send().await.ok();
    practice
}

async fn restore(practice: &Practice, path: &str, days: u64) -> Reply {
    let body = json!({"Days": days, "RestoreJobParameters": {"Tier": "Expedited"}}).to_string();
    practice.request("POST", path).query("restore", "").body(body).send().await
}

#[tokio::test]
async fn an_archived_object_is_refused_until_its_restoration_is_over() {
    let practice = archived(FOR_EVER).await;
    let head = async |practice: &Practice| practice.request("HEAD", "/first/cold").send().await;
    assert_eq!(head(&practice).await.header("x-tos-restore"), "");
    practice.get("/first/cold").await.refused(403, "ObjectNotRestored");
    practice.request("POST", "/first/cold").query("metadata", "").send().await.refused(403, "ObjectNotRestored");

    assert_eq!(restore(&practice, "/first/cold", 7).await.status, 202);
    let running = head(&practice).await;
    assert_eq!(running.header("x-tos-restore"), r#"ongoing-request="true""#);
    assert_eq!((running.header("x-tos-restore-expiry-days"), running.header("x-tos-restore-tier")), ("7", "Expedited"));
    practice.get("/first/cold").await.refused(403, "ObjectNotRestored");
    restore(&practice, "/first/cold", 7).await.refused(409, "RestoreAlreadyInProgress");
    let practice = restarted(practice).await;
    assert_eq!(head(&practice).await.header("x-tos-restore"), r#"ongoing-request="true""#);
}

#[tokio::test]
async fn a_restored_object_can_be_read_and_copied_and_its_time_only_lengthened() {
    let practice = archived(Duration::ZERO).await;
    assert_eq!(restore(&practice, "/first/cold", 7).await.status, 202);
    let expiry = async || {
        let head = practice.request("HEAD", "/first/cold").send().await;
        let text = head.header("x-tos-restore").strip_prefix(r#"ongoing-request="false", expiry-date=""#);
        let date = text.and_then(|text| text.strip_suffix('"')).expect("it is restored").to_owned();
        assert_eq!(head.header("x-tos-storage-class"), "ARCHIVE", "the class stays");
        httpdate::parse_http_date(&date).unwrap()
    };
    let first = expiry().await;
    assert_eq!(practice.get("/first/cold").await.ok().body, b"ice");
    practice.request("PUT", "/first/warm").header("x-tos-copy-source", "/first/cold").send().await.ok();
    practice.request("POST", "/first/cold").query("metadata", "").send().await.ok();
    assert_eq!(restore(&practice, "/first/cold", 1).await.status, 200);
    assert_eq!(expiry().await, first, "it is not shortened");
    assert_eq!(restore(&practice, "/first/cold", 30).await.status, 200);
    assert!(expiry().await > first + Duration::from_secs(22 * 24 * 60 * 60));
}

#[tokio::test]
async fn what_cannot_be_restored_is_refused() {
    let practice = archived(FOR_EVER).await;
    practice.put("/first/warm", "x").await.ok();
    restore(&practice, "/first/warm", 7).await.refused(400, "InvalidRequest");
    restore(&practice, "/first/cold", 0).await.refused(400, "InvalidArgument");
    restore(&practice, "/first/cold", 366).await.refused(400, "InvalidArgument");
    restore(&practice, "/first/none", 7).await.refused(404, "NoSuchKey");
    let odd = json!({"Days": 1, "RestoreJobParameters": {"Tier": "Now"}}).to_string();
    let odd = practice.request("POST", "/first/cold").query("restore", "").body(odd);
    odd.send().await.refused(400, "InvalidArgument");
    let strict = practice_with(|behaviour| behaviour.restore_in_progress_status = 403).await;
    strict.request("PUT", "/first/cold").header("x-tos-storage-class", "COLD_ARCHIVE").body("x").send().await.ok();
    restore(&strict, "/first/cold", 7).await.ok();
    restore(&strict, "/first/cold", 7).await.refused(403, "RestoreAlreadyInProgress");
}

fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

async fn rename(practice: &Practice, from: &str, to: &str, forbid_overwrite: bool) -> Reply {
    let request = practice.request("PUT", &format!("/first/{from}")).query("rename", "").query("name", to);
    let request = if forbid_overwrite { request.header("x-tos-forbid-overwrite", "true") } else { request };
    request.send().await
}

async fn allow_renames(practice: &Practice) {
    practice.request("PUT", "/first").query("rename", "").body(r#"{"RenameEnable":true}"#).send().await.ok();
}

#[tokio::test]
async fn a_renamed_object_is_the_same_under_another_key_and_is_so_after_a_restart() {
    let practice = practice(|_| {}).await;
    practice.put("/first/before", "x").await.ok();
    rename(&practice, "before", "b", false).await.refused(405, "MethodNotAllowed");
    let enabled = async |practice: &Practice| {
        practice.request("GET", "/first").query("rename", "").send().await.ok().json()["RenameEnable"].clone()
    };
    assert_eq!(enabled(&practice).await, false);
    // Records have milliseconds: the next one has to begin for this object to be an older one.
    let written = now_ms();
    practice.until(|_| now_ms() > written).await;
    allow_renames(&practice).await;
    assert_eq!(enabled(&practice).await, true);
    rename(&practice, "before", "b", false).await.refused(400, "InvalidRequest");

    let put = practice.request("PUT", "/first/旧 + 名").header("x-tos-meta-a", "b").header("x-tos-tagging", "t=1");
    let etag = put.body("bytes").send().await.ok().header("etag").to_owned();
    practice.put("/first/taken", "other").await.ok();
    rename(&practice, "旧 + 名", "taken", true).await.refused(409, "DuplicateObject");
    rename(&practice, "none", "new", false).await.refused(404, "NoSuchKey");
    rename(&practice, "旧 + 名", "", false).await.refused(400, "InvalidKey");
    assert_eq!(rename(&practice, "旧 + 名", "新 名/a+b&c=1.txt", true).await.status, 204);
    practice.get("/first/旧 + 名").await.refused(404, "NoSuchKey");
    assert_eq!(rename(&practice, "新 名/a+b&c=1.txt", "taken", false).await.status, 204, "it is overwritten");
    // The bytes of what was overwritten go, those of what was renamed stay.
    practice.until(|practice| practice.data_files("first") == 2).await;

    let practice = restarted(practice).await;
    let got = practice.get("/first/taken").await.ok();
    assert_eq!((got.body.as_slice(), got.header("etag"), got.header("x-tos-meta-a")), (&b"bytes"[..], &*etag, "b"));
    assert_eq!(got.header("x-tos-tagging-count"), "1");
    assert_eq!(enabled(&practice).await, true);
    let off = practice.request("DELETE", "/first").query("rename", "").send().await;
    assert_eq!((off.status, enabled(&practice).await), (204, json!(false)));
}

#[tokio::test]
async fn a_bucket_with_versions_renames_nothing() {
    let practice = practice(|_| {}).await;
    allow_renames(&practice).await;
    practice.put("/first/key", "x").await.ok();
    practice.request("PUT", "/first").query("versioning", "").body(r#"{"Status":"Suspended"}"#).send().await.ok();
    rename(&practice, "key", "new", false).await.refused(400, "InvalidRequest");
    assert_eq!(practice.get("/first/key").await.ok().body, b"x");
}

#[tokio::test]
async fn a_rename_that_a_kill_broke_off_leaves_one_key_and_its_bytes() {
    let practice = practice(|_| {}).await;
    allow_renames(&practice).await;
    practice.put("/first/old", "bytes").await.ok();
    let bucket = practice.folder.path().join("root/buckets/first");
    let record_of = |practice: &Practice, key: &str| {
        let shelves = std::fs::read_dir(practice.folder.path().join("root/buckets/first/keys")).unwrap();
        let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap());
        let named = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap().contains(&format!("\"{key}\""));
        files.map(|file| file.unwrap().path()).find(named).expect("the key has a record")
    };
    // The state behind the first of the two records: both keys are there, and the journal.
    let old = record_of(&practice, "old");
    let saved = std::fs::read(&old).unwrap();
    rename(&practice, "old", "new", false).await.ok();
    let new: serde_json::Value = serde_json::from_slice(&std::fs::read(record_of(&practice, "new")).unwrap()).unwrap();
    let modified_ms = &new["versions"][0]["facts"]["modified_ms"];
    let journal = json!({"from": "old", "to": "new", "modified_ms": modified_ms}).to_string();
    std::fs::write(&old, &saved).unwrap();
    std::fs::write(bucket.join("rename.json"), &journal).unwrap();
    let practice = restarted(practice).await;
    assert!(!bucket.join("rename.json").exists());
    practice.get("/first/old").await.refused(404, "NoSuchKey");
    assert_eq!(practice.get("/first/new").await.ok().body, b"bytes");
    assert_eq!(practice.server.stats().used_bytes, 5, "the bytes are counted once");

    // Before the first record nothing has happened yet.
    let journal = json!({"from": "new", "to": "newer", "modified_ms": 1}).to_string();
    std::fs::write(bucket.join("rename.json"), journal).unwrap();
    let practice = restarted(practice).await;
    assert_eq!(practice.get("/first/new").await.ok().body, b"bytes");
    assert!(!bucket.join("rename.json").exists());
}
