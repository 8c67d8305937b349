//! CURLOPT_OPENSOCKETFUNCTION: an address is about to be dialled. The policy is asked first, on the binary address, then the
//! guests, and after each the policy again on what that one put in its place.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType as RustixType, ipproto, socket_with};

use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{OnOpensocket, Open, SocketTarget, SocketType, descriptors};
use crate::escape::quote;
use crate::guest::OpenVerdict;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::ended::Ended;
use crate::transfer::guests::Who;
use crate::transfer::trace::Shown;

impl OnOpensocket for Dispatch {
    fn opensocket(&self, target: &SocketTarget) -> Open {
        self.noted(self.on_opensocket(target))
    }
}

impl Dispatch {
    pub(super) fn on_opensocket(&self, target: &SocketTarget) -> Open {
        if self.ended() || !self.name_allows() || !self.policy_allows(&target.address) {
            return Open::Refuse;
        }
        let Some(instead) = self.led_to(target) else {
            return Open::Refuse;
        };
        let made = make(instead.as_ref().unwrap_or(&target.address), target);
        match made.map_err(io::Error::from).and_then(taken_by_libcurl) {
            Ok(socket) => {
                self.refused.replace(None);
                self.sockets.add(socket.as_raw_fd());
                Open::Socket { socket, instead }
            }
            Err(error) => {
                // As where libcurl makes its own: this address failed, the next may do.
                let ended = Ended::because(Callback::Opensocket, Cause::System, error.to_string());
                self.refused.replace(Some(ended.about(&target.address)));
                // The nearest to too large a number that there is.
                Open::Failed(error.raw_os_error().unwrap_or(libc::EMFILE))
            }
        }
    }

    /// Where the guests lead it, if elsewhere than libcurl would; `None` where one of them, or the policy, refuses.
    fn led_to(&self, target: &SocketTarget) -> Option<Option<Address>> {
        let by_operator = self.verdict(Who::Operator, target, &target.address)?;
        let judged = by_operator.as_ref().unwrap_or(&target.address);
        match self.verdict(Who::Tenant, target, judged)? {
            Some(wish) if wish != *judged => {
                // What the operator's has not judged would be a way round it, so its word on this is the last.
                let instead = self.verdict(Who::Operator, target, &wish)?;
                Some(Some(instead.unwrap_or(wish)))
            }
            same => Some(same.or(by_operator)),
        }
    }

    /// Where a guest leads what would go to this address; as in [`Dispatch::led_to`].
    fn verdict(&self, who: Who, target: &SocketTarget, address: &Address) -> Option<Option<Address>> {
        let call = || format!("opensocket({address})");
        let stream = target.socktype == SocketType::Stream;
        let verdict = self.ask(
            who,
            Callback::Opensocket,
            call,
            |guest| guest.on_opensocket(target.accept, stream, target.protocol, address),
            || OpenVerdict::Allow,
        )?;
        match verdict {
            OpenVerdict::Allow => Some(None),
            OpenVerdict::Deny(words) => {
                let ended = Ended::because(Callback::Opensocket, Cause::Refused, words).by(who);
                self.refused.replace(Some(ended.about(address)));
                None
            }
            OpenVerdict::ConnectTo(instead) => self.policy_allows(&instead).then_some(Some(instead)),
        }
    }
}

/// Refuses a socket that libcurl could not wait for, which it would call a failure to connect.
fn taken_by_libcurl(socket: OwnedFd) -> io::Result<OwnedFd> {
    match descriptors::takes(socket.as_raw_fd()) {
        true => Ok(socket),
        false => Err(io::Error::other(
            "this libcurl was built without poll() and takes no more than 1024 descriptors in the process: build with \
             CFLAGS=-DHAVE_POLL",
        )),
    }
}

/// A socket of the address's family.
fn make(address: &Address, target: &SocketTarget) -> rustix::io::Result<std::os::fd::OwnedFd> {
    let family = match address {
        Address::Inet(inet) if inet.is_ipv4() => AddressFamily::INET,
        Address::Inet(_) => AddressFamily::INET6,
        Address::Unix(_) => AddressFamily::UNIX,
    };
    let socktype = match target.socktype {
        SocketType::Stream => RustixType::STREAM,
        SocketType::Datagram => RustixType::DGRAM,
    };
    // Protocol numbers belong to IP; a unix socket has none.
    let protocol = match (address, target.protocol) {
        (Address::Inet(_), libc::IPPROTO_TCP) => Some(ipproto::TCP),
        (Address::Inet(_), libc::IPPROTO_UDP) => Some(ipproto::UDP),
        _ => None,
    };
    socket_with(family, socktype, SocketFlags::CLOEXEC, protocol)
}

impl Shown for OpenVerdict {
    fn shown(&self) -> String {
        match self {
            OpenVerdict::Allow => "allow".to_owned(),
            OpenVerdict::Deny(words) => format!("deny {}", quote(words)),
            OpenVerdict::ConnectTo(address) => format!("connect to {address}"),
        }
    }
}
