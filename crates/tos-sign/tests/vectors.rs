//! Every signature of the official SDKs that we have, step by step, and the refusal of each once a byte is changed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is how a test fails")]

use serde_json::Value;
use tos_sign::*;

fn vectors(file: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(file).unwrap();
    let vectors = all["vectors"].as_array().unwrap().clone();
    assert!(!vectors.is_empty());
    vectors
}

fn header_vectors() -> Vec<Value> {
    vectors(include_str!("vectors/signing.json"))
}

fn presigned_vectors() -> Vec<Value> {
    vectors(include_str!("vectors/presigned.json"))
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{name} of {}", vector["name"]))
}

fn pairs(object: &Value) -> Vec<(String, String)> {
    let value_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    object.as_object().map(|map| map.iter().map(|(k, v)| (k.clone(), value_text(v))).collect()).unwrap_or_default()
}

struct Owned {
    method: String,
    host: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

impl Owned {
    fn request(&self) -> Request<'_> {
        Request { method: &self.method, host: &self.host, path: &self.path, query: &self.query, headers: &self.headers }
    }
}

fn header_case(vector: &Value) -> Owned {
    Owned {
        method: text(vector, "method").into(),
        host: text(vector, "host").into(),
        path: text(vector, "path_unescaped").into(),
        query: pairs(&vector["query"]),
        headers: pairs(&vector["headers"]),
    }
}

fn credentials(vector: &Value, access_key: &str, secret_key: &str) -> (String, String, Option<String>) {
    (
        text(vector, access_key).into(),
        text(vector, secret_key).into(),
        vector["security_token"].as_str().map(str::to_owned),
    )
}

#[test]
fn every_step_of_every_header_signature_is_that_of_the_sdks() {
    for vector in header_vectors() {
        let case = header_case(&vector);
        let request = case.request();
        let scope = Scope { date: text(&vector, "date"), region: text(&vector, "region") };
        assert_eq!(encode_path(&case.path), text(&vector, "canonical_uri"));
        assert_eq!(canonical_query(&case.query), text(&vector, "canonical_query"));
        let canonical = canonical_request(&request, &signed_header_names(&request), payload_hash(&request));
        assert_eq!(canonical, text(&vector, "canonical_request"));
        let to_sign = string_to_sign(&scope, &canonical);
        assert_eq!(to_sign, text(&vector, "string_to_sign"));
        let (access_key, secret_key, token) = credentials(&vector, "access_key", "secret_key");
        let keys = signing_keys(&secret_key, &scope);
        let expected = &vector["signing_key_steps_hex"];
        assert_eq!(hex::encode(keys.date), text(expected, "k_date"));
        assert_eq!(hex::encode(keys.region), text(expected, "k_region"));
        assert_eq!(hex::encode(keys.service), text(expected, "k_service"));
        assert_eq!(hex::encode(keys.signing), text(expected, "k_signing"));
        assert_eq!(sign(&secret_key, &scope, &to_sign), text(&vector, "signature"));
        let credentials =
            Credentials { access_key: &access_key, secret_key: &secret_key, security_token: token.as_deref() };
        assert_eq!(authorization(&request, &credentials, &scope), text(&vector, "authorization"));
    }
}

#[test]
fn without_a_payload_hash_the_signature_is_that_of_the_go_sdk() {
    let mut seen = 0;
    for vector in header_vectors() {
        let Some(expected) = vector["go_sdk_authorization_without_content_sha256_header"].as_str() else { continue };
        seen += 1;
        let mut case = header_case(&vector);
        case.headers.retain(|(name, _)| name != "x-tos-content-sha256");
        let scope = Scope { date: text(&vector, "date"), region: text(&vector, "region") };
        let (access_key, secret_key, token) = credentials(&vector, "access_key", "secret_key");
        let credentials =
            Credentials { access_key: &access_key, secret_key: &secret_key, security_token: token.as_deref() };
        let ours = authorization(&case.request(), &credentials, &scope);
        assert_eq!(ours.replace(", ", ","), expected, "{}", vector["name"]);
        // The Go SDK writes no space after the commas; the verifying half must not mind.
        let verified = verify_header(&case.request(), expected, |_| Some(&secret_key)).unwrap();
        assert_eq!(verified.region, scope.region);
    }
    assert!(seen > 40);
}

#[test]
fn the_verifier_accepts_each_header_signature_and_refuses_it_once_a_byte_is_changed() {
    for vector in header_vectors() {
        let case = header_case(&vector);
        let (access_key, secret_key, _) = credentials(&vector, "access_key", "secret_key");
        let secret_of = |id: &str| (id == access_key).then_some(&secret_key);
        let good = text(&vector, "authorization");
        let verified = verify_header(&case.request(), good, secret_of).unwrap();
        assert_eq!(
            (verified.access_key.as_str(), verified.date.as_str()),
            (access_key.as_str(), text(&vector, "date"))
        );
        for index in 0..good.len() {
            let mut bytes = good.as_bytes().to_vec();
            bytes[index] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(verify_header(&case.request(), &changed, secret_of).is_err(), "byte {index} of {good}");
        }
        let other_path = Owned { path: format!("{}x", case.path), ..header_case(&vector) };
        assert!(matches!(verify_header(&other_path.request(), good, secret_of), Err(VerifyError::Mismatch { .. })));
        let mut other_query = header_case(&vector);
        other_query.query.push(("versionId".into(), "other".into()));
        assert!(matches!(verify_header(&other_query.request(), good, secret_of), Err(VerifyError::Mismatch { .. })));
        let mut added = header_case(&vector);
        added.headers.push(("X-Tos-Meta-Added".into(), "later".into()));
        let unsigned = VerifyError::UnsignedHeader("x-tos-meta-added".into());
        assert_eq!(verify_header(&added.request(), good, secret_of), Err(unsigned));
    }
}

fn presigned_case(vector: &Value) -> (Owned, Presign, String) {
    let url = text(vector, "signed_url").strip_prefix("http://").unwrap();
    let (host, rest) = url.split_once('/').unwrap();
    let (_, query) = rest.split_once('?').unwrap();
    // The input of a vector was written down after the SDK had added its own parameters to it; those of the URL come
    // in their order.
    let asked: Vec<(String, String)> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name).unwrap(), decode(value).unwrap()))
        .filter(|(name, _)| !name.starts_with("X-Tos-"))
        .collect();
    let input = &vector["input"];
    let presign = Presign {
        expires_seconds: input["expires"].as_u64().unwrap(),
        all_headers: input["is_signed_all_headers"].as_bool().unwrap_or(false),
    };
    let case = Owned {
        method: text(vector, "method").into(),
        host: host.into(),
        path: format!("/{}", text(vector, "key")),
        query: asked,
        headers: pairs(&input["header"]),
    };
    (case, presign, query.to_owned())
}

#[test]
fn every_presigned_url_is_that_of_the_sdks_and_verifies() {
    for vector in presigned_vectors() {
        let (case, presign, query) = presigned_case(&vector);
        let (access_key, secret_key, token) = credentials(&vector, "ak", "sk");
        let credentials =
            Credentials { access_key: &access_key, secret_key: &secret_key, security_token: token.as_deref() };
        let scope = Scope { date: text(&vector, "date"), region: text(&vector, "region") };
        let ours = presigned_query(&case.request(), &credentials, &scope, presign).unwrap();
        assert_eq!(ours, query, "{}", vector["name"]);

        let as_received = |query: &str| {
            query
                .split('&')
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| Some((decode(name)?, decode(value)?)))
                .collect::<Option<Vec<_>>>()
        };
        let received = as_received(&query).unwrap();
        let request = Request { query: &received, ..case.request() };
        let secret_of = |id: &str| (id == access_key).then_some(&secret_key);
        let verified = verify_query(&request, secret_of).unwrap();
        assert_eq!(verified.expires_seconds, Some(presign.expires_seconds));
        assert_eq!(verified.security_token, token);
        for index in 0..query.len() {
            let mut bytes = query.as_bytes().to_vec();
            bytes[index] ^= 1;
            // A change may also leave the same meaning, such as a hex digit of an escape in the other case; then, and
            // only then, it may pass.
            let changed = String::from_utf8(bytes).ok().and_then(|query| as_received(&query));
            let Some(changed) = changed.filter(|changed| *changed != received) else { continue };
            let request = Request { query: &changed, ..case.request() };
            assert!(verify_query(&request, secret_of).is_err(), "byte {index} of {query}");
        }
    }
}

#[test]
fn a_presigned_url_lives_one_second_to_seven_days() {
    let request = Request { method: "GET", host: "b.example", path: "/k", query: &[], headers: &[] };
    let credentials = Credentials { access_key: "ak", secret_key: "sk", security_token: None };
    let scope = Scope { date: "20260102T030405Z", region: "cn-beijing" };
    let of = |expires_seconds| {
        presigned_query(&request, &credentials, &scope, Presign { expires_seconds, all_headers: false })
    };
    assert!(of(1).is_ok() && of(604_800).is_ok());
    assert_eq!(of(0), Err(PresignError::ExpiresOutOfRange(0)));
    assert_eq!(of(604_801), Err(PresignError::ExpiresOutOfRange(604_801)));
}
