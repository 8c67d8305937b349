//! A worker at work: which transfers begin, and what becomes of each.

use std::collections::{HashMap, HashSet, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tracing::Span;

use super::board::{Board, Order};
use super::seat::{Admitted, Seat};
use super::{Job, Taken, report};
use crate::curl::words_of;
use crate::transfer::handle::Handle;
use crate::transfer::live::Live;
use crate::transfer::outcome::Outcome;
use crate::transfer::prepare::prepare;
use crate::transfer::spec::SpecError;
use crate::transfer::worker::Worker;

/// How long orders are taken before the transfers that run are looked after.
const PATIENCE: Duration = Duration::from_millis(5);
/// How long a transfer that waits may not be asked whether it was cancelled.
const ROUND: Duration = Duration::from_secs(1);

/// A worker at work.
pub(super) struct Shift {
    board: Arc<Board>,
    number: usize,
    worker: Worker,
    running: HashMap<usize, Running>,
    /// Tenants of whom one may be able to begin, in turn.
    turns: VecDeque<Arc<Seat>>,
    listed: HashSet<usize>,
    /// And those of whom none may before a time.
    later: HashMap<usize, (Instant, Arc<Seat>)>,
    /// When those that wait were looked through last, and whether there is anything to look through.
    round: Instant,
    stirs: bool,
    /// No more come; and when what is left is cancelled.
    over: Option<Option<Instant>>,
    /// What was left has been cancelled, and so is what still comes.
    cut: bool,
}

/// A transfer that the worker has.
struct Running {
    handle: Handle,
    outcome: oneshot::Sender<Outcome>,
    seat: Arc<Seat>,
    destination: String,
    /// How long it waited.
    queued: Duration,
    span: Span,
    /// That of its running.
    runs: Span,
}

impl Shift {
    pub(super) fn new(board: Arc<Board>, number: usize, worker: Worker) -> Shift {
        Shift {
            board,
            number,
            worker,
            running: HashMap::new(),
            turns: VecDeque::new(),
            listed: HashSet::new(),
            later: HashMap::new(),
            round: Instant::now(),
            stirs: false,
            over: None,
            cut: false,
        }
    }

    /// Works until it was told to finish and nothing is left.
    pub(super) fn work(mut self, inbox: &Receiver<Order>) {
        loop {
            for order in inbox.try_iter() {
                match order {
                    Order::Admit(seat) => self.list(seat),
                    Order::Finish(at) => self.over = Some(at),
                }
            }
            let more = self.admit();
            for (id, outcome) in mem::take(self.worker.ended()) {
                if let Some(running) = self.running.remove(&id) {
                    self.tell(running, outcome);
                }
            }
            self.make_rounds();
            if self.over.is_some() && self.running.is_empty() && self.turns.is_empty() && !self.has_waiting() {
                return self.leave(inbox);
            }
            self.worker.turn(match more || !self.turns.is_empty() {
                true => Some(Duration::ZERO),
                false => self.patience(),
            });
        }
    }

    /// Leaves what may still come to the thread apart, which ends last: a tenant there may stop overrunning at any time.
    fn leave(&self, inbox: &Receiver<Order>) {
        self.board.leave(self.number);
        for order in inbox.try_iter() {
            if let Order::Admit(seat) = order {
                self.board.send(self.board.home(&seat), Order::Admit(seat));
            }
        }
    }

    /// How long it may wait for what is ready.
    fn patience(&self) -> Option<Duration> {
        let later = self.later.values().map(|(at, _)| *at).min();
        let round = self.stirs.then(|| self.round + ROUND);
        let next = [later, round, self.over.flatten()].into_iter().flatten().min();
        next.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Cancels what is left when the time for that has come, and ends those that were cancelled before they began.
    fn make_rounds(&mut self) {
        let cuts = self.over.flatten().is_some_and(|at| at <= Instant::now());
        if cuts {
            self.over = Some(None);
            self.cut = true;
            self.running.values().for_each(|running| running.handle.cancel());
            self.board.seats_of(self.number).iter().for_each(|seat| seat.cancel());
        }
        if cuts || self.round.elapsed() >= ROUND {
            self.round = Instant::now();
            // All of them: one whose thread is another by now may wait for what still runs here.
            let seats = self.board.all_seats();
            seats.iter().for_each(|seat| report::stands(seat));
            report::guests();
            for taken in seats.iter().flat_map(|seat| seat.cancelled()) {
                let outcome = Outcome::cancelled(&taken.job.spec.url);
                report::ended(&taken.job.tenant, &taken.span, &outcome);
                // Nobody may wait for it any more.
                let _ = taken.outcome.send(outcome);
            }
            // What is owed is told until it is paid.
            let stirs = |seat: &Arc<Seat>| seat.counts().1 > 0 || !seat.tenant.ledger().is_settled();
            self.stirs = !self.running.is_empty() || seats.iter().any(stirs);
        }
    }

    fn has_waiting(&self) -> bool {
        self.board.seats_of(self.number).iter().any(|seat| seat.counts().1 > 0)
    }

    fn list(&mut self, seat: Arc<Seat>) {
        self.stirs = true;
        if self.listed.insert(seat.tenant.id()) {
            self.turns.push_back(seat);
        }
    }

    /// Lets transfers begin for a moment, a tenant's after another's; tells whether there may be more. Each may make a guest,
    /// which takes its time.
    fn admit(&mut self) -> bool {
        let begun = Instant::now();
        self.later.retain(|id, (at, seat)| {
            let due = *at <= begun;
            if due && self.listed.insert(*id) {
                self.turns.push_back(Arc::clone(seat));
            }
            !due
        });
        while begun.elapsed() < PATIENCE {
            let Some(seat) = self.turns.pop_front() else {
                return false;
            };
            self.listed.remove(&seat.tenant.id());
            let home = self.board.home(&seat);
            // A thread that is gone, or left a moment ago, has left it to this one.
            if home != self.number
                && self.board.send(home, Order::Admit(Arc::clone(&seat)))
                && !self.board.is_over(home)
            {
                continue;
            }
            match seat.next() {
                Admitted::Now(taken) => {
                    self.begin(Arc::clone(&seat), taken);
                    self.list(seat);
                }
                Admitted::At(at) => {
                    self.stirs = true;
                    self.later.insert(seat.tenant.id(), (at, seat));
                }
                Admitted::AfterAnother => self.stirs = true,
                Admitted::Empty => {}
            }
        }
        !self.turns.is_empty()
    }

    fn begin(&mut self, seat: Arc<Seat>, taken: Box<Taken>) {
        let Taken {
            job,
            handle,
            outcome,
            destination,
            since,
            span,
            waits,
        } = *taken;
        drop(waits);
        if self.cut {
            handle.cancel();
        }
        let running = Running {
            handle: handle.clone(),
            outcome,
            seat,
            destination,
            queued: since.elapsed(),
            runs: report::phase(&span, "transfer"),
            span,
        };
        let Job {
            tenant,
            plugin,
            spec,
            sink,
        } = job;
        let url = spec.url.clone();
        // Between two rounds.
        if handle.wishes().cancelled() {
            self.tell(running, Outcome::cancelled(&url));
            return;
        }
        if spec.may_block() {
            let what = "an upload from a stream can neither resume nor go to file://, where it would hold up other transfers: \
                        give a file or bytes";
            let error = SpecError {
                what: what.to_owned(),
                url: false,
            };
            self.tell(running, Outcome::refused(&url, &error));
            return;
        }
        let id = self.worker.new_id();
        let waker = self.worker.waker(id);
        // What ends here has never begun.
        let prepares = report::phase(&running.span, "prepare").entered();
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            let ledger = Some(Arc::clone(tenant.ledger()));
            prepare(tenant.host(), plugin.as_ref(), spec, sink, waker.clone(), ledger)
        }));
        drop(prepares);
        match prepared {
            Ok(Ok(prepared)) => {
                handle.reaches(waker);
                self.running.insert(id, running);
                self.worker.take(id, Live::new(prepared, plugin, handle), Some(&tenant));
            }
            Ok(Err(error)) => self.tell(running, Outcome::refused(&url, &error)),
            Err(payload) => self.tell(running, Outcome::panicked(&url, words_of(&*payload))),
        }
    }

    /// One has ended: its place is another's.
    fn tell(&mut self, running: Running, mut outcome: Outcome) {
        outcome.seconds.queued = running.queued.as_secs_f64();
        running.seat.ended(&running.destination);
        drop(running.runs);
        report::ended(&running.seat.tenant, &running.span, &outcome);
        self.list(running.seat);
        // Nobody may wait for it any more.
        let _ = running.outcome.send(outcome);
    }
}

impl Drop for Shift {
    /// A thread that ends before its time takes along what waits for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.board.seats_of(self.number).iter().for_each(|seat| seat.close());
        }
    }
}
