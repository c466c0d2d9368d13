//! MovePart: the bytes of one part, once, from one end to the other.

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use store::{
    ByteRange, CopyObjectOptions, CopyPartRequest, CopySource, Crc64, Crc64Hasher, ErrorKind, GetOptions, ObjectRef,
    PartNumber, UploadRef,
};

use super::send::SentBody;
use super::{Attempt, Reached, Work, Workspace, about, misfit, object_of, slot};
use crate::checkpoint::{Checkpoint, Fingerprint, PartRecord, Session};
use crate::disk::RandomFile;
use crate::error::{Again, ErrorCode, TransferError};
use crate::flow::{BodyFailure, BodyFate, FileBody};
use crate::queue::Report;
use crate::rules::Rule;
use crate::transfer::{End, Route};

/// What a crash may cost of a download at most, beside the parts in flight.
const UNSYNCED_BYTES_MAX: u64 = 64 << 20;

impl Work {
    pub(super) async fn move_part(&self, checkpoint: &Checkpoint, number: PartNumber) -> Attempt {
        match (&self.spec.source, &checkpoint.target) {
            (End::File { path }, End::Object { .. }) => self.send_part(checkpoint, number, path).await,
            (End::Object { object, .. }, End::File { path }) => self.fetch_part(checkpoint, number, object, path).await,
            (End::Object { .. }, End::Object { .. }) if checkpoint.route == Route::Relay => {
                self.relay_part(checkpoint, number).await
            }
            (End::Object { object, .. }, End::Object { .. }) => self.copy_part(checkpoint, number, object).await,
            (End::File { .. }, End::File { .. }) => Err(misfit("file to file")),
        }
    }

    async fn send_part(&self, checkpoint: &Checkpoint, number: PartNumber, path: &Path) -> Attempt {
        let meter = Arc::new(self.workspace.meter.part(number));
        let (file, range) = (self.source_file(path).await?, checkpoint.range(number));
        if range.len_bytes() == 0 {
            // Nothing is read that would show it: a file that was empty only while it was being written anew.
            let facts = file.facts().map_err(|error| TransferError::source(path, &error))?;
            if facts.fingerprint() != checkpoint.source && self.tools.rules.hold(Rule::SourceIsCompared) {
                return Err(TransferError::new(ErrorCode::SourceChanged).with("path", path.display()));
            }
        }
        let (body, fate) = FileBody {
            file,
            range,
            expected: self.tools.rules.hold(Rule::SourceIsCompared).then(|| checkpoint.source.clone()),
            pool: self.tools.pool.clone(),
            limiters: self.limiters([&self.tools.upload_limiter]),
            meter: meter.clone(),
        }
        .into_upload();
        let sent = self.send(checkpoint, number, body, &FileSent { fate, path }).await;
        drop(meter);
        sent
    }

    async fn fetch_part(
        &self,
        checkpoint: &Checkpoint,
        number: PartNumber,
        object: &ObjectRef,
        target: &Path,
    ) -> Attempt {
        let session = checkpoint.session.as_ref().ok_or_else(|| misfit("no temp file"))?;
        self.workspace.at_risk.room_for(checkpoint.range(number).len_bytes(), UNSYNCED_BYTES_MAX).await;
        let file = self.temp_file(session).await.map_err(|error| temp_error(target, &error))?;
        let range = checkpoint.range(number);
        let reached = slot(&self.workspace.broken_off).remove(&number);
        let reached = reached.unwrap_or_else(|| Reached { at: range.start, hasher: Crc64Hasher::new() });
        let mut kept = KeptReach { workspace: &self.workspace, number, reached: Some(reached) };
        if let Some(reached) = kept.reached.as_mut().filter(|reached| reached.at < range.end) {
            let before = reached.at;
            let fetched = self.fetch_rest(checkpoint, number, object, (&file, target), reached).await;
            if let Err(mut error) = fetched {
                error.progressed = reached.at > before;
                return Err(error);
            }
        }
        let crc64 = kept.reached.take().map(|reached| reached.hasher.finish());
        Ok(Report::Moved(
            PartRecord { number, size_bytes: range.len_bytes(), crc64, etag: None, confirmed: false },
            None,
        ))
    }

    /// Fetches what a part still lacks, and says in `reached` how far it came, also if it breaks off.
    async fn fetch_rest(
        &self,
        checkpoint: &Checkpoint,
        number: PartNumber,
        object: &ObjectRef,
        (file, target): (&Arc<dyn RandomFile>, &Path),
        reached: &mut Reached,
    ) -> Result<(), TransferError> {
        let (store, _) = object_of(&self.spec.source).ok_or_else(|| misfit("no object"))?;
        let range = ByteRange { start: reached.at, end: checkpoint.range(number).end };
        let whole = range.start == 0 && range.end == checkpoint.source.size_bytes();
        let options = GetOptions { range: (!whole).then_some(range), if_match: etag(&checkpoint.source) };
        let meter = self.workspace.meter.part(number);
        let got = self.store(store).await?.get_object(object, &options).await.map_err(about(object))?;
        if got.range != range || got.details.size_bytes != checkpoint.source.size_bytes() {
            return Err(TransferError::new(ErrorCode::SourceChanged).with("path", object));
        }
        let (mut body, limiters) = (got.body, self.limiters([&self.tools.download_limiter]));
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(about(object))?;
            let len_bytes = chunk.len() as u64;
            if reached.at + len_bytes > range.end {
                return Err(broken(object, "more bytes came than were asked for"));
            }
            meter.waits_for_source(false);
            limiters.reserve(len_bytes).await;
            file.write_all_at(&chunk, reached.at).map_err(|error| TransferError::target(target, &error))?;
            reached.hasher.update(&chunk);
            reached.at += len_bytes;
            meter.add(len_bytes);
            meter.waits_for_source(true);
        }
        if reached.at == range.end { Ok(()) } else { Err(broken(object, "the answer ended early")) }
    }

    async fn copy_part(&self, checkpoint: &Checkpoint, number: PartNumber, from: &ObjectRef) -> Attempt {
        let (store, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let store = self.store(store).await?;
        let source = CopySource { object: from.clone(), if_match: etag(&checkpoint.source) };
        let range = checkpoint.range(number);
        let size_bytes = range.len_bytes();
        let meter = self.workspace.meter.part(number);
        let (etag, receipt) = match &checkpoint.session {
            None => {
                let wanted = &self.spec.options.settings;
                let plain = *wanted == store::ObjectSettings::default();
                let options = CopyObjectOptions {
                    source,
                    // The store carries the source's own settings over unless the user asked for others.
                    replace_settings: (!plain).then(|| checkpoint.settings.clone()),
                    condition: self.condition(checkpoint),
                };
                let receipt = match store.copy_object(object, &options).await {
                    Ok(receipt) => receipt,
                    Err(error) if error.kind == ErrorKind::AlreadyExists => {
                        self.written_by_us(checkpoint, object).await?
                    }
                    Err(error) => return Err(about(object)(error)),
                };
                (receipt.etag.clone(), Some(receipt))
            }
            Some(Session::Upload { upload_id }) => {
                let upload = UploadRef { object: object.clone(), upload_id: upload_id.clone() };
                let request = CopyPartRequest { source, range };
                (store.upload_part_copy(&upload, number, &request).await.map_err(about(object))?.etag, None)
            }
            Some(Session::TempFile { .. }) => return Err(misfit("a temp file for a copy")),
        };
        meter.add(size_bytes);
        let part = PartRecord { number, size_bytes, crc64: None, etag: Some(etag), confirmed: false };
        Ok(Report::Moved(part, receipt))
    }
}

pub(super) fn etag(source: &Fingerprint) -> Option<store::ETag> {
    match source {
        Fingerprint::Object { etag, .. } => Some(etag.clone()),
        Fingerprint::File { .. } => None,
    }
}

/// How far a part of a download has come; kept for the next attempt however this one ends short of the end.
struct KeptReach<'a> {
    workspace: &'a Workspace,
    number: PartNumber,
    reached: Option<Reached>,
}

impl Drop for KeptReach<'_> {
    fn drop(&mut self) {
        if let Some(reached) = self.reached.take() {
            slot(&self.workspace.broken_off).insert(self.number, reached);
        }
    }
}

/// A part that was read from the source file.
struct FileSent<'a> {
    fate: BodyFate,
    path: &'a Path,
}

impl SentBody for FileSent<'_> {
    fn crc64(&self) -> Option<Crc64> {
        self.fate.crc64()
    }

    fn take_failure(&self) -> Option<TransferError> {
        Some(match self.fate.take_failure()? {
            BodyFailure::Read(error) => TransferError::source(self.path, &error),
            BodyFailure::Changed => TransferError::new(ErrorCode::SourceChanged).with("path", self.path.display()),
        })
    }
}

fn temp_error(target: &Path, error: &std::io::Error) -> TransferError {
    if error.kind() == std::io::ErrorKind::NotFound {
        // Somebody removed the temp file while it was written to: begin again.
        TransferError::new(ErrorCode::UploadNotFound).with("path", target.display()).because(error)
    } else {
        TransferError::target(target, error)
    }
}

pub(super) fn broken(object: &ObjectRef, what: &str) -> TransferError {
    let mut error = TransferError::new(ErrorCode::Network).with("name", object).because(what);
    error.again = Again::Later;
    error
}
