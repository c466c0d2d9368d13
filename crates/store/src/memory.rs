//! A store in memory, for tests.
//!
//! It keeps the rules of TOS that a client can trip over (part sizes, missing parts, ETags, conditions, pages,
//! regions) and passes [`crate::conformance`] like a real store, so that what the engine learns here holds elsewhere.
//! It has no clock of its own (every time is `None` unless [`MemoryStore::set_clock`] gives it one, and then only of
//! uploads) and no randomness: upload ids are counted, pages have a fixed length. A test
//! can look inside, and can make any single call fail, lose its reply, stop half-way, hang or flip a bit
//! ([`MemoryStore::set_fault`]). What that costs: whole bodies are held in memory, and versions are not kept.

mod call;
mod copy;
mod inspect;
mod listing;
mod multipart;
mod objects;
mod state;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use call::CallLog;
pub use call::{Call, Fault, Verb};
use state::State;

use crate::{
    BucketDetails, BucketSummary, Capabilities, CompletedObject, CopyObjectOptions, CopyPartRequest, DeleteFailure,
    ETag, ErrorKind, GetOptions, GotObject, ListPage, ListRequest, ObjectDetails, ObjectRef, ObjectSettings,
    ObjectStore, PartList, PartNumber, PartReceipt, PresignMethod, PutCondition, PutReceipt, StoreError, UploadBody,
    UploadId, UploadList, UploadListRequest, UploadRef,
};

type Result<T> = std::result::Result<T, StoreError>;

/// Where the behaviour of real stores differs.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// The limits that the store keeps and reports; tests of the engine lower the part size.
    pub capabilities: Capabilities,
    /// The region of buckets made by `create_bucket`.
    pub region: String,
    /// Most entries of any page.
    pub page_len: usize,
    /// Whether checksums are reported at all. Part copies never report one.
    pub report_crc64: bool,
    /// Whether ETags are the MD5 of the content (parts and single puts) or something opaque.
    pub md5_etags: bool,
    /// Whether Complete may name the parts in any order.
    pub any_part_order: bool,
    /// Bodies are given out in pieces of this many bytes.
    pub body_piece_bytes: usize,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        Self {
            capabilities: Capabilities::TOS,
            region: "memory-1".to_owned(),
            page_len: 1000,
            report_crc64: true,
            md5_etags: true,
            any_part_order: true,
            body_piece_bytes: 64 << 10,
        }
    }
}

type NowHook = Box<dyn Fn() -> SystemTime + Send>;
type FaultHook = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// A store in memory. See the module's words on what it keeps and what it leaves out.
pub struct MemoryStore {
    options: MemoryOptions,
    state: Mutex<State>,
    log: Mutex<CallLog>,
    fault: Mutex<Option<FaultHook>>,
    now: Mutex<Option<NowHook>>,
}

impl MemoryStore {
    /// An empty store with these limits.
    pub fn new(capabilities: Capabilities) -> Self {
        Self::with_options(MemoryOptions { capabilities, ..MemoryOptions::default() })
    }

    /// An empty store that behaves as `options` say.
    pub fn with_options(options: MemoryOptions) -> Self {
        Self { options, state: Mutex::default(), log: Mutex::default(), fault: Mutex::default(), now: Mutex::default() }
    }

    /// Asks `now` for the time at which an upload is opened.
    pub fn set_clock(&self, now: impl Fn() -> SystemTime + Send + 'static) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(now));
    }

    fn now(&self) -> Option<SystemTime> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|now| now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_options(MemoryOptions::default())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("options", &self.options).finish_non_exhaustive()
    }
}

/// An error with a code, as a server would give it.
fn refusal(kind: ErrorKind, code: &str, message: impl Into<String>) -> StoreError {
    let mut error = StoreError::new(kind, message);
    error.code = Some(code.to_owned());
    error
}

/// Each verb: note the call, ask for a fault, do it, perhaps lose the reply. The work itself is in the verb groups.
#[async_trait]
impl ObjectStore for MemoryStore {
    fn capabilities(&self) -> &Capabilities {
        &self.options.capabilities
    }

    async fn list_buckets(&self) -> Result<Vec<BucketSummary>> {
        let plan = self.begin(Call::of(Verb::ListBuckets)).await?;
        plan.reply(Ok(self.state().bucket_summaries()))
    }

    async fn create_bucket(&self, bucket: &str) -> Result<()> {
        crate::check_bucket_name(bucket)?;
        let plan = self.begin(Call::of(Verb::CreateBucket).bucket(bucket)).await?;
        plan.reply(self.state().create_bucket(bucket, &self.options.region))
    }

    async fn head_bucket(&self, bucket: &str) -> Result<BucketDetails> {
        crate::check_bucket_name(bucket)?;
        let plan = self.begin(Call::of(Verb::HeadBucket).bucket(bucket)).await?;
        plan.reply(
            self.state()
                .bucket(bucket)
                .map(|found| BucketDetails { region: Some(found.region.clone()), storage_class: None }),
        )
    }

    async fn bucket_region(&self, bucket: &str) -> Result<String> {
        crate::check_bucket_name(bucket)?;
        let plan = self.begin(Call::of(Verb::BucketRegion).bucket(bucket)).await?;
        plan.reply(self.state().bucket(bucket).map(|found| found.region.clone()))
    }

    async fn list_objects(&self, bucket: &str, request: &ListRequest) -> Result<ListPage> {
        crate::check_bucket_name(bucket)?;
        let plan = self.begin(Call::of(Verb::ListObjects).bucket(bucket)).await?;
        plan.reply(self.list_objects_now(bucket, request))
    }

    async fn head_object(&self, object: &ObjectRef) -> Result<ObjectDetails> {
        let plan = self.begin(Call::of(Verb::HeadObject).object(object)?).await?;
        plan.reply(
            self.head_object_now(object).map(|found| ObjectDetails { request_id: plan.request_id.clone(), ..found }),
        )
    }

    async fn get_object(&self, object: &ObjectRef, options: &GetOptions) -> Result<GotObject> {
        let plan = self.begin(Call::of(Verb::GetObject).object(object)?.range(options.range)).await?;
        let mut got = self.get_object_now(object, options, &plan);
        if let Ok(got) = &mut got {
            got.details.request_id.clone_from(&plan.request_id);
        }
        plan.reply(got)
    }

    async fn put_object(
        &self,
        object: &ObjectRef,
        settings: &ObjectSettings,
        condition: PutCondition,
        body: UploadBody,
    ) -> Result<PutReceipt> {
        let plan = self.begin(Call::of(Verb::PutObject).object(object)?).await?;
        let bytes = plan.receive(body).await?;
        plan.reply_receipt(self.put_object_now(object, settings, condition, bytes))
    }

    async fn create_upload(&self, object: &ObjectRef, settings: &ObjectSettings) -> Result<UploadId> {
        let plan = self.begin(Call::of(Verb::CreateUpload).object(object)?).await?;
        let now = self.now();
        plan.reply(self.state().create_upload(object, settings, now))
    }

    async fn upload_part(&self, upload: &UploadRef, number: PartNumber, body: UploadBody) -> Result<PartReceipt> {
        let plan = self.begin(Call::of(Verb::UploadPart).upload(upload)?.part(number)).await?;
        let bytes = plan.receive(body).await?;
        plan.reply(self.upload_part_now(upload, number, bytes))
    }

    async fn upload_part_copy(
        &self,
        upload: &UploadRef,
        number: PartNumber,
        request: &CopyPartRequest,
    ) -> Result<PartReceipt> {
        let call = Call::of(Verb::UploadPartCopy).upload(upload)?.part(number).range(Some(request.range));
        let plan = self.begin(call).await?;
        plan.reply(self.upload_part_copy_now(upload, number, request))
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef,
        parts: &[(PartNumber, ETag)],
        condition: PutCondition,
    ) -> Result<CompletedObject> {
        let plan = self.begin(Call::of(Verb::CompleteUpload).upload(upload)?).await?;
        plan.reply_receipt(self.complete_upload_now(upload, parts, condition))
    }

    async fn abort_upload(&self, upload: &UploadRef) -> Result<()> {
        let plan = self.begin(Call::of(Verb::AbortUpload).upload(upload)?).await?;
        plan.reply(self.state().remove_upload(upload).map(drop))
    }

    async fn list_parts(&self, upload: &UploadRef, after: Option<PartNumber>) -> Result<PartList> {
        let plan = self.begin(Call::of(Verb::ListParts).upload(upload)?).await?;
        plan.reply(self.list_parts_now(upload, after))
    }

    async fn list_uploads(&self, bucket: &str, request: &UploadListRequest) -> Result<UploadList> {
        crate::check_bucket_name(bucket)?;
        let plan = self.begin(Call::of(Verb::ListUploads).bucket(bucket)).await?;
        plan.reply(self.list_uploads_now(bucket, request))
    }

    async fn copy_object(&self, target: &ObjectRef, options: &CopyObjectOptions) -> Result<PutReceipt> {
        let plan = self.begin(Call::of(Verb::CopyObject).object(target)?).await?;
        plan.reply_receipt(self.copy_object_now(target, options))
    }

    async fn delete_object(&self, object: &ObjectRef) -> Result<()> {
        let plan = self.begin(Call::of(Verb::DeleteObject).object(object)?).await?;
        plan.reply(self.state().delete_object(object))
    }

    async fn delete_objects(&self, bucket: &str, objects: &[ObjectRef]) -> Result<Vec<DeleteFailure>> {
        crate::check_bucket_name(bucket)?;
        for object in objects {
            crate::check_key(&object.key)?;
        }
        let plan = self.begin(Call::of(Verb::DeleteObjects).bucket(bucket)).await?;
        plan.reply(self.delete_objects_now(bucket, objects))
    }

    fn presign(&self, _method: PresignMethod, _object: &ObjectRef, _expires: Duration) -> Result<String> {
        Err(StoreError::new(ErrorKind::Unsupported, "a store in memory has no address that a URL could name"))
    }
}
