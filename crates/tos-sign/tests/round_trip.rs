//! What we sign we accept, for any key, query and value; what was changed on the way we do not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is how a test fails")]

use proptest::prelude::*;
use tos_sign::*;

type Pairs = Vec<(String, String)>;

fn any_query() -> impl Strategy<Value = Pairs> {
    prop::collection::vec(("[a-zA-Z][a-zA-Z0-9 +/=&~%é-]{0,12}", ".{0,20}"), 0..5)
        .prop_map(|pairs| pairs.into_iter().filter(|(name, _)| !name.to_lowercase().starts_with("x-tos")).collect())
}

fn any_headers() -> impl Strategy<Value = Pairs> {
    let name = prop_oneof!["x-tos-meta-[a-z0-9%]{1,10}", Just("Content-Type".to_owned()), Just("Range".to_owned())];
    prop::collection::vec((name, "[ -~]{0,20}"), 0..5)
}

proptest! {
    #[test]
    fn a_signed_request_verifies_and_a_changed_one_does_not(
        key in ".{0,60}", query in any_query(), mut headers in any_headers(), secret in "[!-~]{1,60}", region in "[a-z0-9-]{1,12}",
    ) {
        let date = "20260102T030405Z";
        headers.push(("X-Tos-Date".into(), date.into()));
        headers.push(("x-tos-content-sha256".into(), UNSIGNED_PAYLOAD.into()));
        let path = format!("/{key}");
        let request = Request { method: "PUT", host: "b.tos.test:8080", path: &path, query: &query, headers: &headers };
        let credentials = Credentials { access_key: "AK", secret_key: &secret, security_token: None };
        let signed = authorization(&request, &credentials, &Scope { date, region: &region });
        let verified = verify_header(&request, &signed, |_| Some(&secret)).unwrap();
        prop_assert_eq!(verified.region, region);
        let other_path = format!("{path}~");
        let changed = Request { path: &other_path, ..request };
        prop_assert!(verify_header(&changed, &signed, |_| Some(&secret)).is_err());
        let other_method = Request { method: "GET", ..request };
        prop_assert!(verify_header(&other_method, &signed, |_| Some(&secret)).is_err());
        let other_secret = secret.clone() + ".";
        prop_assert!(verify_header(&request, &signed, |_| Some(&other_secret)).is_err());
        prop_assert_eq!(
            verify_header(&request, &signed, |_| None::<String>),
            Err(VerifyError::UnknownAccessKey("AK".into()))
        );
    }

    #[test]
    fn a_presigned_query_parses_back_and_verifies(
        key in ".{0,60}", query in any_query(), secret in "[!-~]{1,60}", expires_seconds in 1..=PRESIGN_EXPIRES_SECONDS_MAX,
    ) {
        let path = format!("/{key}");
        let request = Request { method: "GET", host: "b.tos.test", path: &path, query: &query, headers: &[] };
        let credentials = Credentials { access_key: "AK", secret_key: &secret, security_token: Some("to+ken==") };
        let scope = Scope { date: "20260102T030405Z", region: "cn-beijing" };
        let text = presigned_query(&request, &credentials, &scope, Presign { expires_seconds, all_headers: false }).unwrap();
        let received: Pairs = text
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (decode(name).unwrap(), decode(value).unwrap()))
            .collect();
        let received_request = Request { query: &received, ..request };
        let verified = verify_query(&received_request, |_| Some(&secret)).unwrap();
        prop_assert_eq!(verified.expires_seconds, Some(expires_seconds));
        prop_assert_eq!(verified.security_token.as_deref(), Some("to+ken=="));
        let other_method = Request { method: "PUT", ..received_request };
        prop_assert!(verify_query(&other_method, |_| Some(&secret)).is_err());
    }
}

#[test]
fn inner_spaces_may_be_signed_as_they_are_or_collapsed() {
    let date = "20260102T030405Z";
    let sent =
        |value: &str| vec![("x-tos-date".to_owned(), date.to_owned()), ("x-tos-meta-a".to_owned(), value.to_owned())];
    let collapsed = sent("a b");
    let wire = sent("a   b");
    fn request(headers: &[(String, String)]) -> Request<'_> {
        Request { method: "GET", host: "h", path: "/k", query: &[], headers }
    }
    let credentials = Credentials { access_key: "AK", secret_key: "sk", security_token: None };
    let scope = Scope { date, region: "r" };
    for signed in [&collapsed, &wire] {
        let signed = authorization(&request(signed), &credentials, &scope);
        assert!(verify_header(&request(&wire), &signed, |_| Some("sk")).is_ok());
    }
}
