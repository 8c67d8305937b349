//! What the workers share: who sits where, and the way to each.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::{io, iter};

use super::Taken;
use super::seat::{NotTaken, Seat};
use super::shift::Shift;
use crate::curl::{Waker, idle};
use crate::transfer::worker::Worker;

/// How much less the thread apart gets of the processor, where it cannot have only what others leave.
const NICE: i32 = 19;

/// What a thread is told.
pub(super) enum Order {
    /// One of this tenant's transfers may be able to begin.
    Admit(Arc<Seat>),
    /// No more come; what runs or waits at that time, where there is one, is cancelled.
    Finish(Option<Instant>),
}

/// The threads, and the tenants on them.
pub(super) struct Board {
    posts: Vec<Post>,
    seats: Mutex<HashMap<usize, Arc<Seat>>>,
    hasher: RandomState,
}

struct Post {
    orders: Sender<Order>,
    /// There as soon as the thread is up.
    waker: OnceLock<Waker>,
    /// Nothing begins on it any more.
    over: AtomicBool,
}

/// A worker's thread.
pub(super) struct Thread {
    board: Arc<Board>,
    number: usize,
    thread: Option<JoinHandle<()>>,
}

impl Board {
    /// For so many threads, the last of which is the one apart; and what each of them receives.
    pub(super) fn new(threads: usize) -> (Arc<Board>, Vec<Receiver<Order>>) {
        let (posts, inboxes) = iter::repeat_with(channel)
            .take(threads)
            .map(|(orders, inbox)| {
                let post = Post {
                    orders,
                    waker: OnceLock::new(),
                    over: AtomicBool::new(false),
                };
                (post, inbox)
            })
            .unzip();
        let board = Board {
            posts,
            seats: Mutex::default(),
            hasher: RandomState::new(),
        };
        (Arc::new(board), inboxes)
    }

    /// Lets a transfer wait for its turn.
    pub(super) fn submit(&self, taken: Box<Taken>) -> Result<(), NotTaken> {
        let tenant = taken.job.tenant.clone();
        let mut seats = self.seats();
        if !seats.contains_key(&tenant.id()) && seats.len().is_power_of_two() {
            // Tenants come and go; one that a thread has in its list stays the one that there is.
            seats.retain(|_, seat| Arc::strong_count(seat) > 1 || !seat.is_idle());
        }
        let seat = seats.entry(tenant.id()).or_insert_with(|| {
            let others = self.posts.len().saturating_sub(1).max(1);
            let thread = self.hasher.hash_one(tenant.id()) % others as u64;
            Arc::new(Seat::new(tenant, thread as usize))
        });
        // Under the lock: one that is idle may be gone a moment later.
        seat.push(taken)?;
        let seat = Arc::clone(seat);
        drop(seats);
        if self.send(self.home(&seat), Order::Admit(Arc::clone(&seat))) {
            Ok(())
        } else {
            seat.close();
            Err(NotTaken::Closed)
        }
    }

    /// The thread that this tenant's transfers begin on now.
    pub(super) fn home(&self, seat: &Seat) -> usize {
        match seat.tenant.ledger().overruns() || self.is_over(seat.thread) {
            true => self.posts.len().saturating_sub(1),
            false => seat.thread,
        }
    }

    /// Nothing begins on this thread any more: what its tenants have left is for the one apart.
    pub(super) fn leave(&self, thread: usize) {
        if let Some(post) = self.posts.get(thread) {
            post.over.store(true, Ordering::SeqCst);
        }
    }

    /// Whether a thread has left.
    pub(super) fn is_over(&self, thread: usize) -> bool {
        self.posts
            .get(thread)
            .is_some_and(|post| post.over.load(Ordering::SeqCst))
    }

    /// Tells a thread; false where it is gone.
    pub(super) fn send(&self, thread: usize, order: Order) -> bool {
        let Some(post) = self.posts.get(thread) else {
            return false;
        };
        let sent = post.orders.send(order).is_ok();
        if let Some(waker) = post.waker.get() {
            waker.wake();
        }
        sent
    }

    /// The tenants of this thread.
    pub(super) fn seats_of(&self, thread: usize) -> Vec<Arc<Seat>> {
        let seats = self.seats();
        let of = seats.values().filter(|seat| self.home(seat) == thread);
        of.map(Arc::clone).collect()
    }

    /// All tenants.
    pub(super) fn all_seats(&self) -> Vec<Arc<Seat>> {
        self.seats().values().map(Arc::clone).collect()
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<usize, Arc<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Thread {
    /// Starts the thread of this number.
    pub(super) fn start(board: &Arc<Board>, number: usize, inbox: Receiver<Order>) -> io::Result<Thread> {
        let (ready, is_ready) = channel();
        let shared = Arc::clone(board);
        let apart = number + 1 == board.posts.len();
        let name = if apart {
            "worker-apart".to_owned()
        } else {
            format!("worker-{number}")
        };
        let thread = thread::Builder::new().name(name).spawn(move || {
            if apart {
                // Where both are refused, quotas bound it all the same.
                let _ = idle::yield_to_others().or_else(|_| {
                    // On Linux this concerns the thread alone.
                    rustix::process::setpriority_process(None, NICE).map_err(std::io::Error::from)
                });
            }
            match Worker::new() {
                Ok(mut worker) => {
                    if apart {
                        worker.set_apart();
                    }
                    if let Some(post) = shared.posts.get(number) {
                        // Nobody's: it only ends the wait.
                        let _ = post.waker.set(worker.waker(0));
                    }
                    let _ = ready.send(Ok(()));
                    Shift::new(shared, number, worker).work(&inbox);
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        })?;
        let thread = Thread {
            board: Arc::clone(board),
            number,
            thread: Some(thread),
        };
        is_ready
            .recv()
            .map_err(|_| io::Error::other("a worker did not come up"))??;
        Ok(thread)
    }

    /// No more come.
    pub(super) fn finish(&self, at: Option<Instant>) {
        // One that is gone has nothing left to end.
        self.board.send(self.number, Order::Finish(at));
    }

    /// Waits for its end.
    pub(super) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.finish(Some(Instant::now()));
            self.join();
        }
    }
}
