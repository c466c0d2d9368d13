//! The JSON of versions, ACLs, tags, restorations and lifecycle rules.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{Crc64, ETag};

use super::{CommonPrefix, etag, lenient_crc, null_is_default, size};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct VersionList {
    /// The bucket: present in every listing, and in no error.
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) is_truncated: bool,
    pub(crate) next_key_marker: Option<String>,
    pub(crate) next_version_id_marker: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) common_prefixes: Vec<CommonPrefix>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) versions: Vec<Version>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) delete_markers: Vec<Version>,
}

/// A version, or a delete marker, which has only the first four.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Version {
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) is_latest: bool,
    pub(crate) last_modified: Option<String>,
    #[serde(rename = "ETag", deserialize_with = "etag")]
    pub(crate) etag: Option<ETag>,
    #[serde(deserialize_with = "size")]
    pub(crate) size: u64,
    pub(crate) storage_class: Option<String>,
    #[serde(rename = "HashCrc64ecma", deserialize_with = "lenient_crc")]
    pub(crate) crc64: Option<Crc64>,
}

/// A state of versioning, both ways. A bucket that never had versions may say nothing at all.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Versioning {
    pub(crate) status: Option<String>,
    /// An error behind a 200.
    #[serde(skip_serializing)]
    pub(crate) code: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Restore {
    pub(crate) days: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restore_job_parameters: Option<RestoreJobParameters>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RestoreJobParameters {
    pub(crate) tier: &'static str,
}

/// Whether objects can be renamed, both ways.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Rename {
    pub(crate) rename_enable: Option<bool>,
}

/// Tags, both ways.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Tagging {
    /// Present in every answer, and in no error.
    pub(crate) tag_set: Option<TagSet>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TagSet {
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) tags: Vec<Tag>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Tag {
    pub(crate) key: String,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) value: String,
}

/// Grants, both ways. Ids that are not known are left out, never null.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Acl {
    pub(crate) owner: Option<Owner>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) grants: Option<Vec<Grant>>,
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "is_false")]
    pub(crate) bucket_owner_entrusted: bool,
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "is_false")]
    pub(crate) is_default: bool,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Owner {
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Grant {
    pub(crate) grantee: Grantee,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) permission: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Grantee {
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) canned: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Lifecycle rules, both ways: each as the text that it is, so that nothing in it is lost.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Lifecycle {
    /// Present in every answer, and in no error.
    pub(crate) rules: Option<Vec<Box<RawValue>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct BucketInfo {
    /// Present in every answer, and in no error.
    pub(crate) bucket: Option<BucketFacts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct BucketFacts {
    pub(crate) creation_date: Option<String>,
    pub(crate) storage_class: Option<String>,
    #[serde(rename = "Type")]
    pub(crate) kind: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) extranet_endpoint: Option<String>,
    pub(crate) versioning: Option<String>,
}
