//! The one door through which whatever fails leaves: the first cause stays, the rest are counted.

use std::cell::{Cell, OnceCell};

use super::ended::Ended;

/// Empty, or the first cause.
#[derive(Debug, Default)]
pub(super) struct Latch {
    first: OnceCell<Ended>,
    later: Cell<u64>,
}

impl Latch {
    /// Keeps a cause, if it is the first.
    pub(super) fn set(&self, ended: Ended) {
        if self.first.set(ended).is_err() {
            self.later.set(self.later.get().saturating_add(1));
        }
    }

    /// Whether there is a cause. From then on no guest is entered and no byte delivered.
    pub(super) fn is_set(&self) -> bool {
        self.first.get().is_some()
    }

    /// The first cause.
    pub(super) fn first(&self) -> Option<&Ended> {
        self.first.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callback::Callback;
    use crate::cause::Cause;

    #[test]
    fn the_first_cause_stays() {
        let latch = Latch::default();
        assert!(!latch.is_set());
        latch.set(Ended::because(Callback::Write, Cause::Sink, "full"));
        latch.set(Ended::because(Callback::Xferinfo, Cause::GuestAbort, "slow"));
        assert_eq!(latch.first().map(|ended| ended.failure.cause), Some(Cause::Sink));
        assert_eq!(latch.later.get(), 1);
    }
}
