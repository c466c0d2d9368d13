//! How a world has to end: everything is done, given up, or failed for a good reason, and is shown as it is recorded.

use engine::{ConflictRule, End, Engine, ErrorCode, State};

use super::World;

impl World {
    pub(super) fn judge_the_end(&self, engine: &Engine) {
        let known = self.oracle.known();
        for (id, one) in &known {
            let Ok(Some(view)) = engine.view(*id) else {
                self.oracle.accuse(format!("{id} is not to be found"));
                continue;
            };
            if view.order != one.order {
                self.oracle.accuse(format!("{id} is shown at {}, and recorded at {}", view.order, one.order));
            }
            if view.state != one.state {
                self.oracle.accuse(format!("{id} is shown as {:?}, and recorded as {:?}", view.state, one.state));
            }
            match view.state {
                State::Done if one.cancelled && view.result.is_none() => {
                    self.oracle.accuse(format!("{id} was cancelled and is done"));
                }
                State::Done => {}
                State::Cancelled if one.cancelled => {}
                State::Failed if self.fails_rightly(&view) => {}
                _ => self.oracle.accuse(format!("{id} has come to {:?}: {:?}", view.state, view.error)),
            }
        }
        if let Ok(counts) = engine.counts() {
            let count = |state| known.values().filter(|one| one.state == state).count() as u64;
            let expected = (count(State::Done), count(State::Failed), count(State::Paused));
            if (counts.done, counts.failed, counts.paused) != expected {
                self.oracle.accuse(format!("{counts:?} are counted, where {expected:?} are recorded"));
            }
        }
        self.oracle.end("target", self.clock_was_right);
    }

    /// Somebody else's file is in the way, and the rule is to fail then.
    fn fails_rightly(&self, view: &engine::TransferView) -> bool {
        let taken = match &view.spec.target {
            End::File { path } => self.disk.bytes(path).is_some(),
            End::Object { object, .. } => self.memory.object_bytes(object).is_some(),
        };
        let code = view.error.as_ref().map(|error| error.code);
        code == Some(ErrorCode::TargetExists) && taken && view.spec.options.conflict == ConflictRule::Fail
    }
}
