//! What is said of transfers once they rest.

use std::time::Duration;

use engine::{Kind, Outcome, State, TransferView};

use crate::exit::Failure;
use crate::json_lines::Summary;
use crate::output::{self, printable};
use crate::size;
use crate::watch::Watched;

/// Tells results on standard output (a line each, or with `json` the summary) and trouble on standard error.
pub(crate) fn tell(watched: &Watched, took: Duration, json: bool) {
    let Watched { views, before } = watched;
    for view in views {
        match view.state {
            State::Done if json => {}
            State::Done => output::line(&done(view)),
            State::Failed => failed(view),
            _ => {}
        }
        if view.state == State::Done {
            warn_unless_verified(view);
        }
    }
    let paused: Vec<String> =
        views.iter().filter(|view| view.state == State::Paused).map(|view| view.id.to_string()).collect();
    if !paused.is_empty() {
        output::error(&format!(
            "Paused; nothing that was sent is lost. Go on with the same command, or with `tern-cli resume {}`.",
            paused.join(" ")
        ));
    }
    if json {
        output::json(&Summary::of(views, before, took.as_secs_f64()));
    } else if views.len() > 1 {
        let count = |state| views.iter().filter(|view| view.state == state).count();
        output::line(&format!(
            "{} done, {} failed, {} paused.",
            count(State::Done),
            count(State::Failed),
            count(State::Paused)
        ));
    }
}

fn done(view: &TransferView) -> String {
    let target = printable(&view.spec.target.to_string());
    let bytes = view.size_bytes.unwrap_or(0);
    let Some(result) = &view.result else { return format!("{target}: done") };
    match result.outcome {
        Outcome::Identical => format!("{target}: identical already (size and CRC64), left as it is"),
        Outcome::Skipped => format!("{target}: exists with other content, skipped"),
        Outcome::Moved => {
            let verb = match view.kind() {
                Kind::Upload => "uploaded",
                Kind::Download => "downloaded",
                Kind::Copy => "copied",
            };
            let proof = match (result.verified, result.target_crc64) {
                (true, Some(crc64)) => format!("verified (CRC64 {crc64} on both ends)"),
                _ => "not verified".to_owned(),
            };
            let busy = Duration::from_millis(view.stats.busy_ms).as_secs_f64();
            let pace = if busy >= 0.1 { format!(", {} in {busy:.1} s", rate(bytes, busy)) } else { String::new() };
            format!("{target}: {} {verb}{pace}, {proof}", size::size(bytes))
        }
    }
}

fn rate(bytes: u64, seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for a person; never negative")]
    let per_second = (bytes as f64 / seconds) as u64;
    format!("{}/s", size::size(per_second))
}

/// Done without proof is done, but never silently.
fn warn_unless_verified(view: &TransferView) {
    let moved = view.result.as_ref().filter(|result| result.outcome == Outcome::Moved);
    if let Some(result) = moved
        && !result.verified
    {
        let known = result.source_crc64.map_or_else(String::new, |crc64| format!(" (CRC64 of the source: {crc64})"));
        output::error(&format!(
            "tern-cli: {} is complete but not verified: the store reported no checksum to compare with{known}.",
            printable(&view.spec.target.to_string())
        ));
    }
}

fn failed(view: &TransferView) {
    match &view.error {
        Some(error) => Failure::from(error).tell(),
        None => Failure::new(format!("{} failed.", view.spec.target)).tell(),
    }
}
