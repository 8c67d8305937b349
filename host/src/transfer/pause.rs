//! Pauses: each has a time, and all of a transfer's together have a budget.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::callback::Callback;

/// What a wish to pause comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Granted {
    /// The transfer pauses.
    Paused,
    /// There is no time left to pause in.
    Spent,
}

/// Until when a transfer is paused, and how long it may be in all.
#[derive(Debug)]
pub(super) struct Pause {
    budget: Duration,
    spent: Cell<Duration>,
    until: Cell<Option<Instant>>,
    /// The wish went beyond the budget: the transfer ends when the pause does.
    last: Cell<bool>,
    by: Cell<Option<Callback>>,
}

impl Pause {
    pub(super) fn new(budget: Duration) -> Pause {
        Pause {
            budget,
            spent: Cell::default(),
            until: Cell::default(),
            last: Cell::default(),
            by: Cell::default(),
        }
    }

    /// Pauses for so many milliseconds, at least one, since this callback asked for it.
    pub(super) fn begin(&self, by: Callback, milliseconds: u32) -> Granted {
        self.by.set(Some(by));
        let wish = Duration::from_millis(u64::from(milliseconds.max(1)));
        let left = self.budget.saturating_sub(self.spent.get());
        if left.is_zero() {
            return Granted::Spent;
        }
        let time = wish.min(left);
        self.last.set(wish > left);
        self.spent.set(self.spent.get() + time);
        self.until.set(Instant::now().checked_add(time));
        Granted::Paused
    }

    /// How long the pause still lasts; `None` where there is none.
    pub(super) fn left(&self) -> Option<Duration> {
        self.until
            .get()
            .map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Ends a pause whose time is over, and tells whether there was one and whether the budget ended it.
    pub(super) fn take_due(&self) -> Option<Granted> {
        self.until.get().filter(|until| *until <= Instant::now())?;
        self.until.set(None);
        Some(if self.last.get() {
            Granted::Spent
        } else {
            Granted::Paused
        })
    }

    /// How long the transfer was paused in all, the pause that lasts as far as it has come.
    pub(super) fn spent(&self) -> Duration {
        self.spent.get().saturating_sub(self.left().unwrap_or_default())
    }

    /// The callback that asked for the last pause.
    pub(super) fn by(&self) -> Option<Callback> {
        self.by.get()
    }

    /// The budget.
    pub(super) fn budget(&self) -> Duration {
        self.budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_beyond_the_budget_is_cut_and_is_the_last() {
        let pause = Pause::new(Duration::from_millis(3));
        assert_eq!(pause.begin(Callback::Write, 0), Granted::Paused);
        assert_eq!(pause.spent.get(), Duration::from_millis(1));
        assert_eq!(pause.begin(Callback::Write, u32::MAX), Granted::Paused);
        assert_eq!(pause.spent.get(), Duration::from_millis(3));
        assert_eq!(pause.begin(Callback::Write, 1), Granted::Spent);
        std::thread::sleep(Duration::from_millis(3));
        assert_eq!(pause.take_due(), Some(Granted::Spent));
        assert_eq!(pause.take_due(), None);
    }
}
