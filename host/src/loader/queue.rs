//! Whose plugin is compiled next, and how many are at a time.
//!
//! A load begins in the fast lane, which has a slot for each of a few loads. A load that has used its first second of
//! processor time leaves the lane to the next one and goes on in the slow lane, at nice 19, which is bounded by the memory
//! that its loads may use. Where the slow lane is full the load is ended, waits, and begins anew in the slow lane.
//!
//! So a small plugin waits for the first second of the loads before it, however long those take in all. Of the loads that
//! wait, the next is one of the owner that has none in the lane and that has used the least of both lanes. In the slow lane
//! smaller loads pass the next one while it has no room, but only for ten seconds: then room is kept for it.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a load in the slow lane, for which there is no room, lets smaller ones pass.
const PASSED_BY: Duration = Duration::from_secs(10);
/// How long the use of the lanes is remembered.
const MEMORY: Duration = Duration::from_secs(60);

/// Whose load it is: a tenant's identity, or `None` for the program's own.
pub(crate) type Owner = Option<usize>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Fast,
    Slow,
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    slots: usize,
    /// Bytes that the loads of the slow lane may use together.
    memory: u64,
    fast: Vec<Owner>,
    /// The owner and the bytes of each load in the slow lane.
    slow: Vec<(Owner, u64)>,
    waiting: Vec<Waiting>,
    used: HashMap<Owner, (Duration, Instant)>,
    next: u64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: u64,
    owner: Owner,
    lane: Lane,
    memory: u64,
    since: Instant,
}

/// A load that may run. It gives its place back when it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    queue: Arc<Queue>,
    owner: Owner,
    lane: Lane,
    memory: u64,
    since: Instant,
}

impl Queue {
    /// So many loads in the fast lane, at least one, and in the slow lane as many as may use this memory together, at
    /// least one.
    pub(super) fn new(slots: usize, memory: u64) -> Queue {
        Queue {
            state: Mutex::new(State {
                slots: slots.max(1),
                memory,
                fast: Vec::new(),
                slow: Vec::new(),
                waiting: Vec::new(),
                used: HashMap::new(),
                next: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits, blocking this thread, until a load of this owner that may use this memory may run.
    pub(super) fn wait(self: &Arc<Queue>, owner: Owner, lane: Lane, memory: u64) -> Permit {
        let mut state = self.lock();
        let ticket = state.next;
        state.next += 1;
        state.waiting.push(Waiting {
            ticket,
            owner,
            lane,
            memory,
            since: Instant::now(),
        });
        while state.next_of(lane).is_none_or(|next| next.ticket != ticket) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.retain(|waiting| waiting.ticket != ticket);
        match lane {
            Lane::Fast => state.fast.push(owner),
            Lane::Slow => state.slow.push((owner, memory)),
        }
        drop(state);
        // There may be room for another.
        self.changed.notify_all();
        Permit {
            queue: Arc::clone(self),
            owner,
            lane,
            memory,
            since: Instant::now(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The load that may begin now in this lane.
    fn next_of(&self, lane: Lane) -> Option<Waiting> {
        let waiting = self.waiting.iter().filter(|waiting| waiting.lane == lane);
        match lane {
            Lane::Fast if self.fast.len() >= self.slots => None,
            Lane::Fast => waiting.min_by_key(|waiting| self.claim(waiting)).copied(),
            Lane::Slow => {
                let may_be_next =
                    |waiting: &&Waiting| self.has_room(waiting.memory) || waiting.since.elapsed() >= PASSED_BY;
                let next = waiting.filter(may_be_next).min_by_key(|waiting| self.claim(waiting));
                next.filter(|next| self.has_room(next.memory)).copied()
            }
        }
    }

    /// The smaller, the sooner.
    fn claim(&self, waiting: &Waiting) -> (usize, Duration, u64) {
        let slow = self.slow.iter().map(|(owner, _)| owner);
        let running = match waiting.lane {
            Lane::Fast => self.fast.iter().filter(|owner| **owner == waiting.owner).count(),
            Lane::Slow => slow.filter(|owner| **owner == waiting.owner).count(),
        };
        (running, self.used(waiting.owner), waiting.ticket)
    }

    fn used(&self, owner: Owner) -> Duration {
        match self.used.get(&owner) {
            Some((used, at)) if at.elapsed() < MEMORY => *used,
            _ => Duration::ZERO,
        }
    }

    fn has_room(&self, memory: u64) -> bool {
        let held = self.slow.iter().fold(0_u64, |sum, (_, one)| sum.saturating_add(*one));
        self.slow.is_empty() || held.saturating_add(memory) <= self.memory
    }

    fn leave_fast(&mut self, owner: Owner, time: Duration) {
        if let Some(at) = self.fast.iter().position(|other| *other == owner) {
            self.fast.swap_remove(at);
        }
        self.uses(owner, time);
    }

    fn leave_slow(&mut self, owner: Owner, memory: u64, time: Duration) {
        if let Some(at) = self.slow.iter().position(|other| *other == (owner, memory)) {
            self.slow.swap_remove(at);
        }
        self.uses(owner, time);
    }

    fn uses(&mut self, owner: Owner, time: Duration) {
        self.used.retain(|_, (_, at)| at.elapsed() < MEMORY);
        let used = self.used(owner).saturating_add(time);
        self.used.insert(owner, (used, Instant::now()));
    }
}

impl Permit {
    pub(super) fn lane(&self) -> Lane {
        self.lane
    }

    /// Leaves the fast lane for the slow one; says whether that had room.
    pub(super) fn slow_down(&mut self) -> bool {
        if self.lane == Lane::Slow {
            return true;
        }
        let mut state = self.queue.lock();
        let is_kept = |waiting: &Waiting| waiting.lane == Lane::Slow && waiting.since.elapsed() >= PASSED_BY;
        if !state.has_room(self.memory) || state.waiting.iter().any(is_kept) {
            return false;
        }
        state.leave_fast(self.owner, self.since.elapsed());
        state.slow.push((self.owner, self.memory));
        self.lane = Lane::Slow;
        self.since = Instant::now();
        drop(state);
        self.queue.changed.notify_all();
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        match self.lane {
            Lane::Fast => state.leave_fast(self.owner, self.since.elapsed()),
            Lane::Slow => state.leave_slow(self.owner, self.memory, self.since.elapsed()),
        }
        drop(state);
        self.queue.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Owners that wait, each as soon as the one before does, and the order in which they run.
    fn order(queue: &Arc<Queue>, owners: &[usize], first: Permit) -> Vec<usize> {
        let (began, begun) = mpsc::channel();
        thread::scope(|scope| {
            for (at, owner) in owners.iter().copied().enumerate() {
                let began = began.clone();
                scope.spawn(move || {
                    let permit = queue.wait(Some(owner), Lane::Fast, 1);
                    let _ = began.send(owner);
                    drop(permit);
                });
                while queue.lock().waiting.len() <= at {
                    thread::yield_now();
                }
            }
            drop((first, began));
        });
        begun.into_iter().collect()
    }

    #[test]
    fn who_has_used_less_is_next() {
        let queue = Arc::new(Queue::new(1, 10));
        drop(queue.wait(Some(1), Lane::Fast, 1));
        let first = queue.wait(Some(9), Lane::Fast, 1);
        queue
            .lock()
            .used
            .insert(Some(1), (Duration::from_secs(5), Instant::now()));
        queue
            .lock()
            .used
            .insert(Some(2), (Duration::from_secs(1), Instant::now()));
        assert_eq!(order(&queue, &[1, 1, 2, 3], first), [3, 2, 1, 1]);
    }

    #[test]
    fn a_slow_load_leaves_its_slot_to_the_next() {
        let queue = Arc::new(Queue::new(1, 10));
        let mut slow = queue.wait(Some(1), Lane::Fast, 6);
        assert!(slow.slow_down() && slow.slow_down());
        let mut next = queue.wait(Some(2), Lane::Fast, 6);
        assert!(!next.slow_down(), "the slow lane has no room for both");
        assert_eq!((slow.lane(), next.lane()), (Lane::Slow, Lane::Fast));
        drop(slow);
        assert!(next.slow_down());
        drop(next);
        let state = queue.lock();
        assert!(state.fast.is_empty() && state.slow.is_empty() && state.waiting.is_empty());
    }

    #[test]
    fn the_slow_lane_is_as_fair() {
        let queue = Arc::new(Queue::new(1, 10));
        let running = queue.wait(Some(1), Lane::Slow, 6);
        let mut state = queue.lock();
        for (ticket, owner, memory) in [(10, 1, 1), (11, 2, 9), (12, 2, 4), (13, 3, 4)] {
            let owner = Some(owner);
            let lane = Lane::Slow;
            state.waiting.push(Waiting {
                ticket,
                owner,
                lane,
                memory,
                since: Instant::now(),
            });
        }
        state.used.insert(Some(2), (Duration::from_secs(1), Instant::now()));
        let next = |state: &State| state.next_of(Lane::Slow).map(|next| next.ticket);
        // Not the one that runs, not the one that has used more, and no load without room holds up the others at first.
        assert_eq!(next(&state), Some(13));
        state.waiting.pop();
        assert_eq!(next(&state), Some(12));
        // But not for ever.
        state.waiting[1].since = Instant::now().checked_sub(PASSED_BY).unwrap();
        assert_eq!(next(&state), None);
        state.waiting.clear();
        drop(state);
        drop(running);
    }

    #[test]
    fn one_load_always_has_room() {
        let queue = Arc::new(Queue::new(0, 0));
        let mut only = queue.wait(None, Lane::Fast, u64::MAX);
        assert!(only.slow_down());
        drop(only);
        drop(queue.wait(None, Lane::Slow, u64::MAX));
    }
}
