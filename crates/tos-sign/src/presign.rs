//! Presigned URLs: the signature travels in the query, so that anybody who has the URL may send the request.

use crate::canonical::names_where;
use crate::{
    ALGORITHM, Credentials, Request, Scope, UNSIGNED_PAYLOAD, canonical_request, encode_component, sign, string_to_sign,
};

/// The longest that a presigned URL may live: seven days.
pub const PRESIGN_EXPIRES_SECONDS_MAX: u64 = 604_800;

/// What a presigned URL allows besides the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presign {
    /// Seconds from the scope's date during which the URL is good: 1 to [`PRESIGN_EXPIRES_SECONDS_MAX`].
    pub expires_seconds: u64,
    /// Signs every header of the request rather than `host` and `x-tos…` alone; whoever uses the URL must then send
    /// each of them with the same value.
    pub all_headers: bool,
}

/// Why a URL was not presigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresignError {
    /// The lifetime is zero or longer than seven days.
    #[error("a presigned URL lives 1 to {PRESIGN_EXPIRES_SECONDS_MAX} seconds, not {0}")]
    ExpiresOutOfRange(u64),
}

/// The whole query string of a presigned URL: the request's own parameters in their order, then those of the
/// signature, the last one being `X-Tos-Signature`.
///
/// Names and values are encoded; append the result to `scheme://host` and [`crate::encode_path`] of the path with a `?`.
/// `X-Tos-…` parameters of an earlier signature among the request's query are replaced.
///
/// # Errors
/// [`PresignError::ExpiresOutOfRange`].
pub fn presigned_query(
    request: &Request<'_>,
    credentials: &Credentials<'_>,
    scope: &Scope<'_>,
    presign: Presign,
) -> Result<String, PresignError> {
    if !(1..=PRESIGN_EXPIRES_SECONDS_MAX).contains(&presign.expires_seconds) {
        return Err(PresignError::ExpiresOutOfRange(presign.expires_seconds));
    }
    // Content-type is not signed here, unlike in the header form: a browser would send its own.
    let names = names_where(request, |name| presign.all_headers || name.starts_with("x-tos"));
    let mut query: Vec<(String, String)> = request
        .query
        .iter()
        .filter(|(name, _)| !OWN_NAMES.iter().any(|own| own.eq_ignore_ascii_case(name)))
        .cloned()
        .collect();
    let mut add = |name: &str, value: String| query.push((name.to_owned(), value));
    add("X-Tos-Algorithm", ALGORITHM.to_owned());
    add("X-Tos-Credential", format!("{}/{}", credentials.access_key, scope.credential_scope()));
    add("X-Tos-Date", scope.date.to_owned());
    add("X-Tos-Expires", presign.expires_seconds.to_string());
    if let Some(token) = credentials.security_token {
        add("X-Tos-Security-Token", token.to_owned());
    }
    add("X-Tos-SignedHeaders", names.join(";"));

    let hash = request.header("x-tos-content-sha256").unwrap_or(UNSIGNED_PAYLOAD);
    let canonical = canonical_request(&Request { query: &query, ..*request }, &names, hash);
    let signature = sign(credentials.secret_key, scope, &string_to_sign(scope, &canonical));
    query.push(("X-Tos-Signature".to_owned(), signature));
    let encoded: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encode_component(name), encode_component(value))).collect();
    Ok(encoded.join("&"))
}

const OWN_NAMES: [&str; 7] = [
    "X-Tos-Algorithm",
    "X-Tos-Credential",
    "X-Tos-Date",
    "X-Tos-Expires",
    "X-Tos-Security-Token",
    "X-Tos-SignedHeaders",
    "X-Tos-Signature",
];
