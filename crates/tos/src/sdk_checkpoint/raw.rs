//! The fields as they are written, under all their names.
//!
//! One set of structs serves all SDKs: the names differ, and what differs in meaning is decided later, when it is known
//! who wrote it. Nothing here nests without end, and no more parts are kept than one too many.

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use store::{ByteRange, Crc64};

use super::{PARTS_MAX, RecordedTime, Resolution, Sdk};
use crate::headers;

/// The whole file.
#[derive(Deserialize)]
pub(super) struct Raw {
    bucket: Option<String>,
    #[serde(rename = "Bucket")]
    bucket_camel_case: Option<String>,
    #[serde(alias = "Key")]
    key: Option<String>,
    #[serde(alias = "VersionID", alias = "VersionId")]
    pub(super) version_id: Option<String>,
    pub(super) src_bucket: Option<String>,
    pub(super) src_key: Option<String>,
    pub(super) src_version_id: Option<String>,
    #[serde(alias = "PartSize")]
    pub(super) part_size: Option<u64>,
    #[serde(alias = "UploadID", alias = "UploadId")]
    pub(super) upload_id: Option<String>,
    // C++ writes one name and reads another (protocol.md, B12); a later version may have mended either.
    #[serde(alias = "SSECAlgorithm", alias = "SSECustomerAlgorithm")]
    pub(super) ssec_algorithm: Option<String>,
    #[serde(alias = "FilePath")]
    pub(super) file_path: Option<String>,
    #[serde(alias = "TempFilePath")]
    pub(super) temp_file_path: Option<String>,
    #[serde(alias = "FileInfo")]
    pub(super) file_info: Option<Nested<RawFile>>,
    #[serde(alias = "ObjectInfo")]
    pub(super) object_info: Option<Nested<RawObject>>,
    #[serde(alias = "CopySourceObjectInfo")]
    pub(super) copy_source_object_info: Option<Nested<RawObject>>,
    #[serde(alias = "PartsInfo")]
    pub(super) parts_info: Option<RawParts>,
    #[serde(default)]
    pub(super) encoding_type: IsThere,
}

#[derive(Deserialize)]
pub(super) struct RawFile {
    #[serde(alias = "LastModified")]
    pub(super) last_modified: Option<f64>,
    #[serde(alias = "FileSize", alias = "Size")]
    pub(super) file_size: Option<u64>,
    #[serde(alias = "FilePath")]
    pub(super) file_path: Option<String>,
    #[serde(alias = "TempFilePath")]
    pub(super) temp_file_path: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RawObject {
    #[serde(alias = "Etag", alias = "ETag")]
    pub(super) etag: Option<String>,
    #[serde(default, rename = "hash_crc64ecma", alias = "HashCrc64Ecma", alias = "HashCrc64ecma")]
    pub(super) crc64: RawCrc64,
    #[serde(alias = "last_modify", alias = "LastModified")]
    pub(super) last_modified: Option<RawTime>,
    #[serde(alias = "ObjectSize")]
    pub(super) object_size: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct RawPart {
    #[serde(alias = "PartNumber", alias = "PartNum")]
    pub(super) part_number: Option<u64>,
    #[serde(alias = "PartSize")]
    part_size: Option<u64>,
    #[serde(alias = "Offset")]
    offset: Option<u64>,
    #[serde(alias = "RangeStart")]
    range_start: Option<u64>,
    /// Signed, since JS writes -1 for an empty object.
    #[serde(alias = "RangeEnd")]
    range_end: Option<i64>,
    copy_source_range: Option<String>,
    #[serde(alias = "CopySourceRangeStart")]
    copy_source_range_start: Option<u64>,
    #[serde(alias = "CopySourceRangeEnd")]
    copy_source_range_end: Option<i64>,
    #[serde(alias = "ETag", alias = "Etag")]
    pub(super) etag: Option<String>,
    #[serde(default, rename = "hash_crc64ecma", alias = "HashCrc64Ecma", alias = "HashCrc64ecma")]
    pub(super) crc64: RawCrc64,
    #[serde(alias = "IsCompleted")]
    pub(super) is_completed: Option<bool>,
    is_zero_size: Option<bool>,
}

impl Raw {
    pub(super) fn bucket(&self) -> &str {
        self.bucket.as_deref().or(self.bucket_camel_case.as_deref()).unwrap_or_default()
    }

    pub(super) fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    pub(super) fn is_camel_case(&self) -> bool {
        self.bucket_camel_case.is_some()
    }

    /// Whether the inner objects are strings of JSON; `None` if only some are.
    pub(super) fn is_quoted(&self) -> Option<bool> {
        let info = [
            self.file_info.as_ref().map(Nested::is_quoted),
            self.object_info.as_ref().map(Nested::is_quoted),
            self.copy_source_object_info.as_ref().map(Nested::is_quoted),
        ];
        let parts = self.parts_info.iter().flat_map(|parts| parts.0.iter().map(Nested::is_quoted));
        let mut all = info.into_iter().flatten().chain(parts);
        let first = all.next()?;
        all.all(|next| next == first).then_some(first)
    }

    pub(super) fn has_numeric_object_time(&self) -> bool {
        let object = self.copy_source_object_info.as_ref().or(self.object_info.as_ref());
        object.is_some_and(|object| matches!(object.get().last_modified, Some(RawTime::Seconds(_))))
    }
}

impl RawPart {
    /// Offset and length.
    pub(super) fn by_length(&self) -> Option<ByteRange> {
        let start = self.offset?;
        Some(ByteRange { start, end: start.checked_add(self.part_size?)? })
    }

    /// First and last byte, or for Python the one behind the last.
    pub(super) fn of_download(&self, sdk: Sdk) -> Option<ByteRange> {
        match sdk {
            Sdk::Python => {
                let (start, end) = (self.range_start?, u64::try_from(self.range_end?).ok()?);
                (start <= end).then_some(ByteRange { start, end })
            }
            // Go leaves out an end of 0.
            Sdk::Go => inclusive(self.range_start?, self.range_end.unwrap_or(0)),
            Sdk::Js | Sdk::Cpp => inclusive(self.range_start?, self.range_end?),
        }
    }

    /// As a header, which Go keeps when it forgets the numbers; else first and last byte.
    pub(super) fn of_copy(&self) -> Option<ByteRange> {
        if self.is_zero_size == Some(true) {
            return Some(ByteRange { start: 0, end: 0 });
        }
        match self.copy_source_range.as_deref().filter(|range| !range.is_empty()) {
            Some(range) => {
                let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
                inclusive(first.parse().ok()?, last.parse().ok()?)
            }
            None => inclusive(self.copy_source_range_start?, self.copy_source_range_end?),
        }
    }
}

fn inclusive(start: u64, last: i64) -> Option<ByteRange> {
    let end = u64::try_from(last.checked_add(1)?).ok()?;
    (start <= end).then_some(ByteRange { start, end })
}

/// The time of a local file: seconds, but for JS, which has milliseconds. `None` if there is no such time.
pub(super) fn file_time(number: f64, sdk: Sdk) -> Option<RecordedTime> {
    let (seconds, resolution) = match sdk {
        Sdk::Go | Sdk::Cpp => (number, Resolution::Second),
        Sdk::Python => (number, Resolution::Microsecond),
        Sdk::Js => (number / 1000.0, Resolution::Microsecond),
    };
    Some(RecordedTime { time: unix_time(seconds)?, resolution })
}

/// The time of an object, which is never finer than a second.
pub(super) fn object_time(time: &RawTime) -> Option<RecordedTime> {
    let time = match time {
        RawTime::Seconds(seconds) => unix_time(*seconds)?,
        // The year 1, which Go writes for a time that it does not have, is none.
        RawTime::Text(text) => httpdate::parse_http_date(text).ok().or_else(|| headers::iso_time(text))?,
    };
    Some(RecordedTime { time, resolution: Resolution::Second })
}

fn unix_time(seconds: f64) -> Option<SystemTime> {
    let from_epoch = Duration::try_from_secs_f64(seconds.abs()).ok()?;
    if seconds < 0.0 {
        SystemTime::UNIX_EPOCH.checked_sub(from_epoch)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(from_epoch)
    }
}

/// Whether a field is there at all, also as null.
#[derive(Default)]
pub(super) struct IsThere(pub(super) bool);

impl<'de> Deserialize<'de> for IsThere {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(from).map(|_| Self(true))
    }
}

/// Seconds since 1970, or a text in one of two formats.
#[derive(Debug)]
pub(super) enum RawTime {
    Seconds(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for RawTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NumberOrText).map(|found| match found {
            Found::Number(number) => Self::Seconds(number as f64),
            Found::Fraction(number) => Self::Seconds(number),
            Found::Text(text) => Self::Text(text),
            Found::Null => Self::Text(String::new()),
        })
    }
}

/// A checksum as number or text. 0, an empty text and the ETag that Python puts into copies mean that there is none.
#[derive(Default)]
pub(super) struct RawCrc64(pub(super) Option<Crc64>);

impl<'de> Deserialize<'de> for RawCrc64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = match from.deserialize_any(NumberOrText)? {
            Found::Number(number) => Some(number),
            Found::Text(text) => text.parse().ok(),
            Found::Fraction(_) | Found::Null => None,
        };
        Ok(Self(number.filter(|number| *number != 0).map(Crc64)))
    }
}

enum Found {
    Number(u64),
    Fraction(f64),
    Text(String),
    Null,
}

struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a text")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Number(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Found, E> {
        Ok(Found::Fraction(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Found, E> {
        Ok(Found::Fraction(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found, E> {
        Ok(Found::Text(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(Found::Null)
    }
}

/// An inner object: written as such, or, by C++, as a string that holds its JSON.
pub(super) enum Nested<T> {
    Plain(T),
    Quoted(T),
}

impl<T> Nested<T> {
    pub(super) fn get(&self) -> &T {
        match self {
            Self::Plain(inner) | Self::Quoted(inner) => inner,
        }
    }

    fn is_quoted(&self) -> bool {
        matches!(self, Self::Quoted(_))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ObjectOrText<T>(PhantomData<T>);
        impl<'de, T: DeserializeOwned> Visitor<'de> for ObjectOrText<T> {
            type Value = Nested<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, or a string with one")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Nested<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Nested::Plain)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Nested<T>, E> {
                serde_json::from_str(text).map(Nested::Quoted).map_err(E::custom)
            }
        }
        from.deserialize_any(ObjectOrText(PhantomData))
    }
}

/// The list of parts, and at most one more than there may be.
pub(super) struct RawParts(pub(super) Vec<Nested<RawPart>>);

impl<'de> Deserialize<'de> for RawParts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = RawParts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of parts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawParts, A::Error> {
                let mut parts = Vec::new();
                while parts.len() <= PARTS_MAX {
                    match list.next_element()? {
                        Some(part) => parts.push(part),
                        None => return Ok(RawParts(parts)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(RawParts(parts))
            }
        }
        from.deserialize_seq(List)
    }
}
