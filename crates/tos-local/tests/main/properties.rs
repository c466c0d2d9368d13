//! What can be changed of an object without sending it again: metadata, tags, ACL; and the rules of a bucket.

use base64::Engine;
use md5::Digest;
use serde_json::{Value, json};

use crate::restart::restarted;
use crate::wire::{Practice, Wire, practice, practice_with};

fn md5(body: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(body))
}

fn with_json(request: Wire, body: &Value) -> Wire {
    let body = body.to_string();
    request.header("content-md5", &md5(&body)).body(body)
}

impl Practice {
    async fn asked(&self, method: &str, path: &str, what: &str) -> crate::wire::Reply {
        self.request(method, path).query(what, "").send().await
    }
}

#[tokio::test]
async fn metadata_is_replaced_as_a_whole_and_the_rest_stays_over_a_restart() {
    let practice = practice(|_| {}).await;
    let put = practice.request("PUT", "/first/key").header("content-type", "text/plain").header("x-tos-meta-old", "1");
    let put = put.header("cache-control", "no-cache").header("x-tos-storage-class", "IA");
    put.header("x-tos-tagging", "a=b").header("x-tos-acl", "public-read").body("bytes").send().await.ok();
    let before = practice.request("HEAD", "/first/key").send().await;
    assert_eq!(before.header("x-tos-tagging-count"), "1");
    assert_eq!((before.header("x-tos-acl"), before.header("x-tos-tagging")), ("", ""), "these have calls of their own");

    let set = practice.request("POST", "/first/key").query("metadata", "").header("x-tos-meta-new", "2");
    set.header("content-language", "zh-CN").send().await.ok();
    let practice = restarted(practice).await;
    let after = practice.request("HEAD", "/first/key").send().await;
    for (name, value) in [
        ("content-type", "binary/octet-stream"),
        ("cache-control", ""),
        ("x-tos-meta-old", ""),
        ("x-tos-meta-new", "2"),
        ("content-language", "zh-CN"),
        ("x-tos-storage-class", "IA"),
        ("x-tos-tagging-count", "1"),
        ("last-modified", before.header("last-modified")),
        ("etag", before.header("etag")),
    ] {
        assert_eq!(after.header(name), value, "{name}");
    }
    assert_eq!(practice.get("/first/key").await.ok().body, b"bytes");
    let acl = practice.asked("GET", "/first/key", "acl").await.ok().json();
    assert_eq!(acl["Grants"][1]["Grantee"], json!({"Type": "Group", "Canned": "AllUsers"}));
    practice.asked("POST", "/first/none", "metadata").await.refused(404, "NoSuchKey");
}

#[tokio::test]
async fn one_version_is_changed_and_the_others_are_not() {
    let practice = practice(|_| {}).await;
    practice.request("PUT", "/first").query("versioning", "").body(r#"{"Status":"Enabled"}"#).send().await.ok();
    let old = practice.put("/first/key", "old").await.ok().header("x-tos-version-id").to_owned();
    practice.put("/first/key", "new").await.ok();
    let of = |method: &str, what: &str| practice.request(method, "/first/key").query(what, "").query("versionId", &old);
    of("POST", "metadata").header("x-tos-meta-a", "1").send().await.ok();
    let tags = json!({"TagSet": {"Tags": [{"Key": "k", "Value": "v"}]}});
    assert_eq!(with_json(of("PUT", "tagging"), &tags).send().await.ok().header("x-tos-version-id"), old);
    of("PUT", "acl").header("x-tos-acl", "public-read").send().await.ok();

    let head = |version: &str| practice.request("HEAD", "/first/key").query("versionId", version).send();
    assert_eq!(head(&old).await.header("x-tos-meta-a"), "1");
    assert_eq!(head(&old).await.header("x-tos-tagging-count"), "1");
    let newest = practice.request("HEAD", "/first/key").send().await;
    assert_eq!((newest.header("x-tos-meta-a"), newest.header("x-tos-tagging-count")), ("", ""));
    assert_eq!(practice.asked("GET", "/first/key", "acl").await.ok().json()["IsDefault"], true);
    assert_eq!(practice.request("GET", "/first/key").query("versionId", &old).send().await.ok().body, b"old");

    // A marker has no tags, and metadata no more than bytes.
    practice.request("DELETE", "/first/key").send().await.ok();
    practice.asked("GET", "/first/key", "tagging").await.refused(404, "NoSuchKey");
    let listed = practice.asked("GET", "/first", "versions").await.ok().json();
    let marker = listed["DeleteMarkers"][0]["VersionId"].as_str().unwrap().to_owned();
    let of = |what: &str| practice.request("GET", "/first/key").query(what, "").query("versionId", &marker);
    of("tagging").send().await.refused(404, "NoSuchKey");
    of("acl").send().await.refused(405, "MethodNotAllowed");
}

#[tokio::test]
async fn tags_are_set_as_a_whole_and_travel_with_copies() {
    let practice = practice(|_| {}).await;
    practice.put("/first/key", "x").await.ok();
    let put = |tags: Value| {
        let body = json!({"TagSet": {"Tags": tags}});
        with_json(practice.request("PUT", "/first/key").query("tagging", ""), &body).send()
    };
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let shown = async |path: &str| practice.asked("GET", path, "tagging").await.ok().json()["TagSet"]["Tags"].clone();
    assert_eq!(shown("/first/key").await, json!([]));
    put(json!([tag("项目", "转 码"), tag("t", "a+b=c")])).await.ok();
    assert_eq!(shown("/first/key").await, json!([tag("项目", "转 码"), tag("t", "a+b=c")]));
    let copy = practice.request("PUT", "/first/copy").header("x-tos-copy-source", "/first/key");
    copy.clone().send().await.ok();
    assert_eq!(shown("/first/copy").await, shown("/first/key").await);
    copy.header("x-tos-tagging-directive", "Replace").header("x-tos-tagging", "only=this").send().await.ok();
    assert_eq!(shown("/first/copy").await, json!([tag("only", "this")]));

    put(json!([tag("k", "1"), tag("k", "2")])).await.refused(400, "InvalidTag");
    put(json!([tag("k", "a&b")])).await.refused(400, "InvalidTag");
    put((0..11).map(|n| tag(&n.to_string(), "")).collect()).await.refused(400, "InvalidTag");
    practice.request("PUT", "/first/new").header("x-tos-tagging", "k=%26").send().await.refused(400, "InvalidTag");
    assert_eq!(shown("/first/key").await.as_array().unwrap().len(), 2, "what was refused changed nothing");
    assert_eq!(practice.asked("DELETE", "/first/key", "tagging").await.status, 204);
    assert_eq!(shown("/first/key").await, json!([]));

    let strict = practice_with(|behaviour| behaviour.untagged_status = 404).await;
    strict.put("/first/key", "x").await.ok();
    strict.asked("GET", "/first/key", "tagging").await.refused(404, "NoSuchTagSet");
}

#[tokio::test]
async fn an_acl_is_a_name_or_grants_in_headers_or_in_a_body() {
    let practice = practice(|_| {}).await;
    practice.put("/first/key", "x").await.ok();
    let put = || practice.request("PUT", "/first/key").query("acl", "");
    let shown = async || practice.asked("GET", "/first/key", "acl").await.ok().json();
    assert_eq!(shown().await["IsDefault"], true);
    put().header("x-tos-acl", "public-read-write").send().await.ok();
    let permissions = |acl: &Value| -> Vec<String> {
        let grants = acl["Grants"].as_array().unwrap().iter();
        grants.map(|grant| grant["Permission"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(permissions(&shown().await), ["FULL_CONTROL", "READ", "WRITE"]);
    assert_eq!(shown().await["IsDefault"], false);

    let grants = put().header("x-tos-grant-read", r#"id="2100000002",canned="AllUsers""#);
    grants.header("x-tos-grant-read-acp", "id=7").send().await.ok();
    let acl = shown().await;
    assert_eq!(permissions(&acl), ["READ", "READ", "READ_ACP"]);
    assert_eq!(acl["Grants"][0]["Grantee"]["ID"], "2100000002");

    let body = json!({"Owner": {"ID": "practice"}, "Grants": [
        {"Grantee": {"ID": null, "Type": "Group", "Canned": "AuthenticatedUsers"}, "Permission": "READ"},
    ]});
    with_json(put(), &body).send().await.ok();
    let practice = restarted(practice).await;
    let shown = async || practice.asked("GET", "/first/key", "acl").await.ok().json();
    let put = || practice.request("PUT", "/first/key").query("acl", "");
    assert_eq!(
        shown().await["Grants"],
        json!([{"Grantee": {"Type": "Group", "Canned": "AuthenticatedUsers"}, "Permission": "READ"}])
    );
    with_json(put(), &json!({"Owner": {}, "IsDefault": true})).send().await.ok();
    assert_eq!(shown().await["IsDefault"], true);

    put().send().await.refused(400, "InvalidArgument");
    put().header("x-tos-acl", "mine").send().await.refused(400, "InvalidArgument");
    put().header("x-tos-acl", "private").body(body.to_string()).send().await.refused(400, "InvalidArgument");
    with_json(put(), &json!({"Grants": []})).send().await.refused(400, "MalformedBody");
    let unknown = json!({"Owner": {}, "Grants": [{"Grantee": {"Type": "Group"}, "Permission": "READ"}]});
    with_json(put(), &unknown).send().await.refused(400, "MalformedBody");
}

#[tokio::test]
async fn lifecycle_rules_are_kept_as_they_came_until_they_are_deleted() {
    let practice = practice(|_| {}).await;
    let get = async |practice: &Practice| practice.asked("GET", "/first", "lifecycle").await;
    let put =
        |rules: Value| with_json(practice.request("PUT", "/first").query("lifecycle", ""), &json!({"Rules": rules}));
    let abort = |id: &str, prefix: &str, days: u64| json!({"ID": id, "Prefix": prefix, "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": days}});
    get(&practice).await.refused(404, "NoSuchLifecycleConfiguration");
    let new = json!({"ID": "new", "Status": "Disabled", "SomethingNew": {"In": [1, "day"]}});
    put(json!([new, abort("a", "tmp/", 7)])).send().await.ok();

    put(json!([])).send().await.refused(400, "MalformedBody");
    put(json!([{"ID": "a", "Status": "On"}])).send().await.refused(400, "MalformedBody");
    put(json!([{"ID": "a", "Status": "Enabled"}])).send().await.refused(400, "MalformedBody");
    put(json!([abort("a", "x", 0)])).send().await.refused(400, "MalformedBody");
    put(json!([abort("a", "x", 1), abort("a", "y", 1)])).send().await.refused(400, "InvalidArgument");
    let overlapping = json!([abort("a", "", 1), abort("b", "tmp/", 2)]);
    put(overlapping.clone()).send().await.refused(400, "InvalidArgument");
    let bare = practice.request("PUT", "/first").query("lifecycle", "");
    bare.header("content-md5", &md5("other")).body("{}").send().await.refused(400, "BadDigest");
    let kept = get(&practice).await.ok();
    assert_eq!(kept.json()["Rules"], json!([new, abort("a", "tmp/", 7)]), "what was refused changed nothing");
    assert_eq!(kept.header("x-tos-allow-same-action-overlap"), "false");

    put(overlapping.clone()).header("x-tos-allow-same-action-overlap", "true").send().await.ok();
    let practice = restarted(practice).await;
    let kept = get(&practice).await.ok();
    assert_eq!(kept.json()["Rules"], overlapping);
    assert_eq!(kept.header("x-tos-allow-same-action-overlap"), "true");
    assert_eq!(practice.asked("DELETE", "/first", "lifecycle").await.status, 204);
    get(&practice).await.refused(404, "NoSuchLifecycleConfiguration");
}

#[tokio::test]
async fn a_bucket_tells_everything_at_once() {
    let practice = practice(|_| {}).await;
    let told = async || practice.asked("GET", "/first", "bucketInfo").await.ok().json()["Bucket"].clone();
    let bucket = told().await;
    assert_eq!(
        (&bucket["Name"], &bucket["Type"], &bucket["Versioning"]),
        (&json!("first"), &json!("fns"), &Value::Null)
    );
    practice.request("PUT", "/first").query("versioning", "").body(r#"{"Status":"Suspended"}"#).send().await.ok();
    assert_eq!(told().await["Versioning"], "Suspended");
}
