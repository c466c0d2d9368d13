//! Multipart uploads, with the part rules of TOS.

use bytes::{Bytes, BytesMut};
use md5::{Digest, Md5};

use super::state::{Object, Part, Upload, tag_of};
use super::{MemoryOptions, MemoryStore, Result, refusal};
use crate::{
    CompletedObject, Crc64, ETag, ErrorKind, ListedPart, PartList, PartNumber, PartReceipt, PutCondition, UploadRef,
};

impl MemoryStore {
    pub(super) fn upload_part_now(&self, upload: &UploadRef, number: PartNumber, bytes: Bytes) -> Result<PartReceipt> {
        let (etag, crc64) = self.keep_part(upload, number, bytes)?;
        Ok(PartReceipt { etag, crc64: self.options.report_crc64.then_some(crc64), request_id: None })
    }

    pub(super) fn keep_part(&self, upload: &UploadRef, number: PartNumber, bytes: Bytes) -> Result<(ETag, Crc64)> {
        let limits = &self.options.capabilities;
        if number.get() > limits.parts_max {
            return Err(refusal(ErrorKind::Refused, "InvalidPartNumber", format!("there is no part number {number}")));
        }
        if bytes.len() as u64 > limits.part_size_bytes_max {
            return Err(refusal(ErrorKind::Refused, "EntityTooLarge", "the part is too large"));
        }
        let part = Part { etag: tag_of(&bytes, &self.options), crc64: Crc64::of(&bytes), bytes };
        let kept = (part.etag.clone(), part.crc64);
        self.state().upload_mut(upload)?.parts.insert(number, part);
        Ok(kept)
    }

    pub(super) fn complete_upload_now(
        &self,
        upload: &UploadRef,
        parts: &[(PartNumber, ETag)],
        condition: PutCondition,
    ) -> Result<CompletedObject> {
        let mut state = self.state();
        let open = state.upload(upload)?;
        let chosen = choose(open, parts, &self.options)?;
        let mut bytes = BytesMut::new();
        for part in &chosen {
            bytes.extend_from_slice(&part.bytes);
        }
        let bytes = bytes.freeze();
        let object = Object {
            etag: tag_of_parts(&chosen, &self.options),
            crc64: Crc64::of(&bytes),
            settings: open.settings.clone(),
            bytes,
        };
        state.check_may_write(&upload.object, condition)?;
        let receipt = object.receipt(&self.options);
        state.write(&upload.object, object)?;
        state.remove_upload(upload)?;
        Ok(receipt)
    }

    pub(super) fn list_parts_now(&self, upload: &UploadRef, after: Option<PartNumber>) -> Result<PartList> {
        let state = self.state();
        let held = &state.upload(upload)?.parts;
        let mut later = held.iter().filter(|(number, _)| after.is_none_or(|after| **number > after)).peekable();
        let parts: Vec<ListedPart> = later
            .by_ref()
            .take(self.options.page_len)
            .map(|(number, part)| ListedPart {
                number: *number,
                size_bytes: part.bytes.len() as u64,
                etag: part.etag.clone(),
                crc64: self.options.report_crc64.then_some(part.crc64),
                modified: None,
            })
            .collect();
        let next = if later.peek().is_some() { parts.last().map(|part| part.number) } else { None };
        Ok(PartList { parts, next })
    }
}

/// The parts that Complete names, or the rule that the list breaks.
fn choose(open: &Upload, named: &[(PartNumber, ETag)], options: &MemoryOptions) -> Result<Vec<Part>> {
    if named.is_empty() {
        return Err(refusal(ErrorKind::PartsMismatch, "NoUploadPart", "the list of parts is empty"));
    }
    let mut named: Vec<_> = named.iter().collect();
    if options.any_part_order {
        named.sort_by_key(|(number, _)| *number);
    }
    if !named.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(refusal(ErrorKind::Refused, "InvalidPartOrder", "the parts are not in ascending order"));
    }
    let last = named.len() - 1;
    let smallest = options.capabilities.part_size_bytes_min;
    let mut chosen = Vec::with_capacity(named.len());
    for (index, (number, etag)) in named.into_iter().enumerate() {
        let held = open.parts.get(number).filter(|part| part.etag == *etag);
        let part = held.ok_or_else(|| {
            refusal(ErrorKind::PartsMismatch, "InvalidPart", format!("part {number} is missing or has another ETag"))
        })?;
        if index < last && (part.bytes.len() as u64) < smallest {
            let message = format!("part {number} is smaller than {smallest} bytes and not the last");
            return Err(refusal(ErrorKind::Refused, "EntityTooSmall", message));
        }
        chosen.push(part.clone());
    }
    Ok(chosen)
}

fn tag_of_parts(parts: &[Part], options: &MemoryOptions) -> ETag {
    if !options.md5_etags {
        return ETag::new(format!("opaque-of-{}-parts", parts.len()));
    }
    let mut hasher = Md5::new();
    for part in parts {
        hasher.update(part.etag.as_str());
    }
    ETag::new(format!("{}-{}", hex::encode(hasher.finalize()), parts.len()))
}
