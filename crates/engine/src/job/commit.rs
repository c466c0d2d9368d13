//! Commit: publish the target, and prove that it is the source.

use std::io;
use std::path::Path;

use store::{Crc64, Crc64Combiner, ErrorKind, ObjectRef, ObjectStore, PutReceipt, UploadRef};

use super::{Attempt, Work, about, misfit, object_of, slot};
use crate::checkpoint::{Checkpoint, PartRecord, Session};
use crate::disk::{Disk, RandomFile, check_place, hash_range, off_thread};
use crate::error::{ErrorCode, TransferError};
use crate::queue::Report;
use crate::rules::Rule;
use crate::transfer::{End, Route};
use crate::view::{Outcome, RequestId, RequestPurpose, Transferred};

impl Work {
    pub(super) async fn commit(
        &self,
        checkpoint: &Checkpoint,
        parts: Vec<PartRecord>,
        published: Option<PutReceipt>,
    ) -> Attempt {
        match &checkpoint.target {
            End::Object { .. } => self.commit_object(checkpoint, &parts, published).await,
            End::File { path } => self.commit_file(checkpoint, &parts, path).await,
        }
    }

    async fn commit_object(
        &self,
        checkpoint: &Checkpoint,
        parts: &[PartRecord],
        published: Option<PutReceipt>,
    ) -> Attempt {
        let (store, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let store = self.store(store).await?;
        // For a file what was read, for a copy what the store says of its source and never what it says of the parts.
        let expected = match &self.spec.source {
            End::File { .. } => combined(parts),
            // Without one of the source's, what passed through is at least what has to have arrived.
            End::Object { .. } if checkpoint.route == Route::Relay => {
                checkpoint.source_crc64.or_else(|| combined(parts))
            }
            End::Object { .. } => checkpoint.source_crc64,
        };
        self.check_relayed(checkpoint, object, parts)?;
        let completed = slot(&self.workspace.completed).clone();
        let mut verified_by = None;
        let receipt = match (published.or(completed), &checkpoint.session) {
            (Some(receipt), _) => receipt,
            (None, Some(Session::Upload { upload_id })) => {
                if self.tools.rules.hold(Rule::SourceIsCompared) && !self.source_unchanged(checkpoint).await? {
                    return Err(self.source_changed());
                }
                let upload = UploadRef { object: object.clone(), upload_id: upload_id.clone() };
                let listed: Option<Vec<_>> = parts.iter().map(|part| Some((part.number, part.etag.clone()?))).collect();
                let listed = listed.ok_or_else(|| misfit("a part without a tag"))?;
                match store.complete_upload(&upload, &listed, self.condition(checkpoint)).await {
                    Ok(receipt) => receipt,
                    Err(error)
                        if matches!(error.kind, ErrorKind::UploadNotFound | ErrorKind::AlreadyExists)
                            && self.tools.rules.hold(Rule::LostReplyIsAsked) =>
                    {
                        // An earlier attempt may have done it and its answer was lost: the object tells.
                        match self.published_before(store.as_ref(), checkpoint, object, expected).await? {
                            Some((receipt, request_id)) => {
                                verified_by = request_id;
                                receipt
                            }
                            None if error.kind == ErrorKind::AlreadyExists => {
                                return Err(TransferError::new(ErrorCode::TargetExists).with("name", object));
                            }
                            None => return Err(about(object)(error)),
                        }
                    }
                    Err(error) => return Err(about(object)(error)),
                }
            }
            (None, _) => return Err(misfit("nothing to commit")),
        };
        slot(&self.workspace.completed).replace(receipt.clone());
        self.verify_object(store.as_ref(), checkpoint, object, expected, (receipt, verified_by)).await
    }

    /// What passed through here is compared with what the source's store says of it, before anything is published.
    fn check_relayed(
        &self,
        checkpoint: &Checkpoint,
        object: &ObjectRef,
        parts: &[PartRecord],
    ) -> Result<(), TransferError> {
        let passed = if checkpoint.route == Route::Relay { combined(parts) } else { None };
        match (checkpoint.source_crc64, passed) {
            (Some(source), Some(passed)) if source != passed && self.tools.rules.hold(Rule::VerifiedBeforeDone) => {
                let what = format_args!("CRC64 {passed} passed through, the source has {source}");
                Err(TransferError::new(ErrorCode::Corrupted).with("name", object).because(what))
            }
            _ => Ok(()),
        }
    }

    /// The object as an earlier attempt has published it, and the id of the request that found it.
    async fn published_before(
        &self,
        store: &dyn ObjectStore,
        checkpoint: &Checkpoint,
        object: &ObjectRef,
        expected: Option<Crc64>,
    ) -> Result<Option<(PutReceipt, Option<String>)>, TransferError> {
        let there = match store.head_object(object).await {
            Ok(there) => there,
            Err(error) if error.kind == ErrorKind::ObjectNotFound => return Ok(None),
            Err(error) => return Err(about(object)(error)),
        };
        let equal =
            there.size_bytes == checkpoint.source.size_bytes() && there.crc64.is_some() && there.crc64 == expected;
        let receipt = PutReceipt { etag: there.etag, crc64: there.crc64, version: there.version, request_id: None };
        Ok(equal.then_some((receipt, there.request_id)))
    }

    async fn verify_object(
        &self,
        store: &dyn ObjectStore,
        checkpoint: &Checkpoint,
        object: &ObjectRef,
        expected: Option<Crc64>,
        (receipt, mut verified_by): (PutReceipt, Option<String>),
    ) -> Attempt {
        let mut theirs = receipt.crc64;
        if theirs.is_none() {
            match store.head_object(object).await {
                Ok(there) if there.size_bytes != checkpoint.source.size_bytes() => {
                    return Err(mismatch(object, expected, there.crc64));
                }
                // Only if it is still the object that was just written.
                Ok(there) if there.etag == receipt.etag => {
                    theirs = there.crc64;
                    verified_by = there.request_id;
                }
                Ok(_) => {}
                // Keys that may write need not be allowed to read: done, but not verified.
                Err(error) if error.kind == ErrorKind::Forbidden => {}
                Err(error) => return Err(about(object)(error)),
            }
        }
        if let (Some(ours), Some(theirs)) = (expected, theirs)
            && ours != theirs
            && self.tools.rules.hold(Rule::VerifiedBeforeDone)
        {
            return Err(mismatch(object, Some(ours), Some(theirs)));
        }
        let proven_at_the_source = matches!(self.spec.source, End::File { .. }) || checkpoint.source_crc64.is_some();
        Ok(Report::Committed(Box::new(Transferred {
            outcome: Outcome::Moved,
            verified: proven_at_the_source && expected.is_some() && theirs.is_some(),
            source_crc64: expected.filter(|_| proven_at_the_source),
            target_crc64: theirs,
            etag: Some(receipt.etag),
            version: receipt.version,
            request_id: receipt.request_id,
            looks: checkpoint
                .look_at_source()
                .into_iter()
                .chain(RequestId::of(RequestPurpose::Verified, verified_by.as_ref()))
                .collect(),
            verified_ms: None,
        })))
    }

    /// Looks at the source once more: by its open handle (the bytes that were read) and by its name.
    async fn source_unchanged(&self, checkpoint: &Checkpoint) -> Result<bool, TransferError> {
        let End::File { path } = &self.spec.source else {
            return Ok(true); // every part was pinned by the tag
        };
        let file = self.source_file(path).await?;
        let owned = path.clone();
        let (open, named) = off_thread(&self.tools.disk, move |disk| (file.facts(), disk.facts(&owned))).await;
        let open = open.map_err(|error| TransferError::source(path, &error))?;
        let same_name = named.is_ok_and(|facts| facts.fingerprint() == checkpoint.source);
        Ok(open.fingerprint() == checkpoint.source && same_name)
    }

    fn source_changed(&self) -> TransferError {
        TransferError::new(ErrorCode::SourceChanged).with("path", &self.spec.source)
    }

    async fn commit_file(&self, checkpoint: &Checkpoint, parts: &[PartRecord], target: &Path) -> Attempt {
        let session = checkpoint.session.as_ref().ok_or_else(|| misfit("no temp file"))?;
        let ours = combined(parts).ok_or_else(|| misfit("a part without a checksum"))?;
        let file = match self.temp_file(session).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.renamed_before(checkpoint, target, ours).await;
            }
            Err(error) => return Err(TransferError::target(target, &error)),
        };
        if let Some(theirs) = checkpoint.source_crc64
            && theirs != ours
            && self.tools.rules.hold(Rule::VerifiedBeforeDone)
        {
            return Err(TransferError::new(ErrorCode::Mismatch)
                .with("name", target.display())
                .with("ours", ours)
                .with("theirs", theirs));
        }
        let Session::TempFile { path: temp, .. } = session.clone() else { return Err(misfit("no temp file")) };
        // In the folder that the temp file's bytes went to.
        let to = temp.with_file_name(target.file_name().unwrap_or_default());
        let replace = checkpoint.overwrite || !self.tools.rules.hold(Rule::NothingReplacedUnasked);
        let renamed = off_thread(&self.tools.disk, move |disk| {
            file.sync()?;
            // What is renamed is a name; that it is that of the file whose bytes were checked is looked at on both sides.
            check_place(disk, &temp)?;
            check_named(disk, file.as_ref(), &temp)?;
            disk.rename(&temp, &to, replace)?;
            check_named(disk, file.as_ref(), &to)
        })
        .await;
        match renamed {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(TransferError::new(ErrorCode::TargetExists).with("name", target.display()));
            }
            Err(error) => return Err(TransferError::target(target, &error)),
        }
        self.close_temp_file();
        Ok(downloaded(checkpoint, ours))
    }

    /// The temp file is gone: it was renamed just before a crash if the target has its content.
    async fn renamed_before(&self, checkpoint: &Checkpoint, target: &Path, ours: Crc64) -> Attempt {
        let gone = || TransferError::new(ErrorCode::UploadNotFound).with("path", target.display());
        let path = target.to_owned();
        let Ok(file) = off_thread(&self.tools.disk, move |disk| disk.open(&path)).await else { return Err(gone()) };
        let facts = file.facts().map_err(|error| TransferError::target(target, &error))?;
        if facts.size_bytes != checkpoint.source.size_bytes() {
            return Err(gone());
        }
        let range = store::ByteRange::at(0, facts.size_bytes);
        match hash_range(&self.tools.disk, &file, range, (), |(), _| {}).await {
            Ok((crc64, ())) if crc64 == ours => Ok(downloaded(checkpoint, ours)),
            _ => Err(gone()),
        }
    }
}

fn check_named(disk: &dyn Disk, file: &dyn RandomFile, path: &Path) -> io::Result<()> {
    if disk.is_named(file, path)? {
        Ok(())
    } else {
        Err(io::Error::other("another file took the place of what was downloaded"))
    }
}

fn downloaded(checkpoint: &Checkpoint, ours: Crc64) -> Report {
    Report::Committed(Box::new(Transferred {
        outcome: Outcome::Moved,
        verified: checkpoint.source_crc64.is_some(),
        source_crc64: checkpoint.source_crc64,
        target_crc64: Some(ours),
        etag: None,
        version: None,
        request_id: None,
        looks: checkpoint.look_at_source().into_iter().collect(),
        verified_ms: None,
    }))
}

/// The checksum of the whole, if each part has one.
fn combined(parts: &[PartRecord]) -> Option<Crc64> {
    let mut combiner = Crc64Combiner::default();
    parts.iter().try_fold(Crc64::EMPTY, |whole, part| Some(combiner.combine(whole, part.crc64?, part.size_bytes)))
}

fn mismatch(object: &ObjectRef, ours: Option<Crc64>, theirs: Option<Crc64>) -> TransferError {
    let words = |crc: Option<Crc64>| crc.map_or_else(|| "none".to_owned(), |crc| crc.to_string());
    TransferError::new(ErrorCode::Mismatch).with("name", object).with("ours", words(ours)).with("theirs", words(theirs))
}
