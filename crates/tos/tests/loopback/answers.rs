//! What the client makes of answers: right ones, wrong ones, late ones and none.

use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream};
use store::{
    ByteRange, CopyObjectOptions, CopySource, ETag, ErrorKind, GetOptions, ObjectRef, ObjectSettings, ObjectStore,
    PutCondition, Retry, StoreError, UploadBody,
};
use tos::TosConfig;

use crate::recorder::{Recorder, Reply, answer};

const PAGE: &str = "<!DOCTYPE html><html><body>hello</body></html>";

fn object() -> ObjectRef {
    ObjectRef::new("bkt-a", "dir/a.txt")
}

/// Short enough to wait for, in the tests where nothing is to come.
const SHORT: Duration = Duration::from_millis(200);

/// Gives up soon in the middle of bodies, and only there: a busy machine may be slow to answer.
fn impatient(config: &mut TosConfig) {
    config.timeouts.no_progress = SHORT;
}

async fn put(store: &dyn ObjectStore, body: UploadBody) -> Result<store::PutReceipt, StoreError> {
    store.put_object(&object(), &ObjectSettings::default(), PutCondition::Always, body).await
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_is_through_wins_over_the_broken_pipe() {
    let denied = "HTTP/1.1 403 Forbidden\r\nx-tos-request-id: r1\r\nconnection: close\r\ncontent-length: 23\r\n\r\n\
                  {\"Code\":\"AccessDenied\"}";
    let recorder = Recorder::start(vec![Reply::Early(denied.to_owned())]).await;
    let piece = bytes::Bytes::from(vec![7; 64 << 10]);
    let endless = stream::iter((0..1600).map(move |_| Ok(piece.clone())));
    let error = put(&recorder.store(), UploadBody::new(1600 * (64 << 10), endless)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden, "{error:?}");
    assert_eq!(error.request_id.as_deref(), Some("r1"));
}

#[tokio::test]
async fn a_body_that_breaks_is_the_callers_error() {
    let recorder = Recorder::start(vec![answer("200 OK", &[("etag", "e")], "")]).await;
    let broken = stream::iter([Ok(bytes::Bytes::from_static(b"abc")), Err(std::io::Error::other("unplugged"))]);
    let error = put(&recorder.store(), UploadBody::new(1000, broken)).await.unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Body, Retry::Never));
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    assert!(causes.iter().any(|cause| cause.contains("unplugged")), "{causes:?}");
}

#[tokio::test]
async fn silence_ends_with_a_network_error() {
    let recorder = Recorder::start(vec![Reply::Silence]).await;
    let store = recorder.store_with(|config| config.timeouts.answer_head = SHORT);
    let error = put(&store, UploadBody::from_bytes("abc")).await.unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Network, Retry::Later), "no answer: {error}");

    let recorder = Recorder::start(vec![Reply::Deaf]).await;
    let piece = bytes::Bytes::from(vec![7; 1 << 20]);
    let much = stream::iter((0..64).map(move |_| Ok(piece.clone())));
    let error = put(&recorder.store_with(impatient), UploadBody::new(64 << 20, much)).await.unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Network, Retry::Later), "nobody reads: {error}");
}

#[tokio::test]
async fn a_slow_source_is_given_all_the_time_it_takes() {
    let recorder = Recorder::start(vec![answer("200 OK", &[("etag", "e")], "")]).await;
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let late = stream::once(async move {
        receiver.await.ok();
        Ok(bytes::Bytes::from_static(b"abc"))
    });
    let store = recorder.store_with(impatient);
    let sending = put(&store, UploadBody::new(3, late));
    let mut sending = std::pin::pin!(sending);
    // Far longer than the limit for bodies that do not move; it may not strike.
    let waited = tokio::time::timeout(Duration::from_millis(900), &mut sending).await;
    assert!(waited.is_err(), "the request ended by itself: {waited:?}");
    sender.send(()).unwrap();
    sending.await.unwrap();
}

#[tokio::test]
async fn a_body_that_ends_early_is_a_network_error() {
    let head = "HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 10\r\n\r\nfour";
    let recorder = Recorder::start(vec![Reply::Cut(head.to_owned())]).await;
    let got = recorder.store().get_object(&object(), &GetOptions::default()).await.unwrap();
    assert_eq!(got.details.size_bytes, 10);
    let pieces: Vec<_> = got.body.collect().await;
    assert_eq!(pieces[0].as_ref().unwrap(), "four");
    let error = pieces.last().unwrap().as_ref().unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Network, Retry::Later));
}

#[tokio::test]
async fn a_body_that_stops_is_a_network_error() {
    let head = "HTTP/1.1 200 OK\r\netag: e\r\ncontent-length: 10\r\n\r\nfour";
    let recorder = Recorder::start(vec![Reply::Send(head.to_owned())]).await;
    let got = recorder.store_with(impatient).get_object(&object(), &GetOptions::default()).await.unwrap();
    let pieces: Vec<_> = got.body.collect().await;
    assert_eq!(pieces.len(), 2);
    assert_eq!(pieces[1].as_ref().unwrap_err().kind, ErrorKind::Network);
}

#[tokio::test]
async fn a_range_must_be_answered_by_exactly_that_range() {
    let range = ByteRange::at(5, 5);
    let etag = ("etag", "e");
    for (status, content_range, body, expected) in [
        ("206 Partial Content", Some("bytes 5-9/100"), "56789", None),
        ("200 OK", None, "0123456789", Some(ErrorKind::NotThisStore)),
        ("206 Partial Content", None, "56789", Some(ErrorKind::NotThisStore)),
        ("206 Partial Content", Some("bytes 0-4/100"), "01234", Some(ErrorKind::NotThisStore)),
        ("206 Partial Content", Some("bytes 5-8/100"), "5678", Some(ErrorKind::NotThisStore)),
        ("206 Partial Content", Some("bytes 5-7/8"), "567", Some(ErrorKind::Refused)),
        ("416 Range Not Satisfiable", None, r#"{"Code":"InvalidRange"}"#, Some(ErrorKind::Refused)),
        ("412 Precondition Failed", None, "", Some(ErrorKind::Changed)),
    ] {
        let headers: Vec<_> = [etag].into_iter().chain(content_range.map(|value| ("content-range", value))).collect();
        let recorder = Recorder::start(vec![answer(status, &headers, body)]).await;
        let options = GetOptions { range: Some(range), if_match: Some(ETag::new("e")) };
        let got = recorder.store().get_object(&object(), &options).await;
        assert_eq!(got.err().map(|error| error.kind), expected, "{status} {content_range:?}");
    }
}

#[tokio::test]
async fn a_success_without_what_makes_it_one_is_an_error() {
    let copy = |recorder: Recorder| async move {
        let source = CopySource { object: object(), if_match: None };
        let options = CopyObjectOptions { source, replace_settings: None, condition: PutCondition::Always };
        recorder.store().copy_object(&ObjectRef::new("bkt-a", "target"), &options).await.unwrap_err()
    };
    let tos = ("x-tos-request-id", "r2");
    let failed = answer("200 OK", &[tos], r#"{"Code":"InternalError","Message":"copy broke"}"#);
    let error = copy(Recorder::start(vec![failed]).await).await;
    assert_eq!((error.kind, error.retry), (ErrorKind::Server, Retry::Later));
    assert_eq!((error.code.as_deref(), error.request_id.as_deref()), (Some("InternalError"), Some("r2")));
    assert!(error.message.contains("copy broke"), "{error}");

    let error = copy(Recorder::start(vec![answer("200 OK", &[], r#"{"LastModified":"x"}"#)]).await).await;
    assert_eq!(error.kind, ErrorKind::NotThisStore, "a copy without an ETag");

    let recorder = Recorder::start(vec![answer("200 OK", &[("content-type", "text/html")], PAGE)]).await;
    let store = recorder.store();
    assert_eq!(store.list_buckets().await.unwrap_err().kind, ErrorKind::NotThisStore);
    assert_eq!(store.head_bucket("bkt-a").await.unwrap_err().kind, ErrorKind::NotThisStore);
    assert_eq!(store.create_bucket("bkt-a").await.unwrap_err().kind, ErrorKind::NotThisStore);
    assert_eq!(store.delete_object(&object()).await.unwrap_err().kind, ErrorKind::NotThisStore);
    assert_eq!(store.head_object(&object()).await.unwrap_err().kind, ErrorKind::NotThisStore);
    let got = store.get_object(&object(), &GetOptions::default()).await;
    assert_eq!(got.unwrap_err().kind, ErrorKind::NotThisStore);
    assert_eq!(put(&store, UploadBody::from_bytes("x")).await.unwrap_err().kind, ErrorKind::NotThisStore);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let recorder =
        Recorder::start(vec![answer("307 Temporary Redirect", &[("location", "http://127.0.0.1:1/")], "")]).await;
    let error = recorder.store().head_object(&object()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotThisStore);
    let seen = recorder.seen();
    // The bucket may live elsewhere, which only the list of buckets is believed about.
    assert_eq!((seen.len(), seen[1].line()), (2, "GET / HTTP/1.1"));
}

#[tokio::test]
async fn an_error_body_without_end_is_read_only_so_far() {
    let long = format!("{{\"Code\":\"AccessDenied\"}}{}", " ".repeat(1 << 20));
    let recorder = Recorder::start(vec![answer("403 Forbidden", &[], &long)]).await;
    let error = recorder.store().list_buckets().await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Forbidden, Some("AccessDenied")));
}

#[tokio::test]
async fn a_wrong_clock_is_learned_from_the_refusal_and_corrected_in_the_next_attempt() {
    let later =
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + crate::recorder::CAPTURED_AT + Duration::from_secs(3600));
    let skewed = |date: &str| answer("403 Forbidden", &[("date", date)], r#"{"Code":"RequestTimeTooSkewed"}"#);
    let fine = answer("200 OK", &[], r#"{"Buckets":[]}"#);
    let recorder = Recorder::start(vec![skewed(&later), fine]).await;
    let store = recorder.store();
    let error = store.list_buckets().await.unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::ClockSkew, Retry::Later));
    store.list_buckets().await.unwrap();
    let dates: Vec<_> = recorder.seen().iter().map(|seen| seen.header("x-tos-date").unwrap().to_owned()).collect();
    assert_eq!(dates, ["20260102T030405Z", "20260102T040405Z"]);
}

#[tokio::test]
async fn a_clock_that_cannot_be_corrected_is_not_tried_again() {
    let skewed = |headers: &[(&str, &str)]| answer("403 Forbidden", headers, r#"{"Code":"RequestTimeTooSkewed"}"#);
    let now = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + crate::recorder::CAPTURED_AT);
    for reply in [skewed(&[]), skewed(&[("date", &now)])] {
        let recorder = Recorder::start(vec![reply]).await;
        let error = recorder.store().list_buckets().await.unwrap_err();
        assert_eq!((error.kind, error.retry), (ErrorKind::ClockSkew, Retry::Never));
    }
}

#[tokio::test]
async fn nobody_there_is_a_network_error() {
    // The port was ours a moment ago; nothing listens there now.
    let address = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let recorder = Recorder::start(vec![Reply::Silence]).await;
    let store = recorder.store_with(|config| config.endpoint = format!("http://{address}"));
    let error = store.list_buckets().await.unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Network, Retry::Later));
    assert!(error.message.contains("no connection could be made"), "{error}");
}
