//! What wasmtime asks before a guest grows: sums over the whole store, not over each memory or table.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use crate::cause::Cause;
use crate::limits::{Limit, Limits};
use crate::tenant::ledger::{Held, Ledger};

/// A limit was reached. Our own type, so that the cause is known by it and not by the guest's trap a moment later.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{cause}: {used} of {limit}")]
pub(super) struct LimitExceeded {
    pub(super) cause: Cause,
    pub(super) limit: u64,
    pub(super) used: u64,
}

/// Counts what a guest has and refuses what is too much.
#[derive(Debug)]
pub(super) struct Limiter {
    memory: Sum,
    table: Sum,
    instances: usize,
    /// The same memory among all that its tenant has.
    held: Option<Held>,
}

#[derive(Debug)]
struct Sum {
    cause: Cause,
    limit: u64,
    used: u64,
    peak: u64,
    before: (u64, u64),
}

impl Sum {
    fn new(cause: Cause, limit: u64) -> Sum {
        Sum {
            cause,
            limit,
            used: 0,
            peak: 0,
            before: (0, 0),
        }
    }

    /// One part grows from `current` to `desired`; beyond its own maximum wasmtime refuses it, and nothing is counted.
    fn grow(&mut self, current: usize, desired: usize, own: Option<usize>) -> Result<bool, LimitExceeded> {
        self.before = (self.used, self.peak);
        if own.is_some_and(|own| desired > own) {
            return Ok(false);
        }
        let used = self
            .used
            .saturating_add((desired as u64).saturating_sub(current as u64));
        if used > self.limit {
            return Err(LimitExceeded {
                cause: self.cause,
                limit: self.limit,
                used,
            });
        }
        self.used = used;
        self.peak = self.peak.max(used);
        Ok(true)
    }
}

impl Sum {
    /// The last growth did not come about.
    fn undo(&mut self) {
        (self.used, self.peak) = self.before;
    }
}

impl Limiter {
    pub(super) fn new(limits: &Limits, ledger: Option<Arc<Ledger>>) -> Limiter {
        Limiter {
            memory: Sum::new(Cause::Memory, limits.get(Limit::Memory)),
            table: Sum::new(Cause::Table, limits.get(Limit::TableElements)),
            instances: limits.count(Limit::Instances),
            held: ledger.map(Held::new),
        }
    }

    /// Puts what the guest has to its tenant's account.
    fn hold(&mut self) -> Result<(), LimitExceeded> {
        let Some(held) = &mut self.held else { return Ok(()) };
        held.set(self.memory.used).map_err(|over| LimitExceeded {
            cause: Cause::Quota,
            limit: over.limit,
            used: over.used,
        })
    }

    /// The most bytes that all memories had together.
    pub(super) fn memory_peak(&self) -> u64 {
        self.memory.peak
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, own: Option<usize>) -> wasmtime::Result<bool> {
        let grows = self.memory.grow(current, desired, own)?;
        self.hold().inspect_err(|_| self.memory.undo())?;
        Ok(grows)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.undo();
        // It is less than before.
        Ok(self.hold()?)
    }

    fn table_growing(&mut self, current: usize, desired: usize, own: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.table.grow(current, desired, own)?)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.table.undo();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.instances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together() {
        let mut limits = Limits::curl();
        limits.set(Limit::Memory, 100);
        let mut limiter = Limiter::new(&limits, None);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        let refused = limiter.memory_growing(40, 41, None).unwrap_err();
        assert_eq!(refused.downcast_ref::<LimitExceeded>().unwrap().cause, Cause::Memory);
        assert_eq!(limiter.memory_peak(), 100);
    }
}
