//! Answers each chunk with a pause, and with another verdict when it comes again.

use core::cell::Cell;

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

hostile::attack!(write, |chunk| {
    ASKED.set(ASKED.get() + 1);
    Ok(match ASKED.get() {
        1..=3 => Action::Pause(ASKED.get() % 2),
        _ => Action::Replace(chunk),
    })
});
