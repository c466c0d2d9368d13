//! Discard: leave nothing behind.

use std::io;

use store::{ErrorKind, UploadRef};

use super::begin::is_as_we_leave_it;
use super::{Attempt, Work, about, misfit, object_of};
use crate::checkpoint::{Checkpoint, Session};
use crate::disk::{is_the_place, off_thread};
use crate::error::{Again, ErrorCode, TransferError};
use crate::queue::Report;
use crate::transfer::End;

impl Work {
    pub(super) async fn discard(&self, checkpoint: &Checkpoint) -> Attempt {
        self.close_source();
        self.close_temp_file();
        match (&checkpoint.target, &checkpoint.session) {
            (End::Object { .. }, Some(Session::Upload { upload_id })) => {
                let (store, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
                let upload = UploadRef { object: object.clone(), upload_id: upload_id.clone() };
                let store = self.store(store).await?;
                match store.abort_upload(&upload).await {
                    Ok(()) => {}
                    Err(error) if error.kind == ErrorKind::UploadNotFound => return Ok(Report::NOTHING_LEFT),
                    Err(error) => return Err(about(object)(error)),
                }
                // A part that was in flight may have arrived after the abort: look, and abort again until it is gone.
                match store.list_parts(&upload, None).await {
                    Err(error) if error.kind == ErrorKind::UploadNotFound => Ok(Report::NOTHING_LEFT),
                    // Not allowed to look: the abort was accepted, that is all that can be known.
                    Err(error) if error.kind == ErrorKind::Forbidden => Ok(Report::NOTHING_LEFT),
                    Err(error) => Err(about(object)(error)),
                    Ok(_) => {
                        let mut still_there = TransferError::new(ErrorCode::Server)
                            .with("name", object)
                            .because("the upload is still there after it was aborted");
                        still_there.again = Again::Later;
                        Err(still_there)
                    }
                }
            }
            (End::File { path: target }, session) => {
                let (path, file_id) = match session {
                    Some(Session::TempFile { path, file_id }) => (path.clone(), *file_id),
                    _ => match &checkpoint.temp_path {
                        Some(path) => (path.clone(), None),
                        None => return Ok(Report::NOTHING_LEFT),
                    },
                };
                if !self.tools.claims.take(&path, self.id) {
                    return Ok(Report::NOTHING_LEFT); // it is another download's file by now
                }
                let size_bytes = checkpoint.source.size_bytes();
                let removed = off_thread(&self.tools.disk, move |disk| {
                    if !is_the_place(disk, &path)? {
                        return Ok(()); // nothing of ours was ever put where this leads now
                    }
                    let facts = disk.reopen(&path).and_then(|file| file.facts())?;
                    // Somebody else's file may have taken the name: it is not ours to delete.
                    let ours = match file_id {
                        Some(_) => facts.file_id == file_id,
                        None => is_as_we_leave_it(&facts, size_bytes),
                    };
                    if ours { disk.remove(&path) } else { Ok(()) }
                })
                .await
                .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
                .map_err(|error| TransferError::target(target, &error));
                self.tools.claims.release(self.id);
                removed.map(|()| Report::NOTHING_LEFT)
            }
            (End::Object { .. }, _) => {
                let unanswered = checkpoint.begin_attempts.max(1);
                self.sweep(checkpoint, unanswered).await.map(|left_behind| Report::Discarded { left_behind })
            }
        }
    }
}
