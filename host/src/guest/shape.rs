//! What an engine expects of compiled code: who compiles and who runs the code must agree on it.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use wasmtime::{Config, ModuleVersionStrategy};

use super::features;

/// A guest's stack in bytes. wasmtime's default; the same for all, since it is the engine's.
const MAX_WASM_STACK: usize = 512 << 10;

/// Frames of a backtrace that are kept.
const BACKTRACE_FRAMES: usize = 20;

/// wasmtime takes code of the same major version. A correction of its compiler counts here too, and so does ours.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The part of an engine's configuration that is not the same for all engines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// Bytes of addresses that are set aside for a memory; `None` is wasmtime's default.
    pub(super) memory_reservation: Option<u64>,
    /// Whether a memory's first content is mapped copy-on-write.
    pub(super) memory_init_cow: bool,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            memory_reservation: None,
            memory_init_cow: true,
        }
    }
}

impl Shape {
    /// The configuration of an engine that compiles for this shape.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new();
        features::allow(&mut config);
        config.consume_fuel(true);
        config.epoch_interruption(true);
        config.max_wasm_stack(MAX_WASM_STACK);
        config.wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES));
        config.memory_init_cow(self.memory_init_cow);
        if let Some(bytes) = self.memory_reservation {
            config.memory_reservation(bytes);
        }
        // A version of some 10 bytes is short enough.
        let _ = config.module_version(ModuleVersionStrategy::Custom(version()));
        config
    }

    /// Tells the code of one shape, and of one version, from that of another.
    pub(crate) fn key(&self) -> String {
        format!("{} {:?} {}", version(), self.memory_reservation, self.memory_init_cow)
    }
}

fn version() -> String {
    format!("transferhost {VERSION} wasmtime {}", wasmtime_environ::VERSION)
}
