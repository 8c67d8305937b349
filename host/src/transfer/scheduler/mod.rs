//! Many transfers at once, of tenants who share nothing, on a few threads.

mod metrics;
mod tenant_queue;
mod worker_loop;
mod worker_pool;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{io, mem};

use tokio::sync::oneshot;
use tracing::Span;

pub use metrics::{METRICS, Metric, MetricKind};
use tenant_queue::Rejected;
use worker_pool::{Shared, Thread};

use super::handle::Handle;
use super::outcome::Outcome;
use super::prepare::destination;
use super::spec::TransferSpec;
use crate::guest::Plugin;
use crate::sink::Sink;
use crate::tenant::{Quota, Tenant};

/// Threads that run transfers. A tenant's transfers run on one of them, in a multi handle of its own: connections, DNS
/// answers and TLS sessions serve nobody else. Every transfer that was taken ends exactly once, whatever happens.
///
/// A tenant whose guests keep using more time than its quota moves to the low-priority thread, until it has not for a
/// while.
pub struct Workers {
    threads: Vec<Thread>,
    shared: Arc<Shared>,
}

/// A transfer to be run.
#[derive(Debug)]
pub struct Job {
    /// Whose it is.
    pub tenant: Tenant,
    /// What decides, loaded by this tenant or by its host; nothing is libcurl alone.
    pub plugin: Option<Plugin>,
    /// What shall be done. An upload from a stream that resumes, or that goes to `file://`, is refused: it would hold up others.
    pub spec: TransferSpec,
    /// Where the body goes.
    pub sink: Box<dyn Sink>,
}

/// A job that waits for its turn, or runs.
struct QueuedJob {
    job: Job,
    handle: Handle,
    outcome: oneshot::Sender<Outcome>,
    /// Whom it asks first: a host and a port.
    destination: String,
    since: Instant,
    span: Span,
    /// That of its waiting.
    waits: Span,
}

/// A transfer that was taken. It is a future of its outcome; dropping it neither ends nor cancels the transfer.
#[derive(Debug)]
pub struct PendingTransfer {
    handle: Handle,
    url: String,
    outcome: oneshot::Receiver<Outcome>,
}

/// Why a transfer was not taken. One sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// As many of the tenant's transfers wait as its quota allows.
    #[error("tenant {} has {most} transfers waiting, as many as its quota `queue` allows", crate::escape::quote(.tenant))]
    QueueFull {
        /// The tenant's name.
        tenant: String,
        /// The quota.
        most: u64,
    },
    /// A thread of the host's has failed.
    #[error("the tenant's thread has failed, which is a bug of transferhost: please report it")]
    Failed,
}

impl Workers {
    /// So many threads, at least one, and a low-priority one for tenants that keep overrunning.
    ///
    /// # Errors
    /// Where the system gives no threads, or no pollers.
    pub fn start(threads: usize) -> io::Result<Workers> {
        metrics::describe();
        let (shared, inboxes) = Shared::new(threads.max(1) + 1);
        let started = inboxes
            .into_iter()
            .enumerate()
            .map(|(number, inbox)| Thread::start(&shared, number, inbox));
        Ok(Workers {
            threads: started.collect::<io::Result<_>>()?,
            shared,
        })
    }

    /// Takes a transfer. It begins as soon as the tenant's quotas allow, in the order in which they came but for those
    /// whose destination has to be waited for.
    ///
    /// # Errors
    /// Where the tenant has too many that wait, or a thread of the host's has failed.
    pub fn submit(&self, job: Job) -> Result<PendingTransfer, SubmitError> {
        let (sender, receiver) = oneshot::channel();
        let handle = Handle::new();
        let submitted = PendingTransfer {
            handle: handle.clone(),
            url: job.spec.url.clone(),
            outcome: receiver,
        };
        let tenant = job.tenant.clone();
        let slow = |plugin: &Plugin| plugin.trial() > tenant.policy().limits.time(crate::limits::Limit::CallTime);
        if job.plugin.as_ref().is_some_and(slow) {
            // Making one guest holds up all others of its thread for longer than any call may.
            tenant.ledger().overruns_always();
        }
        let span = metrics::span(&tenant, &job.spec.url, job.plugin.as_ref().map(Plugin::name));
        let queued = Box::new(QueuedJob {
            destination: destination(&job.spec),
            job,
            handle,
            outcome: sender,
            since: Instant::now(),
            waits: metrics::phase(&span, "queue"),
            span,
        });
        self.shared.submit(queued).map_err(|why| match why {
            Rejected::Full => {
                metrics::refused(&tenant);
                SubmitError::QueueFull {
                    tenant: tenant.name().to_owned(),
                    most: tenant.quotas().get(Quota::Queue),
                }
            }
            Rejected::Closed => SubmitError::Failed,
        })?;
        Ok(submitted)
    }

    /// Takes no more, and returns when all that were taken have ended. What still runs or waits after so long is cancelled;
    /// `None` lets all of it end by itself.
    pub fn finish(mut self, patience: Option<Duration>) {
        self.end(patience.and_then(|patience| Instant::now().checked_add(patience)));
    }

    fn end(&mut self, at: Option<Instant>) {
        // The low-priority thread is the last: until they have ended, the others may still send it a tenant.
        if let Some((low_priority, others)) = self.threads.split_last_mut() {
            others.iter().for_each(|thread| thread.finish(at));
            others.iter_mut().for_each(Thread::join);
            low_priority.finish(at);
            low_priority.join();
        }
    }
}

impl Drop for Workers {
    /// Cancels what still runs, and waits until it has ended.
    fn drop(&mut self) {
        self.end(Some(Instant::now()));
    }
}

impl PendingTransfer {
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

impl Future for PendingTransfer {
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
