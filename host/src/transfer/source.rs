//! What a transfer uploads.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The bytes of an upload: a file, memory, or a stream that cannot rewind.
pub struct Source {
    reader: Box<dyn Reader>,
    size: Option<u64>,
}

trait Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
    /// Whether the next read begins there; false where it cannot.
    fn seek(&mut self, offset: u64) -> io::Result<bool>;
}

struct Seekable<R>(R);
struct Stream<R>(R);

impl<R: Read + Seek> Reader for Seekable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn seek(&mut self, offset: u64) -> io::Result<bool> {
        self.0.seek(SeekFrom::Start(offset)).map(|_| true)
    }
}

impl<R: Read> Reader for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn seek(&mut self, _: u64) -> io::Result<bool> {
        Ok(false)
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

    /// A stream of unknown size that cannot rewind; HTTP/1.1 sends it chunked.
    pub fn stream(reader: impl Read + 'static) -> Source {
        Source {
            reader: Box::new(Stream(reader)),
            size: None,
        }
    }

    /// Its size, where that is known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
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
