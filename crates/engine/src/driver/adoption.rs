//! An upload that somebody else began becomes a transfer of ours.
//!
//! It is recorded whole, with its plan and with what it holds, before it runs; so it is there after a crash like one
//! that was begun here, or not at all.

use super::{Behind, Driver, Reply, STRIDE};
use crate::checkpoint::{Checkpoint, Session};
use crate::fact::{Added, Fact};
use crate::handle::EngineError;
use crate::job::Examined;
use crate::ledger::Owner;
use crate::queue::Loaded;
use crate::transfer::{Intent, State, TransferId, TransferSpec};
use crate::view::Stats;

impl Driver {
    pub(super) fn adopt(&mut self, spec: TransferSpec, found: Examined, reply: Reply<TransferId>) {
        if let Some(id) = self.goes_on_with(&found.checkpoint) {
            let reason = format!("transfer {id} goes on with this upload; resume that one");
            // Whoever asked may have stopped listening.
            return drop(reply.send(Err(EngineError::InvalidSpec(reason))));
        }
        let Some((next_id, next_order)) = &mut self.state.next else {
            // Whoever asked may have stopped listening.
            return drop(reply.send(Err(EngineError::LedgerWrite("it could not be read at the start".into()))));
        };
        let (id, order) = (TransferId(*next_id), *next_order);
        *next_id += 1;
        *next_order = next_order.saturating_add(STRIDE);
        let at_ms = self.tools.clock.wall_ms();
        let intent = Intent::Run;
        let added = Added { id, order, spec: spec.clone(), expected_bytes: None, intent, added_ms: at_ms };
        let mut facts = vec![
            Fact::Added(Box::new(added)),
            Fact::Planned { id, checkpoint: Box::new(found.checkpoint.clone()), at_ms },
        ];
        facts.extend(found.held.iter().map(|part| Fact::PartDone { id, part: part.clone(), at_ms }));
        self.note(facts);
        let loaded = Loaded {
            id,
            order,
            spec,
            expected_bytes: None,
            intent,
            state: State::Waiting,
            checkpoint: Some(found.checkpoint),
            parts: found.held,
            error: None,
            stats: Stats::default(),
            added_ms: at_ms,
        };
        self.barrier(vec![id], Behind::Adopted(Box::new(loaded), reply));
    }

    /// Who goes on with the upload of a plan already: it may have been adopted while this one was being compared.
    fn goes_on_with(&self, plan: &Checkpoint) -> Option<TransferId> {
        let in_queue = self.queue.transfers().find(|one| {
            let known = one.checkpoint.as_ref();
            !one.state.is_final() && known.is_some_and(|known| known.session == plan.session)
        });
        let mut waiting = self.state.behind.values();
        let adopted = waiting.find_map(|behind| match behind {
            Behind::Adopted(one, _) if one.checkpoint.as_ref().is_some_and(|known| known.session == plan.session) => {
                Some(one.id)
            }
            _ => None,
        });
        let Some(Session::Upload { upload_id }) = &plan.session else { return None };
        let recorded = || match self.ledger.records().owners(std::slice::from_ref(upload_id)).ok()?.pop()?? {
            Owner::Needs(id) => Some(id),
            Owner::LeftBehind(_) => None,
        };
        in_queue.map(|one| one.id).or(adopted).or_else(recorded)
    }

    /// It is durable, or cannot be made so; then it must not turn up later.
    pub(super) fn adopted(&mut self, loaded: Loaded, failure: Option<String>, reply: Reply<TransferId>) {
        let id = loaded.id;
        let answer = match failure {
            None => {
                if !self.queue.holds(id) {
                    // "Pause all" may have been said meanwhile.
                    let loaded = self.as_it_will_be(loaded);
                    self.load(vec![loaded]);
                }
                self.live.touch();
                Ok(id)
            }
            Some(failure) => {
                self.note(vec![Fact::Removed { id }]);
                Err(EngineError::LedgerWrite(failure))
            }
        };
        // Whoever asked may have stopped listening.
        drop(reply.send(answer));
    }
}
