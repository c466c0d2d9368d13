use tos_local::{AccessKey, WrongRegion};
use tos_sign::{Presign, presigned_query};

use crate::wire::{compact, practice, practice_with};

#[tokio::test]
async fn a_wrong_secret_an_unknown_key_and_no_signature_are_told_apart() {
    let practice = practice(|_| {}).await;
    let list = || practice.request("GET", "/");
    list().send().await.ok();
    list().with(|wire| wire.secret_key.push('x')).send().await.refused(403, "SignatureDoesNotMatch");
    list().with(|wire| wire.access_key.push('x')).send().await.refused(403, "InvalidAccessKeyId");
    list().send_unsigned().await.refused(403, "AccessDenied");
    list()
        .header("authorization", "AWS4-HMAC-SHA256 x")
        .send_unsigned()
        .await
        .refused(400, "AuthorizationHeaderMalformed");
    assert_eq!(practice.server.stats().refused, 4);
    assert_eq!(practice.server.stats().requests["ListBuckets"], 5);
}

#[tokio::test]
async fn a_refused_put_gets_its_answer_and_leaves_nothing_however_long_its_body_is() {
    let practice = practice(|_| {}).await;
    for len in [10, 1 << 20, 8 << 20] {
        let put = practice.request("PUT", "/first/key").body(vec![7; len]);
        put.clone().with(|wire| wire.secret_key.push('x')).send().await.refused(403, "SignatureDoesNotMatch");
        let expecting = put.header("expect", "100-continue").with(|wire| wire.secret_key.push('x'));
        expecting.send().await.refused(403, "SignatureDoesNotMatch");
    }
    assert_eq!(practice.data_files("first"), 0);
    practice.get("/first/key").await.refused(404, "NoSuchKey");
}

#[tokio::test]
async fn the_session_token_of_a_temporary_key_must_come_with_it_and_with_no_other() {
    let practice = practice(|options| {
        options.credentials.push(AccessKey {
            access_key: "AKTPtemporary".into(),
            secret_key: "s3cret".into(),
            security_token: Some("token==/+".into()),
        });
    })
    .await;
    let temporary = || {
        practice.request("GET", "/").with(|wire| {
            wire.access_key = "AKTPtemporary".into();
            wire.secret_key = "s3cret".into();
        })
    };
    temporary().with(|wire| wire.token = Some("token==/+".into())).send().await.ok();
    temporary().send().await.refused(403, "InvalidSecurityToken");
    temporary().with(|wire| wire.token = Some("other".into())).send().await.refused(403, "InvalidSecurityToken");
    let permanent = practice.request("GET", "/").with(|wire| wire.token = Some("token==/+".into()));
    permanent.send().await.refused(403, "InvalidSecurityToken");
}

#[tokio::test]
async fn a_date_that_is_off_by_more_than_a_quarter_of_an_hour_is_refused_with_the_date_of_the_server() {
    let practice = practice(|_| {}).await;
    for ahead in [-880, 880] {
        practice.request("GET", "/").with(|wire| wire.date = compact(ahead)).send().await.ok();
    }
    for ahead in [-920, 920] {
        let reply = practice.request("GET", "/").with(|wire| wire.date = compact(ahead)).send().await;
        let reply = reply.refused(403, "RequestTimeTooSkewed");
        assert!(httpdate::parse_http_date(reply.header("date")).is_ok());
    }
}

#[tokio::test]
async fn a_server_whose_clock_is_ahead_says_so_and_wants_its_own_time() {
    let practice = practice(|options| options.clock_ahead_seconds = 7200).await;
    let reply = practice.request("GET", "/").send().await.refused(403, "RequestTimeTooSkewed");
    let date = httpdate::parse_http_date(reply.header("date")).unwrap();
    assert!(date > std::time::SystemTime::now() + std::time::Duration::from_secs(7000));
    practice.request("GET", "/").with(|wire| wire.date = compact(7200)).send().await.ok();
}

#[tokio::test]
async fn a_presigned_url_needs_no_header_and_dies_when_it_expires() {
    let practice = practice(|_| {}).await;
    practice.put("/first/a +key", "hello").await.ok();
    let presigned = async |signed_ahead: i64, expires_seconds: u64| {
        let wire = practice.request("GET", "/first/a +key").with(|wire| wire.date = compact(signed_ahead));
        let presign = Presign { expires_seconds, all_headers: false };
        let query = presigned_query(&wire.signing(), &wire.credentials(), &wire.scope(), presign).unwrap();
        wire.send_presigned(&query).await
    };
    assert_eq!(presigned(0, 60).await.ok().body, b"hello");
    // Older than the skew allowed in headers, but alive.
    assert_eq!(presigned(-3600, 7200).await.ok().body, b"hello");
    presigned(-100, 60).await.refused(403, "AccessDenied");
    presigned(3600, 60).await.refused(403, "RequestTimeTooSkewed");
}

#[tokio::test]
async fn what_a_wrong_region_gets_is_a_switch() {
    for (switch, status, code) in [
        (WrongRegion::Denied, 403, "CrossRegionAccessError"),
        (WrongRegion::Redirect, 307, "TemporaryRedirect"),
        (WrongRegion::NoSuchBucket, 404, "NoSuchBucket"),
    ] {
        let practice = practice_with(|behaviour| behaviour.wrong_region = switch).await;
        let reply = practice.request("GET", "/first").with(|wire| wire.region = "cn-elsewhere".into()).send().await;
        let reply = reply.refused(status, code);
        assert_eq!(reply.header("location").is_empty(), status != 307);
    }
}

#[tokio::test]
async fn errors_may_come_without_an_ec() {
    for shown in [true, false] {
        let practice = practice_with(|behaviour| behaviour.error_ec = shown).await;
        let reply = practice.get("/first/missing").await.refused(404, "NoSuchKey");
        assert_eq!(reply.header("x-tos-ec"), if shown { "0017-00000003" } else { "" });
        assert_eq!(reply.json()["EC"].is_string(), shown);
        let head = practice.request("HEAD", "/first/missing").send().await;
        assert_eq!((head.status, head.body.len()), (404, 0));
    }
}
