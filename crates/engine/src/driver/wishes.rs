//! What callers wish, and what it takes to answer them.

use std::time::Duration;

use super::{Behind, Command, Driver, Move, Reply, STRIDE, WINDOW};
use crate::fact::{Added, Bulk, Fact};
use crate::handle::{EngineError, OptionsChange};
use crate::live::picture;
use crate::queue::{Input, Loaded, Transfer};
use crate::recorder::Note;
use crate::transfer::{Intent, NewTransfer, State, StoreId, TransferId};
use crate::view::{Filter, Stats, TransferDetail};

impl Driver {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Add(all, reply) => self.add(all, reply),
            Command::Want(ids, intent, reply) => match ids.iter().try_for_each(|id| self.want(*id, intent)) {
                Ok(()) => self.barrier(ids, Behind::Told(reply)),
                // Whoever asked may have stopped listening.
                Err(error) => drop(reply.send(Err(error))),
            },
            Command::StartNow(ids, reply) => match ids.iter().try_for_each(|id| self.start_now(*id)) {
                Ok(()) => self.barrier(ids, Behind::Told(reply)),
                // Whoever asked may have stopped listening.
                Err(error) => drop(reply.send(Err(error))),
            },
            Command::WantAll(intent, reply) => self.want_all(intent, reply),
            Command::Remove(ids, reply) => self.remove(ids, reply),
            // Whoever asked may have stopped listening.
            Command::Detail(id, reply) => drop(reply.send(Ok(self.detail(id)))),
            Command::Renewed(store, reply) => self.renewed(&store, reply),
            Command::Dismiss(ids, until_ms, reply) => self.dismiss(ids, until_ms, reply),
            Command::Recall(until_ms, reply) => self.recall(until_ms, reply),
            Command::SetOptions(id, change, reply) => self.set_options(id, change, reply),
            Command::Proved(results, reply) => {
                let ids = results.iter().map(|(id, _)| *id).collect();
                let fact = |(id, result)| Fact::Proved { id, result: Box::new(result) };
                self.note(results.into_iter().map(fact).collect());
                self.live.touch();
                self.barrier(ids, Behind::Told(reply));
            }
            Command::Reorder(ids, to, reply) => self.reorder(Move { ids, to, reply }),
            Command::SetOwnLimit(ids, limit, reply) => self.set_own_limits(ids, limit, reply),
            Command::Adopt(spec, found, reply) => self.adopt(*spec, *found, reply),
            Command::Interrupted(by, reply) => {
                // Hours may have passed.
                self.apply_limits();
                self.input(Input::Interrupted(by));
                // Whoever asked may have stopped listening.
                drop(reply.send(Ok(())));
            }
            Command::Limits(limits, reply) => {
                self.input(Input::Limits(limits));
                // Whoever asked may have stopped listening.
                drop(reply.send(Ok(())));
            }
            Command::HistoryDays(days, reply) => {
                self.history_days = days;
                self.state.expire_at = (days > 0).then(|| self.tools.clock.now());
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

    fn add(&mut self, all: Vec<NewTransfer>, reply: Reply<Vec<TransferId>>) {
        let Some((mut next_id, mut next_order)) = self.state.next else {
            // Whoever asked may have stopped listening.
            return drop(reply.send(Err(EngineError::LedgerWrite("it could not be read at the start".into()))));
        };
        let added_ms = self.tools.clock.wall_ms();
        let ids: Vec<TransferId> = (next_id..).take(all.len()).map(TransferId).collect();
        // The window takes what it has room for, if nothing older waits in the ledger; the rest waits there for its turn.
        let room = match (self.takes_over, self.state.exhausted) {
            (true, true) => WINDOW.saturating_sub(self.queue.waiting_count()),
            (true, false) => 0,
            (false, _) => all.len(),
        };
        let first_place = (next_order, TransferId(next_id));
        let (mut held, mut facts) = (Vec::new(), Vec::with_capacity(all.len().saturating_sub(room)));
        for NewTransfer { spec, expected_bytes } in all {
            let (id, order) = (TransferId(next_id), next_order);
            next_id += 1;
            next_order = next_order.saturating_add(STRIDE);
            let intent = Intent::Run;
            if held.len() >= room {
                facts.push(Fact::Added(Box::new(Added { id, order, spec, expected_bytes, intent, added_ms })));
                continue;
            }
            held.push(Loaded {
                id,
                order,
                spec,
                expected_bytes,
                intent,
                state: State::Waiting,
                checkpoint: None,
                parts: Vec::new(),
                error: None,
                stats: Stats::default(),
                added_ms,
            });
        }
        self.state.next = Some((next_id, next_order));
        let ledger_only = !facts.is_empty();
        if ledger_only {
            if held.is_empty() && self.state.cursor >= Some(first_place) {
                // Reading has come to those of a low priority already, which stand behind all that is added.
                self.read_from_the_start();
            }
            self.state.exhausted = false;
            self.state.changes_under_way += 1;
        }
        let in_queue = held.iter().map(|one| one.id).collect();
        if !held.is_empty() {
            self.state.cursor = held.last().map(|one| (one.order, one.id));
            self.input(Input::Add(held));
        }
        self.live.touch();
        let number = self.put_behind(Behind::Added { ids, reply, ledger_only });
        self.send_note(Note::Added { facts, ids: in_queue, number });
    }

    /// Passes a wish on, loading the transfer first if only the ledger has it.
    pub(super) fn want(&mut self, id: TransferId, intent: Intent) -> Result<(), EngineError> {
        if self.state.dismissing.contains(&id) {
            return Ok(()); // it is given up: only that can be taken back
        }
        if !self.queue.holds(id) {
            let loaded = self.ledger.records().load(id)?.map(|one| self.as_it_will_be(one));
            let loaded = loaded.ok_or(EngineError::NoSuchTransfer(id))?;
            let rests_so = matches!(
                (loaded.state, intent),
                (State::Paused | State::Failed, Intent::Pause) | (State::Done | State::Cancelled | State::Dismissed, _)
            );
            if rests_so {
                if loaded.state == State::Paused && loaded.intent == Intent::Run {
                    // It is held for something; from now on it would not go on by itself when it has that.
                    self.note(vec![Fact::IntentSet { id, intent }]);
                }
                return Ok(());
            }
            // It may be part of the window later: refilling passes over what the queue holds.
            self.load(vec![loaded]);
        }
        self.want_held(id, intent);
        Ok(())
    }

    fn start_now(&mut self, id: TransferId) -> Result<(), EngineError> {
        self.want(id, Intent::Run)?;
        self.input(Input::StartNow(id));
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
        // An attempt that is under way was made with the old ones, and says nothing of these.
        self.state.renewed_at.insert(store.clone(), self.tools.clock.now());
        self.queue.credentials_may_be_new(Some(store));
        self.read_from_the_start();
        let mut waiting = match self.ledger.records().held(store) {
            Ok(recorded) => recorded,
            // Whoever asked may have stopped listening.
            Err(error) => return drop(reply.send(Err(error.into()))),
        };
        // What is not recorded yet.
        let of_this_store = |one: &&Transfer| one.held_by().is_some() && one.spec.is_at(store);
        let in_memory = self.queue.transfers().filter(of_this_store).map(|one| one.id);
        waiting.extend(in_memory.filter(|id| !waiting.contains(id)).collect::<Vec<_>>());
        waiting.retain(|id| match self.want(*id, Intent::Run) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(transfer = %id, %error, "it could not be resumed");
                false
            }
        });
        self.barrier(waiting.clone(), Behind::Resumed(waiting, reply));
    }

    /// Whether an attempt was made with credentials that have been renewed since.
    pub(super) fn was_made_before_renewal(&self, id: TransferId, started: Duration) -> bool {
        let Some(transfer) = self.queue.transfer(id) else { return false };
        self.state.renewed_at.iter().any(|(store, at)| started <= *at && transfer.spec.is_at(store))
    }

    /// What the ledger will say of a row once what is under way has been written.
    pub(super) fn as_it_will_be(&self, mut loaded: Loaded) -> Loaded {
        if self.state.dismissing.contains(&loaded.id) {
            return Loaded { state: State::Dismissed, ..loaded };
        }
        if let Some(options) = self.state.options_under_way.get(&loaded.id) {
            loaded.spec.options.clone_from(options);
        }
        if let Some(limit) = self.state.own_limits_under_way.get(&loaded.id) {
            loaded.spec.options.limit_bytes_per_second = *limit;
        }
        let told =
            self.state.all_under_way.filter(|(_, first_later)| loaded.id < *first_later).map(|(intent, _)| intent);
        match (told, loaded.state, loaded.intent) {
            (Some(Intent::Pause), State::Waiting | State::Paused, Intent::Run) => {
                Loaded { state: State::Paused, intent: Intent::Pause, ..loaded }
            }
            (Some(Intent::Run), State::Paused, Intent::Run | Intent::Pause) => {
                Loaded { state: State::Waiting, intent: Intent::Run, ..loaded }
            }
            _ => loaded,
        }
    }

    /// "Pause all" and "resume all": what the queue holds is told, what only the ledger has is changed there at once.
    fn want_all(&mut self, intent: Intent, reply: Reply<()>) {
        let held: Vec<TransferId> = self
            .queue
            .transfers()
            .filter(|one| !one.state.is_final() && one.state != State::Failed && one.intent != Intent::Cancel)
            .filter(|one| one.state != State::Dismissed)
            .map(|one| one.id)
            .collect();
        if intent == Intent::Run {
            self.queue.credentials_may_be_new(None);
        }
        for id in held.iter().copied() {
            self.want_held(id, intent);
        }
        if intent == Intent::Run && !self.takes_over {
            // Nothing is taken from the ledger by itself here, so each is loaded.
            return self.resume_each(held, reply);
        }
        self.state.changes_under_way += 1;
        self.state.all_under_way = self.state.next.map(|(next_id, _)| (intent, TransferId(next_id)));
        self.live.touch();
        let number = self.put_behind(Behind::AllTold { intent, reply });
        self.send_note(Note::Bulk { bulk: Bulk::AllSet { intent }, number });
    }

    fn resume_each(&mut self, held: Vec<TransferId>, reply: Reply<()>) {
        let paused = match self.ledger.records().open_ids(Filter::Paused) {
            Ok(ids) => ids,
            // Whoever asked may have stopped listening.
            Err(error) => return drop(reply.send(Err(error.into()))),
        };
        let mut told = held;
        for id in paused {
            if self.queue.holds(id) {
                continue;
            }
            if let Err(error) = self.want(id, Intent::Run) {
                tracing::warn!(transfer = %id, %error, "it could not be resumed");
            }
            told.push(id);
        }
        self.live.touch();
        self.barrier(told, Behind::Told(reply));
    }

    /// Another way of doing it, as far as it has not been done in the old one.
    fn set_options(&mut self, id: TransferId, change: OptionsChange, reply: Reply<()>) {
        if !self.queue.holds(id) {
            match self.ledger.records().load(id) {
                // What may be taken up from the ledger before that knows the change is taken up with it.
                Ok(Some(loaded)) if loaded.state == State::Waiting => {
                    let loaded = self.as_it_will_be(loaded);
                    if loaded.state == State::Waiting {
                        self.load(vec![loaded]);
                    }
                }
                Ok(Some(_)) => {}
                // Whoever asked may have stopped listening.
                Ok(None) => return drop(reply.send(Err(EngineError::NoSuchTransfer(id)))),
                Err(error) => return drop(reply.send(Err(error.into()))),
            }
        }
        let known = match self.queue.transfer(id) {
            Some(held) => Some((held.spec.options.clone(), held.state, held.checkpoint.is_some())),
            None => match self.ledger.records().load(id) {
                Ok(one) => one.map(|one| {
                    let one = self.as_it_will_be(one);
                    (one.spec.options, one.state, one.checkpoint.is_some())
                }),
                Err(error) => return drop(reply.send(Err(error.into()))),
            },
        };
        let Some((options, state, planned)) = known else {
            return drop(reply.send(Err(EngineError::NoSuchTransfer(id))));
        };
        let begun = planned || state.is_working() || state.is_final();
        match change.apply(options, begun) {
            Ok(_) if state.is_final() || state == State::Dismissed => {
                drop(reply.send(Err(EngineError::AlreadyBegun(id))));
            }
            Ok(options) => {
                self.state.options_under_way.insert(id, options.clone());
                self.state.changes_under_way += 1;
                self.input(Input::SetOptions(id, Box::new(options)));
                self.live.touch();
                self.barrier(vec![id], Behind::Changed(reply));
            }
            Err(refused) => drop(reply.send(Err(refused.unwrap_or(EngineError::AlreadyBegun(id))))),
        }
    }

    fn remove(&mut self, ids: Vec<TransferId>, reply: Reply<()>) {
        let mut facts = Vec::new();
        for id in &ids {
            let in_queue = self.queue.transfer(*id).map(|one| one.state);
            match self.ledger.records().load(*id) {
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
        let timeline = self.timeline_now(id, self.tools.clock.now());
        let transfer = self.queue.transfer(id).filter(|one| one.state.is_working())?;
        let (workspace, sampled) = self.state.workspaces.entry(id).or_default();
        let meter = &workspace.meter;
        Some(TransferDetail {
            view: picture(transfer, meter, sampled, self.tools.clock.now()),
            checkpoint: transfer.checkpoint.as_deref().cloned(),
            parts: transfer.part_states(&meter.in_flight()),
            parts_confirmed: transfer.parts_confirmed,
            saved_ms: sampled.saved_ms,
            timeline,
        })
    }
}
