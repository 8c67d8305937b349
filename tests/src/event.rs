//! Something that happens once, and that others wait for.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A flag that is raised once and stays so. Clones are the same event.
#[derive(Clone, Default)]
pub struct Event(Arc<(Mutex<bool>, Condvar)>);

impl Event {
    /// An event that has not happened.
    pub fn new() -> Self {
        Self::default()
    }

    /// It happens; whoever waits goes on.
    pub fn fire(&self) {
        let (happened, waiting) = &*self.0;
        *happened.lock().unwrap_or_else(PoisonError::into_inner) = true;
        waiting.notify_all();
    }

    /// Waits until it has happened, at most `patience`; tells whether it has.
    pub fn wait(&self, patience: Duration) -> bool {
        let (happened, waiting) = &*self.0;
        let happened = happened.lock().unwrap_or_else(PoisonError::into_inner);
        let (happened, _) = waiting
            .wait_timeout_while(happened, patience, |it| !*it)
            .unwrap_or_else(PoisonError::into_inner);
        *happened
    }
}
