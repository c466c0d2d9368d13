//! Adopt: find out what an upload that somebody else began has in common with a local file.
//!
//! Another tool, or another computer, left a multipart upload unfinished. How its parts were cut is read from those that
//! are there; each is then compared with its range of the file: by the store's checksum where it tells one, by its tag
//! where that is an MD5, or by a checksum that the other tool has written down. What nothing speaks for is sent again.
//! The price is one reading of the ranges that are there, which is much cheaper than to send them.

use std::collections::{BTreeMap, BTreeSet};

use store::{Capabilities, Crc64, ETag, ListedPart, PartNumber, UploadId, UploadRef};

use super::{Tools, Work, Workspace, about, misfit, object_of};
use crate::checkpoint::{Checkpoint, PartRecord, Session};
use crate::error::{ErrorCode, TransferError};
use crate::plan::PartPlan;
use crate::transfer::{ConflictRule, TransferId, TransferSpec};

/// So many parts are asked for their opinion on how the file was cut; they do not differ in an upload of any tool.
const LOOKED_AT: usize = 64;

/// What is known of a foreign upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignUpload {
    /// Its id.
    pub upload_id: UploadId,
    /// Size of its parts, where whoever began it has written that down.
    pub part_size_bytes: Option<u64>,
    /// Checksums that whoever began it has written down. They count only for parts that still have these tags.
    pub checksums: BTreeMap<PartNumber, (ETag, Crc64)>,
}

/// What can be gone on with.
#[derive(Clone, Debug)]
pub(crate) struct Examined {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) held: Vec<PartRecord>,
    /// Parts that are there, ours or not.
    pub(crate) listed: Vec<PartNumber>,
}

impl Examined {
    /// Bytes that need not be sent again.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.held.iter().map(|part| part.size_bytes).sum()
    }
}

/// Compares a foreign upload with the file of `spec`.
///
/// # Errors
/// `upload_not_found` if it is gone, `upload_mismatch` if it cannot be this file's, `target_exists` if the object is there
/// and must not be replaced, and what reading the file or asking the store comes to.
///
/// # Cancellation
/// Changes nothing, so it may be dropped at any time.
pub(crate) async fn examine(
    spec: TransferSpec,
    foreign: ForeignUpload,
    tools: Tools,
) -> Result<Examined, TransferError> {
    // No transfer yet: the number is used for temporary files only, and here are none.
    let work = Work { id: TransferId(0), tools, workspace: Workspace::default().into(), spec: spec.into() };
    work.examine(foreign).await
}

impl Work {
    async fn examine(&self, foreign: ForeignUpload) -> Result<Examined, TransferError> {
        let (store_id, object) = object_of(&self.spec.target).ok_or_else(|| misfit("no object"))?;
        let source = self.probe_source().await?;
        let overwrite = self.spec.options.conflict == ConflictRule::Overwrite;
        if !overwrite && !self.nothing_there(&source).await? {
            return Err(TransferError::new(ErrorCode::TargetExists).with("name", object));
        }
        let (limits, settings, route) = self.limits_and_settings(&source).await?;
        let store = self.store(store_id).await?;
        let upload = UploadRef { object: object.clone(), upload_id: foreign.upload_id.clone() };
        let mut listed = store::all_parts(store.as_ref(), &upload).await.map_err(about(object))?;
        listed.sort_by_key(|part| part.number);
        let size_bytes = source.fingerprint.size_bytes();
        let mismatch = |why: String| {
            TransferError::new(ErrorCode::UploadMismatch)
                .with("name", object)
                .with("path", &self.spec.source)
                .because(why)
        };
        let wanted = foreign.part_size_bytes.unwrap_or(self.spec.options.part_size_bytes);
        let sizes = match &listed[..] {
            [] => vec![PartPlan::new(size_bytes, wanted, &limits)?.part_size_bytes],
            listed => part_sizes_of(listed, size_bytes, foreign.part_size_bytes, &limits),
        };
        if sizes.is_empty() {
            return Err(mismatch("the sizes of its parts do not fit the size of the file".to_owned()));
        }
        let base = Checkpoint {
            source: source.fingerprint,
            source_crc64: None,
            source_request_id: None, // a file
            part_size_bytes: 0,      // decided below
            target: self.spec.target.clone(),
            route,
            settings,
            overwrite,
            temp_path: None,
            planned_ms: 0, // nobody opens it, so nothing may ever be taken for an opening of ours
            begin_attempts: 0,
            adopted: true,
            session: Some(Session::Upload { upload_id: foreign.upload_id.clone() }),
        };
        // A part may fit more than one cut; its bytes fit one.
        for part_size_bytes in sizes {
            let checkpoint = Checkpoint { part_size_bytes, ..base.clone() };
            let held = self.held_of(&checkpoint, &listed, &foreign.checksums).await?;
            if !held.is_empty() || listed.is_empty() {
                let listed = listed.iter().map(|part| part.number).collect();
                return Ok(Examined { checkpoint, held, listed });
            }
        }
        Err(mismatch(format!("none of its {} parts is a part of this file", listed.len())))
    }

    /// The parts that are parts of the file, if it is cut like this.
    async fn held_of(
        &self,
        checkpoint: &Checkpoint,
        listed: &[ListedPart],
        checksums: &BTreeMap<PartNumber, (ETag, Crc64)>,
    ) -> Result<Vec<PartRecord>, TransferError> {
        let mut held = Vec::new();
        for mut part in listed.iter().filter(|part| fits(checkpoint.plan(), part)).cloned() {
            let told = part.crc64.is_some();
            if let Some((_, crc64)) = checksums.get(&part.number).filter(|(etag, _)| *etag == part.etag) {
                part.crc64.get_or_insert(*crc64);
            }
            // That the store has confirmed it cannot be said of what only somebody else has written down.
            held.extend(self.prove(checkpoint, part).await?.map(|record| PartRecord { confirmed: told, ..record }));
        }
        Ok(held)
    }
}

fn fits(plan: PartPlan, part: &ListedPart) -> bool {
    part.number.get() <= plan.part_count() && part.size_bytes == plan.range(part.number).len_bytes()
}

fn is_possible(plan: PartPlan, limits: &Capabilities) -> bool {
    let range = limits.part_size_bytes_min..=limits.part_size_bytes_max;
    plan.part_count() <= limits.parts_max && (plan.is_single() || range.contains(&plan.part_size_bytes))
}

/// The sizes of parts that a file of this size may have been cut into, going by the parts that are there: those that
/// most of them agree with, first what was written down.
fn part_sizes_of(listed: &[ListedPart], size_bytes: u64, written: Option<u64>, limits: &Capabilities) -> Vec<u64> {
    let agreeing = |part_size_bytes: u64| {
        let plan = PartPlan { size_bytes, part_size_bytes };
        if is_possible(plan, limits) { listed.iter().filter(|part| fits(plan, part)).count() } else { 0 }
    };
    // A last part says how large the others are, if it divides.
    let from_last = |part: &ListedPart| {
        let before = u64::from(part.number.get()) - 1;
        let rest = size_bytes.checked_sub(part.size_bytes)?;
        (before > 0 && rest % before == 0).then(|| rest / before)
    };
    let mut tried = BTreeSet::new();
    let mut best = (1, Vec::new());
    let from_parts = listed.iter().rev().take(LOOKED_AT).flat_map(|part| [from_last(part), Some(part.size_bytes)]);
    for candidate in [written].into_iter().chain(from_parts).flatten().filter(|size| *size > 0) {
        if !tried.insert(candidate) {
            continue;
        }
        let count = agreeing(candidate);
        if count > best.0 {
            best = (count, vec![candidate]);
        } else if count == best.0 {
            best.1.push(candidate);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &[(u32, u64)], size_bytes: u64, written: Option<u64>, expected: &[u64]) {
        let part = |(number, size_bytes): &(u32, u64)| ListedPart {
            number: PartNumber::new(*number).unwrap(),
            size_bytes: *size_bytes,
            etag: ETag::new("e"),
            crc64: None,
            modified: None,
        };
        let listed: Vec<ListedPart> = parts.iter().map(part).collect();
        let limits =
            Capabilities { part_size_bytes_min: 5, part_size_bytes_max: 50, parts_max: 20, server_side_copy: true };
        assert_eq!(part_sizes_of(&listed, size_bytes, written, &limits), expected, "{parts:?} of {size_bytes}");
    }

    #[test]
    fn the_size_of_parts_is_read_from_those_that_are_there() {
        check(&[(1, 10), (2, 10), (5, 10)], 95, None, &[10]);
        check(&[(3, 10), (10, 5)], 95, None, &[10]);
        check(&[(1, 95)], 95, None, &[95]);
        check(&[(1, 10), (2, 7), (3, 10)], 95, None, &[10]);
        check(&[(1, 10), (2, 10)], 95, Some(12), &[10]);
    }

    #[test]
    fn where_sizes_alone_do_not_tell_each_is_a_candidate_and_what_was_written_down_the_first() {
        check(&[(10, 5)], 95, None, &[10, 5]);
        check(&[(10, 5)], 95, Some(5), &[5, 10]);
    }

    #[test]
    fn sizes_that_no_cut_of_the_file_gives_have_no_candidate() {
        check(&[(1, 100)], 95, None, &[]);
        check(&[(2, 0)], 95, None, &[]);
        check(&[(1, 2)], 95, None, &[]); // smaller than a part may be
        check(&[(19, 4)], 95, None, &[]);
    }
}
