//! A transfer's guests: the operator's, where there is one, and the tenant's, which the caller's plugin is. Here is the one
//! place where a guest is entered, and the order in which both are: the operator's first, and the tenant's only where the
//! operator's answer leaves something to be decided.

use std::cell::{Cell, OnceCell, RefCell};

use enumset::EnumSet;

use super::dispatch::Dispatch;
use super::ended::Ended;
use super::trace::{self, Shown};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::guest::{Failure, Guest, Plugin};
use crate::limits::Limits;

/// A plugin of the operator's, which stands before the caller's in every callback: what it refuses is refused, and what it
/// changes is what the caller's plugin sees. It has a guest of its own, fresh for each transfer, which takes one of a
/// pooled host's places as any other.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The plugin.
    pub plugin: Plugin,
    /// What its guest may use, counted apart from the tenant's. Limits of the whole transfer, such as `body`, `pause` and
    /// `total-time`, are the host's policy's, whatever these say.
    pub limits: Limits,
    /// What its guest reads through `wasi:config/store`.
    pub config: Vec<(String, String)>,
}

/// Whose guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Who {
    /// The operator's.
    Operator,
    /// The tenant's.
    #[default]
    Tenant,
}

impl Who {
    /// Both, in the order in which they are asked.
    pub(super) const IN_TURN: [Who; 2] = [Who::Operator, Who::Tenant];
}

/// A guest, and what it decides.
#[derive(Default)]
pub(super) struct Seat {
    pub(super) guest: RefCell<Option<Guest>>,
    /// The callbacks that it decides.
    decided: Cell<EnumSet<Callback>>,
    /// It has sent bytes of its own, or ended the body: nobody else can send it again.
    pub(super) has_sent: Cell<bool>,
}

impl Seat {
    /// Whether this guest decides this callback.
    pub(super) fn decides(&self, callback: Callback) -> bool {
        self.decided.get().contains(callback)
    }

    /// Lets it.
    pub(super) fn decide(&self, callback: Callback) {
        self.decided.set(self.decided.get() | callback);
    }

    /// Takes these callbacks from it.
    fn unset(&self, callbacks: EnumSet<Callback>) {
        self.decided.set(self.decided.get() - callbacks);
    }
}

/// Both guests.
#[derive(Default)]
pub(super) struct Guests {
    pub(super) operator: Seat,
    pub(super) tenant: Seat,
    /// The operator's plugin.
    pub(super) plugin: OnceCell<Plugin>,
    /// Whose the last pause was.
    pub(super) paused_by: Cell<Who>,
}

impl Guests {
    pub(super) fn seat(&self, who: Who) -> &Seat {
        match who {
            Who::Operator => &self.operator,
            Who::Tenant => &self.tenant,
        }
    }

    pub(super) fn other(&self, who: Who) -> &Seat {
        match who {
            Who::Operator => &self.tenant,
            Who::Tenant => &self.operator,
        }
    }

    /// Does this with each guest that is not running.
    pub(super) fn each(&self, mut visit: impl FnMut(&mut Guest)) {
        for seat in Who::IN_TURN.map(|who| self.seat(who)) {
            if let Ok(mut guest) = seat.guest.try_borrow_mut()
                && let Some(guest) = guest.as_mut()
            {
                visit(guest);
            }
        }
    }
}

impl Dispatch {
    /// Whether one of the guests decides this callback.
    pub(super) fn decides(&self, callback: Callback) -> bool {
        Who::IN_TURN
            .into_iter()
            .any(|who| self.guests.seat(who).decides(callback))
    }

    /// Lets the tenant's guest decide this callback.
    pub(super) fn decide(&self, callback: Callback) {
        self.guests.tenant.decide(callback);
    }

    /// Takes these callbacks from the tenant's guest: libcurl's default from now on. The operator's stays.
    pub(super) fn unset(&self, callbacks: EnumSet<Callback>) {
        self.guests.tenant.unset(callbacks);
    }

    /// Asks both guests, the operator's first; the tenant's where the operator's answer lets it go on. The answer that
    /// counts, and whose it is; `None` once the transfer is over, which it may be by these very calls.
    pub(super) fn ask_both<T: Shown>(
        &self,
        callback: Callback,
        call: impl Fn() -> String,
        enter: impl Fn(&mut Guest) -> Result<T, Failure>,
        neutral: impl Fn() -> T,
        goes_on: impl FnOnce(&T) -> bool,
    ) -> Option<(Who, T)> {
        let first = self.ask(Who::Operator, callback, &call, &enter, &neutral)?;
        match goes_on(&first) {
            true => Some((Who::Tenant, self.ask(Who::Tenant, callback, call, enter, neutral)?)),
            false => Some((Who::Operator, first)),
        }
    }

    /// Tells both guests what nobody decides; `None` as in [`Dispatch::ask_both`].
    pub(super) fn tell(
        &self,
        callback: Callback,
        call: impl Fn() -> String,
        enter: impl Fn(&mut Guest) -> Result<(), Failure>,
    ) -> Option<()> {
        self.ask_both(callback, call, enter, || (), |()| true).map(|_| ())
    }

    /// Asks one guest; `None` once the transfer is over, which it may be by this very call. `call` describes the call for
    /// the trace.
    pub(super) fn ask<T: Shown>(
        &self,
        who: Who,
        callback: Callback,
        call: impl FnOnce() -> String,
        enter: impl FnOnce(&mut Guest) -> Result<T, Failure>,
        neutral: impl FnOnce() -> T,
    ) -> Option<T> {
        let over = self.over.get() || self.latch.is_set();
        if over || (self.finished.get() && !callback.comes_after_finish()) {
            return None;
        }
        let seat = self.guests.seat(who);
        #[cfg(feature = "testing")]
        if who == Who::Tenant || seat.decides(callback) {
            self.panic_if_told(callback);
            if self.stub_aborts(callback) {
                return self.latched(who, callback, Err(Failure::of(Cause::GuestAbort)));
            }
        }
        // It has seen enough, though the operator's guest goes on.
        let has_left = who == Who::Tenant && self.between.is_closed() && !callback.comes_after_finish();
        if has_left || !seat.decides(callback) {
            return Some(neutral());
        }
        let Ok(mut guest) = seat.guest.try_borrow_mut() else {
            // Nothing that a guest imports makes libcurl call back, so this is a bug of ours: end with a reason.
            self.latch.set(Ended::because(
                callback,
                Cause::HostPanic,
                "a callback came while the guest was running",
            ));
            return None;
        };
        let Some(guest) = guest.as_mut() else {
            return Some(neutral());
        };
        let Some(calls) = &self.observer.calls else {
            return self.latched(who, callback, enter(guest));
        };
        let counted = guest.calls().total();
        let answer = enter(guest);
        if guest.calls().total() > counted {
            let line = trace::line(&call(), &answer, guest.calls().last());
            match self.guests.plugin.get().filter(|_| who == Who::Operator) {
                Some(plugin) => calls(&format!("{}: {line}", plugin.name())),
                None => calls(&line),
            }
        }
        self.latched(who, callback, answer)
    }

    /// The answer; a failure goes through the door.
    fn latched<T>(&self, who: Who, callback: Callback, answer: Result<T, Failure>) -> Option<T> {
        answer
            .map_err(|failure| self.latch.set(Ended::new(callback, failure).by(who)))
            .ok()
    }
}
