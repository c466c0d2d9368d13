//! What happens in one world: transfers, and everything that people and the world do to them.

use serde::{Deserialize, Serialize};

/// Size of a part in these worlds.
pub const PART: u64 = 1 << 10;

/// A world and its story. Two runs of one script are the same to the last request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Feeds the weather, the delays and the engine's jitter.
    pub seed: u64,
    /// Whether the store reports checksums.
    pub checksums: bool,
    /// Whether its tags are MD5.
    pub md5_etags: bool,
    /// Transfers that may be added.
    pub transfers: Vec<Planned>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// A transfer that may be added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// Which way.
    pub kind: Way,
    /// Size of its source.
    pub size_bytes: u64,
    /// Parts at a time.
    pub parallel: u16,
    /// What to do where something else is at the target.
    pub conflict: Rule,
    /// Whether somebody else's file has the name that its temp file would take first.
    pub temp_name_taken: bool,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words of the engine")]
pub enum Way {
    Upload,
    Download,
    Copy,
    Relay,
}

/// A conflict rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words of the engine")]
pub enum Rule {
    Overwrite,
    Skip,
    KeepBoth,
    Fail,
}

/// After a while, something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Milliseconds since the step before.
    pub after_ms: u64,
    /// What happens.
    pub act: Act,
}

/// Something that happens. Numbers name transfers by their place in the script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// The user adds it.
    Add(usize),
    /// The user pauses it.
    Pause(usize),
    /// The user lets it go on.
    Resume(usize),
    /// The user gives it up.
    Cancel(usize),
    /// The user pauses everything.
    PauseAll,
    /// The user lets everything go on.
    ResumeAll,
    /// The user clears it away, if it is over.
    Remove(usize),
    /// The user gives it up, or clears it away, and may change his mind.
    Dismiss(usize),
    /// The user takes back what he dismissed last.
    Recall,
    /// The user moves it before another, or to the front if that is itself.
    Reorder(usize, usize),
    /// The user moves the sliders: bytes a second, 0 for no limit.
    Rates(u64, u64),
    /// The user stops what goes up, or what comes down, or lets both go on.
    Stop(bool, bool),
    /// The user gives it a limit of its own: bytes a second, 0 for none.
    OwnLimit(usize, u64),
    /// The user gives it another priority: 0 high, 1 normal, 2 low.
    Priority(usize, u8),
    /// The user wants a timetable, of which each third hour is stopped, or none.
    Timetable(Option<u8>),
    /// The user wants full speed for so many minutes.
    FullSpeed(u64),
    /// The program is closed and started again.
    Quit,
    /// The program is killed and started again.
    Kill,
    /// The power fails.
    PowerCut,
    /// Somebody changes the source.
    Edit(usize, Edit),
    /// Somebody touches the temp file while the program does not run.
    Tamper(usize, Tamper),
    /// Somebody else writes to the target, if nothing is there.
    Foreign(usize),
    /// Another program begins uploads of the same key.
    ForeignUpload(usize),
    /// The store forgets all open uploads.
    ExpireUploads,
    /// The credentials expire, or are renewed.
    Expired(bool),
    /// The machine sleeps for so many minutes, and the engine is told when it wakes.
    Sleep(u64),
    /// The network is another one now, and the engine is told.
    NetworkChanged,
    /// The wall clock is moved by so many seconds.
    Wall(i64),
    /// The network gets worse or better: 0 to 3.
    Weather(u8),
    /// The disk gets worse or better: 0 to 3.
    Disk(u8),
}

/// A change of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    /// It gets longer.
    Grow,
    /// It gets shorter.
    Shrink,
    /// Other bytes, same length, same file.
    InPlace,
    /// Another file of the same name.
    Replace,
}

/// What is done to a temp file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tamper {
    /// It is deleted.
    Delete,
    /// Its end is cut off.
    Truncate,
    /// One byte is changed.
    Alter,
    /// Another file takes its name.
    Replace,
}

/// Sizes that have broken engines before.
const SIZES: [u64; 9] = [0, 1, PART - 1, PART, PART + 1, 3 * PART, 5 * PART + 7, 9 * PART, 20 * PART + 3];

impl Script {
    /// The story of a seed.
    pub fn of(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let checksums = random.u8(0..8) > 0;
        let transfers: Vec<Planned> = (0..random.usize(1..=4)).map(|_| planned(&mut random)).collect();
        let count = transfers.len();
        let mut steps: Vec<Step> =
            (0..count).map(|at| Step { after_ms: random.u64(0..100), act: Act::Add(at) }).collect();
        let rough = random.u8(0..4);
        steps.insert(0, Step { after_ms: 0, act: Act::Weather(rough) });
        if random.u8(0..4) == 0 {
            steps.insert(0, Step { after_ms: 0, act: Act::Disk(rough) });
        }
        if random.bool() {
            // Slow enough that something happens in the middle.
            let rate = random.u64(2..30) * PART;
            steps.insert(0, Step { after_ms: 0, act: Act::Rates(rate, rate) });
        }
        for _ in 0..random.usize(0..14) {
            let act = act(&mut random, count);
            // It happens while the program does not run, so it should soon not.
            let ends = matches!(act, Act::Tamper(..));
            steps.push(Step { after_ms: pause(&mut random), act });
            if ends {
                steps.push(Step { after_ms: random.u64(0..400), act: Act::Kill });
            }
        }
        Self { seed, checksums, md5_etags: random.bool(), transfers, steps }
    }
}

fn pause(random: &mut fastrand::Rng) -> u64 {
    match random.u8(0..4) {
        0 => random.u64(0..20),
        1 | 2 => random.u64(0..800),
        _ => random.u64(0..8000),
    }
}

fn planned(random: &mut fastrand::Rng) -> Planned {
    Planned {
        kind: [Way::Upload, Way::Download, Way::Copy, Way::Relay][random.usize(0..4)],
        size_bytes: SIZES[random.usize(0..SIZES.len())],
        parallel: random.u16(1..=6),
        conflict: [Rule::Overwrite, Rule::Skip, Rule::KeepBoth, Rule::Fail][random.usize(0..4)],
        temp_name_taken: random.u8(0..10) == 0,
    }
}

fn act(random: &mut fastrand::Rng, count: usize) -> Act {
    let at = random.usize(0..count);
    match random.u8(0..63) {
        0..=3 => Act::Pause(at),
        4..=7 => Act::Resume(at),
        8 | 9 => Act::Cancel(at),
        10 => Act::PauseAll,
        11 | 12 => Act::ResumeAll,
        13 => Act::Remove(at),
        14 => Act::Rates(random.u64(0..40) * PART, random.u64(0..40) * PART),
        15 | 16 => Act::Quit,
        17..=20 => Act::Kill,
        21..=23 => Act::PowerCut,
        24..=27 => Act::Edit(at, [Edit::Grow, Edit::Shrink, Edit::InPlace, Edit::Replace][random.usize(0..4)]),
        28..=30 => {
            Act::Tamper(at, [Tamper::Delete, Tamper::Truncate, Tamper::Alter, Tamper::Replace][random.usize(0..4)])
        }
        31 | 32 => Act::Foreign(at),
        33 => Act::ExpireUploads,
        34 => Act::Expired(random.bool()),
        35 => Act::Sleep(random.u64(1..600)),
        36 => Act::Wall(random.i64(-100_000..100_000)),
        37 | 38 => Act::Weather(random.u8(0..4)),
        39 => Act::Disk(random.u8(0..4)),
        40 | 41 => Act::NetworkChanged,
        42..=44 => Act::Reorder(at, random.usize(0..count)),
        47..=49 => Act::OwnLimit(at, random.u64(0..12) * PART),
        50 | 51 => Act::Stop(random.bool(), random.bool()),
        52 | 53 => Act::Timetable([None, Some(0), Some(1), Some(2)][random.usize(0..4)]),
        54 => Act::FullSpeed(random.u64(1..90)),
        55..=57 => Act::Priority(at, random.u8(0..3)),
        58..=60 => Act::Dismiss(at),
        61 | 62 => Act::Recall,
        _ => Act::ForeignUpload(at),
    }
}
