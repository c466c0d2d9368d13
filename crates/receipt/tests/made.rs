//! Receipts of every kind, made up.

use engine::{Kind, Outcome, RequestId, RequestPurpose, Route, StoreId, Timeline, TransferId, What};
use proptest::option;
use proptest::prelude::*;
use receipt::{Entry, Moment, Parts, Place, Receipt, Times};
use store::{Crc64, ETag, VersionId};

/// Numbers that every reader of JSON takes exactly.
const WHOLE_MAX: u64 = (1 << 53) - 1;

fn moment() -> impl Strategy<Value = Moment> {
    (0..253_402_300_800_000_i64).prop_map(|ms| Moment::from_ms(ms).unwrap())
}

fn file() -> impl Strategy<Value = Place> {
    any::<String>().prop_map(|path| Place::File { path })
}

fn object() -> impl Strategy<Value = Place> {
    let texts = (any::<String>(), option::of(any::<String>()), "[a-z]{3,9}", any::<String>());
    (texts, option::of(any::<String>()), option::of("[0-9a-f]{32}(-[0-9]{1,3})?")).prop_map(
        |((store, endpoint, bucket, key), version, etag)| Place::Object {
            store: StoreId(store),
            endpoint,
            bucket,
            key,
            version: version.map(VersionId),
            etag: etag.map(ETag::new),
        },
    )
}

fn request() -> impl Strategy<Value = RequestId> {
    let purposes = [RequestPurpose::LookedAtSource, RequestPurpose::Published, RequestPurpose::Verified];
    (proptest::sample::select(purposes.to_vec()), any::<String>()).prop_map(|(purpose, id)| RequestId { purpose, id })
}

fn parts() -> impl Strategy<Value = Parts> {
    (any::<u32>(), 0..WHOLE_MAX, 0..WHOLE_MAX, 0..WHOLE_MAX, 0..WHOLE_MAX)
        .prop_map(|(count, size_bytes, sent, reused, confirmed)| Parts { count, size_bytes, sent, reused, confirmed })
}

fn times() -> impl Strategy<Value = Times> {
    (option::of(moment()), option::of(moment()), option::of(moment()), option::of(moment()), 0..WHOLE_MAX)
        .prop_map(|(added, planned, ended, verified, busy_ms)| Times { added, planned, ended, verified, busy_ms })
}

/// Something that happens: what, for how long, how many.
fn acts() -> impl Strategy<Value = Vec<(u8, u32, u32)>> {
    proptest::collection::vec((0..12_u8, any::<u32>(), any::<u32>()), 0..120)
}

/// Any timeline that an engine can have taken.
pub(crate) fn timeline() -> impl Strategy<Value = Timeline> {
    (0..4_000_000_000_000_i64, option::of(0..WHOLE_MAX), acts()).prop_map(|(began_ms, limit, acts)| {
        let mut timeline = Timeline::new(began_ms, limit);
        for (act, one, other) in acts {
            let (at_ms, long) = (timeline.worked_ms, u64::from(one));
            match act {
                0 => timeline.note(at_ms, long, What::Asleep),
                1 => timeline.note(at_ms, long, What::Paused),
                2 => timeline.note(at_ms, long, What::NotRunning),
                3 => timeline.note(at_ms, 0, What::SentAgain { parts: other }),
                4 => timeline.limit_is(at_ms, (other % 3 > 0).then_some(long)),
                5 => timeline.note(at_ms.saturating_sub(long), long.min(at_ms), What::NoNetwork),
                6 => timeline.note(at_ms, 0, What::StartedOver),
                _ => timeline.work(long / 64, u64::from(other)),
            }
        }
        timeline
    })
}

fn ends() -> impl Strategy<Value = (Kind, Option<Route>, Place, Place)> {
    let routes = proptest::sample::select(vec![Route::Server, Route::Relay]);
    prop_oneof![
        (file(), object()).prop_map(|(source, target)| (Kind::Upload, None, source, target)),
        (object(), file()).prop_map(|(source, target)| (Kind::Download, None, source, target)),
        (object(), object(), routes).prop_map(|(source, target, route)| (Kind::Copy, Some(route), source, target)),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let outcomes = proptest::sample::select(vec![Outcome::Moved, Outcome::Identical, Outcome::Skipped]);
    let crc64 = || option::of(any::<u64>().prop_map(Crc64));
    let requests = proptest::collection::vec(request(), 0..3);
    let first = (0..WHOLE_MAX, ends(), outcomes, 0..WHOLE_MAX, crc64(), crc64(), any::<bool>());
    (first, requests, option::of(parts()), 0..WHOLE_MAX, times(), option::of(timeline())).prop_map(
        |(first, requests, parts, retries, times, timeline)| {
            let (id, (kind, route, source, target), outcome, size_bytes, source_crc64, target_crc64, verified) = first;
            let transfer = TransferId(id);
            Entry {
                transfer,
                kind,
                route,
                outcome,
                source,
                target,
                size_bytes,
                source_crc64,
                target_crc64,
                verified,
                requests,
                parts,
                retries,
                times,
                timeline,
            }
        },
    )
}

/// Any receipt that can be.
pub(crate) fn receipt() -> impl Strategy<Value = Receipt> {
    (any::<String>(), moment(), proptest::collection::vec(entry(), 0..4)).prop_map(|(product, made, entries)| Receipt {
        product,
        made,
        entries,
    })
}

/// A minute with a limit, a sleep and two parts sent again.
pub(crate) fn example_timeline() -> Timeline {
    let mut timeline = Timeline::new(1_795_324_099_011, None);
    timeline.work(20_000, 20_000_000);
    timeline.note(12_000, 0, What::SentAgain { parts: 2 });
    timeline.note(20_000, 2_140, What::Asleep);
    timeline.work(10_000, 15_000_000);
    timeline.limit_is(30_000, Some(1_000_000));
    timeline.work(29_100, 27_000_000);
    timeline
}

/// A receipt of an upload and a copy, with every field set.
pub(crate) fn example() -> Receipt {
    let at = |ms: i64| Moment::from_ms(1_795_324_099_007 + ms).unwrap();
    let object = |bucket: &str, key: &str, version: Option<&str>| Place::Object {
        store: StoreId("env:https://tos-cn-beijing.volces.com".to_owned()),
        endpoint: Some("https://tos-cn-beijing.volces.com".to_owned()),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: version.map(|version| VersionId(version.to_owned())),
        etag: Some(ETag::new("0f343b0931126a20f133d67c2b018a3b-3")),
    };
    let request = |purpose, id: &str| RequestId { purpose, id: id.to_owned() };
    let upload = Entry {
        transfer: TransferId(7),
        kind: Kind::Upload,
        route: None,
        outcome: Outcome::Moved,
        source: Place::File { path: "/mnt/影像/take \"1\".mov".to_owned() },
        target: object("media", "raw/take \"1\".mov", Some("3Xk")),
        size_bytes: 55_000_000,
        source_crc64: Some(Crc64(u64::MAX)),
        target_crc64: Some(Crc64(u64::MAX)),
        verified: true,
        requests: vec![request(RequestPurpose::Published, "5f1c7a63"), request(RequestPurpose::Verified, "5f1c7a64")],
        parts: Some(Parts { count: 3, size_bytes: 20 << 20, sent: 4, reused: 1, confirmed: 3 }),
        retries: 2,
        times: Times {
            added: Some(at(0)),
            planned: Some(at(4)),
            ended: Some(at(61_250)),
            verified: None,
            busy_ms: 59_100,
        },
        timeline: Some(example_timeline()),
    };
    let copy = Entry {
        transfer: TransferId(8),
        kind: Kind::Copy,
        route: Some(Route::Relay),
        outcome: Outcome::Identical,
        source: object("media", "raw/take \"1\".mov", Some("3Xk")),
        target: object("media-copy", "raw/take \"1\".mov", None),
        ..upload.clone()
    };
    Receipt { product: "Tern 0.1.0".to_owned(), made: at(100_000), entries: vec![upload, copy] }
}
