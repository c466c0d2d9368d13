//! Parts of an object and the multipart upload that collects them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ObjectRef;

/// The number of a part, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartNumber(u32);

impl PartNumber {
    /// The first part.
    pub const FIRST: Self = Self(1);

    /// A part number; `None` for 0.
    pub fn new(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number, from 1.
    pub fn get(self) -> u32 {
        self.0
    }

    /// The part after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for PartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A run of bytes in an object: `start` up to, not including, `end`. Never empty on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl ByteRange {
    /// `len_bytes` bytes from `start`.
    pub fn at(start: u64, len_bytes: u64) -> Self {
        Self { start, end: start + len_bytes }
    }

    /// How many bytes it covers.
    pub fn len_bytes(self) -> u64 {
        self.end - self.start
    }

    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }

    /// As HTTP writes it, with an inclusive end: `bytes=0-9`. Only for a range that is not empty.
    pub fn to_http(self) -> String {
        debug_assert!(!self.is_empty(), "HTTP has no way to write an empty range");
        format!("bytes={}-{}", self.start, self.end.saturating_sub(1))
    }
}

/// The id that a store gave to a multipart upload. Opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadId(pub String);

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A multipart upload: which object it will become, and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadRef {
    /// The object that Complete will create or replace.
    pub object: ObjectRef,
    /// The id that the store gave.
    pub upload_id: UploadId,
}
