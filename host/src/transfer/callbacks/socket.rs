//! CURLMOPT_SOCKETFUNCTION: what libcurl waits for on a socket. The host watches it; the guests are told.

use std::os::fd::RawFd;

use crate::callback::Callback;
use crate::curl::{OnSocket, Poll};
use crate::guest::socket;
use crate::transfer::dispatch::Dispatch;

impl OnSocket for Dispatch {
    fn socket(&self, socket: RawFd, what: Poll) {
        self.on_socket(socket, what);
        self.note();
    }
}

impl Dispatch {
    /// Tells what libcurl waits for on a socket, where it is one of the transfer's own.
    pub(super) fn on_socket(&self, socket: RawFd, what: Poll) {
        let Some(id) = self.sockets.id(socket) else {
            return;
        };
        let (what, name) = match what {
            Poll::None => (socket::What::PollNone, "none"),
            Poll::In => (socket::What::PollIn, "in"),
            Poll::Out => (socket::What::PollOut, "out"),
            Poll::InOut => (socket::What::PollInout, "inout"),
            Poll::Remove => (socket::What::PollRemove, "remove"),
        };
        let call = || format!("socket({name}, socket {id})");
        let _ = self.tell(Callback::Socket, call, |guest| guest.on_socket(what, id));
    }
}
