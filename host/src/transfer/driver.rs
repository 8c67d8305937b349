//! Drives a transfer to its end: one loop over readiness, libcurl's timer, the pause and the wake-up from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::abort::Ended;
use super::dispatch::Dispatch;
use super::outcome::{self, Outcome};
use super::pause::Granted;
use super::prepare::{Prepared, prepare};
use super::spec::{SpecError, TransferSpec};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{CurlCode, Easy, Flow, Multi, MultiError, Poller, Token, Waker};
use crate::guest::Plugin;
use crate::host::Host;
use crate::sink::Sink;

/// How long a transfer that reports its progress may be silent before it is run all the same.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// One transfer, made ready. It runs on the thread that made it.
pub struct Transfer {
    prepared: Prepared,
    plugin: Option<Plugin>,
    poller: Poller,
    cancel: Cancel,
}

/// Cancels a transfer from any thread, also before it runs.
#[derive(Clone, Debug)]
pub struct Cancel {
    cancelled: Arc<AtomicBool>,
    waker: Waker,
}

impl Cancel {
    /// The transfer ends with CURLE_ABORTED_BY_CALLBACK (42) and the cause `cancelled`, as soon as libcurl and the
    /// guest return.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.waker.wake();
    }
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
        let poller = Poller::new().map_err(|error| SpecError {
            what: format!("the system gave no poller: {error}"),
            url: false,
        })?;
        let cancel = Cancel {
            cancelled: Arc::default(),
            waker: poller.waker(),
        };
        let prepared = prepare(host, plugin, spec, sink)?;
        Ok(Transfer {
            prepared,
            plugin: plugin.cloned(),
            poller,
            cancel,
        })
    }

    /// The way to cancel it.
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Runs it to its end, blocking this thread. Must not be called from within an async runtime.
    pub fn run(mut self) -> Outcome {
        let Prepared { easy, url } = self.prepared;
        let dispatch = std::rc::Rc::clone(easy.handler());
        let (code, easy) = match dispatch.latch.is_set() {
            true => (None, Some(easy)),
            false => drive(easy, &dispatch, &mut self.poller, &self.cancel),
        };
        if code == Some(CurlCode::OK) && !dispatch.ended() {
            end_body(&dispatch);
        }
        if !dispatch.latch.is_set() && (dispatch.finished.get() || code == Some(CurlCode::OK)) {
            dispatch.contain(Callback::Write, || dispatch.finish_sink());
        }
        let plugin = self.plugin.as_ref();
        let info = easy.as_ref().map(|easy| (easy.info().clone(), easy.error_text()));
        let (info, words) = info.unzip();
        let words = words.unwrap_or_default();
        let outcome = || outcome::of(&dispatch, code, info.as_ref(), &words, &url, plugin);
        let before = outcome();
        tell_done(&dispatch, &before);
        let after = outcome();
        // `done` decides a success only: a failure that was there first stays.
        if before.code == CurlCode::OK {
            after
        } else {
            Outcome {
                guest: after.guest,
                ..before
            }
        }
    }
}

/// Drives until libcurl has ended the transfer, or a latched cause takes it out.
fn drive(
    easy: Easy<Dispatch>,
    dispatch: &Dispatch,
    poller: &mut Poller,
    cancel: &Cancel,
) -> (Option<CurlCode>, Option<Easy<Dispatch>>) {
    let mut multi = match Multi::new() {
        Ok(multi) => multi,
        Err(error) => return (failed(dispatch, &error), Some(easy)),
    };
    let token = match multi.add(easy) {
        Ok(token) => token,
        Err(error) => return (failed(dispatch, &error), None),
    };
    let code = turn(&multi, token, dispatch, poller, cancel).unwrap_or_else(|error| {
        let words = format!("the transfer could not be driven: {error}");
        dispatch.latch.set(Ended::because(None, Cause::System, words));
        None
    });
    (code, multi.remove(token))
}

fn failed(dispatch: &Dispatch, error: &MultiError) -> Option<CurlCode> {
    dispatch
        .latch
        .set(Ended::because(None, Cause::System, error.to_string()));
    None
}

fn turn(
    multi: &Multi<Dispatch>,
    token: Token,
    dispatch: &Dispatch,
    poller: &mut Poller,
    cancel: &Cancel,
) -> Result<Option<CurlCode>, Box<dyn std::error::Error>> {
    loop {
        multi.register(poller)?;
        if let Some(finished) = multi.finished().filter(|finished| finished.token == token) {
            return Ok(Some(finished.code));
        }
        if cancel.cancelled.load(Ordering::Acquire) {
            dispatch
                .latch
                .set(Ended::new(None, crate::guest::Failure::of(Cause::Cancelled)));
        }
        if dispatch.ended() {
            return Ok(None);
        }
        let beat = dispatch.reports_progress.get().then_some(HEARTBEAT);
        let timeout = [multi.timeout(), dispatch.pause.left(), beat]
            .into_iter()
            .flatten()
            .min();
        let ready = poller.wait(timeout)?;
        match (ready.is_empty(), beat) {
            (true, Some(_)) => multi.run_all()?,
            _ => {
                for ready in ready {
                    multi.socket_ready(ready)?;
                    // At once: a number that libcurl has closed may be another socket's a moment later.
                    multi.register(poller)?;
                }
            }
        }
        multi.tick()?;
        match dispatch.pause.take_due() {
            Some(Granted::Paused) => {
                if let Some(easy) = multi.get(token) {
                    // A failure inside is the transfer's end, which libcurl reports as any other.
                    easy.unpause();
                }
            }
            Some(Granted::Spent) => dispatch.pause_is_spent(dispatch.pause.by()),
            None => {}
        }
    }
}

/// The body ended well: what the guest held back comes now.
fn end_body(dispatch: &Dispatch) {
    let call = || "write-end()".to_owned();
    dispatch.contain(Callback::WriteEnd, || {
        let tail = dispatch.ask(Callback::WriteEnd, call, |guest| guest.on_write_end(), Vec::new);
        if let Some(tail) = tail {
            let _: Flow = dispatch.deliver(Callback::WriteEnd, &tail);
        }
    });
}

fn tell_done(dispatch: &Dispatch, outcome: &Outcome) {
    if dispatch.latch.is_set() {
        return;
    }
    let told = outcome.for_guest();
    // After `finish` the guest has nothing more to decide but is told all the same.
    dispatch.finished.set(false);
    let call = || format!("done({})", outcome.code);
    dispatch.contain(Callback::Done, || {
        dispatch.ask(Callback::Done, call, |guest| guest.on_done(&told), || ())
    });
    dispatch.finished.set(outcome.finished);
}
