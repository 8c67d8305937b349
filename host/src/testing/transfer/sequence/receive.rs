//! The model of what comes.

use super::guest::{OWN, held};
use super::model::Model;
use super::play::{BODY, DELIVERED, HEADER_BYTES, HEADER_LINES, chunk, line};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::Flow;
use crate::transfer::pause::Direction;

/// Bytes of the guest's own.
pub(super) fn own(number: u32) -> Vec<u8> {
    vec![OWN; held(number) as usize]
}

impl Model {
    pub(super) fn write(&mut self, len: u8) -> Flow {
        if self.has_ended() {
            return Flow::Abort;
        }
        if self.waits(Direction::Receive) {
            return Flow::Pause;
        }
        let chunk = chunk(len);
        let received = self.received + u64::from(len);
        if received > BODY {
            self.fail(Some(Callback::Write), Cause::Policy);
            return Flow::Abort;
        }
        self.received = received;
        match self.ask(Callback::Write) {
            None => Flow::Abort,
            Some((0, _)) => self.deliver(Callback::Write, &chunk),
            Some((1, count)) => self.deliver(Callback::Write, &own(count)),
            Some((2, count)) => match chunk.get(..count as usize) {
                // More than there is.
                None => {
                    self.fail(Some(Callback::Write), Cause::BadReturn);
                    Flow::Abort
                }
                Some(front) => {
                    self.finished = self.deliver(Callback::Write, front) == Flow::Taken;
                    Flow::Abort
                }
            },
            Some((_, milliseconds)) => {
                // They come again.
                self.received -= u64::from(len);
                self.pause_reception(Callback::Write, milliseconds)
            }
        }
    }

    pub(super) fn header(&mut self, lines: &[u8]) -> Flow {
        self.lines.extend(lines.iter().map(|len| line(*len)));
        let flow = self.header_lines();
        if flow != Flow::Pause {
            self.lines.clear();
            self.lines_before = 0;
        }
        flow
    }

    fn header_lines(&mut self) -> Flow {
        if self.has_ended() {
            return Flow::Abort;
        }
        if self.waits(Direction::Receive) {
            return Flow::Pause;
        }
        for line in self.lines.clone().split_off(self.lines_before) {
            let shown = match self.ask(Callback::Header) {
                None => return Flow::Abort,
                Some((0, _)) => self.show(&line),
                Some((1, count)) => self.show(&own(count)),
                Some((2, _)) => Flow::Taken,
                Some((_, milliseconds)) => return self.pause_reception(Callback::Header, milliseconds),
            };
            if shown == Flow::Abort {
                return shown;
            }
            self.lines_before += 1;
            self.lines_taken += 1;
            self.line_bytes += line.len() as u64;
            if self.lines_taken > HEADER_LINES || self.line_bytes > HEADER_BYTES {
                self.fail(Some(Callback::Header), Cause::Policy);
                return Flow::Abort;
            }
        }
        Flow::Taken
    }

    fn show(&mut self, line: &[u8]) -> Flow {
        match self.shows_headers {
            true => self.deliver(Callback::Header, line),
            false => Flow::Taken,
        }
    }

    fn pause_reception(&mut self, callback: Callback, milliseconds: u32) -> Flow {
        match self.pauses(callback, milliseconds) {
            true => Flow::Pause,
            false => Flow::Abort,
        }
    }

    fn deliver(&mut self, callback: Callback, bytes: &[u8]) -> Flow {
        let total = self.delivered.len() + bytes.len();
        let cause = match bytes {
            [] => return Flow::Taken,
            _ if total as u64 > DELIVERED => Cause::Policy,
            _ if self.sink_fails => Cause::Sink,
            _ => {
                self.delivered.extend_from_slice(bytes);
                return Flow::Taken;
            }
        };
        self.fail(Some(callback), cause);
        Flow::Abort
    }

    /// After a body that ended well.
    pub(super) fn write_end(&mut self) {
        if let Some((_, count)) = self.ask(Callback::WriteEnd) {
            // libcurl's default are no bytes; the guest's case holds them.
            let _ = self.deliver(Callback::WriteEnd, &own(count));
        }
    }
}
