//! wasmtime's engine, as a guest needs it: fuel and epochs on, what a policy has no use for off.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use wasmtime::component::Linker;
use wasmtime::{Cache, CacheConfig, Config};

use super::compiled::CompiledCache;
use super::features;
use super::imports;
use super::instance::State;
use super::pool::{self, Clearing};
use super::wasi;
use crate::limits::{Limit, Limits};

/// How often a running guest looks at its clock. A call's time is kept to within this.
const TICK: Duration = Duration::from_millis(1);

/// A guest's stack. wasmtime's default; the same for all, since it is the engine's.
const MAX_WASM_STACK: usize = 512 << 10;

/// Frames of a backtrace that are kept.
const BACKTRACE_FRAMES: usize = 20;

/// The engine could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine could not be made: {0}")]
pub struct EngineError(String);

/// Compiles plugins and runs guests. Cheap to clone; one serves a whole process.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(super) engine: wasmtime::Engine,
    pub(super) linker: Arc<Linker<State>>,
    pub(super) compiled: CompiledCache,
    /// What the slots of the pool were made for, where there is one.
    slots: Option<Arc<Limits>>,
    /// Keeps time for guests that wait; only its timer is on.
    pub(super) runtime: Arc<Runtime>,
}

impl Engine {
    /// An engine. Compiled code is kept in `cache`, a directory that nobody else may write to; `None` keeps none.
    ///
    /// # Errors
    /// Where the machine refuses what wasmtime needs: memory, threads, a cache directory.
    pub(crate) fn new(cache: Option<PathBuf>) -> Result<Engine, EngineError> {
        Engine::build(&config(), cache).map_err(|error| EngineError(format!("{error:#}")))
    }

    /// An engine whose guests come out of a pool of so many, each within these limits.
    ///
    /// # Errors
    /// As [`Engine::new`], and where so many guests take more memory maps than a process may have.
    pub(crate) fn pooled(cache: Option<PathBuf>, guests: u32, limits: &Limits) -> Result<Engine, EngineError> {
        let guests = guests.max(1);
        // What does not fit with the fewer maps of the two does not with the more.
        pool::check(guests, Clearing::Scan).map_err(EngineError)?;
        let with = |clearing| {
            pool::check(guests, clearing).map_err(EngineError)?;
            let mut config = config();
            pool::configure(&mut config, guests, limits, clearing);
            let mut engine =
                Engine::build(&config, cache.clone()).map_err(|error| EngineError(format!("{error:#}")))?;
            engine.slots = Some(Arc::new(limits.clone()));
            Ok(engine)
        };
        // An older kernel refuses the first.
        with(Clearing::Scan).or_else(|_| with(Clearing::Decommit))
    }

    /// Whether a guest may have what these limits allow; a sentence where not.
    pub(crate) fn fits(&self, limits: &Limits) -> Result<(), String> {
        let Some(slots) = &self.slots else { return Ok(()) };
        let of_a_slot = [Limit::Memory, Limit::TableElements, Limit::Instances];
        match of_a_slot
            .into_iter()
            .find(|limit| limits.get(*limit) > slots.get(*limit))
        {
            Some(limit) => Err(format!(
                "its policy allows a guest {} of {}, and the pool of guests was made for {}",
                limits.get(limit),
                limit.row().key,
                slots.get(limit)
            )),
            None => Ok(()),
        }
    }

    fn build(config: &Config, cache: Option<PathBuf>) -> wasmtime::Result<Engine> {
        let mut config = config.clone();
        if let Some(directory) = cache {
            let mut cache = CacheConfig::new();
            cache.with_directory(directory);
            config.cache(Some(Cache::new(cache)?));
        }
        let engine = wasmtime::Engine::new(&config)?;
        tick(&engine)?;
        let mut linker = Linker::new(&engine);
        wasi::add_to_linker(&mut linker)?;
        imports::add_to_linker(&mut linker)?;
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(Engine {
            engine,
            linker: Arc::new(linker),
            compiled: CompiledCache::default(),
            slots: None,
            runtime: Arc::new(runtime),
        })
    }
}

/// What all guests need.
fn config() -> Config {
    let mut config = Config::new();
    features::allow(&mut config);
    config.consume_fuel(true);
    config.epoch_interruption(true);
    config.max_wasm_stack(MAX_WASM_STACK);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(BACKTRACE_FRAMES));
    config
}

/// A thread that only ticks, until the engine is gone.
fn tick(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("transferhost-tick".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })?;
    Ok(())
}
