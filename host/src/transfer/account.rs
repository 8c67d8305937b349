//! What a transfer puts to its tenant's account, besides its guest's time and memory.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::dispatch::Dispatch;
use super::ended::Ended;
use super::pause::Direction;
use super::worker::run;
use crate::cause::Cause;
use crate::curl::InfoHandle;
use crate::guest::Failure;
use crate::limits::Limit;
use crate::tenant::ledger::{Held, Ledger};

/// What a transfer of which nothing moves may hold in libcurl: its receive buffer, the chunk that waits, and what an
/// HTTP/2 stream's first window lets come.
const PAUSED: u64 = (16 + 16 + 64) << 10;
/// libcurl decodes what its receive buffer holds all the same, into a buffer of at most so many bytes.
const PAUSED_DECODED: u64 = 64 << 20;
/// Its receive buffer.
const RECEIVED: u64 = 16 << 10;

/// A transfer's part of its tenant's account.
pub(super) struct Account {
    ledger: Arc<Ledger>,
    held: RefCell<Held>,
    /// Bytes over the wire that were charged.
    moved: Cell<u64>,
    /// Bytes of the body that were charged.
    decoded: Cell<u64>,
    redirects: Cell<u64>,
    /// What came was paused for a turn of the others.
    yielded: Cell<bool>,
    /// Whether what comes may grow when it is decoded.
    decodes: bool,
}

impl Account {
    pub(super) fn new(ledger: Arc<Ledger>, decodes: bool) -> Account {
        Account {
            held: RefCell::new(Held::new(Arc::clone(&ledger))),
            ledger,
            moved: Cell::default(),
            decoded: Cell::default(),
            redirects: Cell::default(),
            yielded: Cell::default(),
            decodes,
        }
    }

    pub(super) fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.ledger)
    }

    /// What is counted by libcurl, of each hop anew: charges what came to it since.
    fn since(seen: &Cell<u64>, now: u64) -> u64 {
        let before = seen.replace(now);
        now.checked_sub(before).unwrap_or(now)
    }

    fn charge(&self, info: &InfoHandle, received: u64) {
        let number = |name| u64::try_from(info.number(name)).unwrap_or(0);
        let wire = ["size_download", "size_header", "size_request", "size_upload"];
        self.ledger
            .moved(Account::since(&self.moved, wire.into_iter().map(number).sum()));
        self.ledger.decoded(Account::since(&self.decoded, received));
        let redirects = number("num_redirects");
        for _ in self.redirects.replace(redirects)..redirects {
            self.ledger.requested();
        }
    }
}

impl Dispatch {
    /// Whether what comes has to wait for a turn of the others: libcurl has run for long, or the tenant has to rest. It comes
    /// again when its worker has looked at them.
    pub(super) fn yields(&self) -> bool {
        let Some(account) = self.account.as_ref().filter(|_| self.can_pause()) else {
            return false;
        };
        let yields = run::is_long() || account.ledger.rest().is_some();
        if yields {
            account.yielded.set(true);
        }
        yields
    }

    /// Whether it waits for that.
    pub(super) fn has_yielded(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.yielded.get())
    }

    /// It has waited.
    pub(super) fn take_turn(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.yielded.take())
    }

    /// Puts what moved and what waits to the tenant's account; the transfer is over where that is more than may wait.
    pub(super) fn settle_account(&self) {
        let Some(account) = &self.account else { return };
        if let Some(info) = self.info.get() {
            account.charge(info, self.output.received.get());
        }
        let waits = !self.ended() && self.waits(Direction::Receive);
        let paused = match waits {
            false if self.has_yielded() => PAUSED,
            false => 0,
            true if account.decodes => {
                let grown = self.policy.limits.get(Limit::Ratio).saturating_mul(RECEIVED);
                grown.clamp(PAUSED, PAUSED_DECODED)
            }
            true => PAUSED,
        };
        let waiting = [self.output.waiting(), self.between.waiting(), self.heads.waiting()];
        let waiting: u64 = waiting.into_iter().sum();
        let Ok(mut held) = account.held.try_borrow_mut() else {
            return;
        };
        if let Err(over) = held.set(waiting.saturating_add(paused)) {
            let failure = Failure {
                limit: Some(over.limit),
                used: Some(over.used),
                ..Failure::of(Cause::Quota)
            };
            self.latch.set(Ended::new(None, failure));
        }
    }
}
