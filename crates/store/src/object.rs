//! Buckets, objects and what is known about them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{Crc64, ErrorKind, StoreError, Versioning};

/// Which object: bucket, key and, where versions matter, the version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The bucket's name.
    pub bucket: String,
    /// The key, unencoded.
    pub key: String,
    /// A version; the newest if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
}

impl ObjectRef {
    /// The newest version of an object.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), key: key.into(), version: None }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tos://{}/{}", self.bucket, self.key)
    }
}

/// An entity tag, without the quotes of HTTP. Opaque: it is often, but not always, the MD5 of the content.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ETag(String);

impl ETag {
    /// An entity tag; surrounding quotes are removed.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim().trim_matches('"').to_owned())
    }

    /// The tag without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A version of an object. Opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionId(pub String);

/// A bucket in the list of buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSummary {
    /// The bucket's name.
    pub name: String,
    /// When it was made, if the store says so.
    pub created: Option<SystemTime>,
    /// The region id, such as `cn-beijing`.
    pub region: Option<String>,
    /// The endpoint by which it is reached from outside, if the store says so.
    pub endpoint: Option<String>,
}

/// What a store says of one bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketDetails {
    /// The region id.
    pub region: Option<String>,
    /// The default storage class.
    pub storage_class: Option<String>,
}

/// What a store says of one bucket when it is asked for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketDescription {
    /// The region id.
    pub region: Option<String>,
    /// The default storage class.
    pub storage_class: Option<String>,
    /// `fns`, or `hns` for one with real directories.
    pub bucket_type: Option<String>,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// The endpoint by which it is reached from outside.
    pub endpoint: Option<String>,
    /// Whether it keeps versions; `None` where the store does not tell here.
    pub versioning: Option<Versioning>,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSummary {
    /// The key, unencoded.
    pub key: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// When it was last written.
    pub modified: Option<SystemTime>,
    /// Entity tag of the whole.
    pub etag: Option<ETag>,
    /// Checksum of the whole, where the store reports one.
    pub crc64: Option<Crc64>,
    /// Such as `STANDARD` or `ARCHIVE`.
    pub storage_class: Option<String>,
}

/// What a store says of one object (HEAD, or the headers of GET).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDetails {
    /// Size of the whole in bytes, also where a range was asked for.
    pub size_bytes: u64,
    /// Entity tag of the whole.
    pub etag: ETag,
    /// Checksum of the whole, where the store reports one.
    pub crc64: Option<Crc64>,
    /// When it was last written, to the second.
    pub modified: Option<SystemTime>,
    /// The version, where the bucket has versions.
    pub version: Option<VersionId>,
    /// What travels with the content: type, metadata, class.
    pub settings: ObjectSettings,
    /// `Appendable` or `Symlink`; `None` for a plain object.
    pub object_type: Option<String>,
    /// The raw restore state of an archived object.
    pub restore: Option<String>,
    /// The store's id of the request that told this.
    pub request_id: Option<String>,
}

/// What a writer may say about an object besides its bytes. All values unencoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectSettings {
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Cache-Control`
    pub cache_control: Option<String>,
    /// `Content-Disposition`
    pub content_disposition: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// `Content-Language`
    pub content_language: Option<String>,
    /// `Expires`, as the header's text
    pub expires: Option<String>,
    /// Such as `STANDARD`, `IA`, `ARCHIVE`
    pub storage_class: Option<String>,
    /// A canned ACL such as `private` or `public-read`; never reported back by a store
    pub acl: Option<String>,
    /// The user's own metadata; names in lower case
    pub metadata: BTreeMap<String, String>,
}

/// Why a name cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Bucket names have 3 to 63 characters.
    #[error("a bucket name has 3 to 63 characters")]
    BucketLength,
    /// Bucket names use `a-z`, `0-9` and `-`.
    #[error("a bucket name may use only lower-case letters, digits and hyphens")]
    BucketCharacter,
    /// Bucket names begin and end with a letter or digit.
    #[error("a bucket name may not begin or end with a hyphen")]
    BucketHyphen,
    /// Keys are not empty.
    #[error("an object key may not be empty")]
    KeyEmpty,
    /// Keys have at most 1024 bytes.
    #[error("an object key may have at most 1024 bytes in UTF-8")]
    KeyLength,
    /// A key may not begin with `\` nor hold the control characters that TOS refuses.
    #[error("an object key may not begin with a backslash or hold control characters")]
    KeyCharacter,
    /// A `.` or `..` segment would be removed by HTTP libraries and proxies and so address another object.
    #[error("an object key may not have a “.” or “..” segment: HTTP would turn it into another key")]
    KeyDotSegment,
}

impl From<InvalidName> for StoreError {
    fn from(error: InvalidName) -> Self {
        StoreError::new(ErrorKind::InvalidName, error.to_string())
    }
}

/// Checks a bucket name by the rules of TOS (protocol.md, section 7).
///
/// # Errors
/// The rule that it breaks.
pub fn check_bucket_name(name: &str) -> Result<(), InvalidName> {
    if !(3..=63).contains(&name.len()) {
        return Err(InvalidName::BucketLength);
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(InvalidName::BucketCharacter);
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(InvalidName::BucketHyphen);
    }
    Ok(())
}

/// Checks a key by the rules of TOS (protocol.md, sections 1.3 and 7).
///
/// # Errors
/// The rule that it breaks.
pub fn check_key(key: &str) -> Result<(), InvalidName> {
    if key.is_empty() {
        return Err(InvalidName::KeyEmpty);
    }
    if key.len() > 1024 {
        return Err(InvalidName::KeyLength);
    }
    if key.starts_with('\\') || key.bytes().any(|b| (0x07..=0x0d).contains(&b)) {
        return Err(InvalidName::KeyCharacter);
    }
    if key.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(InvalidName::KeyDotSegment);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_the_rules() {
        for (name, expected) in [
            ("abc", Ok(())),
            ("a-1", Ok(())),
            ("ab", Err(InvalidName::BucketLength)),
            ("Abc", Err(InvalidName::BucketCharacter)),
            ("a_c", Err(InvalidName::BucketCharacter)),
            ("-abc", Err(InvalidName::BucketHyphen)),
            ("abc-", Err(InvalidName::BucketHyphen)),
        ] {
            assert_eq!(check_bucket_name(name), expected, "{name}");
        }
        assert_eq!(check_bucket_name(&"a".repeat(64)), Err(InvalidName::BucketLength));
    }

    #[test]
    fn keys_follow_the_rules() {
        for (key, expected) in [
            ("a b", Ok(())),
            ("/lead//double/", Ok(())),
            ("...", Ok(())),
            ("%2e%2e", Ok(())),
            ("目录/文件", Ok(())),
            ("", Err(InvalidName::KeyEmpty)),
            ("\\x", Err(InvalidName::KeyCharacter)),
            ("a\nb", Err(InvalidName::KeyCharacter)),
            ("..", Err(InvalidName::KeyDotSegment)),
            ("a/./b", Err(InvalidName::KeyDotSegment)),
            ("a/..", Err(InvalidName::KeyDotSegment)),
        ] {
            assert_eq!(check_key(key), expected, "{key}");
        }
        assert_eq!(check_key(&"k".repeat(1024)), Ok(()));
        assert_eq!(check_key(&"k".repeat(1025)), Err(InvalidName::KeyLength));
    }
}
