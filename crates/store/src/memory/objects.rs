//! Whole objects.

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::call::{BodyEnd, Plan, injected};
use super::state::{Object, tag_of};
use super::{MemoryStore, Result, refusal};
use crate::{
    ByteRange, ByteStream, Crc64, DeleteFailure, ErrorKind, GetOptions, GotObject, ObjectDetails, ObjectRef,
    ObjectSettings, PutCondition, PutReceipt, StoreError,
};

impl MemoryStore {
    pub(super) fn head_object_now(&self, object: &ObjectRef) -> Result<ObjectDetails> {
        Ok(self.state().object(object)?.details(&self.options))
    }

    pub(super) fn get_object_now(&self, object: &ObjectRef, options: &GetOptions, plan: &Plan) -> Result<GotObject> {
        let state = self.state();
        let found = state.object(object)?;
        found.check_tag(options.if_match.as_ref())?;
        let range = options.range.unwrap_or(ByteRange::at(0, found.bytes.len() as u64));
        let bytes = if options.range.is_some() { slice(&found.bytes, range)? } else { found.bytes.clone() };
        let (bytes, end) = plan.send(bytes);
        Ok(GotObject {
            details: found.details(&self.options),
            range,
            body: in_pieces(bytes, self.options.body_piece_bytes, end),
        })
    }

    pub(super) fn put_object_now(
        &self,
        object: &ObjectRef,
        settings: &ObjectSettings,
        condition: PutCondition,
        bytes: Bytes,
    ) -> Result<PutReceipt> {
        if bytes.len() as u64 > self.options.capabilities.part_size_bytes_max {
            return Err(refusal(ErrorKind::Refused, "EntityTooLarge", "the object is too large for one request"));
        }
        let mut state = self.state();
        state.check_may_write(object, condition)?;
        let written =
            Object { etag: tag_of(&bytes, &self.options), crc64: Crc64::of(&bytes), settings: settings.clone(), bytes };
        let receipt = written.receipt(&self.options);
        state.write(object, written)?;
        Ok(receipt)
    }

    pub(super) fn delete_objects_now(&self, bucket: &str, objects: &[ObjectRef]) -> Result<Vec<DeleteFailure>> {
        if objects.len() > 1000 {
            return Err(refusal(ErrorKind::Refused, "TooManyObjects", "at most 1000 objects are deleted at a time"));
        }
        if let Some(stranger) = objects.iter().find(|object| object.bucket != bucket) {
            return Err(StoreError::new(ErrorKind::InvalidName, format!("{stranger} is not in the bucket {bucket}")));
        }
        let mut state = self.state();
        for object in objects {
            state.delete_object(object)?;
        }
        Ok(Vec::new())
    }
}

/// The bytes of a range that must lie within.
pub(super) fn slice(bytes: &Bytes, range: ByteRange) -> Result<Bytes> {
    let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
    match bounds {
        Some((start, end)) if start < end && end <= bytes.len() => Ok(bytes.slice(start..end)),
        _ => Err(refusal(ErrorKind::Refused, "InvalidRange", "the range does not lie within the object")),
    }
}

fn in_pieces(bytes: Bytes, piece_bytes: usize, end: BodyEnd) -> ByteStream {
    let pieces = stream::unfold(bytes, move |mut rest| async move {
        (!rest.is_empty()).then(|| {
            let piece = rest.split_to(piece_bytes.clamp(1, rest.len()));
            (Ok(piece), rest)
        })
    });
    match end {
        BodyEnd::Whole => Box::pin(pieces),
        BodyEnd::Break => Box::pin(pieces.chain(stream::iter([Err(injected(ErrorKind::Network))]))),
        BodyEnd::Stall => Box::pin(pieces.chain(stream::pending())),
    }
}
