//! What the judge hears, what has become of a transfer, and what is left when all is over.

use std::collections::BTreeSet;
use std::path::PathBuf;

use engine::{ConflictRule, End, Event, EventKind, Outcome, Phase, Session, TransferId, Transferred};
use store::UploadId;

use super::{Book, Known, Oracle};

impl Oracle {
    /// An event was told.
    pub(crate) fn told(&self, event: &Event) {
        let id = event.transfer;
        match &event.kind {
            // What was in flight when it was stopped is lost, and nobody says otherwise.
            EventKind::Restarted { .. }
            | EventKind::StateChanged { phase: Phase::Paused | Phase::Waiting | Phase::Failed, .. } => {
                self.book().progress.remove(&id);
            }
            EventKind::DataTransferRw { consumed_bytes, total_bytes } => {
                let before = self.book().progress.insert(id, *consumed_bytes);
                if u64::try_from(*total_bytes).is_ok_and(|total| *consumed_bytes > total) {
                    self.accuse(format!("{id} tells {consumed_bytes} of {total_bytes} bytes"));
                }
                if before.is_some_and(|before| before > *consumed_bytes) {
                    self.accuse(format!("{id} tells {consumed_bytes} bytes after {before:?}"));
                }
            }
            _ => {}
        }
    }

    /// Done means that the target is, byte for byte, what the source was at some moment.
    pub(super) fn is_done(&self, id: TransferId, known: &Known, result: &Transferred) {
        if result.outcome == Outcome::Skipped {
            if known.spec.options.conflict != ConflictRule::Skip {
                self.accuse(format!("{id} was skipped without that rule"));
            }
            return;
        }
        let Some(checkpoint) = &known.checkpoint else {
            return self.accuse(format!("{id} is done without a plan"));
        };
        let there = match &checkpoint.target {
            End::File { path } => self.disk.durable(path).map(|(bytes, _)| bytes),
            End::Object { object, .. } => self.store.object_bytes(object).map(|bytes| bytes.to_vec()),
        };
        let book = self.book();
        let ever = book.contents.get(&known.spec.source.to_string());
        let equal = there.is_some_and(|there| ever.is_some_and(|ever| ever.contains(&there)));
        drop(book);
        if !equal {
            self.accuse(format!("{id} is done, and its target is not what its source ever was"));
        }
        if self.checksums && !result.verified {
            self.accuse(format!("{id} is done but not verified, although the store reports checksums"));
        }
        if result.verified && (result.source_crc64 != result.target_crc64 || result.source_crc64.is_none()) {
            self.accuse(format!("{id} is said to be verified with {result:?}"));
        }
    }

    /// The weather has been fair for long, everything rests: what is left behind in the bucket, or on the disk?
    pub(crate) fn end(&self, bucket: &str, clock_was_right: bool) {
        let (known, owners, left_behind, foreign, not_ours, late, given_up) = {
            let book = self.book();
            let not_ours: BTreeSet<UploadId> = book.foreign_uploads.union(&book.late).cloned().collect();
            let Book { known, owners, left_behind, foreign, late, given_up, .. } = &*book;
            let (late, given_up) = (late.clone(), given_up.clone());
            (known.clone(), owners.clone(), left_behind.clone(), foreign.clone(), not_ours, late, given_up)
        };
        let open = self.store.open_uploads(bucket);
        for upload in open.iter().filter(|upload| !not_ours.contains(&upload.upload_id)) {
            let goes_on = |one: &&Known| {
                !one.state.is_final()
                    && matches!(&one.spec.target, End::Object { object, .. } if *object == upload.object)
            };
            match owners.get(&upload.upload_id) {
                None if !self.store.held_parts(upload).is_empty() => {
                    self.accuse(format!("{} has parts, and nobody knows it", upload.upload_id));
                }
                // Nobody was told of it; it is swept when its transfer goes on, unless times prove nothing.
                None if left_behind.contains(&upload.upload_id) => {}
                // One that was opened late beside it makes two where one attempt was: nothing tells which is whose.
                None if open.iter().any(|other| other.object == upload.object && late.contains(&other.upload_id)) => {}
                // Its user did not want to hear of it any more.
                None if given_up.iter().any(|one| one.is_to(&upload.object)) => {}
                None if clock_was_right && !known.values().any(|one| goes_on(&one)) => {
                    self.accuse(format!("{} was never heard of, and never swept", upload.upload_id));
                }
                None => {}
                Some(id) => {
                    let session = Some(Session::Upload { upload_id: upload.upload_id.clone() });
                    let is_used = known.get(id).is_some_and(|one| !one.state.is_final() && one.session == session);
                    if !is_used && !left_behind.contains(&upload.upload_id) {
                        self.accuse(format!("{} of {id} is left behind unnoticed", upload.upload_id));
                    }
                }
            }
        }
        let temp: BTreeSet<&PathBuf> = known
            .values()
            .filter(|one| !one.state.is_final())
            .chain(&given_up)
            .flat_map(|one| &one.temp_paths)
            .collect();
        for path in self.disk.ours() {
            if path.to_string_lossy().contains(".tern-part") && !temp.contains(&path) {
                self.accuse(format!("{} is left behind", path.display()));
            }
        }
        for (name, (object, bytes)) in foreign {
            let there = self.store.object_bytes(&object).map(|bytes| bytes.to_vec());
            if there.as_deref() != Some(&bytes[..]) {
                self.accuse(format!("{name}, somebody else's, is not what it was"));
            }
        }
    }
}
