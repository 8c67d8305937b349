//! Pauses: each has a direction and a time, and all of a transfer's together have a budget.

use std::cell::Cell;
use std::time::{Duration, Instant};

use enumset::EnumSetType;

use crate::callback::Callback;

/// Which way bytes move.
#[derive(Debug, EnumSetType)]
#[enumset(repr = "u8", no_ops, no_super_impls)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the origin: header lines and the body.
    Receive,
    /// To the origin: the upload.
    Send,
}

impl Direction {
    fn of(callback: Callback) -> Direction {
        match callback {
            Callback::Read => Direction::Send,
            _ => Direction::Receive,
        }
    }
}

/// What a wish to pause comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Granted {
    /// The transfer pauses.
    Paused,
    /// There is no time left to pause in.
    Spent,
}

/// One direction's pause.
#[derive(Debug, Default)]
struct Until {
    time: Cell<Option<Instant>>,
    /// The wish went beyond the budget: the transfer ends when the pause does.
    last: Cell<bool>,
}

/// Until when a transfer is paused, and how long it may be in all.
#[derive(Debug)]
pub(super) struct Pause {
    budget: Duration,
    spent: Cell<Duration>,
    receive: Until,
    send: Until,
    by: Cell<Option<Callback>>,
    /// One has begun that nobody waits for the end of yet.
    fresh: Cell<bool>,
}

impl Pause {
    pub(super) fn new(budget: Duration) -> Pause {
        Pause {
            budget,
            spent: Cell::default(),
            receive: Until::default(),
            send: Until::default(),
            by: Cell::default(),
            fresh: Cell::default(),
        }
    }

    /// Whether one has begun since this was last asked.
    pub(super) fn take_fresh(&self) -> bool {
        self.fresh.take()
    }

    fn until(&self, direction: Direction) -> &Until {
        match direction {
            Direction::Receive => &self.receive,
            Direction::Send => &self.send,
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
        let until = self.until(Direction::of(by));
        until.last.set(wish > left);
        self.spent.set(self.spent.get() + time);
        until.time.set(Instant::now().checked_add(time));
        self.fresh.set(true);
        Granted::Paused
    }

    /// Whether a pause of this direction lasts: it does until [`Pause::take_due`] ends it.
    pub(super) fn holds(&self, direction: Direction) -> bool {
        self.until(direction).time.get().is_some()
    }

    /// Ends a pause of this direction before its time; what is left of it was not spent.
    pub(super) fn end(&self, direction: Direction) {
        if let Some(until) = self.until(direction).time.take() {
            let left = until.saturating_duration_since(Instant::now());
            self.spent.set(self.spent.get().saturating_sub(left));
        }
    }

    /// When the next pause ends; `None` where there is none.
    pub(super) fn next(&self) -> Option<Instant> {
        let times = [&self.receive, &self.send].into_iter().filter_map(|it| it.time.get());
        times.min()
    }

    /// Ends the pauses whose time is over, and tells whether there was one and whether the budget ended it.
    pub(super) fn take_due(&self) -> Option<Granted> {
        let now = Instant::now();
        let due = [&self.receive, &self.send]
            .into_iter()
            .filter(|it| it.time.get().is_some_and(|until| until <= now));
        due.map(|it| {
            it.time.set(None);
            if it.last.get() { Granted::Spent } else { Granted::Paused }
        })
        .reduce(|one, other| if one == Granted::Spent { one } else { other })
    }

    /// How long the transfer was paused in all, the pauses that last as far as they have come.
    pub(super) fn spent(&self) -> Duration {
        let now = Instant::now();
        let to_come = |it: &Until| it.time.get().map(|until| until.saturating_duration_since(now));
        let lasting = [&self.receive, &self.send].into_iter().filter_map(to_come).sum();
        self.spent.get().saturating_sub(lasting)
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

    #[test]
    fn one_direction_does_not_wait_for_the_other() {
        let pause = Pause::new(Duration::from_secs(120));
        pause.begin(Callback::Read, 60_000);
        assert!(pause.holds(Direction::Send) && !pause.holds(Direction::Receive));
        pause.begin(Callback::Header, 1);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(pause.take_due(), Some(Granted::Paused));
        assert!(pause.holds(Direction::Send) && !pause.holds(Direction::Receive));
    }
}
