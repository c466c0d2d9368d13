//! What the tests share.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use engine::ledger::{Ledger, SqliteLedger};
use engine::queue::QueueLimits;
use engine::{
    Clock, ConflictRule, End, Engine, EngineOptions, EngineParts, ErrorCode, Event, LocalDisk, RateLimits, RetryPolicy,
    StoreId, Stores, SystemClock, TransferError, TransferId, TransferOptions, TransferSpec,
};
use store::{Capabilities, MemoryStore, ObjectRef, ObjectSettings, ObjectStore};

/// Size of a part in these tests.
pub const PART: usize = 1 << 10;

/// Sizes that have broken engines before, and why.
pub const INTERESTING_SIZES: [usize; 7] = [
    0,             // no bytes, still an object
    1,             // the smallest with a byte
    PART - 1,      // almost a part
    PART,          // exactly one: a single request
    PART + 1,      // the smallest with two parts
    5 * PART,      // more parts than move at a time, the last one full
    17 * PART + 3, // more than a group commit, the last one short
];

#[derive(Debug)]
struct TwoStores {
    memory: Arc<MemoryStore>,
    memory_secret_known: Arc<AtomicBool>,
    other: Arc<MemoryStore>,
}

#[async_trait]
impl Stores for TwoStores {
    async fn open(&self, id: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError> {
        match id.0.as_str() {
            "memory" if !self.memory_secret_known.load(Ordering::SeqCst) => {
                Err(TransferError::new(ErrorCode::SecretMissing))
            }
            "memory" => Ok(self.memory.clone()),
            "other" => Ok(self.other.clone()),
            _ => Err(TransferError::new(ErrorCode::AccountMissing).with("account", id)),
        }
    }
}

pub struct World {
    pub folder: tempfile::TempDir,
    pub store: Arc<MemoryStore>,
    /// That of another account, with a bucket `away`.
    pub other: Arc<MemoryStore>,
    pub clock: Arc<dyn Clock>,
    /// Whether the store can be opened.
    pub secret_known: Arc<AtomicBool>,
}

/// An engine in a run, and everything it told.
pub struct Run {
    pub engine: Engine,
    events: std::sync::Mutex<tokio::sync::broadcast::Receiver<Event>>,
}

impl Run {
    /// The events since the last call.
    pub fn events(&self) -> Vec<Event> {
        let mut events = self.events.lock().unwrap();
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }

    /// The `type`s of the events since the last call.
    pub fn event_types(&self) -> Vec<String> {
        self.events()
            .iter()
            .map(|event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned())
            .collect()
    }

    pub async fn add(&self, spec: TransferSpec) -> TransferId {
        self.engine.add(vec![spec]).await.unwrap()[0]
    }

    /// Waits until `done` holds of the view, for at most ten seconds.
    pub async fn until(&self, id: TransferId, done: impl Fn(&engine::TransferView) -> bool) -> engine::TransferView {
        for _ in 0..5_000 {
            if let Some(view) = self.engine.view(id).unwrap()
                && done(&view)
            {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("it never came to that: {:?}", self.engine.view(id).unwrap());
    }

    pub async fn rest(&self, id: TransferId) -> engine::TransferView {
        tokio::time::timeout(Duration::from_secs(20), self.engine.wait(id)).await.expect("it comes to rest").unwrap()
    }
}

impl World {
    pub fn new() -> Self {
        let empty = || {
            let store = MemoryStore::new(Capabilities {
                part_size_bytes_min: 16,
                part_size_bytes_max: 1 << 20,
                parts_max: 100,
                server_side_copy: true,
            });
            store.set_clock(std::time::SystemTime::now);
            Arc::new(store)
        };
        let (store, other) = (empty(), empty());
        other.add_bucket("away", "memory-1").unwrap();
        for (bucket, region) in [("here", "memory-1"), ("there", "memory-1"), ("abroad", "memory-2")] {
            store.add_bucket(bucket, region).unwrap();
        }
        Self {
            folder: tempfile::tempdir().unwrap(),
            store,
            other,
            clock: Arc::new(SystemClock::new()),
            secret_known: Arc::new(AtomicBool::new(true)),
        }
    }

    pub fn ledger_path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of `size` bytes that repeat nowhere near.
    pub fn file(&self, name: &str, size: usize) -> (PathBuf, Vec<u8>) {
        let bytes = noise(size, name.len() as u64);
        let path = self.path(name);
        std::fs::write(&path, &bytes).unwrap();
        (path, bytes)
    }

    pub fn object(&self, key: &str, size: usize) -> Vec<u8> {
        let bytes = noise(size, 70);
        let settings = ObjectSettings {
            content_type: Some("text/x-test".into()),
            metadata: [("who".to_owned(), "we".to_owned())].into(),
            ..ObjectSettings::default()
        };
        self.store.add_object(&ObjectRef::new("here", key), bytes.clone(), settings).unwrap();
        bytes
    }

    pub fn bytes_at(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.store.object_bytes(&ObjectRef::new(bucket, key)).map(|bytes| bytes.to_vec())
    }

    /// Runs an engine for as long as `work` takes, then crashes.
    pub fn run<T, F: Future<Output = T>>(&self, work: impl FnOnce(Arc<Run>) -> F) -> T {
        self.run_with(EngineOptions::default(), work)
    }

    pub fn run_with<T, F: Future<Output = T>>(&self, options: EngineOptions, work: impl FnOnce(Arc<Run>) -> F) -> T {
        self.run_on(options, |ledger| Arc::new(ledger), work)
    }

    /// The same without shorter waits between attempts.
    pub fn run_on_its_own_terms<T, F: Future<Output = T>>(
        &self,
        options: EngineOptions,
        work: impl FnOnce(Arc<Run>) -> F,
    ) -> T {
        let (ledger, aside) = SqliteLedger::open(&self.ledger_path(), 0).unwrap();
        assert_eq!(aside, None);
        Self::start(options, self.parts(Arc::new(ledger)), work)
    }

    /// Runs an engine on a ledger that is wrapped.
    pub fn run_on<T, F: Future<Output = T>>(
        &self,
        options: EngineOptions,
        wrap: impl FnOnce(SqliteLedger) -> Arc<dyn Ledger>,
        work: impl FnOnce(Arc<Run>) -> F,
    ) -> T {
        let (ledger, aside) = SqliteLedger::open(&self.ledger_path(), 0).unwrap();
        assert_eq!(aside, None);
        let parts = self.parts(wrap(ledger));
        self.run_of(options, parts, work)
    }

    /// The ledger of this world.
    pub fn ledger(&self) -> SqliteLedger {
        SqliteLedger::open(&self.ledger_path(), 0).unwrap().0
    }

    /// What an engine is made of here.
    pub fn parts(&self, ledger: Arc<dyn Ledger>) -> EngineParts {
        EngineParts {
            stores: Arc::new(TwoStores {
                memory: self.store.clone(),
                memory_secret_known: self.secret_known.clone(),
                other: self.other.clone(),
            }),
            ledger,
            disk: Arc::new(LocalDisk),
            clock: self.clock.clone(),
        }
    }

    /// Runs an engine made of other parts.
    pub fn run_of<T, F: Future<Output = T>>(
        &self,
        options: EngineOptions,
        parts: EngineParts,
        work: impl FnOnce(Arc<Run>) -> F,
    ) -> T {
        let retry = RetryPolicy { base: Duration::from_millis(4), cap: Duration::from_millis(40), ..options.retry };
        Self::start(EngineOptions { retry, ..options }, parts, work)
    }

    fn start<T, F: Future<Output = T>>(
        options: EngineOptions,
        parts: EngineParts,
        work: impl FnOnce(Arc<Run>) -> F,
    ) -> T {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let result = runtime.block_on(async {
            let engine = Engine::start(parts, options);
            let events = std::sync::Mutex::new(engine.events());
            work(Arc::new(Run { engine, events })).await
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
        result
    }
}

pub fn one_at_a_time() -> EngineOptions {
    EngineOptions { limits: QueueLimits { active_max: 1, small_max: 1, parts_max: 64 }, ..EngineOptions::default() }
}

pub fn slow(bytes_per_second: u64) -> EngineOptions {
    let rate = std::num::NonZeroU64::new(bytes_per_second);
    EngineOptions { rates: RateLimits::both_ways(rate), ..EngineOptions::default() }
}

pub fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..)).take(size).collect()
}

pub fn object(bucket: &str, key: &str) -> End {
    End::object(StoreId("memory".into()), ObjectRef::new(bucket, key))
}

pub fn options() -> TransferOptions {
    TransferOptions { part_size_bytes: PART as u64, parallel_parts: 3, ..TransferOptions::default() }
}

pub fn spec(source: End, target: End) -> TransferSpec {
    TransferSpec { source, target, options: options() }
}

pub fn spec_with(source: End, target: End, conflict: ConflictRule) -> TransferSpec {
    TransferSpec { source, target, options: TransferOptions { conflict, ..options() } }
}

/// The fact that a transfer is done.
pub fn done(id: u64, at_ms: i64) -> engine::Fact {
    let result = engine::Transferred {
        outcome: engine::Outcome::Moved,
        verified: true,
        source_crc64: None,
        target_crc64: None,
        etag: None,
        version: None,
        request_id: None,
        looks: Default::default(),
        verified_ms: None,
    };
    engine::Fact::Done { id: TransferId(id), result: Box::new(result), stats: engine::Stats::default(), at_ms }
}
