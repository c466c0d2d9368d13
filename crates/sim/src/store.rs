//! The store behind a network: each request takes its time both ways, and one that is not answered is given up.
//!
//! The store itself, and the faults that have to do with what it does, are [`MemoryStore`]'s. Since both ways take
//! time, a caller may be dropped before the effect, or after it and before the reply; a change that is on its way then may
//! happen all the same, even in the next run.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use store::{
    BucketDetails, BucketSummary, Capabilities, CompletedObject, CopyObjectOptions, CopyPartRequest, DeleteFailure,
    ETag, ErrorKind, GetOptions, GotObject, ListPage, ListRequest, MemoryStore, ObjectDetails, ObjectRef,
    ObjectSettings, ObjectStore, PartList, PartNumber, PartReceipt, PresignMethod, PutCondition, PutReceipt,
    StoreError, UploadBody, UploadId, UploadList, UploadListRequest, UploadRef,
};
use tokio::time::{sleep, timeout};

use crate::clock::Time;
use crate::oracle::{Oracle, Way};
use crate::transit::{Request, Transit};
use crate::weather::Dice;

/// A request that has no answer by then is given up, as the client does.
const PATIENCE: Duration = Duration::from_secs(60);
/// Nothing of a body for this long ends it.
const SILENCE: Duration = Duration::from_secs(30);

type Result<T> = std::result::Result<T, StoreError>;

/// The store as a client sees it.
pub(crate) struct SimStore {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) dice: Dice,
    pub(crate) oracle: Oracle,
    pub(crate) transit: Transit,
    pub(crate) time: Time,
    /// Parts of each transfer that may move at a time.
    pub(crate) parallel: Vec<u16>,
}

impl fmt::Debug for SimStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimStore")
    }
}

fn unreadable(cause: std::io::Error) -> StoreError {
    StoreError::new(ErrorKind::Body, "the bytes to send could not be read").with_source(cause)
}

fn silent() -> StoreError {
    StoreError::new(ErrorKind::Network, "nothing came for too long")
}

impl SimStore {
    /// Has every piece of an object told to the judge: its name begins with the number of its transfer.
    fn judge(&self, way: Way, object: &ObjectRef) -> impl Fn(&Bytes) + Send + Sync + use<> {
        let (oracle, time) = (self.oracle.clone(), self.time.clone());
        let digits: String = object.key.chars().take_while(char::is_ascii_digit).collect();
        let at: Option<usize> = digits.parse().ok();
        let workers = at.and_then(|at| self.parallel.get(at)).map_or(1, |parallel| u64::from(*parallel));
        move |piece| oracle.passes(&time, way, at, piece.len() as u64, workers)
    }

    fn judged(&self, object: &ObjectRef, body: UploadBody) -> UploadBody {
        let judge = self.judge(Way::Up, object);
        UploadBody::new(body.len_bytes(), body.into_stream().inspect_ok(move |piece| judge(piece)))
    }

    async fn call<T>(&self, request: impl Future<Output = Result<T>>) -> Result<T> {
        sleep(self.dice.latency()).await;
        let answer = timeout(PATIENCE, request).await.unwrap_or_else(|_| Err(silent()));
        sleep(self.dice.latency()).await;
        answer
    }

    /// A call that changes something: it may arrive although its sender has gone.
    async fn change<T>(&self, what: Request, request: impl Future<Output = Result<T>>) -> Result<T> {
        let journey = self.transit.leaves(what, &self.dice);
        sleep(self.dice.latency()).await;
        journey.ends();
        let answer = timeout(PATIENCE, request).await.unwrap_or_else(|_| Err(silent()));
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
        self.call(self.inner.list_buckets()).await
    }

    async fn create_bucket(&self, bucket: &str) -> Result<()> {
        self.call(self.inner.create_bucket(bucket)).await
    }

    async fn head_bucket(&self, bucket: &str) -> Result<BucketDetails> {
        self.call(self.inner.head_bucket(bucket)).await
    }

    async fn bucket_region(&self, bucket: &str) -> Result<String> {
        self.call(self.inner.bucket_region(bucket)).await
    }

    async fn list_objects(&self, bucket: &str, request: &ListRequest) -> Result<ListPage> {
        self.call(self.inner.list_objects(bucket, request)).await
    }

    async fn head_object(&self, object: &ObjectRef) -> Result<ObjectDetails> {
        self.call(self.inner.head_object(object)).await
    }

    async fn get_object(&self, object: &ObjectRef, options: &GetOptions) -> Result<GotObject> {
        let got = self.call(self.inner.get_object(object, options)).await?;
        let judge = self.judge(Way::Down, object);
        let (body, dice) = (got.body.inspect_ok(move |piece| judge(piece)), self.dice.clone());
        // A piece every few seconds: never an error by itself.
        let between = if dice.trickles() { Duration::from_secs(29) } else { Duration::ZERO };
        let paced = futures_util::stream::unfold((body, dice, false), move |(mut body, dice, ended)| async move {
            if ended {
                return None;
            }
            sleep(between + dice.latency()).await;
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
        let bytes = self.judged(object, body).collect().await.map_err(unreadable)?;
        let what = Request::Put(object.clone(), settings.clone(), condition, bytes.clone());
        let body = UploadBody::from_bytes(bytes);
        self.change(what, self.inner.put_object(object, settings, condition, body)).await
    }

    async fn create_upload(&self, object: &ObjectRef, settings: &ObjectSettings) -> Result<UploadId> {
        let what = Request::Create(object.clone(), settings.clone());
        self.change(what, self.inner.create_upload(object, settings)).await
    }

    async fn upload_part(&self, upload: &UploadRef, number: PartNumber, body: UploadBody) -> Result<PartReceipt> {
        let _flight = self.oracle.part_leaves(upload, number);
        let bytes = self.judged(&upload.object, body).collect().await.map_err(unreadable)?;
        let what = Request::Part(upload.clone(), number, bytes.clone());
        let body = UploadBody::from_bytes(bytes);
        self.change(what, self.inner.upload_part(upload, number, body)).await
    }

    async fn upload_part_copy(
        &self,
        upload: &UploadRef,
        number: PartNumber,
        request: &CopyPartRequest,
    ) -> Result<PartReceipt> {
        let _flight = self.oracle.part_leaves(upload, number);
        let what = Request::PartCopy(upload.clone(), number, request.clone());
        self.change(what, self.inner.upload_part_copy(upload, number, request)).await
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef,
        parts: &[(PartNumber, ETag)],
        condition: PutCondition,
    ) -> Result<CompletedObject> {
        self.oracle.completes(upload, parts);
        let what = Request::Complete(upload.clone(), parts.to_vec(), condition);
        let request = async {
            let answer = self.inner.complete_upload(upload, parts, condition).await;
            self.oracle.completed(upload);
            answer
        };
        self.change(what, request).await
    }

    async fn abort_upload(&self, upload: &UploadRef) -> Result<()> {
        self.oracle.aborts(upload);
        self.change(Request::Abort(upload.clone()), self.inner.abort_upload(upload)).await
    }

    async fn list_parts(&self, upload: &UploadRef, after: Option<PartNumber>) -> Result<PartList> {
        self.call(self.inner.list_parts(upload, after)).await
    }

    async fn list_uploads(&self, bucket: &str, request: &UploadListRequest) -> Result<UploadList> {
        self.call(self.inner.list_uploads(bucket, request)).await
    }

    async fn copy_object(&self, target: &ObjectRef, options: &CopyObjectOptions) -> Result<PutReceipt> {
        self.change(Request::Copy(target.clone(), options.clone()), self.inner.copy_object(target, options)).await
    }

    async fn delete_object(&self, object: &ObjectRef) -> Result<()> {
        self.call(self.inner.delete_object(object)).await
    }

    async fn delete_objects(&self, bucket: &str, objects: &[ObjectRef]) -> Result<Vec<DeleteFailure>> {
        self.call(self.inner.delete_objects(bucket, objects)).await
    }

    fn presign(&self, method: PresignMethod, object: &ObjectRef, expires: Duration) -> Result<String> {
        self.inner.presign(method, object, expires)
    }
}
