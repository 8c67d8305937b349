//! Where delivered bytes go.

mod file;
mod memory;
mod stdout;

use std::io;

pub use file::FileSink;
pub use memory::MemorySink;
pub use stdout::StdoutSink;

/// Takes what a transfer delivers, in order.
pub trait Sink {
    /// Takes all of these bytes.
    ///
    /// # Errors
    /// Where they cannot be taken; the transfer then ends with CURLE_WRITE_ERROR (23) and this error's text.
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The transfer ended well and no more comes.
    ///
    /// # Errors
    /// As in [`Sink::deliver`].
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for dyn Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dyn Sink")
    }
}
