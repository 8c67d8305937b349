//! A thread that others do not notice. It stands here since it takes what is unsafe, and no crate has it.

use std::io;

/// From now on this thread runs when no other wants its processor: Linux's SCHED_IDLE, which gives way at once where a low
/// priority (nice) alone is let run to the end of its slice. It cannot be starved wholly: it has a little weight.
///
/// # Errors
/// What the system said.
pub(crate) fn yield_to_others() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: 0 is the calling thread, SCHED_IDLE needs no right, and the parameters live longer than the call, which only
    // reads them.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
