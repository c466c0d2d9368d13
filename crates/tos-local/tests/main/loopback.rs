//! Nobody but this computer reaches the server.

use std::net::{Ipv4Addr, TcpStream};

use crate::wire::practice;

#[tokio::test]
async fn the_server_listens_on_one_address_which_is_loopback() {
    for tls in [false, true] {
        let practice = practice(|options| options.tls = tls).await;
        let port = practice.port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        // All of 127.0.0.0/8 is this computer on Linux: a server that listened on every address would answer here, too.
        #[cfg(target_os = "linux")]
        {
            let refused = TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).unwrap_err();
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
            let of_port = format!(":{port:04X}");
            let listening: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
                .iter()
                .filter_map(|table| std::fs::read_to_string(table).ok())
                .flat_map(|table| table.lines().map(str::to_owned).collect::<Vec<_>>())
                .filter_map(|row| {
                    let mut words = row.split_whitespace().skip(1);
                    let (local, state) = (words.next()?.to_owned(), words.nth(1)?);
                    (state == "0A" && local.ends_with(&of_port)).then_some(local)
                })
                .collect();
            assert_eq!(listening, [format!("0100007F{of_port}")], "127.0.0.1, as the kernel writes it");
        }
    }
}
