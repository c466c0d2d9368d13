//! What every store must do, as functions that panic with a sentence.
//!
//! A store's own tests call [`run_all`] with a bucket name that is free, or [`run_in_bucket`] where buckets cannot be
//! made (a custom domain names one bucket). Where servers are allowed to differ, [`Expectations`] says what the one
//! under test does, so that both settings of each switch can be run. Everything here goes through [`ObjectStore`]
//! alone; what a store does underneath (addressing, presigned URLs, TLS) its own tests check.
//!
//! The tests are independent: each uses keys below a prefix of its own, and may run in a bucket that holds other keys.
//! What that costs: a listing of a whole bucket is never compared, only listings below a prefix.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failing expectation is what these functions are for")]

mod administration;
mod buckets;
mod copy;
mod keys;
mod listing;
mod multipart;
mod objects;
mod versions;

use std::fmt;

use bytes::Bytes;
use futures_util::StreamExt;

use crate::{
    Administration, ErrorKind, GetOptions, GotObject, ObjectRef, ObjectSettings, ObjectStore, PutCondition, PutReceipt,
    StoreError, UploadBody,
};

pub use administration::*;
pub use buckets::*;
pub use copy::*;
pub use keys::*;
pub use listing::*;
pub use multipart::*;
pub use objects::*;
pub use versions::*;

/// What the server under test does where servers may differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectations {
    /// Whether checksums are reported for puts, parts, completed objects, HEAD and GET.
    pub crc_anywhere: bool,
    /// Whether the receipt of a copy may carry a checksum (then it must be the right one).
    pub crc_on_copy: bool,
    /// Whether the ETag of a part or of a single put is the MD5 of its bytes.
    pub etag_is_md5: bool,
    /// Whether Complete refuses a list of parts that is not ascending.
    pub strict_part_order: bool,
    /// Whether a second Complete of one upload succeeds (`true`) or says `UploadNotFound`.
    pub complete_twice_succeeds: bool,
    /// Whether an archived object can be read as soon as its restoration was asked for; else it never can within a test.
    pub restores_at_once: bool,
}

impl Default for Expectations {
    /// What the SDKs show of TOS.
    fn default() -> Self {
        Self {
            crc_anywhere: true,
            crc_on_copy: true,
            etag_is_md5: true,
            strict_part_order: false,
            complete_twice_succeeds: false,
            restores_at_once: false,
        }
    }
}

/// A store under test.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The store.
    pub store: &'a dyn ObjectStore,
    /// A bucket that exists.
    pub bucket: &'a str,
    /// What is expected of it.
    pub expect: &'a Expectations,
}

/// Makes `bucket`, then runs every test in it.
pub async fn run_all(store: &dyn ObjectStore, bucket: &str, expect: &Expectations) {
    let subject = Subject { store, bucket, expect };
    buckets_are_made_listed_and_described(&subject).await;
    a_bucket_that_is_not_there_is_named(&subject).await;
    run_in_bucket(store, bucket, expect).await;
}

/// Runs every test that needs no more than one bucket, which exists.
pub async fn run_in_bucket(store: &dyn ObjectStore, bucket: &str, expect: &Expectations) {
    let subject = &Subject { store, bucket, expect };

    objects_of_interesting_sizes_come_back(subject).await;
    ranges_are_exact(subject).await;
    a_changed_object_is_noticed(subject).await;
    put_if_absent_does_not_replace(subject).await;
    settings_travel_with_the_object(subject).await;
    what_is_missing_is_named(subject).await;
    deleting_is_repeatable(subject).await;
    many_objects_are_deleted_at_once(subject).await;
    a_body_that_fails_publishes_nothing(subject).await;

    odd_keys_round_trip(subject).await;
    unusable_names_are_refused(subject).await;

    a_listing_is_complete_and_in_order(subject).await;
    a_delimiter_groups_keys(subject).await;
    a_listing_can_start_after_a_key(subject).await;

    parts_in_any_order_make_the_object(subject).await;
    a_part_can_be_replaced(subject).await;
    one_empty_part_makes_an_empty_object(subject).await;
    an_aborted_upload_is_gone(subject).await;
    complete_twice_is_answered_as_expected(subject).await;
    complete_refuses_what_does_not_fit(subject).await;
    complete_if_absent_does_not_replace(subject).await;
    open_uploads_are_listed(subject).await;

    a_copy_keeps_settings(subject).await;
    a_copy_can_replace_settings(subject).await;
    a_copy_checks_source_and_target(subject).await;
    parts_can_be_copied(subject).await;
}

/// Runs every test of [`Administration`], in `bucket` and in a second one, both of which must be free.
pub async fn run_administration(store: &dyn Administration, bucket: &str, expect: &Expectations) {
    let with_versions = format!("{bucket}-versions");
    let subject = &Subject { store, bucket: &with_versions, expect };
    store.create_bucket(&with_versions).await.expect("a free bucket name can be taken");
    versions_are_kept_read_and_deleted(subject, store).await;
    suspended_versioning_keeps_what_there_was(subject, store).await;

    let subject = &Subject { store, bucket, expect };
    store.create_bucket(bucket).await.expect("a free bucket name can be taken");
    properties_are_replaced_as_a_whole(subject, store).await;
    acls_round_trip(subject, store).await;
    tags_round_trip(subject, store).await;
    archived_objects_come_back(subject, store).await;
    objects_are_renamed(subject, store).await;
    lifecycle_rules_of_others_stay(subject, store).await;
    let last = format!("{bucket}-last");
    store.create_bucket(&last).await.expect("a free bucket name can be taken");
    a_bucket_is_deleted_when_it_is_empty(&Subject { store, bucket: &last, expect }, store).await;
}

impl Subject<'_> {
    fn at(&self, key: impl Into<String>) -> ObjectRef {
        ObjectRef::new(self.bucket, key)
    }

    async fn put(&self, object: &ObjectRef, bytes: impl Into<Bytes>) -> PutReceipt {
        self.put_with(object, bytes, &ObjectSettings::default()).await
    }

    async fn put_with(&self, object: &ObjectRef, bytes: impl Into<Bytes>, settings: &ObjectSettings) -> PutReceipt {
        self.store
            .put_object(object, settings, PutCondition::Always, UploadBody::from_bytes(bytes))
            .await
            .unwrap_or_else(|error| panic!("{object:?} could not be put: {}", Told(&error)))
    }

    async fn get(&self, object: &ObjectRef, options: &GetOptions) -> (GotObject, Bytes) {
        let mut got = self
            .store
            .get_object(object, options)
            .await
            .unwrap_or_else(|error| panic!("{object:?} could not be read with {options:?}: {}", Told(&error)));
        let bytes = read(&mut got).await.unwrap_or_else(|error| panic!("{object:?} broke off: {}", Told(&error)));
        (got, bytes)
    }

    async fn get_whole(&self, object: &ObjectRef) -> Bytes {
        self.get(object, &GetOptions::default()).await.1
    }

    /// The checksum that a receipt should carry.
    fn crc_of(&self, bytes: &[u8]) -> Option<crate::Crc64> {
        self.expect.crc_anywhere.then(|| crate::Crc64::of(bytes))
    }

    fn smallest_part(&self) -> usize {
        usize::try_from(self.store.capabilities().part_size_bytes_min).expect("a part fits into memory").max(1)
    }
}

async fn read(got: &mut GotObject) -> Result<Bytes, StoreError> {
    let mut all = Vec::new();
    while let Some(piece) = got.body.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all.into())
}

/// Bytes that differ from place to place and from seed to seed.
fn pattern(len: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        // xorshift64: no two positions alike, and cheap enough for many megabytes.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes.into()
}

#[track_caller]
fn assert_same_bytes(got: &[u8], expected: &[u8], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}: the length differs");
    let differs = got.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{what}: the first byte that differs is at this position");
}

#[track_caller]
fn assert_refused<T: fmt::Debug>(result: Result<T, StoreError>, kind: ErrorKind, what: &str) -> StoreError {
    match result {
        Ok(answer) => panic!("{what}: {kind:?} was expected, but it succeeded with {answer:?}"),
        Err(error) => {
            assert_eq!(error.kind, kind, "{what}: another kind of error was expected; {}", Told(&error));
            error
        }
    }
}

/// An error with everything it knows, for the sentence of a panic.
struct Told<'a>(&'a StoreError);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StoreError { kind, message, code, status, .. } = self.0;
        write!(f, "{kind:?}, code {code:?}, status {status:?}: {message}")?;
        let mut cause = std::error::Error::source(self.0);
        while let Some(error) = cause {
            write!(f, " <- {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
