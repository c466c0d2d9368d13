//! Who may: the signature, the session token, the clock and the region of a request.

use tos_sign::{Verified, VerifyError};

use crate::refusal::Refusal;
use crate::request::{Call, Target};
use crate::shared::Shared;
use crate::times::parse_compact;
use crate::{AccessKey, WrongRegion};

/// Checks everything that can be said about a request's signature; returns the region that it was signed for.
pub(crate) fn authenticate(shared: &Shared, call: &Call) -> Result<String, Refusal> {
    let request = tos_sign::Request {
        method: call.method.as_str(),
        host: &call.host,
        path: &call.path,
        query: &call.query,
        headers: &call.headers,
    };
    let key_of = |id: &str| shared.options.credentials.iter().find(|key| key.access_key == id);
    let secret_of = |id: &str| key_of(id).map(|key| key.secret_key.as_str());
    let presigned = call.query.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-tos-signature"));
    let verified = match call.header("authorization") {
        Some(authorization) => tos_sign::verify_header(&request, authorization, secret_of),
        None if presigned => tos_sign::verify_query(&request, secret_of),
        None => return Err(Refusal::new(403, "AccessDenied", "The request is not signed.")),
    };
    let verified = verified.map_err(refuse)?;
    check_token(key_of(&verified.access_key), &verified)?;
    check_time(shared, &verified)?;
    check_region(shared, call, &verified.region)?;
    Ok(verified.region)
}

fn refuse(error: VerifyError) -> Refusal {
    match error {
        VerifyError::Malformed(what) => Refusal::new(400, "AuthorizationHeaderMalformed", format!("{what}.")),
        VerifyError::UnknownAccessKey(_) => {
            Refusal::new(403, "InvalidAccessKeyId", "The access key id you provided does not exist in our records.")
        }
        VerifyError::UnsignedHeader(name) => {
            Refusal::new(403, "SignatureDoesNotMatch", format!("The header {name} is sent but not signed."))
        }
        VerifyError::Mismatch { canonical_request, string_to_sign } => {
            tracing::debug!(canonical_request, string_to_sign, "signature does not match");
            let message = "The request signature we calculated does not match the signature you provided. \
                           Check your secret access key and signing method.";
            Refusal::new(403, "SignatureDoesNotMatch", message)
        }
    }
}

fn check_token(key: Option<&AccessKey>, verified: &Verified) -> Result<(), Refusal> {
    if key.is_some_and(|key| key.security_token == verified.security_token) {
        return Ok(());
    }
    Err(Refusal::new(403, "InvalidSecurityToken", "The security token is not the one of this access key."))
}

fn check_time(shared: &Shared, verified: &Verified) -> Result<(), Refusal> {
    let malformed = || Refusal::new(400, "AuthorizationHeaderMalformed", "The signed date does not exist.");
    let signed = parse_compact(&verified.date).ok_or_else(malformed)?;
    let now = i64::try_from(shared.now_ms() / 1000).unwrap_or(i64::MAX);
    let skew = i64::try_from(shared.options.behaviour.clock_skew_seconds_max).unwrap_or(i64::MAX);
    let life = verified.expires_seconds.and_then(|seconds| i64::try_from(seconds).ok());
    if life.is_some_and(|life| now > signed.saturating_add(life)) {
        return Err(Refusal::new(403, "AccessDenied", "The presigned URL has expired."));
    }
    if now - signed < -skew || (life.is_none() && now - signed > skew) {
        let message = "The difference between the request time and the server's time is too large.";
        return Err(Refusal::new(403, "RequestTimeTooSkewed", message));
    }
    Ok(())
}

fn check_region(shared: &Shared, call: &Call, signed: &str) -> Result<(), Refusal> {
    let own = match &call.target {
        Target::Service => None,
        // A bucket that does not exist is made in the region of the signature, or found missing later.
        Target::Bucket(name) | Target::Object { bucket: name, .. } => {
            shared.bucket(name).ok().map(|bucket| bucket.record().region)
        }
    };
    match own {
        None if shared.has_region(signed) => return Ok(()),
        Some(own) if own == signed => return Ok(()),
        _ => {}
    }
    Err(match shared.options.behaviour.wrong_region {
        WrongRegion::Denied => {
            let message = format!("The bucket is not in the region {signed} for which the request is signed.");
            Refusal::new(403, "CrossRegionAccessError", message)
        }
        WrongRegion::Redirect => {
            let scheme = if shared.options.tls { "https" } else { "http" };
            let location = format!("{scheme}://{}{}", call.host, tos_sign::encode_path(&call.path));
            Refusal::new(307, "TemporaryRedirect", "The bucket is in another region.")
                .with_header("location", &location)
        }
        WrongRegion::NoSuchBucket => Refusal::no_such_bucket(),
    })
}
