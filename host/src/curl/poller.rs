//! A level-triggered poller: what is not read to its end is reported again, so that a paused transfer loses nothing.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use polling::{Event, Events, PollMode};

/// A socket by its number, which is a descriptor's: -1 is none and is never borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Socket(RawFd);

impl Socket {
    /// `None` where the number is negative.
    pub(super) fn new(number: RawFd) -> Option<Socket> {
        (number >= 0).then_some(Socket(number))
    }

    pub(super) fn number(self) -> RawFd {
        self.0
    }

    /// What the poller calls it.
    fn key(self) -> usize {
        // It is not negative.
        self.0.unsigned_abs() as usize
    }

    /// For the one call that is made with it.
    ///
    /// # Safety
    /// The socket is open; or it was, and the call uses its number as a name only, of which the kernel says that it has
    /// none of it.
    unsafe fn borrowed(&self) -> BorrowedFd<'_> {
        // SAFETY: the number is not negative, by `new`; the rest is the caller's promise.
        unsafe { BorrowedFd::borrow_raw(self.0) }
    }
}

/// A socket that can be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    /// Whose it is, by the number that its multi handle was made with.
    pub(crate) owner: usize,
    pub(super) socket: Socket,
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) error: bool,
}

/// Watches libcurl's sockets.
pub(crate) struct Poller {
    poller: Arc<polling::Poller>,
    /// Whose each is, and what of it is watched: reading, writing.
    watched: RefCell<HashMap<Socket, (usize, [bool; 2])>>,
    /// Those of owners who rest: not watched until they do no more.
    parked: RefCell<HashMap<usize, Vec<Socket>>>,
    events: RefCell<Events>,
    marked: Arc<Mutex<Vec<usize>>>,
}

/// Says that something is to be done for one of those who share a poller.
#[derive(Clone, Debug)]
pub(crate) struct Waker {
    poller: Arc<polling::Poller>,
    marked: Arc<Mutex<Vec<usize>>>,
    id: usize,
}

impl Waker {
    /// As [`Waker::mark`], and ends the wait that lasts, or the next one. From any thread.
    pub(crate) fn wake(&self) {
        self.mark();
        // It fails only where the system refuses a write of one byte to the poller's own descriptor; the wait then
        // ends at its timeout.
        let _ = self.poller.notify();
    }

    /// Names its owner in [`Poller::take_marked`], for a thread that does not wait now.
    pub(crate) fn mark(&self) {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner).push(self.id);
    }
}

impl Poller {
    /// A poller of the system's best kind.
    pub(crate) fn new() -> io::Result<Poller> {
        Ok(Poller {
            poller: Arc::new(polling::Poller::new()?),
            watched: RefCell::default(),
            parked: RefCell::default(),
            events: RefCell::new(Events::new()),
            marked: Arc::default(),
        })
    }

    /// Ends this poller's waits, in the name of this number.
    pub(crate) fn waker(&self, id: usize) -> Waker {
        Waker {
            poller: Arc::clone(&self.poller),
            marked: Arc::clone(&self.marked),
            id,
        }
    }

    /// Those who were marked since this was last asked, each once.
    pub(crate) fn take_marked(&self) -> Vec<usize> {
        let mut marked = std::mem::take(&mut *self.marked.lock().unwrap_or_else(PoisonError::into_inner));
        marked.sort_unstable();
        marked.dedup();
        marked
    }

    /// Watches a socket of this owner's, or changes what of it is watched.
    pub(super) fn watch(&self, owner: usize, socket: Socket, readable: bool, writable: bool) -> io::Result<()> {
        let interest = Event::new(socket.key(), readable, writable);
        let before = self.watched.borrow_mut().insert(socket, (owner, [readable, writable]));
        // SAFETY: libcurl names the socket in this very call, before it does anything else with it, so the number is that
        // socket's; and were it closed, it would be used as a name only, for the length of one system call.
        let source = unsafe { socket.borrowed() };
        if before.is_some_and(|(before, _)| before == owner) {
            match self.poller.modify_with_mode(source, interest, PollMode::Level) {
                // The number was closed and given out anew without a word, or its owner rested: watch it now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => return done.or_else(gone),
            }
        }
        // SAFETY: as above; the kernel takes a socket out of the poller when it is closed, and `forget` does before that
        // wherever libcurl says CURL_POLL_REMOVE first.
        let added = unsafe { self.poller.add_with_mode(socket.0, interest, PollMode::Level) };
        if added.is_err() {
            self.watched.borrow_mut().remove(&socket);
        }
        added.or_else(gone)
    }

    /// Watches a socket of this owner's no more.
    pub(super) fn forget(&self, owner: usize, socket: Socket) -> io::Result<()> {
        // Another's that has its number by now stays.
        if self.is_of(owner, socket) {
            self.watched.borrow_mut().remove(&socket);
            // SAFETY: the number is used as a name only; where its socket is closed already the kernel says so.
            let source = unsafe { socket.borrowed() };
            self.poller.delete(source).or_else(gone)?;
        }
        Ok(())
    }

    fn is_of(&self, owner: usize, socket: Socket) -> bool {
        self.watched.borrow().get(&socket).is_some_and(|(of, _)| *of == owner)
    }

    /// The sockets of this owner, as if each had nothing to tell.
    pub(crate) fn sockets_of(&self, owner: usize) -> Vec<Readiness> {
        let watched = self.watched.borrow();
        let of = watched.iter().filter(|(_, (of, _))| *of == owner);
        let silent = of.map(|(socket, _)| Readiness {
            owner,
            socket: *socket,
            readable: false,
            writable: false,
            error: false,
        });
        silent.collect()
    }

    /// Leaves a socket that is ready alone until its owner rests no more: it would end every wait until then.
    pub(crate) fn park(&self, ready: Readiness) -> io::Result<()> {
        // Another's that has its number by now would never be heard of again.
        if !self.is_of(ready.owner, ready.socket) {
            return Ok(());
        }
        // SAFETY: the number is used as a name only; where its socket is closed already the kernel says so.
        let source = unsafe { ready.socket.borrowed() };
        self.poller.delete(source).or_else(gone)?;
        self.parked
            .borrow_mut()
            .entry(ready.owner)
            .or_default()
            .push(ready.socket);
        Ok(())
    }

    /// The owner rests no more: what was left alone is watched again.
    pub(crate) fn unpark(&self, owner: usize) -> io::Result<()> {
        for socket in self.parked.borrow_mut().remove(&owner).unwrap_or_default() {
            let watched = self.watched.borrow().get(&socket).copied();
            let Some((of, [readable, writable])) = watched else {
                continue;
            };
            if of != owner {
                continue;
            }
            let interest = Event::new(socket.key(), readable, writable);
            // SAFETY: as in `watch`: libcurl has not said CURL_POLL_REMOVE of it.
            let added = unsafe { self.poller.add_with_mode(socket.0, interest, PollMode::Level) };
            match added {
                // libcurl named it again meanwhile.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                added => added.or_else(gone)?,
            }
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
        let watched = self.watched.borrow();
        let ready = events.iter().filter_map(|event| {
            let socket = Socket::new(RawFd::try_from(event.key).ok()?)?;
            Some(Readiness {
                owner: watched.get(&socket)?.0,
                socket,
                readable: event.readable,
                writable: event.writable,
                error: event.is_err().unwrap_or(false),
            })
        });
        Ok(ready.collect())
    }
}

/// A socket that was closed already needs no watching: what libcurl thinks of it comes by another call.
fn gone(error: io::Error) -> io::Result<()> {
    match error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::EBADF) {
        true => Ok(()),
        false => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::fd::{AsRawFd as _, OwnedFd};
    use std::os::unix::net::UnixStream;

    fn socket(of: &OwnedFd) -> Socket {
        Socket::new(of.as_raw_fd()).unwrap()
    }

    #[test]
    fn what_is_no_descriptor_is_no_socket() {
        for number in [-1, -2, RawFd::MIN] {
            assert_eq!(Socket::new(number), None);
        }
        assert_eq!(Socket::new(0).map(Socket::number), Some(0));
    }

    #[test]
    fn a_number_that_is_anothers_by_now_is_not_left_alone() {
        let patience = Some(Duration::from_secs(10));
        let poller = Poller::new().unwrap();
        let (first, mut peer) = UnixStream::pair().unwrap();
        let mut first = OwnedFd::from(first);
        poller.watch(1, socket(&first), true, false).unwrap();
        peer.write_all(b"x").unwrap();
        let ready = poller.wait(patience).unwrap()[0];
        assert_eq!(ready.owner, 1);
        // The first is closed, and its number given out anew.
        let (second, mut peer) = UnixStream::pair().unwrap();
        rustix::io::dup2(&second, &mut first).unwrap();
        poller.watch(2, socket(&first), true, false).unwrap();
        poller.park(ready).unwrap();
        peer.write_all(b"x").unwrap();
        assert_eq!(poller.wait(patience).unwrap()[0].owner, 2);
    }
}
