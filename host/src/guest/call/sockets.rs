//! The callbacks that decide about sockets and hosts.

use std::os::fd::OwnedFd;

use wasmtime::component::Resource;

use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::guest::bindings::types::Purpose;
use crate::guest::bindings::{opensocket, socket, sockopt, ssh_key};
use crate::guest::imports::SocketOptions;
use crate::guest::instance::Guest;
use crate::guest::verdict::{Failure, OpenVerdict, guest_address, open_verdict};

fn purpose(accept: bool) -> Purpose {
    if accept { Purpose::Accept } else { Purpose::Ipcxn }
}

impl Guest {
    /// Asks about an address.
    pub(crate) fn on_opensocket(
        &mut self,
        accept: bool,
        stream: bool,
        protocol: i32,
        address: &Address,
    ) -> Result<OpenVerdict, Failure> {
        let target = opensocket::Target {
            socktype: if stream {
                opensocket::Socktype::SockStream
            } else {
                opensocket::Socktype::SockDgram
            },
            protocol,
            address: guest_address(address),
        };
        let verdict = self.enter(Callback::Opensocket, opensocket::Verdict::Allow, |exports, store| {
            exports
                .opensocket
                .as_ref()
                .map(|opensocket| opensocket.call_on_opensocket(store, purpose(accept), &target))
        })?;
        open_verdict(verdict)
    }

    /// Lets the guest tune a socket, through a descriptor of its own that is closed after the call.
    pub(crate) fn on_sockopt(&mut self, accept: bool, id: u64, socket: OwnedFd) -> Result<sockopt::Action, Failure> {
        self.store.data_mut().sockets.entry(id).or_default();
        let full = |_| Failure::of(Cause::Handles);
        let options = self
            .store
            .data_mut()
            .table
            .push(SocketOptions { socket, id })
            .map_err(full)?;
        let lent = Resource::new_borrow(options.rep());
        let answer = self.enter(Callback::Sockopt, sockopt::Action::Ok, |exports, store| {
            exports
                .sockopt
                .as_ref()
                .map(|sockopt| sockopt.call_on_sockopt(store, purpose(accept), lent))
        });
        self.store.data_mut().table.delete(options).map_err(full)?;
        answer
    }

    /// Tells that a socket is about to be closed.
    pub(crate) fn on_closesocket(&mut self, id: u64) -> Result<(), Failure> {
        self.enter(Callback::Closesocket, (), |exports, store| {
            exports
                .closesocket
                .as_ref()
                .map(|closesocket| closesocket.call_on_closesocket(store, id))
        })
    }

    /// The socket is closed: nothing can be assigned to it any more.
    pub(crate) fn forget_socket(&mut self, id: u64) {
        self.store.data_mut().sockets.remove(&id);
    }

    /// Tells what libcurl waits for on a socket.
    pub(crate) fn on_socket(&mut self, what: socket::What, id: u64) -> Result<(), Failure> {
        let assigned = *self.store.data_mut().sockets.entry(id).or_default();
        self.enter(Callback::Socket, (), |exports, store| {
            exports
                .socket
                .as_ref()
                .map(|socket| socket.call_on_socket(store, what, id, assigned))
        })
    }

    /// Asks about an SSH host's key.
    pub(crate) fn on_ssh_key(
        &mut self,
        known: Option<&ssh_key::Key>,
        found: &ssh_key::Key,
        matched: ssh_key::Match,
    ) -> Result<ssh_key::Action, Failure> {
        self.enter(Callback::SshKey, ssh_key::Action::Reject, |exports, store| {
            exports
                .ssh_key
                .as_ref()
                .map(|ssh_key| ssh_key.call_on_ssh_key(store, known, found, matched))
        })
    }
}
