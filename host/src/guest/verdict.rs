//! An answer or a trap, made into what the transfer acts on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::bindings::{opensocket, types};
use super::trap;
use crate::address::Address;
use crate::cause::Cause;
use crate::escape::{REASON_BYTES, cut};

/// Why a guest gave no verdict that can be acted on.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The cause.
    pub(crate) cause: Cause,
    /// The limit that was reached, in its own unit.
    pub(crate) limit: Option<u64>,
    /// What was used of it.
    pub(crate) used: Option<u64>,
    /// The words that came with it, the guest's own or wasmtime's; not escaped yet.
    pub(crate) reason: Option<String>,
    /// The guest's frames, innermost first.
    pub(crate) backtrace: Vec<String>,
}

impl Failure {
    /// A failure with nothing but its cause.
    pub(crate) fn of(cause: Cause) -> Failure {
        Failure {
            cause,
            limit: None,
            used: None,
            reason: None,
            backtrace: Vec::new(),
        }
    }

    /// A verdict that no verdict may be.
    pub(crate) fn bad_return(why: &str) -> Failure {
        Failure {
            reason: Some(why.to_owned()),
            ..Failure::of(Cause::BadReturn)
        }
    }

    fn aborted(words: &str) -> Failure {
        Failure {
            reason: Some(cut(words, REASON_BYTES).to_owned()),
            ..Failure::of(Cause::GuestAbort)
        }
    }

    fn trapped(error: &wasmtime::Error) -> Failure {
        let classified = trap::classify(error);
        Failure {
            cause: classified.cause,
            limit: classified.limit,
            used: classified.used,
            reason: classified.reason,
            backtrace: trap::backtrace(error),
        }
    }
}

/// What an export returned: an answer, the guest's abort, or a trap.
pub(super) type Returned<T> = wasmtime::Result<Result<T, String>>;

/// The answer, or why there is none.
pub(super) fn answer<T>(returned: Returned<T>) -> Result<T, Failure> {
    match returned {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(words)) => Err(Failure::aborted(&words)),
        Err(error) => Err(Failure::trapped(&error)),
    }
}

/// The verdict on an address.
#[derive(Clone, Debug)]
pub(crate) enum OpenVerdict {
    /// libcurl may dial it.
    Allow,
    /// Not this one, for this reason.
    Deny(String),
    /// Dial this one instead.
    ConnectTo(Address),
}

/// The guest's verdict in the host's types.
pub(super) fn open_verdict(verdict: opensocket::Verdict) -> Result<OpenVerdict, Failure> {
    Ok(match verdict {
        opensocket::Verdict::Allow => OpenVerdict::Allow,
        opensocket::Verdict::Deny(words) => OpenVerdict::Deny(cut(&words, REASON_BYTES).to_owned()),
        opensocket::Verdict::ConnectTo(address) => OpenVerdict::ConnectTo(
            address_of(address).ok_or_else(|| Failure::bad_return("connect-to is given no address"))?,
        ),
    })
}

/// A guest's address in the host's type; `None` where it is none.
pub(super) fn address_of(address: types::Address) -> Option<Address> {
    match address {
        types::Address::Inet(inet) => {
            let ip = match *inet.ip.as_slice() {
                [a, b, c, d] => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
                _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(inet.ip).ok()?)),
            };
            Some(Address::Inet(match ip {
                IpAddr::V4(ip) => SocketAddr::V4(SocketAddrV4::new(ip, inet.port)),
                IpAddr::V6(ip) => SocketAddr::V6(SocketAddrV6::new(ip, inet.port, inet.flow_info, inet.scope_id)),
            }))
        }
        types::Address::Unix(path) => Address::unix(path),
    }
}

/// The host's address in the guest's type.
pub(super) fn guest_address(address: &Address) -> types::Address {
    match address {
        Address::Inet(SocketAddr::V4(to)) => types::Address::Inet(types::Inet {
            ip: to.ip().octets().to_vec(),
            port: to.port(),
            flow_info: 0,
            scope_id: 0,
        }),
        Address::Inet(SocketAddr::V6(to)) => types::Address::Inet(types::Inet {
            ip: to.ip().octets().to_vec(),
            port: to.port(),
            flow_info: to.flowinfo(),
            scope_id: to.scope_id(),
        }),
        Address::Unix(path) => types::Address::Unix(path.clone()),
    }
}
