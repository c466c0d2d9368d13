//! What may happen only once facts are durable waits here, under a number that the recorder answers with.

use super::{Behind, Driver};
use crate::error::{ErrorCode, TransferError};
use crate::queue::{Input, Job, JobId};
use crate::recorder::{Note, Passed};
use crate::transfer::TransferId;

impl Driver {
    pub(super) fn put_behind(&mut self, behind: Behind) -> u64 {
        self.state.next_barrier += 1;
        self.state.behind.insert(self.state.next_barrier, behind);
        self.state.next_barrier
    }

    pub(super) fn barrier(&mut self, ids: Vec<TransferId>, behind: Behind) {
        let number = self.put_behind(behind);
        self.send_note(Note::Barrier { ids, number });
    }

    pub(super) fn start_if_durable(&mut self, job: Job, passed: &Passed) {
        let error = match &passed.failure {
            Some(failure) => TransferError::new(ErrorCode::Ledger).because(failure),
            None if passed.unsynced.contains(&job.transfer) => TransferError::new(ErrorCode::TargetUnwritable)
                .with("path", &job.spec.target)
                .because("the disk did not accept what was written to it"),
            None if self.state.closing.is_some() => return,
            None => return self.start(job),
        };
        self.input(Input::Ended(job.id, Err(error)));
    }

    /// Takes a job away that waits behind a barrier; whether there was one.
    pub(super) fn take_from_behind(&mut self, job: JobId) -> bool {
        self.state.behind.values_mut().any(|behind| match behind {
            Behind::Jobs(jobs, _) => jobs.extract_if(.., |waiting| waiting.id == job).next().is_some(),
            _ => false,
        })
    }
}
