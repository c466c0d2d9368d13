//! The server's half: does this request carry a signature made with the secret of the key that it names?
//!
//! Strict where a mistake of a client would otherwise stay hidden (`host` and every `x-tos…` header that is sent are
//! signed, the scope is well formed, the hex is lower case) and lenient where the official SDKs differ (a space after
//! the comma or none, inner spaces of header values kept or collapsed, `content-type` signed or, by the JavaScript SDK,
//! not). Whether the date is recent and a URL still alive is the caller's
//! question, for there is no clock here.

use hmac::Mac;

use crate::canonical::{Spaces, canonical_request_with};
use crate::sign::mac_of;
use crate::{
    ALGORITHM, PRESIGN_EXPIRES_SECONDS_MAX, Request, Scope, UNSIGNED_PAYLOAD, payload_hash, signing_keys,
    string_to_sign,
};

/// A signature that is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The access key id that signed.
    pub access_key: String,
    /// The signed date, `YYYYMMDDTHHMMSSZ`.
    pub date: String,
    /// The region in the signed scope.
    pub region: String,
    /// The session token sent along, in the header or in the query.
    pub security_token: Option<String>,
    /// Seconds of life of a presigned URL; `None` for the header form.
    pub expires_seconds: Option<u64>,
}

/// Why a signature is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The header or the parameters of the signature are missing or not of the right form; says which.
    #[error("the signature is malformed: {0}")]
    Malformed(&'static str),
    /// Nobody has this access key id.
    #[error("the access key id {0} is unknown")]
    UnknownAccessKey(String),
    /// A header that must be signed was sent without being signed.
    #[error("the header {0} is sent but not signed")]
    UnsignedHeader(String),
    /// The signature is not the one that the secret key gives.
    #[error("the signature does not match")]
    Mismatch {
        /// What the server canonicalised, for comparing with what the client had.
        canonical_request: String,
        /// What the server would have signed.
        string_to_sign: String,
    },
}

/// Checks the header form; `authorization` is the value of the `Authorization` header.
///
/// `secret_of` looks the secret key of an access key id up.
///
/// # Errors
/// Every variant of [`VerifyError`].
pub fn verify_header<S: AsRef<str>>(
    request: &Request<'_>,
    authorization: &str,
    secret_of: impl FnOnce(&str) -> Option<S>,
) -> Result<Verified, VerifyError> {
    let fields = authorization
        .strip_prefix(ALGORITHM)
        .and_then(|rest| rest.strip_prefix(' '))
        .ok_or(VerifyError::Malformed("the algorithm is not TOS4-HMAC-SHA256"))?;
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for field in fields.split(',') {
        match field.trim().split_once('=') {
            Some(("Credential", value)) => credential = Some(value),
            Some(("SignedHeaders", value)) => signed_headers = Some(value),
            Some(("Signature", value)) => signature = Some(value),
            _ => return Err(VerifyError::Malformed("Authorization has an unknown field")),
        }
    }
    let claim = Claim {
        credential: credential.ok_or(VerifyError::Malformed("Credential is missing"))?,
        signed_headers: signed_headers.ok_or(VerifyError::Malformed("SignedHeaders is missing"))?,
        signature: signature.ok_or(VerifyError::Malformed("Signature is missing"))?,
        date: request.header("x-tos-date").ok_or(VerifyError::Malformed("x-tos-date is missing"))?,
    };
    let verified = claim.check(request, payload_hash(request), secret_of)?;
    Ok(Verified { security_token: request.header("x-tos-security-token").map(str::to_owned), ..verified })
}

/// Checks a presigned URL; the parameters are those of [`Request::query`].
///
/// # Errors
/// Every variant of [`VerifyError`].
pub fn verify_query<S: AsRef<str>>(
    request: &Request<'_>,
    secret_of: impl FnOnce(&str) -> Option<S>,
) -> Result<Verified, VerifyError> {
    let parameter =
        |name: &str| request.query.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    if parameter("X-Tos-Algorithm") != Some(ALGORITHM) {
        return Err(VerifyError::Malformed("the algorithm is not TOS4-HMAC-SHA256"));
    }
    let expires_seconds = parameter("X-Tos-Expires")
        .and_then(|value| value.parse().ok())
        .filter(|seconds| (1..=PRESIGN_EXPIRES_SECONDS_MAX).contains(seconds))
        .ok_or(VerifyError::Malformed("X-Tos-Expires is not 1 to 604800"))?;
    let claim = Claim {
        credential: parameter("X-Tos-Credential").ok_or(VerifyError::Malformed("X-Tos-Credential is missing"))?,
        signed_headers: parameter("X-Tos-SignedHeaders")
            .ok_or(VerifyError::Malformed("X-Tos-SignedHeaders is missing"))?,
        signature: parameter("X-Tos-Signature").ok_or(VerifyError::Malformed("X-Tos-Signature is missing"))?,
        date: parameter("X-Tos-Date").ok_or(VerifyError::Malformed("X-Tos-Date is missing"))?,
    };
    let hash = request
        .header("x-tos-content-sha256")
        .or_else(|| parameter("X-Tos-Content-Sha256"))
        .unwrap_or(UNSIGNED_PAYLOAD);
    let verified = claim.check(request, hash, secret_of)?;
    let security_token = parameter("X-Tos-Security-Token").or_else(|| request.header("x-tos-security-token"));
    Ok(Verified {
        security_token: security_token.map(str::to_owned),
        expires_seconds: Some(expires_seconds),
        ..verified
    })
}

/// What the request says about its own signature.
struct Claim<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
    date: &'a str,
}

impl Claim<'_> {
    fn check<S: AsRef<str>>(
        &self,
        request: &Request<'_>,
        payload_hash: &str,
        secret_of: impl FnOnce(&str) -> Option<S>,
    ) -> Result<Verified, VerifyError> {
        let (access_key, region) = self.parse_credential()?;
        let names = self.parse_signed_headers(request)?;
        let signature = self.parse_signature()?;
        let secret = secret_of(access_key).ok_or_else(|| VerifyError::UnknownAccessKey(access_key.to_owned()))?;
        let scope = Scope { date: self.date, region };
        let key = signing_keys(secret.as_ref(), &scope).signing;
        let matches = |spaces| {
            let canonical = canonical_request_with(request, &names, payload_hash, spaces);
            let text = string_to_sign(&scope, &canonical);
            // Compares in constant time.
            mac_of(&key, &text).verify_slice(&signature).map_err(|_| (canonical, text))
        };
        if let Err((canonical_request, string_to_sign)) = matches(Spaces::Kept)
            && matches(Spaces::Collapsed).is_err()
        {
            return Err(VerifyError::Mismatch { canonical_request, string_to_sign });
        }
        Ok(Verified {
            access_key: access_key.to_owned(),
            date: self.date.to_owned(),
            region: region.to_owned(),
            security_token: None,
            expires_seconds: None,
        })
    }

    /// `AK/YYYYMMDD/region/tos/request`, of the day of the signed date.
    fn parse_credential(&self) -> Result<(&str, &str), VerifyError> {
        let date = self.date.as_bytes();
        let digits = |range: std::ops::Range<usize>| date[range].iter().all(u8::is_ascii_digit);
        if date.len() != 16 || !digits(0..8) || date[8] != b'T' || !digits(9..15) || date[15] != b'Z' {
            return Err(VerifyError::Malformed("the date is not YYYYMMDDTHHMMSSZ"));
        }
        let fields: Vec<&str> = self.credential.split('/').collect();
        match fields[..] {
            [access_key, day, region, "tos", "request"] if !access_key.is_empty() && day == &self.date[..8] => {
                Ok((access_key, region))
            }
            [_, _, _, "tos", "request"] => Err(VerifyError::Malformed("the scope is not of the day of the date")),
            _ => Err(VerifyError::Malformed("the scope is not KEY/DAY/REGION/tos/request")),
        }
    }

    fn parse_signed_headers(&self, request: &Request<'_>) -> Result<Vec<String>, VerifyError> {
        let names: Vec<String> = self.signed_headers.split(';').map(str::to_owned).collect();
        if !names.is_sorted() || names.iter().any(|name| name.is_empty() || *name != name.to_ascii_lowercase()) {
            return Err(VerifyError::Malformed("SignedHeaders is not a sorted list in lower case"));
        }
        let sent = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).chain(["host".to_owned()]);
        let must_be_signed = |name: &str| name == "host" || name.starts_with("x-tos");
        match sent.into_iter().find(|name| must_be_signed(name) && !names.contains(name)) {
            Some(unsigned) => Err(VerifyError::UnsignedHeader(unsigned)),
            None => Ok(names),
        }
    }

    fn parse_signature(&self) -> Result<Vec<u8>, VerifyError> {
        let lower_hex = self.signature.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let bytes = hex::decode(self.signature).ok().filter(|bytes| lower_hex && bytes.len() == 32);
        bytes.ok_or(VerifyError::Malformed("the signature is not 64 digits of lower-case hex"))
    }
}
