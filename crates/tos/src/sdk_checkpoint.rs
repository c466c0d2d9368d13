//! The checkpoint files that the official TOS SDKs leave beside a transfer that did not end.
//!
//! Four SDKs (Go, Python, JS, C++) write three kinds each, all of them JSON and all of them different; [`parse`] tells
//! them apart by their shape and gives what they record in our words. A file is foreign data: it may be half written
//! (the SDKs write in place), of another program, or made up. So what comes out has been checked: every part number
//! exists, every range is within the source, and no two overlap. What it says may still be out of date: whoever goes on
//! with an upload asks the store for its parts, and compares the source.
//!
//! The shapes are facts gathered by running the SDKs; the examples are in `tests/sdk_checkpoints`.

mod name;
mod raw;
mod unfinished;

use std::time::{Duration, SystemTime};

use store::{ByteRange, Crc64, ETag, InvalidName, ObjectRef, PartNumber, UploadId, VersionId};

pub use name::kind_by_name;
use raw::{Raw, RawPart};
pub use unfinished::{NotAnUpload, SdkUpload};

/// The largest file that is looked at. 10 000 parts take about 2 MiB.
pub const SDK_CHECKPOINT_BYTES_MAX: usize = 32 << 20;

/// TOS has no more parts than this (protocol.md, section 8).
const PARTS_MAX: usize = 10_000;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sdk {
    /// `ve-tos-golang-sdk`
    Go,
    /// `ve-tos-python-sdk`
    Python,
    /// `@volcengine/tos-sdk`
    Js,
    /// `ve-tos-cpp-sdk`
    Cpp,
}

/// What was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdkTransfer {
    /// A local file to an object.
    Upload,
    /// An object to a local file.
    Download,
    /// An object to another object, by the server.
    Copy,
}

/// A checkpoint file, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkCheckpoint {
    /// Who wrote it.
    pub sdk: Sdk,
    /// What was under way.
    pub transfer: SdkTransfer,
    /// The object that is written; for a download the one that is read, with its version if there was one.
    pub object: ObjectRef,
    /// The multipart upload; `None` for downloads, and for uploads where the Go SDK was stopped before its first part.
    pub upload_id: Option<UploadId>,
    /// The local file as the program named it, perhaps relative; Go and Python record it for uploads, all for downloads.
    pub local_path: Option<String>,
    /// The unfinished file of a download.
    pub temp_path: Option<String>,
    /// What is read.
    pub source: SdkSource,
    /// Size of every part but the last; never 0.
    pub part_size_bytes: u64,
    /// By number. Python and JS record only the parts that have been tried.
    pub parts: Vec<SdkPart>,
    /// The object is encrypted with a key of the customer's, which is not recorded.
    pub has_customer_key: bool,
}

/// What is read, and how it looked when the transfer began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SdkSource {
    /// Of a copy; only Go records it.
    pub object: Option<ObjectRef>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// When it was last written, if that is a time that can be.
    pub modified: Option<RecordedTime>,
    /// Of downloads and copies.
    pub etag: Option<ETag>,
    /// Of downloads and copies.
    pub crc64: Option<Crc64>,
}

/// A time, as exact as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedTime {
    /// The time that was written.
    pub time: SystemTime,
    /// What was lost when it was written.
    pub resolution: Resolution,
}

/// How exactly a time is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Cut to the second: local files of Go and C++, objects.
    Second,
    /// A floating-point number, good to a microsecond: local files of Python and JS.
    Microsecond,
}

/// A part as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkPart {
    /// From 1.
    pub number: PartNumber,
    /// Where it begins in the source.
    pub offset: u64,
    /// Its size; 0 only for the one part of an empty source.
    pub size_bytes: u64,
    /// What the store answered; never there for a download.
    pub etag: Option<ETag>,
    /// Checksum of the part, where one is recorded.
    pub crc64: Option<Crc64>,
    /// Whether the SDK believed it to be at its place.
    pub is_completed: bool,
}

/// Why a file cannot be used; each is a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdkCheckpointError {
    /// More than [`SDK_CHECKPOINT_BYTES_MAX`].
    #[error("this is no checkpoint of a TOS SDK: it has more than {} MiB", SDK_CHECKPOINT_BYTES_MAX >> 20)]
    TooLarge,
    /// Half a file.
    #[error("the checkpoint breaks off in the middle, as after a crash; only the list of unfinished uploads helps now")]
    BrokenOff,
    /// Something else altogether.
    #[error("this is no checkpoint of a TOS SDK: it is not JSON (line {line}, column {column})")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// JSON of somebody else.
    #[error("this is no checkpoint of a TOS SDK: {0}")]
    Foreign(String),
    /// Numbers or names that cannot be.
    #[error("the checkpoint cannot be right: {0}")]
    Impossible(String),
}

type Result<T> = std::result::Result<T, SdkCheckpointError>;

/// Reads a checkpoint file.
///
/// # Errors
/// The file is too large, half written, of another program, or contradicts itself.
pub fn parse(bytes: &[u8]) -> Result<SdkCheckpoint> {
    if bytes.len() > SDK_CHECKPOINT_BYTES_MAX {
        return Err(SdkCheckpointError::TooLarge);
    }
    match bytes.trim_ascii_start().first() {
        None => return Err(foreign("it is empty")),
        // Serde would take a list for an object without names.
        Some(b'[') => return Err(foreign("it is a list")),
        Some(_) => {}
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(|error| explain(&error))?;
    let (sdk, transfer) = recognise(&raw)?;
    let source = source(&raw, sdk, transfer)?;
    let parts = parts(&raw, sdk, transfer, source.size_bytes)?;
    let part_size_bytes = raw.part_size.filter(|size| *size > 0).ok_or_else(|| foreign("it has no part size"))?;
    let file = raw.file_info.as_ref().map(raw::Nested::get);
    let of_file = |text: fn(&raw::RawFile) -> &Option<String>| file.and_then(|file| given(text(file).as_deref()));
    let version = (transfer == SdkTransfer::Download).then_some(raw.version_id.as_deref()).flatten();
    Ok(SdkCheckpoint {
        sdk,
        transfer,
        object: object(raw.bucket(), raw.key(), version)?,
        upload_id: given(raw.upload_id.as_deref()).filter(|_| transfer != SdkTransfer::Download).map(UploadId),
        local_path: given(raw.file_path.as_deref()).or_else(|| of_file(|file| &file.file_path)),
        temp_path: of_file(|file| &file.temp_file_path).or_else(|| given(raw.temp_file_path.as_deref())),
        source,
        part_size_bytes,
        parts,
        has_customer_key: given(raw.ssec_algorithm.as_deref()).is_some(),
    })
}

impl RecordedTime {
    /// Whether a file or object that was written at `modified` would have been recorded like this.
    pub fn agrees_with(self, modified: SystemTime) -> bool {
        let (ahead, late) = match modified.duration_since(self.time) {
            Ok(late) => (Duration::ZERO, late),
            Err(early) => (early.duration(), Duration::ZERO),
        };
        match self.resolution {
            Resolution::Second => ahead.is_zero() && late < Duration::from_secs(1),
            Resolution::Microsecond => ahead.max(late) <= Duration::from_micros(1),
        }
    }
}

fn explain(error: &serde_json::Error) -> SdkCheckpointError {
    use serde_json::error::Category;
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => SdkCheckpointError::BrokenOff,
        Category::Syntax | Category::Io => SdkCheckpointError::NotJson { line, column },
        // Serde's own words may quote the file, so they stay out.
        Category::Data => {
            foreign(&format!("a field is missing, twice, or of another type (line {line}, column {column})"))
        }
    }
}

fn foreign(why: &str) -> SdkCheckpointError {
    SdkCheckpointError::Foreign(why.to_owned())
}

fn impossible(why: impl Into<String>) -> SdkCheckpointError {
    SdkCheckpointError::Impossible(why.into())
}

/// A text that says something: the SDKs write "" for what they do not have.
fn given(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Who wrote it, and what it is about. Each distinction rests on a field that its writer cannot leave out.
fn recognise(raw: &Raw) -> Result<(Sdk, SdkTransfer)> {
    if raw.bucket().is_empty() || raw.key().is_empty() {
        return Err(foreign("it names no bucket and key"));
    }
    let transfer = match (&raw.copy_source_object_info, &raw.object_info, &raw.file_info) {
        (Some(_), None, None) => SdkTransfer::Copy,
        (None, Some(_), Some(_)) => SdkTransfer::Download,
        (None, None, Some(_)) => SdkTransfer::Upload,
        _ => return Err(foreign("it records no file and no source object")),
    };
    let is_quoted = raw.is_quoted();
    let sdk = match (raw.is_camel_case(), is_quoted) {
        // C++ writes every inner object as a string of JSON.
        (true, Some(true)) => Sdk::Cpp,
        (true, Some(false)) => Sdk::Go,
        (false, Some(false)) if raw.src_bucket.is_some() => Sdk::Go,
        // Python always has one of these, if only as null; JS has a text where Python has a number of seconds.
        (false, Some(false)) if raw.encoding_type.0 || raw.has_numeric_object_time() => Sdk::Python,
        (false, Some(false)) => Sdk::Js,
        _ => return Err(foreign("it mixes what several SDKs write")),
    };
    Ok((sdk, transfer))
}

fn object(bucket: &str, key: &str, version: Option<&str>) -> Result<ObjectRef> {
    let unusable = |error: InvalidName| impossible(error.to_string());
    store::check_bucket_name(bucket).map_err(unusable)?;
    store::check_key(key).map_err(unusable)?;
    Ok(ObjectRef { version: given(version).map(VersionId), ..ObjectRef::new(bucket, key) })
}

fn source(raw: &Raw, sdk: Sdk, transfer: SdkTransfer) -> Result<SdkSource> {
    if transfer == SdkTransfer::Upload {
        let file = raw.file_info.as_ref().map(raw::Nested::get);
        // Go leaves out a size of 0.
        let size_bytes = file.and_then(|file| file.file_size).or((sdk == Sdk::Go).then_some(0));
        let modified = file.and_then(|file| file.last_modified).and_then(|number| raw::file_time(number, sdk));
        let size_bytes = size_bytes.ok_or_else(|| foreign("it does not tell the size of the file"))?;
        return Ok(SdkSource { size_bytes, modified, ..SdkSource::default() });
    }
    let found = raw.copy_source_object_info.as_ref().or(raw.object_info.as_ref()).map(raw::Nested::get);
    let found = found.ok_or_else(|| foreign("it does not tell how the object looked"))?;
    let size_bytes = found.object_size.or((sdk == Sdk::Go).then_some(0));
    let object = match (given(raw.src_bucket.as_deref()), given(raw.src_key.as_deref())) {
        (Some(bucket), Some(key)) => Some(object(&bucket, &key, raw.src_version_id.as_deref())?),
        _ => None,
    };
    Ok(SdkSource {
        object,
        size_bytes: size_bytes.ok_or_else(|| foreign("it does not tell the size of the object"))?,
        modified: found.last_modified.as_ref().and_then(raw::object_time),
        etag: given(found.etag.as_deref()).map(ETag::new),
        crc64: found.crc64.0,
    })
}

fn parts(raw: &Raw, sdk: Sdk, transfer: SdkTransfer, size_bytes: u64) -> Result<Vec<SdkPart>> {
    let Some(recorded) = &raw.parts_info else {
        return Ok(Vec::new());
    };
    if recorded.0.len() > PARTS_MAX {
        return Err(impossible(format!("it has more than {PARTS_MAX} parts")));
    }
    let part = |part: &raw::Nested<RawPart>| one_part(part.get(), sdk, transfer, size_bytes);
    let mut parts = recorded.0.iter().map(part).collect::<Result<Vec<_>>>()?;
    parts.sort_by_key(|part| part.number);
    for pair in parts.windows(2) {
        let [before, after] = pair else { continue };
        if before.number == after.number {
            return Err(impossible(format!("part {} is there twice", after.number)));
        }
        if before.offset + before.size_bytes > after.offset {
            return Err(impossible(format!("parts {} and {} overlap", before.number, after.number)));
        }
    }
    Ok(parts)
}

fn one_part(part: &RawPart, sdk: Sdk, transfer: SdkTransfer, size_bytes: u64) -> Result<SdkPart> {
    let number = part.part_number.filter(|number| (1..=PARTS_MAX as u64).contains(number));
    let number = number.and_then(|number| PartNumber::new(u32::try_from(number).ok()?));
    let number = number.ok_or_else(|| impossible(format!("its parts are not numbered from 1 to {PARTS_MAX}")))?;
    let range = match (transfer, sdk) {
        (SdkTransfer::Upload, _) | (SdkTransfer::Copy, Sdk::Python) => part.by_length(),
        (SdkTransfer::Download, _) => part.of_download(sdk),
        (SdkTransfer::Copy, _) => part.of_copy(),
    };
    let range = range.ok_or_else(|| impossible(format!("part {number} has no range that makes sense")))?;
    // An empty source has one part: C++ writes it as the first byte.
    let range =
        if size_bytes == 0 && range.start == 0 && range.end <= 1 { ByteRange { start: 0, end: 0 } } else { range };
    if range.end > size_bytes {
        return Err(impossible(format!("part {number} lies behind the end of the source")));
    }
    if range.is_empty() && size_bytes > 0 {
        return Err(impossible(format!("part {number} is empty")));
    }
    Ok(SdkPart {
        number,
        offset: range.start,
        size_bytes: range.len_bytes(),
        etag: given(part.etag.as_deref()).filter(|_| transfer != SdkTransfer::Download).map(ETag::new),
        crc64: part.crc64.0,
        is_completed: part.is_completed.unwrap_or(false),
    })
}

#[cfg(test)]
mod examples;
