//! Bytes in flight and speed of one transfer. Written by its jobs, read by the driver's sampler; never durable.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::PartNumber;

/// Time constant of the average speed.
const SPEED_MEMORY: Duration = Duration::from_secs(3);
/// What is handed over at first fills the buffers of connections, megabytes of it, and says nothing of the network: no
/// speed is told until then.
const BUFFERS_FILL: Duration = Duration::from_secs(1);

/// One attempt at one part.
#[derive(Debug, Default)]
struct Count {
    bytes: AtomicU64,
    /// Whether it waits for bytes to come, rather than for a limit or for the far side to take them.
    waits_for_source: AtomicBool,
}

/// What a transfer moves just now.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    moving: Mutex<BTreeMap<PartNumber, Arc<Count>>>,
    wire_bytes: AtomicU64,
}

impl Meter {
    /// Counts a part that begins to move; dropping the count ends it.
    pub(crate) fn part(self: &Arc<Self>, number: PartNumber) -> PartMeter {
        let count = Arc::new(Count::default());
        self.lock().insert(number, count.clone());
        PartMeter { meter: self.clone(), number, count }
    }

    /// Bytes of each part that moves just now.
    pub(crate) fn in_flight(&self) -> BTreeMap<PartNumber, u64> {
        self.lock().iter().map(|(number, count)| (*number, count.bytes.load(Ordering::Relaxed))).collect()
    }

    /// Bytes of a part that waits for more of them to come just now; `None` if it does not move, or waits for something
    /// else.
    pub(crate) fn waits_for_source(&self, number: PartNumber) -> Option<u64> {
        let moving = self.lock();
        let count = moving.get(&number).filter(|count| count.waits_for_source.load(Ordering::Relaxed))?;
        Some(count.bytes.load(Ordering::Relaxed))
    }

    /// All bytes that ever passed, repeats included.
    pub(crate) fn wire_bytes(&self) -> u64 {
        self.wire_bytes.load(Ordering::Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<PartNumber, Arc<Count>>> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The count of one attempt at one part.
#[derive(Debug)]
pub(crate) struct PartMeter {
    meter: Arc<Meter>,
    number: PartNumber,
    count: Arc<Count>,
}

impl PartMeter {
    /// Bytes have passed.
    pub(crate) fn add(&self, bytes: u64) {
        self.count.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.meter.wire_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether it waits for bytes to come from now on: only then is it the source's fault that nothing moves.
    pub(crate) fn waits_for_source(&self, waits: bool) {
        self.count.waits_for_source.store(waits, Ordering::Relaxed);
    }
}

impl Drop for PartMeter {
    fn drop(&mut self) {
        let mut moving = self.meter.lock();
        // A later attempt at the same part may already count under this number.
        if moving.get(&self.number).is_some_and(|count| Arc::ptr_eq(count, &self.count)) {
            moving.remove(&self.number);
        }
    }
}

/// An exponentially weighted average of bytes a second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Speed {
    /// When the first bytes were seen.
    began: Option<Duration>,
    last: Option<(Duration, u64)>,
    average: f64,
}

impl Speed {
    /// Takes the total at `now` and returns the average.
    pub(crate) fn sample(&mut self, now: Duration, total_bytes: u64) -> f64 {
        let began = match self.began {
            Some(began) => began,
            None if total_bytes == 0 => return 0.0,
            None => *self.began.insert(now),
        };
        if let Some((then, before)) = self.last.filter(|(then, _)| *then >= began + BUFFERS_FILL) {
            let passed = now.saturating_sub(then).as_secs_f64();
            if passed <= 0.0 {
                return self.average;
            }
            let present = total_bytes.saturating_sub(before) as f64 / passed;
            let weight = 1.0 - (-passed / SPEED_MEMORY.as_secs_f64()).exp();
            self.average = if self.average == 0.0 { present } else { self.average + weight * (present - self.average) };
        }
        self.last = Some((now, total_bytes));
        self.average
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_attempt_is_not_forgotten_when_the_first_ends() {
        let meter = Arc::new(Meter::default());
        let first = meter.part(PartNumber::FIRST);
        first.add(7);
        let second = meter.part(PartNumber::FIRST);
        second.add(5);
        drop(first);
        assert_eq!(meter.in_flight(), [(PartNumber::FIRST, 5)].into());
        drop(second);
        assert_eq!(meter.in_flight(), [].into());
        assert_eq!(meter.wire_bytes(), 12);
    }

    #[test]
    fn bytes_that_only_fill_buffers_are_no_speed() {
        const MIB: u64 = 1 << 20;
        let mut speed = Speed::default();
        let mut most = 0.0_f64;
        for tick in 0..40_u64 {
            // 20 MiB vanish into buffers at once, then the network takes 1 MiB/s.
            let total_bytes = if tick == 0 { 0 } else { 20 * MIB + tick * MIB / 4 };
            most = most.max(speed.sample(Duration::from_millis(250 * tick), total_bytes));
        }
        assert!((most - MIB as f64).abs() < 1.0, "{most}");
    }

    #[test]
    fn speed_follows_a_steady_flow() {
        let mut speed = Speed::default();
        let mut average = 0.0;
        for tick in 0..40_u64 {
            average = speed.sample(Duration::from_millis(250 * tick), 1000 * tick);
        }
        assert!((average - 4000.0).abs() < 1.0, "{average}");
    }
}
