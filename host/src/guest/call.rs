//! Into the guest: fuel and time filled up, one export called, what it burned counted. The exports are in three files:
//! what decides the body, what decides sockets, and what is told.

use std::time::Duration;

mod body;
mod sockets;
mod told;

use wasmtime::Store;

use super::instance::{Exports, Guest, State};
use super::passed::Bytes;
use super::verdict::{Failure, Returned, answer};
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
pub(crate) struct Calls([CallStats; Callback::ALL.len()], CallStats);

impl Calls {
    /// Each callback that was called, with its sums.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Callback, CallStats)> {
        Callback::ALL
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
        let at = Callback::ALL.iter().position(|other| *other == callback);
        if let Some(stats) = at.and_then(|at| self.0.get_mut(at)) {
            stats.count += 1;
            stats.fuel = stats.fuel.saturating_add(fuel);
            stats.time += time;
        }
        self.1 = CallStats { count: 1, fuel, time };
    }
}

impl Guest {
    /// Calls an export; where there is none the answer is `neutral`, libcurl's default, and no guest is entered.
    pub(in crate::guest) fn enter<T: Bytes>(
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
        self.store.data_mut().passed.begin();
        let Some(returned) = call(&self.exports, &mut self.store) else {
            return Ok(neutral);
        };
        let burned = budget.saturating_sub(self.store.get_fuel().unwrap_or(0));
        self.fuel_spent = self.fuel_spent.saturating_add(burned);
        let time = self.store.data().clock.elapsed();
        self.calls.add(callback, burned, time);
        if let Some(ledger) = &self.ledger {
            ledger.ran(time);
        }
        let returned = returned.and_then(|answer| {
            let bytes = answer.as_ref().map_or_else(String::len, Bytes::bytes);
            self.store.data_mut().passed.count(bytes)?;
            Ok(answer)
        });
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
