//! What a client meets after its request took effect: replies that are lost, cut, late, slow or damaged.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fault_control::{always, faulty};
use crate::multipart::{complete, create, upload};
use crate::wire::{Practice, Reply, Seen, crc64, observe, some_bytes};

const PAUSE: Duration = Duration::from_millis(200);
const LEN: usize = 1 << 20;

/// A server with an object of a mebibyte, and its bytes.
async fn with_object() -> (Practice, Vec<u8>) {
    let practice = faulty(|_| {}).await;
    let body = some_bytes(LEN, 1);
    practice.put("/first/key", body.clone()).await.ok();
    (practice, body)
}

#[tokio::test]
async fn lose_reply_closes_without_a_word_after_the_work_is_done() {
    let practice = faulty(|_| {}).await;
    let id = create(&practice, "/first/big").await;
    let etag = upload(&practice, "/first/big", &id, 1, b"all").await.ok().header("etag").to_owned();
    always(&practice, json!("lose_reply")).await;
    let seen = practice.request("PUT", "/first/key").body("hello").observe().await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), false));
    let body = json!({"Parts": [{"PartNumber": 1, "ETag": etag}]}).to_string();
    let seen = practice.request("POST", "/first/big").query("uploadId", &id).body(body).observe().await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), false));
    let seen = practice.request("POST", "/first/other").query("uploads", "").observe().await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), false));
    practice.server.clear_faults();
    assert_eq!(practice.get("/first/key").await.ok().body, b"hello");
    assert_eq!(practice.get("/first/big").await.ok().body, b"all");
    complete(&practice, "/first/big", &id, &[(1, etag)]).await.refused(404, "NoSuchUpload");
    // The orphan that nobody was told the id of.
    assert_eq!(practice.server.stats().open_uploads, 1);
}

/// Gets the object under a fault that cuts it, and checks that a body of so many bytes came.
async fn check_cut(practice: &Practice, body: &[u8], fault: Value, came_bytes: usize) -> Seen {
    always(practice, fault).await;
    let before = practice.server.stats().bytes_out;
    let seen = practice.request("GET", "/first/key").observe().await;
    let reply = Reply::parse(&seen.bytes);
    assert_eq!((reply.status, reply.header("content-length")), (200, &*body.len().to_string()));
    assert_eq!(practice.server.stats().bytes_out - before, came_bytes as u64);
    assert!(body.starts_with(&reply.body));
    assert!(seen.reset || reply.body.len() == came_bytes, "{} of {came_bytes}", reply.body.len());
    seen
}

#[tokio::test]
async fn reset_within_response_lets_so_many_bytes_through_and_never_the_last() {
    let (practice, body) = with_object().await;
    for (after_bytes, came_bytes) in [(0, 0), (1000, 1000), (300_000, 300_000), (LEN, LEN - 1)] {
        let fault = json!({"reset_within_response": {"after_bytes": after_bytes}});
        assert!(check_cut(&practice, &body, fault, came_bytes).await.reset);
    }
    let seen = practice.request("PUT", "/first/empty-answer").body("x").observe().await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), true));
    practice.server.clear_faults();
    assert_eq!(practice.get("/first/empty-answer").await.ok().body, b"x");
}

#[tokio::test]
async fn truncate_ends_in_good_order_before_the_promised_length() {
    let (practice, body) = with_object().await;
    for (after_bytes, came_bytes) in [(0, 0), (1000, 1000), (300_000, 300_000), (LEN, LEN - 1)] {
        let fault = json!({"truncate": {"after_bytes": after_bytes}});
        assert!(!check_cut(&practice, &body, fault, came_bytes).await.reset);
    }
    let seen = practice.request("DELETE", "/first/key").observe().await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), false));
    practice.server.clear_faults();
    practice.get("/first/key").await.refused(404, "NoSuchKey");
}

#[tokio::test]
async fn a_json_answer_is_cut_like_an_object() {
    let practice = faulty(|_| {}).await;
    always(&practice, json!({"truncate": {"after_bytes": 10}})).await;
    let seen = practice.request("GET", "/first").observe().await;
    assert_eq!(Reply::parse(&seen.bytes).body, br#"{"CommonPr"#);
}

#[tokio::test]
async fn stall_holds_the_rest_back_for_its_time_and_then_sends_it() {
    let (practice, body) = with_object().await;
    for after_bytes in [0, 1000, 300_000, u64::MAX] {
        always(&practice, json!({"stall": {"after_bytes": after_bytes, "ms": 200}})).await;
        let start = Instant::now();
        assert!(practice.get("/first/key").await.ok().body == body);
        assert!(start.elapsed() >= PAUSE);
    }
    // An answer without a body has only its headers to hold back.
    let start = Instant::now();
    practice.request("HEAD", "/first/key").send().await.ok();
    assert!(start.elapsed() >= PAUSE);
}

#[tokio::test]
async fn what_comes_before_a_stall_is_there_before_it_ends() {
    let (practice, body) = with_object().await;
    // Were the first bytes held back as well, this would wait for an hour.
    always(&practice, json!({"stall": {"after_bytes": 1000, "ms": 3_600_000}})).await;
    let request = practice.request("GET", "/first/key").signed();
    let mut stream = TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
    stream.write_all(&request.head(None, Some(0))).await.unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(&body[990..1000]) {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
    }
    assert_eq!(Reply::parse(&bytes).body, body[..1000]);
}

#[tokio::test]
async fn trickle_sends_everything_at_its_rate() {
    let (practice, body) = with_object().await;
    for (bytes_per_second, came_bytes) in [(10, 3), (5000, 2000), (4 << 20, LEN)] {
        always(&practice, json!({"trickle": {"bytes_per_second": bytes_per_second}})).await;
        let start = Instant::now();
        let range = format!("bytes=0-{}", came_bytes - 1);
        let reply = practice.request("GET", "/first/key").header("range", &range).send().await.ok();
        assert!(reply.body == body[..came_bytes]);
        assert!(start.elapsed() >= Duration::from_secs_f64(came_bytes as f64 / f64::from(bytes_per_second)));
    }
}

#[tokio::test]
async fn a_bit_flipped_on_the_way_out_is_told_by_the_checksum_alone() {
    let (practice, body) = with_object().await;
    for at_byte in [0, 700_000, LEN - 1] {
        always(&practice, json!({"flip_bit": {"at_byte": at_byte}})).await;
        let reply = practice.get("/first/key").await.ok();
        let mut changed = body.clone();
        changed[at_byte] ^= 1;
        assert!(reply.body == changed);
        assert_eq!(reply.header("x-tos-hash-crc64ecma"), crc64(&body));
    }
    practice.server.clear_faults();
    assert!(practice.get("/first/key").await.ok().body == body);
}

#[tokio::test]
async fn a_connection_that_is_kept_alive_is_cut_at_the_request_that_is_struck() {
    let (practice, _) = with_object().await;
    let head = || {
        let head = practice.request("HEAD", "/first/key").signed().head(None, Some(0));
        String::from_utf8(head).unwrap().replace("connection: close\r\n", "").into_bytes()
    };
    for (fault, reset) in [("lose_reply", false), ("refuse", true)] {
        practice.server.clear_faults();
        let mut stream = TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
        stream.write_all(&head()).await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
        }
        assert_eq!(Reply::parse(&bytes).status, 200);
        always(&practice, json!(fault)).await;
        let seen = observe(stream, &[&head()]).await;
        assert_eq!((seen.bytes, seen.reset), (Vec::new(), reset));
    }
}

#[tokio::test]
async fn the_ends_of_a_connection_look_the_same_over_tls() {
    let practice = faulty(|options| options.tls = true).await;
    let ca = practice.server.ca_pem().unwrap().to_owned();
    let body = some_bytes(LEN, 1);
    let put = practice.request("PUT", "/first/key").body(body.clone());
    put.send_over_tls(&ca, "127.0.0.1").await.unwrap().ok();
    let get = async |fault: Value| {
        let plan = json!({"rules": [{"when": {"every": 1}, "fault": fault}]}).to_string();
        practice.server.set_faults(tos_local::FaultPlan::from_json(plan.as_bytes()).unwrap()).unwrap();
        practice.request("GET", "/first/key").observe_over_tls(&ca, "127.0.0.1").await.unwrap()
    };
    let seen = get(json!("refuse")).await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), true));
    let seen = get(json!("lose_reply")).await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), false));
    let seen = get(json!({"truncate": {"after_bytes": 300_000}})).await;
    assert_eq!((Reply::parse(&seen.bytes).body == body[..300_000], seen.reset), (true, false));
    let seen = get(json!({"reset_within_response": {"after_bytes": 1000}})).await;
    assert_eq!((body[..1000].starts_with(&Reply::parse(&seen.bytes).body), seen.reset), (true, true));
}
