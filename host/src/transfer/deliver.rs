//! What has come and was judged, delivered to the sinks; and how much of it there may be.

use std::cell::{Cell, RefCell};
use std::io;

use super::dispatch::Dispatch;
use super::ended::Ended;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Flow, InfoHandle};
use crate::limits::Limit;
use crate::sink::Sink;

/// Where what comes goes, and how much of it there was.
pub(super) struct Output {
    /// Bytes to the sink.
    pub(super) delivered: Cell<u64>,
    /// Bytes of the body that libcurl handed over.
    pub(super) received: Cell<u64>,
    /// The reader of a pipe went away.
    pub(super) broken_pipe: Cell<bool>,
    sink: RefCell<Box<dyn Sink>>,
    /// What it could not take yet: nothing more comes until it has.
    kept: RefCell<Vec<u8>>,
    /// Where header lines go that are wanted apart, and how many bytes of them went there.
    dump: RefCell<Option<Box<dyn Sink>>>,
    dumped: Cell<u64>,
    pub(super) show_headers: bool,
}

impl Output {
    pub(super) fn new(sink: Box<dyn Sink>, dump: Option<Box<dyn Sink>>, show_headers: bool) -> Output {
        Output {
            delivered: Cell::default(),
            received: Cell::default(),
            broken_pipe: Cell::default(),
            sink: RefCell::new(sink),
            kept: RefCell::default(),
            dump: RefCell::new(dump),
            dumped: Cell::default(),
            show_headers,
        }
    }
}

impl Output {
    /// Whether the sink has not taken all that was delivered.
    pub(super) fn is_full(&self) -> bool {
        self.waiting() > 0
    }

    /// Whether nothing has come that anybody was given.
    pub(super) fn is_untouched(&self) -> bool {
        let counts = [&self.delivered, &self.received, &self.dumped];
        counts.into_iter().all(|count| count.get() == 0) && !self.is_full()
    }

    /// The bytes that it has not taken.
    pub(super) fn waiting(&self) -> u64 {
        self.kept.borrow().len() as u64
    }
}

impl Dispatch {
    pub(super) fn dump_header(&self, line: &[u8]) -> Flow {
        let mut dump = self.output.dump.borrow_mut();
        let Some(dump) = dump.as_mut().filter(|_| !line.is_empty()) else {
            return Flow::Taken;
        };
        let given = self.give(Callback::Header, &self.output.dumped, 0, line, |line| {
            dump.deliver(line)
        });
        self.taken(Callback::Header, given)
    }

    /// Delivers bytes to the sink. What it has no room for is kept until it has.
    pub(super) fn deliver(&self, callback: Callback, bytes: &[u8]) -> Flow {
        if bytes.is_empty() {
            return Flow::Taken;
        }
        let mut kept = self.output.kept.borrow_mut();
        let waits = kept.len() as u64;
        let mut sink = self.output.sink.borrow_mut();
        let given = self.give(callback, &self.output.delivered, waits, bytes, |bytes| match waits {
            0 => sink.deliver(bytes),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        });
        match given {
            // libcurl cannot pause a file's transfer; what the sink has no room for can wait nowhere.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && self.can_pause() => {
                kept.extend_from_slice(bytes);
                Flow::Taken
            }
            given => self.taken(callback, given),
        }
    }

    /// Whether the sink has room, which nobody waits for any more: true where it has just taken what was kept for it, `None`
    /// where it has none yet.
    pub(super) fn sink_goes_on(&self) -> Option<bool> {
        let mut kept = self.output.kept.borrow_mut();
        if kept.is_empty() {
            return Some(false);
        }
        match self.output.sink.borrow_mut().deliver(&kept) {
            Ok(()) => {
                let delivered = &self.output.delivered;
                delivered.set(delivered.get().saturating_add(kept.len() as u64));
                kept.clear();
                Some(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => {
                self.sink_failed(Callback::Write, &error);
                None
            }
        }
    }

    /// The transfer is over: what the sink has not taken by now it does not get.
    pub(super) fn drop_kept(&self) {
        self.output.kept.borrow_mut().clear();
    }

    /// Gives bytes to a sink, behind so many that wait; what all sinks get together is limited. The error is the sink's.
    fn give(
        &self,
        callback: Callback,
        count: &Cell<u64>,
        waits: u64,
        bytes: &[u8],
        deliver: impl FnOnce(&[u8]) -> io::Result<()>,
    ) -> io::Result<Flow> {
        let before = self.output.delivered.get().saturating_add(self.output.dumped.get());
        let total = before.saturating_add(waits).saturating_add(bytes.len() as u64);
        if total > self.policy.limits.get(Limit::Delivered) {
            self.latch.set(self.over_limit(callback, Limit::Delivered, total));
            return Ok(Flow::Abort);
        }
        deliver(bytes)?;
        count.set(count.get().saturating_add(bytes.len() as u64));
        Ok(Flow::Taken)
    }

    fn taken(&self, callback: Callback, given: io::Result<Flow>) -> Flow {
        given.unwrap_or_else(|error| {
            self.sink_failed(callback, &error);
            Flow::Abort
        })
    }

    /// The body ended well.
    pub(super) fn finish_sinks(&self) {
        // As curl has it, what is there stays where nothing newer comes.
        let unmet = self.output.delivered.get() == 0 && self.info.get().is_some_and(InfoHandle::condition_unmet);
        let finished = match unmet {
            true => Ok(()),
            false => self.output.sink.borrow_mut().finish(),
        };
        let dumped = self
            .output
            .dump
            .borrow_mut()
            .as_mut()
            .map_or(Ok(()), |dump| dump.finish());
        if let Err(error) = finished.and(dumped) {
            self.sink_failed(Callback::Write, &error);
        }
    }

    fn sink_failed(&self, callback: Callback, error: &io::Error) {
        self.output.broken_pipe.set(error.kind() == io::ErrorKind::BrokenPipe);
        self.latch.set(Ended::because(callback, Cause::Sink, error.to_string()));
    }

    /// Counts a chunk of the body; false where that is more than the policy allows.
    pub(super) fn within_body_limit(&self, chunk: &[u8]) -> bool {
        let received = self.output.received.get().saturating_add(chunk.len() as u64);
        if received > self.policy.limits.get(Limit::Body) {
            self.latch.set(self.over_limit(Callback::Write, Limit::Body, received));
            return false;
        }
        self.output.received.set(received);
        self.within_ratio(received)
    }

    /// Whether so many decoded bytes may have come of what came over the wire; the transfer is over where not.
    fn within_ratio(&self, received: u64) -> bool {
        let ratio = self.policy.limits.get(Limit::Ratio);
        if received <= ratio.saturating_mul(GRANTED) {
            return true;
        }
        let size = self.info.get().map_or(0, |info| info.number("size_download"));
        let wire = u64::try_from(size).unwrap_or(0).max(GRANTED);
        let within = received <= ratio.saturating_mul(wire);
        if !within {
            self.latch
                .set(self.over_limit(Callback::Write, Limit::Ratio, received / wire));
        }
        within
    }
}

/// Bytes of the wire that the ratio takes for come: a short body may shrink as it likes, and an older libcurl counts what
/// it reads only when it has been written.
const GRANTED: u64 = 16 << 10;
