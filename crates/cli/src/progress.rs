//! The progress bar: on standard error, and only if that is a terminal.

use engine::{Phase, TransferView};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::output::printable;
use crate::words;

/// One bar over all transfers of the command.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    /// As far as the bar has been.
    shown_bytes: u64,
    /// How many transfers there are.
    count: usize,
    /// How many of them are over, their size and what of it was moved.
    over: usize,
    over_total_bytes: u64,
    over_done_bytes: u64,
}

impl Progress {
    /// A bar for so many transfers, or nothing at all.
    pub(crate) fn new(shown: bool, count: usize) -> Self {
        let bar = if shown { ProgressBar::no_length() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template(
            "{spinner} [{wide_bar}] {binary_bytes}/{binary_total_bytes} {percent:>3}% {msg}",
        );
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        Self { bar, shown_bytes: 0, count, over: 0, over_total_bytes: 0, over_done_bytes: 0 }
    }

    /// A transfer has come to rest, and is not among those shown from now on.
    pub(crate) fn over(&mut self, view: &TransferView) {
        self.over += 1;
        self.over_total_bytes += view.size_bytes.unwrap_or(0);
        self.over_done_bytes += view.done_bytes;
    }

    /// Shows the transfers that are not over as they are now. A part in flight that breaks off does not move the bar back.
    pub(crate) fn show<'a>(&mut self, views: impl Iterator<Item = &'a TransferView>) {
        let (mut total, mut moved, mut speed) = (self.over_total_bytes, self.over_done_bytes, 0.0);
        let mut now: Option<&TransferView> = None;
        for view in views {
            total += view.size_bytes.unwrap_or(0);
            moved += view.done_bytes + view.in_flight_bytes;
            speed += view.speed_bytes_per_second;
            if now.is_none() && view.state.is_working() {
                now = Some(view);
            }
        }
        self.bar.set_length(total);
        self.shown_bytes = self.shown_bytes.max(moved).min(total);
        self.bar.set_position(self.shown_bytes);
        let left = if speed >= 1.0 { time_left(total.saturating_sub(moved) as f64 / speed) } else { String::new() };
        let of_many = if self.count > 1 { format!("{}/{} ", self.over, self.count) } else { String::new() };
        let doing = match now.map(|view| (view, view.phase())) {
            None => String::new(),
            Some((_, Phase::Transferring)) => format!("{}/s {left}", HumanBytes(speed as u64)),
            Some((view, phase)) => waiting(phase, view.retry_in_ms),
        };
        self.bar.set_message(format!("{of_many}{doing}"));
        self.bar.tick();
    }

    /// A transfer has started over: the bar may go back.
    pub(crate) fn start_over(&mut self) {
        self.shown_bytes = 0;
    }

    /// Says something without tearing the bar.
    pub(crate) fn say(&self, text: &str) {
        self.aside(|| crate::output::error(&printable(text)));
    }

    /// Does something that writes to the terminal without tearing the bar.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    /// Takes the bar away.
    pub(crate) fn close(&self) {
        self.bar.finish_and_clear();
    }
}

/// What a transfer that moves nothing does, and when it tries again.
fn waiting(phase: Phase, retry_in_ms: Option<u64>) -> String {
    let doing = words::phase(phase);
    match (retry_in_ms.map(|wait| wait as f64 / 1000.0), phase) {
        (Some(wait), Phase::NoNetwork) => format!("{doing}, next try in {wait:.0} s"),
        (Some(wait), _) => format!("{doing} in {wait:.0} s"),
        (None, _) => doing.to_owned(),
    }
}

fn time_left(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => String::new(),
        s if s < 100.0 => format!("{s:.0} s left"),
        s if s < 6000.0 => format!("{:.0} min left", s / 60.0),
        s => format!("{:.1} h left", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_without_network_is_said_to_wait_for_it() {
        assert_eq!(waiting(Phase::NoNetwork, Some(7_600)), "waiting for network, next try in 8 s");
        assert_eq!(waiting(Phase::NoNetwork, None), "waiting for network");
        assert_eq!(waiting(Phase::Retrying, Some(7_600)), "retrying in 8 s");
    }

    #[test]
    fn the_time_left_is_told_in_the_unit_that_a_person_would_use() {
        for (seconds, expected) in [(0.4, ""), (42.0, "42 s left"), (600.0, "10 min left"), (9000.0, "2.5 h left")] {
            assert_eq!(time_left(seconds), expected);
        }
    }
}
