//! Faults of our own, as the window and the log tell them.

use std::sync::Arc;

use engine::ledger::{Ledger, LedgerError, Records};
use engine::{Bulk, Engine, EngineOptions, EngineParts, Fact, LocalDisk, StoreId, Stores, SystemClock, TransferError};
use serde_json::json;
use store::ObjectStore;
use tern_lib::events;

use crate::harness::{Ear, Harness};

/// A ledger that is broken altogether: the engine panics as soon as it looks at it.
#[derive(Debug)]
struct Broken;

impl Ledger for Broken {
    fn append(&self, _: &[Fact]) -> Result<(), LedgerError> {
        panic!("a fault")
    }
    fn append_bulk(&self, _: Bulk) -> Result<usize, LedgerError> {
        panic!("a fault")
    }
    fn records(&self) -> &dyn Records {
        panic!("a fault")
    }
}

/// No stores; nothing comes so far as to ask for one.
#[derive(Debug)]
struct NoStores;

#[async_trait::async_trait]
impl Stores for NoStores {
    async fn open(&self, _: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError> {
        panic!("a fault")
    }
}

#[test]
fn a_fault_that_stops_the_engine_is_told_to_the_window_without_a_click() {
    let harness = Harness::new();
    let ear = Ear::of(&harness.app);
    let pushes = harness.app.pushes.clone();
    let parts = EngineParts {
        stores: Arc::new(NoStores),
        ledger: Arc::new(Broken),
        disk: Arc::new(LocalDisk),
        clock: Arc::new(SystemClock::new()),
    };
    tauri::async_runtime::block_on(async {
        let engine = Engine::start(parts, EngineOptions::default());
        events::tell_stop(engine, pushes).await;
    });
    let push = ear.hear(|push| push["type"] == "notice");
    assert_eq!(push["notice"]["code"], "engine_stopped");
}

#[test]
fn after_a_regular_end_every_click_says_so_and_no_fault_is_told() {
    let harness = Harness::new();
    harness.ok("connect_practice", json!({}));
    harness.ok("app_status", json!({}));
    let ear = Ear::of(&harness.app);
    tauri::async_runtime::block_on(harness.app.shut_down());
    assert_eq!(harness.error("pause_all", json!({}))["code"], "engine_stopped");
    assert!(ear.all().iter().all(|push| push["type"] != "notice"), "{:?}", ear.all());
}
