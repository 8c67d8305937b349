//! An upload from a stream, read by a thread of its own: a read that blocks must not hold up the transfer.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};

use super::source::{Reader, Wait};
use crate::curl::Waker;

/// The most bytes of one read, and all that is read ahead but one more read.
const CHUNK: usize = 64 << 10;

type Chunk = io::Result<Vec<u8>>;

pub(super) struct Stream {
    state: State,
    waker: Option<Waker>,
    /// What was read and not taken yet, from this place on.
    pending: Vec<u8>,
    at: usize,
}

enum State {
    /// Nobody has asked for a byte.
    Fresh(Box<dyn Read + Send>),
    Reading(Receiver<Chunk>),
    /// What came last comes next; an empty chunk is the end.
    Peeked(Receiver<Chunk>, Chunk),
    Ended,
}

impl Stream {
    pub(super) fn new(reader: impl Read + Send + 'static) -> Stream {
        Stream {
            state: State::Fresh(Box::new(reader)),
            waker: None,
            pending: Vec::new(),
            at: 0,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        let State::Fresh(reader) = std::mem::replace(&mut self.state, State::Ended) else {
            return Ok(());
        };
        let (sender, receiver) = sync_channel(1);
        let waker = self.waker.take();
        std::thread::Builder::new()
            .name("transferhost upload".to_owned())
            .spawn(move || forward(reader, &sender, waker.as_ref()))?;
        self.state = State::Reading(receiver);
        Ok(())
    }

    /// The next chunk, empty at the end; `None` where there is none yet.
    fn next(&mut self, wait: Wait) -> io::Result<Option<Vec<u8>>> {
        if matches!(self.state, State::Fresh(_)) {
            self.begin()?;
        }
        let (receiver, chunk) = match std::mem::replace(&mut self.state, State::Ended) {
            State::Peeked(receiver, chunk) => (receiver, Some(chunk)),
            State::Reading(receiver) => {
                let chunk = match wait {
                    Wait::No => receiver.try_recv().map_err(|error| error == TryRecvError::Empty),
                    Wait::AtMost(time) => receiver
                        .recv_timeout(time)
                        .map_err(|error| error == RecvTimeoutError::Timeout),
                    Wait::ForEver => receiver.recv().map_err(|_| false),
                };
                match chunk {
                    Ok(chunk) => (receiver, Some(chunk)),
                    Err(true) => (receiver, None),
                    Err(false) => return Err(io::Error::other("the thread that reads it is gone")),
                }
            }
            State::Fresh(_) | State::Ended => return Ok(Some(Vec::new())),
        };
        let ended = chunk.as_ref().is_some_and(|it| it.as_ref().map_or(true, Vec::is_empty));
        if !ended {
            self.state = State::Reading(receiver);
        }
        chunk.transpose()
    }
}

impl Reader for Stream {
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<Option<usize>> {
        if self.at == self.pending.len() {
            match self.next(wait)? {
                Some(chunk) => {
                    self.pending = chunk;
                    self.at = 0;
                }
                None => return Ok(None),
            }
        }
        let left = self.pending.get(self.at..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        let (front, left) = (buffer.get_mut(..count), left.get(..count));
        if let (Some(front), Some(left)) = (front, left) {
            front.copy_from_slice(left);
        }
        self.at += count;
        Ok(Some(count))
    }

    fn seek(&mut self, _: u64) -> io::Result<bool> {
        Ok(false)
    }

    fn is_ready(&mut self) -> bool {
        if self.at < self.pending.len() {
            return true;
        }
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Reading(receiver) => match receiver.try_recv() {
                Ok(chunk) => {
                    self.state = State::Peeked(receiver, chunk);
                    true
                }
                Err(TryRecvError::Empty) => {
                    self.state = State::Reading(receiver);
                    false
                }
                Err(TryRecvError::Disconnected) => {
                    self.state = State::Reading(receiver);
                    true
                }
            },
            other => {
                self.state = other;
                true
            }
        }
    }

    fn wakes(&mut self, waker: Waker) {
        self.waker = Some(waker);
    }
}

/// Reads to the end, or until nobody wants more.
fn forward(mut reader: Box<dyn Read + Send>, sender: &SyncSender<Chunk>, waker: Option<&Waker>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        // A panic would leave the transfer waiting for a thread that is gone.
        let read = catch_unwind(AssertUnwindSafe(|| reader.read(&mut chunk)))
            .unwrap_or_else(|_| Err(io::Error::other("what reads it panicked")));
        let read = match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map(|count| {
                chunk.truncate(count);
                chunk
            }),
        };
        let last = read.as_ref().map_or(true, Vec::is_empty);
        if sender.send(read).is_err() {
            return;
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        if last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Panics;

    impl Read for Panics {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("a reader of the caller's own");
        }
    }

    #[test]
    fn a_reader_that_panics_is_an_error() {
        let mut stream = Stream::new(Panics);
        assert!(stream.read(&mut [0; 4], Wait::ForEver).is_err());
        assert_eq!(stream.read(&mut [0; 4], Wait::No).unwrap(), Some(0));
    }

    #[test]
    fn a_silent_stream_holds_nobody_up() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut stream = Stream::new(reader);
        let mut buffer = [0; 4];
        assert_eq!(stream.read(&mut buffer, Wait::No).unwrap(), None);
        assert!(!stream.is_ready());
        let briefly = Wait::AtMost(Duration::from_millis(1));
        assert_eq!(stream.read(&mut buffer, briefly).unwrap(), None);
        io::Write::write_all(&mut writer, b"hello").unwrap();
        assert_eq!(stream.read(&mut buffer, Wait::ForEver).unwrap(), Some(4));
        assert!(stream.is_ready());
        assert_eq!(stream.read(&mut buffer, Wait::No).unwrap(), Some(1));
        drop(writer);
        assert_eq!(stream.read(&mut buffer, Wait::ForEver).unwrap(), Some(0));
        assert_eq!(stream.read(&mut buffer, Wait::No).unwrap(), Some(0));
        assert!(!stream.seek(0).unwrap());
    }
}
