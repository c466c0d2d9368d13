//! The header form: keys, string to sign, `Authorization`.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{ALGORITHM, Request, canonical_request, payload_hash, signed_header_names};

/// Who signs.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The access key id, sent in clear.
    pub access_key: &'a str,
    /// The secret key, never sent.
    pub secret_key: &'a str,
    /// The session token of temporary keys. [`crate::presigned_query`] adds it; for the header form the caller sends it as
    /// the header `x-tos-security-token`.
    pub security_token: Option<&'a str>,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// When and where a signature holds.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// UTC as `YYYYMMDDTHHMMSSZ`; equal to the `x-tos-date` header that is sent.
    pub date: &'a str,
    /// The region id, such as `cn-beijing`.
    pub region: &'a str,
}

impl Scope<'_> {
    /// `YYYYMMDD`, the day for which the signing key is good.
    pub fn day(&self) -> &str {
        self.date.get(..8).unwrap_or(self.date)
    }

    /// `YYYYMMDD/region/tos/request`.
    pub fn credential_scope(&self) -> String {
        format!("{}/{}/tos/request", self.day(), self.region)
    }
}

/// The chain of keys from the secret key to the one that signs; the steps are visible so that a vector can be
/// followed one by one.
#[derive(Clone, Copy)]
pub struct SigningKeys {
    /// HMAC of the secret key (without a prefix) and the day.
    pub date: [u8; 32],
    /// … and the region.
    pub region: [u8; 32],
    /// … and the word `tos`.
    pub service: [u8; 32],
    /// … and the word `request`: the key that signs.
    pub signing: [u8; 32],
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(…)")
    }
}

/// Derives the keys for a day and a region.
pub fn signing_keys(secret_key: &str, scope: &Scope<'_>) -> SigningKeys {
    let date = hmac_of(secret_key.as_bytes(), scope.day());
    let region = hmac_of(&date, scope.region);
    let service = hmac_of(&region, "tos");
    let signing = hmac_of(&service, "request");
    SigningKeys { date, region, service, signing }
}

/// The text that is signed: algorithm, date, scope and the hash of the canonical request.
pub fn string_to_sign(scope: &Scope<'_>, canonical_request: &str) -> String {
    let hash = hex::encode(Sha256::digest(canonical_request.as_bytes()));
    format!("{ALGORITHM}\n{}\n{}\n{hash}", scope.date, scope.credential_scope())
}

/// The signature in lower-case hex.
pub fn sign(secret_key: &str, scope: &Scope<'_>, string_to_sign: &str) -> String {
    hex::encode(hmac_of(&signing_keys(secret_key, scope).signing, string_to_sign))
}

/// The value of the `Authorization` header.
///
/// The request must already carry what is sent: `x-tos-date` equal to the scope's date, `x-tos-security-token` for
/// temporary keys and, for a body that is not hashed, `x-tos-content-sha256` with [`crate::UNSIGNED_PAYLOAD`].
pub fn authorization(request: &Request<'_>, credentials: &Credentials<'_>, scope: &Scope<'_>) -> String {
    let names = signed_header_names(request);
    let canonical = canonical_request(request, &names, payload_hash(request));
    let signature = sign(credentials.secret_key, scope, &string_to_sign(scope, &canonical));
    format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
        credentials.access_key,
        scope.credential_scope(),
        names.join(";")
    )
}

pub(crate) fn mac_of(key: &[u8], text: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length; the error type is that of other MACs")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length of key");
    mac.update(text.as_bytes());
    mac
}

fn hmac_of(key: &[u8], text: &str) -> [u8; 32] {
    mac_of(key, text).finalize().into_bytes().into()
}
