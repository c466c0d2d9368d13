//! What the store holds.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::{MemoryOptions, Result, refusal};
use crate::{
    BucketSummary, Crc64, ETag, ErrorKind, ObjectDetails, ObjectRef, ObjectSettings, PartNumber, PutCondition,
    PutReceipt, UploadId, UploadRef,
};

#[derive(Debug, Default)]
pub(super) struct State {
    buckets: BTreeMap<String, Bucket>,
    uploads_opened: u64,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: String,
    pub(super) objects: BTreeMap<String, Object>,
    /// By key, then by id, which is the order of opening.
    pub(super) uploads: BTreeMap<(String, UploadId), Upload>,
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) bytes: Bytes,
    pub(super) etag: ETag,
    pub(super) crc64: Crc64,
    pub(super) settings: ObjectSettings,
}

#[derive(Debug)]
pub(super) struct Upload {
    pub(super) settings: ObjectSettings,
    pub(super) initiated: Option<SystemTime>,
    pub(super) parts: BTreeMap<PartNumber, Part>,
}

#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) etag: ETag,
    pub(super) crc64: Crc64,
}

impl Object {
    pub(super) fn details(&self, options: &MemoryOptions) -> ObjectDetails {
        // A store never tells the ACL among the facts of an object.
        let settings = ObjectSettings { acl: None, ..self.settings.clone() };
        ObjectDetails {
            size_bytes: self.bytes.len() as u64,
            etag: self.etag.clone(),
            crc64: options.report_crc64.then_some(self.crc64),
            modified: None,
            version: None,
            settings,
            object_type: None,
            restore: None,
            request_id: None,
        }
    }

    pub(super) fn receipt(&self, options: &MemoryOptions) -> PutReceipt {
        PutReceipt {
            etag: self.etag.clone(),
            crc64: options.report_crc64.then_some(self.crc64),
            version: None,
            request_id: None,
        }
    }

    /// Refuses an object that is no longer the one meant.
    pub(super) fn check_tag(&self, if_match: Option<&ETag>) -> Result<()> {
        match if_match {
            Some(tag) if *tag != self.etag => {
                Err(refusal(ErrorKind::Changed, "PreconditionFailed", "the object has another ETag than expected"))
            }
            _ => Ok(()),
        }
    }
}

impl State {
    pub(super) fn bucket_summaries(&self) -> Vec<BucketSummary> {
        self.buckets
            .iter()
            .map(|(name, bucket)| BucketSummary {
                name: name.clone(),
                created: None,
                region: Some(bucket.region.clone()),
                endpoint: None,
            })
            .collect()
    }

    pub(super) fn create_bucket(&mut self, name: &str, region: &str) -> Result<()> {
        if self.buckets.contains_key(name) {
            return Err(refusal(ErrorKind::AlreadyExists, "BucketAlreadyExists", format!("there is a bucket {name}")));
        }
        let bucket = Bucket { region: region.to_owned(), objects: BTreeMap::new(), uploads: BTreeMap::new() };
        self.buckets.insert(name.to_owned(), bucket);
        Ok(())
    }

    pub(super) fn bucket(&self, name: &str) -> Result<&Bucket> {
        self.buckets.get(name).ok_or_else(|| no_such_bucket(name))
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket> {
        self.buckets.get_mut(name).ok_or_else(|| no_such_bucket(name))
    }

    pub(super) fn object(&self, object: &ObjectRef) -> Result<&Object> {
        self.bucket(&object.bucket)?
            .objects
            .get(&object.key)
            .ok_or_else(|| refusal(ErrorKind::ObjectNotFound, "NoSuchKey", format!("there is no object {object}")))
    }

    pub(super) fn check_may_write(&self, object: &ObjectRef, condition: PutCondition) -> Result<()> {
        let exists = self.bucket(&object.bucket)?.objects.contains_key(&object.key);
        match condition {
            PutCondition::IfAbsent if exists => {
                Err(refusal(ErrorKind::AlreadyExists, "ObjectAlreadyExists", format!("there is an object {object}")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn write(&mut self, at: &ObjectRef, object: Object) -> Result<()> {
        self.bucket_mut(&at.bucket)?.objects.insert(at.key.clone(), object);
        Ok(())
    }

    pub(super) fn delete_object(&mut self, object: &ObjectRef) -> Result<()> {
        self.bucket_mut(&object.bucket)?.objects.remove(&object.key);
        Ok(())
    }

    pub(super) fn create_upload(
        &mut self,
        object: &ObjectRef,
        settings: &ObjectSettings,
        initiated: Option<SystemTime>,
    ) -> Result<UploadId> {
        let nth = self.uploads_opened + 1;
        let bucket = self.bucket_mut(&object.bucket)?;
        // Zero-padded, so that the order of ids is the order of opening.
        let id = UploadId(format!("upload-{nth:08}"));
        let upload = Upload { settings: settings.clone(), initiated, parts: BTreeMap::new() };
        bucket.uploads.insert((object.key.clone(), id.clone()), upload);
        self.uploads_opened = nth;
        Ok(id)
    }

    pub(super) fn upload(&self, upload: &UploadRef) -> Result<&Upload> {
        self.bucket(&upload.object.bucket)?.uploads.get(&upload_key(upload)).ok_or_else(|| no_such_upload(upload))
    }

    pub(super) fn upload_mut(&mut self, upload: &UploadRef) -> Result<&mut Upload> {
        self.bucket_mut(&upload.object.bucket)?
            .uploads
            .get_mut(&upload_key(upload))
            .ok_or_else(|| no_such_upload(upload))
    }

    pub(super) fn remove_upload(&mut self, upload: &UploadRef) -> Result<Upload> {
        self.bucket_mut(&upload.object.bucket)?
            .uploads
            .remove(&upload_key(upload))
            .ok_or_else(|| no_such_upload(upload))
    }
}

/// The tag of content that came in one piece.
pub(super) fn tag_of(bytes: &[u8], options: &MemoryOptions) -> ETag {
    if options.md5_etags {
        ETag::new(hex::encode(Md5::digest(bytes)))
    } else {
        ETag::new(format!("opaque-{:016x}-{}", Crc64::of(bytes).0, bytes.len()))
    }
}

fn upload_key(upload: &UploadRef) -> (String, UploadId) {
    (upload.object.key.clone(), upload.upload_id.clone())
}

fn no_such_bucket(name: &str) -> crate::StoreError {
    refusal(ErrorKind::BucketNotFound, "NoSuchBucket", format!("there is no bucket {name}"))
}

fn no_such_upload(upload: &UploadRef) -> crate::StoreError {
    refusal(ErrorKind::UploadNotFound, "NoSuchUpload", format!("there is no open upload {}", upload.upload_id))
}
