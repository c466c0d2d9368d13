//! A connection that gives a trickle is worse than none: it is never an error, and never done.
//!
//! Bytes that come at less than the floor for a while end the attempt, as a broken connection does; the part is asked
//! for again on another connection, by a download from where it was. Watched is only the wait for bytes to come: what a
//! limit of the user's holds back is no stall, nor is a target that is slow to take a relayed part or to answer for it,
//! which the client's own time-outs watch, as they do before the first byte.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use store::PartNumber;

use crate::clock::Clock;
use crate::error::{Again, ErrorCode, TransferError};
use crate::job::Attempt;
use crate::meter::Meter;

/// Less than this is a stall, in bytes a second.
const FLOOR_BYTES_PER_SECOND: u64 = 1 << 10;
/// How long it has to last.
const WINDOW: Duration = Duration::from_secs(20);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Runs an attempt at a part, and ends it if it stalls.
///
/// # Cancellation
/// As that of the attempt, which is dropped where it waits.
pub(crate) async fn unless_stalled(
    clock: &dyn Clock,
    meter: &Arc<Meter>,
    number: PartNumber,
    attempt: impl Future<Output = Attempt>,
) -> Attempt {
    let mut attempt = pin!(attempt);
    // Since when, and from how many bytes on, it has been below the floor.
    let mut since: Option<(Duration, u64)> = None;
    loop {
        tokio::select! {
            biased;
            outcome = &mut attempt => return outcome,
            () = clock.sleep(LOOK_EVERY) => {}
        }
        let now = clock.now();
        let Some(bytes) = meter.waits_for_source(number).filter(|bytes| *bytes > 0) else {
            since = None;
            continue;
        };
        let (from, before) = *since.get_or_insert((now, bytes));
        let passed = now.saturating_sub(from);
        let fast = bytes.saturating_sub(before) >= FLOOR_BYTES_PER_SECOND.saturating_mul(passed.as_secs());
        if fast && passed > Duration::ZERO {
            since = Some((now, bytes));
        } else if passed >= WINDOW {
            let mut stalled = TransferError::new(ErrorCode::Network)
                .because(format_args!("less than {FLOOR_BYTES_PER_SECOND} bytes a second for {} s", passed.as_secs()));
            stalled.again = Again::Later;
            // Some bytes came, and a download keeps them: a slow link is not a dead one.
            stalled.progressed = true;
            return Err(stalled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// How an attempt ends that gets `bytes` every `every`, and waits for them or for something else meanwhile.
    async fn check(bytes: u64, every: Duration, waits_for_source: bool) -> Option<Duration> {
        let (clock, meter) = (SystemClock::new(), Arc::new(Meter::default()));
        let part = meter.part(PartNumber::FIRST);
        let attempt = async {
            loop {
                part.add(bytes);
                part.waits_for_source(waits_for_source);
                clock.sleep(every).await;
            }
        };
        let watched = unless_stalled(&clock, &meter, PartNumber::FIRST, attempt);
        match tokio::time::timeout(Duration::from_secs(3600), watched).await {
            Ok(Err(error)) => {
                assert_eq!((error.code, error.again), (ErrorCode::Network, Again::Later));
                Some(clock.now())
            }
            Ok(Ok(report)) => panic!("{report:?}"),
            Err(_) => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_ends_and_a_slow_flow_does_not() {
        let second = Duration::from_secs(1);
        assert_eq!(check(100, second, true).await, Some(Duration::from_secs(25)));
        assert_eq!(check(1100, second, true).await, None);
        assert_eq!(check(30 << 10, 20 * second, true).await, None, "in large pieces, far apart");
        assert_eq!(check(10 << 10, 20 * second, true).await, Some(Duration::from_secs(25)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_limit_holds_back_is_no_stall_and_nor_is_what_has_not_begun() {
        let second = Duration::from_secs(1);
        assert_eq!(check(10, second, false).await, None);
        assert_eq!(check(10, 60 * second, false).await, None, "one grant may take longer than the window");
        assert_eq!(check(0, second, true).await, None);
    }
}
