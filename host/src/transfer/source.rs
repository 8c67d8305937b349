//! What a transfer uploads.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use super::stream::Stream;
use crate::curl::Waker;

/// The bytes of an upload: a file, memory, or a stream that cannot rewind.
pub struct Source {
    reader: Box<dyn Reader>,
    size: Option<u64>,
}

/// How long a read may wait for bytes that are not there yet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    /// Not at all.
    No,
    /// So long.
    AtMost(Duration),
    /// Until they come.
    ForEver,
}

/// Where an upload's bytes come from.
pub(super) trait Reader: Send {
    /// Reads to the front of the buffer; 0 bytes are the end, `None` is nothing yet.
    fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<Option<usize>>;

    /// Whether the next read begins there; false where it cannot.
    fn seek(&mut self, offset: u64) -> io::Result<bool>;

    /// Whether a read would not wait.
    fn is_ready(&mut self) -> bool {
        true
    }

    /// Whom to wake when bytes have come that a read did not wait for.
    fn wakes(&mut self, _waker: Waker) {}
}

struct Seekable<R>(R);

impl<R: Read + Seek + Send> Reader for Seekable<R> {
    fn read(&mut self, buffer: &mut [u8], _: Wait) -> io::Result<Option<usize>> {
        self.0.read(buffer).map(Some)
    }

    fn seek(&mut self, offset: u64) -> io::Result<bool> {
        self.0.seek(SeekFrom::Start(offset)).map(|_| true)
    }
}

impl Source {
    /// A file, from its beginning. One that is no regular file is a stream.
    ///
    /// # Errors
    /// Where its metadata cannot be read.
    pub fn file(file: File) -> io::Result<Source> {
        let metadata = file.metadata()?;
        Ok(match metadata.is_file() {
            true => Source {
                reader: Box::new(Seekable(file)),
                size: Some(metadata.len()),
            },
            false => Source::stream(file),
        })
    }

    /// Bytes in memory.
    pub fn bytes(bytes: Vec<u8>) -> Source {
        let size = Some(bytes.len() as u64);
        Source {
            reader: Box::new(Seekable(io::Cursor::new(bytes))),
            size,
        }
    }

    /// A stream of unknown size that cannot rewind; HTTP/1.1 sends it chunked. A thread of its own reads it, so that a
    /// transfer whose stream is silent can still time out and be cancelled. The thread ends with the stream: where a
    /// read never returns, it stays until the process ends.
    pub fn stream(reader: impl Read + Send + 'static) -> Source {
        Source {
            reader: Box::new(Stream::new(reader)),
            size: None,
        }
    }

    /// Its size in bytes, where that is known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    pub(super) fn read(&mut self, buffer: &mut [u8], wait: Wait) -> io::Result<Option<usize>> {
        self.reader.read(buffer, wait)
    }

    pub(super) fn is_ready(&mut self) -> bool {
        self.reader.is_ready()
    }

    pub(super) fn wakes(&mut self, waker: Waker) {
        self.reader.wakes(waker);
    }

    pub(super) fn seek(&mut self, offset: u64) -> io::Result<bool> {
        self.reader.seek(offset)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
