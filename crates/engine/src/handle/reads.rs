//! What callers can look at: what works, from memory; what rests, from the ledger. Nothing here waits for the driver but
//! the parts of a transfer that works; the way of a copy is asked of its store.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::UploadId;

use super::{Engine, EngineError};
use crate::driver::Command;
use crate::error::TransferError;
use crate::job::route::{Regions, route};
use crate::ledger::{History, HistoryRequest, Owner};
use crate::transfer::{End, Route, State, TransferId, TransferSpec};
use crate::view::{Counts, FailedCause, Filter, IdPage, Page, PageRequest, TransferDetail, TransferView};

impl Engine {
    /// One transfer at this moment.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn view(&self, id: TransferId) -> Result<Option<TransferView>, EngineError> {
        Ok(self.views(&[id])?.pop())
    }

    /// Transfers at this moment: those that exist, in any order.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn views(&self, ids: &[TransferId]) -> Result<Vec<TransferView>, EngineError> {
        let mut views = Vec::with_capacity(ids.len());
        let mut at_rest = Vec::new();
        for id in ids {
            match self.live.get(*id) {
                Some(live) => views.push(live.as_ref().clone()),
                None => at_rest.push(*id),
            }
        }
        if !at_rest.is_empty() {
            views.extend(self.ledger.records().views(&at_rest)?);
        }
        Ok(views)
    }

    /// The transfers that work just now, without a look at the ledger.
    pub fn working(&self) -> Vec<TransferView> {
        let working = |view: &Arc<TransferView>| view.state.is_working().then(|| view.as_ref().clone());
        self.live.all().iter().filter_map(working).collect()
    }

    /// One transfer with its parts.
    ///
    /// # Errors
    /// If the ledger cannot be read, or the engine has stopped while the transfer worked.
    pub async fn detail(&self, id: TransferId) -> Result<Option<TransferDetail>, EngineError> {
        if self.live.get(id).is_some_and(|live| live.state.is_working())
            && let Some(detail) = self.ask(|reply| Command::Detail(id, reply)).await?
        {
            return Ok(Some(detail));
        }
        Ok(self.ledger.records().detail(id)?)
    }

    /// For each pair of source and target the transfer between them that is not over, if any.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn find_open(&self, ends: &[(&End, &End)]) -> Result<Vec<Option<TransferId>>, EngineError> {
        Ok(self.ledger.records().find_open(ends)?)
    }

    /// For each pair of source and target the transfer between them whose cancelling was not finished, if any.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn find_cancelling(&self, ends: &[(&End, &End)]) -> Result<Vec<Option<TransferId>>, EngineError> {
        Ok(self.ledger.records().find_cancelling(ends)?)
    }

    /// Exact numbers of each filter.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn counts(&self) -> Result<Counts, EngineError> {
        let mut counts = self.ledger.records().counts()?;
        let mut unrecorded_bytes = 0;
        for live in self.live.all() {
            if live.state.is_working() {
                counts.active += 1;
                counts.waiting = counts.waiting.saturating_sub(1);
                unrecorded_bytes += live.in_flight_bytes;
            }
        }
        counts.left_bytes = counts.left_bytes.saturating_sub(unrecorded_bytes);
        Ok(counts)
    }

    /// A page of transfers.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn page(&self, request: PageRequest) -> Result<Page, EngineError> {
        let revision = self.live.revision();
        let counts = self.counts()?;
        let live: BTreeMap<TransferId, TransferView> =
            self.live.all().into_iter().map(|one| (one.id, one.as_ref().clone())).collect();
        let (total, mut rows) = match request.filter {
            Filter::Active => {
                let mut rows: Vec<_> = live.values().filter(|view| view.state.is_working()).cloned().collect();
                rows.sort_by_key(|view| (view.order, view.id));
                let start = request
                    .after
                    .and_then(|after| rows.iter().position(|view| view.id == after))
                    .map_or(0, |at| at + 1);
                (counts.active, rows.split_off(start))
            }
            filter => {
                let total = match filter {
                    Filter::Waiting => counts.waiting,
                    Filter::Paused => counts.paused,
                    Filter::Failed => counts.failed,
                    Filter::FailedOf(code) => {
                        let causes = self.ledger.records().failed_causes()?;
                        causes.iter().find(|cause| cause.code == code).map_or(0, |cause| cause.count)
                    }
                    Filter::Done => counts.done,
                    Filter::All | Filter::Active => {
                        counts.active + counts.waiting + counts.paused + counts.failed + counts.done
                    }
                };
                // Rows of this page may be working by now; ask for as many more, and one to know whether there are more.
                let asked = request.limit.saturating_add(live.len() + 1);
                let mut rows = self.ledger.records().page(filter, request.after, asked)?;
                for row in &mut rows {
                    if let Some(view) = live.get(&row.id) {
                        row.clone_from(view);
                    }
                }
                // What was dismissed a moment ago may stand in the ledger yet.
                let is_elsewhere =
                    |state: State| state == State::Dismissed || filter == Filter::Waiting && state.is_working();
                rows.retain(|view| !is_elsewhere(view.state));
                (total, rows)
            }
        };
        let more = rows.len() > request.limit;
        rows.truncate(request.limit);
        let next = if more { rows.last().map(|view| view.id) } else { None };
        Ok(Page { revision, total, rows, next })
    }

    /// What is done, newest first, as far as the request lets it look. Nothing of it is kept in memory.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn history(&self, request: &HistoryRequest) -> Result<History, EngineError> {
        Ok(self.ledger.records().history(request)?)
    }

    /// Ids of a filter, in the order of its pages. `Active` has all that work in one page.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn ids(&self, request: PageRequest) -> Result<IdPage, EngineError> {
        let PageRequest { filter, after, limit } = request;
        let mut working: Vec<_> = self.live.all().into_iter().filter(|view| view.state.is_working()).collect();
        if filter == Filter::Active {
            working.sort_by_key(|view| (view.order, view.id));
            return Ok(IdPage { ids: working.iter().map(|view| view.id).collect(), next: None });
        }
        let mut ids = self.ledger.records().ids(filter, after, limit)?;
        let next = ids.last().copied().filter(|_| ids.len() == limit);
        if filter == Filter::Waiting {
            // That something works is not durable: the ledger has it among those that wait.
            ids.retain(|id| !working.iter().any(|view| view.id == *id));
        }
        Ok(IdPage { ids, next })
    }

    /// Ids of those that wait, before one of them, nearest first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn waiting_before(&self, id: TransferId, limit: usize) -> Result<Vec<TransferId>, EngineError> {
        let mut ids = self.ledger.records().waiting_before(id, limit.saturating_add(self.live.all().len()))?;
        ids.retain(|id| self.live.get(*id).is_none_or(|view| !view.state.is_working()));
        ids.truncate(limit);
        Ok(ids)
    }

    /// Causes of which something has failed, those with most failures first.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn failed_causes(&self) -> Result<Vec<FailedCause>, EngineError> {
        Ok(self.ledger.records().failed_causes()?)
    }

    /// For each upload whose it is, as far as it is one of ours.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn owners(&self, uploads: &[UploadId]) -> Result<Vec<Option<Owner>>, EngineError> {
        Ok(self.ledger.records().owners(uploads)?)
    }

    /// Which way a copy would go if it were added now: what a user is told before the start. Anything else but a copy
    /// goes the only way there is.
    ///
    /// # Errors
    /// If a store cannot be opened or asked, or may not copy between these two by itself and was told to.
    pub async fn route_of(&self, spec: &TransferSpec) -> Result<Route, TransferError> {
        let (End::Object { store: from, object: old }, End::Object { store: to, object: new }) =
            (&spec.source, &spec.target)
        else {
            return Ok(Route::Server);
        };
        let store = self.tools.stores.open(to).await?;
        let nothing_known = Regions::default();
        route(spec.options.route, (from, old), (to, new), store.as_ref(), &nothing_known).await
    }
}
