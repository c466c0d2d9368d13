//! The fault plan over HTTP: `PUT`, `GET` and `DELETE` of a path that TOS does not have.
//!
//! It needs no signature, as whoever can reach the loopback interface and was given the switch may break what is only
//! practice. It is answered at an address or `localhost` alone, where its first segment cannot be a bucket; at any
//! other host the path is the key of an object. That also keeps out a web page that has made a name of its own point
//! to 127.0.0.1.

use http_body_util::BodyExt;
use hyper::Method;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::http::request::Parts;
use serde_json::json;

use super::plan::{FaultPlan, FaultPlanError};
use crate::answer::Answer;
use crate::request::{host_without_port, is_path_style};
use crate::shared::Shared;

/// Where the control call is.
const PATH: &str = "/__tern/faults";
/// A thousand rules of a kilobyte each.
const PLAN_BYTES_MAX: usize = 1 << 20;

/// Whether a request is the control call of this server.
pub(crate) fn is_control(shared: &Shared, parts: &Parts) -> bool {
    let host = || parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    shared.options.faults && parts.uri.path() == PATH && is_path_style(&host_without_port(host()).to_ascii_lowercase())
}

/// Answers the control call.
pub(crate) async fn answer(shared: &Shared, method: &Method, body: Incoming) -> Answer {
    match *method {
        Method::GET => report(shared),
        Method::PUT => match read_plan(body).await.and_then(|plan| shared.faults.set(plan)) {
            Ok(()) => report(shared),
            Err(error) => {
                Answer::json(&json!({"field": error.field, "message": error.message})).status(StatusCode::BAD_REQUEST)
            }
        },
        Method::DELETE => {
            shared.faults.clear();
            Answer::no_content()
        }
        _ => {
            let message = "A fault plan is set with PUT, read with GET and cleared with DELETE.";
            Answer::json(&json!({"field": "", "message": message}))
                .status(StatusCode::METHOD_NOT_ALLOWED)
                .header("allow", "GET, PUT, DELETE")
        }
    }
}

fn report(shared: &Shared) -> Answer {
    Answer::json(&json!(shared.faults.report()))
}

async fn read_plan(mut body: Incoming) -> Result<FaultPlan, FaultPlanError> {
    let whole = |message: &str| FaultPlanError { field: String::new(), message: message.to_owned() };
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| whole("The plan ended before its announced length."))?;
        if let Ok(chunk) = frame.into_data() {
            if text.len() + chunk.len() > PLAN_BYTES_MAX {
                return Err(whole("The plan is longer than 1 MiB."));
            }
            text.extend_from_slice(&chunk);
        }
    }
    FaultPlan::from_json(&text)
}
