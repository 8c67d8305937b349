//! What goes: the caller's body, and the guests that may stand between it and libcurl.

use std::cell::Cell;
use std::io;

use super::body::SharedBody;
use super::code::Occasion;
use super::dispatch::Dispatch;
use super::pause::Direction;
use super::source::Source;

/// An upload as far as it has come.
#[derive(Default)]
pub(super) struct Upload {
    pub(super) body: SharedBody,
    pub(super) begun: Cell<bool>,
    /// The size that was announced.
    pub(super) size: Cell<Option<u64>>,
    pub(super) sent: Cell<u64>,
    /// Bytes that libcurl was given in all, each time that it began.
    pub(super) total: Cell<u64>,
    /// Where what is sent began.
    pub(super) from: Cell<u64>,
    /// What libcurl reads and drops before it sends anything: it cannot pause at that.
    pub(super) drops: Cell<u64>,
    /// The guest let the caller's bytes pass, and they were not there yet.
    pub(super) passing: Cell<bool>,
    /// libcurl waits for them, and was not told yet that they are there.
    pub(super) awaited: Cell<bool>,
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
    pub(super) fn left(&self) -> Option<u64> {
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
}
