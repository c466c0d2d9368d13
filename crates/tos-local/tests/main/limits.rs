use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tos_local::{Server, StartError};

use crate::multipart::{complete, create, upload};
use crate::wire::{observe, options, practice, practice_with, some_bytes};

#[tokio::test]
async fn a_full_server_says_so_keeps_what_it_has_and_takes_more_after_a_delete() {
    let practice = practice(|options| options.capacity_bytes = 1 << 20).await;
    practice.put("/first/a", some_bytes(700_000, 1)).await.ok();
    practice.put("/first/b", some_bytes(700_000, 2)).await.refused(403, "QuotaExceeded");
    let copy = practice.request("PUT", "/first/b").header("x-tos-copy-source", "/first/a");
    copy.send().await.refused(403, "QuotaExceeded");
    let id = create(&practice, "/first/c").await;
    upload(&practice, "/first/c", &id, 1, &some_bytes(700_000, 3)).await.refused(403, "QuotaExceeded");
    assert_eq!(practice.server.stats().used_bytes, 700_000);
    assert_eq!(practice.data_files("first"), 1);
    practice.request("DELETE", "/first/a").send().await.ok();
    practice.until(|practice| practice.server.stats().used_bytes == 0).await;
    practice.put("/first/b", some_bytes(700_000, 2)).await.ok();
}

#[tokio::test]
async fn an_object_of_parts_gives_its_room_back_although_a_second_complete_is_answered() {
    let practice = practice(|options| {
        options.capacity_bytes = 1 << 20;
        options.behaviour.second_complete_succeeds = true;
    })
    .await;
    for round in 1..=3 {
        let id = create(&practice, "/first/c").await;
        let part = upload(&practice, "/first/c", &id, 1, &some_bytes(700_000, round)).await.ok();
        let parts = [(1, part.header("etag").to_owned())];
        complete(&practice, "/first/c", &id, &parts).await.ok();
        practice.request("DELETE", "/first/c").send().await.ok();
        practice.until(|practice| practice.server.stats().used_bytes == 0).await;
        complete(&practice, "/first/c", &id, &parts).await.ok();
    }
}

#[tokio::test]
async fn the_longest_key_and_the_largest_put_are_switches() {
    let practice = practice_with(|behaviour| {
        behaviour.key_bytes_max = 696;
        behaviour.put_bytes_max = 1000;
    })
    .await;
    practice.put(&format!("/first/{}", "k".repeat(696)), "x").await.ok();
    practice.put(&format!("/first/{}", "k".repeat(697)), "x").await.refused(400, "KeyTooLong");
    practice.put("/first/k", vec![1; 1000]).await.ok();
    practice.put("/first/k", vec![1; 1001]).await.refused(400, "EntityTooLarge");
}

#[tokio::test]
async fn names_that_no_bucket_or_key_may_have_are_refused() {
    let practice = practice(|_| {}).await;
    practice.request("PUT", "/Bad_Name").send().await.refused(400, "InvalidBucketName");
    practice.request("PUT", "/ab").send().await.refused(400, "InvalidBucketName");
    practice.put("/first/\\back", "x").await.refused(400, "InvalidKey");
    practice.put("/first/line\nbreak", "x").await.refused(400, "InvalidKey");
    practice.put("/first/k", "x").await.ok();
    let class = practice.request("PUT", "/first/k").header("x-tos-storage-class", "GOLD").body("y");
    class.send().await.refused(400, "InvalidStorageClass");
}

#[tokio::test]
async fn two_servers_do_not_share_a_folder() {
    let practice = practice(|_| {}).await;
    let second = Server::start(options(&practice.folder)).await;
    assert!(matches!(second, Err(StartError::RootInUse(_))), "{second:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let practice = practice(|_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder);
    options.port = practice.port();
    let second = Server::start(options).await;
    assert!(matches!(second, Err(StartError::Port { port, .. }) if port == practice.port()), "{second:?}");
}

#[tokio::test]
async fn a_traffic_limit_out_of_its_range_is_refused() {
    let practice = practice(|_| {}).await;
    let put = |limit: &str| practice.request("PUT", "/first/k").header("x-tos-traffic-limit", limit).body("x");
    put("819199").send().await.refused(400, "InvalidArgument");
    put("819200").send().await.ok();
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_dropped_wherever_it_stands() {
    let practice = practice(|options| {
        options.idle_timeout = Some(Duration::from_millis(300));
        options.latency = Duration::from_millis(900);
    })
    .await;
    let connect = async || TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
    // The server's own time does not count, whatever it is.
    practice.put("/first/key", some_bytes(32 << 20, 1)).await.ok();
    assert_eq!(practice.server.stats().idle_connections, 0);

    let seen = observe(connect().await, &[b"GET /first/"]).await;
    assert_eq!(seen.bytes, b"", "no request");
    assert_eq!(practice.server.stats().idle_connections, 1);

    let request = practice.request("PUT", "/first/other").signed();
    let seen = observe(connect().await, &[&request.head(None, Some(1000)), b"some of it"]).await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), true), "half a request");
    assert_eq!(practice.server.stats().idle_connections, 2);

    // More than the buffers of both ends take.
    let mut stream = connect().await;
    stream.write_all(&practice.request("GET", "/first/key").signed().head(None, None)).await.unwrap();
    practice.until(|practice| practice.server.stats().idle_connections == 3).await;
    let mut taken = Vec::new();
    assert!(stream.read_to_end(&mut taken).await.is_err() && taken.len() < 32 << 20, "half an answer");
    practice.get("/first/other").await.refused(404, "NoSuchKey");
}
