//! The words of object storage and the seam behind which a provider lives.
//!
//! The engine speaks only to [`ObjectStore`]; TOS, the in-memory store of the tests and any later provider implement
//! it. Each verb is **one attempt**: retry, rate limits and ordering belong to the engine, so that they exist once.
//! What that costs: an implementation cannot hide a provider's quirk by trying again; it has to name the quirk in
//! [`StoreError`] (kind and retry class) or in [`Capabilities`].
//!
//! What only a person at a bucket browser asks for is in [`Administration`].
//!
//! Start with [`ObjectStore`], then [`StoreError`].
#![warn(missing_docs)]

mod acl;
mod administration;
mod attempts;
mod body;
mod capabilities;
#[cfg(feature = "testing")]
pub mod conformance;
mod crc64;
mod error;
mod lifecycle;
#[cfg(feature = "testing")]
mod memory;
mod object;
mod pages;
mod part;
mod restore;
mod secret;
mod store;
mod tag;
mod version;

pub use acl::{AclSetting, CannedAcl, Grant, Grantee, ObjectAcl};
pub use administration::Administration;
pub use attempts::try_call;
pub use body::{ByteStream, UploadBody};
pub use capabilities::Capabilities;
pub use crc64::{Crc64, Crc64Combiner, Crc64Hasher};
pub use error::{ErrorKind, Retry, StoreError};
pub use lifecycle::{ABORT_RULE_ID, Lifecycle, LifecycleRule};
#[cfg(feature = "testing")]
pub use memory::{Call, Fault, MemoryOptions, MemoryStore, Verb};
pub use object::{
    BucketDescription, BucketDetails, BucketSummary, ETag, InvalidName, ObjectDetails, ObjectRef, ObjectSettings,
    ObjectSummary, VersionId, check_bucket_name, check_key,
};
pub use pages::{all_parts, uploads_of};
pub use part::{ByteRange, PartNumber, UploadId, UploadRef};
pub use restore::{RestoreAnswer, RestoreRequest, RestoreState, RestoreTier};
pub use secret::Secret;
pub use store::{
    CompletedObject, CopyObjectOptions, CopyPartRequest, CopySource, DeleteFailure, GetOptions, GotObject, ListPage,
    ListRequest, ListedPart, ListedUpload, ObjectStore, PartList, PartReceipt, PresignMethod, PutCondition, PutReceipt,
    UploadList, UploadListRequest,
};
pub use tag::{InvalidTags, Tag, check_tags};
pub use version::{ListedVersion, VersionFacts, VersionListRequest, VersionMarker, VersionPage, Versioning};
