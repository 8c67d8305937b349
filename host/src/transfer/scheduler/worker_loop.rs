//! What a worker's thread does, round after round: which transfers begin, and what becomes of each.

use std::collections::{HashMap, HashSet, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tracing::Span;

use super::tenant_queue::{Admission, TenantQueue};
use super::worker_pool::{Command, Shared};
use super::{Job, QueuedJob, metrics};
use crate::curl::words_of;
use crate::transfer::handle::Handle;
use crate::transfer::live::Live;
use crate::transfer::outcome::Outcome;
use crate::transfer::prepare::prepare;
use crate::transfer::spec::SpecError;
use crate::transfer::worker::Worker;

/// How long commands are taken before the transfers that run are looked after.
const PATIENCE: Duration = Duration::from_millis(5);
/// How long a transfer that waits may not be asked whether it was cancelled.
const ROUND: Duration = Duration::from_secs(1);

/// A worker at work.
pub(super) struct WorkerLoop {
    shared: Arc<Shared>,
    number: usize,
    worker: Worker,
    running: HashMap<usize, Running>,
    /// Tenants of whom one may be able to begin, in turn.
    run_queue: VecDeque<Arc<TenantQueue>>,
    listed: HashSet<usize>,
    /// And those of whom none may before a time.
    later: HashMap<usize, (Instant, Arc<TenantQueue>)>,
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
    tenant_queue: Arc<TenantQueue>,
    destination: String,
    /// How long it waited.
    queued: Duration,
    span: Span,
    /// That of its running.
    runs: Span,
}

impl WorkerLoop {
    pub(super) fn new(shared: Arc<Shared>, number: usize, worker: Worker) -> WorkerLoop {
        WorkerLoop {
            shared,
            number,
            worker,
            running: HashMap::new(),
            run_queue: VecDeque::new(),
            listed: HashSet::new(),
            later: HashMap::new(),
            round: Instant::now(),
            stirs: false,
            over: None,
            cut: false,
        }
    }

    /// Works until it was told to finish and nothing is left.
    pub(super) fn work(mut self, inbox: &Receiver<Command>) {
        loop {
            for command in inbox.try_iter() {
                match command {
                    Command::Admit(tenant_queue) => self.list(tenant_queue),
                    Command::Finish(at) => self.over = Some(at),
                }
            }
            let more = self.admit();
            for (id, outcome) in mem::take(self.worker.ended()) {
                if let Some(running) = self.running.remove(&id) {
                    self.tell(running, outcome);
                }
            }
            self.make_rounds();
            if self.over.is_some() && self.running.is_empty() && self.run_queue.is_empty() && !self.has_waiting() {
                return self.leave(inbox);
            }
            self.worker.turn(match more || !self.run_queue.is_empty() {
                true => Some(Duration::ZERO),
                false => self.patience(),
            });
        }
    }

    /// Leaves what may still come to the low-priority thread, which ends last: a tenant there may stop overrunning at any time.
    fn leave(&self, inbox: &Receiver<Command>) {
        self.shared.leave(self.number);
        for command in inbox.try_iter() {
            if let Command::Admit(tenant_queue) = command {
                self.shared
                    .send(self.shared.home(&tenant_queue), Command::Admit(tenant_queue));
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
            self.shared
                .queues_of(self.number)
                .iter()
                .for_each(|tenant_queue| tenant_queue.cancel());
        }
        if cuts || self.round.elapsed() >= ROUND {
            self.round = Instant::now();
            // All of them: one whose thread is another by now may wait for what still runs here.
            let queues = self.shared.all_queues();
            queues.iter().for_each(|tenant_queue| metrics::stands(tenant_queue));
            metrics::guests();
            for queued in queues.iter().flat_map(|tenant_queue| tenant_queue.cancelled()) {
                let outcome = Outcome::cancelled(&queued.job.spec.url);
                metrics::ended(&queued.job.tenant, &queued.span, &outcome);
                // Nobody may wait for it any more.
                let _ = queued.outcome.send(outcome);
            }
            // What is owed is told until it is paid.
            let stirs = |tenant_queue: &Arc<TenantQueue>| {
                tenant_queue.counts().1 > 0 || !tenant_queue.tenant.ledger().is_settled()
            };
            self.stirs = !self.running.is_empty() || queues.iter().any(stirs);
        }
    }

    fn has_waiting(&self) -> bool {
        self.shared
            .queues_of(self.number)
            .iter()
            .any(|tenant_queue| tenant_queue.counts().1 > 0)
    }

    fn list(&mut self, tenant_queue: Arc<TenantQueue>) {
        self.stirs = true;
        if self.listed.insert(tenant_queue.tenant.id()) {
            self.run_queue.push_back(tenant_queue);
        }
    }

    /// Lets transfers begin for a moment, a tenant's after another's; tells whether there may be more. Each may make a guest,
    /// which takes its time.
    fn admit(&mut self) -> bool {
        let begun = Instant::now();
        self.later.retain(|id, (at, tenant_queue)| {
            let due = *at <= begun;
            if due && self.listed.insert(*id) {
                self.run_queue.push_back(Arc::clone(tenant_queue));
            }
            !due
        });
        while begun.elapsed() < PATIENCE {
            let Some(tenant_queue) = self.run_queue.pop_front() else {
                return false;
            };
            self.listed.remove(&tenant_queue.tenant.id());
            let home = self.shared.home(&tenant_queue);
            // A thread that is gone, or left a moment ago, has left it to this one.
            if home != self.number
                && self.shared.send(home, Command::Admit(Arc::clone(&tenant_queue)))
                && !self.shared.is_over(home)
            {
                continue;
            }
            match tenant_queue.next() {
                Admission::Now(queued) => {
                    self.begin(Arc::clone(&tenant_queue), queued);
                    self.list(tenant_queue);
                }
                Admission::At(at) => {
                    self.stirs = true;
                    self.later.insert(tenant_queue.tenant.id(), (at, tenant_queue));
                }
                Admission::AfterAnother => self.stirs = true,
                Admission::Empty => {}
            }
        }
        !self.run_queue.is_empty()
    }

    fn begin(&mut self, tenant_queue: Arc<TenantQueue>, queued: Box<QueuedJob>) {
        let QueuedJob {
            job,
            handle,
            outcome,
            destination,
            since,
            span,
            waits,
        } = *queued;
        drop(waits);
        if self.cut {
            handle.cancel();
        }
        let running = Running {
            handle: handle.clone(),
            outcome,
            tenant_queue,
            destination,
            queued: since.elapsed(),
            runs: metrics::phase(&span, "transfer"),
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
        let prepares = metrics::phase(&running.span, "prepare").entered();
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
        running.tenant_queue.ended(&running.destination);
        drop(running.runs);
        metrics::ended(&running.tenant_queue.tenant, &running.span, &outcome);
        self.list(running.tenant_queue);
        // Nobody may wait for it any more.
        let _ = running.outcome.send(outcome);
    }
}

impl Drop for WorkerLoop {
    /// A thread that ends before its time takes along what waits for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared
                .queues_of(self.number)
                .iter()
                .for_each(|tenant_queue| tenant_queue.close());
        }
    }
}
