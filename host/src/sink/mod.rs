//! Where delivered bytes go.

mod channel;
mod file;
mod memory;
mod stdout;

use std::io;
use std::sync::Arc;

pub use channel::{BodyChannel, ChannelSink};
pub use file::FileSink;
pub use memory::MemorySink;
pub use stdout::StdoutSink;

/// Lets a transfer go on whose sink can take more; from any thread.
pub type WakeSink = Arc<dyn Fn() + Send + Sync>;

/// Takes what a transfer delivers, in order.
pub trait Sink: Send {
    /// Takes all of these bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where it takes none of them now: the transfer pauses, the bytes are kept, and come again
    /// when the sink has woken it (see [`Sink::wakes`]). That costs nothing of the guest's budget for pauses, but the
    /// transfer's own time runs on. Any other error ends the transfer with CURLE_WRITE_ERROR (23) and this error's text.
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Called once, before the first byte: by this the sink says that it can take more, after it could not. One that never
    /// answers `WouldBlock` needs none.
    fn wakes(&mut self, _wake: WakeSink) {}

    /// The transfer ended well and no more comes. It is not called where nothing came since nothing was newer, or other,
    /// than what the caller has (304, and the conditions of [`Http`](crate::Http)): what is there stays.
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
