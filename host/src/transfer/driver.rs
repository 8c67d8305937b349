//! One transfer on the thread that made it: a worker of its own, for as long as it takes.

use super::handle::Handle;
use super::live::Live;
use super::outcome::Outcome;
use super::prepare::prepare;
use super::spec::{SpecError, TransferSpec};
use super::worker::Worker;
use crate::callback::Callback;
use crate::guest::Plugin;
use crate::host::Host;
use crate::sink::Sink;

/// One transfer, made ready. It runs on the thread that made it.
pub struct Transfer {
    worker: Worker,
    live: Live,
    id: usize,
}

impl Transfer {
    /// Makes a transfer ready: the URL is read, the guest is made, and its `start` is called.
    ///
    /// # Errors
    /// Where the specification cannot be carried out. What a guest does wrong is not an error here: it is the
    /// transfer's outcome.
    pub fn new(
        host: &Host,
        plugin: Option<&Plugin>,
        spec: TransferSpec,
        sink: Box<dyn Sink>,
    ) -> Result<Transfer, SpecError> {
        let mut worker = Worker::new().map_err(|error| SpecError {
            what: format!("the system gave no poller: {error}"),
            url: false,
        })?;
        let id = worker.new_id();
        let handle = Handle::new();
        handle.reaches(worker.waker(id));
        let prepared = prepare(host, plugin, spec, sink, worker.waker(id), None)?;
        let live = Live::new(prepared, plugin.cloned(), handle);
        Ok(Transfer { worker, live, id })
    }

    /// The way to reach it while it runs.
    pub fn handle(&self) -> Handle {
        self.live.handle.clone()
    }

    /// Takes this callback from the guest before the transfer runs; `start` was called already.
    pub fn unset(&self, callback: Callback) {
        self.live.handle.unset(callback);
    }

    /// Runs it to its end, blocking this thread. Must not be called from within an async runtime.
    pub fn run(mut self) -> Outcome {
        self.worker.take(self.id, self.live, None);
        loop {
            if let Some((_, outcome)) = self.worker.ended().pop() {
                return outcome;
            }
            self.worker.turn(None);
        }
    }
}
