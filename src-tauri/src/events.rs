//! What Rust tells the window without being asked: counters, ends of transfers, files dragged over it.
//!
//! Rows are never pushed: the window pulls those it shows. So the traffic does not grow with the number of transfers,
//! and a window that is slow to draw misses nothing but counters.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::{Engine, Event, EventKind, Filter, PageRequest, Phase};
use machine::Condition;
use tauri::ipc::Channel;
use tauri::{DragDropEvent, PhysicalPosition};
use tokio::sync::broadcast::error::RecvError;

use crate::dragged::Counting;
use crate::drops::{self, Looked};
use crate::dto::{Awake, Network, Pulse, Push};
use crate::waiting::wait_for;
use crate::{speed, view};

/// Between two pulses: at most four a second, as often as the window pulls what it shows.
const PULSE_EVERY: Duration = Duration::from_millis(250);

/// What runs and is looked at for the pulse; more at once is rare, and of one kind.
const LOOKED_AT: usize = 64;

/// The way to the window. Clones share it.
#[derive(Clone, Default)]
pub struct Pushes {
    subscription: Arc<Mutex<Option<Subscription>>>,
    /// The count of what is dragged; it stops when another takes its place or none does.
    counting: Arc<Mutex<Option<Counting>>>,
    /// How many drops there were.
    drops: Arc<AtomicU64>,
}

#[derive(Clone)]
struct Subscription {
    channel: Channel<Push>,
    /// Counts the subscriptions; a new one has to be told everything once.
    generation: u64,
}

impl std::fmt::Debug for Pushes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pushes")
    }
}

impl Pushes {
    /// From now on this channel gets the pushes. There is one window, so it takes the place of the one before.
    pub fn subscribe(&self, channel: Channel<Push>) {
        let mut held = self.held();
        let generation = held.as_ref().map_or(1, |before| before.generation + 1);
        *held = Some(Subscription { channel, generation });
    }

    fn held(&self) -> MutexGuard<'_, Option<Subscription>> {
        // It is replaced whole.
        self.subscription.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn generation(&self) -> Option<u64> {
        self.held().as_ref().map(|subscription| subscription.generation)
    }

    /// Whether a page listens.
    pub fn is_heard(&self) -> bool {
        self.held().is_some()
    }

    /// Sends a push to the page, if one listens.
    pub fn send(&self, push: Push) {
        let subscription = self.held().clone();
        if let Some(Subscription { channel, .. }) = subscription
            && let Err(error) = channel.send(push)
        {
            tracing::debug!(%error, "the window does not listen any more");
        }
    }

    /// Files over the window: how many, where, gone again, or dropped. `scale` is how many of the event's pixels are one
    /// of the page. What is dragged is counted meanwhile, and no longer than that.
    pub fn dragged(&self, event: &DragDropEvent, scale: f64) {
        match event {
            DragDropEvent::Enter { paths, position } => {
                self.send(Push::DragOver { paths: paths.len() as u64 });
                self.moved(*position, scale);
                let pushes = self.clone();
                self.count(Some(Counting::start(paths.clone(), move |count| pushes.send(Push::DragCounted { count }))));
            }
            DragDropEvent::Over { position } => self.moved(*position, scale),
            DragDropEvent::Drop { paths, position } => {
                self.count(None);
                self.dropped(paths.clone(), *position, scale);
            }
            DragDropEvent::Leave => {
                self.count(None);
                self.send(Push::DragLeave {});
            }
            _ => {}
        }
    }

    /// Tells the page at once where something was dropped, before the leave makes it forget that; what it was is looked
    /// at on a thread that may wait for a slow disk.
    fn dropped(&self, paths: Vec<PathBuf>, position: PhysicalPosition<f64>, scale: f64) {
        let drop = self.drops.fetch_add(1, Ordering::Relaxed) + 1;
        self.moved(position, scale);
        self.send(Push::DropAimed { drop });
        self.send(Push::DragLeave {});
        let pushes = self.clone();
        tauri::async_runtime::spawn_blocking(move || {
            let Looked { paths, refused, refused_more } = drops::look(paths);
            pushes.send(Push::Dropped { drop, paths: texts(&paths), refused, refused_more });
        });
    }

    fn moved(&self, position: PhysicalPosition<f64>, scale: f64) {
        self.send(Push::DragMoved { x: position.x / scale, y: position.y / scale });
    }

    fn count(&self, counting: Option<Counting>) {
        *self.counting.lock().unwrap_or_else(PoisonError::into_inner) = counting;
    }
}

/// Paths as the window knows them. A name that is no Unicode is shown with a mark and not found again: it is refused
/// by name when it is added.
pub fn texts(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

/// Tells the window of ends at once. Runs until the engine is gone.
pub async fn tell_ends(engine: Engine, pushes: Pushes) {
    let mut events = engine.events();
    loop {
        match events.recv().await {
            Ok(event) => ended(&engine, &pushes, event).await,
            // What was missed is in the lists; only a spoken word is lost.
            Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "events were missed"),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn ended(engine: &Engine, pushes: &Pushes, event: Event) {
    let EventKind::StateChanged { phase, error, .. } = event.kind else { return };
    if phase == Phase::Paused && error.is_some_and(|error| error.code.asks_for_credentials()) {
        pushes.send(Push::KeysNeeded {});
    }
    if !matches!(phase, Phase::Failed | Phase::DoneVerified | Phase::DoneUnverified | Phase::Cancelled) {
        return;
    }
    match wait_for(|| engine.view(event.transfer)) {
        Ok(Some(view)) => pushes.send(Push::Ended { row: view::row(&view, &engine.limits()) }),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the end of a transfer cannot be told"),
    }
    // What the user has cancelled is wanted in no list; the ledger need not carry it for ever.
    if phase == Phase::Cancelled
        && let Err(error) = engine.remove(&[event.transfer]).await
    {
        tracing::debug!(%error, "a cancelled transfer stays in the ledger");
    }
}

/// Tells the window the counters whenever they have changed, at most four times a second.
pub async fn tell_pulses(engine: Engine, condition: Condition, pushes: Pushes) {
    let mut told = None;
    let mut ticks = tokio::time::interval(PULSE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(generation) = pushes.generation() else { continue };
        match wait_for(|| pulse(&engine, &condition)) {
            Ok(pulse) if told != Some((generation, pulse)) => {
                told = Some((generation, pulse));
                pushes.send(Push::Pulse { pulse });
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the counters cannot be read"),
        }
    }
}

/// Tells the window that the engine has stopped by a fault, which no click can mend. Ended before a regular end.
pub async fn tell_stop(engine: Engine, pushes: Pushes) {
    engine.stopped().await;
    pushes.send(Push::Notice { notice: engine::EngineError::Stopped.into() });
}

fn pulse(engine: &Engine, condition: &Condition) -> Result<Pulse, engine::EngineError> {
    let revision = engine.revision();
    let counts = engine.counts()?;
    let (upload_bytes_s, download_bytes_s) = engine.speeds();
    let moves_nothing = counts.active > 0 && upload_bytes_s + download_bytes_s < 1.0;
    Ok(Pulse {
        revision,
        counts: view::counts(counts),
        upload_bytes_s,
        download_bytes_s,
        limits: speed::limits_now(engine),
        left_bytes: counts.left_bytes,
        awake: match condition.awake() {
            machine::Awake::Idle => Awake::Idle,
            machine::Awake::Held => Awake::Held,
            machine::Awake::Off => Awake::Off,
            machine::Awake::Unavailable => Awake::Unavailable,
        },
        network: match condition.is_online() {
            false => Network::Offline,
            true if moves_nothing && nothing_answers(engine)? => Network::Unanswered,
            true => Network::Online,
        },
        on_battery: condition.circumstances().on_battery,
        metered: condition.circumstances().metered,
    })
}

/// Whether something of what runs waits for an answer, and nothing does anything else than wait.
fn nothing_answers(engine: &Engine) -> Result<bool, engine::EngineError> {
    let request = PageRequest { filter: Filter::Active, after: None, limit: LOOKED_AT };
    let phases: Vec<Phase> = engine.page(request)?.rows.iter().map(engine::TransferView::phase).collect();
    let waits = |phase: &Phase| matches!(phase, Phase::NoNetwork | Phase::Retrying);
    Ok(phases.contains(&Phase::NoNetwork) && phases.iter().all(waits))
}

#[cfg(test)]
mod tests {
    use tauri::ipc::InvokeResponseBody;

    use super::*;

    fn listening() -> (Pushes, Arc<Mutex<Vec<String>>>) {
        let (pushes, heard) = (Pushes::default(), Arc::new(Mutex::new(Vec::new())));
        let ear = heard.clone();
        pushes.subscribe(Channel::new(move |body| {
            if let InvokeResponseBody::Json(text) = body {
                ear.lock().unwrap().push(text);
            }
            Ok(())
        }));
        (pushes, heard)
    }

    #[test]
    fn a_drop_gives_the_paths_that_can_be_read_and_a_drag_only_their_number() {
        let (pushes, heard) = listening();
        let folder = tempfile::tempdir().unwrap();
        let (report, gone) = (folder.path().join("报告 2.txt"), folder.path().join("gone"));
        std::fs::write(&report, "x").unwrap();
        let paths = vec![report.clone(), gone];
        let position = PhysicalPosition::new(30.0, 60.0);
        pushes.dragged(&DragDropEvent::Enter { paths: paths.clone(), position }, 2.0);
        pushes.dragged(&DragDropEvent::Over { position }, 2.0);
        pushes.dragged(&DragDropEvent::Leave, 2.0);
        pushes.dragged(&DragDropEvent::Drop { paths, position }, 2.0);
        // The count comes from a thread of its own, at any moment.
        let told = || -> Vec<String> {
            let heard = heard.lock().unwrap();
            heard.iter().filter(|push| !push.contains("drag_counted")).cloned().collect()
        };
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        // Said before anybody has looked at a disk.
        let aimed = r#"{"type":"drop_aimed","drop":1}"#;
        assert_eq!(told()[4..7], [r#"{"type":"drag_moved","x":15.0,"y":30.0}"#, aimed, r#"{"type":"drag_leave"}"#]);
        while told().len() < 8 {
            assert!(std::time::Instant::now() < deadline, "{:?}", told());
            std::thread::yield_now();
        }
        let told = told();
        let moved = r#"{"type":"drag_moved","x":15.0,"y":30.0}"#;
        let left = r#"{"type":"drag_leave"}"#;
        assert_eq!(told[..7], [r#"{"type":"drag_over","paths":2}"#, moved, moved, left, moved, aimed, left]);
        let dropped = serde_json::from_str::<serde_json::Value>(&told[7]).unwrap();
        assert_eq!((&dropped["drop"], &dropped["paths"]), (&serde_json::json!(1), &serde_json::json!([report])));
        assert_eq!(dropped["refused"][0]["code"], "source_missing");
    }

    #[test]
    fn what_is_dragged_is_counted_and_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "12345").unwrap();
        let (pushes, heard) = listening();
        let position = Default::default();
        pushes.dragged(&DragDropEvent::Enter { paths: vec![folder.path().into()], position }, 1.0);
        let counted = r#"{"type":"drag_counted","count":{"folders":1,"files":1,"size_bytes":5,"unreadable":0,"counting":false,"more":false}}"#;
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while !heard.lock().unwrap().iter().any(|push| push == counted) {
            assert!(std::time::Instant::now() < deadline, "{:?}", heard.lock().unwrap());
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_newest_subscriber_is_the_one_that_hears() {
        let (pushes, first) = listening();
        let second = Arc::new(Mutex::new(0));
        let ear = second.clone();
        pushes.subscribe(Channel::new(move |_| {
            *ear.lock().unwrap() += 1;
            Ok(())
        }));
        pushes.dragged(&DragDropEvent::Leave, 1.0);
        assert_eq!((first.lock().unwrap().len(), *second.lock().unwrap(), pushes.generation()), (0, 1, Some(2)));
    }
}
