//! What is selected in a list. The window knows how many and what can be done with them; which they are stays here.
//!
//! It is a set of ids, or a whole list without some, so that selecting a million rows costs nothing. Wishes for it are
//! passed to the engine some hundred at a time: other questions are answered in between. Only a question before something
//! is given up makes ids of a whole list, so that a yes is about what was shown; what that costs is their memory.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::{Engine, EngineError, Filter, NewPlace, PageRequest, TransferId, TransferView};

use crate::dto::{Actions, AppError, TransferFilter};
use crate::dto_list::{MoveTo, Select, Selected};
use crate::error::OwnCode;
use crate::undo::Undo;
use crate::view;
use crate::waiting::wait_for;

/// Ids that are read at a time.
const IDS_A_PAGE: usize = 4096;
/// Transfers that one question to the engine is about.
pub const AT_A_TIME: usize = 256;
/// Of more than so many, only the first are looked at for what they allow.
const LOOKED_AT: usize = 500;
/// Names that a question before something is removed shows.
const NAMED: usize = 5;
/// More than so many are not moved at once, and so their places need not be remembered.
const MOVED_MAX: usize = 1000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Held {
    filter: Option<TransferFilter>,
    /// Whether it is the whole list without the ids; else it is the ids.
    all: bool,
    ids: BTreeSet<TransferId>,
}

/// The selection of the window.
#[derive(Debug, Default)]
pub struct Selection(Mutex<Held>);

/// The engine's word for a list.
pub fn listed(filter: TransferFilter) -> Filter {
    match filter {
        TransferFilter::Active => Filter::Active,
        TransferFilter::Waiting => Filter::Waiting,
        TransferFilter::Paused => Filter::Paused,
        TransferFilter::Failed => Filter::Failed,
        TransferFilter::Done => Filter::Done,
    }
}

/// Calls `each` with the ids of a list in its order, a page at a time, until it says that it has enough.
fn walk(engine: &Engine, filter: Filter, mut each: impl FnMut(Vec<TransferId>) -> bool) -> Result<(), EngineError> {
    if filter == Filter::Active && !each(engine.ids(request(filter, None))?.ids) {
        return Ok(());
    }
    // What is next in line stands below what works.
    let filter = if filter == Filter::Active { Filter::Waiting } else { filter };
    let mut after = None;
    loop {
        let page = engine.ids(request(filter, after))?;
        if !each(page.ids) || page.next.is_none() {
            return Ok(());
        }
        after = page.next;
    }
}

fn request(filter: Filter, after: Option<TransferId>) -> PageRequest {
    PageRequest { filter, after, limit: IDS_A_PAGE }
}

/// All ids of a list.
///
/// # Errors
/// If the ledger cannot be read.
pub fn ids_of(engine: &Engine, filter: Filter) -> Result<Vec<TransferId>, EngineError> {
    let mut all = Vec::new();
    walk(engine, filter, |ids| {
        all.extend(ids);
        true
    })?;
    Ok(all)
}

fn range(engine: &Engine, filter: Filter, ends: [TransferId; 2]) -> Result<BTreeSet<TransferId>, EngineError> {
    let (mut ids, mut seen) = (BTreeSet::new(), 0);
    walk(engine, filter, |page| {
        for id in page {
            let is_end = ends.contains(&id);
            if is_end {
                seen += if ends[0] == ends[1] { 2 } else { 1 };
            }
            if seen == 1 || is_end {
                ids.insert(id);
            }
            if seen >= 2 {
                return false;
            }
        }
        true
    })?;
    // One of them has left the list meanwhile: then there is no range.
    Ok(if seen >= 2 { ids } else { BTreeSet::from([ends[1]]) })
}

impl Selection {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is selected. Another list begins with nothing.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn change(&self, engine: &Engine, filter: TransferFilter, change: Select) -> Result<(), EngineError> {
        // Read before the lock is taken: a page may be asked for meanwhile.
        let read = match change {
            Select::Range { from, to } => range(engine, listed(filter), [TransferId(from), TransferId(to)])?,
            Select::Pinned {} if self.held().filter == Some(filter) => self.ids(engine)?.into_iter().collect(),
            _ => BTreeSet::new(),
        };
        let mut held = self.held();
        if held.filter != Some(filter) {
            *held = Held { filter: Some(filter), ..Held::default() };
        }
        match change {
            Select::Only { id } => (held.all, held.ids) = (false, BTreeSet::from([TransferId(id)])),
            Select::Toggle { id } => {
                let id = TransferId(id);
                if !held.ids.remove(&id) {
                    held.ids.insert(id);
                }
            }
            Select::Range { .. } | Select::Pinned {} => (held.all, held.ids) = (false, read),
            Select::All {} => (held.all, held.ids) = (true, BTreeSet::new()),
            Select::None {} => (held.all, held.ids) = (false, BTreeSet::new()),
        }
        Ok(())
    }

    /// Nothing is selected any more.
    pub fn clear(&self) {
        *self.held() = Held::default();
    }

    /// Whether it is all of what is done. Of that each can be cleared away, and none becomes something else.
    pub fn is_done_list(&self) -> bool {
        let held = self.held();
        held.all && held.filter == Some(TransferFilter::Done)
    }

    /// Those of these rows of a list that are selected.
    pub fn among(&self, filter: TransferFilter, rows: impl Iterator<Item = u64>) -> Vec<u64> {
        let held = self.held();
        if held.filter != Some(filter) {
            return Vec::new();
        }
        rows.filter(|id| held.ids.contains(&TransferId(*id)) != held.all).collect()
    }

    /// Its ids in the order of the list; those that have left it come last.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn ids(&self, engine: &Engine) -> Result<Vec<TransferId>, EngineError> {
        let held = self.held().clone();
        let Some(filter) = held.filter else { return Ok(Vec::new()) };
        if held.ids.is_empty() && !held.all {
            return Ok(Vec::new());
        }
        let mut ids = Vec::new();
        let mut missing = if held.all { BTreeSet::new() } else { held.ids.clone() };
        walk(engine, listed(filter), |page| {
            for id in page {
                if held.ids.contains(&id) != held.all {
                    missing.remove(&id);
                    ids.push(id);
                }
            }
            held.all || !missing.is_empty()
        })?;
        ids.extend(missing);
        Ok(ids)
    }

    /// What is selected in a list, as figures.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn figures(&self, engine: &Engine, filter: TransferFilter) -> Result<Selected, EngineError> {
        let held = Some(self.held().clone()).filter(|held| held.filter == Some(filter)).unwrap_or_default();
        let (count, first) = if held.all {
            let counts = engine.counts()?;
            let total = match filter {
                TransferFilter::Active => counts.active + counts.waiting,
                TransferFilter::Waiting => counts.waiting,
                TransferFilter::Paused => counts.paused,
                TransferFilter::Failed => counts.failed,
                TransferFilter::Done => counts.done,
            };
            let mut first = Vec::new();
            walk(engine, listed(filter), |page| {
                first.extend(page.into_iter().filter(|id| !held.ids.contains(id)).take(LOOKED_AT - first.len()));
                first.len() < LOOKED_AT
            })?;
            (total.saturating_sub(held.ids.len() as u64), first)
        } else {
            (held.ids.len() as u64, held.ids.iter().copied().take(LOOKED_AT).collect())
        };
        let (views, limits) = (engine.views(&first)?, engine.limits());
        let mut actions = Actions {
            pause: false,
            resume: false,
            start: false,
            cancel: false,
            retry: false,
            remove: false,
            reveal: false,
            limit: false,
            verify: false,
        };
        for view in &views {
            let one = view::row(view, &limits).actions;
            actions.pause |= one.pause;
            actions.resume |= one.resume;
            actions.start |= one.start;
            actions.cancel |= one.cancel;
            actions.retry |= one.retry;
            actions.remove |= one.remove;
            actions.reveal |= one.reveal;
            actions.limit |= one.limit;
            actions.verify |= one.verify;
        }
        let kind = views.first().map(TransferView::kind);
        let same = kind.filter(|kind| views.iter().all(|view| view.kind() == *kind));
        Ok(Selected {
            filter,
            count,
            names: views.iter().take(NAMED).map(|view| view::row(view, &limits).name).collect(),
            direction: same.map(view::direction),
            done_bytes: views.iter().map(|view| view.done_bytes).sum(),
            exact: count <= LOOKED_AT as u64,
            actions,
        })
    }
}

/// Moves transfers that wait, in the order of the queue, and says how to undo it; `None` if they stand there already.
///
/// # Errors
/// `too_many_to_move` for very many; else if the ledger cannot be read or written.
pub async fn reorder(engine: &Engine, ids: &[TransferId], to: MoveTo) -> Result<Option<(u64, Undo)>, AppError> {
    if ids.len() > MOVED_MAX {
        return Err(AppError { retryable: false, ..AppError::new(OwnCode::TooManyToMove).with("max", MOVED_MAX) });
    }
    let waits = |view: &TransferView| view.state == engine::State::Waiting && !view.actions().can_resume;
    let mut waiting: Vec<TransferView> = wait_for(|| engine.views(ids))?.into_iter().filter(waits).collect();
    waiting.sort_by_key(|view| (view.order, view.id));
    let ids: Vec<TransferId> = waiting.iter().map(|view| view.id).collect();
    let (Some(first), Some(last)) = (ids.first().copied(), ids.last().copied()) else { return Ok(None) };
    let place = match to {
        MoveTo::First {} => NewPlace::First,
        MoveTo::Last {} => NewPlace::Last,
        MoveTo::Before { id } if ids.contains(&TransferId(id)) => return Ok(None),
        MoveTo::Before { id } => NewPlace::Before(TransferId(id)),
        MoveTo::Up {} => match engine.waiting_before(first, 1)?.first() {
            Some(before) => NewPlace::Before(*before),
            None => return Ok(None),
        },
        MoveTo::Down {} => match next_in_line(engine, last, &ids)? {
            Some(passed) => next_in_line(engine, passed, &ids)?.map_or(NewPlace::Last, NewPlace::Before),
            None => return Ok(None),
        },
    };
    let mut before: Vec<(Vec<TransferId>, NewPlace)> = Vec::new();
    for id in &ids {
        let stood = next_in_line(engine, *id, &ids)?.map_or(NewPlace::Last, NewPlace::Before);
        match before.last_mut() {
            Some((group, place)) if *place == stood => group.push(*id),
            _ => before.push((vec![*id], stood)),
        }
    }
    engine.reorder(&ids, place).await?;
    Ok(Some((ids.len() as u64, Undo::Places(before))))
}

/// The next that waits behind one, and is not among these.
fn next_in_line(engine: &Engine, id: TransferId, but: &[TransferId]) -> Result<Option<TransferId>, EngineError> {
    let mut after = Some(id);
    loop {
        let page = engine.ids(PageRequest { filter: Filter::Waiting, after, limit: AT_A_TIME })?;
        if let Some(next) = page.ids.iter().find(|id| !but.contains(id)) {
            return Ok(Some(*next));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(None),
        }
    }
}
