//! Compiled components, each once for all who have its bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::load::Compiled;

/// Those that somebody has, by the digest of their bytes. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct CompiledCache(Arc<Mutex<HashMap<String, Weak<Compiled>>>>);

impl CompiledCache {
    /// The component of this digest, where somebody has it.
    pub(super) fn find(&self, digest: &str) -> Option<Arc<Compiled>> {
        self.lock().get(digest).and_then(Weak::upgrade)
    }

    /// Keeps this one for as long as somebody has it.
    pub(super) fn keep(&self, digest: &str, compiled: &Arc<Compiled>) {
        let mut known = self.lock();
        // Those that nobody has any more go.
        known.retain(|_, compiled| compiled.strong_count() > 0);
        known.insert(digest.to_owned(), Arc::downgrade(compiled));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Compiled>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
