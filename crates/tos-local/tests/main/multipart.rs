use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::wire::{Practice, Reply, crc64, exchange, practice, practice_with, quoted_md5, some_bytes};

pub(crate) const PART: usize = 5 << 20;

pub(crate) async fn create(practice: &Practice, path: &str) -> String {
    let reply = practice.request("POST", path).query("uploads", "").send().await.ok();
    reply.json()["UploadId"].as_str().unwrap().to_owned()
}

pub(crate) async fn upload(practice: &Practice, path: &str, id: &str, number: u32, body: &[u8]) -> Reply {
    let request = practice.request("PUT", path).query("partNumber", &number.to_string()).query("uploadId", id);
    request.body(body).send().await
}

pub(crate) async fn complete(practice: &Practice, path: &str, id: &str, parts: &[(u32, String)]) -> Reply {
    let parts: Vec<Value> = parts.iter().map(|(number, etag)| json!({"PartNumber": number, "ETag": etag})).collect();
    let body = json!({"Parts": parts}).to_string();
    practice.request("POST", path).query("uploadId", id).body(body).send().await
}

async fn abort(practice: &Practice, path: &str, id: &str) -> Reply {
    practice.request("DELETE", path).query("uploadId", id).send().await
}

#[tokio::test]
async fn parts_in_any_order_make_the_whole_and_the_last_sent_of_a_number_counts() {
    let practice = practice_with(|behaviour| behaviour.strict_part_order = true).await;
    let body = some_bytes(2 * PART + 5, 1);
    let id = create(&practice, "/first/big").await;
    let pieces = [&body[..PART], &body[PART..2 * PART], &body[2 * PART..]];
    let mut parts = Vec::new();
    upload(&practice, "/first/big", &id, 1, b"replaced later").await.ok();
    for number in [3, 1, 2] {
        let piece = pieces[number as usize - 1];
        let reply = upload(&practice, "/first/big", &id, number, piece).await.ok();
        assert_eq!((reply.header("etag"), reply.header("x-tos-hash-crc64ecma")), (&*quoted_md5(piece), &*crc64(piece)));
        parts.push((number, reply.header("etag").to_owned()));
    }
    assert_eq!(practice.data_files("first"), 3);
    assert_eq!(practice.server.stats().open_uploads, 1);
    complete(&practice, "/first/big", &id, &parts).await.refused(400, "InvalidPartOrder");
    parts.sort();
    let reply = complete(&practice, "/first/big", &id, &parts).await.ok();
    assert_eq!(reply.header("x-tos-hash-crc64ecma"), crc64(&body));
    assert!(reply.json()["ETag"].as_str().unwrap().ends_with("-3\""));
    let get = practice.get("/first/big").await.ok();
    assert_eq!((get.body == body, get.header("etag")), (true, reply.header("etag")));
    let across = format!("bytes={}-{}", PART - 1, PART);
    let across = practice.request("GET", "/first/big").header("range", &across).send().await;
    assert_eq!(across.body, body[PART - 1..=PART]);
    assert_eq!(practice.server.stats().open_uploads, 0);
    complete(&practice, "/first/big", &id, &parts).await.refused(404, "NoSuchUpload");
}

#[tokio::test]
async fn complete_refuses_what_would_not_be_the_object_and_can_be_asked_again() {
    let practice = practice(|_| {}).await;
    let id = create(&practice, "/first/big").await;
    let small = upload(&practice, "/first/big", &id, 1, &some_bytes(PART - 1, 1)).await.ok().header("etag").to_owned();
    let last = upload(&practice, "/first/big", &id, 2, b"end").await.ok().header("etag").to_owned();
    let (one, two) = ((1, small), (2, last));
    complete(&practice, "/first/big", &id, &[one.clone(), two.clone()]).await.refused(400, "EntityTooSmall");
    complete(&practice, "/first/big", &id, &[two.clone(), (3, "x".into())]).await.refused(400, "InvalidPart");
    complete(&practice, "/first/big", &id, &[(1, two.1.clone())]).await.refused(400, "InvalidPart");
    complete(&practice, "/first/big", &id, &[]).await.refused(400, "NoUploadPart");
    complete(&practice, "/first/other", &id, std::slice::from_ref(&two)).await.refused(404, "NoSuchUpload");
    upload(&practice, "/first/big", &id, 10_001, b"x").await.refused(400, "InvalidPartNumber");
    upload(&practice, "/first/big", &id, 0, b"x").await.refused(400, "InvalidPartNumber");
    practice.get("/first/big").await.refused(404, "NoSuchKey");
    // Parts that are not named are thrown away.
    complete(&practice, "/first/big", &id, &[two]).await.ok();
    assert_eq!(practice.get("/first/big").await.ok().body, b"end");
    practice.until(|practice| practice.data_files("first") == 1).await;
}

#[tokio::test]
async fn opaque_etags_and_a_second_complete_are_switches() {
    let practice = practice_with(|behaviour| {
        behaviour.md5_etags = false;
        behaviour.second_complete_succeeds = true;
        behaviour.crc_in_list_parts = true;
    })
    .await;
    let body = some_bytes(PART + 5, 1);
    let id = create(&practice, "/first/big").await;
    let mut parts = Vec::new();
    for (number, piece) in [(2, &body[PART..]), (1, &body[..PART])] {
        let reply = upload(&practice, "/first/big", &id, number, piece).await.ok();
        assert_ne!(reply.header("etag"), quoted_md5(piece));
        parts.push((number, reply.header("etag").to_owned()));
    }
    let listed = practice.request("GET", "/first/big").query("uploadId", &id).send().await.ok().json();
    assert_eq!(listed["Parts"][0]["HashCrc64ecma"], crc64(&body[..PART]));
    let first = complete(&practice, "/first/big", &id, &parts).await.ok();
    let second = complete(&practice, "/first/big", &id, &parts).await.ok();
    assert_eq!(first.json(), second.json());
    assert_eq!(second.header("x-tos-hash-crc64ecma"), crc64(&body));
    assert!(practice.get("/first/big").await.ok().body == body);
}

#[tokio::test]
async fn complete_all_takes_every_part_and_names_them() {
    let practice = practice(|_| {}).await;
    let id = create(&practice, "/first/k").await;
    upload(&practice, "/first/k", &id, 7, b"all").await.ok();
    let request = practice.request("POST", "/first/k").query("uploadId", &id).header("x-tos-complete-all", "yes");
    let reply = request.send().await.ok().json();
    assert_eq!(reply["CompletedParts"][0]["PartNumber"], 7);
    assert_eq!(practice.get("/first/k").await.ok().body, b"all");
}

#[tokio::test]
async fn complete_heeds_forbid_overwrite_and_leaves_the_upload_as_it_was() {
    let practice = practice(|_| {}).await;
    let id = create(&practice, "/first/k").await;
    upload(&practice, "/first/k", &id, 1, b"new").await.ok();
    practice.put("/first/k", "old").await.ok();
    let request = || practice.request("POST", "/first/k").query("uploadId", &id).header("x-tos-complete-all", "yes");
    request().header("x-tos-forbid-overwrite", "true").send().await.refused(409, "DuplicateObject");
    assert_eq!(practice.get("/first/k").await.ok().body, b"old");
    request().send().await.ok();
    assert_eq!(practice.get("/first/k").await.ok().body, b"new");
}

#[tokio::test]
async fn whether_abort_catches_a_part_on_its_way_is_a_switch() {
    for misses in [false, true] {
        let practice = practice_with(|behaviour| behaviour.abort_misses_running_parts = misses).await;
        let id = create(&practice, "/first/k").await;
        upload(&practice, "/first/k", &id, 1, b"there already").await.ok();
        let body = some_bytes(1 << 20, 1);
        let request = practice.request("PUT", "/first/k").query("partNumber", "2").query("uploadId", &id).signed();
        let mut stream = TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
        stream.write_all(&request.head(None, Some(body.len()))).await.unwrap();
        stream.write_all(&body[..body.len() / 2]).await.unwrap();
        practice.until(|practice| practice.data_files("first") == 2).await;
        assert_eq!(abort(&practice, "/first/k", &id).await.status, 204);
        let rest = exchange(stream, &[&body[body.len() / 2..]]).await;
        if misses {
            rest.ok();
            let listed = practice.request("GET", "/first/k").query("uploadId", &id).send().await.ok().json();
            assert_eq!(listed["Parts"].as_array().unwrap().len(), 1);
            assert_eq!(abort(&practice, "/first/k", &id).await.status, 204);
        } else {
            rest.refused(404, "NoSuchUpload");
        }
        abort(&practice, "/first/k", &id).await.refused(404, "NoSuchUpload");
        practice.until(|practice| practice.data_files("first") == 0).await;
        assert_eq!(practice.server.stats().used_bytes, 0);
    }
}
