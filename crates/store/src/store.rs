//! The seam.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::{
    BucketDetails, BucketSummary, ByteRange, ByteStream, Capabilities, Crc64, ETag, ObjectDetails, ObjectRef,
    ObjectSettings, ObjectSummary, PartNumber, StoreError, UploadBody, UploadId, UploadRef, VersionId,
};

type Result<T> = std::result::Result<T, StoreError>;

/// A store of objects in buckets: what Tern asks of TOS, in TOS's own verbs.
///
/// Every method is one attempt. An implementation checks names with [`crate::check_bucket_name`] and
/// [`crate::check_key`] before it sends anything, reports an error body behind a 200 as an error, and keeps code and
/// request id in [`StoreError`]. Every implementation passes `conformance`.
///
/// # Cancellation
/// Dropping the future ends the request. What the server had already accepted stays there: after a dropped
/// `create_upload` there may be an upload that nobody knows, after a dropped `complete_upload` the object may exist.
/// All other verbs can simply be sent again.
#[async_trait]
pub trait ObjectStore: Send + Sync + fmt::Debug {
    /// What the store can do.
    fn capabilities(&self) -> &Capabilities;

    /// All buckets that the credentials may list.
    async fn list_buckets(&self) -> Result<Vec<BucketSummary>>;

    /// Makes a bucket. `AlreadyExists` if the name is taken.
    async fn create_bucket(&self, bucket: &str) -> Result<()>;

    /// Facts of a bucket; the cheapest proof that it exists and may be reached.
    async fn head_bucket(&self, bucket: &str) -> Result<BucketDetails>;

    /// The region id of a bucket.
    async fn bucket_region(&self, bucket: &str) -> Result<String>;

    /// One page of a listing, in key order.
    async fn list_objects(&self, bucket: &str, request: &ListRequest) -> Result<ListPage>;

    /// Facts of an object.
    async fn head_object(&self, object: &ObjectRef) -> Result<ObjectDetails>;

    /// The bytes of an object or of a range of it. With a range, an answer that is not exactly that range is an error.
    /// The stream fails with `Network` if it ends before the announced length.
    async fn get_object(&self, object: &ObjectRef, options: &GetOptions) -> Result<GotObject>;

    /// Writes a whole object in one request.
    async fn put_object(
        &self,
        object: &ObjectRef,
        settings: &ObjectSettings,
        condition: PutCondition,
        body: UploadBody,
    ) -> Result<PutReceipt>;

    /// Opens a multipart upload. Its settings become those of the object.
    async fn create_upload(&self, object: &ObjectRef, settings: &ObjectSettings) -> Result<UploadId>;

    /// Writes one part; the same number again replaces it.
    async fn upload_part(&self, upload: &UploadRef, number: PartNumber, body: UploadBody) -> Result<PartReceipt>;

    /// Fills one part from another object, inside the store. The receipt carries no checksum.
    async fn upload_part_copy(
        &self,
        upload: &UploadRef,
        number: PartNumber,
        request: &CopyPartRequest,
    ) -> Result<PartReceipt>;

    /// Assembles the parts, given in ascending order, into the object.
    async fn complete_upload(
        &self,
        upload: &UploadRef,
        parts: &[(PartNumber, ETag)],
        condition: PutCondition,
    ) -> Result<CompletedObject>;

    /// Drops an upload and its parts. `UploadNotFound` if there is none.
    async fn abort_upload(&self, upload: &UploadRef) -> Result<()>;

    /// One page of the parts that the store holds, after part `after`, ascending.
    async fn list_parts(&self, upload: &UploadRef, after: Option<PartNumber>) -> Result<PartList>;

    /// One page of the bucket's open uploads.
    async fn list_uploads(&self, bucket: &str, request: &UploadListRequest) -> Result<UploadList>;

    /// Copies a whole object inside the store (at most `Capabilities::part_size_bytes_max` bytes).
    async fn copy_object(&self, target: &ObjectRef, options: &CopyObjectOptions) -> Result<PutReceipt>;

    /// Deletes an object, or one version of it. Deleting what is not there succeeds.
    async fn delete_object(&self, object: &ObjectRef) -> Result<()>;

    /// Deletes up to 1000 objects of one bucket; returns those that could not be deleted.
    async fn delete_objects(&self, bucket: &str, objects: &[ObjectRef]) -> Result<Vec<DeleteFailure>>;

    /// A URL that lets its holder do one thing for a while (1 s to 7 days). Makes no request.
    fn presign(&self, method: PresignMethod, object: &ObjectRef, expires: Duration) -> Result<String>;

    /// Lets go of every connection: after a sleep or a change of network they may be dead without anybody saying so.
    /// The next call makes a new connection. Calls that wait for an answer end soon with a network error, as if the
    /// connection had broken; not at once, so that whoever has made them can drop them instead. Makes no request.
    fn reconnect(&self) {}
}

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// Only keys that begin with this; empty for all.
    pub prefix: String,
    /// Group keys behind the next occurrence of this after the prefix, usually `/`.
    pub delimiter: Option<String>,
    /// Only keys after this one.
    pub start_after: Option<String>,
    /// Where the last page ended.
    pub continuation_token: Option<String>,
    /// At most so many entries, 1 to 1000; the store's own number if `None`.
    pub max_keys: Option<u32>,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Objects, in key order.
    pub objects: Vec<ObjectSummary>,
    /// Prefixes that stand for groups, each ending in the delimiter.
    pub common_prefixes: Vec<String>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<String>,
}

/// What to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetOptions {
    /// Only this range; the whole object if `None`.
    pub range: Option<ByteRange>,
    /// Fail with `Changed` unless the object still has this tag.
    pub if_match: Option<ETag>,
}

/// An object on its way in.
pub struct GotObject {
    /// Facts of the whole object.
    pub details: ObjectDetails,
    /// The range that the body covers.
    pub range: ByteRange,
    /// The bytes of that range.
    pub body: ByteStream,
}

impl fmt::Debug for GotObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GotObject").field("details", &self.details).field("range", &self.range).finish_non_exhaustive()
    }
}

/// When an object may be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PutCondition {
    /// Replace what is there.
    #[default]
    Always,
    /// Fail with `AlreadyExists` if there is an object.
    IfAbsent,
}

/// What the store says of an object that it has just written or copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutReceipt {
    /// Entity tag.
    pub etag: ETag,
    /// Checksum of the whole, where the store reports one.
    pub crc64: Option<Crc64>,
    /// The new version, where the bucket has versions.
    pub version: Option<VersionId>,
    /// The store's id of the request.
    pub request_id: Option<String>,
}

/// What the store says of a part that it has just accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartReceipt {
    /// Entity tag of the part; Complete names it.
    pub etag: ETag,
    /// Checksum of the part, where the store reports one.
    pub crc64: Option<Crc64>,
    /// The store's id of the request.
    pub request_id: Option<String>,
}

/// What the store says of an object that it has assembled from parts.
pub type CompletedObject = PutReceipt;

/// Where a copy comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// The source object.
    pub object: ObjectRef,
    /// Fail with `Changed` unless it still has this tag.
    pub if_match: Option<ETag>,
}

/// One part of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyPartRequest {
    /// Where it comes from.
    pub source: CopySource,
    /// Which bytes.
    pub range: ByteRange,
}

/// A copy in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyObjectOptions {
    /// Where it comes from.
    pub source: CopySource,
    /// New settings; `None` keeps those of the source (type, metadata), except the ACL, which TOS never copies.
    pub replace_settings: Option<ObjectSettings>,
    /// When the target may be written.
    pub condition: PutCondition,
}

/// A part that the store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPart {
    /// Its number.
    pub number: PartNumber,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its tag.
    pub etag: ETag,
    /// Its checksum, where the store lists one.
    pub crc64: Option<Crc64>,
    /// When it was written.
    pub modified: Option<SystemTime>,
}

/// A page of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartList {
    /// Parts, ascending.
    pub parts: Vec<ListedPart>,
    /// Ask again after this part; `None` on the last page.
    pub next: Option<PartNumber>,
}

/// Which uploads to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadListRequest {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Where the last page ended: key and upload id.
    pub after: Option<(String, UploadId)>,
}

/// An open multipart upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUpload {
    /// The key that it would become.
    pub key: String,
    /// Its id.
    pub upload_id: UploadId,
    /// When it was opened.
    pub initiated: Option<SystemTime>,
    /// Storage class, where the store says so.
    pub storage_class: Option<String>,
}

/// A page of uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadList {
    /// Uploads by key, then by time.
    pub uploads: Vec<ListedUpload>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<(String, UploadId)>,
}

/// An object that could not be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteFailure {
    /// Its key.
    pub key: String,
    /// The store's code.
    pub code: String,
    /// The store's words.
    pub message: String,
}

/// What a presigned URL allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresignMethod {
    /// Read the object.
    Get,
    /// Write the object.
    Put,
    /// Read its facts.
    Head,
    /// Delete it.
    Delete,
}
