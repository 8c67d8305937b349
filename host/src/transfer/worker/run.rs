//! How long libcurl has run on this thread without a word: whoever takes long lets others have their turn.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long libcurl may go on with what comes before its transfers are paused for a turn of the others. About a call of a guest.
const LONG: Duration = Duration::from_millis(10);

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// libcurl begins to run.
pub(super) fn begins(now: Instant) {
    BEGAN.set(Some(now));
}

/// Whether it has run for long.
pub(in crate::transfer) fn is_long() -> bool {
    BEGAN.get().is_some_and(|began| began.elapsed() > LONG)
}
