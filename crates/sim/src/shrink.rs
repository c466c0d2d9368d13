//! A shorter story with the same bad end.

use crate::script::Script;

/// Takes out steps, then transfers, as long as `fails` still holds. Asks at most `tries_max` times.
pub fn shrink(script: &Script, tries_max: usize, mut fails: impl FnMut(&Script) -> bool) -> Script {
    let mut best = script.clone();
    let mut tries = 0;
    // Large bites first: half of the steps, then quarters, down to single ones.
    let mut bite = best.steps.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let mut shorter = false;
        while at < best.steps.len() && tries < tries_max {
            let mut candidate = best.clone();
            candidate.steps.drain(at..(at + bite).min(best.steps.len()));
            tries += 1;
            if fails(&candidate) {
                best = candidate;
                shorter = true;
            } else {
                at += bite;
            }
        }
        if tries >= tries_max || (bite == 1 && !shorter) {
            return best;
        }
        bite = (bite / 2).max(1);
    }
}
