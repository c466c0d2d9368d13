//! Conditions of a request on the state of an object, for reading it, copying from it and replacing it.

use hyper::StatusCode;

use crate::record::{Version, quoted};
use crate::refusal::Refusal;
use crate::request::Call;
use crate::shared::Shared;
use crate::times::{parse_rfc_1123, rfc_1123};

/// `If-Match` and its three relatives on GET and HEAD: 412, or 304 for the "if changed" pair.
pub(crate) fn check_read(call: &Call, version: &Version) -> Result<(), Refusal> {
    check(call, "", version).map_err(|failed| match failed {
        Failed::NotAsExpected => Refusal::precondition_failed("The object is not the one that was asked for."),
        Failed::NotChanged => {
            Refusal::new(StatusCode::NOT_MODIFIED.as_u16(), "NotModified", "The object is unchanged.")
                .with_header("etag", &quoted(&version.facts.etag))
                .with_header("last-modified", &rfc_1123(version.facts.modified_ms))
        }
    })
}

/// The `x-tos-copy-source-if-…` headers: always 412.
pub(crate) fn check_copy_source(call: &Call, version: &Version) -> Result<(), Refusal> {
    check(call, "x-tos-copy-source-", version)
        .map_err(|_| Refusal::precondition_failed("The source of the copy is not the one that was asked for."))
}

/// `x-tos-forbid-overwrite` and `x-tos-if-match` against what a write would replace.
pub(crate) fn check_replace(shared: &Shared, call: &Call, existing: Option<&Version>) -> Result<(), Refusal> {
    let behaviour = &shared.options.behaviour;
    if existing.is_some() && forbids_overwrite(call, behaviour.forbid_overwrite_exact_case) {
        let code = if behaviour.forbid_overwrite_status == 412 { "PreconditionFailed" } else { "DuplicateObject" };
        let message = "The object exists already and must not be overwritten.";
        return Err(Refusal::new(behaviour.forbid_overwrite_status, code, message));
    }
    match call.header("x-tos-if-match") {
        Some(wanted) if !existing.is_some_and(|version| names(wanted, &version.facts.etag)) => {
            Err(Refusal::precondition_failed("The object to be replaced is not the one that was asked for."))
        }
        _ => Ok(()),
    }
}

fn forbids_overwrite(call: &Call, exact_case: bool) -> bool {
    let value = call.header("x-tos-forbid-overwrite").unwrap_or_default();
    value == "true" || (!exact_case && value.eq_ignore_ascii_case("true"))
}

#[derive(Debug)]
enum Failed {
    NotAsExpected,
    NotChanged,
}

fn check(call: &Call, prefix: &str, version: &Version) -> Result<(), Failed> {
    let condition = |name: &str| call.header(&format!("{prefix}{name}"));
    let date = |name: &str| condition(name).and_then(parse_rfc_1123);
    let modified = version.facts.modified_ms / 1000;
    match condition("if-match") {
        Some(wanted) if !names(wanted, &version.facts.etag) => return Err(Failed::NotAsExpected),
        Some(_) => {}
        None if date("if-unmodified-since").is_some_and(|limit| modified > limit) => return Err(Failed::NotAsExpected),
        None => {}
    }
    match condition("if-none-match") {
        Some(unwanted) if names(unwanted, &version.facts.etag) => Err(Failed::NotChanged),
        Some(_) => Ok(()),
        None if date("if-modified-since").is_some_and(|limit| modified <= limit) => Err(Failed::NotChanged),
        None => Ok(()),
    }
}

/// Whether a list of ETags, quoted or not, or `*`, names this one.
fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.trim_matches('"') == etag)
}
