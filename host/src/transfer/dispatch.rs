//! What libcurl asks, answered: over already? decided by a guest at all? then its verdict. Who is asked is in `guests`, what
//! each callback makes of it in `callbacks`. This is what all of them share.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use enumset::EnumSet;

use super::account::Account;
use super::again::Again;
use super::callbacks::header::Heads;
use super::callbacks::redirect::Redirects;
use super::callbacks::write::Between;
use super::cookies::Suffixes;
use super::deliver::Output;
use super::ended::Ended;
use super::guests::{Guests, Who};
use super::latch::Latch;
use super::names::Names;
use super::pause::{Direction, Granted, Pause};
use super::sockets::Sockets;
use super::spec::{Observer, TransferSpec};
use super::upload::Upload;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Callbacks, Flow, InfoHandle, Waker};
use crate::guest::Failure;
use crate::limits::Limit;
use crate::sink::Sink;
use crate::tenant::ledger::Ledger;
use crate::tenant::policy::Policy;

/// A transfer, as libcurl's callbacks see it. All is behind shared references: see `curl`'s page on re-entry.
pub(super) struct Dispatch {
    pub(super) latch: Latch,
    pub(super) pause: Pause,
    /// A guest has seen enough: a success, though libcurl is told an error.
    pub(super) finished: Cell<bool>,
    /// `done` has returned: what libcurl still calls is nobody's affair any more.
    pub(super) over: Cell<bool>,
    /// The guest's last no to something that libcurl may have another of: it counts where nothing else was left.
    pub(super) refused: RefCell<Option<Ended>>,
    /// Whether libcurl has to run it in silence too: somebody wants to know how far it is, or how slow.
    pub(super) wants_beats: Cell<bool>,
    pub(super) guests: Guests,
    pub(super) between: Between,
    pub(super) heads: Heads,
    pub(super) policy: Arc<Policy>,
    pub(super) observer: Observer,
    pub(super) output: Output,
    pub(super) upload: Upload,
    pub(super) again: Again,
    pub(super) redirects: Redirects,
    pub(super) sockets: Sockets,
    pub(super) suffixes: Suffixes,
    /// Where the policy is strict.
    pub(super) names: Option<Names>,
    /// Its tenant's, where it has one.
    pub(super) account: Option<Account>,
    /// The time of the whole transfer, which is libcurl's affair but where the host itself waits.
    pub(super) total: Cell<Duration>,
    /// Whoever drives, told that there is something to be done.
    driver: Waker,
    /// libcurl's own account of the transfer; there from the moment when its handle is.
    pub(super) info: OnceCell<InfoHandle>,
    /// Whether what libcurl tells is printed as libcurl would print it.
    pub(super) verbose: bool,
    /// Whether the file of known hosts stays as it is, whatever the guest says.
    pub(super) keeps_known_hosts: bool,
    /// The directions that the caller holds.
    held: Cell<EnumSet<Direction>>,
    can_pause: bool,
    #[cfg(feature = "testing")]
    pub(super) stub: super::stub::Stub,
}

impl Dispatch {
    pub(super) fn new(
        policy: Arc<Policy>,
        spec: &mut TransferSpec,
        sink: Box<dyn Sink>,
        can_pause: bool,
        waker: &Waker,
        ledger: Option<Arc<Ledger>>,
    ) -> Dispatch {
        let mut sink = sink;
        let wake = waker.clone();
        sink.wakes(Arc::new(move || wake.wake()));
        Dispatch {
            latch: Latch::default(),
            pause: Pause::new(policy.limits.time(Limit::PauseBudget)),
            finished: Cell::default(),
            over: Cell::default(),
            refused: RefCell::default(),
            wants_beats: Cell::default(),
            guests: Guests::default(),
            between: Between::default(),
            heads: Heads::default(),
            output: Output::new(sink, spec.dump_header.take(), spec.show_headers),
            upload: Upload::default(),
            again: Again::default(),
            redirects: Redirects::new(spec.follow, spec.http.path_as_is),
            sockets: Sockets::default(),
            suffixes: Suffixes::new(spec.cookies.are_kept()),
            names: Names::of(&policy, ledger.as_ref(), spec, waker),
            account: ledger.map(|ledger| Account::new(ledger, spec.compressed)),
            total: Cell::new(policy.limits.time(Limit::TotalTime)),
            driver: waker.clone(),
            info: OnceCell::new(),
            verbose: spec.verbose,
            keeps_known_hosts: spec.ssh.known_hosts_stay,
            policy,
            observer: spec.observer.clone(),
            held: Cell::default(),
            can_pause,
            #[cfg(feature = "testing")]
            stub: std::mem::take(&mut spec.stub),
        }
    }

    /// Holds these directions, and tells whether one was let go.
    pub(super) fn hold(&self, directions: EnumSet<Direction>) -> bool {
        !self.held.replace(directions).is_subset(directions)
    }

    /// Whether libcurl can pause this transfer.
    pub(super) fn can_pause(&self) -> bool {
        self.can_pause
    }

    /// Whether the caller holds this direction.
    pub(super) fn is_held(&self, direction: Direction) -> bool {
        self.held.get().contains(direction)
    }

    /// Whether nothing may move in this direction now: the guest's pause lasts, or the caller holds it.
    pub(super) fn waits(&self, direction: Direction) -> bool {
        let full = direction == Direction::Receive && self.output.is_full();
        self.can_pause && (full || self.pause.holds(direction) || self.is_held(direction))
    }

    /// Whether the transfer is over, whatever libcurl still calls.
    pub(super) fn ended(&self) -> bool {
        self.finished.get() || self.over.get() || self.latch.is_set()
    }

    /// Passes on what a callback answers, and lets the driver know where there is something for it to do.
    pub(super) fn noted<T>(&self, answer: T) -> T {
        self.note();
        answer
    }

    /// As [`Dispatch::noted`], of what bytes move by: they are put to the tenant's account.
    pub(super) fn moved<T>(&self, answer: T) -> T {
        self.settle_account();
        self.noted(answer)
    }

    pub(super) fn note(&self) {
        if self.pause.take_fresh()
            || self.names_are_due()
            || self.has_yielded()
            || self.suffixes_await()
            || self.ended()
        {
            self.driver.mark();
        }
    }

    /// Runs what no trampoline of libcurl's stands around, and keeps a panic in this transfer.
    pub(super) fn contain<T>(&self, callback: impl Into<Option<Callback>>, run: impl FnOnce() -> T) -> Option<T> {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
            .map_err(|payload| {
                let words = crate::curl::words_of(&*payload);
                self.latch.set(Ended::because(callback, Cause::HostPanic, words));
            })
            .ok()
    }

    /// A limit of the policy was reached.
    pub(super) fn over_limit(&self, callback: Callback, limit: Limit, used: u64) -> Ended {
        let failure = Failure {
            limit: Some(self.policy.limits.get(limit)),
            used: Some(used),
            ..Failure::of(Cause::Policy)
        };
        Ended {
            over: Some(limit),
            ..Ended::new(callback, failure)
        }
    }

    /// Pauses, where libcurl can and there is time left to; the transfer is over where not.
    pub(super) fn pauses(&self, who: Who, callback: Callback, milliseconds: u32) -> bool {
        if !self.can_pause {
            let failure = Failure::bad_return("libcurl cannot pause a file:// transfer");
            self.latch.set(Ended::new(callback, failure).by(who));
            return false;
        }
        self.guests.paused_by.set(who);
        match self.pause.begin(callback, milliseconds) {
            Granted::Paused => true,
            Granted::Spent => {
                self.pause_is_spent(callback);
                false
            }
        }
    }

    /// The pause budget is used up.
    pub(super) fn pause_is_spent(&self, callback: impl Into<Option<Callback>>) {
        let milliseconds = u64::try_from(self.pause.budget().as_millis()).unwrap_or(u64::MAX);
        let failure = Failure {
            limit: Some(milliseconds),
            used: Some(milliseconds),
            ..Failure::of(Cause::PauseBudget)
        };
        self.latch
            .set(Ended::new(callback, failure).by(self.guests.paused_by.get()));
    }

    /// A pause lasts when the time of the whole transfer is over.
    pub(super) fn paused_to_the_end(&self) -> Ended {
        let milliseconds = u64::try_from(self.total.get().as_millis()).ok();
        let failure = Failure {
            limit: milliseconds,
            used: milliseconds,
            ..Failure::of(Cause::PauseBudget)
        };
        Ended {
            over: Some(Limit::TotalTime),
            ..Ended::new(self.pause.by(), failure).by(self.guests.paused_by.get())
        }
    }

    /// Pauses what comes, since this guest asked for it.
    pub(super) fn pause_reception(&self, who: Who, callback: Callback, milliseconds: u32) -> Flow {
        match self.pauses(who, callback, milliseconds) {
            true => Flow::Pause,
            false => Flow::Abort,
        }
    }
}

impl Callbacks for Dispatch {
    fn panicked(&self, callback: Callback, words: &str) {
        self.latch.set(Ended::because(callback, Cause::HostPanic, words));
        self.note();
    }
}
