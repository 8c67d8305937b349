//! Drives a transfer to its end: one loop over readiness, libcurl's timer, the pause and the wake-up from outside.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::dispatch::Dispatch;
use super::ended::Ended;
use super::names::Judged;
use super::outcome::{self, Outcome};
use super::pause::{Direction, Granted};
use super::prepare::{Prepared, prepare};
use super::spec::{SpecError, TransferSpec};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{CurlCode, Easy, Flow, Multi, MultiError, Poller, Token, Waker};
use crate::guest::Plugin;
use crate::host::Host;
use crate::limits::Limit;
use crate::sink::Sink;

/// How long a transfer that reports its progress may be silent before it is run all the same.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// One transfer, made ready. It runs on the thread that made it.
pub struct Transfer {
    prepared: Prepared,
    plugin: Option<Plugin>,
    poller: Rc<Poller>,
    handle: Handle,
}

/// Reaches a transfer from any thread, also before it runs. What is wished is done as soon as libcurl and the guest
/// return.
#[derive(Clone, Debug)]
pub struct Handle {
    wishes: Arc<Wishes>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Wishes {
    cancelled: AtomicBool,
    /// Callbacks, a bit each.
    unset: AtomicU32,
    /// Directions, a bit each.
    held: AtomicU8,
}

impl Handle {
    /// The transfer ends with CURLE_ABORTED_BY_CALLBACK (42) and the cause `cancelled`.
    pub fn cancel(&self) {
        self.wishes.cancelled.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// The guest decides this callback no more: libcurl's default from now on, as if the plugin did not export it. It
    /// cannot be set again. A callback that the plugin does not export is unset already.
    pub fn unset(&self, callback: Callback) {
        self.wishes.unset.fetch_or(callback.bit(), Ordering::AcqRel);
        self.waker.wake();
    }

    /// Holds one direction until [`Handle::unpause`]: the sink gets nothing, or nothing is sent. It costs nothing of the
    /// guest's budget for pauses, but the transfer's own time runs on. It has no effect on `file://`, which libcurl
    /// cannot pause.
    pub fn pause(&self, direction: Direction) {
        self.wishes.held.fetch_or(direction.bit(), Ordering::AcqRel);
        self.waker.wake();
    }

    /// Lets a direction go on that was held. A pause of the guest's own lasts as long as it wished.
    pub fn unpause(&self, direction: Direction) {
        self.wishes.held.fetch_and(!direction.bit(), Ordering::AcqRel);
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
        let handle = Handle {
            wishes: Arc::default(),
            waker: poller.waker(),
        };
        let prepared = prepare(host, plugin, spec, sink, poller.waker())?;
        Ok(Transfer {
            prepared,
            plugin: plugin.cloned(),
            poller: Rc::new(poller),
            handle,
        })
    }

    /// The way to reach it while it runs.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Takes this callback from the guest before the transfer runs; `start` was called already.
    pub fn unset(&self, callback: Callback) {
        self.handle.unset(callback);
    }

    /// Runs it to its end, blocking this thread. Must not be called from within an async runtime.
    pub fn run(self) -> Outcome {
        let Prepared { easy, url } = self.prepared;
        let dispatch = Rc::clone(easy.handler());
        let (code, easy) = match dispatch.latch.is_set() {
            true => (None, Some(easy)),
            false => drive(easy, &dispatch, &url, &self.poller, &self.handle.wishes),
        };
        // What was wished in the last turn of the loop.
        dispatch.unset(self.handle.wishes.unset.load(Ordering::Acquire));
        if code == Some(CurlCode::OK) && !dispatch.ended() {
            end_body(&dispatch);
        }
        if !dispatch.latch.is_set() && (dispatch.finished.get() || code == Some(CurlCode::OK)) {
            dispatch.contain(Callback::Write, || dispatch.finish_sinks());
        }
        let plugin = self.plugin.as_ref();
        let info = easy.as_ref().map(|easy| (easy.info().clone(), easy.error_text()));
        let (info, words) = info.unzip();
        let words = words.unwrap_or_default();
        let outcome = || outcome::of(&dispatch, code, info.as_ref(), &words, &url, plugin);
        let before = outcome();
        dispatch.unset(self.handle.wishes.unset.load(Ordering::Acquire));
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
    url: &str,
    poller: &Rc<Poller>,
    wishes: &Wishes,
) -> (Option<CurlCode>, Option<Easy<Dispatch>>) {
    let mut multi = match Multi::new(Rc::clone(poller)) {
        Ok(multi) => multi,
        Err(error) => return (failed(dispatch, &error), Some(easy)),
    };
    if dispatch.decides(Callback::Socket) {
        // Its handle is its own: whoever else were in it would be told of.
        multi.listen(easy.handler());
    }
    if !judged(dispatch, url, poller, wishes) {
        return (None, Some(easy));
    }
    let token = match multi.add(easy) {
        Ok(token) => token,
        Err(error) => return (failed(dispatch, &error), None),
    };
    let code = turn(&multi, token, dispatch, poller, wishes).unwrap_or_else(|error| {
        let words = format!("the transfer could not be driven: {error}");
        dispatch.latch.set(Ended::because(None, Cause::System, words));
        None
    });
    (code, multi.remove(token))
}

/// Waits, where the policy is strict, until what the URL's name leads to is known; false where the transfer is over by
/// then. libcurl's own time has not begun, so this one is kept here.
fn judged(dispatch: &Dispatch, url: &str, poller: &Poller, wishes: &Wishes) -> bool {
    let begun = Instant::now();
    let patience = dispatch.policy.limits.time(Limit::TotalTime);
    loop {
        if wishes.cancelled.load(Ordering::Acquire) {
            dispatch
                .latch
                .set(Ended::new(None, crate::guest::Failure::of(Cause::Cancelled)));
        }
        if dispatch.judge_name_of(url) != Judged::NotYet || dispatch.latch.is_set() {
            return !dispatch.latch.is_set();
        }
        let left = patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            dispatch
                .latch
                .set(dispatch.denied(url, "strict: the resolver gave no answer in time"));
        } else if let Err(error) = poller.wait(Some(left)) {
            let words = format!("the transfer could not be driven: {error}");
            dispatch.latch.set(Ended::because(None, Cause::System, words));
        }
    }
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
    poller: &Poller,
    wishes: &Wishes,
) -> Result<Option<CurlCode>, Box<dyn std::error::Error>> {
    let mut timer = None;
    loop {
        multi.watched()?;
        if let Some(finished) = multi.finished().filter(|finished| finished.token == token) {
            return Ok(Some(finished.code));
        }
        if wishes.cancelled.load(Ordering::Acquire) {
            dispatch
                .latch
                .set(Ended::new(None, crate::guest::Failure::of(Cause::Cancelled)));
        }
        dispatch.unset(wishes.unset.load(Ordering::Acquire));
        if std::mem::replace(&mut timer, multi.timer()) != multi.timer() {
            dispatch.contain(Callback::Timer, || dispatch.on_timer(timer));
        }
        let due = dispatch.pause.take_due();
        if due == Some(Granted::Spent) {
            dispatch.pause_is_spent(dispatch.pause.by());
        }
        if dispatch.ended() {
            return Ok(None);
        }
        let let_go = dispatch.hold(wishes.held.load(Ordering::Acquire));
        let goes_on = due.is_some() | let_go | dispatch.upload_goes_on() | dispatch.names_go_on();
        if let Some(easy) = multi.get(token).filter(|_| goes_on) {
            // A failure inside is the transfer's end, which libcurl reports as any other.
            easy.unpause();
            continue;
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
                }
            }
        }
        multi.tick()?;
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
        dispatch.over.set(true);
        return;
    }
    let told = outcome.for_guest();
    let call = || format!("done({})", outcome.code);
    dispatch.contain(Callback::Done, || {
        dispatch.ask(Callback::Done, call, |guest| guest.on_done(&told), || ())
    });
    dispatch.over.set(true);
}
