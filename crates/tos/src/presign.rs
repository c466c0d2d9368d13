//! URLs that carry their own signature.

use std::time::Duration;

use reqwest::Method;
use store::{ErrorKind, ObjectRef, PresignMethod, StoreError};

use crate::request::signing_date;
use crate::{Result, TosStore};

/// The URL is a secret while it lives: it goes to the caller and nowhere else.
pub(crate) fn url(store: &TosStore, method: PresignMethod, object: &ObjectRef, expires: Duration) -> Result<String> {
    let method = match method {
        PresignMethod::Get => Method::GET,
        PresignMethod::Put => Method::PUT,
        PresignMethod::Head => Method::HEAD,
        PresignMethod::Delete => Method::DELETE,
    };
    let call = store.object_call("presigning", method, object)?;
    let date = signing_date(store.now());
    let request = tos_sign::Request {
        method: call.method.as_str(),
        host: &call.place.host,
        path: &call.place.path,
        query: &call.query,
        headers: &[],
    };
    let scope = tos_sign::Scope { date: &date, region: &call.home.region };
    let presign = tos_sign::Presign { expires_seconds: expires.as_secs(), all_headers: false };
    let query = tos_sign::presigned_query(&request, &store.signing_credentials(), &scope, presign)
        .map_err(|error| StoreError::new(ErrorKind::Refused, error.to_string()))?;
    Ok(call.url(&query)?.into())
}
