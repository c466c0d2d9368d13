//! Who answers a call.

use std::sync::Arc;

use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::shared::Shared;
use crate::verb::Verb;
use crate::{
    acl_calls, bucket_calls, copy_calls, delete_calls, lifecycle_calls, list_calls, meta_calls, multipart_calls,
    multipart_lists, object_calls, part_calls, rename_calls, restore_calls, tagging_calls, version_calls,
};

/// Answers an authenticated call.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    verb: Verb,
    body: &mut Option<RequestBody>,
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
        Verb::GetBucketInfo => bucket_calls::facts(shared, call),
        Verb::GetBucketLifecycle => lifecycle_calls::get(shared, call),
        Verb::PutBucketLifecycle => lifecycle_calls::put(shared, call, body).await,
        Verb::DeleteBucketLifecycle => lifecycle_calls::delete(shared, call).await,
        Verb::GetBucketRename => rename_calls::get(shared, call),
        Verb::PutBucketRename => rename_calls::put(shared, call, body).await,
        Verb::DeleteBucketRename => rename_calls::delete(shared, call).await,
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
        Verb::SetObjectMeta => meta_calls::set(shared, call).await,
        Verb::RestoreObject => restore_calls::restore(shared, call, body).await,
        Verb::RenameObject => rename_calls::rename(shared, call).await,
        Verb::GetObjectACL => acl_calls::get(shared, call),
        Verb::PutObjectACL => acl_calls::put(shared, call, body).await,
        Verb::GetObjectTagging => tagging_calls::get(shared, call),
        Verb::PutObjectTagging => tagging_calls::put(shared, call, body).await,
        Verb::DeleteObjectTagging => tagging_calls::delete(shared, call).await,
        Verb::CreateMultipartUpload => multipart_calls::create(shared, call).await,
        Verb::UploadPart => part_calls::upload(shared, call, body).await,
        Verb::UploadPartCopy => part_calls::copy(shared, call).await,
        Verb::CompleteMultipartUpload => multipart_calls::complete(shared, call, body).await,
        Verb::AbortMultipartUpload => multipart_calls::abort(shared, call).await,
        Verb::ListParts => multipart_lists::parts(shared, call),
    }
}

/// Takes the body of a request: from here on the client has been told to send it.
pub(crate) fn take_body(body: &mut Option<RequestBody>) -> Result<RequestBody, Refusal> {
    body.take().ok_or_else(|| Refusal::new(500, "InternalError", "The body was taken already."))
}

/// Runs what blocks on the disk where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await?
}
