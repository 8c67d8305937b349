//! A level-triggered poller: what is not read to its end is reported again, so that a paused transfer loses nothing.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use polling::{Event, Events, PollMode};

/// A socket that can be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    pub(super) socket: RawFd,
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) error: bool,
}

/// Watches libcurl's sockets.
pub(crate) struct Poller {
    poller: Arc<polling::Poller>,
    watched: RefCell<HashSet<RawFd>>,
    events: RefCell<Events>,
}

/// Ends a wait from another thread.
#[derive(Clone, Debug)]
pub(crate) struct Waker(Arc<polling::Poller>);

impl Waker {
    /// Ends the wait that lasts, or the next one.
    pub(crate) fn wake(&self) {
        // It fails only where the system refuses a write of one byte to the poller's own descriptor; the wait then
        // ends at its timeout.
        let _ = self.0.notify();
    }
}

impl Poller {
    /// A poller of the system's best kind.
    pub(crate) fn new() -> io::Result<Poller> {
        Ok(Poller {
            poller: Arc::new(polling::Poller::new()?),
            watched: RefCell::default(),
            events: RefCell::new(Events::new()),
        })
    }

    /// Ends this poller's waits.
    pub(crate) fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.poller))
    }

    /// Watches a socket, or changes what of it is watched.
    pub(super) fn watch(&self, socket: RawFd, readable: bool, writable: bool) -> io::Result<()> {
        let interest = Event::new(socket as usize, readable, writable);
        // SAFETY: libcurl names the socket in this very call, before it does anything else with it, so the number is that
        // socket's; and were it closed, it would be used as a name only, for the length of one system call.
        let source = unsafe { BorrowedFd::borrow_raw(socket) };
        if self.watched.borrow().contains(&socket) {
            match self.poller.modify_with_mode(source, interest, PollMode::Level) {
                // The number was closed and given out anew without a word: watch the new one.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => return done.or_else(gone),
            }
        }
        // SAFETY: as above; the kernel takes a socket out of the poller when it is closed, and `forget` does before that
        // wherever libcurl says CURL_POLL_REMOVE first.
        let added = unsafe { self.poller.add_with_mode(socket, interest, PollMode::Level) };
        if added.is_ok() {
            self.watched.borrow_mut().insert(socket);
        }
        added.or_else(gone)
    }

    /// Watches a socket no more.
    pub(super) fn forget(&self, socket: RawFd) -> io::Result<()> {
        if self.watched.borrow_mut().remove(&socket) {
            // SAFETY: the number is used as a name only; where its socket is closed already the kernel says so.
            let source = unsafe { BorrowedFd::borrow_raw(socket) };
            self.poller.delete(source).or_else(gone)?;
        }
        Ok(())
    }

    /// Waits for a socket, for a waker or for the time; `None` waits for ever.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> io::Result<Vec<Readiness>> {
        let mut events = self.events.borrow_mut();
        events.clear();
        match self.poller.wait(&mut events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        Ok(events
            .iter()
            .map(|event| Readiness {
                socket: event.key as RawFd,
                readable: event.readable,
                writable: event.writable,
                error: event.is_err().unwrap_or(false),
            })
            .collect())
    }
}

/// A socket that was closed already needs no watching: what libcurl thinks of it comes by another call.
fn gone(error: io::Error) -> io::Result<()> {
    match error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::EBADF) {
        true => Ok(()),
        false => Err(error),
    }
}
