//! CURLOPT_SOCKOPTFUNCTION: a socket may be tuned before it is connected, or when it was accepted.

use std::os::fd::{AsRawFd as _, BorrowedFd};

use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{OnSockopt, Sockopt};
use crate::guest::{Failure, sockopt};
use crate::transfer::dispatch::Dispatch;
use crate::transfer::ended::Ended;
use crate::transfer::trace::named;

impl OnSockopt for Dispatch {
    fn sockopt(&self, socket: BorrowedFd<'_>, accept: bool) -> Sockopt {
        self.noted(self.on_sockopt(socket, accept))
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
            || sockopt::Action::Ok,
            |action| *action == sockopt::Action::Ok,
        );
        match action {
            Some((_, sockopt::Action::Ok)) => Sockopt::Ok,
            Some((_, sockopt::Action::AlreadyConnected)) if !accept => Sockopt::AlreadyConnected,
            // Of an accepted connection libcurl takes either word for an error.
            Some((who, sockopt::Action::AlreadyConnected | sockopt::Action::Error)) => {
                let ended = Ended::new(Callback::Sockopt, Failure::of(Cause::Refused)).by(who);
                self.refused.replace(Some(ended.about("the socket")));
                Sockopt::Error
            }
            None => Sockopt::Error,
        }
    }
}

named! { sockopt::Action { Ok: "ok", Error: "error", AlreadyConnected: "already connected" } }
