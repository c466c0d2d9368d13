//! Seeds, replays, and the proof that the oracle bites.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sim::{Outcome, Script, run, shrink};

/// Ledgers are small and synced at every group: in memory where the system has a folder there.
fn folder() -> tempfile::TempDir {
    let shm = PathBuf::from("/dev/shm");
    if shm.is_dir() { tempfile::tempdir_in(shm).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn play(script: &Script, broken: Option<engine::Rule>) -> Outcome {
    run(script, folder().path(), broken)
}

/// Plays seeds on every core until one breaks a rule; returns the smallest such seed.
fn first_bad(seeds: std::ops::Range<u64>, broken: Option<engine::Rule>) -> Option<u64> {
    let next = AtomicU64::new(seeds.start);
    let bad: Mutex<Option<u64>> = Mutex::new(None);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || bad.lock().unwrap().is_some() {
                        return;
                    }
                    if !play(&Script::of(seed), broken).violations.is_empty() {
                        let mut bad = bad.lock().unwrap();
                        *bad = Some(bad.map_or(seed, |other| other.min(seed)));
                    }
                }
            });
        }
    });
    bad.into_inner().unwrap()
}

/// Says what is wrong with a script, with a shorter one that can be played again.
fn explain(script: &Script) -> String {
    let short = shrink(script, 300, |candidate| !play(candidate, None).violations.is_empty());
    let outcome = play(&short, None);
    let tail = outcome.trace.len().saturating_sub(60);
    format!(
        "{}\n\nplay it again: put this line into crates/sim/scripts.jsonl\n{}\n\nthe end of its trace:\n{}",
        outcome.violations.join("\n"),
        serde_json::to_string(&short).unwrap(),
        outcome.trace[tail..].join("\n")
    )
}

fn seeds() -> u64 {
    std::env::var("SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

#[test]
fn no_seed_breaks_a_rule() {
    let first = std::env::var("SIM_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    if let Some(seed) = first_bad(first..first + seeds(), None) {
        panic!("seed {seed}: {}", explain(&Script::of(seed)));
    }
}

#[test]
fn every_rule_that_is_switched_off_is_missed() {
    let unmissed: Vec<engine::Rule> =
        engine::Rule::ALL.into_iter().filter(|rule| first_bad(0..2000, Some(*rule)).is_none()).collect();
    assert!(unmissed.is_empty(), "nothing would miss {unmissed:?}");
}

#[test]
fn one_script_gives_one_trace() {
    for seed in 0..40 {
        let script = Script::of(seed);
        assert_eq!(play(&script, None), play(&script, None), "seed {seed}");
    }
}

#[test]
fn every_story_that_ever_went_wrong_goes_well() {
    for line in include_str!("../scripts.jsonl").lines() {
        let script: Script = serde_json::from_str(line).unwrap();
        let outcome = play(&script, None);
        assert_eq!(outcome.violations, Vec::<String>::new(), "{line}\n{}", outcome.trace.join("\n"));
    }
}
