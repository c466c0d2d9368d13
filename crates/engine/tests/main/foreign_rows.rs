//! Ledgers that somebody has written into.

use crate::ledger_rows::Sandbox;
use crate::world::{World, object, spec};
use engine::ledger::{Ledger as _, Records as _, SqliteLedger};
use engine::{End, Fact, Filter, Phase, TransferId};

#[test]
fn a_row_that_says_anything_at_all_hides_no_other_and_upsets_nobody() {
    let sandbox = Sandbox::new();
    mangle::check_all("ledger_rows", 4_000, |input| sandbox.check(input));
}

#[test]
fn rows_and_counters_that_cannot_be_are_left_out_or_counted_anew() {
    for (line, is_left_out) in [
        (
            r#"transfer.checkpoint {"source":{"of":"file","size_bytes":5,"modified_ns":0,"file_id":null},"source_crc64":null,"part_size_bytes":0,"target":{"end":"file","path":"/x"},"settings":{},"overwrite":false,"temp_path":null,"session":null}"#,
            true,
        ),
        ("transfer.source {", true),
        // Nothing of a plan can be read: the transfer begins anew.
        ("transfer.checkpoint {", false),
        ("transfer.stats 7", true),
        ("transfer.size_bytes 9223372036854775807", true),
        ("transfer.done_bytes -9223372036854775808", true),
        ("transfer.id -5", true),
        ("part.size_bytes 9223372036854775807", false),
        ("part.number 4294967295", false),
        ("transfer.ord 9223372036854775807", false),
        ("counter.left_bytes 9223372036854775807", false),
        ("counter.n -1", false),
    ] {
        let sandbox = Sandbox::begun_with(line.as_bytes());
        sandbox.write_over(line.as_bytes());
        let folder = sandbox.into_folder();
        let (ledger, aside) = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap();
        assert_eq!(aside, None, "{line}");
        let ids: Vec<u64> = ledger.page(Filter::All, None, 10).unwrap().iter().map(|view| view.id.0).collect();
        assert_eq!(ids, if is_left_out { vec![1, 3, 4] } else { vec![1, 2, 3, 4] }, "{line}");
        let paused = ledger.counts().unwrap().paused;
        assert_eq!(paused, 1, "{line}");
        // What is left can be written to.
        ledger.append(&[Fact::Cancelled { id: TransferId(4), at_ms: 9 }, Fact::Removed { id: TransferId(3) }]).unwrap();
        assert_eq!(ledger.counts().unwrap().paused, 0, "{line}");
    }
}

/// One engine for each input, so there are fewer of them.
#[test]
fn the_engine_starts_and_works_whatever_its_ledger_says() {
    mangle::check_all("ledger_rows", 60, |input| {
        let sandbox = Sandbox::begun_with(input);
        sandbox.write_over(input);
        let world = &World { folder: sandbox.into_folder(), ..World::new() };
        let (path, bytes) = world.file("fresh", 3_000);
        world.run(|run| async move {
            let id = run.add(spec(End::file(path), object("here", "fresh"))).await;
            assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
            run.engine.shutdown().await;
        });
        assert_eq!(world.bytes_at("here", "fresh").unwrap(), bytes);
    });
}
