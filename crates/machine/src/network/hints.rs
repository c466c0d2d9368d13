//! Hints that something about the network may have changed, without saying what.

/// Those of this system.
pub(crate) use system::Hints;

#[cfg(target_os = "linux")]
mod system {
    use std::os::fd::OwnedFd;

    use rustix::io::Errno;
    use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, netlink, recv, socket_with};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// The groups of rtnetlink(7) that tell of links, addresses and routes (`RTMGRP_*`, linux/rtnetlink.h).
    const LINK: u32 = 0x1;
    const IPV4_ADDRESS: u32 = 0x10;
    const IPV4_ROUTE: u32 = 0x40;
    const IPV6_ADDRESS: u32 = 0x100;
    const IPV6_ROUTE: u32 = 0x400;

    /// A netlink socket that the kernel writes to.
    #[derive(Debug)]
    pub(crate) struct Hints(Option<AsyncFd<OwnedFd>>);

    impl Hints {
        /// Begins to listen. Where that is not allowed there are no hints.
        pub(crate) fn open() -> Self {
            match socket() {
                Ok(socket) => Self(Some(socket)),
                Err(error) => {
                    tracing::info!(%error, "the kernel does not tell of the network, so it is looked at regularly");
                    Self(None)
                }
            }
        }

        /// Waits for the next hint.
        ///
        /// # Cancellation
        /// Nothing is lost.
        pub(crate) async fn next(&mut self) {
            let Some(socket) = &self.0 else { return std::future::pending().await };
            // What the messages say does not matter; they only have to be taken.
            let taken =
                socket.async_io(Interest::READABLE, |socket| Ok(recv(socket, &mut [0; 8192], RecvFlags::DONTWAIT)?));
            match taken.await {
                Ok(_) => {}
                // More came than the kernel keeps: a hint all the same.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => {}
                Err(error) => {
                    tracing::info!(%error, "the kernel tells no more of the network");
                    self.0 = None;
                }
            }
        }
    }

    #[expect(deprecated, reason = "what replaces it is unsafe code, and an OwnedFd keeps to what that asks for")]
    fn socket() -> std::io::Result<AsyncFd<OwnedFd>> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let rtnetlink = None; // NETLINK_ROUTE is protocol 0
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, rtnetlink)?;
        let groups = LINK | IPV4_ADDRESS | IPV4_ROUTE | IPV6_ADDRESS | IPV6_ROUTE;
        bind(&socket, &netlink::SocketAddrNetlink::new(0, groups))?;
        AsyncFd::new(socket)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// None: the network is looked at regularly.
    #[derive(Debug)]
    pub(crate) struct Hints;

    impl Hints {
        pub(crate) fn open() -> Self {
            Self
        }

        /// Waits for ever.
        pub(crate) async fn next(&mut self) {
            std::future::pending().await
        }
    }
}
