use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use transferhost::Sink;

/// Counts the lines of a body and keeps nothing of it.
#[derive(Clone, Default)]
pub struct Lines {
    pub count: Arc<AtomicU64>,
    unfinished: bool,
}

impl Sink for Lines {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.contains(&0) {
            // Ends the transfer with 23, the cause `sink` and these words.
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the body is no text"));
        }
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.count.fetch_add(ends as u64, Ordering::Relaxed);
        self.unfinished = bytes.last().map_or(self.unfinished, |last| *last != b'\n');
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.count.fetch_add(u64::from(self.unfinished), Ordering::Relaxed);
        Ok(())
    }
}
