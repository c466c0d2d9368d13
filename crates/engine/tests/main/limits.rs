//! Limits at work, on a clock that is played: own limits, stops, a timetable, an hour of full speed.

use std::future::Future;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::world::{PART, World, object, options, spec};
use engine::ledger::SqliteLedger;
use engine::queue::QueueLimits;
use engine::{
    Clock, End, Engine, EngineError, EngineOptions, EngineParts, Filter, Hour, Limit, LimitSource, PageRequest, Phase,
    RateLimits, State, SystemClock, Timetable, TransferId, TransferOptions, TransferSpec, TransferView,
};

const HOUR: Duration = Duration::from_secs(3600);
/// Monday 2026-11-16, 08:59 in a place that is 5:45 ahead of UTC.
const MONDAY_0859_MS: i64 = 1_794_787_200_000 + (8 * 60 + 59 - 345) * 60_000;

/// Time that passes only when everybody waits, in a place.
#[derive(Debug)]
struct Played {
    clock: SystemClock,
    began_ms: AtomicI64,
}

impl Clock for Played {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn wall_ms(&self) -> i64 {
        self.began_ms.load(Ordering::Relaxed) + i64::try_from(self.clock.now().as_millis()).unwrap()
    }

    fn local_offset_s(&self, _wall_ms: i64) -> i32 {
        345 * 60
    }

    fn sleep(&self, wait: Duration) -> engine::Sleep {
        self.clock.sleep(wait)
    }
}

struct Run {
    engine: Engine,
    clock: Arc<Played>,
}

impl Run {
    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn view(&self, id: TransferId) -> TransferView {
        self.engine.view(id).unwrap().unwrap()
    }

    async fn rest(&self, id: TransferId) -> TransferView {
        tokio::time::timeout(24 * HOUR, self.engine.wait(id)).await.expect("it comes to rest").unwrap()
    }

    async fn add(&self, spec: TransferSpec) -> TransferId {
        self.engine.add(vec![spec]).await.unwrap()[0]
    }
}

fn play<T, F: Future<Output = T>>(world: &World, options: EngineOptions, work: impl FnOnce(Run) -> F) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (ledger, aside) = SqliteLedger::open(&world.ledger_path(), 0).unwrap();
    assert_eq!(aside, None);
    runtime.block_on(async {
        let clock = Arc::new(Played { clock: SystemClock::new(), began_ms: AtomicI64::new(MONDAY_0859_MS) });
        let parts = EngineParts { clock: clock.clone(), ..world.parts(Arc::new(ledger)) };
        work(Run { engine: Engine::start(parts, options), clock }).await
    })
}

fn rate(bytes_per_second: u64) -> Option<NonZeroU64> {
    NonZeroU64::new(bytes_per_second)
}

fn upload(world: &World, name: &str, parts: usize, own: u64) -> TransferSpec {
    let (path, _) = world.file(name, parts * PART);
    let options = TransferOptions { limit_bytes_per_second: rate(own), ..options() };
    TransferSpec { options, ..spec(End::file(path), object("there", name)) }
}

fn moved(view: &TransferView) -> u64 {
    view.done_bytes + view.in_flight_bytes
}

/// What may be ahead of the limit: parts in flight at a time.
const AHEAD: u64 = 3 * PART as u64;

#[test]
fn an_own_limit_holds_from_the_start_while_it_is_moved_and_after_a_restart() {
    const PER_SECOND: u64 = 2 * PART as u64;
    let world = &World::new();
    let id = play(world, EngineOptions::default(), |run| async move {
        let other = run.add(upload(world, "free", 20, 0)).await;
        let id = run.add(upload(world, "held", 100, PER_SECOND)).await;
        assert_eq!(run.rest(other).await.phase(), Phase::DoneVerified);
        run.pass(Duration::from_secs(5)).await;
        let before = moved(&run.view(id));
        run.pass(Duration::from_secs(10)).await;
        let in_ten_seconds = moved(&run.view(id)) - before;
        assert!((PER_SECOND * 10).abs_diff(in_ten_seconds) <= AHEAD, "{in_ten_seconds}");
        run.engine.set_own_limit(&[id], rate(PER_SECOND / 2)).await.unwrap();
        run.pass(Duration::from_secs(1)).await;
        let before = moved(&run.view(id));
        run.pass(Duration::from_secs(20)).await;
        let in_twenty_seconds = moved(&run.view(id)) - before;
        assert!((PER_SECOND * 10).abs_diff(in_twenty_seconds) <= AHEAD, "{in_twenty_seconds}");
        id
    });
    play(world, EngineOptions::default(), |run| async move {
        assert_eq!(run.view(id).spec.options.limit_bytes_per_second, rate(PER_SECOND / 2));
        run.pass(Duration::from_secs(3)).await;
        let before = moved(&run.view(id));
        run.pass(Duration::from_secs(10)).await;
        let in_ten_seconds = moved(&run.view(id)) - before;
        assert!((PER_SECOND * 5).abs_diff(in_ten_seconds) <= AHEAD, "{in_ten_seconds}");
        let limit = run.view(id).limit(&run.engine.limits()).unwrap();
        assert_eq!((limit.limit, limit.source), (rate(PER_SECOND / 2).into(), LimitSource::Own));
        run.engine.set_own_limit(&[id], None).await.unwrap();
        let began = run.clock.now();
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert!(run.clock.now() - began < Duration::from_secs(2));
    });
}

#[test]
fn a_download_and_a_relayed_copy_obey_their_own_limits_too() {
    let world = &World::new();
    world.object("down", 40 * PART);
    world.object("relayed", 40 * PART);
    let limited = TransferOptions { limit_bytes_per_second: rate(4 * PART as u64), ..options() };
    let relay = TransferOptions { route: engine::RouteChoice::Relay, ..limited.clone() };
    let specs = [
        TransferSpec { options: limited, ..spec(object("here", "down"), End::file(world.path("down"))) },
        TransferSpec { options: relay, ..spec(object("here", "relayed"), object("there", "relayed")) },
    ];
    play(world, EngineOptions::default(), |run| async move {
        let ids = run.engine.add(specs.to_vec()).await.unwrap();
        for id in ids {
            assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        }
        let seconds = run.clock.now().as_secs_f64();
        assert!((8.0..14.0).contains(&seconds), "each moves 40 parts at 4 a second: {seconds}");
    });
}

#[test]
fn own_limits_of_what_only_the_ledger_has_are_kept_and_in_force_when_it_begins() {
    let world = &World::new();
    let (path, _) = world.file("many", 4 * PART);
    let spec = |n: usize| spec(End::file(path.clone()), object("there", &format!("up-{n}")));
    let options = EngineOptions {
        limits: QueueLimits { active_max: 1, small_max: 1, parts_max: 64 },
        rates: RateLimits::both_ways(rate(1)),
        ..EngineOptions::default()
    };
    play(world, options, |run| async move {
        let ids = run.engine.add((0..1200).map(spec).collect()).await.unwrap();
        let last = ids[1199];
        run.engine.set_own_limit(&[last, ids[3]], rate(777)).await.unwrap();
        assert_eq!(run.view(last).spec.options.limit_bytes_per_second, rate(777));
        run.engine.set_own_limit(&[last], rate(PART as u64)).await.unwrap();
        // At once, before anything of it can have been written.
        let one = [last];
        let (limited, _) = tokio::join!(
            run.engine.set_own_limit(&one, rate(2 * PART as u64)),
            run.engine.reorder(&one, engine::NewPlace::First)
        );
        limited.unwrap();
        run.engine.set_rates(RateLimits::default());
        run.rest(last).await;
        assert!(run.clock.now() > Duration::from_millis(1500), "4 parts at 2 a second");
        let unknown = run.engine.set_own_limit(&[TransferId(9999)], None).await;
        assert!(matches!(unknown, Err(EngineError::NoSuchTransfer(TransferId(9999)))));
        // What is over is left as it is.
        run.engine.set_own_limit(&[last], None).await.unwrap();
        assert_eq!(run.view(last).spec.options.limit_bytes_per_second, rate(2 * PART as u64));
    });
}

#[test]
fn a_stop_of_hours_fails_nothing_and_lets_the_other_direction_go_on() {
    let world = &World::new();
    world.object("down", 5 * PART);
    let options = EngineOptions {
        limits: QueueLimits { active_max: 1, small_max: 1, parts_max: 64 },
        ..EngineOptions::default()
    };
    play(world, options, |run| async move {
        run.engine.set_rates(RateLimits::both_ways(rate(2 * PART as u64)));
        let up = run.add(upload(world, "up", 60, 0)).await;
        let behind = run.add(upload(world, "behind", 2, 0)).await;
        let down = run.add(spec(object("here", "down"), End::file(world.path("down")))).await;
        run.pass(Duration::from_secs(10)).await;
        assert_eq!(run.view(up).state, State::Moving);
        run.engine.set_rates(RateLimits { upload: Limit::Stop, ..RateLimits::default() });
        // Until the last part is recorded, too.
        run.pass(Duration::from_secs(5)).await;
        let stopped = run.view(up);
        assert_eq!((stopped.state, stopped.error), (State::Waiting, None));
        assert!(stopped.done_bytes > 15 * PART as u64, "what arrived is kept: {}", stopped.done_bytes);
        assert_eq!(run.rest(down).await.phase(), Phase::DoneVerified, "its place is free for the other direction");
        run.pass(10 * HOUR).await;
        let later = run.view(up);
        assert_eq!((later.state, later.done_bytes, later.stats.retries), (State::Waiting, stopped.done_bytes, 0));
        let page = PageRequest { filter: Filter::Waiting, after: None, limit: 9 };
        let order: Vec<_> = run.engine.page(page).unwrap().rows.iter().map(|row| row.id).collect();
        assert_eq!(order, [up, behind], "each keeps its place");
        run.engine.set_rates(RateLimits::default());
        let done = run.rest(up).await;
        assert_eq!((done.phase(), done.stats.retries), (Phase::DoneVerified, 0));
        assert!(done.stats.parts_sent < 64, "only parts that were on the wire are sent again");
        assert_eq!(run.rest(behind).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("there", "up"), Some(std::fs::read(world.path("up")).unwrap()));
    });
}

#[test]
fn downloads_behind_more_stopped_uploads_than_memory_holds_are_found() {
    let world = &World::new();
    let (path, _) = world.file("many", PART);
    world.object("down", 5 * PART);
    let spec_of = |n: usize| spec(End::file(path.clone()), object("there", &format!("up-{n}")));
    let options = EngineOptions {
        rates: RateLimits { upload: Limit::Stop, ..RateLimits::default() },
        ..EngineOptions::default()
    };
    play(world, options, |run| async move {
        let ids = run.engine.add((0..900).map(spec_of).collect()).await.unwrap();
        let down = run.add(spec(object("here", "down"), End::file(world.path("down")))).await;
        assert_eq!(run.rest(down).await.phase(), Phase::DoneVerified);
        assert_eq!(run.engine.counts().unwrap().waiting, 900);
        run.engine.set_rates(RateLimits::default());
        for id in [ids[0], ids[899]] {
            assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        }
        assert_eq!(run.engine.counts().unwrap().done, 901);
    });
}

#[test]
fn what_is_held_back_can_be_paused_and_cancelled() {
    let world = &World::new();
    let options = EngineOptions { rates: RateLimits::both_ways(rate(2 * PART as u64)), ..EngineOptions::default() };
    play(world, options, |run| async move {
        let ids = run.engine.add(vec![upload(world, "a", 40, 0), upload(world, "b", 40, 0)]).await.unwrap();
        run.pass(Duration::from_secs(5)).await;
        run.engine.set_rates(RateLimits { upload: Limit::Stop, ..RateLimits::default() });
        run.pass(Duration::from_secs(1)).await;
        run.engine.pause(&ids[..1]).await.unwrap();
        run.engine.cancel(&ids[1..]).await.unwrap();
        assert_eq!(run.rest(ids[0]).await.state, State::Paused);
        assert_eq!(run.rest(ids[1]).await.state, State::Cancelled);
        assert_eq!(world.store.open_uploads("there").len(), 1, "the paused one keeps its upload");
        run.engine.resume(&ids[..1]).await.unwrap();
        run.pass(HOUR).await;
        assert_eq!(run.view(ids[0]).state, State::Waiting, "it may go on, and is held back");
    });
}

#[test]
fn the_timetable_stops_and_goes_on_by_itself_at_the_hours_of_the_place() {
    let world = &World::new();
    let mut timetable = Timetable::default();
    timetable.set(0, 8, Hour::Limited);
    timetable.set(0, 9, Hour::Stop);
    let rates =
        RateLimits { upload: rate(2 * PART as u64).into(), timetable: Some(timetable), ..RateLimits::default() };
    play(world, EngineOptions { rates, ..EngineOptions::default() }, |run| async move {
        let nine_ms = MONDAY_0859_MS + 60_000;
        let now = run.engine.limits().upload;
        assert_eq!((now.limit, now.until_ms), (rate(2 * PART as u64).into(), Some(nine_ms)));
        let id = run.add(upload(world, "up", 1000, 0)).await;
        run.pass(Duration::from_secs(59)).await;
        assert!((118 * PART as u64).abs_diff(moved(&run.view(id))) <= 2 * AHEAD, "{}", moved(&run.view(id)));
        run.pass(Duration::from_secs(2)).await;
        let now = run.engine.limits().upload;
        let ten_ms = nine_ms + 3_600_000;
        assert_eq!((now.limit, now.source, now.until_ms), (Limit::Stop, LimitSource::Timetable, Some(ten_ms)));
        assert_eq!(run.view(id).state, State::Waiting);
        assert_eq!(run.view(id).limit(&run.engine.limits()), Some(now));
        let done = run.rest(id).await;
        assert_eq!((done.phase(), done.stats.retries), (Phase::DoneVerified, 0));
        let ended_ms = done.ended_ms.unwrap();
        assert!((ten_ms..ten_ms + 5_000).contains(&ended_ms), "{} s after ten", (ended_ms - ten_ms) / 1000);
    });
}

#[test]
fn a_wall_clock_that_is_set_is_noticed_within_a_minute() {
    let world = &World::new();
    let mut timetable = Timetable::default();
    timetable.set(0, 9, Hour::Stop);
    let rates = RateLimits { timetable: Some(timetable), ..RateLimits::default() };
    play(world, EngineOptions { rates, ..EngineOptions::default() }, |run| async move {
        run.clock.began_ms.fetch_add(-2 * 3_600_000, Ordering::Relaxed);
        run.pass(Duration::from_secs(61)).await;
        assert_eq!(run.engine.limits().upload.limit, Limit::None);
        run.clock.began_ms.fetch_add(2 * 3_600_000, Ordering::Relaxed);
        run.pass(Duration::from_secs(61)).await;
        assert_eq!(run.engine.limits().upload.limit, Limit::Stop);
    });
}

#[test]
fn full_speed_ends_by_itself() {
    let world = &World::new();
    let end_ms = MONDAY_0859_MS + 3_600_000;
    let rates = RateLimits { full_speed_until_ms: Some(end_ms), ..RateLimits::both_ways(rate(2 * PART as u64)) };
    play(world, EngineOptions { rates, ..EngineOptions::default() }, |run| async move {
        let quick = run.add(upload(world, "quick", 200, 0)).await;
        run.rest(quick).await;
        assert!(run.clock.now() < Duration::from_secs(10), "nothing holds it");
        assert_eq!(run.engine.limits().upload.until_ms, Some(end_ms));
        // At the very moment nobody says who is asked first.
        run.pass(HOUR + Duration::from_secs(1)).await;
        let now = run.engine.limits().upload;
        assert_eq!((now.limit, now.source, now.until_ms), (rate(2 * PART as u64).into(), LimitSource::General, None));
        let slow = run.add(upload(world, "slow", 20, 0)).await;
        let began = run.clock.now();
        run.rest(slow).await;
        assert!(run.clock.now() - began > Duration::from_secs(8), "20 parts at 2 a second");
    });
}

#[test]
fn a_limit_in_the_ledger_that_is_none_is_no_limit() {
    let options: TransferOptions = serde_json::from_str(r#"{"limit_bytes_per_second":0}"#).unwrap();
    assert_eq!(options, TransferOptions::default());
    let limited = TransferOptions { limit_bytes_per_second: rate(5), ..options.clone() };
    assert!(limited.do_the_same_as(&options) && limited != options);
    let other = TransferOptions { parallel_parts: 9, ..options.clone() };
    assert!(!other.do_the_same_as(&options));
}
