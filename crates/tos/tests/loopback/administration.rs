//! The requests of what is done by hand, held against facts of the captures of the official SDKs; and answers that a
//! practice server does not give.

use store::{
    AclSetting, Administration, CannedAcl, ErrorKind, Grant, Grantee, Lifecycle, LifecycleRule, ObjectAcl, ObjectRef,
    ObjectSettings, PutCondition, RestoreAnswer, RestoreRequest, RestoreTier, Tag, VersionId, VersionListRequest,
    VersionMarker, Versioning,
};
use tos::Addressing;

use crate::recorder::{Recorder, Reply, answer};

const ID: (&str, &str) = ("x-tos-request-id", "r");

fn old_version() -> ObjectRef {
    ObjectRef { version: Some(VersionId("VER0003".into())), ..ObjectRef::new("bkt-a", "dir/a.txt") }
}

fn done() -> Reply {
    answer("200 OK", &[ID], "")
}

fn json(body: &str) -> Reply {
    answer("200 OK", &[ID], body)
}

fn refused(status: &str, code: &str) -> Reply {
    answer(status, &[ID], &format!(r#"{{"Code":"{code}"}}"#))
}

#[tokio::test]
async fn each_request_is_that_of_the_captures() {
    let recorder = Recorder::start(vec![done()]).await;
    let store = recorder.store();
    let restore = RestoreRequest::new(7, Some(RestoreTier::Expedited)).unwrap();
    store.restore_object(&old_version(), restore).await.unwrap();
    assert_eq!(recorder.last().line(), "POST /dir/a.txt?restore=&versionId=VER0003 HTTP/1.1");
    assert_eq!(recorder.last().body, br#"{"Days":7,"RestoreJobParameters":{"Tier":"Expedited"}}"#);
    assert!(recorder.last().header("content-md5").is_some());
    store.restore_object(&old_version(), RestoreRequest::new(1, None).unwrap()).await.unwrap();
    assert_eq!(recorder.last().body, br#"{"Days":1}"#);

    let settings = ObjectSettings {
        content_type: Some("text/plain; charset=utf-8".into()),
        content_disposition: Some("attachment; filename=\"文 件.txt\"".into()),
        storage_class: Some("IA".into()),
        acl: Some("public-read".into()),
        metadata: [("k1".to_owned(), "v 1".to_owned()), ("名".to_owned(), "值".to_owned())].into(),
        ..ObjectSettings::default()
    };
    store.set_object_meta(&old_version(), &settings).await.unwrap();
    let seen = recorder.last();
    assert_eq!(seen.line(), "POST /dir/a.txt?metadata=&versionId=VER0003 HTTP/1.1");
    for (name, value) in [
        ("content-type", Some("text/plain; charset=utf-8")),
        ("content-disposition", Some("attachment; filename=\"%E6%96%87 %E4%BB%B6.txt\"")),
        ("x-tos-meta-k1", Some("v%201")),
        ("x-tos-meta-%E5%90%8D", Some("%E5%80%BC")),
        ("content-length", Some("0")),
        // These would be believed to have an effect.
        ("x-tos-storage-class", None),
        ("x-tos-acl", None),
    ] {
        assert_eq!(seen.header(name), value, "{name}");
    }

    let named = ObjectRef::new("bkt-a", "dir/old + name.txt");
    store.rename_object(&named, "新 名/a+b&c=1.txt", PutCondition::IfAbsent).await.unwrap();
    let seen = recorder.last();
    let line = "PUT /dir/old%20%2B%20name.txt?name=%E6%96%B0%20%E5%90%8D%2Fa%2Bb%26c%3D1.txt&rename= HTTP/1.1";
    assert_eq!((seen.line(), seen.header("x-tos-forbid-overwrite")), (line, Some("true")));

    let tags =
        [Tag { key: "project".into(), value: "转 码".into() }, Tag { key: "tier".into(), value: "a+b=c".into() }];
    store.set_object_tags(&old_version(), &tags).await.unwrap();
    let seen = recorder.last();
    assert_eq!(seen.line(), "PUT /dir/a.txt?tagging=&versionId=VER0003 HTTP/1.1");
    // The MD5 of the Go SDK for the same tags.
    assert_eq!(seen.header("content-md5"), Some("hmcUDt9zGhCzXzlgvgCUiw=="));
    store.delete_object_tags(&old_version()).await.unwrap();
    assert_eq!(recorder.last().line(), "DELETE /dir/a.txt?tagging=&versionId=VER0003 HTTP/1.1");

    store.set_object_acl(&old_version(), &AclSetting::Canned(CannedAcl::BucketOwnerFullControl)).await.unwrap();
    let seen = recorder.last();
    assert_eq!(seen.line(), "PUT /dir/a.txt?acl=&versionId=VER0003 HTTP/1.1");
    assert_eq!((seen.header("x-tos-acl"), seen.body.as_slice()), (Some("bucket-owner-full-control"), &b""[..]));
    let grants = vec![
        Grant { grantee: Grantee::Account("2100000001".into()), permission: "READ".into() },
        Grant { grantee: Grantee::Group("AllUsers".into()), permission: "READ".into() },
    ];
    let acl = ObjectAcl { owner_id: "2100000000".into(), grants, ..ObjectAcl::default() };
    store.set_object_acl(&old_version(), &AclSetting::Explicit(acl)).await.unwrap();
    let seen = recorder.last();
    let body = concat!(
        r#"{"Owner":{"ID":"2100000000"},"Grants":[{"Grantee":{"ID":"2100000001","Type":"CanonicalUser"},"#,
        r#""Permission":"READ"},{"Grantee":{"Type":"Group","Canned":"AllUsers"},"Permission":"READ"}]}"#
    );
    assert_eq!((seen.header("x-tos-acl"), std::str::from_utf8(&seen.body).unwrap()), (None, body));

    store.set_versioning("bkt-a", true).await.unwrap();
    assert_eq!(
        (recorder.last().line(), recorder.last().body),
        ("PUT /?versioning= HTTP/1.1", br#"{"Status":"Enabled"}"#.to_vec())
    );
    store.set_rename_enabled("bkt-a", true).await.unwrap();
    assert_eq!(recorder.last().body, br#"{"RenameEnable":true}"#);
    store.set_rename_enabled("bkt-a", false).await.unwrap();
    assert_eq!(recorder.last().line(), "DELETE /?rename= HTTP/1.1");
    store.delete_bucket("bkt-a").await.unwrap();
    assert_eq!(recorder.last().line(), "DELETE / HTTP/1.1");

    let lifecycle = Lifecycle::default().with_abort_rule(7);
    store.set_lifecycle("bkt-a", &lifecycle).await.unwrap();
    let seen = recorder.last();
    assert_eq!((seen.line(), seen.header("x-tos-allow-same-action-overlap")), ("PUT /?lifecycle= HTTP/1.1", None));
    assert!(seen.header("content-md5").is_some());
    store.set_lifecycle("bkt-a", &Lifecycle::default()).await.unwrap();
    assert_eq!(recorder.last().line(), "DELETE /?lifecycle= HTTP/1.1");
}

#[tokio::test]
async fn rules_of_others_go_back_byte_by_byte() {
    // A number, an order and a spacing that no typed round trip keeps.
    let theirs = r#"{"Z":1.10, "ID":"theirs","A":[123456789012345678901234567890]}"#;
    let told =
        answer("200 OK", &[ID, ("x-tos-allow-same-action-overlap", "true")], &format!(r#"{{"Rules":[{theirs}]}}"#));
    let recorder = Recorder::start(vec![told, done()]).await;
    let store = recorder.store();
    let lifecycle = store.lifecycle("bkt-a").await.unwrap();
    store.set_lifecycle("bkt-a", &lifecycle.with_abort_rule(9)).await.unwrap();
    let seen = recorder.last();
    assert_eq!(seen.header("x-tos-allow-same-action-overlap"), Some("true"));
    let body = String::from_utf8(seen.body).unwrap();
    assert!(body.starts_with(&format!(r#"{{"Rules":[{theirs},{{"#)), "{body}");
}

#[tokio::test]
async fn rules_that_cannot_be_kept_are_an_error_and_never_fewer_rules() {
    let recorder = Recorder::start(vec![json(r#"{"Rules":[{"ID":"a"},7]}"#)]).await;
    assert_eq!(recorder.store().lifecycle("bkt-a").await.unwrap_err().kind, ErrorKind::NotThisStore);
    let recorder = Recorder::start(vec![json(r#"{"Code":"InternalError"}"#)]).await;
    assert_eq!(recorder.store().lifecycle("bkt-a").await.unwrap_err().kind, ErrorKind::Server);
    let recorder = Recorder::start(vec![refused("404 Not Found", "NoSuchBucket")]).await;
    assert_eq!(recorder.store().lifecycle("bkt-a").await.unwrap_err().kind, ErrorKind::BucketNotFound);
    let rule = LifecycleRule::from_json("{}").unwrap();
    assert_eq!((rule.id(), rule.abort_after_days()), (String::new(), None));
}

#[tokio::test]
async fn a_list_of_versions_asks_with_both_markers() {
    let recorder = Recorder::start(vec![json(r#"{"Name":"bkt-a"}"#)]).await;
    let after = VersionMarker { key: "a b/k".into(), version: Some(VersionId("V+1".into())) };
    let request = VersionListRequest { prefix: "a b/".into(), delimiter: None, after: Some(after), max_keys: Some(2) };
    recorder.store().list_versions("bkt-a", &request).await.unwrap();
    let line = "GET /?key-marker=a%20b%2Fk&max-keys=2&prefix=a%20b%2F&version-id-marker=V%2B1&versions= HTTP/1.1";
    assert_eq!(recorder.last().line(), line);
}

#[tokio::test]
async fn answers_of_each_kind_are_understood() {
    for (reply, expected) in [
        (json("{}"), Versioning::Never),
        (json(r#"{"Status":""}"#), Versioning::Never),
        (json(r#"{"Status":"Suspended"}"#), Versioning::Suspended),
    ] {
        assert_eq!(Recorder::start(vec![reply]).await.store().versioning("bkt-a").await.unwrap(), expected);
    }
    let portal = Recorder::start(vec![answer("200 OK", &[], "{}")]).await;
    assert_eq!(portal.store().versioning("bkt-a").await.unwrap_err().kind, ErrorKind::NotThisStore);

    let request = RestoreRequest::new(7, None).unwrap();
    for (reply, expected) in [
        (answer("202 Accepted", &[ID], ""), RestoreAnswer::Started),
        (done(), RestoreAnswer::Extended),
        (refused("409 Conflict", "RestoreAlreadyInProgress"), RestoreAnswer::Running),
    ] {
        let recorder = Recorder::start(vec![reply]).await;
        assert_eq!(recorder.store().restore_object(&old_version(), request).await.unwrap(), expected);
    }

    // No tags, or no object: only the code tells.
    let untagged = Recorder::start(vec![refused("404 Not Found", "NoSuchTagSet")]).await;
    assert_eq!(untagged.store().object_tags(&old_version()).await.unwrap(), []);
    for code in ["NoSuchKey", "NoSuchVersion"] {
        let missing = Recorder::start(vec![refused("404 Not Found", code)]).await;
        assert_eq!(missing.store().object_tags(&old_version()).await.unwrap_err().kind, ErrorKind::ObjectNotFound);
    }

    // Python fails where the owner is missing.
    let acl = r#"{"Grants":[{"Grantee":{"ID":null,"Type":"Group","Canned":"AllUsers"},"Permission":"READ"}]}"#;
    let acl = Recorder::start(vec![json(acl)]).await.store().object_acl(&old_version()).await.unwrap();
    assert_eq!(acl.canned(), Some(CannedAcl::PublicRead));
    // Whoever gave that back without the second would take a right away.
    let odd = r#"{"Grants":[{"Grantee":{"Canned":"AllUsers"},"Permission":"READ"},{"Grantee":{"Type":"New"}}]}"#;
    let refused = Recorder::start(vec![json(odd)]).await.store().object_acl(&old_version()).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_version_without_an_id_is_never_sent() {
    let recorder = Recorder::start(vec![done()]).await;
    let store = recorder.store();
    let nameless = ObjectRef { version: Some(VersionId(String::new())), ..old_version() };
    use store::ObjectStore;
    assert_eq!(store.delete_object(&nameless).await.unwrap_err().kind, ErrorKind::ObjectNotFound);
    assert!(store.delete_objects("bkt-a", &[nameless]).await.is_err());
    assert!(recorder.seen().is_empty());
}

#[tokio::test]
async fn a_bucket_is_not_deleted_by_a_custom_domain() {
    let recorder = Recorder::start(vec![done()]).await;
    let store = recorder.store_with(|config| {
        config.endpoint = "http://files.tos-cn-beijing.volces.com".into();
        config.addressing = Addressing::CustomDomain;
    });
    assert_eq!(store.delete_bucket("another").await.unwrap_err().kind, ErrorKind::Unsupported);
    assert!(recorder.seen().is_empty());
}
