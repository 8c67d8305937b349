//! `multi`: what a guest assigns to a socket. It stays with the host; libcurl is not told.

use crate::guest::bindings::multi;
use crate::guest::instance::State;

impl multi::Host for State {
    fn assign(&mut self, socket: u64, value: Option<u64>) -> wasmtime::Result<Result<(), multi::AssignError>> {
        Ok(match self.sockets.get_mut(&socket) {
            Some(assigned) => {
                *assigned = value;
                Ok(())
            }
            None => Err(multi::AssignError::UnknownSocket),
        })
    }
}
