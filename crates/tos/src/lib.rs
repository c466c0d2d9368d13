//! The client of Volcengine TOS behind [`store::ObjectStore`].
//!
//! One method is one HTTP request: nothing is retried here, so that retry, limits and order exist once, in the engine.
//! Bodies stream in both directions. A request is built ([`TosStore`]'s verbs), signed with `UNSIGNED-PAYLOAD` over
//! exactly the path that is sent, and its answer is either what the protocol promises or a [`store::StoreError`] whose
//! kind says what can be done about it. Redirects are never followed, nothing is decompressed, and there is no limit
//! on how long a request may take as long as bytes move ([`Timeouts`]).
//!
//! What that costs: because HTTP libraries remove `.` and `..` segments from paths, keys that have such a segment are
//! refused rather than sent; and a copy with conditions on both ends may need one more request to say which failed.
//!
//! Start with [`TosConfig`].
#![warn(missing_docs)]

mod buckets;
mod config;
mod connectivity;
mod copy;
mod endpoint;
mod error;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod fuzzing;
mod headers;
mod homes;
mod incoming;
mod lifecycle;
mod listing;
mod multipart;
mod objects;
mod operation;
mod outgoing;
mod presign;
mod properties;
mod request;
mod restoring;
pub mod sdk_checkpoint;
mod transport;
mod versions;
mod wire;

use std::fmt;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use async_trait::async_trait;
use store::{
    AclSetting, Administration, BucketDescription, BucketDetails, BucketSummary, Capabilities, CompletedObject,
    CopyObjectOptions, CopyPartRequest, DeleteFailure, ETag, GetOptions, GotObject, Lifecycle, ListPage, ListRequest,
    ObjectAcl, ObjectDetails, ObjectRef, ObjectSettings, ObjectStore, PartList, PartNumber, PartReceipt, PresignMethod,
    PutCondition, PutReceipt, RestoreAnswer, RestoreRequest, StoreError, Tag, UploadBody, UploadId, UploadList,
    UploadListRequest, UploadRef, VersionListRequest, VersionPage, Versioning,
};

pub use config::{Addressing, Clock, Credentials, HostRoute, ProxyChoice, ProxyConfig, Timeouts, TosConfig};
pub use connectivity::{CaProblem, Greeting, Resolved, TlsProblem, TlsVersion, check_certificates, tls_problem};
use endpoint::Endpoint;
use homes::{Home, Homes};
pub use operation::permission_of;
use transport::Transport;

type Result<T> = std::result::Result<T, StoreError>;

/// TOS at one endpoint with one set of credentials. Buckets of other regions that the account lists are asked at the
/// endpoints of theirs.
///
/// Cheap to share behind an `Arc`; the connections are pooled inside.
pub struct TosStore {
    homes: Homes,
    credentials: Credentials,
    transport: Transport,
    user_agent: String,
    clock: Clock,
    /// Seconds that the server's clock is ahead of ours, learned from a refusal of our date.
    clock_offset_seconds: AtomicI64,
    capabilities: Capabilities,
}

impl TosStore {
    /// Opens a store. Makes no request: the first verb shows whether endpoint and credentials are right.
    ///
    /// # Errors
    /// `NotThisStore` for an endpoint that cannot be one of TOS, `Credentials` for keys that cannot be sent, `Tls` if
    /// no certificate authorities can be loaded, `Refused` for a proxy or region that cannot be used.
    pub fn open(config: TosConfig) -> Result<Self> {
        config.check()?;
        let endpoint = Endpoint::parse(&config.endpoint, config.addressing)?;
        let transport = Transport::open(&config, &endpoint)?;
        Ok(Self {
            homes: Homes::new(Home { endpoint, region: config.region }),
            transport,
            credentials: config.credentials,
            user_agent: config.user_agent,
            clock: config.clock,
            clock_offset_seconds: AtomicI64::new(0),
            capabilities: Capabilities::TOS,
        })
    }
}

impl fmt::Debug for TosStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TosStore").field("home", &self.homes.own()).finish_non_exhaustive()
    }
}

/// Each verb is in the file of its group; here is only the list.
#[async_trait]
impl ObjectStore for TosStore {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn list_buckets(&self) -> Result<Vec<BucketSummary>> {
        buckets::list(self).await
    }

    async fn create_bucket(&self, bucket: &str) -> Result<()> {
        buckets::create(self, bucket).await
    }

    async fn head_bucket(&self, bucket: &str) -> Result<BucketDetails> {
        buckets::head(self, bucket).await
    }

    async fn bucket_region(&self, bucket: &str) -> Result<String> {
        buckets::region(self, bucket).await
    }

    async fn list_objects(&self, bucket: &str, request: &ListRequest) -> Result<ListPage> {
        listing::objects(self, bucket, request).await
    }

    async fn head_object(&self, object: &ObjectRef) -> Result<ObjectDetails> {
        objects::head(self, object).await
    }

    async fn get_object(&self, object: &ObjectRef, options: &GetOptions) -> Result<GotObject> {
        objects::get(self, object, options).await
    }

    async fn put_object(
        &self,
        object: &ObjectRef,
        settings: &ObjectSettings,
        condition: PutCondition,
        body: UploadBody,
    ) -> Result<PutReceipt> {
        objects::put(self, object, settings, condition, body).await
    }

    async fn create_upload(&self, object: &ObjectRef, settings: &ObjectSettings) -> Result<UploadId> {
        multipart::create(self, object, settings).await
    }

    async fn upload_part(&self, upload: &UploadRef, number: PartNumber, body: UploadBody) -> Result<PartReceipt> {
        multipart::upload_part(self, upload, number, body).await
    }

    async fn upload_part_copy(
        &self,
        upload: &UploadRef,
        number: PartNumber,
        request: &CopyPartRequest,
    ) -> Result<PartReceipt> {
        copy::part(self, upload, number, request).await
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef,
        parts: &[(PartNumber, ETag)],
        condition: PutCondition,
    ) -> Result<CompletedObject> {
        multipart::complete(self, upload, parts, condition).await
    }

    async fn abort_upload(&self, upload: &UploadRef) -> Result<()> {
        multipart::abort(self, upload).await
    }

    async fn list_parts(&self, upload: &UploadRef, after: Option<PartNumber>) -> Result<PartList> {
        listing::parts(self, upload, after).await
    }

    async fn list_uploads(&self, bucket: &str, request: &UploadListRequest) -> Result<UploadList> {
        listing::uploads(self, bucket, request).await
    }

    async fn copy_object(&self, target: &ObjectRef, options: &CopyObjectOptions) -> Result<PutReceipt> {
        copy::object(self, target, options).await
    }

    async fn delete_object(&self, object: &ObjectRef) -> Result<()> {
        objects::delete(self, object).await
    }

    async fn delete_objects(&self, bucket: &str, objects: &[ObjectRef]) -> Result<Vec<DeleteFailure>> {
        objects::delete_many(self, bucket, objects).await
    }

    fn presign(&self, method: PresignMethod, object: &ObjectRef, expires: Duration) -> Result<String> {
        presign::url(self, method, object, expires)
    }

    fn reconnect(&self) {
        self.transport.reconnect();
    }
}

/// As above: the list alone.
#[async_trait]
impl Administration for TosStore {
    async fn list_versions(&self, bucket: &str, request: &VersionListRequest) -> Result<VersionPage> {
        versions::list(self, bucket, request).await
    }

    async fn versioning(&self, bucket: &str) -> Result<Versioning> {
        versions::versioning(self, bucket).await
    }

    async fn set_versioning(&self, bucket: &str, on: bool) -> Result<()> {
        versions::set_versioning(self, bucket, on).await
    }

    async fn restore_object(&self, object: &ObjectRef, request: RestoreRequest) -> Result<RestoreAnswer> {
        restoring::restore(self, object, request).await
    }

    async fn rename_enabled(&self, bucket: &str) -> Result<bool> {
        restoring::rename_enabled(self, bucket).await
    }

    async fn set_rename_enabled(&self, bucket: &str, on: bool) -> Result<()> {
        restoring::set_rename_enabled(self, bucket, on).await
    }

    async fn rename_object(&self, object: &ObjectRef, new_key: &str, condition: PutCondition) -> Result<()> {
        restoring::rename(self, object, new_key, condition).await
    }

    async fn set_object_meta(&self, object: &ObjectRef, settings: &ObjectSettings) -> Result<()> {
        properties::set_meta(self, object, settings).await
    }

    async fn object_acl(&self, object: &ObjectRef) -> Result<ObjectAcl> {
        properties::acl(self, object).await
    }

    async fn set_object_acl(&self, object: &ObjectRef, acl: &AclSetting) -> Result<()> {
        properties::set_acl(self, object, acl).await
    }

    async fn object_tags(&self, object: &ObjectRef) -> Result<Vec<Tag>> {
        properties::tags(self, object).await
    }

    async fn set_object_tags(&self, object: &ObjectRef, tags: &[Tag]) -> Result<()> {
        properties::set_tags(self, object, tags).await
    }

    async fn delete_object_tags(&self, object: &ObjectRef) -> Result<()> {
        properties::delete_tags(self, object).await
    }

    async fn delete_bucket(&self, bucket: &str) -> Result<()> {
        buckets::delete(self, bucket).await
    }

    async fn lifecycle(&self, bucket: &str) -> Result<Lifecycle> {
        lifecycle::get(self, bucket).await
    }

    async fn set_lifecycle(&self, bucket: &str, lifecycle: &Lifecycle) -> Result<()> {
        lifecycle::set(self, bucket, lifecycle).await
    }

    async fn describe_bucket(&self, bucket: &str) -> Result<BucketDescription> {
        buckets::describe(self, bucket).await
    }
}
