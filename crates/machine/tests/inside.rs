//! A test inside a network namespace of its own, with nothing of this computer's network in it.

use std::process::Command;

const INSIDE: &str = "TERN_INSIDE_NAMESPACE";

/// Runs the test with this full name again inside a new namespace, and says whether this is the run inside.
pub(crate) fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let output = Command::new("unshare")
        .args(["--user", "--net", "--map-root-user"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env(INSIDE, "1")
        .output()
        .expect("unshare of util-linux is needed");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "in a network namespace of its own: {said}");
    false
}
