//! Options of a transfer that is known already.

use engine::{ConflictRule, End, EngineError, EngineOptions, OptionsChange, State};

use crate::world::{PART, World, object, one_at_a_time, slow, spec};

#[test]
fn what_waits_can_be_done_in_another_way_also_after_a_restart() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 6 * PART);
    let change = OptionsChange {
        parallel_parts: Some(2),
        part_size_bytes: Some(2 * PART as u64),
        conflict: Some(ConflictRule::Overwrite),
    };
    let ids = world.run_with(EngineOptions { rates: slow(1).rates, ..one_at_a_time() }, |run| async move {
        let first = run.add(spec(End::file(&path), object("there", "first"))).await;
        let second = run.add(spec(End::file(&path), object("there", "second"))).await;
        run.until(first, |view| view.state == State::Moving).await;
        run.engine.set_options(second, change).await.unwrap();
        let options = run.engine.view(second).unwrap().unwrap().spec.options;
        assert_eq!((options.parallel_parts, options.part_size_bytes), (2, 2 * PART as u64));
        assert_eq!(options.conflict, ConflictRule::Overwrite);

        // What has begun can only move more or fewer parts at a time.
        let refused = run.engine.set_options(first, change).await.unwrap_err();
        assert!(matches!(refused, EngineError::AlreadyBegun(id) if id == first), "{refused}");
        assert_eq!(run.engine.view(first).unwrap().unwrap().spec.options.parallel_parts, 3, "nothing is changed");
        let fewer = OptionsChange { parallel_parts: Some(1), ..OptionsChange::default() };
        run.engine.set_options(first, fewer).await.unwrap();
        assert_eq!(run.engine.view(first).unwrap().unwrap().spec.options.parallel_parts, 1);
        let none = OptionsChange { parallel_parts: Some(0), ..OptionsChange::default() };
        let refused = run.engine.set_options(first, none).await.unwrap_err();
        assert!(matches!(refused, EngineError::InvalidSpec(_)), "{refused}");
        (first, second)
    });
    world.store.add_object(&store::ObjectRef::new("there", "second"), vec![1], Default::default()).unwrap();
    world.run(|run| async move {
        assert_eq!(run.rest(ids.0).await.state, State::Done);
        assert_eq!(run.rest(ids.1).await.state, State::Done);
        let detail = run.engine.detail(ids.1).await.unwrap().unwrap();
        assert_eq!((detail.parts.len(), detail.view.spec.options.parallel_parts), (3, 2));
        assert_eq!(run.engine.view(ids.0).unwrap().unwrap().spec.options.parallel_parts, 1);
        assert_eq!(world.bytes_at("there", "second").unwrap(), bytes, "it was overwritten, as the new rule says");
    });
}

#[test]
fn a_paused_transfer_takes_new_options_and_one_that_is_over_does_not() {
    let world = &World::new();
    world.run_with(one_at_a_time(), |run| async move {
        let (path, _) = world.file("source", 4 * PART);
        run.engine.set_rates(slow(1).rates);
        let first = run.add(spec(End::file(&path), object("there", "first"))).await;
        let second = run.add(spec(End::file(&path), object("there", "second"))).await;
        run.until(first, |view| view.state == State::Moving).await;
        run.engine.pause(&[second]).await.unwrap();
        run.rest(second).await;
        let change = OptionsChange { part_size_bytes: Some(4 * PART as u64), ..OptionsChange::default() };
        // At the same time: neither is lost because the other is not written yet.
        let one_part = OptionsChange { parallel_parts: Some(1), ..OptionsChange::default() };
        let limit = std::num::NonZeroU64::new(1 << 40);
        let limited = [second];
        let told = tokio::join!(
            run.engine.set_options(second, change),
            run.engine.set_own_limit(&limited, limit),
            run.engine.set_options(second, one_part),
        );
        assert!(matches!(told, (Ok(()), Ok(()), Ok(()))), "{told:?}");
        let options = run.engine.view(second).unwrap().unwrap().spec.options;
        assert_eq!((options.part_size_bytes, options.parallel_parts), (4 * PART as u64, 1));
        assert_eq!(options.limit_bytes_per_second, limit);
        run.engine.set_rates(engine::RateLimits::default());
        run.engine.resume(&[second]).await.unwrap();
        assert_eq!(run.rest(second).await.state, State::Done);
        assert_eq!(run.engine.detail(second).await.unwrap().unwrap().parts.len(), 1);
        let late = run.engine.set_options(second, change).await.unwrap_err();
        assert!(matches!(late, EngineError::AlreadyBegun(_)), "{late}");
        let nobody = run.engine.set_options(engine::TransferId(99), change).await.unwrap_err();
        assert!(matches!(nobody, EngineError::NoSuchTransfer(_)), "{nobody}");
    });
}
