//! The time of a call: the store's own deadline, looked at whenever the engine ticks and before every wait.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::limits::LimitExceeded;
use crate::cause::Cause;

/// When the call that is being made has to end.
#[derive(Clone, Debug)]
pub(super) struct CallClock {
    begun: Instant,
    deadline: Instant,
    limit: Duration,
    may_wait: bool,
    runtime: Arc<Runtime>,
}

/// Waiting is not allowed at all under the tenant policy.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a guest may not wait here: answer pause instead")]
pub(super) struct WaitRefused;

impl CallClock {
    pub(super) fn new(runtime: Arc<Runtime>, may_wait: bool) -> CallClock {
        let now = Instant::now();
        CallClock {
            begun: now,
            deadline: now,
            limit: Duration::ZERO,
            may_wait,
            runtime,
        }
    }

    /// A call begins that may take this long.
    pub(super) fn begin(&mut self, limit: Duration) {
        self.begun = Instant::now();
        self.limit = limit;
        self.deadline = self.begun.checked_add(limit).unwrap_or(self.begun);
    }

    /// How long the call has taken.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Fails once the deadline has passed.
    pub(super) fn check(&self) -> Result<(), LimitExceeded> {
        if Instant::now() < self.deadline {
            Ok(())
        } else {
            Err(self.exceeded())
        }
    }

    /// How long the call may still wait inside an import.
    pub(super) fn patience(&self) -> Duration {
        if self.may_wait {
            self.deadline.saturating_duration_since(Instant::now())
        } else {
            Duration::ZERO
        }
    }

    /// What a wait ends in that has lasted as long as it may.
    pub(super) fn waited(&self) -> wasmtime::Error {
        if self.may_wait {
            self.exceeded().into()
        } else {
            WaitRefused.into()
        }
    }

    /// Waits no longer than the call may take.
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> wasmtime::Result<T> {
        self.check()?;
        let patience = self.patience();
        self.runtime
            .block_on(async { tokio::time::timeout(patience, future).await })
            .map_err(|_| self.waited())
    }

    fn exceeded(&self) -> LimitExceeded {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        LimitExceeded {
            cause: Cause::Deadline,
            limit: milliseconds(self.limit),
            used: milliseconds(self.begun.elapsed()),
        }
    }
}
