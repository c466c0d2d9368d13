//! Work that takes long and that the window can stop: a name for each, and one at a time under a name.
//!
//! A command runs to its end even if the page does not wait for it any more, so stopping needs a second command that
//! knows the first by a name. Only work that changes nothing is run here: it is dropped wherever it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// What runs and can be stopped.
#[derive(Debug, Default)]
pub struct Stops(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    next: u64,
    by_name: HashMap<String, Run>,
}

/// The latest run of a name.
#[derive(Debug)]
struct Run {
    number: u64,
    /// Its end stops the run; none once it was told to.
    stop: Option<oneshot::Sender<()>>,
    /// Held by the run that works.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Stops {
    /// Runs work to its end, or until it is stopped; `None` then. What runs under the same name is stopped first, and this
    /// begins when that is gone.
    pub async fn run<T>(&self, name: &str, work: impl Future<Output = T>) -> Option<T> {
        let (stop, mut stopped) = oneshot::channel();
        let (number, turn) = {
            let mut running = self.held();
            running.next += 1;
            let number = running.next;
            let turn = running.by_name.get(name).map(|before| before.turn.clone()).unwrap_or_default();
            // The one before is stopped by the end of its sender.
            running.by_name.insert(name.to_owned(), Run { number, stop: Some(stop), turn: turn.clone() });
            (number, turn)
        };
        let done = tokio::select! {
            biased;
            _ = &mut stopped => None,
            done = async {
                let turn = turn.lock().await;
                let done = work.await;
                drop(turn);
                done
            } => Some(done),
        };
        let mut running = self.held();
        if running.by_name.get(name).is_some_and(|latest| latest.number == number) {
            running.by_name.remove(name);
        }
        done
    }

    /// Stops what runs under a name, if anything does.
    pub fn stop(&self, name: &str) {
        if let Some(latest) = self.held().by_name.get_mut(name) {
            latest.stop = None;
        }
    }

    fn held(&self) -> MutexGuard<'_, Running> {
        // Each change of it is one insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_runs_ends_by_itself_or_is_stopped_by_its_name_or_by_the_next_of_that_name() {
        let stops = Arc::new(Stops::default());
        assert_eq!(stops.run("a", ready(1)).await, Some(1));
        let begin = |name: &'static str| {
            let stops = stops.clone();
            tokio::spawn(async move { stops.run(name, pending::<()>()).await })
        };
        let (first, other) = (begin("a"), begin("b"));
        tokio::task::yield_now().await;
        let second = begin("a");
        assert_eq!(first.await.unwrap(), None);
        stops.stop("nobody");
        stops.stop("a");
        assert_eq!(second.await.unwrap(), None);
        assert!(!other.is_finished());
        stops.stop("b");
        assert_eq!(other.await.unwrap(), None);
        assert!(stops.held().by_name.is_empty());
    }

    /// Counts how many work at a time.
    struct Working<'a>(&'a AtomicUsize);

    impl<'a> Working<'a> {
        fn begin(working: &'a AtomicUsize) -> Self {
            assert_eq!(working.fetch_add(1, Ordering::SeqCst), 0, "another is still at work");
            Self(working)
        }
    }

    impl Drop for Working<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn two_of_a_name_are_never_at_work_at_the_same_time() {
        let (stops, working) = (Arc::new(Stops::default()), Arc::new(AtomicUsize::new(0)));
        let begin = || {
            let (stops, working) = (stops.clone(), working.clone());
            tokio::spawn(async move {
                let work = async {
                    let _here = Working::begin(&working);
                    pending::<()>().await;
                };
                stops.run("a", work).await
            })
        };
        let mut runs = Vec::new();
        for n in 0..20 {
            runs.push(begin());
            // Stopped or not, begun or not: the next waits until the one before is gone.
            if n % 3 == 0 {
                tokio::task::yield_now().await;
            }
            if n % 4 == 0 {
                stops.stop("a");
            }
        }
        tokio::task::yield_now().await;
        stops.stop("a");
        for run in runs {
            assert_eq!(run.await.unwrap(), None);
        }
        assert_eq!(working.load(Ordering::SeqCst), 0);
        assert!(stops.held().by_name.is_empty());
    }
}
