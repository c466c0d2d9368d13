//! What is said of transfers once they rest.

use std::time::Duration;

use engine::{Kind, Outcome, State, Stats, TransferId, TransferView};

use crate::exit::{Ending, Failure};
use crate::json_lines::Summary;
use crate::output::{self, printable};
use crate::size;

/// What transfers came to. Each is told when it rests: results on standard output, trouble on standard error.
#[derive(Debug)]
pub(crate) struct Report {
    json: bool,
    summary: Summary,
    /// Paused, to be named in the end.
    paused: Vec<TransferId>,
    /// Failed.
    pub(crate) failed: Vec<TransferId>,
}

impl Report {
    /// Nothing yet. With `json` there is a summary in the end in place of a line for each.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, summary: Summary::default(), paused: Vec::new(), failed: Vec::new() }
    }

    /// Tells and counts a transfer that has come to rest, and had done `before` when this command began.
    pub(crate) fn take(&mut self, view: &TransferView, before: &Stats) {
        self.summary.add(view, before, self.json);
        match view.state {
            State::Done => {
                if !self.json {
                    output::line(&done(view));
                }
                warn_unless_verified(view);
            }
            State::Failed => {
                self.failed.push(view.id);
                failed(view);
            }
            State::Paused => {
                self.paused.push(view.id);
                // It was not its user who paused it.
                if let Some(error) = &view.error {
                    Failure::from(error).tell();
                }
            }
            _ => {}
        }
    }

    /// Tells the whole, after `took`.
    pub(crate) fn close(mut self, took: Duration) -> Ending {
        if !self.paused.is_empty() {
            self.paused.sort_unstable();
            let ids: Vec<String> = self.paused.iter().map(TransferId::to_string).collect();
            output::error(&format!(
                "Paused; nothing that was sent is lost. Go on with the same command, or with `tern-cli resume {}`.",
                ids.join(" ")
            ));
        }
        let ending = self.summary.ending();
        if self.json {
            self.summary.seconds = took.as_secs_f64();
            output::json(&self.summary.sorted());
        } else if self.summary.count() > 1 {
            let Summary { done, failed, paused, .. } = self.summary;
            output::line(&format!("{done} done, {failed} failed, {paused} paused."));
        }
        ending
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
