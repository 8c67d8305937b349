//! Compiled components, each once for all who have its bytes.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use super::load::Compiled;

/// Those that somebody has, by the digest of their bytes. Cheap to clone.
#[derive(Clone)]
pub(super) struct CompiledCache(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    known: HashMap<String, Entry>,
}

enum Entry {
    /// Somebody compiles it: whoever wants it too waits for him.
    Underway,
    There(Weak<Compiled>),
}

impl Default for CompiledCache {
    fn default() -> CompiledCache {
        CompiledCache(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        }))
    }
}

impl CompiledCache {
    /// The component of this digest; where nobody has it, it is made, blocking this thread.
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
                None => break,
                Some(Entry::Underway) => {
                    state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
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
        match self.made.take() {
            Some(made) => drop(state.known.insert(self.digest.to_owned(), Entry::There(made))),
            None => drop(state.known.remove(self.digest)),
        }
        self.shared.changed.notify_all();
    }
}
