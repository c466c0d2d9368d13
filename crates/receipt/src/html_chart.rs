//! The picture of what happened, on the page: a drawing, and the same in words.

use std::fmt::{self, Write as _};

use engine::What;

use crate::chart::{AXIS, Chart, Mark, SLICES};
use crate::entry::Entry;
use crate::html::{duration, size};
use crate::moment::Moment;

/// Height of the drawing, in its own units.
const HEIGHT: f64 = 1000.0;

/// Writes what happened, if it is known.
pub(crate) fn timeline(page: &mut String, entries: &[Entry]) -> fmt::Result {
    let Some(chart) = Chart::of(entries) else { return Ok(()) };
    let top = chart.speeds.iter().chain(chart.limits.iter().flatten()).copied().max().unwrap_or(0).max(1);
    let height = |speed: u64| HEIGHT - HEIGHT * 0.92 * (speed as f64 / top as f64);
    let wide = f64::from(AXIS) / SLICES as f64;
    write!(
        page,
        "<section class=\"happened\"><h2>What happened</h2>\n<svg class=\"chart\" viewBox=\"0 0 {AXIS} {HEIGHT}\" \
         preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Speed over time, at most {} a second\">",
        size(chart.speeds.iter().copied().max().unwrap_or(0))
    )?;
    for mark in chart.marks.iter().filter(|mark| is_band(mark)) {
        let width = (mark.until - mark.from).max(AXIS / 200);
        write!(page, "<rect class=\"band\" x=\"{}\" y=\"0\" width=\"{width}\" height=\"{HEIGHT}\"/>", mark.from)?;
    }
    write!(page, "<path class=\"speed\" d=\"M0 {HEIGHT}")?;
    for (at, speed) in chart.speeds.iter().enumerate() {
        let (left, right) = (at as f64 * wide, (at + 1) as f64 * wide);
        write!(page, "L{left:.0} {y:.0}L{right:.0} {y:.0}", y = height(*speed))?;
    }
    write!(page, "L{AXIS} {HEIGHT}Z\"/>")?;
    for (at, limit) in chart.limits.iter().enumerate() {
        if let Some(limit) = limit {
            let y = height(*limit);
            write!(page, "<path class=\"limit\" d=\"M{:.0} {y:.0}h{:.0}\"/>", at as f64 * wide, wide * 0.6)?;
        }
    }
    for mark in chart.marks.iter().filter(|mark| matches!(mark.what, What::SentAgain { .. })) {
        write!(page, "<path class=\"again\" d=\"M{} {HEIGHT}l-50 0l50 -110l50 110z\"/>", mark.from)?;
    }
    let clock = |ms: i64| Moment::from_ms(ms).map(Moment::to_the_second).unwrap_or_default();
    write!(
        page,
        "</svg>\n<p class=\"axis\"><span>{} UTC</span><span>{} UTC</span></p>\n<ul class=\"small\">",
        clock(chart.began_ms),
        clock(chart.ended_ms)
    )?;
    for mark in &chart.marks {
        writeln!(page, "<li>{} {}</li>", clock(mark.begin_ms), Words(mark))?;
    }
    page.write_str("</ul></section>\n")
}

fn is_band(mark: &Mark) -> bool {
    mark.what.is_break() || mark.what == What::NoNetwork
}

/// What happened, in words.
struct Words<'a>(&'a Mark);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lasted = duration(self.0.lasted_ms);
        let rate = |limit: Option<u64>| match limit {
            None => "no limit".to_owned(),
            Some(0) => "stop".to_owned(),
            Some(limit) => format!("{}/s", size(limit)),
        };
        match self.0.what {
            What::Asleep => write!(f, "asleep for {lasted}"),
            What::Paused => write!(f, "paused for {lasted}"),
            What::Waited => write!(f, "back in line for {lasted}"),
            What::Failed => write!(f, "failed; tried again after {lasted}"),
            What::NotRunning => write!(f, "not running for {lasted}"),
            What::NoNetwork => write!(f, "no network for {lasted}"),
            What::Limit { from, to } => write!(f, "limit: {} instead of {}", rate(to), rate(from)),
            What::SentAgain { parts: 1 } => f.write_str("1 part was sent again"),
            What::SentAgain { parts } => write!(f, "{parts} parts were sent again"),
            What::StartedOver => f.write_str("started over"),
            What::Other => Ok(()),
        }
    }
}
