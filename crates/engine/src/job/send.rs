//! The sending half of a part, whatever its bytes come from: into an open upload, or as the whole object.

use store::{Crc64, ErrorKind, ObjectRef, PartNumber, PutCondition, PutReceipt, UploadBody, UploadRef};

use super::{Attempt, Work, about, misfit, object_of};
use crate::checkpoint::{Checkpoint, PartRecord, Session};
use crate::error::{Again, ErrorCode, TransferError};
use crate::queue::Report;
use crate::rules::Rule;
use crate::transfer::End;

/// What became of a body after the transport has taken it.
pub(super) trait SentBody {
    /// The checksum of all bytes; `None` if they were not all handed over.
    fn crc64(&self) -> Option<Crc64>;

    /// Why our own side, or the source's store, broke it off, if it did; can be taken once.
    fn take_failure(&self) -> Option<TransferError>;
}

impl Work {
    /// Sends the body of a part, and compares what arrived with what left.
    pub(super) async fn send(
        &self,
        checkpoint: &Checkpoint,
        number: PartNumber,
        body: UploadBody,
        sent: &impl SentBody,
    ) -> Attempt {
        let (store, object) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let store = self.store(store).await?;
        let failed = |error: store::StoreError| sent.take_failure().unwrap_or_else(|| about(object)(error));
        let (etag, theirs, receipt) = match &checkpoint.session {
            None => {
                let put = store.put_object(object, &checkpoint.settings, self.condition(checkpoint), body).await;
                let receipt = match put {
                    Ok(receipt) => receipt,
                    // Perhaps by our own request, whose answer was lost.
                    Err(error) if error.kind == ErrorKind::AlreadyExists => {
                        self.written_by_us(checkpoint, object).await?
                    }
                    Err(error) => return Err(failed(error)),
                };
                (receipt.etag.clone(), receipt.crc64, Some(receipt))
            }
            Some(Session::Upload { upload_id }) => {
                let upload = UploadRef { object: object.clone(), upload_id: upload_id.clone() };
                let receipt = store.upload_part(&upload, number, body).await.map_err(failed)?;
                (receipt.etag, receipt.crc64, None)
            }
            Some(Session::TempFile { .. }) => return Err(misfit("a temp file for an object")),
        };
        let ours = match (&receipt, sent.crc64()) {
            (_, Some(crc64)) => crc64,
            (Some(receipt), None) => receipt.crc64.ok_or_else(|| misfit("no checksum"))?,
            (None, None) => return Err(misfit("the store answered before it had the whole part")),
        };
        if theirs.is_some_and(|theirs| theirs != ours) && self.tools.rules.hold(Rule::VerifiedBeforeDone) {
            return Err(corrupted(object, ours, theirs));
        }
        let part = PartRecord {
            number,
            size_bytes: checkpoint.range(number).len_bytes(),
            crc64: Some(ours),
            etag: Some(etag),
            confirmed: theirs.is_some(),
        };
        Ok(Report::Moved(part, receipt))
    }

    /// Whether what is at the target when it is published may be replaced.
    pub(super) fn condition(&self, checkpoint: &Checkpoint) -> PutCondition {
        if checkpoint.overwrite || !self.tools.rules.hold(Rule::NothingReplacedUnasked) {
            PutCondition::Always
        } else {
            PutCondition::IfAbsent
        }
    }

    /// The object that is in the way, if its content is ours.
    pub(super) async fn written_by_us(
        &self,
        checkpoint: &Checkpoint,
        object: &ObjectRef,
    ) -> Result<PutReceipt, TransferError> {
        let (store, _) = object_of(&checkpoint.target).ok_or_else(|| misfit("no object"))?;
        let there = self.store(store).await?.head_object(object).await.map_err(about(object))?;
        let ours = match &self.spec.source {
            End::File { path } => {
                let file = self.source_file(path).await?;
                let range = checkpoint.range(PartNumber::FIRST);
                let (crc64, ()) = crate::disk::hash_range(&self.tools.disk, &file, range, (), |(), _| {})
                    .await
                    .map_err(|error| TransferError::source(path, &error))?;
                Some(crc64)
            }
            End::Object { .. } => checkpoint.source_crc64,
        };
        if there.size_bytes != checkpoint.source.size_bytes() || there.crc64.is_none() || there.crc64 != ours {
            return Err(TransferError::new(ErrorCode::TargetExists).with("name", object));
        }
        Ok(PutReceipt { etag: there.etag, crc64: there.crc64, version: there.version, request_id: None })
    }
}

fn corrupted(object: &ObjectRef, ours: Crc64, theirs: Option<Crc64>) -> TransferError {
    let theirs = theirs.map_or_else(|| "none".to_owned(), |theirs| theirs.to_string());
    let mut error = TransferError::new(ErrorCode::Corrupted)
        .with("name", object)
        .because(format_args!("sent with CRC64 {ours}, arrived with {theirs}"));
    error.again = Again::Later;
    error
}
