//! Which plugins are being compiled, so that each is compiled once at a time.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// By their names in the cache.
#[derive(Debug, Default)]
pub(super) struct Underway {
    names: Mutex<HashSet<String>>,
    changed: Condvar,
}

/// A plugin that is being compiled, until this is dropped.
#[derive(Debug)]
pub(super) struct Begun<'a> {
    underway: &'a Underway,
    name: &'a str,
}

impl Underway {
    /// Begins to compile it; `None` where somebody compiles it already.
    pub(super) fn begin<'a>(&'a self, name: &'a str) -> Option<Begun<'a>> {
        let begins = self.lock().insert(name.to_owned());
        // Made only where it begins: dropping one says that the plugin is compiled.
        begins.then(|| Begun { underway: self, name })
    }

    /// Waits, blocking this thread, while somebody compiles it.
    pub(super) fn wait(&self, name: &str) {
        let mut names = self.lock();
        while names.contains(name) {
            names = self.changed.wait(names).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.underway.lock().remove(self.name);
        self.underway.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_begins_and_the_others_change_nothing() {
        let underway = Underway::default();
        let begun = underway.begin("a").unwrap();
        assert!(underway.begin("a").is_none() && underway.begin("a").is_none());
        assert!(underway.begin("b").is_some());
        drop(begun);
        assert!(underway.begin("a").is_some());
    }
}
