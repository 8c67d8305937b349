//! An address is about to be dialled: the policy first, on the binary address, then the guest, then the policy again
//! on what the guest put in its place.

use rustix::net::{AddressFamily, SocketFlags, SocketType as RustixType, ipproto, socket_with};

use super::abort::Ended;
use super::dispatch::Dispatch;
use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Open, SocketTarget, SocketType};
use crate::guest::OpenVerdict;

impl Dispatch {
    pub(super) fn open(&self, target: &SocketTarget) -> Open {
        if self.ended() || !self.policy_allows(&target.address) {
            return Open::Refuse;
        }
        let call = || format!("opensocket({})", target.address);
        let stream = target.socktype == SocketType::Stream;
        let verdict = self.ask(
            Callback::Opensocket,
            call,
            |guest| guest.on_opensocket(target.accept, stream, target.protocol, &target.address),
            || OpenVerdict::Allow,
        );
        let instead = match verdict {
            None => return Open::Refuse,
            Some(OpenVerdict::Allow) => None,
            Some(OpenVerdict::Deny(words)) => {
                let ended = Ended::because(Callback::Opensocket, Cause::Refused, words);
                self.denied.replace(Some(ended.about(&target.address)));
                return Open::Refuse;
            }
            Some(OpenVerdict::ConnectTo(address)) if !self.policy_allows(&address) => return Open::Refuse,
            Some(OpenVerdict::ConnectTo(address)) => Some(address),
        };
        match make(instead.as_ref().unwrap_or(&target.address), target) {
            Ok(socket) => {
                self.denied.replace(None);
                Open::Socket { socket, instead }
            }
            Err(error) => {
                // As where libcurl makes its own: this address failed, the next may do.
                let ended = Ended::because(Callback::Opensocket, Cause::System, error.to_string());
                self.denied.replace(Some(ended.about(&target.address)));
                Open::Refuse
            }
        }
    }

    fn policy_allows(&self, address: &Address) -> bool {
        let Err(denial) = self.policy.decide(address) else {
            return true;
        };
        if let Some(log) = &self.observer.denials {
            log(&format!("denied {address}: {}", denial.0));
        }
        // The rule is for the operator's log: whoever asked reads no more than this.
        let ended = Ended::because(Callback::Opensocket, Cause::Policy, "denied");
        self.denied.replace(Some(ended.about(address)));
        false
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
