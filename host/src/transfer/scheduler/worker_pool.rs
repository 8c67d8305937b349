//! What the threads share: each tenant's queue, the thread that it belongs to, and the way to each thread.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::{io, iter};

use super::QueuedJob;
use super::tenant_queue::{Rejected, TenantQueue};
use super::worker_loop::WorkerLoop;
use crate::curl::{Waker, idle};
use crate::transfer::worker::Worker;

/// How much less the low-priority thread gets of the processor, where it cannot have only what others leave.
const NICE: i32 = 19;

/// What a thread is told.
pub(super) enum Command {
    /// One of this tenant's transfers may be able to begin.
    Admit(Arc<TenantQueue>),
    /// No more come; what runs or waits at that time, where there is one, is cancelled.
    Finish(Option<Instant>),
}

/// The threads, and the tenants on them.
pub(super) struct Shared {
    remotes: Vec<Remote>,
    queues: Mutex<HashMap<usize, Arc<TenantQueue>>>,
    hasher: RandomState,
}

struct Remote {
    commands: Sender<Command>,
    /// There as soon as the thread is up.
    waker: OnceLock<Waker>,
    /// Nothing begins on it any more.
    over: AtomicBool,
}

/// A worker's thread.
pub(super) struct Thread {
    shared: Arc<Shared>,
    number: usize,
    thread: Option<JoinHandle<()>>,
}

impl Shared {
    /// For so many threads, the last of which is the low-priority one; and what each of them receives.
    pub(super) fn new(threads: usize) -> (Arc<Shared>, Vec<Receiver<Command>>) {
        let (remotes, inboxes) = iter::repeat_with(channel)
            .take(threads)
            .map(|(commands, inbox)| {
                let remote = Remote {
                    commands,
                    waker: OnceLock::new(),
                    over: AtomicBool::new(false),
                };
                (remote, inbox)
            })
            .unzip();
        let shared = Shared {
            remotes,
            queues: Mutex::default(),
            hasher: RandomState::new(),
        };
        (Arc::new(shared), inboxes)
    }

    /// Lets a transfer wait for its turn.
    pub(super) fn submit(&self, queued: Box<QueuedJob>) -> Result<(), Rejected> {
        let tenant = queued.job.tenant.clone();
        let mut queues = self.queues();
        if !queues.contains_key(&tenant.id()) && queues.len().is_power_of_two() {
            // Tenants come and go; one that a thread has in its list stays the one that there is.
            queues.retain(|_, tenant_queue| Arc::strong_count(tenant_queue) > 1 || !tenant_queue.is_idle());
        }
        let tenant_queue = queues.entry(tenant.id()).or_insert_with(|| {
            let others = self.remotes.len().saturating_sub(1).max(1);
            let thread = self.hasher.hash_one(tenant.id()) % others as u64;
            Arc::new(TenantQueue::new(tenant, thread as usize))
        });
        // Under the lock: one that is idle may be gone a moment later.
        tenant_queue.push(queued)?;
        let tenant_queue = Arc::clone(tenant_queue);
        drop(queues);
        if self.send(self.home(&tenant_queue), Command::Admit(Arc::clone(&tenant_queue))) {
            Ok(())
        } else {
            tenant_queue.close();
            Err(Rejected::Closed)
        }
    }

    /// The thread that this tenant's transfers begin on now.
    pub(super) fn home(&self, tenant_queue: &TenantQueue) -> usize {
        match tenant_queue.tenant.ledger().overruns() || self.is_over(tenant_queue.thread) {
            true => self.remotes.len().saturating_sub(1),
            false => tenant_queue.thread,
        }
    }

    /// Nothing begins on this thread any more: what its tenants have left is for the low-priority one.
    pub(super) fn leave(&self, thread: usize) {
        if let Some(remote) = self.remotes.get(thread) {
            remote.over.store(true, Ordering::SeqCst);
        }
    }

    /// Whether a thread has left.
    pub(super) fn is_over(&self, thread: usize) -> bool {
        self.remotes
            .get(thread)
            .is_some_and(|remote| remote.over.load(Ordering::SeqCst))
    }

    /// Tells a thread; false where it is gone.
    pub(super) fn send(&self, thread: usize, command: Command) -> bool {
        let Some(remote) = self.remotes.get(thread) else {
            return false;
        };
        let sent = remote.commands.send(command).is_ok();
        if let Some(waker) = remote.waker.get() {
            waker.wake();
        }
        sent
    }

    /// The tenants of this thread.
    pub(super) fn queues_of(&self, thread: usize) -> Vec<Arc<TenantQueue>> {
        let queues = self.queues();
        let of = queues.values().filter(|tenant_queue| self.home(tenant_queue) == thread);
        of.map(Arc::clone).collect()
    }

    /// All tenants.
    pub(super) fn all_queues(&self) -> Vec<Arc<TenantQueue>> {
        self.queues().values().map(Arc::clone).collect()
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<usize, Arc<TenantQueue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Thread {
    /// Starts the thread of this number.
    pub(super) fn start(shared: &Arc<Shared>, number: usize, inbox: Receiver<Command>) -> io::Result<Thread> {
        let (ready, is_ready) = channel();
        let own = Arc::clone(shared);
        let low_priority = number + 1 == shared.remotes.len();
        let name = if low_priority {
            "worker-low".to_owned()
        } else {
            format!("worker-{number}")
        };
        let thread = thread::Builder::new().name(name).spawn(move || {
            if low_priority {
                // Where both are refused, quotas bound it all the same.
                let _ = idle::yield_to_others().or_else(|_| {
                    // On Linux this concerns the thread alone.
                    rustix::process::setpriority_process(None, NICE).map_err(std::io::Error::from)
                });
            }
            match Worker::new() {
                Ok(mut worker) => {
                    if low_priority {
                        worker.set_low_priority();
                    }
                    if let Some(remote) = own.remotes.get(number) {
                        // Nobody's: it only ends the wait.
                        let _ = remote.waker.set(worker.waker(0));
                    }
                    let _ = ready.send(Ok(()));
                    WorkerLoop::new(own, number, worker).work(&inbox);
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        })?;
        let thread = Thread {
            shared: Arc::clone(shared),
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
        self.shared.send(self.number, Command::Finish(at));
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
