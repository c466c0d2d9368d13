//! Checks of the verifying half with any request: for mangled inputs and for the fuzzer. Only there under the feature
//! `testing`.

use crate::{
    Credentials, Presign, Request, Scope, authorization, decode, presigned_query, verify_header, verify_query,
};

const SCOPE: Scope<'_> = Scope { date: "20260102T030405Z", region: "cn-beijing" };
const CREDENTIALS: Credentials<'_> = Credentials { access_key: "AKLTfuzz", secret_key: "secret", security_token: None };

/// `METHOD /path?query`, then headers, among them perhaps an `authorization`.
///
/// What the input claims is never believed, for nobody gave it the secret; what is signed here is; and with one thing
/// changed afterwards it is not.
pub fn signature(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or(("GET", "/"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name)?, decode(value)?))
    };
    let query: Vec<(String, String)> = query.split('&').filter_map(pair).collect();
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let path = decode(path).unwrap_or_default();
    let request = Request { method, host: "bkt.tos.test", path: &path, query: &query, headers: &headers };
    let secret = |_: &str| Some("secret");

    let claim = request.header("authorization").unwrap_or_default().to_owned();
    assert!(verify_header(&request, &claim, secret).is_err(), "a claim is believed");
    assert!(verify_query(&request, secret).is_err(), "a claim in the query is believed");

    let mut headers = headers.clone();
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-tos-date") && !name.eq_ignore_ascii_case("authorization"));
    headers.push(("x-tos-date".to_owned(), SCOPE.date.to_owned()));
    let request = Request { headers: &headers, ..request };
    let signed = authorization(&request, &CREDENTIALS, &SCOPE);
    let verified = verify_header(&request, &signed, secret);
    // A header whose name has a separator of the list of names cannot be signed; HTTP lets none through.
    let is_signable = |name: &str| !name.contains([';', ',', '=', ' ']) && name.trim() == name && name.is_ascii();
    if headers.iter().all(|(name, _)| is_signable(name)) {
        let verified = verified.unwrap_or_else(|error| panic!("{error}: {request:?}"));
        assert_eq!((verified.access_key.as_str(), verified.date.as_str()), (CREDENTIALS.access_key, SCOPE.date));
        assert_eq!(verified.region, SCOPE.region);
    }
    let longer = format!("{path}/x");
    let mut more = query.clone();
    more.push(("x".to_owned(), "1".to_owned()));
    for other in [
        Request { path: &longer, ..request },
        Request { query: &more, ..request },
        Request { host: "other.tos.test", ..request },
        Request { method: if method == "GET" { "PUT" } else { "GET" }, ..request },
    ] {
        assert!(verify_header(&other, &signed, secret).is_err(), "{other:?}");
    }

    let presign = Presign { expires_seconds: 60, all_headers: false };
    let Ok(signed) = presigned_query(&request, &CREDENTIALS, &SCOPE, presign) else { return };
    let parsed: Vec<(String, String)> = signed.split('&').filter_map(pair).collect();
    let request = Request { query: &parsed, ..request };
    if headers.iter().all(|(name, _)| is_signable(name)) {
        let verified = verify_query(&request, secret).unwrap_or_else(|error| panic!("{error}: {request:?}"));
        assert_eq!(verified.expires_seconds, Some(60));
    }
    assert!(verify_query(&Request { path: &longer, ..request }, secret).is_err());
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_claim_is_believed_and_what_is_signed_holds_until_it_is_changed() {
        mangle::check_all("signature", 4_000, super::signature);
    }
}
