use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use super::Sink;

/// Writes a file, which is made, or emptied, when the first byte comes: a transfer that fails before leaves what was
/// there, as curl does.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    append: bool,
    file: Option<File>,
}

impl FileSink {
    /// A sink into this file.
    pub fn new(path: impl Into<PathBuf>) -> FileSink {
        FileSink {
            path: path.into(),
            append: false,
            file: None,
        }
    }

    /// A sink that writes behind what this file holds.
    pub fn appending(path: impl Into<PathBuf>) -> FileSink {
        FileSink {
            append: true,
            ..FileSink::new(path)
        }
    }

    /// A sink into a file that is open already, by this name.
    pub fn opened(path: impl Into<PathBuf>, file: File) -> FileSink {
        FileSink {
            file: Some(file),
            ..FileSink::new(path)
        }
    }

    fn open(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::options()
                .create(true)
                .write(true)
                .truncate(!self.append)
                .append(self.append)
                .open(&self.path)
                .map_err(|error| self.explain(&error))?,
        };
        Ok(self.file.insert(file))
    }

    fn explain(&self, error: &io::Error) -> io::Error {
        // A write that fails may have written a part: the file itself knows how much.
        let kept = match self
            .file
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map(|metadata| metadata.len())
        {
            None | Some(0) => String::new(),
            Some(len) => format!("; {len} bytes of it are written and stay there"),
        };
        io::Error::new(error.kind(), format!("{}: {error}{kept}", self.path.display()))
    }
}

impl Sink for FileSink {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.open()?.write_all(bytes);
        written.map_err(|error| self.explain(&error))
    }

    fn finish(&mut self) -> io::Result<()> {
        // An empty body is an empty file.
        self.open().map(drop)
    }
}
