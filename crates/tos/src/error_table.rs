//! The error table as data: one line for each answer that has a meaning of its own.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use store::{ErrorKind, ObjectRef, PutCondition, Retry, StoreError};

use super::{Exchange, Subject};

fn exchange(subject: Subject, condition: PutCondition, status: u16, headers: &[(&str, &str)]) -> Exchange {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    Exchange { doing: "reading", operation: Some("GetObject"), subject, condition, status, headers: map }
}

fn object() -> Subject {
    Subject::Object(ObjectRef::new("bkt", "dir/a.txt"))
}

fn error_of(status: u16, headers: &[(&str, &str)], body: &str) -> StoreError {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045); // 2026-01-02T03:04:05Z
    exchange(object(), PutCondition::Always, status, headers).into_error(body.as_bytes(), now)
}

#[track_caller]
fn check(status: u16, headers: &[(&str, &str)], body: &str, kind: ErrorKind, retry: Retry) {
    let error = error_of(status, headers, body);
    assert_eq!((error.kind, error.retry), (kind, retry), "{status} {body}: {}", error.message);
}

#[test]
fn every_code_of_the_protocol_notes_has_its_kind() {
    use ErrorKind::*;
    let table: &[(ErrorKind, Retry, u16, &[&str])] = &[
        (Credentials, Retry::Never, 403, &["SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidSecurityToken"]),
        (Credentials, Retry::Never, 400, &["AuthorizationHeaderMalformed", "MissingSecurityHeader"]),
        (CredentialsExpired, Retry::Never, 403, &["ExpiredToken"]),
        (ClockSkew, Retry::Later, 403, &["RequestTimeTooSkewed"]),
        (Forbidden, Retry::Never, 403, &["AccessDenied", "ForbiddenAccess", "SourceObjectAccessDenied"]),
        (BucketNotFound, Retry::Never, 404, &["NoSuchBucket"]),
        (ObjectNotFound, Retry::Never, 404, &["NoSuchKey", "DeleteMarker", "SourceObjectNotFound", "NoSuchVersion"]),
        (ObjectNotFound, Retry::Never, 404, &["NoSuchLifecycleConfiguration"]),
        (UploadNotFound, Retry::Never, 404, &["NoSuchUpload"]),
        (UploadNotFound, Retry::Never, 409, &["UploadStatusNotUploading", "UploadStatusMismatch"]),
        (PartsMismatch, Retry::Never, 400, &["InvalidPart", "NoUploadPart", "PartSizeNotMatch", "InvalidPartOffset"]),
        (AlreadyExists, Retry::Never, 409, &["BucketAlreadyExists", "BucketAlreadyOwnedByYou", "DuplicateObject"]),
        (AlreadyExists, Retry::Never, 409, &["DuplicateUpload"]),
        (NotEmpty, Retry::Never, 409, &["BucketNotEmpty"]),
        (Changed, Retry::Never, 412, &["PreconditionFailed"]),
        (Archived, Retry::Never, 403, &["ObjectNotRestored", "InActiveTier"]),
        (Archived, Retry::Never, 409, &["ObjectNotRestored", "RestoreAlreadyInProgress"]),
        (CrossRegion, Retry::Never, 403, &["CrossRegionAccessError"]),
        (CrossRegion, Retry::Never, 400, &["InvalidCrossRegionCopy"]),
        (InvalidName, Retry::Never, 400, &["InvalidBucketName", "KeyTooLong", "InvalidKey", "InvalidPathAccess"]),
        (Unsupported, Retry::Never, 405, &["MethodNotAllowed"]),
        (Unsupported, Retry::Never, 501, &["NotImplemented"]),
        (NoSpace, Retry::Never, 403, &["QuotaExceeded"]),
        (Corrupted, Retry::Later, 400, &["BadDigest", "UnexpectedContent"]),
        (Network, Retry::Later, 400, &["UnexpectedEOF", "ConnectionReset", "ResourceReset", "WriteToClientError"]),
        (Network, Retry::Later, 400, &["Timeout", "ContextCanceled"]),
        (Server, Retry::Later, 500, &["InternalError", "TryAgain"]),
        (Server, Retry::Later, 409, &["CasErr", "ConcurrencyUpdateObjectLimit"]),
        (Throttled, Retry::Later, 429, &["TooManyRequests", "ExceedQPSLimit", "ExceedRateLimit"]),
        (Throttled, Retry::Later, 503, &["ExceedBucketQPSLimit", "ExceedAccountRateLimit", "ExceedClusterQPSLimit"]),
        (Throttled, Retry::Later, 503, &["ExceedBackendQosLimit", "ExceedDBLimit", "ExceedGCSLimit"]),
        (Refused, Retry::Never, 400, &["EntityTooLarge", "EntityTooSmall", "PartSizeSmall", "PartsLenInvalid"]),
        (Refused, Retry::Never, 400, &["PartsIdxSmall", "InvalidPartNumber", "InvalidStorageClass", "SomethingNew"]),
        // A code that nobody knows is judged by its status.
        (Forbidden, Retry::Never, 403, &["SomethingNew"]),
        (Server, Retry::Later, 500, &["SomethingNew"]),
        (Throttled, Retry::Later, 429, &["SomethingNew"]),
    ];
    for (kind, retry, status, codes) in table {
        for code in *codes {
            check(*status, &[], &format!(r#"{{"Code":"{code}"}}"#), *kind, *retry);
        }
    }
}

#[test]
fn answers_without_a_code_are_judged_by_status_and_ec() {
    use ErrorKind::*;
    check(404, &[("x-tos-ec", "0017-00000003")], "", ObjectNotFound, Retry::Never);
    check(404, &[("x-tos-ec", "0006-00000001")], "", BucketNotFound, Retry::Never);
    check(404, &[], "", ObjectNotFound, Retry::Never);
    check(403, &[("x-tos-ec", "0003-00000015")], "", Forbidden, Retry::Never);
    check(401, &[], "", Forbidden, Retry::Never);
    check(400, &[("x-tos-ec", "0005-00000044")], "", Server, Retry::Later);
    check(400, &[("x-tos-ec", "0015-00000008")], "", Refused, Retry::Never);
    check(405, &[], "", Unsupported, Retry::Never);
    check(408, &[], "", Network, Retry::Later);
    check(412, &[], "", Changed, Retry::Never);
    check(416, &[], "", Refused, Retry::Never);
    check(429, &[], "", Throttled, Retry::Later);
    check(500, &[], "not json", Server, Retry::Later);
    check(502, &[], "<html>Bad Gateway</html>", Server, Retry::Later);
    check(503, &[], "<html>busy</html>", Throttled, Retry::Later);
    check(507, &[], "", NoSpace, Retry::Never);

    let bucket = exchange(Subject::Bucket("bkt".into()), PutCondition::Always, 404, &[]);
    assert_eq!(bucket.into_error(b"", SystemTime::UNIX_EPOCH).kind, BucketNotFound);
}

#[test]
fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    let after = |seconds| Retry::After(Duration::from_secs(seconds));
    let throttled = ErrorKind::Throttled;
    check(503, &[("retry-after", "7")], "", throttled, after(7));
    check(429, &[("retry-after", "Fri, 02 Jan 2026 03:04:35 GMT")], "", throttled, after(30));
    check(429, &[("retry-after", "Fri, 02 Jan 2026 03:00:00 GMT")], "", throttled, after(0));
    check(429, &[("retry-after", "soon")], "", throttled, Retry::Later);
    // Added to any clock, this would be the end of the program.
    check(503, &[("retry-after", "18446744073709551615")], "", throttled, after(86_400));
    check(503, &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], "", throttled, after(86_400));
    // What must not be tried again is not tried again later either.
    check(403, &[("retry-after", "7")], r#"{"Code":"AccessDenied"}"#, ErrorKind::Forbidden, Retry::Never);
}

#[test]
fn answers_of_other_servers_are_recognised() {
    for (status, headers, body, hint) in [
        (301, &[("location", "https://x.example/a?X-Tos-Signature=abc")][..], "", "a redirect to x.example"),
        (307, &[], "", "a redirect"),
        (200, &[], "<!DOCTYPE html><html></html>", "a web page"),
        (404, &[], "<html>not here</html>", "a web page"),
        (403, &[], "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "as an S3 server sends it"),
        (400, &[], "<Error><Code>x</Code></Error>", "as an S3 server sends it"),
        (200, &[], "hello", "not what TOS sends"),
        (200, &[], "", "not what TOS sends"),
    ] {
        let error = error_of(status, headers, body);
        assert_eq!((error.kind, error.retry), (ErrorKind::NotThisStore, Retry::Never), "{status} {body}");
        assert!(error.message.contains(hint), "{}", error.message);
        assert!(!error.message.contains("abc"), "{}", error.message);
    }
    check(407, &[], "<html></html>", ErrorKind::Refused, Retry::Never);
}

#[test]
fn an_error_body_behind_a_200_is_the_error_it_names() {
    let body = r#"{"Code":"InternalError","Message":"try again"}"#;
    check(200, &[("x-tos-request-id", "r")], body, ErrorKind::Server, Retry::Later);
    check(200, &[], r#"{"Code":"NoSuchKey"}"#, ErrorKind::ObjectNotFound, Retry::Never);
    check(200, &[], r#"{"Code":"SomethingNew"}"#, ErrorKind::Server, Retry::Later);
}

#[test]
fn a_failed_write_condition_means_that_the_name_is_taken() {
    for (status, body) in [
        (409, ""),
        (412, ""),
        (412, r#"{"Code":"PreconditionFailed"}"#),
        (409, r#"{"Code":"DuplicateObject"}"#),
        (409, r#"{"Code":"SomethingNew"}"#),
    ] {
        let error =
            exchange(object(), PutCondition::IfAbsent, status, &[]).into_error(body.as_bytes(), SystemTime::now());
        assert_eq!(error.kind, ErrorKind::AlreadyExists, "{status} {body}");
    }
}

#[test]
fn b16_an_error_keeps_what_support_asks_for_and_speaks_in_sentences() {
    let body = r#"{"EC":"0017-00000003","Code":"NoSuchKey","Message":"The key\u0007 is gone.","RequestId":"in-body"}"#;
    let error = error_of(404, &[("x-tos-request-id", "in-header"), ("x-tos-ec", "9999-1")], body);
    assert_eq!(error.code.as_deref(), Some("NoSuchKey"));
    assert_eq!(error.extended_code.as_deref(), Some("0017-00000003"));
    assert_eq!(error.request_id.as_deref(), Some("in-header"));
    assert_eq!(error.status, Some(404));
    let expected = "reading tos://bkt/dir/a.txt failed: there is no such object (TOS says: The key is gone)";
    assert_eq!(error.message, expected);
    assert_eq!(error_of(404, &[], body).request_id.as_deref(), Some("in-body"));
    let odd =
        error_of(404, &[("x-tos-request-id", ""), ("x-tos-ec", " ")], r#"{"Code":"\u001b[2J","RequestId":"a b"}"#);
    assert_eq!((odd.code, odd.extended_code, odd.request_id), (None, None, None));
}
