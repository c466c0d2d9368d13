use crate::multipart::{PART, complete, create};
use crate::wire::{Practice, Reply, crc64, practice, practice_with, quoted_md5, some_bytes};

async fn copy(practice: &Practice, from: &str, to: &str) -> Reply {
    practice.request("PUT", to).header("x-tos-copy-source", from).send().await
}

#[tokio::test]
async fn a_copy_takes_bytes_and_metadata_along_or_replaces_the_metadata() {
    let practice = practice(|_| {}).await;
    let body = some_bytes(400_000, 1);
    let put = practice.request("PUT", "/first/源 +").header("content-type", "text/x").header("x-tos-meta-a", "b");
    put.header("x-tos-acl", "public-read").body(body.clone()).send().await.ok();
    let reply = copy(&practice, "/first/%E6%BA%90%20%2B", "/second/kept").await.ok();
    assert_eq!(reply.json()["ETag"], quoted_md5(&body));
    assert_eq!(reply.header("x-tos-hash-crc64ecma"), "");
    let kept = practice.get("/second/kept").await.ok();
    assert_eq!((kept.body == body, kept.header("content-type"), kept.header("x-tos-meta-a")), (true, "text/x", "b"));
    assert_eq!((kept.header("x-tos-acl"), kept.header("x-tos-hash-crc64ecma")), ("", &*crc64(&body)));
    let replacing = practice.request("PUT", "/second/new").header("x-tos-copy-source", "first/%E6%BA%90%20%2B");
    let replacing = replacing.header("x-tos-metadata-directive", "REPLACE").header("content-type", "text/y");
    replacing.send().await.ok();
    let new = practice.get("/second/new").await.ok();
    assert_eq!((new.header("content-type"), new.header("x-tos-meta-a")), ("text/y", ""));
}

#[tokio::test]
async fn a_copy_refuses_what_it_cannot_or_must_not_copy() {
    let practice = practice(|options| options.other_regions.push("cn-shanghai".into())).await;
    practice.put("/first/key", "x").await.ok();
    copy(&practice, "/first/missing", "/second/k").await.refused(404, "NoSuchKey");
    copy(&practice, "/nowhere/key", "/second/k").await.refused(404, "NoSuchBucket");
    copy(&practice, "nonsense", "/second/k").await.refused(400, "InvalidArgument");
    let conditional = practice.request("PUT", "/second/k").header("x-tos-copy-source", "/first/key");
    let conditional = conditional.header("x-tos-copy-source-if-match", "\"other\"");
    conditional.send().await.refused(412, "PreconditionFailed");
    let elsewhere =
        |method: &str, path: &str| practice.request(method, path).with(|wire| wire.region = "cn-shanghai".into());
    elsewhere("PUT", "/elsewhere").send().await.ok();
    let across = elsewhere("PUT", "/elsewhere/k").header("x-tos-copy-source", "/first/key").send().await;
    across.refused(400, "InvalidCrossRegionCopy");
    let head = elsewhere("HEAD", "/elsewhere").send().await.ok();
    assert_eq!(head.header("x-tos-bucket-region"), "cn-shanghai");
    let buckets = practice.get("/").await.ok().json();
    let locations: Vec<&str> =
        buckets["Buckets"].as_array().unwrap().iter().map(|bucket| bucket["Location"].as_str().unwrap()).collect();
    assert_eq!(locations, ["cn-shanghai", "cn-beijing", "cn-beijing"]);
}

#[tokio::test]
async fn listing_the_buckets_of_one_region_only_is_a_switch() {
    let practice = practice(|options| {
        options.other_regions.push("cn-shanghai".into());
        options.behaviour.list_buckets_of_all_regions = false;
    })
    .await;
    let shanghai = practice.request("GET", "/").with(|wire| wire.region = "cn-shanghai".into()).send().await.ok();
    assert_eq!(shanghai.json()["Buckets"].as_array().unwrap().len(), 0);
    assert_eq!(practice.get("/").await.ok().json()["Buckets"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_crc_of_copies_is_a_switch_in_answers_and_in_objects() {
    for (in_answers, known) in [(true, true), (false, false)] {
        let practice = practice_with(|behaviour| {
            behaviour.crc_in_copy_answers = in_answers;
            behaviour.crc_of_copies = known;
        })
        .await;
        let body = some_bytes(PART + 10, 1);
        practice.put("/first/key", body.clone()).await.ok();
        let shown = |yes: bool, bytes: &[u8]| if yes { crc64(bytes) } else { String::new() };
        let whole = copy(&practice, "/first/key", "/second/whole").await.ok();
        assert_eq!(whole.header("x-tos-hash-crc64ecma"), shown(in_answers, &body));
        let id = create(&practice, "/second/parts").await;
        let mut parts = Vec::new();
        for (number, range) in [(1, 0..PART), (2, PART..PART + 10)] {
            let request = practice.request("PUT", "/second/parts").query("partNumber", &number.to_string());
            let request = request.query("uploadId", &id).header("x-tos-copy-source", "/first/key");
            let span = format!("bytes={}-{}", range.start, range.end - 1);
            let reply = request.header("x-tos-copy-source-range", &span).send().await.ok();
            assert_eq!(reply.header("x-tos-hash-crc64ecma"), shown(in_answers, &body[range.clone()]));
            let etag = reply.json()["ETag"].as_str().unwrap().to_owned();
            assert_eq!(etag, quoted_md5(&body[range]));
            parts.push((number, etag));
        }
        let done = complete(&practice, "/second/parts", &id, &parts).await.ok();
        assert_eq!(done.header("x-tos-hash-crc64ecma"), shown(known, &body));
        for key in ["whole", "parts"] {
            let get = practice.get(&format!("/second/{key}")).await.ok();
            assert!(get.body == body);
            assert_eq!(get.header("x-tos-hash-crc64ecma"), shown(known, &body));
        }
    }
}

#[tokio::test]
async fn an_overwrite_does_not_cut_off_a_copy_or_a_download_that_is_under_way() {
    let practice = practice(|options| options.copy_bytes_per_second = Some(4_000_000)).await;
    let body = some_bytes(1 << 20, 1);
    practice.put("/first/key", body.clone()).await.ok();
    let port = practice.port();
    let copying = tokio::spawn(async move {
        crate::wire::wire(port, "PUT", "/second/copy").header("x-tos-copy-source", "/first/key").send().await
    });
    practice.until(|practice| practice.data_files("second") == 1).await;
    practice.put("/first/key", "new").await.ok();
    copying.await.unwrap().ok();
    assert!(practice.get("/second/copy").await.ok().body == body);
    assert_eq!(practice.get("/first/key").await.ok().body, b"new");
}
