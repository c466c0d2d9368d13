//! The names of TOS's verbs, as its documentation and its support use them.
//!
//! Told by what is on the wire (method, whose it is, parameters and the header of a copy) and not by the caller, so
//! that no verb can be sent under another one's name. Names: protocol.md, sections 3 to 11.

use reqwest::Method;

use crate::error::Subject;
use crate::request::Call;

/// The verb of a call; none for one that TOS does not have.
pub(crate) fn of(call: &Call) -> Option<&'static str> {
    let has = |name: &str| call.query.iter().any(|(known, _)| known == name);
    match call.subject {
        Subject::Service => (call.method == Method::GET).then_some("ListBuckets"),
        Subject::Bucket(_) => of_bucket(&call.method, has),
        Subject::Object(_) => {
            let is_copy = call.headers.iter().any(|(name, _)| name == "x-tos-copy-source");
            of_object(&call.method, has, is_copy)
        }
    }
}

fn of_bucket(method: &Method, has: impl Fn(&str) -> bool) -> Option<&'static str> {
    const SETTINGS: [(&str, [&str; 3]); 3] = [
        ("lifecycle", ["GetBucketLifecycle", "PutBucketLifecycle", "DeleteBucketLifecycle"]),
        ("rename", ["GetBucketRename", "PutBucketRename", "DeleteBucketRename"]),
        ("versioning", ["GetBucketVersioning", "PutBucketVersioning", "PutBucketVersioning"]),
    ];
    let [get, put, delete] = SETTINGS
        .into_iter()
        .find(|(name, _)| has(name))
        .map_or(["ListObjectsV2", "CreateBucket", "DeleteBucket"], |(_, verbs)| verbs);
    match *method {
        Method::GET if has("uploads") => Some("ListMultipartUploads"),
        Method::GET if has("versions") => Some("ListObjectVersions"),
        Method::GET if has("bucketInfo") => Some("GetBucketInfo"),
        Method::GET if has("location") => Some("GetBucketLocation"),
        Method::GET => Some(get),
        Method::PUT => Some(put),
        Method::DELETE => Some(delete),
        Method::HEAD => Some("HeadBucket"),
        Method::POST if has("delete") => Some("DeleteMultiObjects"),
        _ => None,
    }
}

fn of_object(method: &Method, has: impl Fn(&str) -> bool, is_copy: bool) -> Option<&'static str> {
    match *method {
        Method::GET if has("uploadId") => Some("ListParts"),
        Method::GET if has("acl") => Some("GetObjectAcl"),
        Method::GET if has("tagging") => Some("GetObjectTagging"),
        Method::GET => Some("GetObject"),
        Method::HEAD => Some("HeadObject"),
        Method::PUT if has("partNumber") && is_copy => Some("UploadPartCopy"),
        Method::PUT if has("partNumber") => Some("UploadPart"),
        Method::PUT if has("acl") => Some("PutObjectAcl"),
        Method::PUT if has("tagging") => Some("PutObjectTagging"),
        Method::PUT if has("rename") => Some("RenameObject"),
        Method::PUT if is_copy => Some("CopyObject"),
        Method::PUT => Some("PutObject"),
        Method::POST if has("uploads") => Some("CreateMultipartUpload"),
        Method::POST if has("uploadId") => Some("CompleteMultipartUpload"),
        Method::POST if has("metadata") => Some("SetObjectMeta"),
        Method::POST if has("restore") => Some("RestoreObject"),
        Method::DELETE if has("uploadId") => Some("AbortMultipartUpload"),
        Method::DELETE if has("tagging") => Some("DeleteObjectTagging"),
        Method::DELETE => Some("DeleteObject"),
        _ => None,
    }
}

/// The right that a verb of transfers needs, by the name that a policy uses.
///
/// `tos:PutObject` is confirmed; the other names are those of protocol.md, section 6, which wait for an account that
/// can confirm them.
pub fn permission_of(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "PutObject"
        | "CopyObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload" => "tos:PutObject",
        "GetObject" | "HeadObject" => "tos:GetObject",
        "AbortMultipartUpload" => "tos:AbortMultipartUpload",
        "ListParts" => "tos:ListMultipartUploadParts",
        "ListObjectsV2" | "HeadBucket" => "tos:ListBucket",
        "ListBuckets" => "tos:ListBuckets",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(params: &'a [&'a str]) -> impl Fn(&str) -> bool + 'a {
        |name| params.contains(&name)
    }

    #[test]
    fn the_verbs_of_a_transfer_have_their_names() {
        let table: [(Method, &[&str], bool, &str); 9] = [
            (Method::HEAD, &["versionId"], false, "HeadObject"),
            (Method::GET, &["versionId"], false, "GetObject"),
            (Method::PUT, &[], false, "PutObject"),
            (Method::PUT, &[], true, "CopyObject"),
            (Method::POST, &["uploads"], false, "CreateMultipartUpload"),
            (Method::PUT, &["partNumber", "uploadId"], false, "UploadPart"),
            (Method::PUT, &["partNumber", "uploadId"], true, "UploadPartCopy"),
            (Method::GET, &["uploadId", "max-parts"], false, "ListParts"),
            (Method::POST, &["uploadId"], false, "CompleteMultipartUpload"),
        ];
        for (method, params, is_copy, name) in table {
            assert_eq!(of_object(&method, with(params), is_copy), Some(name));
            assert!(permission_of(name).is_some(), "{name}");
        }
        assert_eq!(of_object(&Method::DELETE, with(&["uploadId"]), false), Some("AbortMultipartUpload"));
    }

    #[test]
    fn settings_of_a_bucket_are_not_taken_for_the_bucket() {
        assert_eq!(of_bucket(&Method::DELETE, with(&["lifecycle"])), Some("DeleteBucketLifecycle"));
        assert_eq!(of_bucket(&Method::DELETE, with(&[])), Some("DeleteBucket"));
        assert_eq!(of_bucket(&Method::GET, with(&["uploads", "prefix"])), Some("ListMultipartUploads"));
        assert_eq!(of_bucket(&Method::GET, with(&["list-type"])), Some("ListObjectsV2"));
    }
}
