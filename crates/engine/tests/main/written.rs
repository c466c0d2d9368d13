//! What reaches the ledger, how often and in which order.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::world::{PART, World, object, slow, spec};
use engine::ledger::{Ledger, LedgerError, Records, SqliteLedger};
use engine::{Bulk, Clock, End, EngineOptions, EngineParts, Fact, Intent, SystemClock};

/// A ledger that can be held up, or made to fail, and notes what is written to it.
#[derive(Debug)]
struct Watched {
    ledger: SqliteLedger,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    is_shut: Mutex<bool>,
    opened: Condvar,
    /// Writes that have come to the gate.
    come: AtomicUsize,
    fails: AtomicBool,
    written: Mutex<Vec<String>>,
}

impl Gate {
    fn shut(&self, shut: bool) {
        *self.is_shut.lock().unwrap() = shut;
        self.opened.notify_all();
    }

    fn pass(&self) -> Result<(), LedgerError> {
        self.come.fetch_add(1, Ordering::SeqCst);
        let shut = self.is_shut.lock().unwrap();
        drop(self.opened.wait_while(shut, |shut| *shut).unwrap());
        match self.fails.load(Ordering::SeqCst) {
            true => Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into()),
            false => Ok(()),
        }
    }
}

impl Ledger for Watched {
    fn append(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        self.gate.pass()?;
        self.gate.written.lock().unwrap().extend(facts.iter().map(|fact| format!("{fact:?}")));
        self.ledger.append(facts)
    }
    fn append_bulk(&self, bulk: Bulk) -> Result<usize, LedgerError> {
        self.gate.pass()?;
        self.gate.written.lock().unwrap().push(format!("{bulk:?}"));
        self.ledger.append_bulk(bulk)
    }
    fn records(&self) -> &dyn Records {
        &self.ledger
    }
}

#[test]
fn what_is_said_of_all_is_written_behind_what_was_said_of_one_before() {
    let world = &World::new();
    world.object("source", 40 * PART);
    let gate = Arc::new(Gate::default());
    let ledger = Arc::new(Watched { ledger: world.ledger(), gate: gate.clone() });
    world.run_of(slow(20 << 10), world.parts(ledger), |run| async move {
        let id = run.add(spec(object("here", "source"), End::file(world.path("down")))).await;
        let other = run.add(spec(object("here", "source"), End::file(world.path("other")))).await;
        // Parts of the first wait for the sync of their file when it is given up, and all is paused right after.
        run.until(id, |view| view.done_bytes > 2 * PART as u64).await;
        let before = gate.come.load(Ordering::SeqCst);
        gate.shut(true);
        let poked_ids = [other];
        let mut poked = Box::pin(run.engine.pause(&poked_ids));
        assert!(futures_util::poll!(poked.as_mut()).is_pending());
        while gate.come.load(Ordering::SeqCst) == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let given_up = [id];
        let mut cancel = Box::pin(run.engine.cancel(&given_up));
        let mut pause_all = Box::pin(run.engine.pause_all());
        assert!(futures_util::poll!(cancel.as_mut()).is_pending());
        assert!(futures_util::poll!(pause_all.as_mut()).is_pending());
        run.engine.detail(id).await.unwrap(); // the driver has taken both by now
        gate.shut(false);
        let (cancelled, paused, poked) = tokio::join!(cancel, pause_all, poked);
        cancelled.unwrap();
        paused.unwrap();
        poked.unwrap();
        let written = gate.written.lock().unwrap().clone();
        let place = |what: &str| written.iter().position(|fact| fact == what).unwrap_or_else(|| panic!("no {what}"));
        let wish = format!("{:?}", Fact::IntentSet { id, intent: Intent::Cancel });
        let of_all = format!("{:?}", Bulk::AllSet { intent: Intent::Pause });
        assert!(place(&wish) < place(&of_all), "{written:?}");
    });
}

#[test]
fn parts_of_a_relayed_copy_count_as_moving_until_they_are_recorded() {
    let world = &World::new();
    world.object("source", 40 * PART);
    let gate = Arc::new(Gate::default());
    let ledger = Arc::new(Watched { ledger: world.ledger(), gate: gate.clone() });
    world.run_of(slow(20 << 10), world.parts(ledger), |run| async move {
        let id = run.add(spec(object("here", "source"), object("abroad", "copy"))).await;
        run.until(id, |view| view.done_bytes > 2 * PART as u64).await;
        gate.shut(true);
        run.engine.set_rates(engine::RateLimits::default());
        // Time enough for all forty of them.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let upload = world.store.open_uploads("abroad").remove(0);
        let held = world.store.held_parts(&upload).len();
        let recorded = gate.written.lock().unwrap().iter().filter(|fact| fact.starts_with("PartDone")).count();
        let moving = usize::from(crate::world::options().parallel_parts);
        assert!(held > recorded, "some arrive: {held} are held, {recorded} recorded");
        assert!(held <= recorded + moving, "a crash would cost more than what moves: {held} held, {recorded} recorded");
        gate.shut(false);
        assert_eq!(run.rest(id).await.phase(), engine::Phase::DoneVerified);
    });
}

/// The clock of the system until it is stopped; then no time passes.
#[derive(Debug)]
struct Stopping {
    system: SystemClock,
    stopped_at: Arc<Mutex<Option<Duration>>>,
}

impl Clock for Stopping {
    fn now(&self) -> Duration {
        self.stopped_at.lock().unwrap().unwrap_or_else(|| self.system.now())
    }
    fn wall_ms(&self) -> i64 {
        self.system.wall_ms()
    }
    fn sleep(&self, wait: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let stopped = self.stopped_at.clone();
        let slept = self.system.sleep(wait);
        Box::pin(async move {
            slept.await;
            if stopped.lock().unwrap().is_some() {
                std::future::pending().await
            }
        })
    }
}

#[test]
fn a_ledger_that_cannot_be_written_is_not_asked_in_a_circle() {
    let world = &World::new();
    let (path, _) = world.file("source", 2 * PART);
    let gate = Arc::new(Gate::default());
    let stopped_at = Arc::new(Mutex::new(None));
    let clock = Stopping { system: SystemClock::new(), stopped_at: stopped_at.clone() };
    let ledger = Arc::new(Watched { ledger: world.ledger(), gate: gate.clone() });
    let parts = EngineParts { clock: Arc::new(clock), ..world.parts(ledger) };
    world.run_of(EngineOptions::default(), parts, |run| async move {
        let id = run.add(spec(End::file(path), object("here", "up"))).await;
        run.rest(id).await;
        // From here on nothing can be written, and no time passes: whatever is tried is tried without a wait.
        let now = run.engine.view(id).unwrap().unwrap();
        assert!(now.state.is_final());
        *stopped_at.lock().unwrap() = Some(Duration::from_secs(3600));
        gate.fails.store(true, Ordering::SeqCst);
        let before = gate.come.load(Ordering::SeqCst);
        let (path, _) = world.file("missing", 1);
        std::fs::remove_file(&path).unwrap();
        let refused = run.engine.add(vec![spec(End::file(path), object("here", "other"))]).await;
        assert!(refused.is_err(), "{refused:?}");
        // Its removal could not be written either; everybody gets time enough for thousands of attempts.
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let tried = gate.come.load(Ordering::SeqCst) - before;
        assert!((1..20).contains(&tried), "{tried} attempts without a wait");
    });
}
