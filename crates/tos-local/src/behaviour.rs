//! The switches: one for each point on which no source says what real TOS does (protocol notes, section 10).

/// Answers that real TOS may give one way or the other. The default is what is more likely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Status when `x-tos-forbid-overwrite` meets an existing object: 409 (`DuplicateObject`) or 412
    /// (`PreconditionFailed`).
    pub forbid_overwrite_status: u16,
    /// Takes only lower-case `true` in `x-tos-forbid-overwrite`; `True` then counts as not sent.
    pub forbid_overwrite_exact_case: bool,
    /// `CopyObject` and `UploadPartCopy` answer with `x-tos-hash-crc64ecma`.
    pub crc_in_copy_answers: bool,
    /// Objects that were made by server-side copies, whole or of parts, have a CRC: in the answer of Complete, in HEAD,
    /// GET and listings.
    pub crc_of_copies: bool,
    /// Any answer carries a CRC; `false` plays a proxy that strips the header.
    pub crc_headers: bool,
    /// `ListParts` shows the CRC of each part.
    pub crc_in_list_parts: bool,
    /// The ETag is the MD5 (of the parts' MD5s for a multipart object); `false` makes it an opaque word.
    pub md5_etags: bool,
    /// Complete refuses parts that are not in ascending order with `InvalidPartOrder`; `false` sorts them. Off unless
    /// asked for: the official Python SDK names the parts in the order in which they were finished.
    pub strict_part_order: bool,
    /// A second Complete of one upload answers as the first did, as long as the server runs, instead of `NoSuchUpload`.
    pub second_complete_succeeds: bool,
    /// Parts that were on their way when their upload was aborted stay, and need a second Abort.
    pub abort_misses_running_parts: bool,
    /// Status of deleting a key that does not exist: 204, or 404 `NoSuchKey`.
    pub delete_missing_status: u16,
    /// Status of reading an object of an archive class: 403 or 409 (`ObjectNotRestored`).
    pub archived_status: u16,
    /// Status of asking again while an object is being restored: 409 or 403 (`RestoreAlreadyInProgress`).
    pub restore_in_progress_status: u16,
    /// Status of asking for the tags of an object without any: 200 with an empty list, or 404 `NoSuchTagSet`.
    pub untagged_status: u16,
    /// What a request gets that is signed for another region than that of its bucket.
    pub wrong_region: WrongRegion,
    /// `ListBuckets` shows the buckets of all regions; `false`: only of the region that signed.
    pub list_buckets_of_all_regions: bool,
    /// Longest key in bytes: 1024 or 696.
    pub key_bytes_max: usize,
    /// Seconds that a signature's date may be off.
    pub clock_skew_seconds_max: u64,
    /// Largest body of one `PutObject`, of a part and of a copy.
    pub put_bytes_max: u64,
    /// Most keys of one `DeleteMultiObjects`.
    pub delete_keys_max: usize,
    /// A 404 because of a delete marker says so with `x-tos-delete-marker: true`.
    pub delete_marker_header_on_404: bool,
    /// `GetBucketVersioning` of a bucket that never had it answers `{}`; `true`: `{"Status":""}`.
    pub empty_versioning_status: bool,
    /// Errors carry `EC` and `x-tos-ec`.
    pub error_ec: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            forbid_overwrite_status: 409,
            forbid_overwrite_exact_case: false,
            crc_in_copy_answers: false,
            crc_of_copies: true,
            crc_headers: true,
            crc_in_list_parts: false,
            md5_etags: true,
            strict_part_order: false,
            second_complete_succeeds: false,
            abort_misses_running_parts: false,
            delete_missing_status: 204,
            archived_status: 403,
            restore_in_progress_status: 409,
            untagged_status: 200,
            wrong_region: WrongRegion::Denied,
            list_buckets_of_all_regions: true,
            key_bytes_max: 1024,
            clock_skew_seconds_max: 15 * 60,
            put_bytes_max: 5 << 30,
            delete_keys_max: 1000,
            delete_marker_header_on_404: true,
            empty_versioning_status: false,
            error_ec: true,
        }
    }
}

/// The answer to a request that is signed for the wrong region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongRegion {
    /// 403 `CrossRegionAccessError`.
    Denied,
    /// 307 with a `Location` at the bucket's own endpoint.
    Redirect,
    /// 404 `NoSuchBucket`, as if the bucket were not there.
    NoSuchBucket,
}
