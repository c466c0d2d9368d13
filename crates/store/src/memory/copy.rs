//! Copies inside the store.

use super::state::Object;
use super::{MemoryStore, Result, refusal};
use crate::{
    CopyObjectOptions, CopyPartRequest, CopySource, ErrorKind, ObjectRef, ObjectSettings, PartNumber, PartReceipt,
    PutReceipt, StoreError, UploadRef,
};

impl MemoryStore {
    pub(super) fn copy_object_now(&self, target: &ObjectRef, options: &CopyObjectOptions) -> Result<PutReceipt> {
        let mut copy = self.copy_source(target, &options.source)?;
        if copy.bytes.len() as u64 > self.options.capabilities.part_size_bytes_max {
            return Err(refusal(ErrorKind::Refused, "EntityTooLarge", "the object is too large for one copy"));
        }
        copy.settings = match &options.replace_settings {
            Some(settings) => settings.clone(),
            // The ACL is the one setting that TOS never copies (protocol.md, section 3).
            None => ObjectSettings { acl: None, ..copy.settings },
        };
        let mut state = self.state();
        state.check_may_write(target, options.condition)?;
        let receipt = copy.receipt(&self.options);
        state.write(target, copy)?;
        Ok(receipt)
    }

    pub(super) fn upload_part_copy_now(
        &self,
        upload: &UploadRef,
        number: PartNumber,
        request: &CopyPartRequest,
    ) -> Result<PartReceipt> {
        let source = self.copy_source(&upload.object, &request.source)?;
        let bytes = super::objects::slice(&source.bytes, request.range)?;
        let (etag, _) = self.keep_part(upload, number, bytes)?;
        // TOS reports no checksum for a copied part (protocol.md, section 3).
        Ok(PartReceipt { etag, crc64: None, request_id: None })
    }

    fn copy_source(&self, target: &ObjectRef, source: &CopySource) -> Result<Object> {
        if !self.options.capabilities.server_side_copy {
            return Err(StoreError::new(ErrorKind::Unsupported, "this store cannot copy"));
        }
        crate::check_bucket_name(&source.object.bucket)?;
        crate::check_key(&source.object.key)?;
        if source.object.version.is_some() {
            return Err(StoreError::new(ErrorKind::Unsupported, "the store in memory keeps no versions"));
        }
        let state = self.state();
        if state.bucket(&source.object.bucket)?.region != state.bucket(&target.bucket)?.region {
            let message = format!("{} and {target} are in different regions", source.object);
            return Err(refusal(ErrorKind::CrossRegion, "InvalidCrossRegionCopy", message));
        }
        let found = state.object(&source.object)?;
        found.check_tag(source.if_match.as_ref())?;
        Ok(found.clone())
    }
}
