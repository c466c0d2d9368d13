#![no_main]

#[path = "../../crates/tos-local/tests/main/foreign_requests.rs"]
mod foreign_requests;

thread_local! {
    static WORLD: foreign_requests::Victim = foreign_requests::Victim::new();
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| WORLD.with(|world| world.check(input)));
