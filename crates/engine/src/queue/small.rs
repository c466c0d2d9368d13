//! Small objects beside the places of the others.
//!
//! A small object takes the time of its requests and hardly any bytes: on a line of 50 ms, sixteen at a time are some
//! 150 files a second, whatever the line could carry. So they have places of their own, one more with each that went
//! quickly. Where they take long it is for bytes that they wait, or for a limit, and more at a time would only make each
//! of them slower: then there are fewer.
//!
//! How large something is that waits is known once it has been looked at. So a place beyond the others' is given in the
//! expectation that what comes next is like what came last, and what turns out to be large goes back in line. That is
//! what it costs: where large files follow small ones, some of them are looked at twice.

use std::time::Duration;

use super::{Queue, QueueLimits, Transfer};
use crate::checkpoint::Session;
use crate::transfer::{Intent, State};

/// Up to this an object is small.
const SMALL_BYTES: u64 = 1 << 20;
/// So long is quick, and so long is slow.
const QUICK: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(3);

/// How many places there are at the moment beyond those of the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SmallRoom(usize);

impl SmallRoom {
    pub(super) fn places(self, limits: QueueLimits) -> usize {
        self.0.min(limits.small_max.saturating_sub(limits.active_max))
    }

    /// A small object has been moved in so long.
    pub(super) fn moved(&mut self, took: Duration, limits: QueueLimits) {
        if took <= QUICK {
            self.0 = self.places(limits) + 1;
        } else if took > SLOW {
            self.failed();
        }
    }

    /// One has failed, or took too long.
    pub(super) fn failed(&mut self) {
        self.0 = self.0 * 7 / 10;
    }
}

impl Queue {
    /// How many may work at the moment. Beyond the places of all there are some as long as what is known to be large
    /// leaves one of them free: whatever gets one may turn out to be.
    pub(super) fn places(&self) -> usize {
        let QueueLimits { active_max, .. } = self.limits;
        active_max + if self.large_count() < active_max { self.small_room.places(self.limits) } else { 0 }
    }

    /// Transfers that work and are known not to be small. What is only being removed is none of them.
    fn large_count(&self) -> usize {
        let large = |one: &&Transfer| {
            one.state.is_working() && one.state != State::Discarding && one.checkpoint.is_some() && !one.is_small()
        };
        self.awake().filter(large).count()
    }

    /// How many of the places of all are taken.
    pub(super) fn places_taken(&self) -> usize {
        self.awake().filter(|one| one.state.is_working() && !one.place_is_beyond && !one.waits_to_remove()).count()
    }

    /// Whether it was given a place beyond those of all because it might be small, is not, and has not begun.
    pub(super) fn is_misplaced(&self, transfer: &Transfer) -> bool {
        let may_go_back = matches!(transfer.state, State::Beginning | State::Moving)
            && transfer.place_is_beyond
            && transfer.intent == Intent::Run
            && transfer.jobs.is_empty()
            && !transfer.begin_attempted
            && !transfer.announced;
        may_go_back && transfer.checkpoint.as_ref().is_some_and(|known| known.session.is_none()) && !transfer.is_small()
    }
}

impl Transfer {
    /// A removal that waits for its next attempt takes no place: a store that is away for good would take them all.
    pub(super) fn waits_to_remove(&self) -> bool {
        self.state == State::Discarding && self.jobs.is_empty() && self.hold_until.is_some()
    }

    /// Whether it is known to move little, in one piece.
    pub(super) fn is_small(&self) -> bool {
        self.checkpoint.as_ref().is_some_and(|known| {
            known.source.size_bytes() <= SMALL_BYTES
                && known.plan().is_single()
                && !matches!(known.session, Some(Session::Upload { .. }))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use store::{ETag, PartNumber, PutReceipt, UploadId};

    use super::*;
    use crate::checkpoint::{Checkpoint, PartRecord};
    use crate::error::{Again, ErrorCode, TransferError};
    use crate::fact::Fact;
    use crate::queue::tests::{plan, upload};
    use crate::queue::{Input, Job, JobId, Report, Step, Verb};
    use crate::retry::RetryPolicy;
    use crate::transfer::TransferId;

    const LIMITS: QueueLimits = QueueLimits { active_max: 4, small_max: 32, parts_max: 64 };

    /// A queue whose jobs end well when they are told to, each after the same time.
    struct Line {
        queue: Queue,
        jobs: BTreeMap<JobId, Job>,
        is_small: fn(u64) -> bool,
        now: Duration,
        probes: BTreeMap<TransferId, usize>,
        done: usize,
    }

    impl Line {
        fn new(uploads: u64, is_small: fn(u64) -> bool) -> Self {
            let queue = Queue::new(LIMITS, RetryPolicy::default(), 1);
            let (jobs, probes) = (BTreeMap::new(), BTreeMap::new());
            let mut line = Self { queue, jobs, is_small, now: Duration::ZERO, probes, done: 0 };
            let step = line.queue.handle(Input::Add((1..=uploads).map(|id| upload(id, 1)).collect()), line.now, 0);
            line.take(step);
            line
        }

        fn take(&mut self, step: Step) {
            for id in step.unload {
                self.done += 1;
                self.queue.forget(id);
            }
            for job in step.jobs.into_iter().chain(step.jobs_after_facts) {
                if matches!(job.verb, Verb::Probe { .. }) {
                    *self.probes.entry(job.transfer).or_default() += 1;
                }
                self.jobs.insert(job.id, job);
            }
        }

        /// All jobs that run now take so long, and end.
        fn pass(&mut self, took: Duration) {
            self.now += took;
            for (id, job) in std::mem::take(&mut self.jobs) {
                let report = self.report(&job);
                let step = self.queue.handle(Input::Ended(id, Ok(report)), self.now, 0);
                self.take(step);
                assert!(self.queue.large_count() <= LIMITS.active_max, "more large ones than places");
            }
        }

        fn report(&self, job: &Job) -> Report {
            let record = |number: PartNumber, size_bytes| {
                let etag = Some(ETag::new("e"));
                PartRecord { number, size_bytes, crc64: Some(store::Crc64::EMPTY), etag, confirmed: true }
            };
            match &job.verb {
                Verb::Probe { known: Some(known) } => Report::Planned(Box::new(known.as_ref().clone())),
                Verb::Probe { known: None } => {
                    let plan = plan(&job.spec);
                    let part_size_bytes = if (self.is_small)(job.transfer.0) { 1000 } else { plan.part_size_bytes };
                    Report::Planned(Box::new(Checkpoint { part_size_bytes, ..plan }))
                }
                Verb::Begin { checkpoint, .. } => Report::Begun {
                    checkpoint: Box::new(Checkpoint {
                        session: Some(Session::Upload { upload_id: UploadId("u".into()) }),
                        ..checkpoint.as_ref().clone()
                    }),
                    held: Vec::new(),
                    left_behind: Vec::new(),
                },
                Verb::MovePart { checkpoint, number } => {
                    let part = record(*number, checkpoint.range(*number).len_bytes());
                    let single = checkpoint.session.is_none();
                    let (etag, crc64) = (ETag::new("e"), part.crc64);
                    Report::Moved(part, single.then_some(PutReceipt { etag, crc64, version: None, request_id: None }))
                }
                verb => Report::Committed(Box::new(crate::view::Transferred {
                    outcome: crate::view::Outcome::Moved,
                    verified: true,
                    source_crc64: None,
                    target_crc64: None,
                    etag: None,
                    version: None,
                    request_id: None,
                    looks: if matches!(verb, Verb::Commit { .. }) { Vec::new() } else { panic!("{verb:?}") },
                    verified_ms: None,
                })),
            }
        }

        fn working(&self) -> usize {
            self.queue.awake().filter(|one| one.state.is_working()).count()
        }
    }

    #[test]
    fn small_ones_get_more_places_while_they_are_quick_and_fewer_when_they_are_slow() {
        let mut line = Line::new(2000, |_| true);
        assert_eq!(line.working(), LIMITS.active_max, "nothing is known yet");
        for _ in 0..20 {
            line.pass(Duration::from_millis(50));
        }
        assert_eq!(line.working(), LIMITS.small_max);
        for _ in 0..20 {
            line.pass(Duration::from_secs(4));
        }
        assert!(line.working() <= LIMITS.active_max + 1, "{} at a time on a slow line", line.working());
    }

    #[test]
    fn large_ones_after_small_ones_go_back_in_line_and_are_looked_at_once_more_at_most() {
        let mut line = Line::new(400, |id| id <= 200 || id % 7 == 0);
        let mut most = 0;
        for _ in 0..4000 {
            line.pass(Duration::from_millis(50));
            most = most.max(line.working());
        }
        assert_eq!(line.done, 400, "all come to their end");
        assert_eq!(most, LIMITS.small_max);
        assert!(line.probes.values().all(|probes| *probes <= 2), "{:?}", line.probes);
    }

    fn ended(line: &mut Line, id: u64, outcome: Result<Report, TransferError>) {
        let found = line.jobs.iter().find(|(_, job)| job.transfer == TransferId(id)).map(|(job, _)| *job);
        let job = found.unwrap_or_else(|| panic!("{id} has no job"));
        line.jobs.remove(&job);
        let step = line.queue.handle(Input::Ended(job, outcome), line.now, 0);
        line.take(step);
    }

    fn report(line: &mut Line, id: u64) {
        let job = line.jobs.values().find(|job| job.transfer == TransferId(id)).cloned();
        let report = line.report(&job.unwrap_or_else(|| panic!("{id} has no job")));
        ended(line, id, Ok(report));
    }

    #[test]
    fn removals_that_are_tried_again_keep_no_large_one_from_its_place() {
        let mut line = Line::new(6, |_| false);
        for id in 1..=4 {
            (0..2).for_each(|_| report(&mut line, id));
            let step = line.queue.handle(Input::Want(TransferId(id), Intent::Cancel), line.now, 0);
            line.take(step);
            ended(&mut line, id, Ok(Report::Stopped));
            let away = TransferError { again: Again::Later, ..TransferError::new(ErrorCode::Network) };
            ended(&mut line, id, Err(away));
        }
        for id in [5, 6] {
            report(&mut line, id);
            let job = line.jobs.values().find(|job| job.transfer == TransferId(id));
            assert!(job.is_some_and(|job| matches!(job.verb, Verb::Begin { .. })), "{job:?}");
            assert_eq!(line.probes[&TransferId(id)], 1);
        }
    }

    #[test]
    fn whoever_has_a_place_keeps_it_when_another_is_started_now_or_there_are_fewer_places() {
        let mut line = Line::new(6, |_| false);
        report(&mut line, 1);
        let step = line.queue.handle(Input::StartNow(TransferId(6)), line.now, 0);
        line.take(step);
        report(&mut line, 6);
        let step = line.queue.handle(Input::Limits(QueueLimits { active_max: 1, ..LIMITS }), line.now, 0);
        line.take(step);
        for id in [2, 3, 4] {
            report(&mut line, id);
        }
        assert_eq!(line.working(), 5);
        assert!(line.probes.values().all(|probes| *probes == 1), "{:?}", line.probes);
    }

    #[test]
    fn a_plan_that_goes_back_in_line_without_an_opening_is_taken_back() {
        let mut line = Line::new(40, |id| id <= 20);
        let mut facts = Vec::new();
        for _ in 0..200 {
            line.now += Duration::from_millis(50);
            for (id, job) in std::mem::take(&mut line.jobs) {
                let report = line.report(&job);
                let step = line.queue.handle(Input::Ended(id, Ok(report)), line.now, 0);
                facts.extend(step.facts.iter().cloned());
                line.take(step);
            }
        }
        assert_eq!(line.done, 40);
        let taken_back = facts.iter().filter(|fact| matches!(fact, Fact::Restarted { .. })).count();
        assert!(taken_back > 0, "some were looked at for nothing");
        let is_large = |id: &TransferId| id.0 > 20;
        let planned = facts.iter().filter(|fact| matches!(fact, Fact::Planned { id, .. } if is_large(id))).count();
        assert_eq!(planned, 20 + taken_back, "each is planned again before it is opened");
    }
}
