//! One world: the real engine, started as often as the script says, over a disk and a store that outlive it.

mod ending;
mod hands;

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::ledger::SqliteLedger;
use engine::queue::QueueLimits;
use engine::{
    Clock as _, ConflictRule, DISMISSAL, End, Engine, EngineOptions, EngineParts, Event, Hour, Interruption, Limit,
    NewPlace, Priority, RateLimits, RetryPolicy, RouteChoice, State, StoreId, Stores, Timetable, TransferError,
    TransferId, TransferOptions, TransferSpec,
};
use store::{Capabilities, MemoryOptions, MemoryStore, ObjectRef, ObjectSettings, ObjectStore};
use tokio::sync::broadcast;
use tokio::time::{sleep, timeout};

use crate::clock::Time;
use crate::disk::{DiskWeather, SimDisk};
use crate::ledger::JudgedLedger;
use crate::oracle::{Oracle, Wanted, kind_of_hour};
use crate::script::{Act, PART, Planned, Rule, Script, Step, Tamper, Way};
use crate::store::SimStore;
use crate::transit::Transit;
use crate::weather::{Dice, Weather};

/// A wish is answered within this, whatever the weather.
const ANSWER: Duration = Duration::from_secs(120);
/// In fair weather everything rests within this.
const CALM: Duration = Duration::from_secs(4 * 3600);

/// What became of a world.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Rules that were broken.
    pub violations: Vec<String>,
    /// Everything that was written down and asked for, in order.
    pub trace: Vec<String>,
}

#[derive(Debug)]
struct OneStore(Arc<SimStore>);

#[async_trait]
impl Stores for OneStore {
    async fn open(&self, _id: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError> {
        Ok(self.0.clone())
    }
}

/// What makes a run end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Quit,
    Kill,
    PowerCut,
    /// The script is over and everything has come to rest.
    End,
}

struct World {
    folder: PathBuf,
    disk: SimDisk,
    memory: Arc<MemoryStore>,
    store: Arc<SimStore>,
    dice: Dice,
    oracle: Oracle,
    time: Time,
    random: fastrand::Rng,
    specs: Vec<TransferSpec>,
    tampers: Vec<(usize, Tamper)>,
    wanted: Wanted,
    /// Wishes that may be taken back.
    dismissals: Vec<i64>,
    /// Whether the wall clock was never moved: with a wrong one nothing can be proved by times.
    clock_was_right: bool,
    /// Which rule the engine shall break.
    broken: Option<engine::Rule>,
}

/// Runs a script to its end and says what was wrong. `folder` holds the ledger and must be empty.
pub fn run(script: &Script, folder: &Path, broken: Option<engine::Rule>) -> Outcome {
    let mut world = World::new(script, folder, broken);
    let mut steps = script.steps.iter();
    loop {
        let exit = world.run_once(&mut steps);
        if exit == Exit::PowerCut {
            world.disk.cut_power();
        }
        world.apply_tampers();
        if exit == Exit::End {
            break;
        }
    }
    Outcome { violations: world.oracle.violations(), trace: world.oracle.trace() }
}

fn noise(random: &mut fastrand::Rng, len_bytes: u64) -> Vec<u8> {
    (0..len_bytes).map(|_| random.u8(..)).collect()
}

impl World {
    fn new(script: &Script, folder: &Path, broken: Option<engine::Rule>) -> Self {
        let mut random = fastrand::Rng::with_seed(script.seed ^ 0x7e57);
        let disk = SimDisk::new(random.u64(..));
        let memory = Arc::new(MemoryStore::with_options(MemoryOptions {
            capabilities: Capabilities {
                part_size_bytes_min: 16,
                part_size_bytes_max: 1 << 20,
                parts_max: 100,
                server_side_copy: true,
            },
            page_len: 3,
            report_crc64: script.checksums,
            md5_etags: script.md5_etags,
            body_piece_bytes: 300,
            ..MemoryOptions::default()
        }));
        let dice = Dice::new(random.u64(..), script.checksums);
        let oracle = Oracle::new(disk.clone(), memory.clone(), script.checksums);
        for bucket in ["source", "target"] {
            if let Err(error) = memory.add_bucket(bucket, "memory-1") {
                oracle.accuse(format!("there is no bucket {bucket}: {error}"));
            }
        }
        // Ahead of UTC, behind it, and by no whole hour.
        let time = Time::new([0, 28_800, 20_700, -12_600][(script.seed % 4) as usize]);
        let store = Arc::new(SimStore {
            time: time.clone(),
            parallel: script.transfers.iter().map(|one| one.parallel).collect(),
            inner: memory.clone(),
            dice: dice.clone(),
            oracle: oracle.clone(),
            transit: Transit::default(),
        });
        {
            let dice = dice.clone();
            memory.set_fault(move |call| dice.fault(call));
        }
        {
            let time = time.clone();
            memory.set_clock(move || time.now());
        }
        let mut world = Self {
            folder: folder.to_owned(),
            disk,
            memory,
            store,
            dice,
            oracle,
            time,
            random,
            specs: Vec::new(),
            tampers: Vec::new(),
            wanted: Wanted::default(),
            dismissals: Vec::new(),
            clock_was_right: !script.steps.iter().any(|step| matches!(step.act, Act::Wall(_))),
            broken,
        };
        for (at, planned) in script.transfers.iter().enumerate() {
            world.prepare(at, planned);
        }
        world
    }

    fn prepare(&mut self, at: usize, planned: &Planned) {
        let file = |folder: &str| End::file(format!("/{folder}/{at}"));
        let object = |bucket: &str| End::object(StoreId("memory".into()), ObjectRef::new(bucket, format!("{at}")));
        let (source, target) = match planned.kind {
            Way::Upload => (file("source"), object("target")),
            Way::Download => (object("source"), file("target")),
            Way::Copy | Way::Relay => (object("source"), object("target")),
        };
        let bytes = noise(&mut self.random, planned.size_bytes);
        self.write_source(&source, bytes, true);
        let conflict = match planned.conflict {
            Rule::Overwrite => ConflictRule::Overwrite,
            Rule::Skip => ConflictRule::Skip,
            Rule::KeepBoth => ConflictRule::KeepBoth,
            Rule::Fail => ConflictRule::Fail,
        };
        if let End::File { path } = &target {
            if conflict == ConflictRule::Overwrite {
                self.disk.allow_replacing(path);
            }
            if planned.temp_name_taken {
                self.disk.put(&PathBuf::from(format!("/target/{at}.tern-part")), b"somebody else's".to_vec());
            }
        }
        let options = TransferOptions {
            part_size_bytes: PART,
            parallel_parts: planned.parallel,
            conflict,
            settings: ObjectSettings::default(),
            route: if planned.kind == Way::Relay { RouteChoice::Relay } else { RouteChoice::Auto },
            limit_bytes_per_second: None,
        };
        self.specs.push(TransferSpec { source, target, options });
    }

    fn write_source(&mut self, end: &End, bytes: Vec<u8>, fresh: bool) {
        self.oracle.source_is(end, bytes.clone());
        match end {
            End::File { path } if fresh => self.disk.put(path, bytes),
            End::File { path } => self.disk.alter(path, |there| *there = bytes),
            // The bucket is there and the name is fine.
            End::Object { object, .. } => drop(self.memory.add_object(object, bytes, ObjectSettings::default())),
        }
    }

    fn source_bytes(&self, end: &End) -> Option<Vec<u8>> {
        match end {
            End::File { path } => self.disk.bytes(path),
            End::Object { object, .. } => self.memory.object_bytes(object).map(|bytes| bytes.to_vec()),
        }
    }

    /// Starts the engine once and follows the script until something ends the run.
    fn run_once<'s>(&mut self, steps: &mut impl Iterator<Item = &'s Step>) -> Exit {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let Ok(runtime) = runtime else {
            self.oracle.accuse("there is no runtime".to_owned());
            return Exit::End;
        };
        self.oracle.begin_run();
        let exit = runtime.block_on(async {
            self.time.begin_run();
            let exit = self.live(steps).await;
            self.time.end_run();
            exit
        });
        self.oracle.note(format!("exit {exit:?}"));
        // Every task ends where it waits.
        drop(runtime);
        exit
    }

    async fn live<'s>(&mut self, steps: &mut impl Iterator<Item = &'s Step>) -> Exit {
        let ledger = match SqliteLedger::open(&self.folder.join("ledger.db"), 0) {
            Ok((inner, aside)) => {
                if aside.is_some() {
                    self.oracle.accuse("the ledger was put aside".to_owned());
                }
                let clock = self.clock_was_right.then(|| self.time.clone());
                JudgedLedger { inner, dice: self.dice.clone(), oracle: self.oracle.clone(), clock }
            }
            Err(error) => {
                self.oracle.accuse(format!("the ledger cannot be opened: {error}"));
                return Exit::End;
            }
        };
        let parts = EngineParts {
            stores: Arc::new(OneStore(self.store.clone())),
            ledger: Arc::new(ledger),
            disk: Arc::new(self.disk.clone()),
            clock: Arc::new(self.time.clone()),
        };
        let options = EngineOptions {
            limits: QueueLimits { active_max: 2, small_max: 4, parts_max: 7 },
            retry: RetryPolicy { outlasts_network: true, ..RetryPolicy::default() },
            rates: rates(self.wanted),
            seed: self.random.u64(..),
            broken: self.broken,
            ..EngineOptions::default()
        };
        let engine = Engine::start(parts, options);
        // Both end with the runtime at the latest.
        let listener = tokio::spawn(listen(engine.events(), self.oracle.clone()));
        let arrivals = self.store.transit.clone().arrive(self.memory.clone(), self.dice.clone(), self.oracle.clone());
        let arrivals = tokio::spawn(arrivals);
        let exit = loop {
            let Some(step) = steps.next() else { break self.settle(&engine).await };
            sleep(Duration::from_millis(step.after_ms)).await;
            self.oracle.note(format!("act {:?}", step.act));
            match &step.act {
                Act::Quit => {
                    self.answered("shutdown", engine.shutdown()).await;
                    break Exit::Quit;
                }
                Act::Kill => break Exit::Kill,
                Act::PowerCut => break Exit::PowerCut,
                act => self.act(&engine, act).await,
            }
        };
        listener.abort();
        arrivals.abort();
        exit
    }

    async fn answered<T>(&self, what: &str, wish: impl Future<Output = T>) -> Option<T> {
        let answer = timeout(ANSWER, wish).await.ok();
        if answer.is_none() {
            self.oracle.accuse(format!("{what} is not answered"));
        }
        answer
    }

    fn id(&self, at: usize) -> Option<TransferId> {
        self.oracle.find(&self.specs[at])
    }

    async fn act(&mut self, engine: &Engine, act: &Act) {
        match *act {
            Act::Add(at) => {
                let spec = self.specs[at].clone();
                // Refused where the ledger cannot be written; then it must not run, which the oracle sees.
                let _ = self.answered("add", engine.add(vec![spec])).await;
            }
            Act::Pause(at) => {
                let Some(id) = self.id(at) else { return };
                if let Some(Ok(())) = self.answered("pause", engine.pause(&[id])).await {
                    // What is given up can only be taken back, and is then what it was.
                    let obeys = |state: State| !state.is_final() && state != State::Dismissed;
                    let resting = engine.view(id).is_ok_and(|view| view.is_some_and(|view| obeys(view.state)));
                    self.oracle.paused(id, resting);
                }
            }
            Act::Resume(at) => {
                let Some(id) = self.id(at) else { return };
                self.oracle.paused(id, false);
                let _ = self.answered("resume", engine.resume(&[id])).await;
            }
            Act::Cancel(at) => {
                let Some(id) = self.id(at) else { return };
                self.oracle.paused(id, false);
                let _ = self.answered("cancel", engine.cancel(&[id])).await;
            }
            Act::PauseAll => {
                let _ = self.answered("pause all", engine.pause_all()).await;
            }
            Act::ResumeAll => {
                self.oracle.all_paused(false);
                let _ = self.answered("resume all", engine.resume_all()).await;
            }
            Act::Remove(at) => {
                let Some(id) = self.id(at) else { return };
                let _ = self.answered("remove", engine.remove(&[id])).await;
            }
            Act::Dismiss(at) => {
                let Some(id) = self.id(at) else { return };
                // Refused where the ledger cannot be written; then it is dismissed as soon as that can be.
                if let Some(Ok(until_ms)) = self.answered("dismiss", engine.dismiss(&[id])).await {
                    self.dismissals.push(until_ms);
                }
            }
            Act::Recall => {
                let Some(until_ms) = self.dismissals.pop() else { return };
                let _ = self.answered("recall", engine.recall(until_ms)).await;
            }
            Act::Reorder(at, other) => {
                let (Some(id), Some(other)) = (self.id(at), self.id(other)) else { return };
                let to = if id == other { NewPlace::First } else { NewPlace::Before(other) };
                // Refused where the ledger cannot be written, or the other has gone.
                let _ = self.answered("reorder", engine.reorder(&[id], to)).await;
            }
            Act::Rates(upload, download) => {
                let rate = |bytes| Limit::from(NonZeroU64::new(bytes));
                self.want(engine, Wanted { upload: rate(upload), download: rate(download), ..self.wanted });
            }
            Act::Stop(upload, download) => {
                let limit = |stop| if stop { Limit::Stop } else { Limit::None };
                self.want(engine, Wanted { upload: limit(upload), download: limit(download), ..self.wanted });
            }
            Act::Timetable(hours) => self.want(engine, Wanted { hours, ..self.wanted }),
            Act::FullSpeed(minutes) => {
                let until_ms = self.time.wall_ms() + i64::try_from(60_000 * minutes).unwrap_or(0);
                self.want(engine, Wanted { full_speed_until_ms: Some(until_ms), ..self.wanted });
            }
            Act::OwnLimit(at, bytes) => {
                let Some(id) = self.id(at) else { return };
                let limit = NonZeroU64::new(bytes);
                let told = self.answered("own limit", engine.set_own_limit(&[id], limit)).await;
                // Where the ledger cannot be written, nothing is promised.
                self.oracle.own_limit_is(&self.time, at, limit.filter(|_| matches!(told, Some(Ok(())))));
            }
            Act::Priority(at, priority) => {
                let Some(id) = self.id(at) else { return };
                let priority = [Priority::High, Priority::Normal, Priority::Low][usize::from(priority) % 3];
                // Refused where the ledger cannot be written.
                let _ = self.answered("priority", engine.set_priority(&[id], priority)).await;
            }
            Act::Edit(at, edit) => self.edit(at, edit),
            Act::Tamper(at, tamper) => self.tampers.push((at, tamper)),
            Act::Foreign(at) => self.put_foreign(at),
            Act::ExpireUploads => self.memory.expire_uploads("target"),
            Act::Expired(expired) => self.dice.set_expired(expired),
            Act::Sleep(minutes) => {
                tokio::time::advance(Duration::from_secs(60 * minutes)).await;
                // The first moment after it belongs to what was under way.
                self.oracle.limits_are(&self.time, self.wanted);
                self.interrupt(engine, Interruption::Woke).await;
            }
            Act::NetworkChanged => self.interrupt(engine, Interruption::NetworkChanged).await,
            Act::Wall(seconds) => {
                self.time.shift_wall(1000 * seconds);
                self.oracle.wall_was_set(&self.time);
            }
            Act::ForeignUpload(at) => self.begin_foreign_upload(at),
            Act::Weather(level) => self.dice.set_weather(Weather::of(level)),
            Act::Disk(level) => {
                let level = u32::from(level);
                let weather = DiskWeather { no_space: 20 * level, denied: 10 * level, sync_fails: 10 * level };
                self.disk.set_weather(weather);
            }
            Act::Quit | Act::Kill | Act::PowerCut => {}
        }
    }

    fn want(&mut self, engine: &Engine, wanted: Wanted) {
        self.wanted = wanted;
        self.oracle.limits_are(&self.time, wanted);
        engine.set_rates(rates(wanted));
    }

    async fn interrupt(&self, engine: &Engine, by: Interruption) {
        if let Some(Err(error)) = self.answered("interrupted", engine.interrupted(by)).await {
            self.oracle.accuse(format!("interrupted: {error}"));
        }
    }

    /// The weather clears and the user lets everything go on: all of it must come to a good end.
    async fn settle(&mut self, engine: &Engine) -> Exit {
        self.oracle.note("the weather clears".to_owned());
        self.dice.set_weather(Weather::of(0));
        self.dice.set_expired(false);
        self.disk.set_weather(DiskWeather::default());
        // A timetable stays: what it stops has to go on by itself.
        self.want(engine, Wanted { hours: self.wanted.hours, ..Wanted::default() });
        self.oracle.all_paused(false);
        // What is dismissed is left to its end: nobody takes it back any more.
        sleep(DISMISSAL + Duration::from_secs(5)).await;
        // One may fail for what the disk did before, and once more for what somebody else put in its place meanwhile.
        for _ in 0..3 {
            let open: Vec<TransferId> =
                self.oracle.known().iter().filter(|(_, one)| !one.state.is_final()).map(|(id, _)| *id).collect();
            match self.answered("resume", engine.resume(&open)).await {
                Some(Ok(())) | None => {}
                Some(Err(error)) => self.oracle.accuse(format!("resume: {error}")),
            }
            for id in open {
                if timeout(CALM, engine.wait(id)).await.is_err() {
                    let view = engine.view(id);
                    self.oracle.accuse(format!("{id} does not come to rest: {view:?}"));
                }
            }
        }
        self.judge_the_end(engine);
        self.answered("shutdown", engine.shutdown()).await;
        Exit::End
    }
}

/// What the user wants, as the engine takes it.
fn rates(wanted: Wanted) -> RateLimits {
    let timetable = wanted.hours.map(|shift| {
        let mut timetable = Timetable::default();
        for hour in 0..Timetable::HOURS {
            let kind = [Hour::Stop, Hour::Limited, Hour::Full][kind_of_hour(shift, hour)];
            timetable.set(hour / 24, hour % 24, kind);
        }
        timetable
    });
    let Wanted { upload, download, full_speed_until_ms, .. } = wanted;
    RateLimits { upload, download, timetable, full_speed_until_ms, ..RateLimits::default() }
}

async fn listen(mut events: broadcast::Receiver<Event>, oracle: Oracle) {
    loop {
        match events.recv().await {
            Ok(event) => oracle.told(&event),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
