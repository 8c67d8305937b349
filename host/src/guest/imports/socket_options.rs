//! `socket-options`: what a guest may set on a socket that it never holds.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt;
use rustix::net::{AddressFamily, SocketType};
use wasmtime::component::Resource;

use crate::guest::bindings::socket_options::{Host, HostSocketOptions, OptionError};
use crate::guest::instance::State;

/// The largest buffer that a guest may ask for.
const MAX_BUFFER: u32 = 16 << 20;
/// The kernel's own bound of TCP_KEEPIDLE and TCP_KEEPINTVL, in seconds.
const MAX_KEEP: u32 = 32_767;
/// The kernel's own bound of TCP_KEEPCNT.
const MAX_PROBES: u32 = 127;

/// The resource behind `socket-options`: a second descriptor of libcurl's socket, closed when the call is over.
#[allow(unreachable_pub, reason = "the generated bindings export it from a private module")]
pub struct SocketOptions {
    pub(in crate::guest) socket: OwnedFd,
    pub(in crate::guest) id: u64,
}

type Set = wasmtime::Result<Result<(), OptionError>>;
type This = Resource<SocketOptions>;

impl State {
    fn socket(&self, this: &This) -> wasmtime::Result<&OwnedFd> {
        Ok(&self.table.get(this)?.socket)
    }

    /// Sets an option of TCP.
    fn tcp(&self, this: &This, valid: bool, set: impl FnOnce(&OwnedFd) -> rustix::io::Result<()>) -> Set {
        let socket = self.socket(this)?;
        let is_tcp = sockopt::socket_type(socket) == Ok(SocketType::STREAM) && family(socket) != AddressFamily::UNIX;
        Ok(match (is_tcp, valid) {
            (false, _) => Err(OptionError::NotSupported),
            (true, false) => Err(OptionError::InvalidValue),
            (true, true) => told(set(socket)),
        })
    }

    /// Sets an option that IPv4 and IPv6 each have their own of.
    fn ip(
        &self,
        this: &This,
        v4: impl FnOnce(&OwnedFd) -> rustix::io::Result<()>,
        v6: impl FnOnce(&OwnedFd) -> rustix::io::Result<()>,
    ) -> Set {
        let socket = self.socket(this)?;
        Ok(match family(socket) {
            AddressFamily::INET => told(v4(socket)),
            AddressFamily::INET6 => told(v6(socket)),
            _ => Err(OptionError::NotSupported),
        })
    }

    fn buffer(&self, this: &This, bytes: u32, set: impl FnOnce(&OwnedFd, usize) -> rustix::io::Result<()>) -> Set {
        let socket = self.socket(this)?;
        Ok(match (1..=MAX_BUFFER).contains(&bytes) {
            true => told(set(socket, bytes as usize)),
            false => Err(OptionError::InvalidValue),
        })
    }
}

fn family(socket: &OwnedFd) -> AddressFamily {
    sockopt::socket_domain(socket).unwrap_or(AddressFamily::UNSPEC)
}

fn told(done: rustix::io::Result<()>) -> Result<(), OptionError> {
    done.map_err(|error| match error {
        Errno::INVAL | Errno::DOM => OptionError::InvalidValue,
        Errno::NOPROTOOPT | Errno::OPNOTSUPP => OptionError::NotSupported,
        _ => OptionError::Refused,
    })
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

impl Host for State {}

impl HostSocketOptions for State {
    fn id(&mut self, this: This) -> wasmtime::Result<u64> {
        Ok(self.table.get(&this)?.id)
    }

    fn set_tcp_nodelay(&mut self, this: This, on: bool) -> Set {
        self.tcp(&this, true, |socket| sockopt::set_tcp_nodelay(socket, on))
    }

    fn set_keepalive(&mut self, this: This, on: bool) -> Set {
        Ok(told(sockopt::set_socket_keepalive(self.socket(&this)?, on)))
    }

    fn set_tcp_keepidle(&mut self, this: This, idle: u32) -> Set {
        let valid = (1..=MAX_KEEP).contains(&idle);
        self.tcp(&this, valid, |socket| sockopt::set_tcp_keepidle(socket, seconds(idle)))
    }

    fn set_tcp_keepintvl(&mut self, this: This, interval: u32) -> Set {
        let valid = (1..=MAX_KEEP).contains(&interval);
        self.tcp(&this, valid, |socket| {
            sockopt::set_tcp_keepintvl(socket, seconds(interval))
        })
    }

    fn set_tcp_keepcnt(&mut self, this: This, count: u32) -> Set {
        let valid = (1..=MAX_PROBES).contains(&count);
        self.tcp(&this, valid, |socket| sockopt::set_tcp_keepcnt(socket, count))
    }

    fn set_tcp_user_timeout(&mut self, this: This, milliseconds: u32) -> Set {
        let valid = i32::try_from(milliseconds).is_ok();
        self.tcp(&this, valid, |socket| {
            sockopt::set_tcp_user_timeout(socket, milliseconds)
        })
    }

    fn set_rcvbuf(&mut self, this: This, bytes: u32) -> Set {
        self.buffer(&this, bytes, |socket, bytes| {
            sockopt::set_socket_recv_buffer_size(socket, bytes)
        })
    }

    fn set_sndbuf(&mut self, this: This, bytes: u32) -> Set {
        self.buffer(&this, bytes, |socket, bytes| {
            sockopt::set_socket_send_buffer_size(socket, bytes)
        })
    }

    fn set_tos(&mut self, this: This, value: u8) -> Set {
        self.ip(
            &this,
            |socket| sockopt::set_ip_tos(socket, value),
            |socket| sockopt::set_ipv6_tclass(socket, value.into()),
        )
    }

    fn set_ttl(&mut self, this: This, hops: u8) -> Set {
        if hops == 0 {
            return Ok(Err(OptionError::InvalidValue));
        }
        self.ip(
            &this,
            |socket| sockopt::set_ip_ttl(socket, hops.into()),
            |socket| sockopt::set_ipv6_unicast_hops(socket, Some(hops)),
        )
    }

    fn drop(&mut self, this: This) -> wasmtime::Result<()> {
        // Guests only ever borrow it; the host takes its own back.
        self.table.delete(this)?;
        Ok(())
    }
}
