//! What of the network a connection depends on.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Names of interfaces behind which are only containers and virtual machines of this computer begin like this.
const INNER: [&str; 12] =
    ["br-", "cali", "cni", "docker", "flannel", "lxc", "lxdbr", "podman", "veth", "virbr", "vboxnet", "vmnet"];
/// Interfaces that come and go with connections, and lead nowhere without another one, begin like this.
const UPON_OTHERS: [&str; 10] =
    ["tailscale", "tap", "tun", "utun", "vEthernet", "VirtualBox", "VMware", "wg", "ZeroTier", "zt"];
/// Addresses that are nobody's (RFC 5737, RFC 3849): the default route leads there. Nothing is sent.
const ELSEWHERE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9),
];

/// The network at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Interfaces that are up, and where they are.
    addresses: BTreeSet<(String, IpAddr)>,
    /// Where the way to the internet begins, for IPv4 and IPv6.
    ways_out: [Option<IpAddr>; 2],
    /// The default routes, as far as the system shows them.
    routers: BTreeSet<String>,
}

impl Picture {
    /// The network now.
    pub(crate) fn take() -> io::Result<Self> {
        let up = if_addrs::get_if_addrs()?.into_iter().filter(if_addrs::Interface::is_oper_up);
        Ok(Self {
            addresses: up.filter_map(|one| place(&one.name, one.ip())).collect(),
            ways_out: ELSEWHERE.map(way_out),
            routers: routers(),
        })
    }

    /// Whether there is an address of the computer itself at which others could be met, with a cable or by radio.
    pub(crate) fn has_address(&self) -> bool {
        self.addresses.iter().any(|(interface, _)| !UPON_OTHERS.iter().any(|begin| interface.starts_with(begin)))
    }
}

/// An address as far as it counts; `None` where it does not.
fn place(interface: &str, ip: IpAddr) -> Option<(String, IpAddr)> {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let counts = !ip.is_loopback() && !link_local && !is_inner(interface);
    counts.then(|| (interface.to_owned(), network(ip)))
}

fn is_inner(interface: &str) -> bool {
    INNER.iter().any(|begin| interface.starts_with(begin))
}

/// Within a network of IPv6 a computer has many addresses, and new ones every day.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

/// The address from which this computer would reach another one. To connect a datagram socket sends nothing.
fn way_out(elsewhere: SocketAddr) -> Option<IpAddr> {
    let any = match elsewhere {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(elsewhere).ok()?;
    Some(network(socket.local_addr().ok()?.ip()))
}

#[cfg(target_os = "linux")]
fn routers() -> BTreeSet<String> {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (v4, v6) = (read("/proc/self/net/route"), read("/proc/self/net/ipv6_route"));
    v4.lines().filter_map(router_v4).chain(v6.lines().filter_map(router_v6)).collect()
}

/// Elsewhere the way out has to do: a router that is replaced by another one while all addresses stay is not seen.
#[cfg(not(target_os = "linux"))]
fn routers() -> BTreeSet<String> {
    BTreeSet::new()
}

/// A default route of `/proc/net/route`: interface, destination, gateway, four others, mask.
#[cfg(target_os = "linux")]
fn router_v4(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    match fields[..] {
        [interface, "00000000", gateway, _, _, _, _, "00000000", ..] if !is_inner(interface) => {
            Some(format!("{interface} {gateway}"))
        }
        _ => None,
    }
}

/// A default route of `/proc/net/ipv6_route`: destination, its length, source, its length, gateway, four others,
/// interface.
#[cfg(target_os = "linux")]
fn router_v6(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    match fields[..] {
        // On `lo` it says that there is no route.
        [_, "00", _, _, gateway, .., interface] if interface != "lo" && !is_inner(interface) => {
            Some(format!("{interface} {gateway}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(interface: &str, ip: &str) -> Option<String> {
        place(interface, ip.parse().unwrap()).map(|(interface, ip)| format!("{interface} {ip}"))
    }

    #[test]
    fn addresses_that_no_connection_to_elsewhere_uses_do_not_count() {
        for (interface, ip) in [
            ("lo", "127.0.0.1"),
            ("lo", "::1"),
            ("eth0", "fe80::1"),
            ("eth0", "169.254.7.7"),
            ("docker0", "172.17.0.1"),
            ("br-0a1b2c", "172.18.0.1"),
        ] {
            assert_eq!(placed(interface, ip), None, "{interface} {ip}");
        }
        assert_eq!(placed("eth0", "192.168.1.7").unwrap(), "eth0 192.168.1.7");
        assert_eq!(placed("tun0", "10.8.0.2").unwrap(), "tun0 10.8.0.2");
    }

    #[test]
    fn a_new_temporary_address_in_the_same_network_is_no_other_network() {
        let one = placed("wlan0", "2400:da00:1:2:aaaa::1").unwrap();
        assert_eq!(one, placed("wlan0", "2400:da00:1:2:bbbb::2").unwrap());
        assert_ne!(one, placed("wlan0", "2400:da00:1:3:aaaa::1").unwrap());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn default_routes_are_found_among_others() {
        let line = "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0";
        assert_eq!(router_v4(line).unwrap(), "wlan0 0101A8C0");
        assert_eq!(router_v4("wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0"), None);
        assert_eq!(router_v4("Iface\tDestination\tGateway"), None);
        let zero = "0".repeat(32);
        let gateway = "fe800000000000000000000000000001";
        let line = format!("{zero} 00 {zero} 00 {gateway} 00000400 00000001 00000000 00000003    wlan0");
        assert_eq!(router_v6(&line).unwrap(), format!("wlan0 {gateway}"));
        let none = format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo");
        assert_eq!(router_v6(&none), None);
        assert_eq!(router_v6(""), None);
    }
}
