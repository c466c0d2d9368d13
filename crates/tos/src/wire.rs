//! The JSON that TOS speaks. Unknown fields are ignored, and every field may be missing or null.

pub(crate) mod administration;

use serde::{Deserialize, Deserializer, Serialize};
use store::{Crc64, ETag};

fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// A decimal checksum, which is a string in TOS but might be a number elsewhere; `None` for anything else.
fn lenient_crc<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Crc64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Written::deserialize(from)? {
        Written::Number(value) => Some(Crc64(value)),
        Written::Text(text) => text.parse().ok(),
        Written::Other(_) => None,
    })
}

/// The largest size that anything can have; the engine adds sizes up, and its ledger has signed numbers.
pub(crate) const SIZE_BYTES_MAX: u64 = i64::MAX as u64;

fn size<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let size_bytes: u64 = null_is_default(from)?;
    if size_bytes > SIZE_BYTES_MAX {
        return Err(serde::de::Error::custom("no object is as large as that"));
    }
    Ok(size_bytes)
}

fn etag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ETag>, D::Error> {
    let text: Option<String> = Option::deserialize(from)?;
    Ok(text.map(ETag::new).filter(|etag| !etag.as_str().is_empty()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BucketList {
    /// The one field that tells this answer from any other JSON.
    pub(crate) buckets: Option<Vec<Bucket>>,
    #[serde(default)]
    pub(crate) owner: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) creation_date: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) extranet_endpoint: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Location {
    pub(crate) region: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ObjectList {
    /// The bucket: present in every listing, and in no error.
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) is_truncated: bool,
    pub(crate) next_continuation_token: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) common_prefixes: Vec<CommonPrefix>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) contents: Vec<Object>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CommonPrefix {
    pub(crate) prefix: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) last_modified: Option<String>,
    #[serde(rename = "ETag", deserialize_with = "etag")]
    pub(crate) etag: Option<ETag>,
    #[serde(deserialize_with = "size")]
    pub(crate) size: u64,
    pub(crate) storage_class: Option<String>,
    #[serde(rename = "HashCrc64ecma", deserialize_with = "lenient_crc")]
    pub(crate) crc64: Option<Crc64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreatedUpload {
    pub(crate) upload_id: Option<String>,
}

/// The answer to Complete and to both kinds of copy: without an ETag it is no success.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Made {
    #[serde(rename = "ETag", deserialize_with = "etag")]
    pub(crate) etag: Option<ETag>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Complete {
    pub(crate) parts: Vec<CompletePart>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CompletePart {
    pub(crate) part_number: u32,
    #[serde(rename = "ETag")]
    pub(crate) etag: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PartList {
    pub(crate) upload_id: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) is_truncated: bool,
    pub(crate) next_part_number_marker: Option<u32>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Part {
    pub(crate) part_number: u32,
    pub(crate) last_modified: Option<String>,
    #[serde(rename = "ETag", deserialize_with = "etag")]
    pub(crate) etag: Option<ETag>,
    #[serde(deserialize_with = "size")]
    pub(crate) size: u64,
    #[serde(rename = "HashCrc64ecma", deserialize_with = "lenient_crc")]
    pub(crate) crc64: Option<Crc64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UploadList {
    /// Present in every list of uploads, and in no error.
    pub(crate) bucket: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) is_truncated: bool,
    pub(crate) next_key_marker: Option<String>,
    pub(crate) next_upload_id_marker: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) uploads: Vec<Upload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) upload_id: String,
    pub(crate) initiated: Option<String>,
    pub(crate) storage_class: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Delete<'a> {
    pub(crate) objects: Vec<DeleteEntry<'a>>,
    pub(crate) quiet: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteEntry<'a> {
    pub(crate) key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version_id: Option<&'a str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Deleted {
    /// An error of the request as a whole, behind a 200.
    pub(crate) code: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) error: Vec<NotDeleted>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct NotDeleted {
    pub(crate) key: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_null_and_unknown_fields_do_no_harm() {
        let list: ObjectList = serde_json::from_str(r#"{"Name":"b","Contents":null,"New":[1]}"#).unwrap();
        assert!(list.contents.is_empty() && !list.is_truncated);
        let list: ObjectList =
            serde_json::from_str(r#"{"Contents":[{"Key":"k","HashCrc64ecma":"18446744073709551615","ETag":"\"e\""}]}"#)
                .unwrap();
        assert_eq!(list.contents[0].crc64, Some(Crc64(u64::MAX)));
        assert_eq!(list.contents[0].etag, Some(ETag::new("e")));
        for (text, expected) in [("7", Some(Crc64(7))), ("null", None), ("\"\"", None), ("[]", None)] {
            let object: Object = serde_json::from_str(&format!(r#"{{"HashCrc64ecma":{text}}}"#)).unwrap();
            assert_eq!(object.crc64, expected, "{text}");
        }
        let made: Made = serde_json::from_str(r#"{"Code":"InternalError"}"#).unwrap();
        assert_eq!(made.etag, None);
    }
}
