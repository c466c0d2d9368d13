//! GetObjectACL and PutObjectACL. They are kept and shown; nobody is refused anything because of them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bucket_calls::{OWNER, owner};
use crate::json_body::{BodyMd5, receive_bytes};
use crate::object_calls::{find, position, shown_version};
use crate::record::VersionFacts;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;

/// The attribute that holds a ready-made list; grants chosen one by one are in [`VersionFacts::acl`].
const CANNED: &str = "x-tos-acl";

const NAMES: [&str; 9] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
    "bucket-owner-entrusted",
    "default",
];

const GRANT_HEADERS: [(&str, &str); 4] = [
    ("x-tos-grant-full-control", "FULL_CONTROL"),
    ("x-tos-grant-read", "READ"),
    ("x-tos-grant-read-acp", "READ_ACP"),
    ("x-tos-grant-write-acp", "WRITE_ACP"),
];

const PERMISSIONS: [&str; 6] = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL", "READ_NON_LIST"];

/// What is set.
enum Setting {
    Canned(String),
    Grants { grants: Vec<Value>, entrusted: bool },
}

pub(crate) fn get(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let version = find(shared, call)?;
    let answer = Answer::json(&shown(&version.facts));
    Ok(answer.header_if("x-tos-version-id", shown_version(&bucket, &version)))
}

fn shown(facts: &VersionFacts) -> Value {
    if let Some(acl) = &facts.acl {
        return acl.clone();
    }
    let canned = facts.attributes.get(CANNED).map_or("default", String::as_str);
    let mut grants = vec![grant(account(OWNER), "FULL_CONTROL")];
    match canned {
        "public-read" => grants.push(grant(group("AllUsers"), "READ")),
        "public-read-write" => {
            grants.push(grant(group("AllUsers"), "READ"));
            grants.push(grant(group("AllUsers"), "WRITE"));
        }
        "authenticated-read" => grants.push(grant(group("AuthenticatedUsers"), "READ")),
        // There is one owner of everything here, so the bucket's owner gets nothing that the object's has not.
        _ => {}
    }
    acl(grants, canned == "bucket-owner-entrusted", canned == "default")
}

fn acl(grants: Vec<Value>, entrusted: bool, is_default: bool) -> Value {
    json!({"Owner": owner(), "Grants": grants, "BucketOwnerEntrusted": entrusted, "IsDefault": is_default})
}

fn account(id: &str) -> Value {
    json!({"Type": "CanonicalUser", "ID": id, "DisplayName": id})
}

fn group(canned: &str) -> Value {
    json!({"Type": "Group", "Canned": canned})
}

fn grant(grantee: Value, permission: &str) -> Value {
    json!({"Grantee": grantee, "Permission": permission})
}

pub(crate) async fn put(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let body = receive_bytes(shared, call, body, BodyMd5::Welcome).await?;
    let setting = wanted(call, &body)?;
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let choose = |versions: &[_]| position(&shared, versions, call.filled("versionId"));
        bucket.change_version(call.key(), choose, |facts| {
            facts.acl = None;
            facts.attributes.remove(CANNED);
            match setting {
                Setting::Canned(name) => drop(facts.attributes.insert(CANNED.to_owned(), name)),
                Setting::Grants { grants, entrusted } => facts.acl = Some(acl(grants, entrusted, false)),
            }
            Ok(())
        })?;
        Ok(Answer::ok())
    })
    .await
}

/// A name, grants in headers, or grants in a body; one of the three.
fn wanted(call: &Call, body: &[u8]) -> Result<Setting, Refusal> {
    let canned = call.header(CANNED);
    let has_grants = GRANT_HEADERS.iter().any(|(name, _)| call.header(name).is_some());
    match (canned, has_grants, body.is_empty()) {
        (Some(name), false, true) => check_canned(name).map(|()| Setting::Canned(name.to_owned())),
        (None, true, true) => Ok(Setting::Grants { grants: header_grants(call)?, entrusted: false }),
        (None, false, false) => body_setting(body),
        _ => Err(Refusal::invalid_argument("Give x-tos-acl, x-tos-grant-… or a body, and one of them.")),
    }
}

/// Checks the name of a ready-made list.
pub(crate) fn check_canned(name: &str) -> Result<(), Refusal> {
    if NAMES.contains(&name) { Ok(()) } else { Err(Refusal::invalid_argument("There is no such ACL.")) }
}

/// `id="1",canned="AllUsers"`, with quotes or without.
fn header_grants(call: &Call) -> Result<Vec<Value>, Refusal> {
    let mut grants = Vec::new();
    for (name, permission) in GRANT_HEADERS {
        let Some(text) = call.header(name) else { continue };
        for one in text.split(',') {
            let grantee = one.trim().split_once('=').and_then(|(kind, value)| {
                let value = value.trim().trim_matches('"');
                match kind.trim() {
                    _ if value.is_empty() => None,
                    "id" => Some(account(value)),
                    "canned" => Some(group(value)),
                    _ => None,
                }
            });
            let invalid = || Refusal::invalid_argument(format!("{name} is a list of id=\"…\" and canned=\"…\"."));
            grants.push(grant(grantee.ok_or_else(invalid)?, permission));
        }
    }
    Ok(grants)
}

fn body_setting(body: &[u8]) -> Result<Setting, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|error| Refusal::malformed_body(format!("{error}.")))?;
    if !body["Owner"].is_object() {
        return Err(Refusal::malformed_body("Owner is missing."));
    }
    if body["IsDefault"] == true {
        return Ok(Setting::Canned("default".to_owned()));
    }
    let none = Vec::new();
    let mut grants = Vec::new();
    for listed in body["Grants"].as_array().unwrap_or(&none) {
        let (grantee, permission) = (&listed["Grantee"], listed["Permission"].as_str().unwrap_or_default());
        let named = |name: &str| grantee[name].as_str().filter(|text| !text.is_empty());
        let grantee = match grantee["Type"].as_str() {
            Some("CanonicalUser") => named("ID").map(account),
            Some("Group") => named("Canned").map(group),
            _ => None,
        };
        let grantee = grantee.filter(|_| PERMISSIONS.contains(&permission));
        grants.push(grant(grantee.ok_or_else(|| Refusal::malformed_body("A grant is not complete."))?, permission));
    }
    Ok(Setting::Grants { grants, entrusted: body["BucketOwnerEntrusted"] == true })
}
