//! The callbacks that decide what is delivered and what is sent.

use crate::callback::Callback;
use crate::guest::bindings::{header, ioctl, read, seek, write};
use crate::guest::instance::Guest;
use crate::guest::verdict::Failure;

impl Guest {
    /// Shows a header line.
    pub(crate) fn on_header(&mut self, line: &[u8]) -> Result<header::Action, Failure> {
        self.enter(Callback::Header, header::Action::Deliver, |exports, store| {
            exports.header.as_ref().map(|header| header.call_on_header(store, line))
        })
    }

    /// Shows a chunk of the body.
    pub(crate) fn on_write(&mut self, chunk: &[u8]) -> Result<write::Action, Failure> {
        let before = self.body_bytes;
        self.body_bytes = before.saturating_add(chunk.len() as u64);
        let action = self.enter(Callback::Write, write::Action::Deliver, |exports, store| {
            exports.write.as_ref().map(|write| write.call_on_write(store, chunk))
        })?;
        if matches!(action, write::Action::Pause(_)) {
            // The same bytes come again: each adds to the total of fuel once.
            self.body_bytes = before;
        }
        Ok(action)
    }

    /// Tells that the body ended well; what comes back is delivered after it.
    pub(crate) fn on_write_end(&mut self) -> Result<Vec<u8>, Failure> {
        self.enter(Callback::WriteEnd, Vec::new(), |exports, store| {
            exports
                .write_end
                .as_ref()
                .map(|write_end| write_end.call_on_write_end(store))
        })
    }

    /// Asks for bytes to send, at most so many.
    pub(crate) fn on_read(&mut self, max: u32) -> Result<read::Action, Failure> {
        self.enter(Callback::Read, read::Action::Pass, |exports, store| {
            exports.read.as_ref().map(|read| read.call_on_read(store, max))
        })
    }

    /// Bytes of an upload went by: each adds to the total of fuel.
    pub(crate) fn count_upload(&mut self, bytes: u64) {
        self.body_bytes = self.body_bytes.saturating_add(bytes);
    }

    /// Asks whether the upload can go on from there.
    pub(crate) fn on_seek(&mut self, offset: u64) -> Result<seek::Action, Failure> {
        self.enter(Callback::Seek, seek::Action::Ok, |exports, store| {
            exports.seek.as_ref().map(|seek| seek.call_on_seek(store, offset))
        })
    }

    /// Asks whether the upload can begin again.
    pub(crate) fn on_ioctl(&mut self, cmd: ioctl::Cmd) -> Result<ioctl::Action, Failure> {
        self.enter(Callback::Ioctl, ioctl::Action::Ok, |exports, store| {
            exports.ioctl.as_ref().map(|ioctl| ioctl.call_on_ioctl(store, cmd))
        })
    }
}
