#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tos::fuzzing::answer(input));
