//! What a person does to buckets and objects by hand, beside moving bytes.
//!
//! These verbs are apart from [`ObjectStore`] because the engine needs none of them: its trait stays small, and what
//! stands in for a store in the engine's tests need not play versions or lifecycle rules. What that costs: whoever
//! opens a store keeps it as this trait and hands the engine the smaller one.

use async_trait::async_trait;

use crate::{
    AclSetting, BucketDescription, Lifecycle, ObjectAcl, ObjectRef, ObjectSettings, ObjectStore, PutCondition,
    RestoreAnswer, RestoreRequest, StoreError, Tag, VersionListRequest, VersionPage, Versioning,
};

type Result<T> = std::result::Result<T, StoreError>;

/// A store whose versions, properties and buckets can be looked after (protocol.md, section 11).
///
/// As in [`ObjectStore`], every method is one attempt and one request, and names are checked before anything is sent.
/// Where a method takes an [`ObjectRef`], its version counts.
///
/// # Cancellation
/// Dropping the future ends the request; the server may have done it all the same. Everything here can be sent again
/// with the same result, but for `rename_object`: after a lost answer, look at both keys.
#[async_trait]
pub trait Administration: ObjectStore {
    /// One page of versions and delete markers, in key order.
    async fn list_versions(&self, bucket: &str, request: &VersionListRequest) -> Result<VersionPage>;

    /// Whether the bucket keeps versions.
    async fn versioning(&self, bucket: &str) -> Result<Versioning>;

    /// Starts keeping versions, or stops for what comes. There is no way back to [`Versioning::Never`].
    async fn set_versioning(&self, bucket: &str, on: bool) -> Result<()>;

    /// Asks for a readable copy of an archived object. Takes a minute or hours; [`crate::RestoreState`] of HEAD tells.
    async fn restore_object(&self, object: &ObjectRef, request: RestoreRequest) -> Result<RestoreAnswer>;

    /// Whether objects of the bucket can be renamed.
    async fn rename_enabled(&self, bucket: &str) -> Result<bool>;

    /// Lets objects of the bucket be renamed, or no longer. Takes a while to act, and then only for objects that are
    /// written afterwards.
    async fn set_rename_enabled(&self, bucket: &str, on: bool) -> Result<()>;

    /// Gives an object another key in its bucket, in one step. `AlreadyExists` where the condition forbids to replace;
    /// `Unsupported` or `Refused` where this object cannot be renamed, whether or not the bucket can. The version of
    /// `object` does not count: the newest is renamed. Not repeatable: the second time there is no such object.
    async fn rename_object(&self, object: &ObjectRef, new_key: &str, condition: PutCondition) -> Result<()>;

    /// Replaces type, encodings and metadata: what `settings` leave out is removed. Their storage class and ACL do not
    /// count, as these and the bytes stay. `Archived` unless restored.
    async fn set_object_meta(&self, object: &ObjectRef, settings: &ObjectSettings) -> Result<()>;

    /// Who may do what with an object.
    async fn object_acl(&self, object: &ObjectRef) -> Result<ObjectAcl>;

    /// Replaces who may do what.
    async fn set_object_acl(&self, object: &ObjectRef, acl: &AclSetting) -> Result<()>;

    /// The tags of an object; none is no error.
    async fn object_tags(&self, object: &ObjectRef) -> Result<Vec<Tag>>;

    /// Replaces all tags. The set is checked with [`crate::check_tags`].
    async fn set_object_tags(&self, object: &ObjectRef, tags: &[Tag]) -> Result<()>;

    /// Removes all tags.
    async fn delete_object_tags(&self, object: &ObjectRef) -> Result<()>;

    /// Deletes a bucket. `NotEmpty` while there are objects, versions or unfinished uploads in it.
    async fn delete_bucket(&self, bucket: &str) -> Result<()>;

    /// All lifecycle rules of the bucket; none is no error.
    async fn lifecycle(&self, bucket: &str) -> Result<Lifecycle>;

    /// Replaces all lifecycle rules: give back what [`Administration::lifecycle`] told, changed. No rules removes the
    /// whole configuration.
    async fn set_lifecycle(&self, bucket: &str, lifecycle: &Lifecycle) -> Result<()>;

    /// Many facts of a bucket in one request. May be `Forbidden` where `head_bucket` is not.
    async fn describe_bucket(&self, bucket: &str) -> Result<BucketDescription>;
}
