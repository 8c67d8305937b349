//! CURLOPT_CLOSESOCKETFUNCTION: a socket is closed, whatever the guests say to it.

use std::os::fd::{AsRawFd as _, OwnedFd};

use crate::callback::Callback;
use crate::curl::OnClosesocket;
use crate::transfer::dispatch::Dispatch;

impl OnClosesocket for Dispatch {
    fn closesocket(&self, socket: OwnedFd) {
        self.on_closesocket(socket);
        self.note();
    }
}

impl Dispatch {
    /// Tells that a socket is closed, and closes it whatever comes back.
    pub(super) fn on_closesocket(&self, socket: OwnedFd) {
        let Some(id) = self.sockets.remove(socket.as_raw_fd()) else {
            return;
        };
        let call = || format!("closesocket(socket {id})");
        let _ = self.tell(Callback::Closesocket, call, |guest| guest.on_closesocket(id));
        self.guests.each(|guest| guest.forget_socket(id));
    }
}
