//! What every store must do, in each mode of addressing, in clear and over TLS; and presigned URLs.

use std::time::Duration;

use store::conformance::{self, Expectations};
use store::{ErrorKind, ObjectRef, ObjectSettings, ObjectStore, PresignMethod, PutCondition, Secret, UploadBody};
use tos::{Addressing, Credentials, TosStore};
use tos_local::{AccessKey, BucketSpec};

use crate::practice::{DOMAIN, Practice};

const BUCKET: &str = "conformance";

#[tokio::test]
async fn path_style_at_an_ip_address_conforms() {
    let practice = Practice::start().await;
    conformance::run_all(&practice.store(), BUCKET, &Expectations::default()).await;
}

#[tokio::test]
async fn path_style_at_localhost_conforms() {
    let practice = Practice::start().await;
    let store = TosStore::open(practice.config("localhost", Addressing::Path)).unwrap();
    conformance::run_all(&store, BUCKET, &Expectations::default()).await;
}

#[tokio::test]
async fn virtual_host_style_conforms() {
    let practice = Practice::start().await;
    conformance::run_all(&practice.virtual_host_store(), BUCKET, &Expectations::default()).await;
}

#[tokio::test]
async fn what_is_done_by_hand_conforms_in_both_styles() {
    let practice = Practice::with(|options| options.restore_takes = Duration::from_secs(1_000_000)).await;
    conformance::run_administration(&practice.store(), "by-path", &Expectations::default()).await;
    conformance::run_administration(&practice.virtual_host_store(), "by-host", &Expectations::default()).await;
}

#[tokio::test]
async fn what_is_done_by_hand_conforms_with_the_other_answers_of_a_server() {
    let practice = Practice::with(|options| {
        options.restore_takes = Duration::ZERO;
        options.behaviour.untagged_status = 404;
        options.behaviour.archived_status = 409;
        options.behaviour.empty_versioning_status = true;
        options.behaviour.delete_marker_header_on_404 = false;
        options.behaviour.forbid_overwrite_status = 412;
    })
    .await;
    let expect = Expectations { restores_at_once: true, ..Expectations::default() };
    conformance::run_administration(&practice.store(), "other", &expect).await;

    let practice = Practice::with(|options| {
        options.restore_takes = Duration::from_secs(1_000_000);
        options.behaviour.restore_in_progress_status = 403;
        options.behaviour.error_ec = false;
        options.behaviour.crc_headers = false;
    })
    .await;
    let expect = Expectations { crc_anywhere: false, crc_on_copy: false, ..Expectations::default() };
    conformance::run_administration(&practice.store(), "another", &expect).await;
}

#[tokio::test]
async fn a_custom_domain_conforms_for_its_one_bucket() {
    let domain = "files.example.test";
    let practice = Practice::with(|options| {
        options.custom_domains = [(domain.to_owned(), BUCKET.to_owned())].into();
        options.buckets = vec![BucketSpec { name: BUCKET.to_owned(), region: None, versioning: false }];
    })
    .await;
    let store = TosStore::open(practice.config(domain, Addressing::CustomDomain)).unwrap();
    conformance::run_in_bucket(&store, BUCKET, &Expectations::default()).await;
    assert_eq!(store.list_buckets().await.unwrap_err().kind, ErrorKind::Unsupported);
    assert_eq!(store.create_bucket("another").await.unwrap_err().kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn temporary_keys_conform() {
    let practice = Practice::with(|options| {
        options.credentials = vec![AccessKey {
            access_key: "AKTPtemporary".into(),
            secret_key: "temporary-secret".into(),
            security_token: Some("a+token/with=signs".into()),
        }];
    })
    .await;
    let credentials = |token: &str| Credentials {
        access_key: "AKTPtemporary".into(),
        secret_key: Secret::new("temporary-secret"),
        security_token: Some(Secret::new(token)),
    };
    let store = practice.store_with(|config| config.credentials = credentials("a+token/with=signs"));
    conformance::run_all(&store, BUCKET, &Expectations::default()).await;
    let url = store.presign(PresignMethod::Head, &ObjectRef::new(BUCKET, "k"), Duration::from_secs(60)).unwrap();
    assert!(url.contains("X-Tos-Security-Token=a%2Btoken%2Fwith%3Dsigns"), "{url}");
    let wrong = practice.store_with(|config| config.credentials = credentials("another-token"));
    assert_eq!(wrong.list_buckets().await.unwrap_err().kind, ErrorKind::Credentials);
}

#[tokio::test]
async fn tls_conforms_with_the_extra_ca_and_is_refused_without_it() {
    let practice = Practice::with(|options| options.tls = true).await;
    conformance::run_all(&practice.virtual_host_store(), BUCKET, &Expectations::default()).await;

    let mut config = practice.config(DOMAIN, Addressing::VirtualHost);
    config.extra_ca_pem = None;
    let error = TosStore::open(config).unwrap().list_buckets().await.unwrap_err();
    assert_eq!((error.kind, error.retry), (ErrorKind::Tls, store::Retry::Never), "{error}");

    let mut config = practice.config(DOMAIN, Addressing::VirtualHost);
    config.extra_ca_pem = Some("no certificate".into());
    assert_eq!(TosStore::open(config).unwrap_err().kind, ErrorKind::Tls);
}

#[tokio::test]
async fn https_to_a_server_that_speaks_http_is_a_tls_error() {
    let practice = Practice::start().await;
    let store = practice.store_with(|config| config.endpoint = format!("https://{}", practice.address()));
    let error = store.list_buckets().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Tls, "{error}");
}

#[tokio::test]
async fn wrong_keys_are_named() {
    let practice = Practice::start().await;
    let wrong_secret = practice.store_with(|config| config.credentials.secret_key = Secret::new("wrong"));
    let error = wrong_secret.list_buckets().await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Credentials, Some(403)));
    assert_eq!(error.code.as_deref(), Some("SignatureDoesNotMatch"));
    assert!(error.request_id.is_some());
    let wrong_id = practice.store_with(|config| config.credentials.access_key = "AKLTunknown".into());
    assert_eq!(wrong_id.list_buckets().await.unwrap_err().kind, ErrorKind::Credentials);
    // HEAD has no body; all that can be said is that it is not allowed.
    assert_eq!(wrong_secret.head_bucket("bucket").await.unwrap_err().kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn presigned_urls_do_their_one_thing() {
    let practice = Practice::start().await;
    for store in [practice.store(), practice.virtual_host_store()] {
        let bucket = if format!("{store:?}").contains(DOMAIN) { "by-host" } else { "by-path" };
        store.create_bucket(bucket).await.unwrap();
        // A client that knows nothing of TOS, as the holder of the URL would use.
        let holder = reqwest::Client::builder()
            .no_proxy()
            .resolve(&format!("{bucket}.{DOMAIN}"), practice.address())
            .build()
            .unwrap();
        for key in ["a b/目录+%2F?&#.txt", "/lead//double"] {
            let object = ObjectRef::new(bucket, key);
            let url = |method| store.presign(method, &object, Duration::from_secs(60)).unwrap();
            let put = holder.put(url(PresignMethod::Put)).body("by url").send().await.unwrap();
            assert_eq!(put.status(), 200, "PUT of {key}");
            let got = holder.get(url(PresignMethod::Get)).send().await.unwrap();
            assert_eq!(got.text().await.unwrap(), "by url", "GET of {key}");
            assert_eq!(store.head_object(&object).await.unwrap().size_bytes, 6);
            let head = holder.head(url(PresignMethod::Head)).send().await.unwrap();
            assert_eq!(head.status(), 200, "HEAD of {key}");
            let misused = holder.delete(url(PresignMethod::Get)).send().await.unwrap();
            assert_eq!(misused.status(), 403, "a URL for reading does not delete");
            let deleted = holder.delete(url(PresignMethod::Delete)).send().await.unwrap();
            assert_eq!(deleted.status(), 204, "DELETE of {key}");
        }
    }
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_the_second_attempt() {
    let practice = Practice::with(|options| options.clock_ahead_seconds = 7200).await;
    let store = practice.store();
    assert_eq!(store.list_buckets().await.unwrap_err().kind, ErrorKind::ClockSkew);
    store.create_bucket(BUCKET).await.unwrap();
    let object = ObjectRef::new(BUCKET, "k");
    let body = UploadBody::from_bytes("x");
    store.put_object(&object, &ObjectSettings::default(), PutCondition::Always, body).await.unwrap();
}
