//! TOS4-HMAC-SHA256, the signature of Volcengine TOS: header form, presigned URLs, and the verifying half.
//!
//! Everything is a pure function of its arguments. The date comes from the caller, so that a client can correct for a
//! wrong clock and a test can freeze it; the secret key is borrowed, so that its owner decides when to wipe it. The
//! client signs with [`authorization`] and [`presigned_query`]; a server checks with [`verify_header`] and
//! [`verify_query`]. Both halves stand on one canonical request, which the vectors of the official SDKs pin down.
//!
//! The price of taking plain strings is a few small allocations per request, which is nothing beside a round trip.
//! The rules are written down in section 2 of the protocol notes: which headers are signed ([`is_signed_header`]),
//! how names and values are encoded ([`encode_path`], [`encode_component`]) and what stands for the body
//! ([`UNSIGNED_PAYLOAD`], [`EMPTY_SHA256`]).

mod canonical;
mod encode;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod fuzzing;
mod presign;
mod sign;
mod verify;

pub use canonical::{Request, canonical_query, canonical_request, is_signed_header, payload_hash, signed_header_names};
pub use encode::{decode, encode_component, encode_path};
pub use presign::{PRESIGN_EXPIRES_SECONDS_MAX, Presign, PresignError, presigned_query};
pub use sign::{Credentials, Scope, SigningKeys, authorization, sign, signing_keys, string_to_sign};
pub use verify::{Verified, VerifyError, verify_header, verify_query};

/// The name of the algorithm, the first word of every `Authorization` header.
pub const ALGORITHM: &str = "TOS4-HMAC-SHA256";

/// SHA-256 of nothing: the payload hash when no `x-tos-content-sha256` header is sent, whatever the body is.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The payload hash of a body that the signature does not cover; what a streaming client should send.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
