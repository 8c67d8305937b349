//! A tenant's queue: which of its transfers wait, and which of them may begin.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::QueuedJob;
use crate::tenant::bucket::Bucket;
use crate::tenant::{Quota, Tenant};

/// A second's worth of requests to one destination may begin at once.
const BURST: Duration = Duration::from_secs(1);

/// A tenant, and its transfers that wait.
pub(super) struct TenantQueue {
    pub(super) tenant: Tenant,
    /// The worker that it has as long as it does not overrun.
    pub(super) thread: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In the order in which they came.
    queue: VecDeque<Box<QueuedJob>>,
    /// Those that were passed by, since their destination had no room.
    blocked: HashMap<String, VecDeque<Box<QueuedJob>>>,
    waiting: usize,
    running: usize,
    destinations: HashMap<String, Destination>,
    /// Its worker is gone: nothing of it would ever begin.
    closed: bool,
}

struct Destination {
    running: usize,
    requests: Bucket,
}

/// Which transfer may begin.
pub(super) enum Admission {
    /// This one, now.
    Now(Box<QueuedJob>),
    /// None before this time.
    At(Instant),
    /// None before one that runs has ended.
    AfterAnother,
    /// There is none.
    Empty,
}

/// Why one was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// As many wait as may.
    Full,
    /// Its worker is gone.
    Closed,
}

impl TenantQueue {
    pub(super) fn new(tenant: Tenant, thread: usize) -> TenantQueue {
        TenantQueue {
            tenant,
            thread,
            state: Mutex::default(),
        }
    }

    /// Lets one wait for its turn.
    pub(super) fn push(&self, queued: Box<QueuedJob>) -> Result<(), Rejected> {
        let mut state = self.lock();
        if state.closed {
            return Err(Rejected::Closed);
        }
        if state.waiting >= self.tenant.quotas().count(Quota::Queue) {
            return Err(Rejected::Full);
        }
        state.waiting += 1;
        state.queue.push_back(queued);
        Ok(())
    }

    /// The next one that may begin; it counts as running from now on, until [`TenantQueue::ended`].
    pub(super) fn next(&self) -> Admission {
        let mut state = self.lock();
        if state.waiting == 0 {
            return Admission::Empty;
        }
        let quotas = self.tenant.quotas();
        if state.running >= quotas.count(Quota::Transfers) {
            return Admission::AfterAnother;
        }
        let ledger = self.tenant.ledger();
        if let Some(rest) = ledger.requests_rest().max(ledger.rest()) {
            return Admission::At(Instant::now() + rest);
        }
        let (connections, requests) = (
            quotas.count(Quota::DestinationConnections),
            quotas.get(Quota::DestinationRequests),
        );
        let admitted = state.pass(connections).or_else(|| state.pop(connections, requests));
        match admitted {
            Some(queued) => {
                ledger.requested();
                state.begin(&queued.destination, requests);
                Admission::Now(queued)
            }
            None => state.opens(connections).map_or(Admission::AfterAnother, Admission::At),
        }
    }

    /// One that began has ended.
    pub(super) fn ended(&self, destination: &str) {
        let mut state = self.lock();
        state.running = state.running.saturating_sub(1);
        if let Some(at) = state.destinations.get_mut(destination) {
            at.running = at.running.saturating_sub(1);
        }
        // What of a destination would not be as if it were new is kept.
        state
            .destinations
            .retain(|_, at| at.running > 0 || !at.requests.is_full());
    }

    /// Those that were cancelled before they began.
    pub(super) fn cancelled(&self) -> Vec<QueuedJob> {
        let mut state = self.lock();
        let State { queue, blocked, .. } = &mut *state;
        let mut cancelled = Vec::new();
        for queue in std::iter::once(queue).chain(blocked.values_mut()) {
            if queue.iter().any(|queued| queued.handle.wishes().cancelled()) {
                let (gone, left): (VecDeque<Box<QueuedJob>>, _) =
                    queue.drain(..).partition(|queued| queued.handle.wishes().cancelled());
                *queue = left;
                cancelled.extend(gone.into_iter().map(|queued| *queued));
            }
        }
        state.waiting -= cancelled.len();
        cancelled
    }

    /// Cancels all that wait.
    pub(super) fn cancel(&self) {
        let state = self.lock();
        let waiting = state.queue.iter().chain(state.blocked.values().flatten());
        waiting.for_each(|queued| queued.handle.cancel());
    }

    /// Takes no more, and gives up what waits.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting = 0;
        let gone = (std::mem::take(&mut state.queue), std::mem::take(&mut state.blocked));
        drop(state);
        // Whoever waits for them may ask for this queue.
        drop(gone);
    }

    /// How many run, and how many wait.
    pub(super) fn counts(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running, state.waiting)
    }

    /// Whether nothing waits and nothing runs, and a new one would be as this.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.lock();
        let is_new = |at: &Destination| at.running == 0 && at.requests.is_full();
        state.waiting == 0 && state.running == 0 && state.destinations.values().all(is_new)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// One that was passed by and whose destination has room now.
    fn pass(&mut self, connections: usize) -> Option<Box<QueuedJob>> {
        let open = self
            .blocked
            .keys()
            .find(|destination| self.has_room(destination, connections))?
            .clone();
        let blocked = self.blocked.get_mut(&open)?;
        let queued = blocked.pop_front();
        if blocked.is_empty() {
            self.blocked.remove(&open);
        }
        queued
    }

    /// The first in the queue whose destination has room; those before it are passed by.
    fn pop(&mut self, connections: usize, requests: u64) -> Option<Box<QueuedJob>> {
        while let Some(queued) = self.queue.pop_front() {
            // Those that were passed by come first.
            if !self.blocked.contains_key(&queued.destination) && self.has_room(&queued.destination, connections) {
                return Some(queued);
            }
            self.at(&queued.destination, requests);
            self.blocked
                .entry(queued.destination.clone())
                .or_default()
                .push_back(queued);
        }
        None
    }

    fn has_room(&self, destination: &str, connections: usize) -> bool {
        self.destinations
            .get(destination)
            .is_none_or(|at| at.running < connections && at.requests.debt().is_none())
    }

    fn begin(&mut self, destination: &str, requests: u64) {
        self.waiting -= 1;
        self.running += 1;
        let at = self.at(destination, requests);
        at.running += 1;
        at.requests.charge(1);
    }

    fn at(&mut self, destination: &str, requests: u64) -> &mut Destination {
        self.destinations
            .entry(destination.to_owned())
            .or_insert_with(|| Destination {
                running: 0,
                requests: Bucket::new(requests, BURST),
            })
    }

    /// When a destination of those that were passed by has room again, where that is not another one's end.
    fn opens(&self, connections: usize) -> Option<Instant> {
        let rests = self.blocked.keys().filter_map(|destination| {
            let at = self.destinations.get(destination)?;
            (at.running < connections).then(|| at.requests.debt().unwrap_or_default())
        });
        rests.min().map(|rest| Instant::now() + rest)
    }
}
