#![no_main]

#[path = "../../crates/engine/tests/main/ledger_rows.rs"]
mod ledger_rows;

thread_local! {
    static WORLD: ledger_rows::Sandbox = ledger_rows::Sandbox::new();
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| WORLD.with(|world| world.check(input)));
