//! Faults of our own: a panic ends as little as possible, nobody waits for ever, and the next start goes on.
//!
//! The panics are real ones, at the places where code of others is called: in a store, in a ledger.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::ledger::{Ledger, LedgerError, Records, SqliteLedger};
use engine::{End, EngineError, EngineOptions, ErrorCode, Fact, Phase, State, TransferId};
use store::Verb;

use crate::world::{PART, Run, World, object, slow, spec};

const SIZE: usize = 10 * PART;

#[test]
fn a_panic_in_a_job_fails_its_transfer_alone_and_a_retry_sends_only_the_rest() {
    for verb in [Verb::HeadObject, Verb::CreateUpload, Verb::UploadPart, Verb::CompleteUpload] {
        let world = &World::new();
        let (path, bytes) = world.file("a", SIZE);
        let (other, _) = world.file("other", SIZE);
        let nth = if verb == Verb::UploadPart { 5 } else { 1 };
        world.store.set_fault(move |call| {
            assert!(call.key.as_deref() != Some("a") || call.verb != verb || call.nth < nth, "the store has a fault");
            None
        });
        let id = world.run(|run| async move {
            let id = run.add(spec(End::file(path), object("here", "a"))).await;
            let beside = run.add(spec(End::file(other), object("here", "other"))).await;
            let view = run.rest(id).await;
            let error = view.error.unwrap();
            assert_eq!((view.state, error.code), (State::Failed, ErrorCode::Internal), "{verb:?}: {error:?}");
            assert!(error.answer.unwrap().message.contains("the store has a fault"), "{verb:?}");
            assert_eq!(run.rest(beside).await.phase(), Phase::DoneVerified, "{verb:?}");
            id
        });
        world.store.clear_fault();
        // What failed waits for its user, also over a restart.
        world.run(|run| async move {
            assert_eq!(run.engine.view(id).unwrap().unwrap().state, State::Failed, "{verb:?}");
            run.engine.resume(&[id]).await.unwrap();
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{verb:?}: {view:?}");
            assert_eq!(view.stats.parts_sent, 10, "{verb:?}: no part was sent again");
        });
        assert_eq!(world.bytes_at("here", "a").unwrap(), bytes, "{verb:?}");
        assert_eq!(world.store.open_uploads("here"), [], "{verb:?}");
    }
}

/// A ledger that panics when it is told to.
#[derive(Debug)]
struct Breaking {
    ledger: SqliteLedger,
    /// In `append`, where the recorder is; else where it is read, which is what the driver does next.
    in_append: bool,
    now: Arc<AtomicBool>,
}

impl Ledger for Breaking {
    fn append(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        assert!(!self.in_append || !self.now.load(Ordering::SeqCst), "the ledger has a fault");
        self.ledger.append(facts)
    }
    fn append_bulk(&self, bulk: engine::Bulk) -> Result<usize, LedgerError> {
        self.ledger.append_bulk(bulk)
    }
    fn records(&self) -> &dyn Records {
        // Once: what is durable can still be read afterwards.
        assert!(self.in_append || !self.now.swap(false, Ordering::SeqCst), "the ledger has a fault");
        &self.ledger
    }
}

/// Nothing of a stopped engine may keep its caller waiting.
async fn assert_stopped(run: &Run, id: TransferId, path: &std::path::Path) {
    let asked = async {
        run.engine.stopped().await;
        let stopped =
            |result: Result<(), EngineError>| assert!(matches!(result, Err(EngineError::Stopped)), "{result:?}");
        stopped(run.engine.wait(id).await.map(drop));
        stopped(run.engine.pause(&[id]).await);
        stopped(run.engine.resume_all().await);
        stopped(run.engine.add(vec![spec(End::file(path), object("here", "b"))]).await.map(drop));
        assert_eq!(run.engine.working(), [], "nothing is shown as working");
        assert_eq!(run.engine.speeds(), (0.0, 0.0));
        // What is durable can still be read.
        assert_eq!(run.engine.view(id).unwrap().unwrap().state, State::Waiting);
        run.engine.shutdown().await;
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.expect("everybody is answered");
}

#[test]
fn a_panic_in_recorder_or_driver_stops_the_engine_which_says_so_and_the_next_start_goes_on() {
    for in_append in [true, false] {
        let world = &World::new();
        let (path, bytes) = world.file("a", 40 * PART);
        let now = Arc::new(AtomicBool::new(false));
        let ledger = Breaking { ledger: world.ledger(), in_append, now: now.clone() };
        let id = world.run_of(slow(20 << 10), world.parts(Arc::new(ledger)), |run| async move {
            let id = run.add(spec(End::file(&path), object("here", "a"))).await;
            run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
            // What waits for an answer at that moment gets one.
            now.store(true, Ordering::SeqCst);
            let asked = if in_append {
                run.engine.add(vec![spec(End::file(&path), object("here", "b"))]).await.map(drop)
            } else {
                run.engine.cancel(&[TransferId(77)]).await
            };
            assert!(matches!(asked, Err(EngineError::Stopped)), "{asked:?}");
            assert_stopped(&run, id, &path).await;
            id
        });
        world.run_with(EngineOptions::default(), |run| async move {
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{view:?}");
            assert!(view.stats.parts_reused > 0, "{view:?}");
        });
        assert_eq!(world.bytes_at("here", "a").unwrap(), bytes);
        assert_eq!(world.store.open_uploads("here"), []);
    }
}
