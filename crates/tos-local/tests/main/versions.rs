use crate::wire::{Practice, practice, practice_with};

async fn set_versioning(practice: &Practice, status: &str) {
    let body = format!(r#"{{"Status":"{status}"}}"#);
    practice.request("PUT", "/first").query("versioning", "").body(body).send().await.ok();
}

async fn delete(practice: &Practice, version_id: &str) -> crate::wire::Reply {
    let request = practice.request("DELETE", "/first/key");
    let request = if version_id.is_empty() { request } else { request.query("versionId", version_id) };
    request.send().await.ok()
}

#[tokio::test]
async fn versions_pile_up_behind_a_marker_and_come_back_when_it_is_removed() {
    let practice = practice(|_| {}).await;
    practice.put("/first/key", "before").await.ok();
    set_versioning(&practice, "Enabled").await;
    let one = practice.put("/first/key", "one").await.ok().header("x-tos-version-id").to_owned();
    let marker = delete(&practice, "").await;
    assert_eq!(marker.header("x-tos-delete-marker"), "true");
    let marker = marker.header("x-tos-version-id").to_owned();
    let gone = practice.get("/first/key").await.refused(404, "NoSuchKey");
    assert_eq!(gone.header("x-tos-delete-marker"), "true");
    let old = |id: &str| practice.request("GET", "/first/key").query("versionId", id);
    assert_eq!(old(&one).send().await.ok().body, b"one");
    assert_eq!(old("null").send().await.ok().body, b"before");
    old(&marker).send().await.refused(405, "MethodNotAllowed");
    old("made-up").send().await.refused(404, "NoSuchVersion");
    let list = practice.request("GET", "/first").query("list-type", "2").send().await.ok().json();
    assert_eq!(list["KeyCount"], 0);
    let copy =
        practice.request("PUT", "/second/copy").header("x-tos-copy-source", &format!("/first/key?versionId={one}"));
    assert_eq!(copy.send().await.ok().header("x-tos-copy-source-version-id"), one);
    assert_eq!(practice.get("/second/copy").await.ok().body, b"one");
    delete(&practice, &marker).await;
    assert_eq!(practice.get("/first/key").await.ok().body, b"one");
    delete(&practice, &one).await;
    assert_eq!(practice.get("/first/key").await.ok().body, b"before");
}

#[tokio::test]
async fn suspended_versioning_replaces_only_the_version_without_an_id() {
    let practice = practice(|_| {}).await;
    set_versioning(&practice, "Enabled").await;
    let one = practice.put("/first/key", "one").await.ok().header("x-tos-version-id").to_owned();
    set_versioning(&practice, "Suspended").await;
    assert_eq!(practice.put("/first/key", "two").await.ok().header("x-tos-version-id"), "null");
    assert_eq!(practice.put("/first/key", "three").await.ok().header("x-tos-version-id"), "null");
    let mut found = Vec::new();
    let (mut key, mut version) = (String::new(), String::new());
    loop {
        let mut request = practice.request("GET", "/first").query("versions", "").query("max-keys", "1");
        if !key.is_empty() {
            request = request.query("key-marker", &key).query("version-id-marker", &version);
        }
        let page = request.send().await.ok().json();
        found.extend(
            page["Versions"].as_array().unwrap().iter().map(|item| item["VersionId"].as_str().unwrap().to_owned()),
        );
        if page["IsTruncated"] == false {
            break;
        }
        key = page["NextKeyMarker"].as_str().unwrap().to_owned();
        version = page["NextVersionIdMarker"].as_str().unwrap().to_owned();
    }
    assert_eq!(found, ["null".to_owned(), one.clone()]);
    assert_eq!(delete(&practice, "").await.header("x-tos-version-id"), "null");
    let old = practice.request("GET", "/first/key").query("versionId", &one).send().await.ok();
    assert_eq!(old.body, b"one");
    practice.until(|practice| practice.data_files("first") == 1).await;
    practice.request("DELETE", "/first").send().await.refused(409, "BucketNotEmpty");
}

#[tokio::test]
async fn the_status_of_a_bucket_that_never_had_versions_and_the_header_of_a_marker_are_switches() {
    for switch in [false, true] {
        let practice = practice_with(|behaviour| {
            behaviour.empty_versioning_status = switch;
            behaviour.delete_marker_header_on_404 = switch;
        })
        .await;
        let status = practice.request("GET", "/first").query("versioning", "").send().await.ok().json();
        assert_eq!(status, if switch { serde_json::json!({"Status": ""}) } else { serde_json::json!({}) });
        set_versioning(&practice, "Enabled").await;
        practice.put("/first/key", "x").await.ok();
        delete(&practice, "").await;
        let head = practice.request("HEAD", "/first/key").send().await;
        assert_eq!((head.status, head.header("x-tos-delete-marker")), (404, if switch { "true" } else { "" }));
    }
}
