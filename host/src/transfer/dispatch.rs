//! What libcurl asks, answered: latched already? too much? then the guest's verdict, then the sink.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Arc;

use super::abort::Ended;
use super::latch::Latch;
use super::pause::{Granted, Pause};
use super::source::Source;
use super::spec::{Observer, TransferSpec};
use super::trace::{self, Shown};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Callbacks, Continue, Flow, Open, Read, Seek, SocketTarget};
use crate::guest::{Failure, Guest, HeaderAction, WriteAction};
use crate::limits::Limit;
use crate::sink::Sink;
use crate::tenant::policy::Policy;

/// A transfer, as libcurl's callbacks see it. All is behind shared references: see `curl`'s page on re-entry.
pub(super) struct Dispatch {
    pub(super) latch: Latch,
    pub(super) pause: Pause,
    /// The guest has seen enough: a success, though libcurl is told an error.
    pub(super) finished: Cell<bool>,
    /// The last address that was dialled was denied, for this.
    pub(super) denied: RefCell<Option<Ended>>,
    pub(super) delivered: Cell<u64>,
    pub(super) received: Cell<u64>,
    /// Whether somebody wants to know how far it is, in silence too.
    pub(super) reports_progress: Cell<bool>,
    /// The reader of a pipe went away.
    pub(super) broken_pipe: Cell<bool>,
    pub(super) guest: RefCell<Option<Guest>>,
    pub(super) policy: Arc<Policy>,
    pub(super) observer: Observer,
    #[cfg(feature = "testing")]
    panic_in: Option<Callback>,
    sink: RefCell<Box<dyn Sink>>,
    source: RefCell<Option<Source>>,
    show_headers: bool,
    can_pause: bool,
    /// Bytes of the header lines that a pause interrupted, which were taken before it.
    header_taken: Cell<usize>,
}

impl Dispatch {
    pub(super) fn new(policy: Arc<Policy>, spec: &TransferSpec, sink: Box<dyn Sink>, can_pause: bool) -> Dispatch {
        Dispatch {
            latch: Latch::default(),
            pause: Pause::new(policy.limits.time(Limit::PauseBudget)),
            finished: Cell::default(),
            denied: RefCell::default(),
            delivered: Cell::default(),
            received: Cell::default(),
            reports_progress: Cell::default(),
            broken_pipe: Cell::default(),
            guest: RefCell::default(),
            policy,
            observer: spec.observer.clone(),
            #[cfg(feature = "testing")]
            panic_in: spec.panic_in,
            sink: RefCell::new(sink),
            source: RefCell::default(),
            show_headers: spec.show_headers,
            can_pause,
            header_taken: Cell::default(),
        }
    }

    /// Gives the transfer something to upload.
    pub(super) fn upload(&self, source: Source) {
        self.source.replace(Some(source));
    }

    /// Whether the transfer is over, whatever libcurl still calls.
    pub(super) fn ended(&self) -> bool {
        self.finished.get() || self.latch.is_set()
    }

    /// Runs what no trampoline of libcurl's stands around, and keeps a panic in this transfer.
    pub(super) fn contain<T>(&self, callback: impl Into<Option<Callback>>, run: impl FnOnce() -> T) -> Option<T> {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
            .map_err(|payload| {
                let words = crate::curl::words_of(&*payload);
                self.latch.set(Ended::because(callback, Cause::HostPanic, words));
            })
            .ok()
    }

    /// Asks the guest; `None` once the transfer is over, which it may be by this very call. `call` describes the call
    /// for the trace.
    pub(super) fn ask<T: Shown>(
        &self,
        callback: Callback,
        call: impl FnOnce() -> String,
        enter: impl FnOnce(&mut Guest) -> Result<T, Failure>,
        neutral: impl FnOnce() -> T,
    ) -> Option<T> {
        if self.ended() {
            return None;
        }
        #[cfg(feature = "testing")]
        self.panic_if_told(callback);
        let Ok(mut guest) = self.guest.try_borrow_mut() else {
            // Nothing that a guest imports makes libcurl call back, so this is a bug of ours: end with a reason.
            self.latch.set(Ended::because(
                callback,
                Cause::HostPanic,
                "a callback came while the guest was running",
            ));
            return None;
        };
        let Some(guest) = guest.as_mut() else {
            return Some(neutral());
        };
        let Some(calls) = &self.observer.calls else {
            return self.latched(callback, enter(guest));
        };
        let counted = guest.calls().total();
        let answer = enter(guest);
        if guest.calls().total() > counted {
            calls(&trace::line(&call(), &answer, guest.calls().last()));
        }
        self.latched(callback, answer)
    }

    /// The answer; a failure goes through the door.
    fn latched<T>(&self, callback: Callback, answer: Result<T, Failure>) -> Option<T> {
        answer
            .map_err(|failure| self.latch.set(Ended::new(callback, failure)))
            .ok()
    }

    /// Delivers bytes to the sink.
    pub(super) fn deliver(&self, callback: Callback, bytes: &[u8]) -> Flow {
        if bytes.is_empty() {
            return Flow::Taken;
        }
        let limit = self.policy.limits.get(Limit::Delivered);
        let delivered = self.delivered.get().saturating_add(bytes.len() as u64);
        if delivered > limit {
            let failure = Failure {
                limit: Some(limit),
                used: Some(delivered),
                ..Failure::of(Cause::Policy)
            };
            self.latch.set(Ended::new(callback, failure).about("delivered"));
            return Flow::Abort;
        }
        match self.sink.borrow_mut().deliver(bytes) {
            Ok(()) => {
                self.delivered.set(delivered);
                Flow::Taken
            }
            Err(error) => self.sink_failed(callback, &error),
        }
    }

    /// The body ended well.
    pub(super) fn finish_sink(&self) {
        if let Err(error) = self.sink.borrow_mut().finish() {
            self.sink_failed(Callback::Write, &error);
        }
    }

    fn sink_failed(&self, callback: Callback, error: &io::Error) -> Flow {
        self.broken_pipe.set(error.kind() == io::ErrorKind::BrokenPipe);
        self.latch.set(Ended::because(callback, Cause::Sink, error.to_string()));
        Flow::Abort
    }

    fn pause_for(&self, callback: Callback, milliseconds: u32) -> Flow {
        if !self.can_pause {
            let failure = Failure::bad_return("libcurl cannot pause a file:// transfer");
            self.latch.set(Ended::new(callback, failure));
            return Flow::Abort;
        }
        match self.pause.begin(callback, milliseconds) {
            Granted::Paused => Flow::Pause,
            Granted::Spent => {
                self.pause_is_spent(callback);
                Flow::Abort
            }
        }
    }

    /// The pause budget is used up.
    pub(super) fn pause_is_spent(&self, callback: impl Into<Option<Callback>>) {
        let milliseconds = u64::try_from(self.pause.budget().as_millis()).unwrap_or(u64::MAX);
        let failure = Failure {
            limit: Some(milliseconds),
            used: Some(milliseconds),
            ..Failure::of(Cause::PauseBudget)
        };
        self.latch.set(Ended::new(callback, failure));
    }

    /// Counts a chunk of the body; false where that is more than the policy allows.
    fn within_body_limit(&self, chunk: &[u8]) -> bool {
        let limit = self.policy.limits.get(Limit::Body);
        let received = self.received.get().saturating_add(chunk.len() as u64);
        if received > limit {
            let failure = Failure {
                limit: Some(limit),
                used: Some(received),
                ..Failure::of(Cause::Policy)
            };
            self.latch.set(Ended::new(Callback::Write, failure));
            return false;
        }
        self.received.set(received);
        true
    }

    fn take_back(&self, chunk: &[u8]) {
        self.received
            .set(self.received.get().saturating_sub(chunk.len() as u64));
    }

    fn header_line(&self, line: &[u8]) -> Flow {
        let call = || {
            format!(
                "header({})",
                crate::escape::quote(String::from_utf8_lossy(line).trim_end())
            )
        };
        let Some(action) = self.ask(
            Callback::Header,
            call,
            |guest| guest.on_header(line),
            || HeaderAction::Deliver,
        ) else {
            return Flow::Abort;
        };
        match action {
            HeaderAction::Pause(milliseconds) => self.pause_for(Callback::Header, milliseconds),
            HeaderAction::Deliver if self.show_headers => self.deliver(Callback::Header, line),
            HeaderAction::Replace(bytes) if self.show_headers => self.deliver(Callback::Header, &bytes),
            HeaderAction::Deliver | HeaderAction::Replace(_) | HeaderAction::Drop => Flow::Taken,
        }
    }

    #[cfg(feature = "testing")]
    #[expect(clippy::panic, reason = "the one point at which tests make the host panic")]
    fn panic_if_told(&self, callback: Callback) {
        if self.panic_in == Some(callback) {
            panic!("told to panic in {callback}");
        }
    }
}

impl Callbacks for Dispatch {
    fn write(&self, chunk: &[u8]) -> Flow {
        if self.ended() || !self.within_body_limit(chunk) {
            return Flow::Abort;
        }
        let call = || format!("write({} bytes)", chunk.len());
        let Some(action) = self.ask(
            Callback::Write,
            call,
            |guest| guest.on_write(chunk),
            || WriteAction::Deliver,
        ) else {
            return Flow::Abort;
        };
        match action {
            WriteAction::Deliver => self.deliver(Callback::Write, chunk),
            WriteAction::Replace(bytes) => self.deliver(Callback::Write, &bytes),
            WriteAction::Finish(count) => {
                let Some(front) = chunk.get(..count as usize) else {
                    let why = format!("finish({count}) of a chunk of {} bytes", chunk.len());
                    self.latch.set(Ended::new(Callback::Write, Failure::bad_return(&why)));
                    return Flow::Abort;
                };
                if self.deliver(Callback::Write, front) == Flow::Taken {
                    self.finished.set(true);
                }
                Flow::Abort
            }
            WriteAction::Pause(milliseconds) => {
                self.take_back(chunk);
                self.pause_for(Callback::Write, milliseconds)
            }
        }
    }

    fn header(&self, lines: &[u8]) -> Flow {
        // libcurl calls with one line; but what comes again after a pause, an older one joins.
        let mut taken = self.header_taken.take();
        for line in lines
            .get(taken..)
            .unwrap_or_default()
            .split_inclusive(|byte| *byte == b'\n')
        {
            match self.header_line(line) {
                Flow::Taken => taken += line.len(),
                Flow::Pause => {
                    self.header_taken.set(taken);
                    return Flow::Pause;
                }
                Flow::Abort => return Flow::Abort,
            }
        }
        Flow::Taken
    }

    fn read(&self, buffer: &mut [u8]) -> Read {
        if self.ended() {
            return Read::Abort;
        }
        let mut source = self.source.borrow_mut();
        let Some(source) = source.as_mut() else {
            return Read::Bytes(0);
        };
        match source.read(buffer) {
            Ok(count) => Read::Bytes(count),
            Err(error) => {
                self.latch
                    .set(Ended::because(Callback::Read, Cause::Source, error.to_string()));
                Read::Abort
            }
        }
    }

    fn seek(&self, offset: u64) -> Seek {
        if self.ended() {
            return Seek::Fail;
        }
        match self.source.borrow_mut().as_mut().map(|source| source.seek(offset)) {
            Some(Ok(true)) => Seek::Ok,
            Some(Ok(false)) | None => Seek::Cannot,
            Some(Err(error)) => {
                self.latch
                    .set(Ended::because(Callback::Seek, Cause::Source, error.to_string()));
                Seek::Fail
            }
        }
    }

    fn xferinfo(&self, dltotal: u64, dlnow: u64, ultotal: u64, ulnow: u64) -> Continue {
        if let Some(progress) = &self.observer.progress {
            progress(dltotal, dlnow, ultotal, ulnow);
        }
        let call = || format!("xferinfo({dltotal}, {dlnow}, {ultotal}, {ulnow})");
        let amounts = [dltotal, dlnow, ultotal, ulnow];
        match self.ask(Callback::Xferinfo, call, |guest| guest.on_xferinfo(amounts), || ()) {
            Some(()) => Continue::Yes,
            None => Continue::Abort,
        }
    }

    fn opensocket(&self, target: &SocketTarget) -> Open {
        self.open(target)
    }

    fn panicked(&self, callback: Callback, words: &str) {
        self.latch.set(Ended::because(callback, Cause::HostPanic, words));
    }
}
