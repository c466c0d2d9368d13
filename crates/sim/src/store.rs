//! The store behind a network: each request takes its time both ways, and one that is not answered is given up.
//!
//! The store itself, and the faults that have to do with what it does, are [`MemoryStore`]'s. Since both ways take
//! time, a caller that is dropped may be dropped before the effect, or after it and before the reply.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use store::{
    BucketDetails, BucketSummary, Capabilities, CompletedObject, CopyObjectOptions, CopyPartRequest, DeleteFailure,
    ETag, ErrorKind, GetOptions, GotObject, ListPage, ListRequest, MemoryStore, ObjectDetails, ObjectRef,
    ObjectSettings, ObjectStore, PartList, PartNumber, PartReceipt, PresignMethod, PutCondition, PutReceipt,
    StoreError, UploadBody, UploadId, UploadList, UploadListRequest, UploadRef,
};
use tokio::time::{sleep, timeout};

use crate::oracle::Oracle;
use crate::weather::Dice;

/// A request without a body that has no answer by then is given up, as the client does.
const PATIENCE: Duration = Duration::from_secs(60);
/// So is one with a body, which a speed limit may hold up for long.
const PATIENCE_WITH_BODY: Duration = Duration::from_secs(3600);
/// Nothing of a body for this long ends it.
const SILENCE: Duration = Duration::from_secs(30);

type Result<T> = std::result::Result<T, StoreError>;

/// The store as a client sees it.
pub(crate) struct SimStore {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) dice: Dice,
    pub(crate) oracle: Oracle,
}

impl fmt::Debug for SimStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimStore")
    }
}

fn silent() -> StoreError {
    StoreError::new(ErrorKind::Network, "nothing came for too long")
}

impl SimStore {
    async fn call<T>(&self, patience: Duration, request: impl Future<Output = Result<T>>) -> Result<T> {
        sleep(self.dice.latency()).await;
        let answer = timeout(patience, request).await.unwrap_or_else(|_| Err(silent()));
        sleep(self.dice.latency()).await;
        answer
    }
}

#[async_trait]
impl ObjectStore for SimStore {
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    async fn list_buckets(&self) -> Result<Vec<BucketSummary>> {
        self.call(PATIENCE, self.inner.list_buckets()).await
    }

    async fn create_bucket(&self, bucket: &str) -> Result<()> {
        self.call(PATIENCE, self.inner.create_bucket(bucket)).await
    }

    async fn head_bucket(&self, bucket: &str) -> Result<BucketDetails> {
        self.call(PATIENCE, self.inner.head_bucket(bucket)).await
    }

    async fn bucket_region(&self, bucket: &str) -> Result<String> {
        self.call(PATIENCE, self.inner.bucket_region(bucket)).await
    }

    async fn list_objects(&self, bucket: &str, request: &ListRequest) -> Result<ListPage> {
        self.call(PATIENCE, self.inner.list_objects(bucket, request)).await
    }

    async fn head_object(&self, object: &ObjectRef) -> Result<ObjectDetails> {
        self.call(PATIENCE, self.inner.head_object(object)).await
    }

    async fn get_object(&self, object: &ObjectRef, options: &GetOptions) -> Result<GotObject> {
        let got = self.call(PATIENCE, self.inner.get_object(object, options)).await?;
        let (body, dice) = (got.body, self.dice.clone());
        let paced = futures_util::stream::unfold((body, dice, false), |(mut body, dice, ended)| async move {
            if ended {
                return None;
            }
            sleep(dice.latency()).await;
            match timeout(SILENCE, body.next()).await {
                Ok(piece) => piece.map(|piece| (piece, (body, dice, false))),
                Err(_) => Some((Err(silent()), (body, dice, true))),
            }
        });
        Ok(GotObject { body: Box::pin(paced), ..got })
    }

    async fn put_object(
        &self,
        object: &ObjectRef,
        settings: &ObjectSettings,
        condition: PutCondition,
        body: UploadBody,
    ) -> Result<PutReceipt> {
        self.call(PATIENCE_WITH_BODY, self.inner.put_object(object, settings, condition, body)).await
    }

    async fn create_upload(&self, object: &ObjectRef, settings: &ObjectSettings) -> Result<UploadId> {
        self.call(PATIENCE, self.inner.create_upload(object, settings)).await
    }

    async fn upload_part(&self, upload: &UploadRef, number: PartNumber, body: UploadBody) -> Result<PartReceipt> {
        let _flight = self.oracle.part_leaves(upload, number);
        self.call(PATIENCE_WITH_BODY, self.inner.upload_part(upload, number, body)).await
    }

    async fn upload_part_copy(
        &self,
        upload: &UploadRef,
        number: PartNumber,
        request: &CopyPartRequest,
    ) -> Result<PartReceipt> {
        let _flight = self.oracle.part_leaves(upload, number);
        self.call(PATIENCE, self.inner.upload_part_copy(upload, number, request)).await
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef,
        parts: &[(PartNumber, ETag)],
        condition: PutCondition,
    ) -> Result<CompletedObject> {
        self.oracle.completes(upload, parts);
        self.call(PATIENCE, self.inner.complete_upload(upload, parts, condition)).await
    }

    async fn abort_upload(&self, upload: &UploadRef) -> Result<()> {
        self.oracle.aborts(upload);
        self.call(PATIENCE, self.inner.abort_upload(upload)).await
    }

    async fn list_parts(&self, upload: &UploadRef, after: Option<PartNumber>) -> Result<PartList> {
        self.call(PATIENCE, self.inner.list_parts(upload, after)).await
    }

    async fn list_uploads(&self, bucket: &str, request: &UploadListRequest) -> Result<UploadList> {
        self.call(PATIENCE, self.inner.list_uploads(bucket, request)).await
    }

    async fn copy_object(&self, target: &ObjectRef, options: &CopyObjectOptions) -> Result<PutReceipt> {
        self.call(PATIENCE, self.inner.copy_object(target, options)).await
    }

    async fn delete_object(&self, object: &ObjectRef) -> Result<()> {
        self.call(PATIENCE, self.inner.delete_object(object)).await
    }

    async fn delete_objects(&self, bucket: &str, objects: &[ObjectRef]) -> Result<Vec<DeleteFailure>> {
        self.call(PATIENCE, self.inner.delete_objects(bucket, objects)).await
    }

    fn presign(&self, method: PresignMethod, object: &ObjectRef, expires: Duration) -> Result<String> {
        self.inner.presign(method, object, expires)
    }
}
