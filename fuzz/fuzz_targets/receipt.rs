#![no_main]

use receipt::{Receipt, page};

// What is believed can be written and read again as the same, and shown.
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(found) = Receipt::parse(input) {
        let written = found.to_json().expect("it was read, so it can be written");
        assert_eq!(Receipt::parse(written.as_bytes()).expect("it was written here"), found);
        page(&found).expect("it can be shown");
    }
});
