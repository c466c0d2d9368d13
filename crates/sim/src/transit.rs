//! Requests whose sender has gone: some are lost, some arrive all the same, later.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use store::{
    CopyObjectOptions, CopyPartRequest, ETag, MemoryStore, ObjectRef, ObjectSettings, ObjectStore as _, PartNumber,
    PutCondition, UploadBody, UploadRef,
};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::oracle::Oracle;
use crate::weather::Dice;

/// A request that changes something, with all that it needs.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Put(ObjectRef, ObjectSettings, PutCondition, Bytes),
    Copy(ObjectRef, CopyObjectOptions),
    Create(ObjectRef, ObjectSettings),
    Part(UploadRef, PartNumber, Bytes),
    PartCopy(UploadRef, PartNumber, CopyPartRequest),
    Complete(UploadRef, Vec<(PartNumber, ETag)>, PutCondition),
    Abort(UploadRef),
}

/// What is still on the wire. Clones share it; it outlives every run of the engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transit {
    /// By when they left: a runtime that ends drops their senders in an order of its own.
    late: Arc<Mutex<BTreeMap<u64, Request>>>,
    left: Arc<AtomicU64>,
    news: Arc<Notify>,
}

impl Transit {
    /// A request leaves; if its sender is dropped before it says that it arrived, the dice have decided.
    pub(crate) fn leaves(&self, request: Request, dice: &Dice) -> Journey {
        let number = self.left.fetch_add(1, Ordering::Relaxed);
        Journey { transit: self.clone(), number, request: dice.coin().then_some(request) }
    }

    /// Lets what is late arrive, one by one, for as long as it is not dropped.
    pub(crate) async fn arrive(self, memory: Arc<MemoryStore>, dice: Dice, oracle: Oracle) {
        loop {
            let late = std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner));
            for request in late.into_values() {
                sleep(dice.latency()).await;
                oracle.note(format!("late {request:?}"));
                // It has been through the network; and it takes effect without waiting for anything.
                dice.spare(true);
                take_effect(&memory, &oracle, request).await;
                dice.spare(false);
            }
            self.news.notified().await;
        }
    }
}

/// What it comes to is told to nobody.
async fn take_effect(memory: &MemoryStore, oracle: &Oracle, request: Request) {
    match request {
        Request::Put(object, settings, condition, bytes) => {
            drop(memory.put_object(&object, &settings, condition, UploadBody::from_bytes(bytes)).await);
        }
        Request::Copy(object, options) => drop(memory.copy_object(&object, &options).await),
        Request::Create(object, settings) => {
            if let Ok(upload_id) = memory.create_upload(&object, &settings).await {
                oracle.opened_late(upload_id);
            }
        }
        Request::Part(upload, number, bytes) => {
            drop(memory.upload_part(&upload, number, UploadBody::from_bytes(bytes)).await);
        }
        Request::PartCopy(upload, number, request) => drop(memory.upload_part_copy(&upload, number, &request).await),
        Request::Complete(upload, parts, condition) => {
            drop(memory.complete_upload(&upload, &parts, condition).await);
        }
        Request::Abort(upload) => drop(memory.abort_upload(&upload).await),
    }
}

/// A request between its sender and the store.
pub(crate) struct Journey {
    transit: Transit,
    number: u64,
    /// What arrives all the same, if it does.
    request: Option<Request>,
}

impl Journey {
    /// It has arrived.
    pub(crate) fn ends(mut self) {
        self.request = None;
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.transit.late.lock().unwrap_or_else(PoisonError::into_inner).insert(self.number, request);
            self.transit.news.notify_one();
        }
    }
}
