//! A transfer's own sockets, and what the policy says of where they lead.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::os::fd::RawFd;

use super::dispatch::Dispatch;
use super::ended::Ended;
use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::escape::escape;

/// The transfer's own sockets: what a guest calls each, by the number that libcurl has for it while it is open.
#[derive(Default)]
pub(super) struct Sockets {
    open: RefCell<HashMap<RawFd, u64>>,
    made: Cell<u64>,
}

impl Sockets {
    /// A socket was made, or accepted.
    pub(super) fn add(&self, socket: RawFd) -> u64 {
        let id = self.made.get() + 1;
        self.made.set(id);
        self.open.borrow_mut().insert(socket, id);
        id
    }

    pub(super) fn id(&self, socket: RawFd) -> Option<u64> {
        self.open.borrow().get(&socket).copied()
    }

    pub(super) fn remove(&self, socket: RawFd) -> Option<u64> {
        self.open.borrow_mut().remove(&socket)
    }
}

impl Dispatch {
    pub(super) fn policy_allows(&self, address: &Address) -> bool {
        let Some(ended) = self.denial(address) else {
            return true;
        };
        self.refused.replace(Some(ended));
        false
    }

    /// Why the policy forbids this address, in the operator's log; `None` where it does not.
    pub(super) fn denial(&self, address: &Address) -> Option<Ended> {
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
