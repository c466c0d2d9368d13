//! A real network, in a namespace of its own: the test starts itself again in one where it may change everything.

use std::process::Command;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Network, Picture};
use crate::Change;
use crate::inside::is_inside;
use crate::source::Source as _;

const DEADLINE: Duration = Duration::from_secs(30);

/// `ip` of iproute2.
fn ip(words: &str) {
    let output = Command::new("ip").args(words.split(' ')).output().expect("ip of iproute2 is needed");
    assert!(output.status.success(), "ip {words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Two ends of a cable, and this computer has an address at one of them.
fn cable() {
    ip("link set lo up");
    ip("link add near type veth peer name far");
    ip("addr add 10.77.0.1/24 dev near");
    ip("link set near up");
    ip("link set far up");
    until(|picture| *picture != Picture::default());
}

fn until(is_so: impl Fn(&Picture) -> bool) -> Picture {
    let begun = std::time::Instant::now();
    loop {
        let picture = Picture::take().unwrap();
        if is_so(&picture) {
            return picture;
        }
        assert!(begun.elapsed() < DEADLINE, "it stays {picture:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_picture_shows_what_a_connection_would_notice_and_nothing_else() {
    if !is_inside("network::tests::a_picture_shows_what_a_connection_would_notice_and_nothing_else") {
        return;
    }
    cable();
    let mut last = Picture::take().unwrap();
    for words in [
        "addr add 127.0.0.2/8 dev lo",
        "link add docker0 type veth peer name veth0",
        "addr add 172.17.0.1/16 dev docker0",
        "link set docker0 up",
        "link set veth0 up",
        "route add 10.99.0.0/16 dev docker0",
        "addr add fe80::77/64 dev near nodad",
    ] {
        ip(words);
        assert_eq!(Picture::take().unwrap(), last, "{words}");
    }
    for words in [
        "addr add 10.78.0.1/24 dev near",
        "route add default via 10.77.0.2 dev near",
        "route change default via 10.77.0.3 dev near",
        "addr add fd00:1:2:3::1/64 dev near nodad",
        "route add default via fd00:1:2:3::2 dev near",
        "addr del 10.78.0.1/24 dev near",
        "route del default dev near",
        "link set far down",
        "link set far up",
        "link set near down",
        "link set near up",
        "link del near",
    ] {
        ip(words);
        let now = until(|picture| *picture != last);
        last = now;
    }
    assert_eq!(last, Picture::default());
}

#[tokio::test]
async fn each_change_of_a_link_or_an_address_is_told_once() {
    if !is_inside("network::tests::each_change_of_a_link_or_an_address_is_told_once") {
        return;
    }
    cable();
    let (tell, mut told) = mpsc::channel(16);
    let (online, is_online) = tokio::sync::watch::channel(false);
    let listening = tokio::spawn(Box::new(Network::begin(online)).listen(tell));
    let mut next = async || tokio::time::timeout(DEADLINE, told.recv()).await.unwrap().unwrap();
    assert!(*is_online.borrow(), "there is an address from the start");
    let changes = [
        ("link set far down", false),
        ("link set far up", true),
        ("addr add 10.78.0.1/24 dev near", true),
        ("link del near", false),
    ];
    for (words, then_online) in changes {
        ip(words);
        assert_eq!((next().await, *is_online.borrow()), (Change::NetworkChanged, then_online), "{words}");
    }
    listening.abort();
    let _ = listening.await;
    assert_eq!(told.recv().await, None, "each change was told once");
}
