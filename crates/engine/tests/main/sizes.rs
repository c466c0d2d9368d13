//! The size of what has not been looked at yet.

use engine::{End, EngineOptions, NewTransfer, State};

use crate::world::{PART, World, object, one_at_a_time, slow, spec};

#[test]
fn what_was_said_of_the_size_is_shown_and_added_up_until_the_plan_says_better() {
    let world = &World::new();
    let (path, _) = world.file("source", 2 * PART);
    let ids = world.run_with(EngineOptions { rates: slow(1).rates, ..one_at_a_time() }, |run| async move {
        let first = run.add(spec(End::file(&path), object("there", "first"))).await;
        run.until(first, |view| view.state == State::Moving).await;
        let left = || run.engine.counts().unwrap().left_bytes;
        let before = left();
        let new = |name: &str, expected_bytes| NewTransfer {
            spec: spec(End::file(&path), object("there", name)),
            expected_bytes,
        };
        // The second has grown less than was said; the third says what nothing can have.
        let all = vec![new("second", Some(1_000_000)), new("third", Some(u64::MAX)), new("fourth", None)];
        let ids = run.engine.add(all).await.unwrap();
        assert_eq!(run.engine.view(ids[0]).unwrap().unwrap().size_bytes, Some(1_000_000));
        assert_eq!(run.engine.view(ids[2]).unwrap().unwrap().size_bytes, None);
        assert_eq!(left() - before, 1_000_000);
        ids
    });
    world.run(|run| async move {
        let sizes: Vec<Option<u64>> = ids.iter().map(|id| run.engine.view(*id).unwrap().unwrap().size_bytes).collect();
        assert!(sizes[0] == Some(1_000_000) || sizes[0] == Some(2 * PART as u64), "{sizes:?}");
        for id in ids {
            let view = run.rest(id).await;
            assert_eq!((view.state, view.size_bytes), (State::Done, Some(2 * PART as u64)));
            assert_eq!(view.done_bytes, 2 * PART as u64);
        }
        assert_eq!(run.engine.counts().unwrap().left_bytes, 0);
    });
}
