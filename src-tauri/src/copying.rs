//! A copy of an object inside its store, with everything that belongs to it, and the proof that it is one.
//!
//! Whoever deletes the original afterwards must know three things of the copy: that it is there although an answer was
//! lost, that it has the same bytes, and that it is what this program made. So the target is looked at before and after,
//! which costs two short requests.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{ErrorCode, TransferError};
use store::{
    AclSetting, CopyObjectOptions, CopySource, ErrorKind, ObjectAcl, ObjectDetails, ObjectRef, ObjectSettings,
    PutCondition, Retry, StoreError, VersionId, try_call,
};

use crate::dto::AppError;
use crate::stores::OpenStore;

/// The class of an object whose store names none.
const STANDARD: &str = "STANDARD";

/// A copy that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its version, where the bucket keeps them.
    pub version: Option<VersionId>,
    /// Whether a checksum or a tag shows that it has the same bytes. Otherwise only the size does.
    pub proven: bool,
    /// Whether it has the permissions of the original, which no copy takes by itself.
    pub acl_kept: bool,
}

/// How the bytes of two objects compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// They are the same: by CRC64, or by the tag where one has no CRC64.
    Proven,
    /// They have the same size, and nothing else can be compared.
    Unproven,
    /// They differ.
    Different,
}

/// Compares two objects by what the store tells of them.
pub fn compare(one: &ObjectDetails, other: &ObjectDetails) -> Sameness {
    let is_same = one.size_bytes == other.size_bytes;
    match (one.crc64, other.crc64) {
        _ if !is_same => Sameness::Different,
        (Some(one), Some(other)) if one == other => Sameness::Proven,
        (Some(_), Some(_)) => Sameness::Different,
        _ if one.etag == other.etag => Sameness::Proven,
        // What was made from parts gets another tag when it is copied whole.
        _ => Sameness::Unproven,
    }
}

/// Copies an object, of which the store has `told`, and compares. A copy whose answer was lost is found again.
///
/// # Errors
/// `already_exists` for a target that is there and may not be replaced, `mismatch` for a copy that has other bytes, or
/// that of the store; nothing of the original has changed then.
///
/// # Cancellation
/// A copy may be there, and may lack its permissions.
pub async fn copy(
    open: &OpenStore,
    source: &ObjectRef,
    told: &ObjectDetails,
    target: &ObjectRef,
    condition: PutCondition,
) -> Result<Copied, AppError> {
    let refusal = |error: StoreError| open.refusal(&error, target);
    // Asked first: what may not be read cannot be kept.
    let acl = acl(open, source).await.map_err(|error| open.refusal(&error, source))?;
    let before = look(open, target).await.map_err(refusal)?;
    if condition == PutCondition::IfAbsent && before.is_some() {
        return Err(refusal(StoreError::new(ErrorKind::AlreadyExists, "the target is there already")));
    }
    let options = CopyObjectOptions {
        source: CopySource { object: source.clone(), if_match: Some(told.etag.clone()) },
        replace_settings: settings(told),
        condition,
    };
    let copying = Copying { open, told, target, before, options, answer_lost: AtomicBool::new(false) };
    let version = asked(|| copying.attempt()).await.map_err(refusal)?;
    let made = ObjectRef { version: version.clone(), ..target.clone() };
    let there = asked(|| open.store.head_object(&made)).await.map_err(refusal)?;
    let sameness = compare(told, &there);
    if sameness == Sameness::Different {
        return Err(AppError::from(TransferError::new(ErrorCode::Mismatch)).with("name", target));
    }
    let acl_kept = match acl {
        None => false,
        // Also what looks like the usual: the bucket may give a new object something else.
        Some(acl) => {
            let setting = AclSetting::Explicit(acl);
            asked(|| open.administration.set_object_acl(&made, &setting)).await.is_ok()
        }
    };
    Ok(Copied { version, proven: sameness == Sameness::Proven, acl_kept })
}

/// One copy, and what is known while it is tried.
struct Copying<'a> {
    open: &'a OpenStore,
    told: &'a ObjectDetails,
    target: &'a ObjectRef,
    before: Option<ObjectDetails>,
    options: CopyObjectOptions,
    answer_lost: AtomicBool,
}

impl Copying<'_> {
    /// The version that it has become.
    async fn attempt(&self) -> Result<Option<VersionId>, StoreError> {
        let error = match self.open.store.copy_object(self.target, &self.options).await {
            Ok(receipt) => return Ok(receipt.version),
            Err(error) => error,
        };
        let may_be_ours = match error.kind {
            ErrorKind::AlreadyExists => self.answer_lost.load(Ordering::Relaxed),
            _ => error.retry != Retry::Never,
        };
        if !may_be_ours {
            return Err(error);
        }
        self.answer_lost.store(true, Ordering::Relaxed);
        match look(self.open, self.target).await {
            Ok(Some(now)) if self.is_new(&now) && compare(self.told, &now) != Sameness::Different => Ok(now.version),
            _ => Err(error),
        }
    }

    /// Whether something else is there than before.
    fn is_new(&self, now: &ObjectDetails) -> bool {
        self.before.as_ref().is_none_or(|before| {
            (&before.version, &before.etag, before.modified) != (&now.version, &now.etag, now.modified)
        })
    }
}

/// A short call, tried again where that makes sense.
///
/// # Errors
/// That of the last attempt.
pub async fn asked<T, F>(call: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    try_call(tokio::time::sleep, call).await
}

/// What is there; `None` if nothing is.
///
/// # Errors
/// If that is not known.
pub async fn look(open: &OpenStore, object: &ObjectRef) -> Result<Option<ObjectDetails>, StoreError> {
    match asked(|| open.store.head_object(object)).await {
        Ok(details) => Ok(Some(details)),
        Err(error) if error.kind == ErrorKind::ObjectNotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The permissions of an object; `None` for who may not read them.
async fn acl(open: &OpenStore, object: &ObjectRef) -> Result<Option<ObjectAcl>, StoreError> {
    match asked(|| open.administration.object_acl(object)).await {
        Ok(acl) => Ok(Some(acl)),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Unsupported | ErrorKind::Refused) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What the copy is told to be, as a store that keeps the metadata of a copy still gives it the class of its bucket.
/// Nothing for a link, whose own settings are not all told.
fn settings(told: &ObjectDetails) -> Option<ObjectSettings> {
    if told.object_type.as_deref() == Some("Symlink") {
        return None;
    }
    let class = told.settings.storage_class.clone().unwrap_or_else(|| STANDARD.to_owned());
    Some(ObjectSettings { storage_class: Some(class), ..told.settings.clone() })
}

#[cfg(test)]
mod tests {
    use store::{Crc64, ETag};

    use super::*;

    fn check(one: (u64, &str, Option<u64>), other: (u64, &str, Option<u64>), expected: Sameness) {
        let details = |(size_bytes, etag, crc64): (u64, &str, Option<u64>)| ObjectDetails {
            size_bytes,
            etag: ETag::new(etag),
            crc64: crc64.map(Crc64),
            modified: None,
            version: None,
            settings: ObjectSettings::default(),
            object_type: None,
            restore: None,
            request_id: None,
        };
        assert_eq!(compare(&details(one), &details(other)), expected);
        assert_eq!(compare(&details(other), &details(one)), expected);
    }

    #[test]
    fn only_a_checksum_or_a_tag_proves_that_two_are_the_same() {
        check((3, "a", Some(7)), (3, "b", Some(7)), Sameness::Proven);
        check((3, "a", Some(7)), (3, "a", Some(8)), Sameness::Different);
        check((3, "a", None), (3, "a", Some(8)), Sameness::Proven);
        check((3, "a", None), (3, "b", Some(8)), Sameness::Unproven);
        check((3, "a", Some(7)), (4, "a", Some(7)), Sameness::Different);
    }
}
