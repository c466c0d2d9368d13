//! Begin: open the upload or the temp file; or re-open it and find out what it really holds.
//!
//! On a resume the far side outweighs the ledger. A part that the store lists but the ledger lost (a crash between the
//! acknowledgement and the next group commit) is ours, since the upload id is; its range of the unchanged file is read
//! again for its checksum. Where the tag has the form of an MD5 it must also be the MD5 of that range. A part of a temp
//! file counts only if its bytes, read again, have the recorded checksum.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use md5::{Digest as _, Md5};
use store::{ErrorKind, ListedPart, PartNumber, UploadRef};

use super::{Attempt, Work, about, misfit, object_of};
use crate::checkpoint::{Checkpoint, PartRecord, Session};
use crate::disk::{FileFacts, check_place, hash_range, off_thread};
use crate::error::TransferError;
use crate::queue::Report;
use crate::rules::Rule;
use crate::transfer::{End, Route};

impl Work {
    pub(super) async fn begin(&self, checkpoint: &Checkpoint, recorded: Vec<PartRecord>, attempted: bool) -> Attempt {
        match (&checkpoint.target, &checkpoint.session) {
            (End::Object { .. }, None) => self.create_upload(checkpoint, attempted).await,
            (End::Object { .. }, Some(Session::Upload { upload_id })) => {
                let upload_id = upload_id.clone();
                self.reopen_upload(checkpoint, upload_id, recorded).await
            }
            (End::File { .. }, None) => self.create_temp_file(checkpoint).await,
            (End::File { .. }, Some(session @ Session::TempFile { .. })) => {
                self.reopen_temp_file(checkpoint, session, recorded).await
            }
            _ => Err(misfit("the session is of another kind than the target")),
        }
    }

    async fn create_upload(&self, checkpoint: &Checkpoint, attempted: bool) -> Attempt {
        let (store, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let swept = attempted && self.tools.rules.hold(Rule::LostBeginSwept);
        // The last of the attempts is this one.
        let unanswered = checkpoint.begin_attempts.saturating_sub(1).max(1);
        let left_behind = if swept { self.sweep(checkpoint, unanswered).await? } else { Vec::new() };
        let upload_id =
            self.store(store).await?.create_upload(object, &checkpoint.settings).await.map_err(about(object))?;
        let checkpoint = Box::new(Checkpoint { session: Some(Session::Upload { upload_id }), ..checkpoint.clone() });
        Ok(Report::Begun { checkpoint, held: Vec::new(), left_behind })
    }

    async fn reopen_upload(
        &self,
        checkpoint: &Checkpoint,
        upload_id: store::UploadId,
        recorded: Vec<PartRecord>,
    ) -> Attempt {
        if !self.tools.rules.hold(Rule::FarSideOverLedger) {
            return Ok(begun(checkpoint, Session::Upload { upload_id }, recorded));
        }
        let (store_id, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let store = self.store(store_id).await?;
        let upload = UploadRef { object: object.clone(), upload_id: upload_id.clone() };
        let listed = match store::all_parts(store.as_ref(), &upload).await {
            Ok(listed) => listed,
            Err(error) if error.kind == ErrorKind::UploadNotFound => return Ok(Report::SessionGone),
            Err(error) => return Err(about(object)(error)),
        };
        let recorded: BTreeMap<PartNumber, PartRecord> = recorded.into_iter().map(|part| (part.number, part)).collect();
        let mut held = Vec::new();
        for part in listed {
            let fits = part.number.get() <= checkpoint.plan().part_count()
                && part.size_bytes == checkpoint.range(part.number).len_bytes();
            if !fits {
                continue;
            }
            match recorded.get(&part.number) {
                Some(record) if record.etag.as_ref() == Some(&part.etag) => held.push(record.clone()),
                _ => held.extend(self.prove(checkpoint, part).await?),
            }
        }
        Ok(begun(checkpoint, Session::Upload { upload_id }, held))
    }

    /// A record for a part that the ledger does not have, if it can be made.
    pub(super) async fn prove(
        &self,
        checkpoint: &Checkpoint,
        part: ListedPart,
    ) -> Result<Option<PartRecord>, TransferError> {
        let End::File { path } = &self.spec.source else {
            if checkpoint.route == Route::Relay && (part.crc64.is_none() || checkpoint.source_crc64.is_none()) {
                return Ok(None); // nothing would prove it in the end, and to read it again is to send it again
            }
            // A copied part: the source is pinned by its tag, and the whole is compared at the end.
            return Ok(Some(PartRecord {
                number: part.number,
                size_bytes: part.size_bytes,
                crc64: part.crc64,
                etag: Some(part.etag),
                confirmed: false,
            }));
        };
        let file = self.source_file(path).await?;
        let range = checkpoint.range(part.number);
        let (crc64, md5) = hash_range(&self.tools.disk, &file, range, Md5::new(), |md5, bytes| md5.update(bytes))
            .await
            .map_err(|error| TransferError::source(path, &error))?;
        let tag = part.etag.as_str();
        let looks_like_md5 = tag.len() == 32 && tag.bytes().all(|b| b.is_ascii_hexdigit());
        // In an upload that somebody else began, what nothing speaks for is not ours.
        let trusted = !looks_like_md5 && !checkpoint.adopted;
        let equal = part.crc64.is_none_or(|theirs| theirs == crc64)
            && (part.crc64.is_some() || trusted || tag.eq_ignore_ascii_case(&hex::encode(md5.finalize())));
        Ok(equal.then(|| PartRecord {
            number: part.number,
            size_bytes: part.size_bytes,
            crc64: Some(crc64),
            etag: Some(part.etag),
            confirmed: part.crc64.is_some(),
        }))
    }

    async fn create_temp_file(&self, checkpoint: &Checkpoint) -> Attempt {
        let path = checkpoint.temp_path.clone().ok_or_else(|| misfit("no temp path"))?;
        let size_bytes = checkpoint.source.size_bytes();
        if !self.tools.claims.take(&path, self.id) {
            return Ok(Report::SessionGone); // another download took the name meanwhile: look for another one
        }
        let made = {
            let path = path.clone();
            off_thread(&self.tools.disk, move |disk| {
                check_place(disk, &path)?;
                let file = match disk.create_new(&path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match disk.reopen(&path) {
                        Ok(file) if is_as_we_leave_it(&file.facts()?, size_bytes) => file,
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        _ => return Ok(None),
                    },
                    other => other?,
                };
                if let Err(error) = file.reserve(size_bytes) {
                    disk.remove(&path)?;
                    return Err(error);
                }
                let file_id = file.facts()?.file_id;
                io::Result::Ok(Some((file, file_id)))
            })
            .await
        };
        let Some((file, file_id)) = made.map_err(|error| self.target_error(checkpoint, &path, &error))? else {
            return Ok(Report::SessionGone); // somebody else took the name meanwhile: look for another one
        };
        self.keep_temp_file(file);
        Ok(begun(checkpoint, Session::TempFile { path, file_id }, Vec::new()))
    }

    async fn reopen_temp_file(&self, checkpoint: &Checkpoint, session: &Session, recorded: Vec<PartRecord>) -> Attempt {
        self.close_temp_file();
        let file = match self.temp_file(session).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Report::SessionGone),
            Err(error) => return Err(self.target_error(checkpoint, &PathBuf::new(), &error)),
        };
        let len_bytes =
            file.facts().map_err(|error| self.target_error(checkpoint, &PathBuf::new(), &error))?.size_bytes;
        if len_bytes != checkpoint.source.size_bytes() {
            let (file, size_bytes) = (file.clone(), checkpoint.source.size_bytes());
            off_thread(&self.tools.disk, move |_| file.reserve(size_bytes))
                .await
                .map_err(|error| self.target_error(checkpoint, &PathBuf::new(), &error))?;
        }
        if !self.tools.rules.hold(Rule::FarSideOverLedger) {
            return Ok(begun(checkpoint, session.clone(), recorded));
        }
        let mut held = Vec::new();
        for part in recorded {
            let range = checkpoint.range(part.number);
            let read = hash_range(&self.tools.disk, &file, range, (), |(), _| {}).await;
            if read.is_ok_and(|(crc64, ())| part.crc64 == Some(crc64)) {
                held.push(part);
            }
        }
        Ok(begun(checkpoint, session.clone(), held))
    }

    /// An error of the temp file, named by the target that the user knows.
    fn target_error(&self, checkpoint: &Checkpoint, fallback: &std::path::Path, error: &io::Error) -> TransferError {
        match &checkpoint.target {
            End::File { path } => TransferError::target(path, error),
            End::Object { .. } => TransferError::target(fallback, error),
        }
    }
}

/// Whether a file under a name that was free when it was recorded as ours is what a run leaves that was cut off before
/// it could say that it made it.
pub(super) fn is_as_we_leave_it(facts: &FileFacts, size_bytes: u64) -> bool {
    [0, size_bytes].contains(&facts.size_bytes)
}

fn begun(checkpoint: &Checkpoint, session: Session, held: Vec<PartRecord>) -> Report {
    let checkpoint = Box::new(Checkpoint { session: Some(session), ..checkpoint.clone() });
    Report::Begun { checkpoint, held, left_behind: Vec::new() }
}
