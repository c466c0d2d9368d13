//! What callers wish, and what it takes to answer them.

use super::{Behind, Command, Driver, Move, Reply, STRIDE, WINDOW};
use crate::fact::{Added, Fact};
use crate::handle::EngineError;
use crate::live::picture;
use crate::queue::{Input, Loaded};
use crate::transfer::{Intent, State, StoreId, TransferId, TransferSpec};
use crate::view::{Filter, Stats, TransferDetail};

impl Driver {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Add(specs, reply) => self.add(specs, reply),
            Command::Want(ids, intent, reply) => match ids.iter().try_for_each(|id| self.want(*id, intent)) {
                Ok(()) => self.barrier(ids, Behind::Told(reply)),
                // Whoever asked may have stopped listening.
                Err(error) => drop(reply.send(Err(error))),
            },
            Command::WantAll(intent, reply) => self.want_all(intent, reply),
            Command::Remove(ids, reply) => self.remove(ids, reply),
            // Whoever asked may have stopped listening.
            Command::Detail(id, reply) => drop(reply.send(Ok(self.detail(id)))),
            Command::Renewed(store, reply) => self.renewed(&store, reply),
            Command::Reorder(ids, to, reply) => self.reorder(Move { ids, to, reply }),
            Command::Adopt(spec, found, reply) => self.adopt(*spec, *found, reply),
            Command::Interrupted(reply) => {
                self.input(Input::Interrupted);
                // Whoever asked may have stopped listening.
                drop(reply.send(Ok(())));
            }
            Command::Shutdown(reply) => {
                self.state.closing = Some(reply);
                self.state.closing_since = Some(self.tools.clock.now());
                self.input(Input::Shutdown);
            }
        }
    }

    fn add(&mut self, specs: Vec<TransferSpec>, reply: Reply<Vec<TransferId>>) {
        let Some((mut next_id, mut next_order)) = self.state.next else {
            // Whoever asked may have stopped listening.
            return drop(reply.send(Err(EngineError::LedgerWrite("it could not be read at the start".into()))));
        };
        let added_ms = self.tools.clock.wall_ms();
        let mut added = Vec::with_capacity(specs.len());
        for spec in specs {
            added.push(Loaded {
                id: TransferId(next_id),
                order: next_order,
                spec,
                intent: Intent::Run,
                state: State::Waiting,
                checkpoint: None,
                parts: Vec::new(),
                error: None,
                stats: Stats::default(),
                added_ms,
            });
            next_id += 1;
            next_order = next_order.saturating_add(STRIDE);
        }
        self.state.next = Some((next_id, next_order));
        let ids: Vec<TransferId> = added.iter().map(|one| one.id).collect();
        // The window takes what it has room for, if nothing older waits in the ledger; the rest waits there for its turn.
        let room = match (self.takes_over, self.state.exhausted) {
            (true, true) => WINDOW.saturating_sub(self.queue.waiting_count()),
            (true, false) => 0,
            (false, _) => added.len(),
        };
        let rest = added.split_off(room.min(added.len()));
        let ledger_only = !rest.is_empty();
        if !added.is_empty() {
            self.state.cursor = added.last().map(|one| (one.order, one.id));
            self.input(Input::Add(added));
        }
        if ledger_only {
            self.state.exhausted = false;
            self.state.adds_under_way += 1;
            self.note(rest.into_iter().map(as_fact).collect());
        }
        self.live.touch();
        self.barrier(ids.clone(), Behind::Added { ids, reply, ledger_only });
    }

    /// Passes a wish on, loading the transfer first if only the ledger has it.
    pub(super) fn want(&mut self, id: TransferId, intent: Intent) -> Result<(), EngineError> {
        if !self.queue.holds(id) {
            let loaded = self.ledger.load(id)?.ok_or(EngineError::NoSuchTransfer(id))?;
            let rests_so = matches!(
                (loaded.state, intent),
                (State::Paused | State::Failed, Intent::Pause) | (State::Done | State::Cancelled, _)
            );
            if rests_so {
                if loaded.state == State::Paused && loaded.intent == Intent::Run {
                    // It is held for something; from now on it would not go on by itself when it has that.
                    self.note(vec![Fact::IntentSet { id, intent }]);
                }
                return Ok(());
            }
            // It may be part of the window later: refilling passes over what the queue holds.
            self.input(Input::Load(vec![loaded]));
        }
        self.want_held(id, intent);
        Ok(())
    }

    fn want_held(&mut self, id: TransferId, intent: Intent) {
        let rested = self.state.resting.remove(&id);
        self.input(Input::Want(id, intent));
        if rested && self.queue.transfer(id).is_some_and(|one| one.state.is_resting()) {
            self.state.resting.insert(id); // nothing has come of the wish
        }
    }

    /// Goes on with what had to stop because the credentials of a store had expired.
    fn renewed(&mut self, store: &StoreId, reply: Reply<Vec<TransferId>>) {
        let wanted = self.ledger.held(store).map_err(EngineError::from).and_then(|held| {
            held.iter().try_for_each(|id| self.want(*id, Intent::Run))?;
            Ok(held)
        });
        match wanted {
            Ok(held) => self.barrier(held.clone(), Behind::Resumed(held, reply)),
            // Whoever asked may have stopped listening.
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    /// "Pause all" and "resume all": what the queue holds is told, what only the ledger has is changed there.
    fn want_all(&mut self, intent: Intent, reply: Reply<()>) {
        let (filter, state) = match intent {
            Intent::Run => (Filter::Paused, State::Waiting),
            Intent::Pause | Intent::Cancel => (Filter::Waiting, State::Paused),
        };
        let in_ledger = match self.ledger.open_ids(filter) {
            Ok(ids) => ids,
            // Whoever asked may have stopped listening.
            Err(error) => return drop(reply.send(Err(error.into()))),
        };
        let held: Vec<TransferId> = self
            .queue
            .transfers()
            .filter(|one| !one.state.is_final() && one.state != State::Failed && one.intent != Intent::Cancel)
            .map(|one| one.id)
            .collect();
        let mut told: Vec<TransferId> = held.clone();
        for id in held {
            self.want_held(id, intent);
        }
        for id in in_ledger {
            if self.queue.holds(id) {
                continue;
            }
            if intent == Intent::Run && !self.takes_over {
                // Nothing is taken from the ledger by itself here, so each is loaded.
                if let Err(error) = self.want(id, intent) {
                    tracing::warn!(transfer = %id, %error, "it could not be resumed");
                }
            } else {
                self.note(vec![Fact::IntentSet { id, intent }, Fact::StateSet { id, state, stats: None }]);
            }
            told.push(id);
        }
        self.live.touch();
        self.barrier(told, Behind::AllTold { intent, reply });
    }

    fn remove(&mut self, ids: Vec<TransferId>, reply: Reply<()>) {
        let mut facts = Vec::new();
        for id in &ids {
            let in_queue = self.queue.transfer(*id).map(|one| one.state);
            match self.ledger.load(*id) {
                Ok(Some(one)) if in_queue.unwrap_or(one.state).is_final() => facts.push(Fact::Removed { id: *id }),
                Ok(Some(_)) => return drop(reply.send(Err(EngineError::NotOver(*id)))),
                Ok(None) => {}
                Err(error) => return drop(reply.send(Err(error.into()))),
            }
        }
        self.note(facts);
        self.live.touch();
        self.barrier(ids, Behind::Told(reply));
    }

    /// A transfer that works, with its parts; worked out only when asked for, since there may be ten thousand.
    fn detail(&mut self, id: TransferId) -> Option<TransferDetail> {
        let transfer = self.queue.transfer(id).filter(|one| one.state.is_working())?;
        let (workspace, sampled) = self.state.workspaces.entry(id).or_default();
        let meter = &workspace.meter;
        Some(TransferDetail {
            view: picture(transfer, meter, sampled, self.tools.clock.now()),
            checkpoint: transfer.checkpoint.as_deref().cloned(),
            parts: transfer.part_states(&meter.in_flight()),
            parts_confirmed: transfer.parts_confirmed,
            saved_ms: sampled.saved_ms,
        })
    }
}

fn as_fact(one: Loaded) -> Fact {
    Fact::Added(Box::new(Added {
        id: one.id,
        order: one.order,
        spec: one.spec,
        intent: one.intent,
        added_ms: one.added_ms,
    }))
}
