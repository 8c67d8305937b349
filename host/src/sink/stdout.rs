use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use super::Sink;

/// Writes the process's standard output, unbuffered, so that a chunk is seen when it came.
#[derive(Debug)]
pub struct StdoutSink(File);

impl StdoutSink {
    /// A sink into standard output.
    ///
    /// # Errors
    /// Where it is closed.
    pub fn new() -> io::Result<StdoutSink> {
        Ok(StdoutSink(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }
}

impl Sink for StdoutSink {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0
            .write_all(bytes)
            .map_err(|error| io::Error::new(error.kind(), format!("standard output: {error}")))
    }
}
