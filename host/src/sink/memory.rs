use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Sink;

/// Keeps the bytes, up to a bound.
#[derive(Clone, Debug, Default)]
pub struct MemorySink {
    bytes: Arc<Mutex<Vec<u8>>>,
    bound: usize,
}

impl MemorySink {
    /// Keeps at most so many bytes; more ends the transfer with CURLE_WRITE_ERROR (23).
    pub fn new(bound: usize) -> MemorySink {
        MemorySink {
            bytes: Arc::default(),
            bound,
        }
    }

    /// What was delivered, taken out. Clones of a sink share it.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.kept())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for MemorySink {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut kept = self.kept();
        if kept.len().saturating_add(bytes.len()) > self.bound {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {} bytes", self.bound),
            ));
        }
        kept.extend_from_slice(bytes);
        Ok(())
    }
}
