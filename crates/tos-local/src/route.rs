//! Which call a request is, and who answers it.

use std::sync::Arc;

use hyper::Method;
use hyper::body::Incoming;

use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::request::{Call, Target};
use crate::shared::Shared;
use crate::{
    bucket_calls, copy_calls, delete_calls, list_calls, multipart_calls, multipart_lists, object_calls, part_calls,
    version_calls,
};

/// The calls that this server knows, by the names of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    ListBuckets,
    CreateBucket,
    HeadBucket,
    DeleteBucket,
    GetBucketLocation,
    GetBucketVersioning,
    PutBucketVersioning,
    ListObjects,
    ListObjectsV2,
    ListObjectVersions,
    ListMultipartUploads,
    DeleteMultiObjects,
    HeadObject,
    GetObject,
    PutObject,
    CopyObject,
    DeleteObject,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::CreateBucket => "CreateBucket",
            Self::HeadBucket => "HeadBucket",
            Self::DeleteBucket => "DeleteBucket",
            Self::GetBucketLocation => "GetBucketLocation",
            Self::GetBucketVersioning => "GetBucketVersioning",
            Self::PutBucketVersioning => "PutBucketVersioning",
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
        const UNKNOWN: [&str; 19] = [
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
        if let Some(unknown) = UNKNOWN.iter().find(|name| call.has(name)) {
            return Err(Refusal::not_implemented(&format!("{} with {unknown}", call.method)));
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

/// Answers an authenticated call.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    verb: Verb,
    body: &mut Option<Incoming>,
) -> Result<Answer, Refusal> {
    if call.headers.iter().any(|(name, _)| name.contains("server-side-encryption-customer")) {
        return Err(Refusal::not_implemented("encryption with the customer's own key"));
    }
    match verb {
        Verb::ListBuckets => bucket_calls::list(shared, call),
        Verb::CreateBucket => bucket_calls::create(shared, call).await,
        Verb::HeadBucket => bucket_calls::head(shared, call),
        Verb::DeleteBucket => bucket_calls::delete(shared, call).await,
        Verb::GetBucketLocation => bucket_calls::location(shared, call),
        Verb::GetBucketVersioning => version_calls::get_versioning(shared, call),
        Verb::PutBucketVersioning => version_calls::put_versioning(shared, call, body).await,
        Verb::ListObjects => list_calls::list_v1(shared, call),
        Verb::ListObjectsV2 => list_calls::list_v2(shared, call),
        Verb::ListObjectVersions => version_calls::list(shared, call),
        Verb::ListMultipartUploads => multipart_lists::uploads(shared, call),
        Verb::DeleteMultiObjects => delete_calls::delete_many(shared, call, body).await,
        Verb::HeadObject => object_calls::head(shared, call),
        Verb::GetObject => object_calls::get(shared, call),
        Verb::PutObject => object_calls::put(shared, call, body).await,
        Verb::CopyObject => copy_calls::copy(shared, call).await,
        Verb::DeleteObject => delete_calls::delete(shared, call).await,
        Verb::CreateMultipartUpload => multipart_calls::create(shared, call).await,
        Verb::UploadPart => part_calls::upload(shared, call, body).await,
        Verb::UploadPartCopy => part_calls::copy(shared, call).await,
        Verb::CompleteMultipartUpload => multipart_calls::complete(shared, call, body).await,
        Verb::AbortMultipartUpload => multipart_calls::abort(shared, call).await,
        Verb::ListParts => multipart_lists::parts(shared, call),
    }
}

/// Takes the body of a request: from here on the client has been told to send it.
pub(crate) fn take_body(body: &mut Option<Incoming>) -> Result<Incoming, Refusal> {
    body.take().ok_or_else(|| Refusal::new(500, "InternalError", "The body was taken already."))
}

/// Runs what blocks on the disk where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await?
}
