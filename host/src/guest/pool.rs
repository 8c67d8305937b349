//! Guests out of a pool: their memory is set aside once, and a fresh guest takes microseconds.

use std::fs;

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::shape::Shape;
use crate::limits::{Limit, Limits};

/// Memory that stays with a slot from guest to guest, cleared: what a small guest writes to.
const KEEP_RESIDENT: usize = 2 << 20;
/// The same of tables.
const TABLE_KEEP_RESIDENT: usize = 64 << 10;
/// Freed slots that are given back to the kernel at once, where it cannot tell which of their pages were written to.
const DECOMMIT_BATCH: usize = 64;
/// A compiler's component has one memory, and few have more.
const MEMORIES: u64 = 4;
/// Maps of the process's own, its threads and libraries: generously.
const OTHER_MAPS: u64 = 5_000;
/// Where the kernel says how many maps a process may have.
const MAX_MAP_COUNT: &str = "/proc/sys/vm/max_map_count";

/// How a pool clears what a guest leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clearing {
    /// The kernel tells which pages were written to, and those are cleared by hand (PAGEMAP_SCAN, Linux 6.7).
    Scan,
    /// Pages are given back to the kernel, many slots at a time.
    Decommit,
}

impl Clearing {
    /// Memory maps of a guest's slot, and of the guest in it. Copy-on-write images take two more.
    const fn maps(self) -> u64 {
        match self {
            Clearing::Scan => 4,
            Clearing::Decommit => 6,
        }
    }
}

/// Says whether the process may have as many maps as so many guests take; a sentence where not.
pub(super) fn check(guests: u32, clearing: Clearing) -> Result<(), String> {
    let Some(most) = fs::read_to_string(MAX_MAP_COUNT)
        .ok()
        .and_then(|text| text.trim().parse().ok())
    else {
        // Another kernel, or none that says: the pool's making, or a guest's, will.
        return Ok(());
    };
    fits(guests, clearing, most)
}

fn fits(guests: u32, clearing: Clearing, most: u64) -> Result<(), String> {
    let needed = u64::from(guests) * clearing.maps() + OTHER_MAPS;
    if needed <= most {
        return Ok(());
    }
    let fit = most.saturating_sub(OTHER_MAPS) / clearing.maps();
    Err(format!(
        "{guests} guests at once take about {needed} memory maps, and vm.max_map_count allows {most}: ask for at most \
         {fit}, or raise it (sysctl vm.max_map_count={needed})"
    ))
}

/// What such a pool expects of compiled code.
pub(super) fn shape(limits: &Limits, clearing: Clearing) -> Shape {
    Shape {
        memory_reservation: Some(memory(limits) as u64),
        // Copy-on-write takes maps, and gains nothing where pages stay with their slot.
        memory_init_cow: clearing == Clearing::Decommit,
    }
}

/// Bytes of a slot's memory: a memory may have all that a guest may have.
fn memory(limits: &Limits) -> usize {
    limits.count(Limit::Memory).next_multiple_of(64 << 10)
}

/// Makes guests come out of a pool of so many, each within these limits.
pub(super) fn configure(config: &mut Config, guests: u32, limits: &Limits, clearing: Clearing) {
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let instances = limits.get(Limit::Instances);
    let memories = MEMORIES.min(instances);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(guests)
        // As many as all guests may have: those of one tenant must not use up what another's need. What nobody uses is
        // addresses alone.
        .total_core_instances(guests.saturating_mul(count(instances)))
        .total_memories(guests.saturating_mul(count(memories)))
        .total_tables(guests.saturating_mul(count(instances)))
        .max_core_instances_per_component(count(instances))
        .max_memories_per_component(count(memories))
        .max_tables_per_component(count(instances))
        .max_memories_per_module(count(memories))
        .max_tables_per_module(count(instances))
        .max_memory_size(memory(limits))
        .table_elements(limits.count(Limit::TableElements));
    match clearing {
        Clearing::Scan => {
            pool.pagemap_scan(Enabled::Yes)
                .linear_memory_keep_resident(KEEP_RESIDENT)
                .table_keep_resident(TABLE_KEEP_RESIDENT);
        }
        Clearing::Decommit => {
            pool.decommit_batch_size(DECOMMIT_BATCH);
        }
    }
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_would_fit() {
        assert_eq!(fits(10_000, Clearing::Scan, 65_530), Ok(()));
        let sentence = fits(10_000, Clearing::Decommit, 65_530).map_err(|words| words.contains("10088"));
        assert_eq!(sentence, Ok(()));
        let words = fits(20_000, Clearing::Scan, 65_530).unwrap_err();
        assert!(
            words.contains("at most 15132") && words.contains("max_map_count=85000"),
            "{words}"
        );
    }
}
