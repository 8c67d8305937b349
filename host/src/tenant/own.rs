//! Whether an address is the machine's own, as the kernel says at this moment.
//!
//! The kernel is asked for the route to the address (RTM_GETROUTE over a netlink socket), as `ip route get` asks. A route of
//! the type local, anycast or broadcast ends at this machine. So an address counts from the moment at which it is added to an
//! interface, and so does a local route that no interface names, in whichever table the kernel's rules find it. The answer
//! takes about a microsecond, and nothing is cached.
//!
//! One socket serves the process. It is connected to the kernel, so no other process can answer. A failed socket is replaced
//! at the next question. It works in a hardened process: the filter of system calls allows netlink's NETLINK_ROUTE.
//!
//! An address under which the machine is reached through somebody else's translation (a cloud's public address, a router's
//! port forwarding) has a route that leads out and cannot be known here: a policy file denies it by `deny`.

use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use rustix::io::{Errno, retry_on_intr};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with};

/// linux/netlink.h and linux/rtnetlink.h.
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const RTM_NEWROUTE: u16 = 24;
const RTM_GETROUTE: u16 = 26;
const RTA_DST: u16 = 1;
/// The length of `nlmsghdr`, and of `rtmsg` behind it.
const HEADER: usize = 16;
const ROUTE: usize = 12;
/// Where `rtm_type` stands in `rtmsg`.
const TYPE: usize = HEADER + 7;
/// An answer has some 200 bytes.
const ANSWER: usize = 4096;

static KERNEL: Mutex<Option<Kernel>> = Mutex::new(None);

/// A socket on which the kernel answers, and the number of its last question.
struct Kernel {
    socket: OwnedFd,
    asked: u32,
}

/// Whether the kernel ends a connection to this address at this machine. A mapped address is the IPv4 address that it is.
///
/// # Errors
/// The kernel gave no answer, or one that has no known meaning: then nobody knows, and the address is not to be dialled.
pub(super) fn is_own(ip: IpAddr) -> io::Result<bool> {
    let mut kernel = KERNEL.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = kernel.take().map_or_else(Kernel::new, Ok).and_then(|mut asked| {
        let answer = asked.is_own(ip.to_canonical());
        // A socket that failed may hold answers to other questions, and is given up.
        *kernel = answer.is_ok().then_some(asked);
        answer
    });
    answer.map_err(io::Error::from)
}

/// Whether the kernel answers at all.
///
/// # Errors
/// As [`is_own`].
pub(super) fn check() -> io::Result<()> {
    is_own(IpAddr::from([127, 0, 0, 1])).map(drop)
}

impl Kernel {
    fn new() -> Result<Kernel, Errno> {
        // NETLINK_ROUTE is protocol 0.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
        connect(&socket, &SocketAddrNetlink::new(0, 0))?;
        Ok(Kernel { socket, asked: 0 })
    }

    fn is_own(&mut self, ip: IpAddr) -> Result<bool, Errno> {
        self.asked = self.asked.wrapping_add(1);
        let question = question(ip, self.asked);
        retry_on_intr(|| send(&self.socket, &question, SendFlags::empty()))?;
        let mut answer = [0; ANSWER];
        loop {
            // The kernel answers while it takes the question.
            let (length, _) = retry_on_intr(|| recv(&self.socket, &mut answer, RecvFlags::DONTWAIT))?;
            let answer = answer.get(..length).unwrap_or_default();
            if u32_at(answer, 8)? == self.asked {
                return meaning(answer);
            }
        }
    }
}

/// The question for the route to this address.
fn question(ip: IpAddr, number: u32) -> Vec<u8> {
    let (family, bytes) = match ip {
        IpAddr::V4(ip) => (AddressFamily::INET, ip.octets().to_vec()),
        IpAddr::V6(ip) => (AddressFamily::INET6, ip.octets().to_vec()),
    };
    let attribute = 4 + bytes.len();
    let mut question = Vec::with_capacity(HEADER + ROUTE + attribute);
    question.extend(((HEADER + ROUTE + attribute) as u32).to_ne_bytes());
    question.extend(RTM_GETROUTE.to_ne_bytes());
    question.extend(NLM_F_REQUEST.to_ne_bytes());
    question.extend(number.to_ne_bytes());
    question.extend([0; 4]);
    let mut route = [0; ROUTE];
    route[0] = family.as_raw() as u8;
    route[1] = (bytes.len() * 8) as u8;
    question.extend(route);
    question.extend((attribute as u16).to_ne_bytes());
    question.extend(RTA_DST.to_ne_bytes());
    question.extend(bytes);
    question
}

/// What the kernel's answer says. An address that no route leads to is not this machine's.
fn meaning(answer: &[u8]) -> Result<bool, Errno> {
    match u16_at(answer, 4)? {
        RTM_NEWROUTE => match answer.get(TYPE).copied() {
            Some(libc::RTN_LOCAL | libc::RTN_ANYCAST | libc::RTN_BROADCAST) => Ok(true),
            Some(libc::RTN_UNICAST | libc::RTN_MULTICAST) => Ok(false),
            Some(libc::RTN_BLACKHOLE | libc::RTN_UNREACHABLE | libc::RTN_PROHIBIT) => Ok(false),
            _ => Err(Errno::PROTO),
        },
        NLMSG_ERROR => {
            // The error's number, below zero.
            match (u32_at(answer, HEADER)? as i32).wrapping_neg() {
                libc::ENETUNREACH | libc::EHOSTUNREACH | libc::EINVAL | libc::EACCES => Ok(false),
                error @ 1..4096 => Err(Errno::from_raw_os_error(error)),
                // An answer without a route is none.
                _ => Err(Errno::PROTO),
            }
        }
        _ => Err(Errno::PROTO),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Errno> {
    let two = bytes.get(at..).and_then(|rest| rest.first_chunk());
    two.map(|two| u16::from_ne_bytes(*two)).ok_or(Errno::PROTO)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Errno> {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk());
    four.map(|four| u32::from_ne_bytes(*four)).ok_or(Errno::PROTO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: u16, at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut answer = vec![0; 64];
        answer[4..6].copy_from_slice(&kind.to_ne_bytes());
        answer[at..at + bytes.len()].copy_from_slice(bytes);
        answer
    }

    #[test]
    fn the_kernel_is_asked() {
        assert!(is_own([127, 0, 0, 1].into()).unwrap());
        assert!(is_own("::ffff:127.0.0.1".parse().unwrap()).unwrap());
        check().unwrap();
        // From many threads at once, each gets the answer to its own question.
        std::thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || {
                    for _ in 0..200 {
                        assert!(is_own([127, 0, 0, number].into()).unwrap());
                        assert!(!is_own([224, 0, 0, number + 1].into()).unwrap());
                    }
                });
            }
        });
    }

    #[test]
    fn each_type_of_route_and_each_error_has_its_meaning() {
        for (kind, own) in [
            (2, true),
            (3, true),
            (4, true),
            (1, false),
            (5, false),
            (6, false),
            (7, false),
            (8, false),
        ] {
            assert_eq!(meaning(&answer(RTM_NEWROUTE, TYPE, &[kind])), Ok(own), "{kind}");
        }
        for kind in [0, 9, 10, 11, 255] {
            assert!(meaning(&answer(RTM_NEWROUTE, TYPE, &[kind])).is_err(), "{kind}");
        }
        let error = |code: i32| meaning(&answer(NLMSG_ERROR, HEADER, &code.wrapping_neg().to_ne_bytes()));
        for code in [libc::ENETUNREACH, libc::EHOSTUNREACH, libc::EINVAL, libc::EACCES] {
            assert_eq!(error(code), Ok(false), "{code}");
        }
        for code in [
            0,
            libc::EPERM,
            libc::ENOBUFS,
            libc::EOPNOTSUPP,
            libc::EAFNOSUPPORT,
            i32::MIN,
            i32::MAX,
            -1,
        ] {
            assert!(error(code).is_err(), "{code}");
        }
        assert!(meaning(&answer(3, 0, &[])).is_err());
        for length in 0..HEADER {
            assert!(meaning(&vec![0; length]).is_err());
        }
    }
}
