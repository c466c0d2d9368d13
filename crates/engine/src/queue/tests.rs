//! Random wishes and outcomes against the queue alone: no runtime, no disk, no clock.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use store::{ETag, ObjectRef, ObjectSettings, PartNumber, UploadId};

use super::*;
use crate::checkpoint::{Checkpoint, Fingerprint, PartRecord, Session};
use crate::error::{Again, TransferError};
use crate::limits::Stops;
use crate::transfer::{End, StoreId, TransferOptions, TransferSpec};
use crate::view::{Outcome, Stats, Transferred};

const PARTS: u64 = 6;

pub(super) fn upload(id: u64, parallel_parts: u16) -> Loaded {
    Loaded {
        id: TransferId(id),
        order: i64::try_from(id).unwrap(),
        spec: TransferSpec {
            source: End::file(format!("/{id}")),
            target: End::object(StoreId("s".into()), ObjectRef::new("bucket", format!("{id}"))),
            options: TransferOptions { parallel_parts, ..TransferOptions::default() },
        },
        expected_bytes: None,
        intent: Intent::Run,
        state: State::Waiting,
        checkpoint: None,
        parts: Vec::new(),
        error: None,
        stats: Stats::default(),
        added_ms: 0,
    }
}

pub(super) fn plan(spec: &TransferSpec) -> Checkpoint {
    Checkpoint {
        source: Fingerprint::Object { size_bytes: PARTS * 10, etag: ETag::new("e"), version: None },
        source_crc64: None,
        source_request_id: None,
        part_size_bytes: 10,
        target: spec.target.clone(),
        settings: ObjectSettings::default(),
        overwrite: true,
        temp_path: None,
        route: crate::transfer::Route::Server,
        planned_ms: 0,
        begin_attempts: 0,
        adopted: false,
        session: None,
    }
}

fn part(number: PartNumber) -> PartRecord {
    PartRecord { number, size_bytes: 10, crc64: None, etag: Some(ETag::new(number.to_string())), confirmed: true }
}

/// What a healthy job reports.
fn success(job: &Job, held: &BTreeSet<PartNumber>) -> Report {
    match &job.verb {
        Verb::Probe { known } => {
            Report::Planned(Box::new(known.as_deref().cloned().unwrap_or_else(|| plan(&job.spec))))
        }
        Verb::Begin { checkpoint, .. } => Report::Begun {
            checkpoint: Box::new(Checkpoint {
                session: Some(Session::Upload { upload_id: UploadId("u".into()) }),
                ..checkpoint.as_ref().clone()
            }),
            held: held.iter().copied().map(part).collect(),
            left_behind: Vec::new(),
        },
        Verb::MovePart { number, .. } => Report::Moved(part(*number), None),
        Verb::Commit { .. } => Report::Committed(Box::new(Transferred {
            outcome: Outcome::Moved,
            verified: true,
            source_crc64: None,
            target_crc64: None,
            etag: None,
            version: None,
            request_id: None,
            looks: Vec::new(),
            verified_ms: None,
        })),
        Verb::Discard { .. } => Report::NOTHING_LEFT,
    }
}

/// The world as the queue's jobs change it, and the rules that must hold at every step.
struct World {
    queue: Queue,
    running: BTreeMap<JobId, Job>,
    /// Those that were told to stop: most do, some have ended in their own way before they heard of it.
    stopping: BTreeSet<JobId>,
    /// Parts that the far side has, of sessions that are open there.
    held: BTreeMap<TransferId, BTreeSet<PartNumber>>,
    committed: BTreeSet<TransferId>,
    cancelled: BTreeSet<TransferId>,
    recorded: BTreeMap<TransferId, BTreeSet<PartNumber>>,
    stopped: bool,
    now: Duration,
}

impl World {
    fn new() -> Self {
        Self {
            queue: Queue::new(QueueLimits { active_max: 2, small_max: 2, parts_max: 5 }, RetryPolicy::default(), 1),
            running: BTreeMap::new(),
            stopping: BTreeSet::new(),
            held: BTreeMap::new(),
            committed: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            recorded: BTreeMap::new(),
            stopped: false,
            now: Duration::ZERO,
        }
    }

    fn give(&mut self, input: Input) {
        let step = self.queue.handle(input, self.now, 0);
        for fact in &step.facts {
            match fact {
                Fact::PartDone { id, part, .. } => {
                    self.recorded.entry(*id).or_default().insert(part.number);
                }
                Fact::Restarted { id } => {
                    assert!(!self.held.contains_key(id), "started over, and its old upload is still open");
                    self.recorded.remove(id);
                }
                Fact::Done { id, .. } => assert!(self.committed.contains(id), "done without a commit"),
                Fact::Cancelled { id, .. } => {
                    assert!(!self.held.contains_key(id), "cancelled, and its upload is still open");
                    self.cancelled.insert(*id);
                }
                _ => {}
            }
        }
        for stop in &step.stop {
            let Some(job) = self.running.get(stop) else { continue };
            assert!(
                matches!(&job.verb, Verb::Probe { .. } | Verb::MovePart { .. })
                    || matches!(&job.verb, Verb::Begin { checkpoint, .. } if checkpoint.session.is_some()),
                "{:?} must run to its end",
                job.verb
            );
        }
        for job in step.jobs.into_iter().chain(step.jobs_after_facts) {
            self.started(&job);
            self.running.insert(job.id, job);
        }
        for id in step.unload {
            self.queue.forget(id);
        }
        self.stopping.extend(step.stop);
    }

    fn started(&self, job: &Job) {
        let others = || self.running.values().filter(|other| other.transfer == job.transfer);
        match &job.verb {
            Verb::MovePart { number, .. } => {
                assert!(!self.stopped, "a part moves where nothing may");
                for other in others() {
                    match &other.verb {
                        Verb::MovePart { number: moving, .. } => assert_ne!(moving, number, "moved twice at a time"),
                        verb => panic!("a part moves during {verb:?}"),
                    }
                }
                assert!(others().count() < usize::from(job.spec.options.parallel_parts));
            }
            Verb::Commit { parts, .. } => {
                assert_eq!(parts.len() as u64, PARTS, "committed without every part");
                assert_eq!(others().count(), 0);
            }
            verb => assert_eq!(others().count(), 0, "{verb:?} beside another job"),
        }
        assert!(!self.committed.contains(&job.transfer), "{:?} after the commit", job.verb);
        let active: BTreeSet<_> = self.running.values().map(|job| job.transfer).chain([job.transfer]).collect();
        assert!(active.len() <= 2 + self.cancelled.len() + 4, "far too many work at a time");
    }

    fn stop(&mut self, stopped: bool) {
        self.stopped = stopped;
        self.give(Input::Stop(Stops { upload: stopped, download: false }));
        let still = |job: &JobId| self.stopping.contains(job);
        assert!(
            !stopped || self.running.iter().all(|(id, job)| !matches!(job.verb, Verb::MovePart { .. }) || still(id)),
            "a part is left on the wire"
        );
    }

    /// Ends a running job; `how` chooses between success and the errors that a store can give.
    fn end(&mut self, at: usize, how: u8) {
        let Some(id) = self.running.keys().copied().nth(at % self.running.len().max(1)) else { return };
        let Some(job) = self.running.remove(&id) else { return };
        let error = |code, again| Err(TransferError { again, ..TransferError::new(code) });
        let held = self.held.get(&job.transfer).cloned().unwrap_or_default();
        let outcome = match how {
            0..=4 if self.stopping.remove(&id) => Ok(Report::Stopped),
            0..=5 => Ok(success(&job, &held)),
            6 => error(ErrorCode::Server, Again::Later),
            7 => error(ErrorCode::Network, Again::After(Duration::from_secs(1))),
            8 => error(ErrorCode::Forbidden, Again::Never),
            9 if matches!(job.verb, Verb::MovePart { .. }) => error(ErrorCode::SourceChanged, Again::Never),
            _ => match job.verb {
                Verb::Probe { known: Some(_) } => Ok(Report::SourceChanged),
                Verb::Begin { ref checkpoint, .. } if checkpoint.session.is_some() => {
                    self.held.remove(&job.transfer);
                    Ok(Report::SessionGone)
                }
                Verb::MovePart { .. } => error(ErrorCode::UploadNotFound, Again::Never),
                Verb::Commit { .. } => error(ErrorCode::PartsMismatch, Again::Never),
                _ => error(ErrorCode::Server, Again::Later),
            },
        };
        match (&outcome, &job.verb) {
            (Ok(Report::Begun { .. }), _) => drop(self.held.entry(job.transfer).or_default()),
            (Ok(Report::Moved(part, _)), _) => {
                // A part that arrives after its upload was dropped opens nothing.
                if let Some(held) = self.held.get_mut(&job.transfer) {
                    held.insert(part.number);
                }
            }
            (Ok(Report::Committed(_)), _) => {
                self.held.remove(&job.transfer);
                self.committed.insert(job.transfer);
            }
            (Ok(Report::Discarded { .. }), _) => drop(self.held.remove(&job.transfer)),
            // The store says that it is gone.
            (Err(error), Verb::MovePart { .. }) if error.code == ErrorCode::UploadNotFound => {
                self.held.remove(&job.transfer);
            }
            // The store will not let us abort it: it stays among the leftovers.
            (Err(error), Verb::Discard { .. }) if error.code == ErrorCode::Forbidden => {
                self.held.remove(&job.transfer);
            }
            _ => {}
        }
        self.give(Input::Ended(id, outcome));
    }
}

#[derive(Clone, Debug)]
enum Act {
    Want(u64, Intent),
    End(usize, u8),
    Pass(u64),
    Stop(bool),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let intent = prop_oneof![6 => Just(Intent::Run), 3 => Just(Intent::Pause), 1 => Just(Intent::Cancel)];
    let act = prop_oneof![
        2 => (1..=4_u64, intent).prop_map(|(id, intent)| Act::Want(id, intent)),
        12 => (0..8_usize, 0..11_u8).prop_map(|(at, how)| Act::End(at, how)),
        2 => (0..30_u64).prop_map(Act::Pass),
        1 => any::<bool>().prop_map(Act::Stop),
    ];
    proptest::collection::vec(act, 0..200)
}

proptest! {
    #[test]
    fn no_sequence_of_wishes_and_faults_breaks_a_rule_and_in_the_end_everything_arrives(acts in acts()) {
        let mut world = World::new();
        world.give(Input::Add((1..=4).map(|id| upload(id, 3)).collect()));
        for act in acts {
            match act {
                Act::Want(id, intent) => {
                    world.give(Input::Want(TransferId(id), intent));
                }
                Act::End(at, how) => world.end(at, how),
                Act::Stop(stopped) => world.stop(stopped),
                Act::Pass(seconds) => {
                    world.now += Duration::from_secs(seconds);
                    world.give(Input::Wake);
                }
            }
        }
        world.stop(false);
        // The weather clears: whatever is still in the queue and wanted ends well.
        for _ in 0..400 {
            for id in 1..=4 {
                world.give(Input::Want(TransferId(id), Intent::Run));
            }
            world.now += Duration::from_secs(60);
            world.give(Input::Wake);
            world.end(0, 0);
        }
        prop_assert!(world.queue.transfers().all(|one| one.state.is_resting()), "{:?}", world.queue.transfers().collect::<Vec<_>>());
        prop_assert!(world.running.is_empty());
    }
}

#[test]
fn a_probe_starts_only_for_as_many_as_may_work() {
    let mut world = World::new();
    world.give(Input::Add((1..=4).map(|id| upload(id, 3)).collect()));
    assert_eq!(world.running.len(), 2);
    world.end(0, 8); // the first may not: its place is free
    assert_eq!(world.running.values().map(|job| job.transfer.0).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn what_a_stop_holds_back_takes_no_place_from_the_other_direction_and_keeps_its_own() {
    let mut world = World::new();
    world.give(Input::Add(vec![upload(1, 3), upload(2, 3)]));
    for _ in 0..4 {
        world.end(0, 0); // both are probed and begun
    }
    assert_eq!(world.running.len(), 5);
    world.stop(true);
    while !world.running.is_empty() {
        world.end(0, 0);
    }
    assert!(world.queue.transfers().all(|one| one.state == State::Waiting && one.error.is_none()));
    assert_eq!(world.queue.ready_count(), 0);
    let mut down = upload(3, 3);
    std::mem::swap(&mut down.spec.source, &mut down.spec.target);
    world.give(Input::Add(vec![down]));
    let probed = |world: &World| world.running.values().map(|job| job.transfer.0).collect::<Vec<_>>();
    assert_eq!(probed(&world), [3], "it stands last, and begins");
    world.stop(false);
    assert_eq!(probed(&world), [3, 1], "the first in line goes on in the place that is left");
}

#[test]
fn a_copy_that_turns_out_to_pass_through_here_is_looked_at_once_and_waits_for_the_end_of_the_stop() {
    let mut world = World::new();
    world.give(Input::Stop(Stops { upload: true, download: false }));
    let mut copy = upload(1, 3);
    copy.spec.source = End::object(StoreId("other".into()), ObjectRef::new("elsewhere", "1"));
    world.give(Input::Add(vec![copy]));
    let (id, job) = world.running.pop_first().unwrap();
    let relayed = Checkpoint { route: crate::transfer::Route::Relay, ..plan(&job.spec) };
    let step = world.queue.handle(Input::Ended(id, Ok(Report::Planned(Box::new(relayed)))), world.now, 0);
    assert!(step.jobs.is_empty() && step.jobs_after_facts.is_empty(), "it waits: {step:?}");
    assert_eq!(world.queue.ready_count(), 0);
    world.give(Input::Wake);
    assert!(world.running.is_empty());
    world.give(Input::Stop(Stops::default()));
    assert_eq!(world.running.len(), 1);
}

#[test]
fn an_upload_that_a_stop_sends_back_before_it_is_opened_counts_as_never_tried() {
    let mut world = World::new();
    world.give(Input::Add(vec![upload(1, 3)]));
    let (id, job) = world.running.pop_first().unwrap();
    world.give(Input::Stop(Stops { upload: true, download: false }));
    let step = world.queue.handle(Input::Ended(id, Ok(Report::Planned(Box::new(plan(&job.spec))))), world.now, 0);
    assert!(step.jobs.is_empty() && step.jobs_after_facts.is_empty(), "it waits: {step:?}");
    assert!(step.facts.contains(&Fact::Restarted { id: TransferId(1) }), "its plan is taken back: {:?}", step.facts);
    world.give(Input::Stop(Stops::default()));
    world.end(0, 0); // probed anew
    let opens = world.running.values().next().map(|job| &job.verb);
    assert!(matches!(opens, Some(Verb::Begin { attempted: false, .. })), "nothing is looked for: {opens:?}");
}

#[test]
fn whoever_stands_earlier_gets_free_parts_first() {
    let mut world = World::new();
    world.queue.limits.parts_max = 4;
    world.give(Input::Add(vec![upload(1, 4)]));
    world.end(0, 0);
    world.end(0, 0);
    let parts = |world: &World, id| world.running.values().filter(|job| job.transfer == TransferId(id)).count();
    assert_eq!(parts(&world, 1), 4, "who moves alone has all that he asks for");
    world.give(Input::Add(vec![Loaded { order: -5, ..upload(9, 4) }]));
    world.end(4, 0);
    world.end(4, 0);
    assert_eq!((parts(&world, 9), parts(&world, 1)), (1, 4), "nobody is starved");
    for _ in 0..4 {
        world.end(0, 0);
    }
    assert_eq!((parts(&world, 9), parts(&world, 1)), (4, 1));
}

#[test]
fn a_change_that_several_parts_see_at_once_still_has_the_old_upload_aborted() {
    let mut world = World::new();
    world.give(Input::Add(vec![upload(1, 3)]));
    world.end(0, 0); // probed
    world.end(0, 0); // begun: three parts move
    let moving: Vec<JobId> = world.running.keys().copied().collect();
    assert_eq!(moving.len(), 3);
    // All three have ended before any of them could be stopped.
    world.running.clear();
    for job in moving {
        world.give(Input::Ended(job, Err(TransferError::new(ErrorCode::SourceChanged))));
    }
    let verbs: Vec<&Verb> = world.running.values().map(|job| &job.verb).collect();
    assert!(matches!(verbs[..], [Verb::Discard { .. }]), "{verbs:?}");
}

#[test]
fn more_places_are_taken_at_once_and_fewer_as_they_become_free() {
    let mut world = World::new();
    world.give(Input::Add((1..=6).map(|id| upload(id, 1)).collect()));
    let working = |world: &World| world.queue.transfers().filter(|one| one.state.is_working()).count();
    assert_eq!(working(&world), 2);
    world.give(Input::Limits(QueueLimits { active_max: 4, small_max: 4, parts_max: 5 }));
    assert_eq!(working(&world), 4);
    world.give(Input::Limits(QueueLimits { active_max: 1, small_max: 1, parts_max: 5 }));
    assert_eq!(working(&world), 4, "what works goes on");
    let mut before = 4;
    while !world.running.is_empty() {
        world.end(0, 0);
        let now = working(&world);
        assert!(now <= before.max(1), "{now} work after {before}");
        before = now;
    }
    assert_eq!(world.committed.len(), 6, "and all come to their end");
}

#[test]
fn a_store_that_asks_to_slow_down_is_given_fewer_parts_until_it_has_been_quiet_for_a_while() {
    let mut world = World::new();
    world.queue = Queue::new(QueueLimits { active_max: 4, small_max: 4, parts_max: 64 }, RetryPolicy::default(), 1);
    world.give(Input::Add((1..=4).map(|id| upload(id, 5)).collect()));
    for _ in 0..8 {
        world.end(0, 0); // four are probed and begun
    }
    let moving = |world: &World| world.running.len();
    assert_eq!(moving(&world), 20);
    // A wave of refusals is one.
    for _ in 0..4 {
        let id = *world.running.keys().next().unwrap();
        world.running.remove(&id);
        let error = TransferError { again: Again::Later, ..TransferError::new(ErrorCode::Throttled) };
        world.give(Input::Ended(id, Err(error)));
    }
    world.now += Duration::from_secs(30);
    world.give(Input::Wake);
    let limit = 14;
    let mut most = 0;
    for _ in 0..4 {
        world.end(0, 0);
        most = most.max(moving(&world));
    }
    assert!(most <= limit + 1, "{most}, where {limit} and one more are allowed");
    // It recovers: two seconds, one part more.
    let before = world.queue.moving(false).all;
    assert!(before > 0);
    for _ in 0..40 {
        world.now += Duration::from_secs(2);
        if world.running.is_empty() {
            break;
        }
        world.end(0, 0);
    }
    world.give(Input::Add(vec![upload(5, 5), upload(6, 5)]));
    for _ in 0..200 {
        world.now += Duration::from_secs(2);
        if world.running.is_empty() {
            break;
        }
        world.end(0, 0);
    }
    assert!(world.queue.transfers().all(|one| one.state.is_resting()), "all of them arrive");
}

#[test]
fn what_can_be_clicked_follows_from_state_and_intent() {
    use crate::view::Actions;
    use State::{Beginning, Cancelled, Committing, Discarding, Done, Failed, Moving, Paused, Probing, Waiting};
    let letters = |state, intent| {
        let actions = Actions::of(state, intent);
        [
            (actions.can_pause, 'p'),
            (actions.can_resume, 'r'),
            (actions.can_cancel, 'c'),
            (actions.can_retry, 't'),
            (actions.can_remove, 'x'),
        ]
        .into_iter()
        .filter_map(|(can, letter)| can.then_some(letter))
        .collect::<String>()
    };
    for (state, run, pause, cancel) in [
        (Waiting, "pc", "rc", ""),
        (Probing, "pc", "rc", ""),
        (Beginning, "pc", "rc", ""),
        (Moving, "pc", "rc", ""),
        (Committing, "", "r", ""),
        (Discarding, "c", "rc", ""),
        (Paused, "rc", "rc", ""),
        (Failed, "ct", "rct", "t"),
        (Done, "x", "x", "x"),
        (Cancelled, "x", "x", "x"),
    ] {
        let found = [Intent::Run, Intent::Pause, Intent::Cancel].map(|intent| letters(state, intent));
        assert_eq!(found, [run, pause, cancel].map(str::to_owned), "{state:?}");
    }
}
