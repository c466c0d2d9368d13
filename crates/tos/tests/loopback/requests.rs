//! What goes over the wire, held against facts of the captures of the official SDKs.

use store::{
    ByteRange, CopyObjectOptions, CopyPartRequest, CopySource, ETag, ErrorKind, GetOptions, ListRequest, ObjectRef,
    ObjectSettings, ObjectStore, PartNumber, PutCondition, UploadBody, UploadId, UploadListRequest, UploadRef,
    VersionId,
};
use tos::Addressing;

use crate::recorder::{Recorder, Reply, answer, credentials};

fn object(key: &str) -> ObjectRef {
    ObjectRef::new("bkt-a", key)
}

fn upload() -> UploadRef {
    UploadRef { object: object("big/文 件.bin"), upload_id: UploadId("up/1+2".into()) }
}

fn written() -> Reply {
    answer("200 OK", &[("etag", "\"e\""), ("x-tos-request-id", "r")], "")
}

async fn put(store: &dyn ObjectStore, object: &ObjectRef, settings: &ObjectSettings, body: &'static str) {
    store.put_object(object, settings, PutCondition::Always, UploadBody::from_bytes(body)).await.unwrap();
}

#[tokio::test]
async fn a_put_is_signed_as_the_python_sdk_signs_it() {
    let recorder = Recorder::start(vec![written()]).await;
    let settings = ObjectSettings { content_type: Some("text/plain".into()), ..ObjectSettings::default() };
    put(&recorder.store(), &object("目录/文件 一.txt"), &settings, "hello").await;
    let seen = recorder.last();
    assert_eq!(seen.line(), "PUT /%E7%9B%AE%E5%BD%95/%E6%96%87%E4%BB%B6%20%E4%B8%80.txt HTTP/1.1");
    assert_eq!(seen.header("content-length"), Some("5"));
    assert_eq!(seen.header("transfer-encoding"), None);
    assert_eq!(seen.header("host"), Some("bkt-a.tos-cn-beijing.volces.com"));
    assert_eq!(seen.header("x-tos-content-sha256"), Some("UNSIGNED-PAYLOAD"));
    assert_eq!(seen.header("x-tos-date"), Some("20260102T030405Z"));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert_eq!(seen.body, b"hello");
    // The signature of the worked example in the protocol notes (vector put_key_chinese).
    let authorization = seen.header("authorization").unwrap();
    assert!(
        authorization.ends_with("Signature=e72ce33457921c04ff00b8eb37c8e6b324e046412d6649ba555b38c3cd9717eb"),
        "{authorization}"
    );
}

#[tokio::test]
async fn keys_go_on_the_wire_exactly_as_they_are_signed() {
    let recorder = Recorder::start(vec![written()]).await;
    let virtual_host = recorder.store();
    let path_style = recorder.path_store();
    for (key, path) in [
        ("a//b", "/a//b"),
        ("/lead", "//lead"),
        ("//lead", "///lead"),
        ("trail/", "/trail/"),
        ("a%2Fb", "/a%252Fb"),
        ("%2e%2e/x", "/%252e%252e/x"),
        ("a+b c", "/a%2Bb%20c"),
        ("~!*'();:@&=$,?#[]", "/~%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%3F%23%5B%5D"),
        ("back\\slash", "/back%5Cslash"),
        ("quote\"<>", "/quote%22%3C%3E"),
        ("🐦", "/%F0%9F%90%A6"),
        (".../..a", "/.../..a"),
        ("|^`{}", "/%7C%5E%60%7B%7D"),
    ] {
        put(&virtual_host, &object(key), &ObjectSettings::default(), "x").await;
        assert_eq!(recorder.last().line(), format!("PUT {path} HTTP/1.1"), "{key}");
        put(&path_style, &object(key), &ObjectSettings::default(), "x").await;
        assert_eq!(recorder.last().line(), format!("PUT /bkt-a{path} HTTP/1.1"), "{key}");
    }
    let count = recorder.seen().len();
    for key in ["a/../b/./c", "..", ".", "a/.."] {
        assert!(virtual_host.head_object(&object(key)).await.is_err(), "{key}");
    }
    assert_eq!(recorder.seen().len(), count, "a key with dot segments must never be sent");
}

#[tokio::test]
async fn the_host_header_names_bucket_and_port() {
    let recorder = Recorder::start(vec![written()]).await;
    put(&recorder.path_store(), &object("k"), &ObjectSettings::default(), "").await;
    assert_eq!(recorder.last().header("host"), Some(recorder.address().to_string().as_str()));

    let port = recorder.address().port();
    let with_port = recorder.store_with(|c| c.endpoint = format!("http://tos-cn-beijing.volces.com:{port}"));
    put(&with_port, &object("k"), &ObjectSettings::default(), "").await;
    let expected = format!("bkt-a.tos-cn-beijing.volces.com:{port}");
    assert_eq!(recorder.last().header("host"), Some(expected.as_str()));

    let custom = recorder.store_with(|config| {
        config.endpoint = "http://files.tos-cn-beijing.volces.com".into();
        config.addressing = Addressing::CustomDomain;
    });
    put(&custom, &object("dir/a.txt"), &ObjectSettings::default(), "x").await;
    assert_eq!(recorder.last().line(), "PUT /dir/a.txt HTTP/1.1");
    assert_eq!(recorder.last().header("host"), Some("files.tos-cn-beijing.volces.com"));
}

#[tokio::test]
async fn empty_bodies_have_a_length_of_zero() {
    let created = answer("200 OK", &[], r#"{"UploadId":"u"}"#);
    let recorder = Recorder::start(vec![written(), created]).await;
    let store = recorder.store();
    put(&store, &object("empty"), &ObjectSettings::default(), "").await;
    assert_eq!(recorder.last().header("content-length"), Some("0"));
    store.create_upload(&object("k"), &ObjectSettings::default()).await.unwrap();
    assert_eq!(recorder.last().line(), "POST /k?uploads= HTTP/1.1");
    assert_eq!(recorder.last().header("content-length"), Some("0"));
}

#[tokio::test]
async fn settings_become_the_headers_of_the_captures() {
    let recorder = Recorder::start(vec![written()]).await;
    let settings = ObjectSettings {
        content_type: Some("text/plain".into()),
        cache_control: Some("no-cache".into()),
        content_disposition: Some("attachment; filename=\"中文 a.txt\"".into()),
        content_encoding: Some("identity".into()),
        content_language: Some("zh-CN".into()),
        expires: Some("Tue, 01 Jan 2030 00:00:00 GMT".into()),
        storage_class: Some("IA".into()),
        acl: Some("private".into()),
        metadata: [("k1".to_owned(), "v1".to_owned()), ("名".to_owned(), "值 x".to_owned())].into(),
    };
    put(&recorder.store(), &object("hdr.bin"), &settings, "0123456789").await;
    let seen = recorder.last();
    for (name, value) in [
        ("content-type", "text/plain"),
        ("cache-control", "no-cache"),
        ("content-disposition", "attachment; filename=\"%E4%B8%AD%E6%96%87 a.txt\""),
        ("content-encoding", "identity"),
        ("content-language", "zh-CN"),
        ("expires", "Tue, 01 Jan 2030 00:00:00 GMT"),
        ("x-tos-storage-class", "IA"),
        ("x-tos-acl", "private"),
        ("x-tos-meta-k1", "v1"),
        ("x-tos-meta-%e5%90%8d", "%E5%80%BC%20x"),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
    let signed = "SignedHeaders=content-type;host;x-tos-acl;x-tos-content-sha256;x-tos-date;x-tos-meta-%e5%90%8d;\
                  x-tos-meta-k1;x-tos-storage-class,";
    assert!(seen.header("authorization").unwrap().contains(signed));
}

#[tokio::test]
async fn temporary_keys_send_and_sign_their_token() {
    let recorder = Recorder::start(vec![written()]).await;
    let store = recorder.store_with(|config| config.credentials = credentials(Some("STS-token-1")));
    put(&store, &object("k"), &ObjectSettings::default(), "x").await;
    let seen = recorder.last();
    assert_eq!(seen.header("x-tos-security-token"), Some("STS-token-1"));
    assert!(seen.header("authorization").unwrap().contains("x-tos-date;x-tos-security-token,"));
}

#[tokio::test]
async fn reading_asks_for_the_range_and_pins_the_object() {
    let headers = [("etag", "\"e\""), ("content-range", "bytes 5-9/100"), ("x-tos-hash-crc64ecma", "7")];
    let recorder = Recorder::start(vec![answer("206 Partial Content", &headers, "56789")]).await;
    let options = GetOptions { range: Some(ByteRange::at(5, 5)), if_match: Some(ETag::new("abc")) };
    let versioned = ObjectRef { version: Some(VersionId("V 1".into())), ..object("a b") };
    let got = recorder.store().get_object(&versioned, &options).await.unwrap();
    assert_eq!((got.details.size_bytes, got.range), (100, ByteRange::at(5, 5)));
    let seen = recorder.last();
    assert_eq!(seen.line(), "GET /a%20b?versionId=V%201 HTTP/1.1");
    assert_eq!(seen.header("range"), Some("bytes=5-9"));
    assert_eq!(seen.header("if-match"), Some("\"abc\""));
    assert!(!seen.header("authorization").unwrap().contains("range"), "Range and If-Match are not signed");
}

#[tokio::test]
async fn the_verbs_of_multipart_uploads_are_those_of_the_captures() {
    let made = answer("200 OK", &[("x-tos-hash-crc64ecma", "9")], r#"{"ETag":"\"whole-2\"","Location":"x"}"#);
    let replies = vec![
        written(),
        made,
        answer("204 No Content", &[("x-tos-request-id", "r")], ""),
        answer(
            "200 OK",
            &[],
            r#"{"UploadId":"up/1+2","IsTruncated":true,"NextPartNumberMarker":3,
            "Parts":[{"PartNumber":3,"ETag":"\"p3\"","Size":5}]}"#,
        ),
        answer(
            "200 OK",
            &[],
            r#"{"Bucket":"bkt-a","IsTruncated":true,"NextKeyMarker":"k","NextUploadIdMarker":"u",
            "Uploads":[{"Key":"big/文 件.bin","UploadId":"up000036","Initiated":"2026-01-02T03:04:05.000Z"}]}"#,
        ),
    ];
    let recorder = Recorder::start(replies).await;
    let store = recorder.store();
    let path = "/big/%E6%96%87%20%E4%BB%B6.bin";
    let part = |number| PartNumber::new(number).unwrap();

    let receipt = store.upload_part(&upload(), part(7), UploadBody::from_bytes("part")).await.unwrap();
    assert_eq!(receipt.etag, ETag::new("e"));
    assert_eq!(recorder.last().line(), format!("PUT {path}?partNumber=7&uploadId=up%2F1%2B2 HTTP/1.1"));

    let parts = [(part(1), ETag::new("p1")), (part(2), ETag::new("p2"))];
    let completed = store.complete_upload(&upload(), &parts, PutCondition::IfAbsent).await.unwrap();
    assert_eq!((completed.etag.as_str(), completed.crc64), ("whole-2", Some(store::Crc64(9))));
    let seen = recorder.last();
    assert_eq!(seen.line(), format!("POST {path}?uploadId=up%2F1%2B2 HTTP/1.1"));
    assert_eq!(seen.header("x-tos-forbid-overwrite"), Some("true"));
    let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    let expected = serde_json::json!({"Parts": [
        {"PartNumber": 1, "ETag": "\"p1\""}, {"PartNumber": 2, "ETag": "\"p2\""}
    ]});
    assert_eq!(body, expected);

    store.abort_upload(&upload()).await.unwrap();
    assert_eq!(recorder.last().line(), format!("DELETE {path}?uploadId=up%2F1%2B2 HTTP/1.1"));

    let page = store.list_parts(&upload(), Some(part(2))).await.unwrap();
    assert_eq!((page.parts[0].size_bytes, page.next), (5, Some(part(3))));
    let query = "max-parts=1000&part-number-marker=2&uploadId=up%2F1%2B2";
    assert_eq!(recorder.last().line(), format!("GET {path}?{query} HTTP/1.1"));

    let request = UploadListRequest { prefix: "big/".into(), after: Some(("a".into(), UploadId("b".into()))) };
    let page = store.list_uploads("bkt-a", &request).await.unwrap();
    assert_eq!(page.next, Some(("k".into(), UploadId("u".into()))));
    assert!(page.uploads[0].initiated.is_some());
    let query = "key-marker=a&max-uploads=1000&prefix=big%2F&upload-id-marker=b&uploads=";
    assert_eq!(recorder.last().line(), format!("GET /?{query} HTTP/1.1"));
}

#[tokio::test]
async fn a_list_that_stands_still_is_an_error_and_not_taken_for_all_of_it() {
    let parts = r#"{"UploadId":"up/1+2","IsTruncated":true,"NextPartNumberMarker":3,"Parts":[]}"#;
    let recorder = Recorder::start(vec![answer("200 OK", &[], parts)]).await;
    let error = store::all_parts(&recorder.store(), &upload()).await.unwrap_err();
    assert_eq!((error.kind, recorder.seen().len()), (ErrorKind::NotThisStore, 2));

    let uploads = r#"{"Bucket":"bkt-a","IsTruncated":true,"NextKeyMarker":"k","NextUploadIdMarker":"u","Uploads":[]}"#;
    let recorder = Recorder::start(vec![answer("200 OK", &[], uploads)]).await;
    let error = store::uploads_of(&recorder.store(), &ObjectRef::new("bkt-a", "k")).await.unwrap_err();
    assert_eq!((error.kind, recorder.seen().len()), (ErrorKind::NotThisStore, 2));
}

#[tokio::test]
async fn copies_name_their_source_with_one_encoding() {
    let recorder = Recorder::start(vec![answer("200 OK", &[], r#"{"ETag":"\"e\"","LastModified":"x"}"#)]).await;
    let store = recorder.store();
    let source = CopySource {
        object: ObjectRef { version: Some(VersionId("V1".into())), ..ObjectRef::new("bkt-b", "源/a+b c%2F.txt") },
        if_match: Some(ETag::new("abc")),
    };
    let name = "/bkt-b/%E6%BA%90/a%2Bb%20c%252F.txt?versionId=V1";

    let range = ByteRange::at(100, 50);
    let part = PartNumber::new(2).unwrap();
    store.upload_part_copy(&upload(), part, &CopyPartRequest { source: source.clone(), range }).await.unwrap();
    let seen = recorder.last();
    assert!(seen.line().starts_with("PUT /big/"));
    assert_eq!(seen.header("x-tos-copy-source"), Some(name));
    assert_eq!(seen.header("x-tos-copy-source-range"), Some("bytes=100-149"));
    assert_eq!(seen.header("x-tos-copy-source-if-match"), Some("\"abc\""));
    assert_eq!(seen.header("content-length"), Some("0"));

    let options = CopyObjectOptions { source, replace_settings: None, condition: PutCondition::IfAbsent };
    store.copy_object(&object("target"), &options).await.unwrap();
    let seen = recorder.last();
    assert_eq!(seen.line(), "PUT /target HTTP/1.1");
    assert_eq!(seen.header("x-tos-copy-source"), Some(name));
    assert_eq!(seen.header("x-tos-metadata-directive"), Some("COPY"));
    assert_eq!(seen.header("x-tos-forbid-overwrite"), Some("true"));

    let settings = ObjectSettings { content_type: Some("a/b".into()), ..ObjectSettings::default() };
    let options = CopyObjectOptions { replace_settings: Some(settings), condition: PutCondition::Always, ..options };
    store.copy_object(&object("target"), &options).await.unwrap();
    let seen = recorder.last();
    assert_eq!(seen.header("x-tos-metadata-directive"), Some("REPLACE"));
    assert_eq!(seen.header("content-type"), Some("a/b"));
    assert_eq!(seen.header("x-tos-forbid-overwrite"), None);
}

#[tokio::test]
async fn listings_and_deletions_are_those_of_the_captures() {
    let replies = vec![
        answer(
            "200 OK",
            &[],
            r#"{"Name":"bkt-a","IsTruncated":true,"NextContinuationToken":"t+1",
            "Contents":[{"Key":"dir/a b","Size":3,"ETag":"\"e\"","HashCrc64ecma":"5981764153023615706"}],
            "CommonPrefixes":[{"Prefix":"dir/sub/"}]}"#,
        ),
        answer("200 OK", &[], r#"{"Deleted":[],"Error":[{"Key":"x","Code":"AccessDenied","Message":"no"}]}"#),
        answer(
            "200 OK",
            &[],
            r#"{"Buckets":[{"Name":"bkt-a","Location":"cn-beijing",
            "CreationDate":"2026-01-02T03:04:05.000Z","ExtranetEndpoint":"tos-cn-beijing.volces.com"}],"Owner":{}}"#,
        ),
    ];
    let recorder = Recorder::start(replies).await;
    let store = recorder.store();
    let request = ListRequest {
        prefix: "dir/".into(),
        delimiter: Some("/".into()),
        continuation_token: Some("t/0".into()),
        max_keys: Some(5),
        start_after: None,
    };
    let page = store.list_objects("bkt-a", &request).await.unwrap();
    assert_eq!(page.objects[0].crc64, Some(store::Crc64(5_981_764_153_023_615_706)));
    assert_eq!((page.common_prefixes, page.next), (vec!["dir/sub/".to_owned()], Some("t+1".to_owned())));
    let query = "continuation-token=t%2F0&delimiter=%2F&list-type=2&max-keys=5&prefix=dir%2F";
    assert_eq!(recorder.last().line(), format!("GET /?{query} HTTP/1.1"));

    let versioned = ObjectRef { version: Some(VersionId("v1".into())), ..object("目录/x") };
    let failures = store.delete_objects("bkt-a", &[object("a b"), versioned]).await.unwrap();
    assert_eq!(failures[0].code, "AccessDenied");
    let seen = recorder.last();
    assert_eq!(seen.line(), "POST /?delete= HTTP/1.1");
    let expected = r#"{"objects_are":[{"Key":"a b"},{"Key":"目录/x","VersionId":"v1"}],"Quiet":true}"#;
    assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), expected.replace("objects_are", "Objects"));
    assert_eq!(seen.header("content-md5").unwrap().len(), 24, "base64 of 16 bytes");

    let buckets = store.list_buckets().await.unwrap();
    assert_eq!(recorder.last().line(), "GET / HTTP/1.1");
    assert_eq!(recorder.last().header("host"), Some("tos-cn-beijing.volces.com"));
    assert_eq!(buckets[0].region.as_deref(), Some("cn-beijing"));
}

#[tokio::test]
async fn a_presigned_url_is_that_of_the_python_sdk() {
    let recorder = Recorder::start(vec![written()]).await;
    let url = recorder
        .store()
        .presign(store::PresignMethod::Get, &object("dir/a b.txt"), std::time::Duration::from_secs(3600))
        .unwrap();
    let (place, query) = url.split_once('?').unwrap();
    assert_eq!(place, "http://bkt-a.tos-cn-beijing.volces.com/dir/a%20b.txt");
    for pair in [
        "X-Tos-Algorithm=TOS4-HMAC-SHA256",
        "X-Tos-Credential=AKLTfakeAccessKeyForTests0001%2F20260102%2Fcn-beijing%2Ftos%2Frequest",
        "X-Tos-Date=20260102T030405Z",
        "X-Tos-Expires=3600",
        "X-Tos-SignedHeaders=host",
    ] {
        assert!(query.split('&').any(|found| found == pair), "{pair} in {query}");
    }
    assert!(recorder.seen().is_empty(), "presigning makes no request");
    let store = recorder.store();
    let too_long = store.presign(store::PresignMethod::Put, &object("k"), std::time::Duration::from_secs(604_801));
    assert_eq!(too_long.unwrap_err().kind, store::ErrorKind::Refused);
}

#[tokio::test]
async fn an_upload_without_an_id_is_never_asked_about() {
    // Without one, what is meant for an upload is meant for the object: an abort would delete it.
    let server = Recorder::start(vec![answer("204 No Content", &[], "")]).await;
    let store = server.store();
    let nameless = UploadRef { object: ObjectRef::new("bucket", "key"), upload_id: UploadId(String::new()) };
    let body = UploadBody::from_bytes("x");
    let refusals = [
        store.abort_upload(&nameless).await.unwrap_err(),
        store.list_parts(&nameless, None).await.unwrap_err(),
        store.upload_part(&nameless, PartNumber::FIRST, body).await.unwrap_err(),
        store.complete_upload(&nameless, &[], PutCondition::Always).await.unwrap_err(),
    ];
    assert!(refusals.iter().all(|error| error.kind == ErrorKind::UploadNotFound), "{refusals:?}");
    assert!(server.seen().is_empty());
}
