//! What comes: chunks of the body and header lines, judged, and delivered to the sinks.

use std::cell::{Cell, RefCell};
use std::io;

use super::dispatch::Dispatch;
use super::ended::Ended;
use super::pause::Direction;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{Flow, InfoHandle};
use crate::guest::{Failure, HeaderAction, WriteAction};
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
    show_headers: bool,
    /// Bytes of the header lines that a pause interrupted, which were taken before it.
    header_taken: Cell<usize>,
    /// Header lines that were taken, and their bytes.
    header_lines: Cell<u64>,
    header_bytes: Cell<u64>,
    informational: Cell<u64>,
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
            header_taken: Cell::default(),
            header_lines: Cell::default(),
            header_bytes: Cell::default(),
            informational: Cell::default(),
        }
    }
}

impl Output {
    /// Whether the sink has not taken all that was delivered.
    pub(super) fn is_full(&self) -> bool {
        self.waiting() > 0
    }

    /// The bytes that it has not taken.
    pub(super) fn waiting(&self) -> u64 {
        self.kept.borrow().len() as u64
    }
}

impl Dispatch {
    pub(super) fn on_write(&self, chunk: &[u8]) -> Flow {
        if self.ended() {
            return Flow::Abort;
        }
        if self.waits(Direction::Receive) {
            return Flow::Pause;
        }
        if !self.within_body_limit(chunk) {
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
                let received = &self.output.received;
                received.set(received.get().saturating_sub(chunk.len() as u64));
                self.pause_reception(Callback::Write, milliseconds)
            }
        }
    }

    pub(super) fn on_header(&self, lines: &[u8]) -> Flow {
        if self.ended() {
            return Flow::Abort;
        }
        if self.waits(Direction::Receive) {
            return Flow::Pause;
        }
        // libcurl calls with one line; but what comes again after a pause, an older one joins.
        let mut taken = self.output.header_taken.take();
        for line in lines
            .get(taken..)
            .unwrap_or_default()
            .split_inclusive(|byte| *byte == b'\n')
        {
            match self.header_line(line) {
                Flow::Taken if !self.within_header_limits(line) => return Flow::Abort,
                Flow::Taken => taken += line.len(),
                Flow::Pause => {
                    self.output.header_taken.set(taken);
                    return Flow::Pause;
                }
                Flow::Abort => return Flow::Abort,
            }
        }
        Flow::Taken
    }

    /// Counts a header line; false where those are more than the policy allows.
    fn within_header_limits(&self, line: &[u8]) -> bool {
        let counts = [
            (Limit::HeaderLines, &self.output.header_lines, 1),
            (Limit::HeaderBytes, &self.output.header_bytes, line.len() as u64),
            (
                Limit::Informational,
                &self.output.informational,
                u64::from(self.ends_informational(line)),
            ),
        ];
        counts.into_iter().all(|(limit, count, more)| {
            let total = count.get().saturating_add(more);
            count.set(total);
            let within = total <= self.policy.limits.get(limit);
            if !within {
                self.latch.set(self.over_limit(Callback::Header, limit, total));
            }
            within
        })
    }

    /// Whether this line is the last of a 1xx response.
    fn ends_informational(&self, line: &[u8]) -> bool {
        is_blank(line)
            && self
                .info
                .get()
                .is_some_and(|info| (100..200).contains(&info.number("response_code")))
    }

    fn header_line(&self, line: &[u8]) -> Flow {
        self.suffixes.read(line);
        if !self.may_follow(line) || (is_blank(line) && !self.suffixes_are_gone()) {
            return Flow::Pause;
        }
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
        let shown = match action {
            HeaderAction::Pause(milliseconds) => return self.pause_reception(Callback::Header, milliseconds),
            HeaderAction::Deliver => self.show_header(line),
            HeaderAction::Replace(bytes) => self.show_header(&bytes),
            HeaderAction::Drop => Flow::Taken,
        };
        match shown {
            Flow::Taken => self.follow(line),
            other => other,
        }
    }

    fn pause_reception(&self, callback: Callback, milliseconds: u32) -> Flow {
        match self.pauses(callback, milliseconds) {
            true => Flow::Pause,
            false => Flow::Abort,
        }
    }

    fn show_header(&self, line: &[u8]) -> Flow {
        match self.dump_header(line) {
            Flow::Taken if self.output.show_headers => self.deliver(Callback::Header, line),
            other => other,
        }
    }

    fn dump_header(&self, line: &[u8]) -> Flow {
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
    fn within_body_limit(&self, chunk: &[u8]) -> bool {
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

/// Whether a line ends the headers of a response.
pub(super) fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\r\n" | b"\n")
}
