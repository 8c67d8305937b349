//! A socket's way. An address is about to be dialled: the policy first, on the binary address, then the guests, and after
//! each the policy again on what it put in its place. Then the socket is tuned, watched and closed; and the host behind it
//! may have a key to be judged.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType as RustixType, ipproto, socket_with};

use super::dispatch::Dispatch;
use super::ended::Ended;
use super::guests::Who;
use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{
    Continue, KeyMatch, KeyType, KeyVerdict, OnClosesocket, OnOpensocket, OnPrereq, OnSocket, OnSockopt, OnSshKey,
    Open, Poll, SocketTarget, SocketType, Sockopt, SshKey, descriptors,
};
use crate::escape::escape;
use crate::guest::{Failure, GuestKeyType, Key, KeyAction, Match, OpenVerdict, SockoptAction, What};

/// The transfer's own sockets: what a guest calls each, by the number that libcurl has for it while it is open.
#[derive(Default)]
pub(super) struct Sockets {
    open: RefCell<HashMap<RawFd, u64>>,
    made: Cell<u64>,
}

impl Sockets {
    /// A socket was made, or accepted.
    fn add(&self, socket: RawFd) -> u64 {
        let id = self.made.get() + 1;
        self.made.set(id);
        self.open.borrow_mut().insert(socket, id);
        id
    }

    fn id(&self, socket: RawFd) -> Option<u64> {
        self.open.borrow().get(&socket).copied()
    }

    fn remove(&self, socket: RawFd) -> Option<u64> {
        self.open.borrow_mut().remove(&socket)
    }
}

impl OnOpensocket for Dispatch {
    fn opensocket(&self, target: &SocketTarget) -> Open {
        self.noted(self.on_opensocket(target))
    }
}

impl OnPrereq for Dispatch {
    fn prereq(&self) -> Continue {
        self.noted(match !self.ended() && self.peer_is_allowed() {
            true => Continue::Yes,
            false => Continue::Abort,
        })
    }
}

impl OnSockopt for Dispatch {
    fn sockopt(&self, socket: BorrowedFd<'_>, accept: bool) -> Sockopt {
        self.noted(self.on_sockopt(socket, accept))
    }
}

impl OnClosesocket for Dispatch {
    fn closesocket(&self, socket: OwnedFd) {
        self.on_closesocket(socket);
        self.note();
    }
}

impl OnSocket for Dispatch {
    fn socket(&self, socket: RawFd, what: Poll) {
        self.on_socket(socket, what);
        self.note();
    }
}

impl OnSshKey for Dispatch {
    fn ssh_key(&self, known: Option<SshKey>, found: SshKey, matched: KeyMatch) -> KeyVerdict {
        self.noted(self.on_ssh_key(known, found, matched))
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

    /// Whether the connection that a request is about to be sent on leads where the policy allows; the transfer is over
    /// where not. Its address was judged when it was dialled: this is for connections that somebody else dialled.
    pub(super) fn peer_is_allowed(&self) -> bool {
        if !self.policy.guards_network() {
            return true;
        }
        let info = self.info.get();
        // A file has no other end; whether it may be read is the policy's list of schemes.
        if info
            .and_then(|info| info.text("scheme"))
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("file"))
        {
            return true;
        }
        let peer = info.and_then(|info| {
            let ip: IpAddr = info.text("remote_ip")?.parse().ok()?;
            let port = u16::try_from(info.number("remote_port")).ok()?;
            Some(Address::Inet(SocketAddr::new(ip, port)))
        });
        let denied = match &peer {
            Some(address) => self.denial(address),
            None => Some(self.denied("the connection's other end", "libcurl does not tell its address")),
        };
        denied.is_none_or(|ended| {
            self.latch.set(ended);
            false
        })
    }

    fn policy_allows(&self, address: &Address) -> bool {
        let Some(ended) = self.denial(address) else {
            return true;
        };
        self.refused.replace(Some(ended));
        false
    }

    /// Why the policy forbids this address, in the operator's log; `None` where it does not.
    fn denial(&self, address: &Address) -> Option<Ended> {
        let denial = self.policy.decide(address).err()?;
        Some(self.denied(&address.to_string(), &denial.0))
    }

    /// Writes a rule to the operator's log. Whoever asked reads no more than "denied".
    pub(super) fn denied(&self, what: &str, rule: &str) -> Ended {
        if let Some(log) = &self.observer.denials {
            log(&format!("denied {}: {}", escape(what), escape(rule)));
        }
        Ended::because(Callback::Opensocket, Cause::Policy, "denied").about(escape(what))
    }
}

impl Dispatch {
    /// Lets the guests tune a socket that is not connected yet, or that was accepted.
    pub(super) fn on_sockopt(&self, socket: BorrowedFd<'_>, accept: bool) -> Sockopt {
        if self.ended() {
            return Sockopt::Error;
        }
        // libcurl closes an accepted one itself, without a word: what is known of its number is another's.
        let known = self.sockets.id(socket.as_raw_fd()).filter(|_| !accept);
        let id = known.unwrap_or_else(|| self.sockets.add(socket.as_raw_fd()));
        if !self.decides(Callback::Sockopt) {
            return Sockopt::Ok;
        }
        let call = || format!("sockopt({}, socket {id})", if accept { "accept" } else { "ipcxn" });
        let own = || {
            socket.try_clone_to_owned().map_err(|error| Failure {
                reason: Some(error.to_string()),
                ..Failure::of(Cause::System)
            })
        };
        let action = self.ask_both(
            Callback::Sockopt,
            call,
            |guest| guest.on_sockopt(accept, id, own()?),
            || SockoptAction::Ok,
            |action| *action == SockoptAction::Ok,
        );
        match action {
            Some((_, SockoptAction::Ok)) => Sockopt::Ok,
            Some((_, SockoptAction::AlreadyConnected)) if !accept => Sockopt::AlreadyConnected,
            // Of an accepted connection libcurl takes either word for an error.
            Some((who, SockoptAction::AlreadyConnected | SockoptAction::Error)) => {
                let ended = Ended::new(Callback::Sockopt, Failure::of(Cause::Refused)).by(who);
                self.refused.replace(Some(ended.about("the socket")));
                Sockopt::Error
            }
            None => Sockopt::Error,
        }
    }

    /// Tells what libcurl waits for on a socket, where it is one of the transfer's own.
    pub(super) fn on_socket(&self, socket: RawFd, what: Poll) {
        let Some(id) = self.sockets.id(socket) else {
            return;
        };
        let (what, name) = match what {
            Poll::None => (What::PollNone, "none"),
            Poll::In => (What::PollIn, "in"),
            Poll::Out => (What::PollOut, "out"),
            Poll::InOut => (What::PollInout, "inout"),
            Poll::Remove => (What::PollRemove, "remove"),
        };
        let call = || format!("socket({name}, socket {id})");
        let _ = self.tell(Callback::Socket, call, |guest| guest.on_socket(what, id));
    }

    /// Tells that a socket is closed, and closes it whatever comes back.
    pub(super) fn on_closesocket(&self, socket: OwnedFd) {
        let Some(id) = self.sockets.remove(socket.as_raw_fd()) else {
            return;
        };
        let call = || format!("closesocket(socket {id})");
        let _ = self.tell(Callback::Closesocket, call, |guest| guest.on_closesocket(id));
        self.guests.each(|guest| guest.forget_socket(id));
    }

    /// The guests' word on a key, and whose it is. Both must take it where both decide, and the file changes where both want
    /// the same of it.
    fn key_verdict(&self, ask: impl Fn(Who) -> Option<KeyAction>) -> (Who, Option<KeyAction>) {
        if !self.guests.operator.decides(Callback::SshKey) {
            return (Who::Tenant, ask(Who::Tenant));
        }
        let first = ask(Who::Operator);
        let takes = !matches!(first, None | Some(KeyAction::Reject | KeyAction::Defer));
        if !takes || !self.guests.tenant.decides(Callback::SshKey) {
            return (Who::Operator, first);
        }
        let second = ask(Who::Tenant).map(|second| match second {
            KeyAction::Reject | KeyAction::Defer => second,
            second if Some(second) == first => second,
            _ => KeyAction::Fine,
        });
        (Who::Tenant, second)
    }

    /// Whether an SSH host's key will do.
    pub(super) fn on_ssh_key(&self, known: Option<SshKey>, found: SshKey, matched: KeyMatch) -> KeyVerdict {
        let (matched, name) = match matched {
            KeyMatch::Ok => (Match::Ok, "ok"),
            KeyMatch::Mismatch => (Match::Mismatch, "mismatch"),
            KeyMatch::Missing => (Match::Missing, "missing"),
        };
        let call = || format!("ssh-key({name})");
        let (known, found) = (known.map(key), key(found));
        let ask = |who| {
            self.ask(
                who,
                Callback::SshKey,
                call,
                |guest| guest.on_ssh_key(known.as_ref(), &found, matched),
                // libcurl's own verdict where nobody is asked: it is fine if the file has it.
                || match matched {
                    Match::Ok => KeyAction::Fine,
                    Match::Mismatch | Match::Missing => KeyAction::Reject,
                },
            )
        };
        let (who, action) = self.key_verdict(ask);
        let refused = |verdict| {
            let ended = Ended::new(Callback::SshKey, Failure::of(Cause::Refused)).by(who);
            self.refused.replace(Some(ended.about("the host's key")));
            verdict
        };
        match action {
            // A file that nobody named is read, and stays as it is.
            Some(KeyAction::FineAddToFile | KeyAction::FineReplace) if self.keeps_known_hosts => KeyVerdict::Fine,
            Some(KeyAction::FineAddToFile) => KeyVerdict::FineAddToFile,
            Some(KeyAction::Fine) => KeyVerdict::Fine,
            Some(KeyAction::FineReplace) => KeyVerdict::FineReplace,
            // With CURLKHSTAT_DEFER libcurl on libssh2 stays where it is and asks again at once, without end.
            Some(KeyAction::Defer | KeyAction::Reject) => refused(KeyVerdict::Reject),
            None => KeyVerdict::Reject,
        }
    }
}

fn key(key: SshKey) -> Key {
    Key {
        bytes: key.bytes,
        key_type: match key.kind {
            KeyType::Unknown => GuestKeyType::Unknown,
            KeyType::Rsa1 => GuestKeyType::Rsa1,
            KeyType::Rsa => GuestKeyType::Rsa,
            KeyType::Dss => GuestKeyType::Dss,
            KeyType::Ecdsa => GuestKeyType::Ecdsa,
            KeyType::Ed25519 => GuestKeyType::Ed25519,
        },
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
