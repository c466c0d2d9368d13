//! What the ledger costs, measured over the real engine and its SQLite file; see bench/README.md.
//!
//! `ledger_figures LOAD FOLDER` prints one figure a line as JSON. The loads `add` and `restart` belong together: the
//! second needs the folder that the first has filled. Each is a process of its own, so that memory means something.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures real time on a real disk and may end with a panic"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use engine::ledger::{Ledger as _, SqliteLedger};
use engine::{
    Added, Checkpoint, End, Engine, EngineOptions, EngineParts, Fact, Filter, Fingerprint, Intent, LocalDisk,
    PageRequest, PartRecord, Route, Session, StoreId, Stores, SystemClock, TransferError, TransferId, TransferOptions,
    TransferSpec,
};
use store::{
    Capabilities, Crc64, ETag, Fault, MemoryOptions, MemoryStore, ObjectRef, ObjectSettings, ObjectStore, PartNumber,
    UploadId, Verb,
};

const ROWS: usize = 1_000_000;
/// As many as the window adds at a time when a large folder is dropped on it.
const ADDED_AT_ONCE: usize = 10_000;
const PARTS: u32 = 10_000;
const PARTS_A_COMMIT: u32 = 16;
const PART_BYTES: u64 = 1 << 10;
const PAGE: usize = 200;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let [_, load, folder] = words.as_slice() else { panic!("usage: ledger_figures LOAD FOLDER") };
    let folder = Path::new(folder);
    match load.as_str() {
        "parts" => parts(folder),
        "add" => add(folder),
        "restart" => restart(folder),
        "resume" => resume(folder),
        other => panic!("no load is called {other}"),
    }
}

fn print(figure: &str, value: f64) {
    println!("{}", serde_json::json!({ "figure": figure, "value": value }));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A line of a file of Linux about this process, as a number.
fn of_process(file: &str, key: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim_matches(|one: char| !one.is_ascii_digit()).parse().unwrap()
}

/// Bytes that this process has handed to write calls, whether or not a disk took them yet; what strace would add up.
fn written_bytes() -> f64 {
    of_process("io", "wchar:")
}

/// Seconds of CPU that this process has used, also in threads that have ended: on a busy machine the better figure.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name of the program may have blanks; Linux counts a hundred of these a second.
    let ticks = text.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// Milliseconds that this thread has run, and that it was ready to run while others had the processors.
fn run_and_kept_waiting() -> (f64, f64) {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let mut nanos = text.split(' ').map(|nanos| nanos.trim().parse::<f64>().unwrap());
    (nanos.next().unwrap() / 1e6, nanos.next().unwrap() / 1e6)
}

fn spec(row: usize, folder: &Path) -> TransferSpec {
    let name = format!("2026/quarter-{}/photo-{row:07}.raw", row / 250_000 + 1);
    TransferSpec {
        source: End::file(folder.join("source").join(&name)),
        target: End::object(StoreId("memory".into()), ObjectRef::new("here", &name)),
        options: TransferOptions { part_size_bytes: PART_BYTES, ..TransferOptions::default() },
    }
}

/// Groups of sixteen parts, as the recorder writes them, of transfers with ten thousand.
fn parts(folder: &Path) {
    let (ledger, _) = SqliteLedger::open(&folder.join("ledger.db"), 0).unwrap();
    let (mut early, mut late, mut all, mut bytes) = (vec![], vec![], vec![], vec![]);
    for transfer in 1..=5 {
        let id = TransferId(transfer);
        let spec = spec(0, folder);
        let checkpoint = Checkpoint {
            source: Fingerprint::File { size_bytes: u64::from(PARTS) << 23, modified_ns: 1, file_id: Some(7) },
            source_crc64: None,
            source_request_id: None,
            part_size_bytes: 8 << 20,
            target: spec.target.clone(),
            route: Route::Server,
            settings: ObjectSettings::default(),
            overwrite: false,
            temp_path: None,
            planned_ms: 0,
            begin_attempts: 1,
            adopted: false,
            session: None,
        };
        let session = Session::Upload { upload_id: UploadId("0123456789abcdef0123456789abcdef".into()) };
        let added = Added { id, order: 1, spec, expected_bytes: None, intent: Intent::Run, added_ms: 0 };
        ledger
            .append(&[
                Fact::Added(Box::new(added)),
                Fact::Planned { id, checkpoint: Box::new(checkpoint), at_ms: 0 },
                Fact::Begun { id, session },
            ])
            .unwrap();
        for first in (1..=PARTS).step_by(PARTS_A_COMMIT as usize) {
            let group: Vec<Fact> = (first..first + PARTS_A_COMMIT)
                .map(|number| Fact::PartDone {
                    id,
                    part: PartRecord {
                        number: PartNumber::new(number.min(PARTS)).unwrap(),
                        size_bytes: 8 << 20,
                        crc64: Some(Crc64(u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15))),
                        etag: Some(ETag::new(format!("\"{:032x}\"", u128::from(number) << 64 | 77))),
                        confirmed: true,
                    },
                    at_ms: i64::from(number),
                })
                .collect();
            let (before, began) = (written_bytes(), Instant::now());
            ledger.append(&group).unwrap();
            let each = micros(began.elapsed()) / f64::from(PARTS_A_COMMIT);
            bytes.push((written_bytes() - before) / f64::from(PARTS_A_COMMIT));
            all.push(each);
            match first {
                0..200 => early.push(each),
                9_800.. => late.push(each),
                _ => {}
            }
        }
    }
    print("part_micros", median(all));
    print("part_bytes", bytes.iter().sum::<f64>() / bytes.len() as f64);
    print("part_late_over_early", median(late) / median(early));
}

#[derive(Debug)]
struct OneStore(Arc<MemoryStore>);

#[async_trait]
impl Stores for OneStore {
    async fn open(&self, _: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError> {
        Ok(self.0.clone())
    }
}

fn store() -> Arc<MemoryStore> {
    let store = MemoryStore::with_options(MemoryOptions {
        capabilities: Capabilities {
            part_size_bytes_min: PART_BYTES,
            part_size_bytes_max: 1 << 20,
            parts_max: PARTS,
            server_side_copy: true,
        },
        ..MemoryOptions::default()
    });
    store.set_clock(std::time::SystemTime::now);
    store.add_bucket("here", "memory-1").unwrap();
    Arc::new(store)
}

fn start(folder: &Path, store: &Arc<MemoryStore>) -> Engine {
    let now_ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let (ledger, aside) = SqliteLedger::open(&folder.join("ledger.db"), i64::try_from(now_ms).unwrap()).unwrap();
    assert_eq!(aside, None);
    let parts = EngineParts {
        stores: Arc::new(OneStore(store.clone())),
        ledger: Arc::new(ledger),
        disk: Arc::new(LocalDisk),
        clock: Arc::new(SystemClock::new()),
    };
    Engine::start(parts, EngineOptions::default())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Answers nothing, and tells when it is first asked for a verb.
fn silence(store: &MemoryStore, verb: Option<Verb>) -> mpsc::Receiver<Instant> {
    let (sender, asked) = mpsc::channel();
    store.set_fault(move |call| {
        if verb.is_some_and(|verb| call.verb != verb) {
            return None;
        }
        let _ = sender.send(Instant::now());
        Some(Fault::Hang)
    });
    asked
}

/// A million transfers that wait, while sixteen work and no store answers.
fn add(folder: &Path) {
    // Only those that are looked at have to exist.
    for row in 0..64 {
        let End::File { path } = spec(row, folder).source else { continue };
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"x").unwrap();
    }
    let store = store();
    let _asked = silence(&store, None);
    runtime().block_on(async {
        let engine = start(folder, &store);
        let (mut time, mut cpu) = (Duration::ZERO, 0.0);
        for first in (0..ROWS).step_by(ADDED_AT_ONCE) {
            let specs = (first..first + ADDED_AT_ONCE).map(|row| spec(row, folder)).collect();
            let (began, cpu_before) = (Instant::now(), cpu_seconds());
            engine.add(specs).await.unwrap();
            time += began.elapsed();
            cpu += cpu_seconds() - cpu_before;
        }
        print("added_a_second", ROWS as f64 / time.as_secs_f64());
        print("added_cpu_micros", cpu * 1e6 / ROWS as f64);
        engine.shutdown().await;
    });
    print("ledger_mib", std::fs::metadata(folder.join("ledger.db")).unwrap().len() as f64 / f64::from(1 << 20));
}

/// The same million after a start: the first request, memory, pages, pausing and resuming all of them.
fn restart(folder: &Path) {
    let store = store();
    let asked = silence(&store, None);
    runtime().block_on(async {
        tokio::task::yield_now().await;
        let resident_kib = of_process("status", "VmRSS:");
        let began = Instant::now();
        let engine = start(folder, &store);
        let first = tokio::task::spawn_blocking(move || asked.recv().unwrap()).await.unwrap();
        print("restart_ms", millis(first - began));

        let mut slowest = Duration::ZERO;
        let pages = |filter: Filter, places: &[Option<u64>]| {
            let mut slowest = Duration::ZERO;
            for place in places {
                // Two in turn, as somebody who scrolls asks for them.
                let mut after = place.map(TransferId);
                for _ in 0..2 {
                    let ((ran, kept), began) = (run_and_kept_waiting(), Instant::now());
                    let page = engine.page(PageRequest { filter, after, limit: PAGE }).unwrap();
                    let (time, (ran_then, kept_then)) = (began.elapsed(), run_and_kept_waiting());
                    slowest = slowest.max(time);
                    if std::env::var_os("EACH_PAGE").is_some() {
                        let (ran, kept, rows) = (ran_then - ran, kept_then - kept, page.rows.len());
                        eprintln!(
                            "{filter:?} after {place:?}: {:.2} ms, of these {ran:.2} at work and {kept:.2} without a \
                             processor, {rows} rows",
                            millis(time)
                        );
                    }
                    after = page.next;
                }
            }
            slowest
        };
        let places = [None, Some(1_000), Some(500_000), Some(ROWS as u64 - PAGE as u64), Some(ROWS as u64)];
        for filter in [Filter::All, Filter::Active, Filter::Waiting, Filter::Paused, Filter::Failed, Filter::Done] {
            slowest = slowest.max(pages(filter, &places));
        }
        let began = Instant::now();
        engine.pause_all().await.unwrap();
        print("pause_all_ms", millis(began.elapsed()));
        let counts = engine.counts().unwrap();
        // Those that work come to rest a moment later.
        assert_eq!(counts.waiting, 0);
        assert!(counts.paused as usize >= ROWS - 16, "{counts:?}");
        for filter in [Filter::All, Filter::Waiting, Filter::Paused] {
            slowest = slowest.max(pages(filter, &places));
        }
        let began = Instant::now();
        engine.resume_all().await.unwrap();
        print("resume_all_ms", millis(began.elapsed()));
        print("page_ms", millis(slowest));
        print("memory_mib", (of_process("status", "VmHWM:") - resident_kib) / 1024.0);
        engine.shutdown().await;
    });
}

/// An upload of ten thousand parts of which ten are missing when the program is killed.
fn resume(folder: &Path) {
    let store = store();
    let file = folder.join("source");
    let bytes: Vec<u8> =
        (0..u64::from(PARTS) * PART_BYTES / 8).flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_le_bytes()).collect();
    std::fs::write(&file, &bytes).unwrap();
    let missing = 10;
    store.set_fault(move |call| {
        (call.verb == Verb::UploadPart && call.nth > u64::from(PARTS - missing)).then_some(Fault::Hang)
    });
    let first_run = runtime();
    first_run.block_on(async {
        let engine = start(folder, &store);
        let spec = TransferSpec { source: End::file(&file), ..spec(0, folder) };
        let id = engine.add(vec![spec]).await.unwrap()[0];
        let recorded = || engine.views(&[id]).unwrap()[0].done_bytes;
        while recorded() < u64::from(PARTS - missing) * PART_BYTES {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The recorder has them within its 200 ms; a shutdown waits for it.
        engine.shutdown().await;
    });
    first_run.shutdown_timeout(Duration::from_secs(5));
    let asked = silence(&store, Some(Verb::UploadPart));
    runtime().block_on(async {
        let began = Instant::now();
        let engine = start(folder, &store);
        let first = tokio::task::spawn_blocking(move || asked.recv().unwrap()).await.unwrap();
        print("resume_ms", millis(first - began));
        drop(engine);
    });
    // Nothing here needs a tidy end.
    std::process::exit(0);
}
