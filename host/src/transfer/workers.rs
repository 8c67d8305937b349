//! Many transfers at once, of tenants who share nothing, on a few threads.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem};

use tokio::sync::oneshot;

use super::handle::Handle;
use super::live::Live;
use super::outcome::Outcome;
use super::prepare::prepare;
use super::spec::{SpecError, TransferSpec};
use super::worker::Worker;
use crate::curl::{Waker, words_of};
use crate::guest::Plugin;
use crate::host::Host;
use crate::sink::Sink;

/// How long orders are taken before the transfers that run are looked after.
const PATIENCE: Duration = Duration::from_millis(5);

/// Threads that run transfers. A tenant's transfers run on one of them, in a multi handle of its own: connections, DNS
/// answers and TLS sessions serve nobody else. Every transfer that was taken ends exactly once, whatever happens.
pub struct Workers {
    threads: Vec<Thread>,
    hasher: RandomState,
}

struct Thread {
    orders: Sender<Order>,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Run(Box<Taken>),
    /// No more come; what runs at that time, where there is one, is cancelled.
    Finish(Option<Instant>),
}

/// A transfer to be run.
#[derive(Debug)]
pub struct Job {
    /// Whose it is.
    pub tenant: String,
    /// What decides; nothing is libcurl alone.
    pub plugin: Option<Plugin>,
    /// What shall be done.
    pub spec: TransferSpec,
    /// Where the body goes.
    pub sink: Box<dyn Sink>,
}

struct Taken {
    job: Job,
    handle: Handle,
    outcome: oneshot::Sender<Outcome>,
}

/// A transfer that was taken. It is a future of its outcome; dropping it neither ends nor cancels the transfer.
#[derive(Debug)]
pub struct Submitted {
    handle: Handle,
    url: String,
    outcome: oneshot::Receiver<Outcome>,
}

/// Why a transfer was not taken. One sentence.
#[derive(Debug, thiserror::Error)]
#[error("the workers take no more transfers: they were shut down, or the tenant's thread failed")]
pub struct SubmitError;

impl Workers {
    /// So many threads, at least one, under the host's policy.
    ///
    /// # Errors
    /// Where the system gives no threads, or no pollers.
    pub fn start(host: &Host, threads: usize) -> io::Result<Workers> {
        let threads = (0..threads.max(1)).map(|number| Thread::start(host.clone(), number));
        Ok(Workers {
            threads: threads.collect::<io::Result<_>>()?,
            hasher: RandomState::new(),
        })
    }

    /// Takes a transfer. It begins as soon as its tenant's thread comes to it.
    ///
    /// # Errors
    /// After [`Workers::finish`] began.
    pub fn submit(&self, job: Job) -> Result<Submitted, SubmitError> {
        let (sender, receiver) = oneshot::channel();
        let handle = Handle::new();
        let submitted = Submitted {
            handle: handle.clone(),
            url: job.spec.url.clone(),
            outcome: receiver,
        };
        let at = self.hasher.hash_one(&job.tenant) % self.threads.len() as u64;
        let thread = self.threads.get(at as usize).ok_or(SubmitError)?;
        let taken = Taken {
            job,
            handle,
            outcome: sender,
        };
        thread.send(Order::Run(Box::new(taken)))?;
        Ok(submitted)
    }

    /// Takes no more, and returns when all that were taken have ended. What still runs after so long is cancelled; `None` lets
    /// all of it end by itself.
    pub fn finish(mut self, patience: Option<Duration>) {
        self.end(patience.and_then(|patience| Instant::now().checked_add(patience)));
    }

    fn end(&mut self, at: Option<Instant>) {
        for thread in &self.threads {
            // One that is gone has nothing left to end.
            let _ = thread.send(Order::Finish(at));
        }
        self.threads.iter_mut().for_each(Thread::join);
    }
}

impl Drop for Workers {
    /// Cancels what still runs, and waits until it has ended.
    fn drop(&mut self) {
        self.end(Some(Instant::now()));
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let _ = self.send(Order::Finish(Some(Instant::now())));
        self.join();
    }
}

impl Submitted {
    /// Reaches the transfer: to cancel it, to pause it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits for its outcome, blocking this thread.
    ///
    /// # Panics
    /// Within an async runtime: await it there.
    pub fn wait(self) -> Outcome {
        let url = self.url;
        self.outcome.blocking_recv().unwrap_or_else(|_| lost(&url))
    }
}

impl Future for Submitted {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let url = mem::take(&mut self.url);
        let polled = Pin::new(&mut self.outcome).poll(context);
        match polled {
            Poll::Ready(outcome) => Poll::Ready(outcome.unwrap_or_else(|_| lost(&url))),
            Poll::Pending => {
                self.url = url;
                Poll::Pending
            }
        }
    }
}

/// A thread that panics where nothing catches it takes its transfers along.
fn lost(url: &str) -> Outcome {
    Outcome::panicked(url, "a thread of the host's ended")
}

impl Thread {
    fn start(host: Host, number: usize) -> io::Result<Thread> {
        let (orders, inbox) = channel();
        let (ready, is_ready) = channel();
        let thread = thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
            let worker = Worker::new();
            match worker {
                Ok(worker) => {
                    // Nobody's: it only ends the wait.
                    let _ = ready.send(Ok(worker.waker(0)));
                    Shift::new(host, worker).work(&inbox);
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        })?;
        let waker = is_ready
            .recv()
            .map_err(|_| io::Error::other("a worker did not come up"))??;
        Ok(Thread {
            orders,
            waker,
            thread: Some(thread),
        })
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    fn send(&self, order: Order) -> Result<(), SubmitError> {
        self.orders.send(order).map_err(|_| SubmitError)?;
        self.waker.wake();
        Ok(())
    }
}

/// A worker at work.
struct Shift {
    host: Host,
    worker: Worker,
    running: HashMap<usize, (Handle, oneshot::Sender<Outcome>)>,
    /// No more come; and when what runs is cancelled.
    over: Option<Option<Instant>>,
}

impl Shift {
    fn new(host: Host, worker: Worker) -> Shift {
        Shift {
            host,
            worker,
            running: HashMap::new(),
            over: None,
        }
    }

    fn work(mut self, inbox: &Receiver<Order>) {
        loop {
            let more = self.take_orders(inbox);
            for (id, outcome) in mem::take(self.worker.ended()) {
                if let Some((_, told)) = self.running.remove(&id) {
                    // Nobody may wait for it any more.
                    let _ = told.send(outcome);
                }
            }
            if self.over.is_some() && self.running.is_empty() && !more {
                return;
            }
            let left = self
                .over
                .flatten()
                .map(|at| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                self.over = Some(None);
                self.running.values().for_each(|(handle, _)| handle.cancel());
            }
            self.worker.turn(if more { Some(Duration::ZERO) } else { left });
        }
    }

    /// Takes orders for a moment; tells whether there may be more. Each may make a guest, which takes its time.
    fn take_orders(&mut self, inbox: &Receiver<Order>) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match inbox.try_recv() {
                Ok(Order::Run(taken)) => self.take(*taken),
                Ok(Order::Finish(at)) => self.over = Some(at),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => {
                    self.over.get_or_insert(Some(Instant::now()));
                    return false;
                }
            }
        }
        true
    }

    fn take(&mut self, taken: Taken) {
        let Taken { job, handle, outcome } = taken;
        let id = self.worker.new_id();
        let waker = self.worker.waker(id);
        let (url, plugin) = (job.spec.url.clone(), job.plugin);
        if job.spec.may_block() {
            let what = "an upload from a stream can neither resume nor go to file://, where it would hold up other transfers: \
                        give a file or bytes";
            let error = SpecError {
                what: what.to_owned(),
                url: false,
            };
            drop(outcome.send(Outcome::refused(&url, &error)));
            return;
        }
        // What ends here has never begun.
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            prepare(&self.host, plugin.as_ref(), job.spec, job.sink, waker.clone())
        }));
        match prepared {
            Ok(Ok(prepared)) => {
                handle.reaches(waker);
                self.running.insert(id, (handle.clone(), outcome));
                self.worker
                    .take(id, Live::new(prepared, plugin, handle), Some(&job.tenant));
            }
            Ok(Err(error)) => drop(outcome.send(Outcome::refused(&url, &error))),
            Err(payload) => drop(outcome.send(Outcome::panicked(&url, words_of(&*payload)))),
        }
    }
}
