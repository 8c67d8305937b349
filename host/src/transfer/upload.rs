//! What goes: the caller's body, and the guests that may stand between it and libcurl.

use std::cell::Cell;
use std::io;

use super::body::SharedBody;
use super::code::Occasion;
use super::dispatch::Dispatch;
use super::ended::Ended;
use super::guests::Who;
use super::pause::Direction;
use super::source::{Source, Wait};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::curl::{OnRead, Read};
use crate::guest::{Failure, ReadAction};
use crate::limits::Limit;

/// An upload as far as it has come.
#[derive(Default)]
pub(super) struct Upload {
    body: SharedBody,
    begun: Cell<bool>,
    /// The size that was announced.
    size: Cell<Option<u64>>,
    sent: Cell<u64>,
    /// Bytes that libcurl was given in all, each time that it began.
    total: Cell<u64>,
    /// Where what is sent began.
    from: Cell<u64>,
    /// What libcurl reads and drops before it sends anything: it cannot pause at that.
    drops: Cell<u64>,
    /// The guest let the caller's bytes pass, and they were not there yet.
    passing: Cell<bool>,
    /// libcurl waits for them, and was not told yet that they are there.
    awaited: Cell<bool>,
    pub(super) ftp: Cell<bool>,
    /// Why libcurl wanted the upload to go on from elsewhere, the last time.
    pub(super) occasion: Cell<Occasion>,
}

impl Upload {
    /// Gives the transfer something to upload, of this size where it is announced.
    pub(super) fn begin(&self, source: Option<Source>, size: Option<u64>, ftp: bool) {
        self.body.lock().source = source;
        self.begun.set(true);
        self.size.set(size);
        self.ftp.set(ftp);
    }

    /// Whether there is an upload that libcurl asks the bytes of.
    pub(super) fn is_begun(&self) -> bool {
        self.begun.get()
    }

    /// Whether the caller's body goes on from there, and with it what was counted.
    pub(super) fn begin_at(&self, offset: u64) -> io::Result<bool> {
        let moved = self.body.lock().seek(offset)?;
        if moved {
            self.passing.set(false);
            self.sent.set(offset);
            self.from.set(offset);
            self.drops(0);
        }
        Ok(moved)
    }

    /// Nobody seeks: libcurl reads and drops so many bytes itself.
    pub(super) fn drops(&self, bytes: u64) {
        self.drops.set(bytes);
    }

    /// How many bytes libcurl was given to send, since the upload began the last time.
    pub(super) fn handed(&self) -> u64 {
        self.sent.get().saturating_sub(self.from.get())
    }

    /// How many bytes of the announced size are left.
    fn left(&self) -> Option<u64> {
        self.size.get().map(|size| size.saturating_sub(self.sent.get()))
    }

    /// The caller's body, for the guest's imports.
    pub(super) fn body(&self) -> SharedBody {
        self.body.clone()
    }

    /// Whether bytes have come that libcurl, or the guest, waits for; so it is told once.
    fn take_ready(&self) -> bool {
        let mut body = self.body.lock();
        let ready = (self.awaited.get() || body.wanted) && body.source.as_mut().is_none_or(Source::is_ready);
        if ready {
            self.awaited.set(false);
            body.wanted = false;
        }
        ready
    }
}

impl OnRead for Dispatch {
    fn read(&self, buffer: &mut [u8]) -> Read {
        self.moved(self.on_read(buffer))
    }
}

impl Dispatch {
    /// Whether the upload may go on, since bytes of the caller's have come; a pause in which the guest waited for them is
    /// over then.
    pub(super) fn upload_goes_on(&self) -> bool {
        if self.is_held(Direction::Send) || !self.upload.take_ready() {
            return false;
        }
        self.pause.end(Direction::Send);
        true
    }

    pub(super) fn on_read(&self, buffer: &mut [u8]) -> Read {
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
            || ReadAction::Pass,
            |action| matches!(action, ReadAction::Pass) && self.upload.body.lock().error.is_none(),
        );
        // What the guest says of a body that failed under it is nothing to go by.
        let failed = self.upload.body.lock().error.take();
        match (failed, answer) {
            (Some(error), _) => self.source_failed(Callback::Read, &error),
            (None, None) => Read::Abort,
            (None, Some((_, ReadAction::Pass))) => self.pass(buffer),
            (None, Some((who, ReadAction::Eof))) => {
                self.guests.seat(who).has_sent.set(true);
                self.end_of_upload(Some(who))
            }
            (None, Some((who, ReadAction::Pause(_)))) if self.upload.drops.get() > 0 => {
                let why = "libcurl cannot pause while it drops what lies before the place where an upload resumes";
                self.latch
                    .set(Ended::new(Callback::Read, Failure::bad_return(why)).by(who));
                Read::Abort
            }
            (None, Some((who, ReadAction::Pause(milliseconds)))) => {
                match self.pauses(who, Callback::Read, milliseconds) {
                    true => Read::Pause,
                    false => Read::Abort,
                }
            }
            (None, Some((who, ReadAction::Data(bytes)))) => {
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

    pub(super) fn source_failed(&self, callback: Callback, error: &io::Error) -> Read {
        self.latch
            .set(Ended::because(callback, Cause::Source, error.to_string()));
        Read::Abort
    }
}
