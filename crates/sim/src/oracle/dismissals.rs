//! What is given up, and what its end means for each transfer.

use engine::ledger::Leftover;
use engine::{End, Fact, State};
use store::ObjectRef;

use super::{Known, Oracle};

impl Known {
    /// Whether an object is its target, as asked for or as planned.
    pub(super) fn is_to(&self, object: &ObjectRef) -> bool {
        let planned = self.checkpoint.as_ref().map(|checkpoint| &checkpoint.target);
        let mut ends = [Some(&self.spec.target), planned].into_iter().flatten();
        ends.any(|end| matches!(end, End::Object { object: target, .. } if target == object))
    }
}

impl Oracle {
    /// What the end of a wish, or its being taken back, means for each of its transfers.
    pub(crate) fn dismissal_over(&self, until_ms: i64, ends: bool) -> Vec<Fact> {
        let book = self.book();
        // Whether it is over: ended, or a cancel that failed.
        let of_this_wish = |one: &Known| {
            let (_, was) = one.dismissed.filter(|(until, _)| *until == until_ms)?;
            Some(was.is_final() || one.gives_up_cancel)
        };
        let concerned = book.known.iter().filter_map(|(id, one)| of_this_wish(one).map(|over| (*id, over)));
        concerned
            .flat_map(|(id, over)| match (ends, over) {
                (false, _) => vec![Fact::Recalled { id }],
                (true, true) => vec![Fact::Removed { id }],
                (true, false) => vec![
                    Fact::StateSet { id, state: State::Waiting, stats: None },
                    Fact::IntentSet { id, intent: engine::Intent::Cancel },
                ],
            })
            .collect()
    }

    /// What the ledger says that no store has let go.
    pub(crate) fn written_down(&self, leftovers: Vec<Leftover>) {
        self.book().left_behind.extend(leftovers.into_iter().map(|one| one.upload.upload_id));
    }
}
