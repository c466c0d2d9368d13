//! `cp`: everything that was typed becomes transfers, which run until they rest.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use engine::{Engine, RateLimits, State, TransferId, TransferOptions, TransferSpec};
use store::ObjectSettings;

use crate::account::{self, Choice};
use crate::address::{Address, Pair, pairs};
use crate::args::{AccountOptions, CopyOptions, RunOptions};
use crate::exit::{Ending, Failure};
use crate::signals::Signals;
use crate::stores::CommandStores;
use crate::watch::Watch;
use crate::workbench::Workbench;
use crate::{file_checks, output, size, words};

/// How long something is removed before that is told.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs `cp`.
pub(crate) async fn run(account: &AccountOptions, options: CopyOptions) -> Result<Ending, Failure> {
    let started = Instant::now();
    let folder = account::data_folder(account)?;
    let choice = Choice::of(account)?;
    let target_choice = choice.of_target(&options.to)?;
    let stores = CommandStores::new(folder.clone(), choice).with_target(target_choice);
    let target_store = stores.of_target().await?;
    // Files need no account of their own.
    let from_files = options.sources.iter().all(|source| matches!(Address::parse(source), Ok(Address::Local(_))));
    let source_store = if from_files { target_store.clone() } else { stores.default().await?.0 };
    let pairs = pairs(&options.sources, &options.target, (&source_store, &target_store))?;
    let wanted = wanted(&options, &pairs)?;
    file_checks::check(&pairs)?;
    let bench = Workbench::open(&folder, stores, rates(options.run))?;
    let mut signals = listen()?;
    let events = bench.engine.events();
    let Some(begun) = begin(&bench, pairs, &wanted, options.run.json, &mut signals).await? else {
        bench.engine.shutdown().await;
        return Ok(Ending::Paused);
    };
    let watch = Watch::new(&bench.engine, &begun.all(), &begun.resumed, options.run)?;
    bench.engine.resume(&begun.resumed).await.map_err(|error| words::engine_failure(&error))?;
    let report = watch.until_rest(events, &mut signals).await?;
    leave_no_trace(&bench, &report.failed, &begun.added).await;
    bench.engine.shutdown().await;
    Ok(report.close(started.elapsed()))
}

/// Both directions have the limit of `--limit`.
pub(crate) fn rates(options: RunOptions) -> RateLimits {
    RateLimits::both_ways(options.limit)
}

/// Signals, from here on.
pub(crate) fn listen() -> Result<Signals, Failure> {
    Signals::listen().map_err(|error| Failure::new("The program cannot listen to signals.").because(error))
}

/// The options as the engine takes them.
fn wanted(options: &CopyOptions, pairs: &[Pair]) -> Result<TransferOptions, Failure> {
    let settings = ObjectSettings {
        content_type: options.content_type.clone(),
        storage_class: options.storage_class.clone(),
        acl: options.acl.clone(),
        metadata: options.meta.iter().cloned().collect(),
        ..ObjectSettings::default()
    };
    let writes_objects = pairs.iter().any(|pair| matches!(pair.target, engine::End::Object { .. }));
    if !writes_objects && settings != ObjectSettings::default() {
        return Err(Failure::usage(
            "--content-type, --storage-class, --acl and --meta describe objects, but the target is a file.",
        ));
    }
    Ok(TransferOptions {
        part_size_bytes: options.part_size,
        parallel_parts: options.parallel,
        conflict: options.conflict.into(),
        settings,
        route: options.via.into(),
        limit_bytes_per_second: None,
    })
}

/// Transfers that this command runs.
#[derive(Debug, Default)]
struct Begun {
    /// Those of an earlier command that go on.
    resumed: Vec<TransferId>,
    /// New ones.
    added: Vec<TransferId>,
}

impl Begun {
    fn all(&self) -> Vec<TransferId> {
        [self.resumed.as_slice(), self.added.as_slice()].concat()
    }
}

/// Finds what an earlier command began between the same ends, and adds the rest. `None` if its user has stopped it before
/// that.
async fn begin(
    bench: &Workbench,
    pairs: Vec<Pair>,
    wanted: &TransferOptions,
    json: bool,
    signals: &mut Signals,
) -> Result<Option<Begun>, Failure> {
    let engine = &bench.engine;
    let mut begun = Begun::default();
    let ends: Vec<_> = pairs.iter().map(|pair| (&pair.source, &pair.target)).collect();
    // What an earlier command could not clear away may be an upload of the same object: it goes before the next is opened.
    for id in engine.find_cancelling(&ends).map_err(|error| words::engine_failure(&error))?.into_iter().flatten() {
        if !clear_away_first(engine, id, signals).await {
            return Ok(None);
        }
    }
    let earlier = engine.find_open(&ends).map_err(|error| words::engine_failure(&error))?;
    let mut specs = Vec::with_capacity(pairs.len());
    for (Pair { source, target }, earlier) in pairs.into_iter().zip(earlier) {
        let spec = TransferSpec { source, target, options: wanted.clone() };
        match earlier {
            Some(id) if goes_on(engine, id, &spec).await? => {
                if !json {
                    say_that_it_goes_on(engine, id)?;
                }
                begun.resumed.push(id);
            }
            _ => specs.push(spec),
        }
    }
    if !specs.is_empty() {
        begun.added = engine.add(specs).await.map_err(|error| words::engine_failure(&error))?;
    }
    Ok(Some(begun))
}

/// Clears away before anything new is begun; false if its user does not want to wait for that.
async fn clear_away_first(engine: &Engine, id: TransferId, signals: &mut Signals) -> bool {
    let clearing = clear_away(engine, id);
    tokio::pin!(clearing);
    let mut is_told = false;
    loop {
        tokio::select! {
            () = &mut clearing => return true,
            () = signals.next() => {
                output::error(&format!(
                    "Stopped before anything was begun. What transfer {id} left is still to be removed; go on with \
                     this command, or with `tern-cli cancel {id}`."
                ));
                return false;
            }
            () = tokio::time::sleep(PATIENCE), if !is_told => {
                is_told = true;
                output::error(&format!("Removing what transfer {id} left in the bucket… (Ctrl-C stops that)"));
            }
        }
    }
}

/// Whether the transfer of an earlier command can go on under the present options. One that has sent nothing yet
/// makes way for a new one; one that has, and was begun for another purpose, is the user's to decide about. Part size
/// and parallelism are no purpose: those of the first command stay.
async fn goes_on(engine: &Engine, id: TransferId, spec: &TransferSpec) -> Result<bool, Failure> {
    let told = |error| words::engine_failure(&error);
    let Some(detail) = engine.detail(id).await.map_err(told)? else { return Ok(false) };
    let old = &detail.view.spec.options;
    let now = &spec.options;
    if old.conflict == now.conflict && old.settings == now.settings && old.route == now.route {
        return Ok(true);
    }
    if detail.checkpoint.is_none_or(|checkpoint| checkpoint.session.is_none()) {
        clear_away(engine, id).await;
        return Ok(false);
    }
    Err(Failure::new(format!(
        "Transfer {id} between these two was begun with other options and is not finished; go on with it with \
         `tern-cli resume {id}`, or give it up with `tern-cli cancel {id}` and run this command again."
    )))
}

fn say_that_it_goes_on(engine: &Engine, id: TransferId) -> Result<(), Failure> {
    if let Some(view) = engine.view(id).map_err(|error| words::engine_failure(&error))? {
        let whole = view.size_bytes.map_or_else(String::new, |bytes| format!(" of {}", size::size(bytes)));
        output::error(&format!(
            "Going on with transfer {id} to {}: {}{whole} are there.",
            output::printable(&view.spec.target.to_string()),
            size::size(view.done_bytes)
        ));
    }
    Ok(())
}

/// A transfer of this command that failed before anything was begun leaves nothing to go on with, so its record goes
/// too: what was refused leaves everything as it was. (The reason is told all the same.)
async fn leave_no_trace(bench: &Workbench, failed: &[TransferId], added: &[TransferId]) {
    let added: BTreeSet<&TransferId> = added.iter().collect();
    for id in failed.iter().filter(|id| added.contains(id)) {
        let begun = match bench.engine.detail(*id).await {
            Ok(detail) => detail.and_then(|detail| detail.checkpoint).is_some_and(|plan| plan.session.is_some()),
            Err(_) => true,
        };
        if !begun {
            clear_away(&bench.engine, *id).await;
        }
    }
}

/// Cancels a transfer and takes it out of the list, or says that this is still to be done.
async fn clear_away(engine: &Engine, id: TransferId) {
    match forget(engine, id).await {
        Ok(true) => {}
        Ok(false) => output::error(&format!(
            "What transfer {id} may have left in the bucket could not be cleared away yet; go on with \
             `tern-cli cancel {id}`."
        )),
        Err(error) => tracing::warn!(%error, transfer = %id, "its record stays in the list"),
    }
}

/// Cancels a transfer and takes it out of the list; whether nothing is left of it.
pub(crate) async fn forget(engine: &Engine, id: TransferId) -> Result<bool, engine::EngineError> {
    engine.cancel(&[id]).await?;
    let is_cancelled = engine.wait(id).await?.state == State::Cancelled;
    if is_cancelled {
        engine.remove(&[id]).await?;
    }
    Ok(is_cancelled)
}
