//! Into the guest: fuel and time filled up, one export called, what it burned counted.

use std::time::Duration;

use wasmtime::Store;
use wasmtime::component::Resource;

use super::bindings::{done, header, opensocket, write};
use super::imports::{Request, RequestHead};
use super::instance::{Exports, Guest, State};
use super::verdict::{Failure, OpenVerdict, Returned, answer, guest_address, open_verdict};
use crate::address::Address;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::limits::Limit;

/// What the calls of one callback came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallStats {
    /// How many there were.
    pub(crate) count: u64,
    /// The fuel that they burned.
    pub(crate) fuel: u64,
    /// The time that they took.
    pub(crate) time: Duration,
}

/// What a guest's calls came to, callback by callback.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls([CallStats; Callback::EXPORTED.len()], CallStats);

impl Calls {
    /// Each callback that was called, with its sums.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Callback, CallStats)> {
        Callback::EXPORTED
            .into_iter()
            .zip(self.0)
            .filter(|(_, stats)| stats.count > 0)
    }

    /// How many calls there were.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().map(|stats| stats.count).sum()
    }

    /// The last call alone.
    pub(crate) fn last(&self) -> CallStats {
        self.1
    }

    fn add(&mut self, callback: Callback, fuel: u64, time: Duration) {
        let at = Callback::EXPORTED.iter().position(|other| *other == callback);
        if let Some(stats) = at.and_then(|at| self.0.get_mut(at)) {
            stats.count += 1;
            stats.fuel = stats.fuel.saturating_add(fuel);
            stats.time += time;
        }
        self.1 = CallStats { count: 1, fuel, time };
    }
}

impl Guest {
    /// Lets the guest amend the request.
    pub(crate) fn on_start(&mut self, head: RequestHead) -> Result<RequestHead, Failure> {
        if self.exports.start.is_none() {
            return Ok(head);
        }
        let full = |_| Failure::of(Cause::Handles);
        let request = self.store.data_mut().table.push(Request(head)).map_err(full)?;
        let lent = Resource::new_borrow(request.rep());
        self.enter(Callback::Start, (), |exports, store| {
            exports.start.as_ref().map(|start| start.call_on_start(store, lent))
        })?;
        let Request(head) = self.store.data_mut().table.delete(request).map_err(full)?;
        Ok(head)
    }

    /// Asks about an address.
    pub(crate) fn on_opensocket(
        &mut self,
        accept: bool,
        stream: bool,
        protocol: i32,
        address: &Address,
    ) -> Result<OpenVerdict, Failure> {
        let purpose = if accept {
            opensocket::Purpose::Accept
        } else {
            opensocket::Purpose::Ipcxn
        };
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
                .map(|opensocket| opensocket.call_on_opensocket(store, purpose, &target))
        })?;
        open_verdict(verdict)
    }

    /// Reports progress.
    pub(crate) fn on_xferinfo(&mut self, amounts: [u64; 4]) -> Result<(), Failure> {
        let [dltotal, dlnow, ultotal, ulnow] = amounts;
        self.enter(Callback::Xferinfo, (), |exports, store| {
            exports
                .xferinfo
                .as_ref()
                .map(|xferinfo| xferinfo.call_on_xferinfo(store, dltotal, dlnow, ultotal, ulnow))
        })
    }

    /// Shows a header line.
    pub(crate) fn on_header(&mut self, line: &[u8]) -> Result<header::Action, Failure> {
        self.enter(Callback::Header, header::Action::Deliver, |exports, store| {
            exports.header.as_ref().map(|header| header.call_on_header(store, line))
        })
    }

    /// Shows a chunk of the body.
    pub(crate) fn on_write(&mut self, chunk: &[u8]) -> Result<write::Action, Failure> {
        let before = self.body_bytes;
        self.body_bytes = before.saturating_add(chunk.len() as u64);
        let action = self.enter(Callback::Write, write::Action::Deliver, |exports, store| {
            exports.write.as_ref().map(|write| write.call_on_write(store, chunk))
        })?;
        if matches!(action, write::Action::Pause(_)) {
            // The same bytes come again: each adds to the total of fuel once.
            self.body_bytes = before;
        }
        Ok(action)
    }

    /// Tells that the body ended well; what comes back is delivered after it.
    pub(crate) fn on_write_end(&mut self) -> Result<Vec<u8>, Failure> {
        self.enter(Callback::WriteEnd, Vec::new(), |exports, store| {
            exports
                .write_end
                .as_ref()
                .map(|write_end| write_end.call_on_write_end(store))
        })
    }

    /// Tells how the transfer ended.
    pub(crate) fn on_done(&mut self, outcome: &done::Outcome) -> Result<(), Failure> {
        self.enter(Callback::Done, (), |exports, store| {
            exports.done.as_ref().map(|done| done.call_on_done(store, outcome))
        })
    }

    /// Calls an export; where there is none the answer is `neutral`, libcurl's default, and no guest is entered.
    fn enter<T>(
        &mut self,
        callback: Callback,
        neutral: T,
        call: impl FnOnce(&Exports, &mut Store<State>) -> Option<Returned<T>>,
    ) -> Result<T, Failure> {
        let fuel = self.limits.get(Limit::Fuel);
        let total = self.fuel_total();
        let budget = fuel.min(total.saturating_sub(self.fuel_spent));
        if let Err(error) = self.store.set_fuel(budget) {
            return answer(Err(error));
        }
        self.store.data_mut().clock.begin(self.limits.time(Limit::CallTime));
        let Some(returned) = call(&self.exports, &mut self.store) else {
            return Ok(neutral);
        };
        let burned = budget.saturating_sub(self.store.get_fuel().unwrap_or(0));
        self.fuel_spent = self.fuel_spent.saturating_add(burned);
        self.calls.add(callback, burned, self.store.data().clock.elapsed());
        answer(returned).map_err(|failure| self.explain(failure, budget < fuel, burned, total))
    }

    /// Fuel of the transfer so far allowed: a base, and an allowance for each byte of the body.
    fn fuel_total(&self) -> u64 {
        let allowance = self.limits.get(Limit::FuelPerByte).saturating_mul(self.body_bytes);
        self.limits.get(Limit::FuelTotal).saturating_add(allowance)
    }

    /// Says which of the two fuel limits it was, and what the sizes were that wasmtime does not name.
    fn explain(&self, failure: Failure, near_total: bool, burned: u64, total: u64) -> Failure {
        let limit = |limit: Limit| Some(self.limits.get(limit));
        match failure.cause {
            Cause::OutOfFuel if near_total => Failure {
                cause: Cause::OutOfFuelTotal,
                limit: Some(total),
                used: Some(self.fuel_spent),
                ..failure
            },
            Cause::OutOfFuel => Failure {
                limit: limit(Limit::Fuel),
                used: Some(burned),
                ..failure
            },
            Cause::ReturnedTooMuch => Failure {
                limit: limit(Limit::Returned),
                ..failure
            },
            Cause::Handles => Failure {
                limit: limit(Limit::Handles),
                ..failure
            },
            _ => failure,
        }
    }
}
