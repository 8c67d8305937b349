use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Sink, WakeSink};

/// Hands the body on in pieces, as many as somebody else takes.
#[derive(Debug)]
pub struct ChannelSink {
    pieces: Sender<Bytes>,
    waker: Waker,
}

/// The other end of a [`ChannelSink`]: takes pieces of the body as they come, from async code or from any thread.
#[derive(Debug)]
pub struct BodyChannel {
    pieces: Receiver<Bytes>,
    waker: Waker,
}

#[derive(Clone, Default)]
struct Waker(Arc<OnceLock<WakeSink>>);

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waker")
    }
}

impl ChannelSink {
    /// At most so many pieces wait for being taken, each of at most 16 KiB unless a plugin makes it larger; where there are
    /// more the transfer pauses. At least 1.
    pub fn new(pieces: usize) -> (ChannelSink, BodyChannel) {
        let (sender, receiver) = channel(pieces.max(1));
        let waker = Waker::default();
        let sink = ChannelSink {
            pieces: sender,
            waker: waker.clone(),
        };
        let body = BodyChannel {
            pieces: receiver,
            waker,
        };
        (sink, body)
    }
}

impl Sink for ChannelSink {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        let piece = self.pieces.try_reserve().map_err(|error| match error {
            TrySendError::Full(()) => io::ErrorKind::WouldBlock.into(),
            TrySendError::Closed(()) => io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes the body any more"),
        })?;
        piece.send(Bytes::copy_from_slice(bytes));
        Ok(())
    }

    fn wakes(&mut self, wake: WakeSink) {
        let _ = self.waker.0.set(wake);
    }
}

impl BodyChannel {
    /// The next piece; `None` after the last, whether the transfer ended well or not, which its outcome tells.
    pub async fn next(&mut self) -> Option<Bytes> {
        let piece = self.pieces.recv().await;
        self.taken(piece)
    }

    /// As [`BodyChannel::next`], for code that is not async.
    ///
    /// # Panics
    /// Within an async runtime.
    pub fn wait_next(&mut self) -> Option<Bytes> {
        let piece = self.pieces.blocking_recv();
        self.taken(piece)
    }

    fn taken(&self, piece: Option<Bytes>) -> Option<Bytes> {
        if let Some(wake) = self.waker.0.get() {
            wake();
        }
        piece
    }
}

impl Drop for BodyChannel {
    fn drop(&mut self) {
        // A transfer that waits for room finds that nobody is there.
        self.pieces.close();
        self.taken(None);
    }
}
