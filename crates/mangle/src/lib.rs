//! Inputs that are almost right, for the tests of everything that reads foreign bytes.
//!
//! Random bytes rarely get past the first check of a parser, so each case begins with a genuine input (a file of
//! `fuzz/seeds/TARGET`) and changes it a little: bits, bytes, whole numbers, pieces of another input. The same checks
//! are the targets of the coverage-guided fuzzer in `fuzz`, which `make soak` runs for longer; here they run in every
//! `make test`, with the stable compiler and without luck: case N of seed S is always the same bytes.
//!
//! `TERN_FUZZ_SECONDS` gives a time instead of a number of cases, and then another seed at each run. `TERN_FUZZ_SEED`
//! and `TERN_FUZZ_CASE` repeat a case; a failure prints both.
#![warn(missing_docs)]

mod change;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

pub use change::changed;

/// What the environment says of a run.
struct Plan {
    seed: u64,
    only: Option<u64>,
    cases: u64,
    until: Option<Instant>,
}

impl Plan {
    fn read(cases: u64) -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.trim().parse::<u64>().ok());
        let seconds = number("TERN_FUZZ_SECONDS");
        let fresh = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_secs());
        Self {
            seed: number("TERN_FUZZ_SEED").unwrap_or_else(|| if seconds.is_some() { fresh() } else { 0 }),
            only: number("TERN_FUZZ_CASE"),
            cases: if seconds.is_some() { u64::MAX } else { cases },
            until: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
        }
    }
}

/// Says how to repeat the case, if the check panics.
struct Culprit<'a> {
    target: &'a str,
    seed: u64,
    case: u64,
    bytes: &'a [u8],
}

impl Drop for Culprit<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { target, seed, case, bytes } = self;
            eprintln!("{target} fails; to repeat it: TERN_FUZZ_SEED={seed} TERN_FUZZ_CASE={case}");
            eprintln!("the input ({} bytes): b\"{}\"", bytes.len(), bytes.escape_ascii());
        }
    }
}

/// Feeds `check` with every genuine input of the target and then with changed ones: `cases` of them, or as the
/// environment says. Returns how many there were.
///
/// # Panics
/// If `check` does, after saying how to repeat the case; or if the target has no genuine inputs.
pub fn check_all(target: &str, cases: u64, mut check: impl FnMut(&[u8])) -> u64 {
    let genuine = genuine(target);
    let plan = Plan::read(cases);
    let mut done = 0;
    let mut run = |case: u64| {
        let bytes = case_bytes(&genuine, plan.seed, case);
        let _culprit = Culprit { target, seed: plan.seed, case, bytes: &bytes };
        check(&bytes);
        done += 1;
    };
    match plan.only {
        Some(case) => run(case),
        None => (0..plan.cases).take_while(|_| plan.until.is_none_or(|until| Instant::now() < until)).for_each(run),
    }
    done
}

/// The genuine inputs of a target, in the order of their names.
///
/// # Panics
/// If there are none: a target without them would check next to nothing.
pub fn genuine(target: &str) -> Vec<Vec<u8>> {
    let folder = seeds(target);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    let all: Vec<Vec<u8>> = paths.iter().filter_map(|path| std::fs::read(path).ok()).collect();
    assert!(!all.is_empty(), "no genuine inputs in {}", folder.display());
    all
}

fn seeds(target: &str) -> PathBuf {
    let folder = match target {
        // These are the examples of other tests too.
        "sdk_checkpoint" => "crates/tos/tests/sdk_checkpoints".to_owned(),
        other => format!("fuzz/seeds/{other}"),
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

/// The genuine inputs first, as they are.
fn case_bytes(genuine: &[Vec<u8>], seed: u64, case: u64) -> Vec<u8> {
    let as_it_is = usize::try_from(case).ok().and_then(|case| genuine.get(case));
    as_it_is.cloned().unwrap_or_else(|| {
        // Spread, so that neighbours have nothing in common.
        let mut random = fastrand::Rng::with_seed(seed ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        changed(genuine, &mut random)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_always_the_same_bytes_and_genuine_ones_come_first() {
        let genuine = vec![b"{\"a\":1}".to_vec(), b"{\"b\":[2,3]}".to_vec()];
        let all = |seed| (0..500).map(|case| case_bytes(&genuine, seed, case)).collect::<Vec<_>>();
        assert_eq!(all(3)[..2], genuine);
        assert_eq!(all(3), all(3));
        assert_ne!(all(3), all(4));
        let near = all(3).iter().filter(|bytes| bytes.starts_with(b"{\"")).count();
        assert!((150..500).contains(&near), "{near} of 500 still look like the genuine ones");
    }

    #[test]
    fn a_check_that_fails_is_noticed() {
        let failed = std::panic::catch_unwind(|| {
            check_all("sdk_checkpoint", 300, |bytes: &[u8]| assert!(bytes.starts_with(b"{"), "not an object"));
        });
        assert!(failed.is_err());
    }
}
