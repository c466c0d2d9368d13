//! Which call a request is.

use hyper::Method;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::request::{Call, Target};

/// The calls that this server knows, by the names of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// `GET /`.
    ListBuckets,
    /// `PUT /` of a bucket.
    CreateBucket,
    /// `HEAD /` of a bucket.
    HeadBucket,
    /// `DELETE /` of a bucket.
    DeleteBucket,
    /// `GET /?location`.
    GetBucketLocation,
    /// `GET /?versioning`.
    GetBucketVersioning,
    /// `PUT /?versioning`.
    PutBucketVersioning,
    /// `GET /?bucketInfo`.
    GetBucketInfo,
    /// `GET /?lifecycle`.
    GetBucketLifecycle,
    /// `PUT /?lifecycle`.
    PutBucketLifecycle,
    /// `DELETE /?lifecycle`.
    DeleteBucketLifecycle,
    /// `GET /?rename`.
    GetBucketRename,
    /// `PUT /?rename`.
    PutBucketRename,
    /// `DELETE /?rename`.
    DeleteBucketRename,
    /// `GET /` of a bucket.
    ListObjects,
    /// `GET /?list-type=2`.
    ListObjectsV2,
    /// `GET /?versions`.
    ListObjectVersions,
    /// `GET /?uploads`.
    ListMultipartUploads,
    /// `POST /?delete`.
    DeleteMultiObjects,
    /// `HEAD /key`.
    HeadObject,
    /// `GET /key`.
    GetObject,
    /// `PUT /key`.
    PutObject,
    /// `PUT /key` with `x-tos-copy-source`.
    CopyObject,
    /// `DELETE /key`.
    DeleteObject,
    /// `POST /key?metadata`.
    SetObjectMeta,
    /// `POST /key?restore`.
    RestoreObject,
    /// `PUT /key?rename&name=NEW`.
    RenameObject,
    /// `GET /key?acl`.
    GetObjectACL,
    /// `PUT /key?acl`.
    PutObjectACL,
    /// `GET /key?tagging`.
    GetObjectTagging,
    /// `PUT /key?tagging`.
    PutObjectTagging,
    /// `DELETE /key?tagging`.
    DeleteObjectTagging,
    /// `POST /key?uploads`.
    CreateMultipartUpload,
    /// `PUT /key?partNumber=N&uploadId=U`.
    UploadPart,
    /// `PUT /key?partNumber=N&uploadId=U` with `x-tos-copy-source`.
    UploadPartCopy,
    /// `POST /key?uploadId=U`.
    CompleteMultipartUpload,
    /// `DELETE /key?uploadId=U`.
    AbortMultipartUpload,
    /// `GET /key?uploadId=U`.
    ListParts,
}

impl Verb {
    /// The name in the protocol, which is also the one in a [`crate::FaultPlan`].
    pub fn name(self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::CreateBucket => "CreateBucket",
            Self::HeadBucket => "HeadBucket",
            Self::DeleteBucket => "DeleteBucket",
            Self::GetBucketLocation => "GetBucketLocation",
            Self::GetBucketVersioning => "GetBucketVersioning",
            Self::PutBucketVersioning => "PutBucketVersioning",
            Self::GetBucketInfo => "GetBucketInfo",
            Self::GetBucketLifecycle => "GetBucketLifecycle",
            Self::PutBucketLifecycle => "PutBucketLifecycle",
            Self::DeleteBucketLifecycle => "DeleteBucketLifecycle",
            Self::GetBucketRename => "GetBucketRename",
            Self::PutBucketRename => "PutBucketRename",
            Self::DeleteBucketRename => "DeleteBucketRename",
            Self::ListObjects => "ListObjects",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::ListObjectVersions => "ListObjectVersions",
            Self::ListMultipartUploads => "ListMultipartUploads",
            Self::DeleteMultiObjects => "DeleteMultiObjects",
            Self::HeadObject => "HeadObject",
            Self::GetObject => "GetObject",
            Self::PutObject => "PutObject",
            Self::CopyObject => "CopyObject",
            Self::DeleteObject => "DeleteObject",
            Self::SetObjectMeta => "SetObjectMeta",
            Self::RestoreObject => "RestoreObject",
            Self::RenameObject => "RenameObject",
            Self::GetObjectACL => "GetObjectACL",
            Self::PutObjectACL => "PutObjectACL",
            Self::GetObjectTagging => "GetObjectTagging",
            Self::PutObjectTagging => "PutObjectTagging",
            Self::DeleteObjectTagging => "DeleteObjectTagging",
            Self::CreateMultipartUpload => "CreateMultipartUpload",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::ListParts => "ListParts",
        }
    }

    /// Names the call that a request is.
    pub(crate) fn of(call: &Call) -> Result<Self, Refusal> {
        if let Some(verb) = Self::of_sub_resource(call)? {
            return Ok(verb);
        }
        let verb = match &call.target {
            Target::Service => match call.method {
                Method::GET => Some(Self::ListBuckets),
                _ => None,
            },
            Target::Bucket(_) => Self::of_bucket(call),
            Target::Object { .. } => Self::of_object(call),
        };
        verb.ok_or_else(|| Refusal::new(405, "MethodNotAllowed", format!("{} is not a call here.", call.method)))
    }

    /// The call about something that belongs to a bucket or an object, named by a parameter. One that this server does
    /// not know is refused, so that it is not taken for a call about the whole.
    fn of_sub_resource(call: &Call) -> Result<Option<Self>, Refusal> {
        const NAMES: [&str; 19] = [
            "acl",
            "append",
            "bucketInfo",
            "cors",
            "fetch",
            "fetchTask",
            "lifecycle",
            "metadata",
            "modify",
            "objectExpires",
            "policy",
            "rename",
            "restore",
            "stat",
            "symlink",
            "tagging",
            "time",
            "trash",
            "website",
        ];
        let Some(name) = NAMES.into_iter().find(|name| call.has(name)) else { return Ok(None) };
        let is_object = matches!(call.target, Target::Object { .. });
        let verb = match (is_object, call.method.as_str(), name) {
            (false, "GET", "bucketInfo") => Self::GetBucketInfo,
            (false, "GET", "lifecycle") => Self::GetBucketLifecycle,
            (false, "PUT", "lifecycle") => Self::PutBucketLifecycle,
            (false, "DELETE", "lifecycle") => Self::DeleteBucketLifecycle,
            (false, "GET", "rename") => Self::GetBucketRename,
            (false, "PUT", "rename") => Self::PutBucketRename,
            (false, "DELETE", "rename") => Self::DeleteBucketRename,
            (true, "POST", "metadata") => Self::SetObjectMeta,
            (true, "POST", "restore") => Self::RestoreObject,
            (true, "PUT", "rename") => Self::RenameObject,
            (true, "GET", "acl") => Self::GetObjectACL,
            (true, "PUT", "acl") => Self::PutObjectACL,
            (true, "GET", "tagging") => Self::GetObjectTagging,
            (true, "PUT", "tagging") => Self::PutObjectTagging,
            (true, "DELETE", "tagging") => Self::DeleteObjectTagging,
            _ => return Err(Refusal::not_implemented(&format!("{} with {name}", call.method))),
        };
        Ok(Some(verb))
    }

    fn of_bucket(call: &Call) -> Option<Self> {
        match call.method {
            Method::PUT if call.has("versioning") => Some(Self::PutBucketVersioning),
            Method::PUT => Some(Self::CreateBucket),
            Method::HEAD => Some(Self::HeadBucket),
            Method::DELETE => Some(Self::DeleteBucket),
            Method::POST if call.has("delete") => Some(Self::DeleteMultiObjects),
            Method::GET if call.has("location") => Some(Self::GetBucketLocation),
            Method::GET if call.has("versioning") => Some(Self::GetBucketVersioning),
            Method::GET if call.has("versions") => Some(Self::ListObjectVersions),
            Method::GET if call.has("uploads") => Some(Self::ListMultipartUploads),
            Method::GET if call.parameter("list-type") == Some("2") => Some(Self::ListObjectsV2),
            Method::GET => Some(Self::ListObjects),
            _ => None,
        }
    }

    fn of_object(call: &Call) -> Option<Self> {
        let copies = call.header("x-tos-copy-source").is_some();
        match (call.method.as_str(), call.has("uploadId")) {
            ("PUT", true) if copies => Some(Self::UploadPartCopy),
            ("PUT", true) => Some(Self::UploadPart),
            ("PUT", false) if copies => Some(Self::CopyObject),
            ("PUT", false) => Some(Self::PutObject),
            ("POST", false) if call.has("uploads") => Some(Self::CreateMultipartUpload),
            ("POST", true) => Some(Self::CompleteMultipartUpload),
            ("GET", true) => Some(Self::ListParts),
            ("GET", false) => Some(Self::GetObject),
            ("HEAD", _) => Some(Self::HeadObject),
            ("DELETE", true) => Some(Self::AbortMultipartUpload),
            ("DELETE", false) => Some(Self::DeleteObject),
            _ => None,
        }
    }
}
