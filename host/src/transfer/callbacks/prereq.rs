//! CURLOPT_PREREQFUNCTION: a request is about to be sent, on a new connection or one that serves again. The host's own: the
//! policy judges the connection's other end.

use std::net::{IpAddr, SocketAddr};

use crate::address::Address;
use crate::curl::{Continue, OnPrereq};
use crate::transfer::dispatch::Dispatch;

impl OnPrereq for Dispatch {
    fn prereq(&self) -> Continue {
        self.noted(match !self.ended() && self.peer_is_allowed() {
            true => Continue::Yes,
            false => Continue::Abort,
        })
    }
}

impl Dispatch {
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
}
