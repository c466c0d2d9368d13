//! Every code that Rust can send has words in the window.

use std::collections::BTreeSet;

use engine::ErrorCode;
use tern_lib::error::OwnCode;

use crate::read;

#[test]
fn the_window_knows_every_code_and_no_other() {
    let source = read("ui/src/i18n/errors.ts");
    let list = source.split("ERROR_CODES = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    let known: BTreeSet<&str> = list.split('\'').skip(1).step_by(2).collect();
    let sent: BTreeSet<&str> =
        ErrorCode::ALL.iter().map(|code| code.as_str()).chain(OwnCode::ALL.iter().map(|code| code.as_str())).collect();
    assert_eq!(known, sent);
}
