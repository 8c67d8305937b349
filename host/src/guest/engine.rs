//! wasmtime's engine, as a guest needs it: fuel and epochs on, what a policy has no use for off.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use wasmtime::Config;
use wasmtime::component::Linker;

use super::compiled::CompiledCache;
use super::imports;
use super::instance::State;
use super::pool::{self, Clearing};
use super::shape::Shape;
use super::wasi;
use crate::limits::{Limit, Limits};
use crate::loader::Loader;

/// How often a running guest looks at its clock. A call's time is kept to within this.
const TICK: Duration = Duration::from_millis(1);

/// The engine could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine could not be made: {0}")]
pub struct EngineError(String);

/// Runs guests. It has no compiler: code comes from the loader. Cheap to clone; one serves a whole process.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(super) engine: wasmtime::Engine,
    pub(super) linker: Arc<Linker<State>>,
    pub(super) compiled: CompiledCache,
    pub(super) loader: Loader,
    pub(super) shape: Shape,
    /// What the slots of the pool were made for, where there is one.
    slots: Option<Arc<Limits>>,
    /// Keeps time for guests that wait; only its timer is on.
    pub(super) runtime: Arc<Runtime>,
}

impl Engine {
    /// An engine whose plugins this loader loads.
    ///
    /// # Errors
    /// Where the machine refuses what wasmtime needs: memory, threads.
    pub(crate) fn new(loader: Loader) -> Result<Engine, EngineError> {
        Engine::of(Shape::default(), loader, |_| {})
    }

    /// An engine whose guests come out of a pool of so many, each within these limits.
    ///
    /// # Errors
    /// As [`Engine::new`], and where so many guests take more memory maps than a process may have.
    pub(crate) fn pooled(loader: Loader, guests: u32, limits: &Limits) -> Result<Engine, EngineError> {
        let guests = guests.max(1);
        // What does not fit with the fewer maps of the two does not with the more.
        pool::check(guests, Clearing::Scan).map_err(EngineError)?;
        let with = |clearing| {
            pool::check(guests, clearing).map_err(EngineError)?;
            let shape = pool::shape(limits, clearing);
            let mut engine = Engine::of(shape, loader.clone(), |config| {
                pool::configure(config, guests, limits, clearing);
            })?;
            engine.slots = Some(Arc::new(limits.clone()));
            Ok(engine)
        };
        // An older kernel refuses the first.
        with(Clearing::Scan).or_else(|_| with(Clearing::Decommit))
    }

    /// Ends the helper that loads plugins; the next plugin starts it again.
    #[cfg(feature = "cli")]
    pub(crate) fn rest(&self) {
        self.loader.rest();
    }

    /// An engine that runs code of this shape.
    pub(super) fn of(shape: Shape, loader: Loader, configure: impl FnOnce(&mut Config)) -> Result<Engine, EngineError> {
        let mut config = shape.config();
        config.enable_compiler(false);
        configure(&mut config);
        Engine::build(&config, shape, loader).map_err(|error| EngineError(format!("{error:#}")))
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

    fn build(config: &Config, shape: Shape, loader: Loader) -> wasmtime::Result<Engine> {
        let engine = wasmtime::Engine::new(config)?;
        tick(&engine)?;
        let mut linker = Linker::new(&engine);
        wasi::add_to_linker(&mut linker)?;
        imports::add_to_linker(&mut linker)?;
        let runtime = Builder::new_current_thread().enable_time().build()?;
        Ok(Engine {
            engine,
            linker: Arc::new(linker),
            compiled: CompiledCache::default(),
            loader,
            shape,
            slots: None,
            runtime: Arc::new(runtime),
        })
    }
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
