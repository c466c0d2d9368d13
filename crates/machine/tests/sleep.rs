//! Sleep, wake, and staying awake.

use std::time::Duration;

use rustix::process::Signal;

use crate::listener::{Listener, listens};
use crate::logind::{Bus, end, start_daemon, start_logind};

/// Another logind in place of the one there is.
fn restart_logind(bus: &mut Bus) {
    end(&mut bus.logind);
    bus.logind = start_logind(&bus.address());
}

/// Another bus at the same address, with another logind.
fn restart_bus(bus: &mut Bus) {
    end(&mut bus.daemon);
    end(&mut bus.logind);
    bus.daemon = start_daemon(&bus.socket());
    bus.logind = start_logind(&bus.address());
}

#[test]
fn sleep_and_wake_are_told_in_order_also_after_logind_or_the_bus_was_started_again() {
    if listens() {
        return;
    }
    let mut bus = Bus::start();
    let mut listener = Listener::start(
        "sleep::sleep_and_wake_are_told_in_order_also_after_logind_or_the_bus_was_started_again",
        &bus.address(),
    );
    for restart in [|_: &mut Bus| (), restart_logind, restart_bus] {
        restart(&mut bus);
        bus.until_subscribed();
        for (is_before, heard) in [(true, "GoingToSleep"), (false, "Woke")] {
            bus.prepare_for_sleep(is_before);
            assert_eq!(listener.hears(), heard);
        }
    }
}

#[test]
fn the_computer_is_kept_awake_only_while_that_is_wanted() {
    if listens() {
        return;
    }
    let bus = Bus::start();
    let mut listener = Listener::start("sleep::the_computer_is_kept_awake_only_while_that_is_wanted", &bus.address());
    bus.until_subscribed();
    assert_eq!(bus.inhibitors(), [], "nothing is wanted yet");
    for _ in 0..2 {
        listener.tell("awake");
        let held = bus.until_held(2);
        let words: Vec<_> = held.iter().map(|(what, who, _, mode, ..)| (&**what, &**who, &**mode)).collect();
        assert_eq!(words, [("idle", "Tern", "block"), ("sleep", "Tern", "block")]);
        listener.tell("rest");
        bus.until_held(0);
    }
    listener.tell("awake");
    bus.until_held(2);
    for (word, is, held) in [("awake", "is Held", 2), ("off", "is Off", 0), ("rest", "is Off", 0), ("on", "is Idle", 0)]
    {
        listener.tell(word);
        listener.tell(is);
        assert_eq!(listener.hears(), is);
        bus.until_held(held);
    }
    listener.tell("awake");
    bus.until_held(2);
    listener.signal(Signal::KILL);
    bus.until_held(0);
}

#[test]
fn without_a_bus_a_wake_is_known_by_the_gap_in_the_time() {
    if listens() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!("unix:path={}", folder.path().join("no-bus").display());
    let mut listener = Listener::start("sleep::without_a_bus_a_wake_is_known_by_the_gap_in_the_time", &nowhere);
    listener.tell("awake"); // cannot be had, which is told, and does no harm
    listener.tell("is Unavailable");
    assert_eq!(listener.hears(), "is Unavailable");
    listener.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(13)); // as long as it has to be to count as sleep, and a second more
    listener.signal(Signal::CONT);
    assert_eq!(listener.hears(), "Woke");
}
