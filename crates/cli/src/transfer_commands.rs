//! `transfers`, `resume`, `pause` and `cancel`: what is said and done about transfers that are known already.

use std::time::Instant;

use engine::ledger::{LedgerError, Records as _, SqliteLedger};
use engine::{End, Filter, RateLimits, State, StoreId, TransferId, TransferSpec, TransferView};

use crate::args::{AccountOptions, ResumeOptions, TargetOptions};
use crate::copy_command::{listen, rates};
use crate::exit::{Ending, Failure};
use crate::json_lines::Listed;
use crate::output::{self, printable};
use crate::watch::Watch;
use crate::workbench::Workbench;
use crate::{account, size, words};

/// Rows that are read at a time.
const PAGE: usize = 500;

/// Lists everything. Reads only, so it works while another program moves things.
pub(crate) fn list(options: &AccountOptions, json: bool) -> Result<Ending, Failure> {
    let folder = account::data_folder(options)?;
    let told = |error: LedgerError| words::ledger_failure(&error, &folder);
    let Some(ledger) = SqliteLedger::open_to_read(&folder.ledger()).map_err(told)? else {
        if !json {
            output::line("There are no transfers.");
        }
        return Ok(Ending::Done);
    };
    let mut after = None;
    let mut any = false;
    loop {
        let rows = ledger.page(Filter::All, after, PAGE).map_err(told)?;
        for view in rows.iter().filter(|view| !matches!(view.state, State::Cancelled | State::Dismissed)) {
            any = true;
            if json {
                output::json(&Listed::of(view, &ledger).map_err(told)?);
            } else {
                output::line(&row(view));
            }
        }
        after = rows.last().map(|view| view.id);
        if rows.len() < PAGE {
            break;
        }
    }
    if !any && !json {
        output::line("There are no transfers.");
    }
    Ok(Ending::Done)
}

fn row(view: &TransferView) -> String {
    let progress = match view.size_bytes {
        Some(0) | None => "–".to_owned(),
        Some(whole) => format!("{}%", view.done_bytes.saturating_mul(100) / whole),
    };
    let whole = view.size_bytes.map_or_else(|| "?".to_owned(), size::size);
    let ends = format!("{} → {}", view.spec.source, view.spec.target);
    let why = view.error.as_ref().map_or_else(String::new, |error| format!("\n        {}", words::sentence(error)));
    format!(
        "{:>5}  {:<18} {:>5} of {:>10}  {}{why}",
        view.id,
        words::phase(view.phase()),
        progress,
        whole,
        printable(&ends)
    )
}

/// Goes on with transfers and watches them.
pub(crate) async fn resume(account: &AccountOptions, options: ResumeOptions) -> Result<Ending, Failure> {
    let started = Instant::now();
    let bench = Workbench::open_for(account, Some(&options.to), rates(options.run))?;
    let ids = if options.all {
        all_within_reach(&bench).await?
    } else {
        named(&bench, &options.ids, |spec| [&spec.source, &spec.target]).await?
    };
    if ids.is_empty() && !options.run.json {
        output::error("There is nothing to go on with.");
    }
    let mut signals = listen()?;
    let events = bench.engine.events();
    let watch = Watch::new(&bench.engine, &ids, &ids, options.run)?;
    bench.engine.resume(&ids).await.map_err(|error| words::engine_failure(&error))?;
    let report = watch.until_rest(events, &mut signals).await?;
    bench.engine.shutdown().await;
    Ok(report.close(started.elapsed()))
}

/// The transfers with these ids, if all of them exist, are not over and can be reached. A transfer whose account is
/// missing must not be turned from paused into failed by trying.
async fn named<const N: usize>(
    bench: &Workbench,
    ids: &[u64],
    needed: impl Fn(&TransferSpec) -> [&End; N],
) -> Result<Vec<TransferId>, Failure> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids.iter().copied().map(TransferId) {
        let view = known(bench, id)?;
        if view.state.is_final() {
            return Err(Failure::new(format!("Transfer {id} is over ({}).", words::phase(view.phase()))));
        }
        for store in stores_of(needed(&view.spec)) {
            bench.stores.reaches(store).await?;
        }
        found.push(id);
    }
    Ok(found)
}

/// Everything that is not over and has not failed, as far as its account is at hand. What is not is told.
async fn all_within_reach(bench: &Workbench) -> Result<Vec<TransferId>, Failure> {
    let told = |error: LedgerError| words::engine_failure(&error.into());
    let mut found = Vec::new();
    let interrupted = bench.records().open_ids(Filter::Waiting).map_err(told)?;
    let paused = bench.records().open_ids(Filter::Paused).map_err(told)?;
    for id in interrupted.into_iter().chain(paused) {
        let view = known(bench, id)?;
        let mut reached = true;
        for store in stores_of([&view.spec.source, &view.spec.target]) {
            if let Err(failure) = bench.stores.reaches(store).await {
                output::error(&format!("Transfer {id} is left as it is. {}", failure.sentence()));
                reached = false;
                break;
            }
        }
        if reached {
            found.push(id);
        }
    }
    Ok(found)
}

fn stores_of<const N: usize>(ends: [&End; N]) -> impl Iterator<Item = &StoreId> {
    ends.into_iter().filter_map(|end| match end {
        End::Object { store, .. } => Some(store),
        End::File { .. } => None,
    })
}

fn known(bench: &Workbench, id: TransferId) -> Result<TransferView, Failure> {
    let view = bench.engine.view(id).map_err(|error| words::engine_failure(&error))?;
    view.ok_or_else(|| words::engine_failure(&engine::EngineError::NoSuchTransfer(id)))
}

/// Marks transfers as paused. Whoever runs one holds the data folder, so here nothing runs that would have to stop.
pub(crate) async fn pause(account: &AccountOptions, ids: &[u64]) -> Result<Ending, Failure> {
    let bench = Workbench::open_for(account, None, RateLimits::default())?;
    let ids: Vec<TransferId> = ids.iter().copied().map(TransferId).collect();
    for id in &ids {
        let view = known(&bench, *id)?;
        if view.state.is_final() || view.state == State::Failed {
            let phase = words::phase(view.phase());
            return Err(Failure::new(format!("Transfer {id} does not go on by itself ({phase}); nothing to pause.")));
        }
    }
    bench.engine.pause(&ids).await.map_err(|error| words::engine_failure(&error))?;
    bench.engine.shutdown().await;
    for id in ids {
        output::line(&format!("Transfer {id} is paused."));
    }
    Ok(Ending::Done)
}

/// Gives transfers up, and returns when nothing is left of them.
pub(crate) async fn cancel(account: &AccountOptions, to: &TargetOptions, ids: &[u64]) -> Result<Ending, Failure> {
    let bench = Workbench::open_for(account, Some(to), RateLimits::default())?;
    // What is removed is at the target; where the source is does not matter any more.
    let ids = named(&bench, ids, |spec| [&spec.target]).await?;
    let mut signals = listen()?;
    bench.engine.cancel(&ids).await.map_err(|error| words::engine_failure(&error))?;
    let mut ending = Ending::Done;
    for id in ids {
        let view = tokio::select! {
            view = bench.engine.wait(id) => view.map_err(|error| words::engine_failure(&error))?,
            () = signals.next() => {
                bench.engine.shutdown().await;
                output::error(&format!("The removal is not finished; go on with `tern-cli cancel {id}`."));
                return Ok(Ending::Paused);
            }
        };
        if view.state == State::Cancelled {
            bench.engine.remove(&[id]).await.map_err(|error| words::engine_failure(&error))?;
            output::line(&format!("Transfer {id} is cancelled; nothing is left of it."));
        } else {
            ending = Ending::Failed;
            output::error(&format!("tern-cli: Transfer {id} could not be removed; try `tern-cli cancel {id}` again."));
            if let Some(error) = &view.error {
                Failure::from(error).tell();
            }
        }
    }
    bench.engine.shutdown().await;
    Ok(ending)
}
