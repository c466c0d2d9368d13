//! The entries of a receipt, and what was found of them, as the window shows them.

use engine::{Kind, Outcome, RequestPurpose, Route, What};
use receipt::{Chart, Current, Difference, Entry, Finding, Moment, Parts, Place, Proof};

use crate::dto::{AppError, Direction};
use crate::dto_receipts::{
    EndCheck, EndFinding, PaperEvent, PaperMark, PaperOutcome, PaperPurpose, PaperRequest, PaperRow, PaperTimeline,
};

pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(crate) fn direction(kind: Kind) -> Direction {
    match kind {
        Kind::Upload => Direction::Upload,
        Kind::Download => Direction::Download,
        Kind::Copy => Direction::Copy,
    }
}

/// Parts that were moved and were there already. Of an upload that was adopted fewer are known: those that others sent
/// are not among the sent ones.
pub(crate) fn parts_again(entry: &Entry) -> u64 {
    entry.parts.map_or(0, |Parts { sent, count, .. }| sent.saturating_sub(u64::from(count)))
}

/// What happened, as a picture.
pub(crate) fn timeline(chart: &Chart) -> PaperTimeline {
    let mark = |mark: &receipt::Mark| {
        let what = event(mark.what)?;
        let receipt::Mark { begin_ms, lasted_ms, from, until, .. } = *mark;
        Some(PaperMark { what, begin_ms, lasted_ms, from, until })
    };
    PaperTimeline {
        began_ms: chart.began_ms,
        ended_ms: chart.ended_ms,
        speeds: chart.speeds.clone(),
        limits: chart.limits.clone(),
        marks: chart.marks.iter().filter_map(mark).collect(),
    }
}

fn event(what: What) -> Option<PaperEvent> {
    Some(match what {
        What::Asleep => PaperEvent::Asleep,
        What::Paused => PaperEvent::Paused,
        What::Waited => PaperEvent::Waited,
        What::Failed => PaperEvent::Failed,
        What::NotRunning => PaperEvent::NotRunning,
        What::NoNetwork => PaperEvent::NoNetwork,
        What::Limit { from, to } => PaperEvent::Limit { from, to },
        What::SentAgain { parts } => PaperEvent::SentAgain { parts },
        What::StartedOver => PaperEvent::StartedOver,
        What::Other => return None,
    })
}

/// The last part of a path or key.
pub(crate) fn name(place: &Place) -> String {
    let whole = match place {
        Place::File { path } => path,
        Place::Object { key, .. } => key,
    };
    let trimmed = whole.trim_end_matches(['/', '\\']);
    let separators: &[char] = if matches!(place, Place::File { .. }) { &['/', '\\'] } else { &['/'] };
    trimmed.rsplit(separators).next().filter(|last| !last.is_empty()).unwrap_or(whole).to_owned()
}

/// The only one of them, or what all begin with, up to the end of a folder.
pub(crate) fn common(mut all: impl Iterator<Item = String>) -> String {
    let Some(first) = all.next() else { return String::new() };
    let (mut len, mut alone) = (first.len(), true);
    for next in all {
        alone = false;
        let same = first.char_indices().zip(next.chars()).take_while(|((at, here), there)| *at < len && here == there);
        len = same.last().map_or(0, |((at, here), _)| at + here.len_utf8());
    }
    if alone {
        return first;
    }
    let shared = first[..len].rfind(['/', '\\']).map_or("", |at| &first[..=at]);
    if shared == "tos://" || shared == "/" { String::new() } else { shared.to_owned() }
}

pub(crate) fn row(entry: &Entry, check: Option<(EndCheck, EndCheck)>) -> PaperRow {
    let object = [&entry.target, &entry.source].into_iter().find(|place| matches!(place, Place::Object { .. }));
    let (target_check, source_check) = check.unzip();
    PaperRow {
        transfer: entry.transfer.0,
        direction: direction(entry.kind),
        relayed: entry.route == Some(Route::Relay),
        outcome: match entry.outcome {
            Outcome::Moved => PaperOutcome::Moved,
            Outcome::Identical => PaperOutcome::Identical,
            Outcome::Skipped => PaperOutcome::Skipped,
        },
        name: name(&entry.target),
        from: entry.source.to_string(),
        to: entry.target.to_string(),
        size_bytes: entry.size_bytes,
        verified: entry.verified,
        source_crc64: entry.source_crc64.map(|crc| crc.to_string()),
        target_crc64: entry.target_crc64.map(|crc| crc.to_string()),
        etag: object.and_then(Place::etag).map(|tag| tag.as_str().to_owned()),
        version: object.and_then(Place::object).and_then(|object| object.version).map(|version| version.0),
        requests: entry.requests.iter().map(request).collect(),
        parts: entry.parts.map(|parts| parts.count),
        parts_again: parts_again(entry),
        added_ms: entry.times.added.map(Moment::ms),
        planned_ms: entry.times.planned.map(Moment::ms),
        ended_ms: entry.times.ended.map(Moment::ms),
        busy_ms: entry.times.busy_ms,
        target_check,
        source_check,
    }
}

fn request(request: &engine::RequestId) -> PaperRequest {
    let purpose = match request.purpose {
        RequestPurpose::LookedAtSource => PaperPurpose::LookedAtSource,
        RequestPurpose::Published => PaperPurpose::Published,
        RequestPurpose::Verified => PaperPurpose::Verified,
    };
    PaperRequest { purpose, id: request.id.clone() }
}

pub(crate) fn end_check(finding: Finding<AppError>) -> EndCheck {
    let plain = |finding| EndCheck { finding, found: None, expected: None, why: None };
    let differs = |finding, found: String, expected: String| EndCheck {
        found: Some(found),
        expected: Some(expected),
        ..plain(finding)
    };
    match finding {
        Finding::Equal(_, _, Current::Another) => plain(EndFinding::Superseded),
        Finding::Equal(_, _, Current::Deleted) => plain(EndFinding::Deleted),
        Finding::Equal(Proof::Content { rewritten: false }, ..) => plain(EndFinding::Equal),
        Finding::Equal(Proof::Content { rewritten: true }, ..) => plain(EndFinding::Rewritten),
        Finding::Equal(Proof::Tag, ..) => plain(EndFinding::ByTag),
        Finding::Equal(Proof::Size, ..) => plain(EndFinding::BySize),
        Finding::Different(Difference::Size { found, expected }) => {
            differs(EndFinding::SizeDiffers, found.to_string(), expected.to_string())
        }
        Finding::Different(Difference::Content { found, expected }) => {
            differs(EndFinding::ContentDiffers, found.to_string(), expected.to_string())
        }
        Finding::Different(Difference::Tag { found, expected }) => {
            differs(EndFinding::TagDiffers, found.as_str().to_owned(), expected.as_str().to_owned())
        }
        Finding::Gone => plain(EndFinding::Gone),
        Finding::Unchecked(error) => EndCheck { why: Some(error), ..plain(EndFinding::Unchecked) },
        Finding::Skipped => plain(EndFinding::Skipped),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_have_in_common_ends_with_a_folder() {
        let check = |all: &[&str], expected: &str| {
            assert_eq!(common(all.iter().map(|one| (*one).to_owned())), expected, "{all:?}");
        };
        check(&["/home/lin/a.mov"], "/home/lin/a.mov");
        check(&["/home/lin/a.mov", "/home/lin/ab.mov", "/home/lin/x/a"], "/home/lin/");
        check(&["tos://b/raw/一", "tos://b/raw/二"], "tos://b/raw/");
        check(&["tos://a/x", "tos://b/x"], "");
        check(&["/a", "/b"], "");
        check(&[r"C:\media\1", r"C:\media\2"], r"C:\media\");
        check(&["/ab/x", "/ab"], "");
        check(&[], "");
    }

    #[test]
    fn a_name_is_the_last_part() {
        let file = |path: &str| name(&Place::File { path: path.to_owned() });
        assert_eq!((file("/a/b.mov"), file(r"C:\a\b.mov"), file("/")), ("b.mov".into(), "b.mov".into(), "/".into()));
    }
}
