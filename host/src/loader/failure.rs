//! Why a plugin was not loaded.

use std::io;

use crate::guest::Weight;
use crate::limits::{Limit, Limits};

/// Why a plugin was not loaded.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The plugin is refused: a sentence without its name.
    Refused(String),
    /// A limit of loading was reached; or each guest of it would begin beyond its limit `memory` or `table-elements`.
    Limit {
        limit: Limit,
        value: u64,
        used: Option<u64>,
    },
    /// Somebody killed the process that loads it, twice.
    Killed,
    /// The helper has ended, twice.
    Lost,
    /// The helper has not answered in time.
    Silent,
    /// The process that loads it crashed.
    Crashed(String),
    /// The machine refused what loading needs.
    System(String),
}

impl Failure {
    pub(super) fn system(why: String) -> Failure {
        Failure::System(crate::escape::escape(&why))
    }
}

/// Why an engine does not take code that was compiled for it: its guests come out of a pool, and no guest of this plugin fits;
/// or the machine refuses what it needs.
pub(super) fn unfit(error: &wasmtime::Error, weight: &Weight, limits: &Limits) -> Failure {
    if let Some(error) = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()) {
        return Failure::system(format!("its compiled code cannot be used: {error}"));
    }
    for (limit, used) in [(Limit::Memory, weight.memory), (Limit::TableElements, weight.elements)] {
        let value = limits.get(limit);
        if used > value {
            let used = Some(used);
            return Failure::Limit { limit, value, used };
        }
    }
    Failure::Refused(format!(
        "no guest of it fits into the pool of guests: {}",
        crate::guest::one_line(error)
    ))
}
