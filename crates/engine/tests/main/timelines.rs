//! What is remembered of how a transfer went, on a clock that is played.

use std::future::Future;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::{PART, World, object, options, spec};
use engine::ledger::{Ledger, LedgerError, Records, SqliteLedger};
use engine::{
    Bulk, Clock, End, Engine, EngineOptions, EngineParts, Fact, Happening, Interruption, Limit, Phase, RateLimits,
    STEPS_MAX, State, SystemClock, Timeline, TransferId, TransferOptions, TransferSpec, What,
};
use store::{ErrorKind, Fault, Verb};

const BEGAN_MS: i64 = 1_794_787_200_000;
/// So many parts a second.
const PER_SECOND: u64 = 4;

/// Time that passes only when everybody waits, and a wall clock that goes on while the steady one stands still.
#[derive(Debug)]
struct Played {
    clock: SystemClock,
    slept_ms: AtomicI64,
}

impl Clock for Played {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn wall_ms(&self) -> i64 {
        let now_ms = i64::try_from(self.clock.now().as_millis()).unwrap();
        BEGAN_MS + now_ms + self.slept_ms.load(Ordering::Relaxed)
    }

    fn sleep(&self, wait: Duration) -> engine::Sleep {
        self.clock.sleep(wait)
    }
}

/// A ledger that may be full for a while, and what was to be written to it.
#[derive(Debug)]
struct Full {
    ledger: SqliteLedger,
    is_full: AtomicBool,
    timelines: Mutex<Vec<usize>>,
}

impl Ledger for Full {
    fn append(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        let timelines = facts.iter().filter(|fact| matches!(fact, Fact::Timeline { .. })).count();
        self.timelines.lock().unwrap().push(timelines);
        if self.is_full.load(Ordering::SeqCst) {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        self.ledger.append(facts)
    }

    fn append_bulk(&self, bulk: Bulk) -> Result<usize, LedgerError> {
        self.ledger.append_bulk(bulk)
    }

    fn records(&self) -> &dyn Records {
        &self.ledger
    }
}

struct Run {
    engine: Engine,
    clock: Arc<Played>,
    ledger: Arc<Full>,
}

impl Run {
    async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// The computer sleeps: on the wall time passes.
    fn sleep(&self, seconds: i64) {
        self.clock.slept_ms.fetch_add(1000 * seconds, Ordering::Relaxed);
    }

    async fn add(&self, spec: TransferSpec) -> TransferId {
        self.engine.add(vec![spec]).await.unwrap()[0]
    }

    async fn done(&self, id: TransferId) -> Timeline {
        let rest = tokio::time::timeout(Duration::from_secs(40_000), self.engine.wait(id));
        let view = rest.await.expect("it comes to rest").unwrap();
        assert_eq!(view.phase(), Phase::DoneVerified, "{:?}", view.error);
        self.told(id).await.expect("it took long enough")
    }

    async fn told(&self, id: TransferId) -> Option<Timeline> {
        self.engine.detail(id).await.unwrap().unwrap().timeline
    }
}

fn play<T, F: Future<Output = T>>(world: &World, slept_ms: i64, work: impl FnOnce(Run) -> F) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let clock = Arc::new(Played { clock: SystemClock::new(), slept_ms: slept_ms.into() });
        let ledger = Arc::new(Full { ledger: world.ledger(), is_full: false.into(), timelines: Mutex::default() });
        let parts = EngineParts { clock: clock.clone(), ..world.parts(ledger.clone()) };
        work(Run { engine: Engine::start(parts, EngineOptions::default()), clock, ledger }).await
    })
}

/// An upload that takes a second for every four parts.
fn upload(world: &World, name: &str, parts: usize) -> TransferSpec {
    let (path, _) = world.file(name, parts * PART);
    let limit_bytes_per_second = NonZeroU64::new(PER_SECOND * PART as u64);
    let options = TransferOptions { limit_bytes_per_second, ..options() };
    TransferSpec { options, ..spec(End::file(path), object("there", name)) }
}

fn whats(timeline: &Timeline) -> Vec<What> {
    timeline.events.iter().map(|event| event.what).collect()
}

/// The first event of this kind.
fn only(timeline: &Timeline, what: What) -> Happening {
    let found: Vec<_> = timeline.events.iter().filter(|event| event.what == what).collect();
    assert_eq!(found.len(), 1, "{what:?} in {timeline:?}");
    *found[0]
}

#[test]
fn what_is_done_can_tell_of_its_speed_its_pauses_its_sleep_and_its_limits() {
    let world = &World::new();
    play(world, 0, |run| async move {
        let id = run.add(upload(world, "a", 80)).await;
        run.pass(5).await;
        run.engine.pause(&[id]).await.unwrap();
        run.pass(600).await;
        assert_eq!(only(&run.told(id).await.unwrap(), What::Paused).lasted_ms, 0, "nobody knows yet for how long");
        run.engine.resume(&[id]).await.unwrap();
        run.pass(3).await;
        run.sleep(38);
        run.pass(3).await;
        run.engine.interrupted(Interruption::Woke).await.unwrap();
        run.pass(1).await;
        run.engine.set_own_limit(&[id], NonZeroU64::new(8 * PART as u64)).await.unwrap();
        run.pass(1).await;
        run.engine.set_rates(RateLimits { upload: Limit::Stop, ..RateLimits::default() });
        run.pass(60).await;
        run.engine.set_rates(RateLimits::default());
        let timeline = run.done(id).await;

        assert_eq!((timeline.began_ms - BEGAN_MS) / 1000, 0);
        let wall_ms = run.clock.wall_ms();
        assert!((timeline.end_ms() - wall_ms).abs() < 1000, "{} is not {wall_ms}", timeline.end_ms());
        assert!((14_000..30_000).contains(&timeline.worked_ms), "breaks are no work: {timeline:?}");
        let moved: u64 = timeline.moved_bytes.iter().sum();
        assert!((80 * PART as u64..110 * PART as u64).contains(&moved), "{moved}");
        let paused = only(&timeline, What::Paused);
        assert!((600_000..601_000).contains(&paused.lasted_ms) && (4000..6000).contains(&paused.at_ms), "{paused:?}");
        let asleep = only(&timeline, What::Asleep);
        assert!((37_500..=38_000).contains(&asleep.lasted_ms) && (7000..9500).contains(&asleep.at_ms), "{asleep:?}");
        let waited = only(&timeline, What::Waited);
        assert!((59_000..=60_500).contains(&waited.lasted_ms), "{waited:?}");
        let per_second = |parts: u64| Some(parts * PART as u64);
        assert_eq!(timeline.limit, per_second(4));
        let changes: Vec<What> =
            whats(&timeline).into_iter().filter(|what| matches!(what, What::Limit { .. })).collect();
        let change = |from, to| What::Limit { from, to };
        let (four, eight, stop) = (per_second(4), per_second(8), Some(0));
        assert_eq!(changes, [change(four, eight), change(eight, stop), change(stop, eight)], "{timeline:?}");
    });
}

#[test]
fn sleep_is_seen_at_the_wake_whether_it_is_told_or_not() {
    for is_told in [false, true] {
        let world = &World::new();
        play(world, 0, |run| async move {
            let id = run.add(upload(world, "a", 40)).await;
            run.pass(4).await;
            // On some systems the steady clock goes on: every timer fires late.
            tokio::time::advance(Duration::from_secs(1800)).await;
            if is_told {
                run.engine.interrupted(Interruption::Woke).await.unwrap();
            }
            let timeline = run.done(id).await;
            let asleep = only(&timeline, What::Asleep);
            assert!((1_799_000..=1_800_000).contains(&asleep.lasted_ms), "{asleep:?}");
            assert!(timeline.worked_ms < 30_000, "the night is no work: {timeline:?}");
            assert!((timeline.end_ms() - run.clock.wall_ms()).abs() < 1000);
        });
    }
}

#[test]
fn a_crash_costs_half_a_minute_of_it_at_most_and_the_rest_goes_on() {
    let world = &World::new();
    let id = play(world, 0, |run| async move {
        let id = run.add(upload(world, "a", 400)).await;
        run.pass(50).await;
        id
    });
    let kept = world.ledger().timeline(id).unwrap().expect("it is written while it works");
    assert!((20_000..50_000).contains(&kept.worked_ms), "{kept:?}");
    play(world, 3_600_000, |run| async move {
        let timeline = run.done(id).await;
        assert_eq!(timeline.began_ms, kept.began_ms);
        let gone = only(&timeline, What::NotRunning);
        assert_eq!(gone.at_ms, kept.worked_ms);
        assert!((3_500_000..3_600_000).contains(&gone.lasted_ms), "{gone:?}");
        assert!(timeline.moved_bytes.len() <= STEPS_MAX && timeline.worked_ms > 60_000);
    });
}

#[test]
fn what_is_quit_says_so() {
    let world = &World::new();
    let id = play(world, 0, |run| async move {
        let id = run.add(upload(world, "a", 60)).await;
        run.pass(5).await;
        run.engine.shutdown().await;
        id
    });
    play(world, 7_200_000, |run| async move {
        let timeline = run.done(id).await;
        let gone = only(&timeline, What::NotRunning);
        assert!((7_190_000..=7_200_000).contains(&gone.lasted_ms), "{gone:?}");
        assert!((4000..6000).contains(&gone.at_ms), "nothing is lost by quitting: {gone:?}");
    });
}

#[test]
fn parts_that_are_sent_again_and_a_network_that_is_away_are_told() {
    let world = &World::new();
    play(world, 0, |run| async move {
        let clock = run.clock.clone();
        let away = move || (Duration::from_secs(3)..Duration::from_secs(20)).contains(&clock.now());
        world.store.set_fault(move |call| {
            (call.verb == Verb::UploadPart && away()).then_some(Fault::Fail(ErrorKind::Network))
        });
        let id = run.add(upload(world, "a", 40)).await;
        let timeline = run.done(id).await;
        let again = whats(&timeline).iter().any(|what| matches!(what, What::SentAgain { parts } if *parts > 0));
        assert!(again, "{timeline:?}");
        let waits: u64 =
            timeline.events.iter().filter(|event| event.what == What::NoNetwork).map(|event| event.lasted_ms).sum();
        assert!((10_000..40_000).contains(&waits), "{timeline:?}");
    });
}

#[test]
fn small_files_leave_no_trace_of_it() {
    let world = &World::new();
    play(world, 0, |run| async move {
        let specs = (0..50).map(|n| {
            let name = format!("small-{n}");
            let (path, _) = world.file(&name, 10);
            spec(End::file(path), object("there", &name))
        });
        for id in run.engine.add(specs.collect()).await.unwrap() {
            run.engine.wait(id).await.unwrap();
            assert_eq!(run.told(id).await, None);
        }
        assert_eq!(run.ledger.timelines.lock().unwrap().iter().sum::<usize>(), 0);
    });
}

#[test]
fn while_nothing_can_be_written_only_the_newest_is_kept() {
    let world = &World::new();
    play(world, 0, |run| async move {
        let id = run.add(upload(world, "a", 2400)).await;
        run.pass(35).await;
        run.ledger.is_full.store(true, Ordering::SeqCst);
        run.pass(400).await;
        run.ledger.is_full.store(false, Ordering::SeqCst);
        run.done(id).await;
        let most = run.ledger.timelines.lock().unwrap().iter().max().copied();
        assert_eq!(most, Some(1));
        assert_eq!(run.engine.view(id).unwrap().unwrap().state, State::Done);
    });
}
