//! Who ends Tern from outside ends it in order, as a click on *Quit* does: the end of a session, `kill`, Ctrl-C.

use crate::front::Front;

/// Waits for a signal that asks for an end, once, and quits.
#[cfg(unix)]
pub async fn quit_when_asked(front: impl Front) {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = async || -> std::io::Result<&'static str> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Who starts Tern with `nohup` wants it to outlive the terminal.
        let mut hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        Ok(tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            _ = hung_up => "SIGHUP",
        })
    };
    match heard().await {
        Ok(signal) => {
            tracing::info!(signal, "Tern is asked to end");
            front.quit();
        }
        Err(error) => tracing::warn!(%error, "signals cannot be heard"),
    }
}

/// Whether this process was started with SIGHUP ignored; to be asked before anybody listens to it. Only Linux tells
/// without unsafe code; elsewhere it counts as not ignored.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// Reads the mask of ignored signals, in which the lowest bit is signal 1, SIGHUP.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u128::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Waits for Ctrl-C, once, and quits. The end of a session closes the window, which is heard elsewhere.
#[cfg(not(unix))]
pub async fn quit_when_asked(front: impl Front) {
    if tokio::signal::ctrl_c().await.is_ok() {
        front.quit();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_that_was_ignored_at_the_start_is_known() {
        let status_of = |before: &str| {
            let script = format!("{before} exec cat /proc/self/status");
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(ignores_hangup(&status_of("trap '' HUP;")));
        assert!(!ignores_hangup(&status_of("trap - HUP; trap '' INT;")) || is_hangup_ignored());
        assert!(!ignores_hangup("SigIgn:\t0000000000000002\n") && !ignores_hangup("") && !ignores_hangup("SigIgn: x"));
    }
}
