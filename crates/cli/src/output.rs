//! The two streams. Nobody reading any more (a closed pipe) is no error of ours, so failures to print are let go.

use std::fmt::Write as _;
use std::io::Write as _;

/// A line of result, on standard output.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line for the person, on standard error.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// One JSON value as one line on standard output. It is flushed, so that a reader sees it at once.
pub(crate) fn json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{text}");
            let _ = out.flush();
        }
        // Only maps with keys that are no strings can do this, and there are none.
        Err(reason) => tracing::error!(%reason, "a value could not be written as JSON"),
    }
}

/// Text that came from elsewhere (a key, a file name, a message) with its control characters made visible: a key must
/// not be able to drive the terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_drive_the_terminal() {
        assert_eq!(printable("报告 😀.txt"), "报告 😀.txt");
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }
}
