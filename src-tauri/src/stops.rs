//! Work that takes long and that the window can stop: a name for each, and one at a time under a name.
//!
//! A command runs to its end even if the page does not wait for it any more, so stopping needs a second command that
//! knows the first by a name. Only work that changes nothing is run here: it is dropped wherever it is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// What runs and can be stopped.
#[derive(Debug, Default)]
pub struct Stops(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    next: u64,
    by_name: HashMap<String, (u64, oneshot::Sender<()>)>,
}

impl Stops {
    /// Runs work to its end, or until it is stopped; `None` then. What runs under the same name is stopped first.
    pub async fn run<T>(&self, name: &str, work: impl Future<Output = T>) -> Option<T> {
        let (stop, stopped) = oneshot::channel();
        let number = {
            let mut running = self.held();
            running.next += 1;
            let number = running.next;
            // The one before is stopped by the end of its sender.
            running.by_name.insert(name.to_owned(), (number, stop));
            number
        };
        let done = tokio::select! {
            done = work => Some(done),
            _ = stopped => None,
        };
        let mut running = self.held();
        if running.by_name.get(name).is_some_and(|(latest, _)| *latest == number) {
            running.by_name.remove(name);
        }
        done
    }

    /// Stops what runs under a name, if anything does.
    pub fn stop(&self, name: &str) {
        self.held().by_name.remove(name);
    }

    fn held(&self) -> MutexGuard<'_, Running> {
        // Each change of it is one insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Arc;

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
}
