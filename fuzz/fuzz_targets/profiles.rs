#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| accounts::fuzzing::profiles(input));
