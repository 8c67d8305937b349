//! What only the time before `main` can tell.
//!
//! Rust's runtime opens `/dev/null` in the place of a standard descriptor that is closed, so that a body would vanish
//! without a word. This stands in the folder of `unsafe` because code that runs before `main` is.

use std::sync::atomic::{AtomicBool, Ordering};

static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

// SAFETY: before `main` only what needs no runtime may run: this makes one system call, which touches no memory, and
// stores to an atomic.
#[ctor::ctor(unsafe)]
fn look() {
    if rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err() {
        STDOUT_WAS_CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Whether standard output was closed when the process began.
pub(crate) fn stdout_was_closed() -> bool {
    STDOUT_WAS_CLOSED.load(Ordering::Relaxed)
}
