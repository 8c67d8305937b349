use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use super::Sink;

/// Keeps the bytes, up to a bound.
#[derive(Clone, Debug, Default)]
pub struct MemorySink {
    bytes: Rc<RefCell<Vec<u8>>>,
    bound: usize,
}

impl MemorySink {
    /// Keeps at most so many bytes; more is an error.
    pub fn new(bound: usize) -> MemorySink {
        MemorySink {
            bytes: Rc::default(),
            bound,
        }
    }

    /// What was delivered, taken out. Clones of a sink share it.
    pub fn take(&self) -> Vec<u8> {
        self.bytes.take()
    }
}

impl Sink for MemorySink {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut kept = self.bytes.borrow_mut();
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
