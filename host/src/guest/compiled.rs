//! Compiled components, each once for all who have its bytes, and the bound on how many are compiled at a time.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use super::load::Compiled;

/// Those that somebody has, by the digest of their bytes. Cheap to clone.
#[derive(Clone)]
pub(super) struct CompiledCache(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// So many are compiled at a time.
    most: usize,
}

#[derive(Default)]
struct State {
    known: HashMap<String, Entry>,
    compiling: usize,
}

enum Entry {
    /// Somebody compiles it: whoever wants it too waits for him.
    Underway,
    There(Weak<Compiled>),
}

impl Default for CompiledCache {
    fn default() -> CompiledCache {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        CompiledCache(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            // One that takes long must not be all there is.
            most: cores.max(2),
        }))
    }
}

impl CompiledCache {
    /// The component of this digest; where nobody has it, it is made, blocking this thread until its turn has come.
    ///
    /// # Errors
    /// Those of `make`; the next one who asks tries again.
    pub(super) fn get<E>(&self, digest: &str, make: impl FnOnce() -> Result<Compiled, E>) -> Result<Arc<Compiled>, E> {
        let mut state = self.0.lock();
        loop {
            match state.known.get(digest) {
                Some(Entry::There(compiled)) => match compiled.upgrade() {
                    Some(compiled) => return Ok(compiled),
                    None => drop(state.known.remove(digest)),
                },
                None if state.compiling < self.0.most => break,
                Some(Entry::Underway) | None => {
                    state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        state.compiling += 1;
        // Those that nobody has any more go.
        state.known.retain(|_, entry| match entry {
            Entry::There(compiled) => compiled.strong_count() > 0,
            Entry::Underway => true,
        });
        state.known.insert(digest.to_owned(), Entry::Underway);
        drop(state);
        let mut turn = Turn {
            shared: &self.0,
            digest,
            made: None,
        };
        let compiled = Arc::new(make()?);
        turn.made = Some(Arc::downgrade(&compiled));
        Ok(compiled)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody compiles. However that ends, the others go on.
struct Turn<'a> {
    shared: &'a Shared,
    digest: &'a str,
    made: Option<Weak<Compiled>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.compiling -= 1;
        match self.made.take() {
            Some(made) => drop(state.known.insert(self.digest.to_owned(), Entry::There(made))),
            None => drop(state.known.remove(self.digest)),
        }
        self.shared.changed.notify_all();
    }
}
