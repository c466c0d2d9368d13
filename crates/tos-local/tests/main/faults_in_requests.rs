//! What a client meets before or instead of the handling of its request, and whether the request took effect.

use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use md5::Digest;
use serde_json::json;
use tokio::net::TcpStream;

use crate::fault_control::{always, faulty, report, set};
use crate::multipart::{create, upload};
use crate::wire::{Practice, Reply, Wire, crc64, observe, quoted_md5, some_bytes};

const PAUSE: Duration = Duration::from_millis(200);

fn part(practice: &Practice, id: &str, number: u32) -> Wire {
    practice.request("PUT", "/first/big").query("partNumber", &number.to_string()).query("uploadId", id)
}

async fn parts_of(practice: &Practice, id: &str) -> Vec<u64> {
    let listed = practice.request("GET", "/first/big").query("uploadId", id).send().await.ok().json();
    let parts = listed["Parts"].as_array().cloned().unwrap_or_default();
    parts.iter().map(|part| part["PartNumber"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn refuse_resets_without_waiting_for_the_body_and_without_an_effect() {
    let practice = faulty(|_| {}).await;
    always(&practice, json!("refuse")).await;
    let request = practice.request("PUT", "/first/key").signed();
    let stream = TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
    // The body never comes, so whoever waited for it would wait for ever.
    let seen = observe(stream, &[&request.head(None, Some(1 << 20))]).await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), true));
    let seen = practice.request("PUT", "/first/key").header("expect", "100-continue").body("hello").observe().await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), true));
    practice.server.clear_faults();
    practice.get("/first/key").await.refused(404, "NoSuchKey");
    // Refused requests are requests.
    assert_eq!(practice.server.stats().requests["PutObject"], 2);
}

#[tokio::test]
async fn reset_within_request_comes_after_so_many_bytes_and_leaves_no_part() {
    let practice = faulty(|_| {}).await;
    let id = create(&practice, "/first/big").await;
    always(&practice, json!({"reset_within_request": {"after_bytes": 300_000}})).await;
    let (body, before) = (some_bytes(1 << 20, 1), practice.server.stats().bytes_in);
    let request = part(&practice, &id, 1).signed();
    let stream = TcpStream::connect(("127.0.0.1", practice.port())).await.unwrap();
    // Just enough: the rest need not come.
    let seen = observe(stream, &[&request.head(None, Some(body.len())), &body[..300_000]]).await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), true));
    assert_eq!(practice.server.stats().bytes_in - before, 300_000);
    // A shorter body is read to its end, and that is all.
    let seen = part(&practice, &id, 2).body("short").observe().await;
    assert_eq!((seen.bytes, seen.reset), (Vec::new(), true));
    practice.server.clear_faults();
    assert_eq!(parts_of(&practice, &id).await, Vec::<u64>::new());
    assert_eq!((practice.data_files("first"), practice.server.stats().used_bytes), (0, 0));
}

#[tokio::test]
async fn stall_request_reads_on_only_after_its_time_and_then_all() {
    let practice = faulty(|_| {}).await;
    practice.put("/first/key", "hello").await.ok();
    let id = create(&practice, "/first/big").await;
    let body = some_bytes(1 << 20, 1);
    for after_bytes in [0, 300_000, u64::MAX] {
        always(&practice, json!({"stall_request": {"after_bytes": after_bytes, "ms": 200}})).await;
        let start = Instant::now();
        let reply = upload(&practice, "/first/big", &id, 1, &body).await.ok();
        assert_eq!(reply.header("x-tos-hash-crc64ecma"), crc64(&body));
        assert!(start.elapsed() >= PAUSE);
    }
    let start = Instant::now();
    assert_eq!(practice.get("/first/key").await.ok().body, b"hello");
    assert!(start.elapsed() >= PAUSE);
}

#[tokio::test]
async fn latency_comes_before_the_request_is_looked_at() {
    let practice = faulty(|_| {}).await;
    always(&practice, json!({"latency": {"ms": 200}})).await;
    let start = Instant::now();
    practice.put("/first/key", "hello").await.ok();
    assert!(start.elapsed() >= PAUSE);
    let start = Instant::now();
    practice.request("GET", "/first/key").send_unsigned().await.refused(403, "AccessDenied");
    assert!(start.elapsed() >= PAUSE);
}

#[tokio::test]
async fn status_is_the_answer_and_the_request_is_not_carried_out() {
    let practice = faulty(|_| {}).await;
    for (code, tos_code) in [
        (429, "ExceedQPSLimit"),
        (503, "ServiceUnavailable"),
        (500, "InternalError"),
        (403, "AccessDenied"),
        (403, "ExpiredToken"),
        (403, "RequestTimeTooSkewed"),
        (404, "NoSuchUpload"),
    ] {
        always(&practice, json!({"status": {"code": code, "tos_code": tos_code}})).await;
        // Longer than what is read of a refused body to keep the connection.
        let reply = practice.put("/first/key", vec![7; 2 << 20]).await.refused(code, tos_code);
        assert!(!reply.headers.contains_key("retry-after"));
        assert_eq!(reply.json()["Resource"], "/first/key");
        let head = practice.request("HEAD", "/first/key").send().await;
        assert_eq!((head.status, head.body.len()), (code, 0));
    }
    practice.server.clear_faults();
    practice.get("/first/key").await.refused(404, "NoSuchKey");
}

#[tokio::test]
async fn status_may_say_when_to_come_again_in_seconds_or_as_a_date() {
    let practice = faulty(|_| {}).await;
    let status = async |retry_after| -> Reply {
        let fault = json!({"status": {"code": 503, "tos_code": "ExceedRateLimit", "retry_after": retry_after}});
        always(&practice, fault).await;
        practice.get("/first/key").await.refused(503, "ExceedRateLimit")
    };
    assert_eq!(status(json!({"seconds": 3})).await.header("retry-after"), "3");
    let before = SystemTime::now();
    let reply = status(json!({"date_in_seconds": 3})).await;
    let date = httpdate::parse_http_date(reply.header("retry-after")).unwrap();
    // A date has whole seconds.
    assert!(date > before + Duration::from_secs(2), "{reply:?}");
}

#[tokio::test]
async fn a_bit_flipped_on_the_way_in_is_stored_and_summed_up_unless_an_md5_tells() {
    let practice = faulty(|_| {}).await;
    let id = create(&practice, "/first/big").await;
    let body = some_bytes(1 << 20, 1);
    let mut changed = body.clone();
    changed[700_000] ^= 1;
    always(&practice, json!({"flip_bit": {"at_byte": 700_000}})).await;
    let reply = upload(&practice, "/first/big", &id, 1, &body).await.ok();
    assert_eq!(reply.header("x-tos-hash-crc64ecma"), crc64(&changed));
    assert_eq!(reply.header("etag"), quoted_md5(&changed));
    practice.put("/first/key", body.clone()).await.ok();
    let md5 = base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(&body));
    let told = practice.request("PUT", "/first/told").header("content-md5", &md5).body(body);
    told.send().await.refused(400, "BadDigest");
    // The byte lies beyond this one, which counts as struck.
    practice.put("/first/short", "short").await.ok();
    assert_eq!(report(&practice).await["rules"][0]["struck"], 4);
    practice.server.clear_faults();
    assert!(practice.get("/first/key").await.ok().body == changed);
    assert_eq!(practice.get("/first/short").await.ok().body, b"short");
}

#[tokio::test]
async fn the_plan_has_a_latency_and_a_rate_of_its_own() {
    let practice = faulty(|_| {}).await;
    set(&practice, json!({"latency_ms": 200})).await;
    let start = Instant::now();
    practice.put("/first/key", vec![7; 30_000]).await.ok();
    assert!(start.elapsed() >= PAUSE);
    set(&practice, json!({"mbps": 0.1})).await;
    let start = Instant::now();
    practice.put("/first/key", vec![7; 30_000]).await.ok();
    assert_eq!(practice.get("/first/key").await.ok().body.len(), 30_000);
    // 60 000 bytes at 100 000 per second.
    assert!(start.elapsed() >= Duration::from_millis(600));
}
