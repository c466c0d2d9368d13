//! Small JSON bodies, and the MD5 that comes with them.

use base64::Engine;
use md5::{Digest, Md5};
use serde_json::Value;

use crate::intake::receive_small;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::take_body;
use crate::shared::Shared;

/// Whether a call demands `Content-MD5`; where it comes it is compared in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyMd5 {
    Needed,
    Welcome,
}

/// Receives the JSON of a request.
pub(crate) async fn receive_json(
    shared: &Shared,
    call: &Call,
    body: &mut Option<RequestBody>,
    md5: BodyMd5,
) -> Result<Value, Refusal> {
    let body = receive_bytes(shared, call, body, md5).await?;
    serde_json::from_slice(&body).map_err(|error| Refusal::malformed_body(format!("{error}.")))
}

/// Receives a small body that may be none.
pub(crate) async fn receive_bytes(
    shared: &Shared,
    call: &Call,
    body: &mut Option<RequestBody>,
    md5: BodyMd5,
) -> Result<Vec<u8>, Refusal> {
    let body = receive_small(shared, take_body(body)?).await?;
    match call.header("content-md5") {
        None if md5 == BodyMd5::Needed => Err(Refusal::new(400, "MissingContentMD5", "This call needs Content-MD5.")),
        Some(sent) if sent != base64::engine::general_purpose::STANDARD.encode(Md5::digest(&body)) => {
            Err(Refusal::new(400, "BadDigest", "The Content-MD5 is not that of the body."))
        }
        _ => Ok(body),
    }
}
