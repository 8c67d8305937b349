//! The descriptors that this process has of its connections, as the kernel sees them.

use std::fs;
use std::net::SocketAddr;
use std::os::fd::RawFd;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::SockRef;

/// The descriptors of this process that are connected to this address.
pub(crate) fn connected_to(address: SocketAddr) -> Vec<RawFd> {
    let names = fs::read_dir("/proc/self/fd").unwrap();
    let numbers = names.filter_map(|it| it.ok()?.file_name().to_str()?.parse::<RawFd>().ok());
    let is = |number: &RawFd| look(*number, |socket| socket.peer_addr().ok()?.as_socket()) == Some(address);
    numbers.filter(is).collect()
}

/// Asks the kernel about a socket.
pub(crate) fn look<T>(number: RawFd, ask: impl FnOnce(SockRef<'_>) -> Option<T>) -> Option<T> {
    // A second descriptor of the same file, whoever closes the first meanwhile.
    let own = pidfd_open(getpid(), PidfdFlags::empty()).ok()?;
    let descriptor = pidfd_getfd(own, number, PidfdGetfdFlags::empty()).ok()?;
    ask(SockRef::from(&descriptor))
}
