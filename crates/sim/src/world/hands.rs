//! What other hands do meanwhile: to sources, targets, uploads and temporary files.

use std::time::Duration;

use engine::{ConflictRule, End};
use store::{ObjectSettings, PartNumber};

use super::{World, noise};
use crate::script::{Edit, Tamper};

impl World {
    pub(super) fn edit(&mut self, at: usize, edit: Edit) {
        let source = self.specs[at].source.clone();
        let Some(mut bytes) = self.source_bytes(&source) else { return };
        match edit {
            Edit::Grow => bytes.extend(noise(&mut self.random, 700)),
            Edit::Shrink => bytes.truncate(bytes.len() / 2),
            Edit::InPlace | Edit::Replace => bytes = noise(&mut self.random, bytes.len() as u64),
        }
        self.write_source(&source, bytes, edit == Edit::Replace);
    }

    pub(super) fn put_foreign(&mut self, at: usize) {
        let bytes = noise(&mut self.random, 333);
        match &self.specs[at].target {
            End::File { path } if self.disk.bytes(path).is_none() => self.disk.put(path, bytes),
            End::Object { object, .. } if self.memory.object_bytes(object).is_none() => {
                // The bucket is there and the name is fine.
                let _ = self.memory.add_object(object, bytes.clone(), ObjectSettings::default());
                if self.specs[at].options.conflict != ConflictRule::Overwrite {
                    self.oracle.foreign(object, bytes);
                }
            }
            _ => {}
        }
    }

    /// Another program begins uploads of the same key: one long ago, and one just now with a part in it.
    pub(super) fn begin_foreign_upload(&mut self, at: usize) {
        let End::Object { object, .. } = &self.specs[at].target else { return };
        let part = (PartNumber::FIRST, noise(&mut self.random, 50).into());
        let now = self.time.now();
        for (opened, parts) in [(now - Duration::from_secs(86_400 * 3), &[][..]), (now, &[part][..])] {
            match self.memory.add_upload(object, opened, parts) {
                Ok(upload) => self.oracle.foreign_upload(upload.upload_id),
                Err(error) => self.oracle.accuse(format!("no upload can be begun: {error}")),
            }
        }
    }

    pub(super) fn apply_tampers(&mut self) {
        let known = self.oracle.known();
        for (at, tamper) in std::mem::take(&mut self.tampers) {
            let Some(one) = known.values().find(|one| one.spec == self.specs[at]) else { continue };
            let Some(path) = one.temp_paths.last() else { continue };
            let Some(len) = self.disk.bytes(path).map(|bytes| bytes.len()) else { continue };
            let place = self.random.usize(0..len.max(1));
            match tamper {
                Tamper::Delete => self.disk.delete(path),
                Tamper::Truncate => {
                    self.disk.alter(path, |bytes| bytes.truncate(place));
                    // That it was made is not recorded yet, and it does not look like what Tern leaves.
                    if one.session.is_none() && place > 0 && place < len {
                        self.disk.disown(path);
                    }
                }
                Tamper::Alter => self.disk.alter(path, |bytes| {
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte ^= 0x55;
                    }
                }),
                Tamper::Replace => self.disk.put(path, b"somebody else's".to_vec()),
            }
        }
    }
}
