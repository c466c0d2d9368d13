use base64::Engine;
use md5::Digest;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::wire::{crc64, exchange, practice, practice_with, quoted_md5, some_bytes};

#[tokio::test]
async fn any_key_brings_back_its_own_bytes_and_headers() {
    let practice = practice(|_| {}).await;
    let keys =
        ["a", "a b", "目录/文 件", "😀", "a+b", "%2F", "~", "a//b", "/lead", "a/../b/./c", "..", "end/", "x#y?z=1&w"];
    let long = "n".repeat(1024);
    for (index, key) in keys.into_iter().chain([long.as_str()]).enumerate() {
        let body = some_bytes(index * 1000, index as u64);
        let put = practice.request("PUT", &format!("/first/{key}")).body(body.clone());
        let put =
            put.header("content-type", "text/x").header("x-tos-meta-%E5%90%8D", "%E5%80%BC%20x").send().await.ok();
        assert_eq!((put.header("etag"), put.header("x-tos-hash-crc64ecma")), (&*quoted_md5(&body), &*crc64(&body)));
        let get = practice.get(&format!("/first/{key}")).await.ok();
        assert_eq!(get.body, body, "{key}");
        assert_eq!(get.header("content-type"), "text/x");
        assert_eq!(get.header("x-tos-meta-%e5%90%8d"), "%E5%80%BC%20x");
        let head = practice.request("HEAD", &format!("/first/{key}")).send().await.ok();
        assert_eq!((head.header("content-length"), head.body.len()), (&*body.len().to_string(), 0));
        assert_eq!(head.header("x-tos-hash-crc64ecma"), crc64(&body));
    }
    assert_eq!(practice.server.stats().keys, keys.len() as u64 + 1);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_no_trace() {
    let practice = practice(|_| {}).await;
    practice.put("/first/key", "the old one").await.ok();
    let before = practice.server.stats();
    let request = practice.request("PUT", "/first/key").signed();
    let mut stream = TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
    stream.write_all(&request.head(None, Some(3 << 20))).await.unwrap();
    stream.write_all(&some_bytes(1 << 20, 1)).await.unwrap();
    // Part of it is on disk before the connection goes.
    practice.until(|practice| practice.data_files("first") == 2).await;
    drop(stream);
    practice.until(|practice| practice.data_files("first") == 1).await;
    assert_eq!(practice.get("/first/key").await.ok().body, b"the old one");
    assert_eq!(practice.server.stats().used_bytes, before.used_bytes);
}

#[tokio::test]
async fn a_chunked_body_is_taken_without_a_length() {
    let practice = practice(|_| {}).await;
    let request = practice.request("PUT", "/first/chunked").header("transfer-encoding", "chunked").signed();
    let stream = TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
    exchange(stream, &[&request.head(None, None), b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"]).await.ok();
    assert_eq!(practice.get("/first/chunked").await.ok().body, b"hello world");
}

#[tokio::test]
async fn a_body_with_another_md5_than_it_says_is_refused() {
    for md5_etags in [true, false] {
        let practice = practice_with(|behaviour| behaviour.md5_etags = md5_etags).await;
        let md5 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(bytes));
        let put = || practice.request("PUT", "/first/key").body("hello");
        put().header("content-md5", &md5(b"other")).send().await.refused(400, "BadDigest");
        put().header("content-md5", "no base64 of 16").send().await.refused(400, "InvalidDigest");
        practice.get("/first/key").await.refused(404, "NoSuchKey");
        let reply = put().header("content-md5", &md5(b"hello")).send().await.ok();
        assert_eq!(reply.header("etag") == quoted_md5(b"hello"), md5_etags);
    }
}

#[tokio::test]
async fn ranges_over_the_whole_object_and_beyond_it() {
    let practice = practice(|_| {}).await;
    let body = some_bytes(700_000, 3);
    practice.put("/first/key", body.clone()).await.ok();
    for (range, expected) in [
        ("0-0", 0..1),
        ("262143-262144", 262_143..262_145),
        ("699999-800000", 699_999..700_000),
        ("-1", 699_999..700_000),
    ] {
        let reply = practice.request("GET", "/first/key").header("range", &format!("bytes={range}")).send().await;
        assert_eq!(reply.status, 206);
        assert_eq!(reply.header("content-range"), format!("bytes {}-{}/700000", expected.start, expected.end - 1));
        assert_eq!(reply.body, body[expected]);
        assert_eq!(reply.header("x-tos-hash-crc64ecma"), crc64(&body));
    }
    let beyond = practice.request("GET", "/first/key").header("range", "bytes=700000-").send().await;
    assert_eq!(beyond.refused(416, "InvalidRange").header("content-range"), "bytes */700000");
}

#[tokio::test]
async fn conditions_on_reading() {
    let practice = practice(|_| {}).await;
    let etag = practice.put("/first/key", "hello").await.ok().header("etag").to_owned();
    let with =
        async |name: &str, value: &str| practice.request("GET", "/first/key").header(name, value).send().await.status;
    assert_eq!(with("if-match", &etag).await, 200);
    assert_eq!(with("if-match", "\"other\"").await, 412);
    assert_eq!(with("if-none-match", &etag).await, 304);
    assert_eq!(with("if-none-match", "\"other\"").await, 200);
    assert_eq!(with("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT").await, 304);
    assert_eq!(with("if-modified-since", "Fri, 01 Jan 2021 00:00:00 GMT").await, 200);
    assert_eq!(with("if-unmodified-since", "Fri, 01 Jan 2021 00:00:00 GMT").await, 412);
    assert_eq!(with("if-unmodified-since", "Fri, 01 Jan 2100 00:00:00 GMT").await, 200);
}

#[tokio::test]
async fn what_forbid_overwrite_answers_is_a_switch() {
    for (status, code) in [(409, "DuplicateObject"), (412, "PreconditionFailed")] {
        let practice = practice_with(|behaviour| behaviour.forbid_overwrite_status = status).await;
        let put = |value: &str, body: &str| {
            practice.request("PUT", "/first/key").header("x-tos-forbid-overwrite", value).body(body)
        };
        put("true", "1").send().await.ok();
        put("true", "2").send().await.refused(status, code);
        put("True", "3").send().await.refused(status, code);
        assert_eq!(practice.get("/first/key").await.ok().body, b"1");
        put("false", "4").send().await.ok();
        assert_eq!(practice.data_files("first"), 1);
    }
    let practice = practice_with(|behaviour| behaviour.forbid_overwrite_exact_case = true).await;
    practice.put("/first/key", "1").await.ok();
    practice.request("PUT", "/first/key").header("x-tos-forbid-overwrite", "True").body("2").send().await.ok();
}

#[tokio::test]
async fn a_put_may_insist_on_what_it_replaces() {
    let practice = practice(|_| {}).await;
    let etag = practice.put("/first/key", "1").await.ok().header("etag").to_owned();
    let put = |etag: &str| practice.request("PUT", "/first/key").header("x-tos-if-match", etag).body("2");
    put("\"other\"").send().await.refused(412, "PreconditionFailed");
    put(&etag).send().await.ok();
    put(&etag).send().await.refused(412, "PreconditionFailed");
}

#[tokio::test]
async fn deleting_what_is_not_there_is_a_switch() {
    for status in [204, 404] {
        let practice = practice_with(|behaviour| behaviour.delete_missing_status = status).await;
        assert_eq!(practice.request("DELETE", "/first/missing").send().await.status, status);
        practice.put("/first/key", "x").await.ok();
        assert_eq!(practice.request("DELETE", "/first/key").send().await.status, 204);
        practice.until(|practice| practice.data_files("first") == 0).await;
    }
}

#[tokio::test]
async fn deleting_many_needs_an_md5_and_says_what_became_of_each() {
    let practice = practice_with(|behaviour| behaviour.delete_keys_max = 3).await;
    for key in ["a", "b c"] {
        practice.put(&format!("/first/{key}"), "x").await.ok();
    }
    let delete = |body: &str, md5_of: &str| {
        let md5 = base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(md5_of));
        practice.request("POST", "/first").query("delete", "").header("content-md5", &md5).body(body)
    };
    let body = r#"{"Objects":[{"Key":"a"},{"Key":"b c"},{"Key":""}],"Quiet":false}"#;
    delete(body, "other").send().await.refused(400, "BadDigest");
    let reply = delete(body, body).send().await.ok().json();
    assert_eq!(reply["Deleted"].as_array().unwrap().len(), 2);
    assert_eq!(reply["Error"][0]["Code"], "InvalidKey");
    let four = r#"{"Objects":[{"Key":"a"},{"Key":"b"},{"Key":"c"},{"Key":"d"}]}"#;
    delete(four, four).send().await.refused(400, "MalformedBody");
    assert_eq!(practice.server.stats().keys, 0);
}

#[tokio::test]
async fn an_archived_object_shows_itself_but_not_its_bytes() {
    for status in [403, 409] {
        let practice = practice_with(|behaviour| behaviour.archived_status = status).await;
        practice.request("PUT", "/first/cold").header("x-tos-storage-class", "ARCHIVE").body("x").send().await.ok();
        let head = practice.request("HEAD", "/first/cold").send().await.ok();
        assert_eq!(head.header("x-tos-storage-class"), "ARCHIVE");
        practice.get("/first/cold").await.refused(status, "ObjectNotRestored");
        let copy = practice.request("PUT", "/first/warm").header("x-tos-copy-source", "/first/cold");
        copy.send().await.refused(status, "ObjectNotRestored");
    }
}

#[tokio::test]
async fn a_proxy_that_strips_the_crc_can_be_played() {
    let practice = practice_with(|behaviour| behaviour.crc_headers = false).await;
    assert_eq!(practice.put("/first/key", "x").await.ok().header("x-tos-hash-crc64ecma"), "");
    assert_eq!(practice.get("/first/key").await.ok().header("x-tos-hash-crc64ecma"), "");
    let list = practice.request("GET", "/first").query("list-type", "2").send().await.ok().json();
    assert!(list["Contents"][0].get("HashCrc64ecma").is_none());
}

#[tokio::test]
async fn a_call_that_is_not_known_is_refused_and_not_taken_for_another() {
    let practice = practice(|_| {}).await;
    practice.put("/first/key", "x").await.ok();
    for name in ["lifecycle", "metadata", "symlink", "time"] {
        practice.request("PUT", "/first/key").query(name, "").body("y").send().await.refused(501, "NotImplemented");
    }
    practice.request("PATCH", "/first/key").send().await.refused(405, "MethodNotAllowed");
    assert_eq!(practice.get("/first/key").await.ok().body, b"x");
}
