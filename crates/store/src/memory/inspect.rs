//! What a test may look at and prepare, without a call being counted.

use std::sync::PoisonError;
use std::time::SystemTime;

use bytes::Bytes;

use super::call::CallLog;
use super::state::{Object, tag_of};
use super::{Call, MemoryStore, Result, Verb};
use crate::{Crc64, ObjectRef, ObjectSettings, PartNumber, UploadRef};

impl MemoryStore {
    /// Makes a bucket in a region of its own.
    ///
    /// # Errors
    /// `AlreadyExists`.
    pub fn add_bucket(&self, name: &str, region: &str) -> Result<()> {
        crate::check_bucket_name(name)?;
        self.state().create_bucket(name, region)
    }

    /// Puts an object there.
    ///
    /// # Errors
    /// `BucketNotFound`, `InvalidName`.
    pub fn add_object(&self, at: &ObjectRef, bytes: impl Into<Bytes>, settings: ObjectSettings) -> Result<()> {
        crate::check_key(&at.key)?;
        let bytes = bytes.into();
        let object = Object { etag: tag_of(&bytes, &self.options), crc64: Crc64::of(&bytes), settings, bytes };
        self.state().write(at, object)
    }

    /// The content of an object.
    pub fn object_bytes(&self, object: &ObjectRef) -> Option<Bytes> {
        self.state().object(object).ok().map(|found| found.bytes.clone())
    }

    /// The settings of an object, with its ACL.
    pub fn object_settings(&self, object: &ObjectRef) -> Option<ObjectSettings> {
        self.state().object(object).ok().map(|found| found.settings.clone())
    }

    /// All keys of a bucket, in order; empty if there is no such bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.state().bucket(bucket).map(|found| found.objects.keys().cloned().collect()).unwrap_or_default()
    }

    /// All open uploads of a bucket, by key, then by opening.
    pub fn open_uploads(&self, bucket: &str) -> Vec<UploadRef> {
        let state = self.state();
        let Ok(found) = state.bucket(bucket) else { return Vec::new() };
        found
            .uploads
            .keys()
            .map(|(key, id)| UploadRef { object: ObjectRef::new(bucket, key), upload_id: id.clone() })
            .collect()
    }

    /// Opens an upload as another program would, at a time, with the parts given.
    ///
    /// # Errors
    /// `BucketNotFound`, `InvalidName`.
    pub fn add_upload(
        &self,
        at: &ObjectRef,
        initiated: SystemTime,
        parts: &[(PartNumber, Bytes)],
    ) -> Result<UploadRef> {
        crate::check_key(&at.key)?;
        let upload_id = self.state().create_upload(at, &ObjectSettings::default(), Some(initiated))?;
        let upload = UploadRef { object: at.clone(), upload_id };
        for (number, bytes) in parts {
            self.keep_part(&upload, *number, bytes.clone())?;
        }
        Ok(upload)
    }

    /// The parts that an open upload holds: number and content.
    pub fn held_parts(&self, upload: &UploadRef) -> Vec<(PartNumber, Bytes)> {
        let state = self.state();
        let Ok(found) = state.upload(upload) else { return Vec::new() };
        found.parts.iter().map(|(number, part)| (*number, part.bytes.clone())).collect()
    }

    /// Forgets all open uploads of a bucket, as a lifecycle rule would.
    pub fn expire_uploads(&self, bucket: &str) {
        if let Ok(found) = self.state().bucket_mut(bucket) {
            found.uploads.clear();
        }
    }

    /// Every call so far, in order of arrival, including those that a fault stopped.
    pub fn calls(&self) -> Vec<Call> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).calls.clone()
    }

    /// How many calls of one verb there were.
    pub fn requests(&self, verb: Verb) -> u64 {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).counts.get(&verb).copied().unwrap_or_default()
    }

    /// Starts counting anew.
    pub fn forget_calls(&self) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = CallLog::default();
    }
}
