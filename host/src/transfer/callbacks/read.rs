//! CURLOPT_READFUNCTION: bytes to send are wanted. A guest's are sent, or the caller's pass.

use std::io;

use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{OnRead, Read};
use crate::guest::{Failure, read};
use crate::limits::Limit;
use crate::transfer::dispatch::Dispatch;
use crate::transfer::ended::Ended;
use crate::transfer::guests::Who;
use crate::transfer::pause::Direction;
use crate::transfer::source::Wait;
use crate::transfer::trace::Shown;

impl OnRead for Dispatch {
    fn read(&self, buffer: &mut [u8]) -> Read {
        self.moved(self.on_read(buffer))
    }
}

impl Dispatch {
    pub(in crate::transfer) fn on_read(&self, buffer: &mut [u8]) -> Read {
        if self.ended() {
            return Read::Abort;
        }
        if self.waits(Direction::Send) {
            return Read::Pause;
        }
        // A refusal to begin elsewhere was none to libcurl, where it goes on.
        self.refused
            .borrow_mut()
            .take_if(|refused| matches!(refused.callback, Some(Callback::Seek | Callback::Ioctl)));
        // What follows the announced size would be a request of its own: not every libcurl stops there by itself.
        let buffer = match self.upload.left() {
            Some(0) => return Read::Bytes(0),
            Some(left) => {
                let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                buffer.get_mut(..room).unwrap_or_default()
            }
            None => buffer,
        };
        if self.upload.passing.get() {
            return self.pass(buffer);
        }
        let max = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let call = || format!("read({max})");
        let answer = self.ask_both(
            Callback::Read,
            call,
            |guest| {
                {
                    let mut body = self.upload.body.lock();
                    body.lent = true;
                    body.blocks = !self.can_pause_upload();
                    body.wanted = false;
                }
                let answer = guest.on_read(max);
                self.upload.body.lock().lent = false;
                answer
            },
            || read::Action::Pass,
            |action| matches!(action, read::Action::Pass) && self.upload.body.lock().error.is_none(),
        );
        // What the guest says of a body that failed under it is nothing to go by.
        let failed = self.upload.body.lock().error.take();
        match (failed, answer) {
            (Some(error), _) => self.source_failed(Callback::Read, &error),
            (None, None) => Read::Abort,
            (None, Some((_, read::Action::Pass))) => self.pass(buffer),
            (None, Some((who, read::Action::Eof))) => {
                self.guests.seat(who).has_sent.set(true);
                self.end_of_upload(Some(who))
            }
            (None, Some((who, read::Action::Pause(_)))) if self.upload.drops.get() > 0 => {
                let why = "libcurl cannot pause while it drops what lies before the place where an upload resumes";
                self.latch
                    .set(Ended::new(Callback::Read, Failure::bad_return(why)).by(who));
                Read::Abort
            }
            (None, Some((who, read::Action::Pause(milliseconds)))) => {
                match self.pauses(who, Callback::Read, milliseconds) {
                    true => Read::Pause,
                    false => Read::Abort,
                }
            }
            (None, Some((who, read::Action::Data(bytes)))) => {
                match buffer.get_mut(..bytes.len()).filter(|it| !it.is_empty()) {
                    Some(room) => {
                        room.copy_from_slice(&bytes);
                        self.guests.seat(who).has_sent.set(true);
                        self.sends(bytes.len())
                    }
                    None => {
                        let why = format!("data of {} bytes where 1 to {max} were asked for", bytes.len());
                        self.latch
                            .set(Ended::new(Callback::Read, Failure::bad_return(&why)).by(who));
                        Read::Abort
                    }
                }
            }
        }
    }

    /// Whether libcurl can pause now, when it asks for bytes.
    fn can_pause_upload(&self) -> bool {
        self.can_pause() && self.upload.drops.get() == 0
    }

    fn pass(&self, buffer: &mut [u8]) -> Read {
        // Where libcurl cannot pause, it has to wait.
        let wait = if self.can_pause_upload() {
            Wait::No
        } else {
            Wait::ForEver
        };
        self.upload.passing.set(false);
        let read = self.upload.body.lock().read(buffer, wait);
        match read {
            None | Some(Ok(Some(0))) => self.end_of_upload(None),
            Some(Ok(Some(count))) => self.sends(count),
            Some(Ok(None)) => {
                self.upload.passing.set(true);
                self.upload.awaited.set(true);
                Read::Pause
            }
            Some(Err(error)) => self.source_failed(Callback::Read, &error),
        }
    }

    fn sends(&self, count: usize) -> Read {
        let total = self.upload.total.get().saturating_add(count as u64);
        self.upload.total.set(total);
        if total > self.policy.limits.get(Limit::Uploaded) {
            let ended = self.over_limit(Callback::Read, Limit::Uploaded, total);
            self.latch.set(ended);
            return Read::Abort;
        }
        let dropped = self.upload.drops.get().min(count as u64);
        for (counter, bytes) in [(&self.upload.sent, count as u64), (&self.upload.from, dropped)] {
            counter.set(counter.get().saturating_add(bytes));
        }
        self.upload.drops.set(self.upload.drops.get().saturating_sub(dropped));
        self.guests.each(|guest| guest.count_upload(count as u64));
        Read::Bytes(count)
    }

    /// An upload that ends before its announced size is a failure; an older libcurl would wait for the rest.
    fn end_of_upload(&self, by: Option<Who>) -> Read {
        let sent = self.upload.sent.get();
        let Some(size) = self.upload.size.get().filter(|size| sent < *size) else {
            return Read::Bytes(0);
        };
        let why = format!("it ended after {sent} bytes of the {size} that were announced");
        self.latch.set(match by {
            Some(who) => Ended::new(Callback::Read, Failure::bad_return(&why)).by(who),
            None => Ended::because(Callback::Read, Cause::Source, why),
        });
        Read::Abort
    }

    pub(in crate::transfer) fn source_failed(&self, callback: Callback, error: &io::Error) -> Read {
        self.latch
            .set(Ended::because(callback, Cause::Source, error.to_string()));
        Read::Abort
    }
}

impl Shown for read::Action {
    fn shown(&self) -> String {
        match self {
            read::Action::Pass => "pass".to_owned(),
            read::Action::Data(bytes) => format!("{} bytes", bytes.len()),
            read::Action::Eof => "eof".to_owned(),
            read::Action::Pause(time) => format!("pause {time} ms"),
        }
    }
}
