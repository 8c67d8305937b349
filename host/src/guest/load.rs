//! A plugin's file, made ready: checked, compiled, and tried once. Loading fails closed: an export that this host would
//! not call is an error, since the policy that somebody meant would otherwise guard nothing.

#[cfg(feature = "harden")]
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::{Component, InstancePre};

use super::checks::{check_size, check_weight, known_exports, known_imports, one_line};
use super::engine::Engine;
use super::imports::NoTransfer;
use super::instance::{Environment, Guest, Indices, State};
use super::load_error::LoadError;
use super::plugin_file::PluginFile;
#[cfg(feature = "harden")]
use super::shape::Shape;
use super::weigh::Weight;
use crate::callback::Callback;
use crate::limits::{Limit, Limits};
#[cfg(feature = "harden")]
use crate::loader::Loader;
use crate::loader::Request;
use crate::tenant::class::Classifier;
use crate::tenant::ledger::PluginSlot;

/// The version of the WIT package that this host speaks.
pub const WIT_VERSION: &str = "0.1.0";

/// How often a plugin is tried that takes longer to be made than a call may take.
const TRIES: u32 = 3;

/// A component that was checked, compiled and tried. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    name: Arc<str>,
    compiled: Arc<Compiled>,
    /// How long making a guest took when it was tried.
    trial: Duration,
    /// Its place among a tenant's plugins, where it is one of them.
    slot: Option<Arc<PluginSlot>>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Plugin").field(&self.name).finish()
    }
}

/// What is the same for all who have these bytes.
pub(super) struct Compiled {
    digest: String,
    size: u64,
    weight: Weight,
    exported: Vec<Callback>,
    exports: Vec<String>,
    imports: Vec<String>,
    indices: Indices,
    pre: InstancePre<State>,
}

impl Plugin {
    /// Makes a plugin of a file. What others have compiled already is not compiled again; what these limits allow is
    /// asked all the same.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub(crate) fn load(
        engine: &Engine,
        file: &PluginFile,
        limits: &Limits,
        slot: Option<Arc<PluginSlot>>,
    ) -> Result<Plugin, LoadError> {
        check_size(&file.name, file.size, limits)?;
        let owner = slot.as_ref().map(|slot| slot.owner());
        let request = Request {
            bytes: &|| file.bytes(),
            digest: &file.digest,
            shape: &engine.shape,
            limits,
            owner,
        };
        let find = || engine.compiled.find(&file.digest);
        let link = |component: &Component, weight| {
            let compiled = Arc::new(Compiled::link(engine, file, component, weight)?);
            engine.compiled.keep(&file.digest, &compiled);
            Ok(compiled)
        };
        let compiled = engine.loader.load(&engine.engine, &request, find, link);
        let compiled = compiled.map_err(|failure| LoadError::of_loading(&file.name, failure))?;
        check_weight(&compiled.weight, limits).map_err(|what| file.refused(what))?;
        let mut plugin = Plugin::of(file, compiled, slot);
        // The least of some: the machine may be busy with something else, such as compiling.
        let mut tries = 0;
        plugin.trial = Duration::MAX;
        while tries < TRIES && plugin.trial > limits.time(Limit::CallTime) {
            let begun = Instant::now();
            let tried = plugin.try_once(engine, limits);
            // It runs here as the guests of transfers do, and is paid for as they are.
            if let Some(slot) = &plugin.slot {
                slot.ran(begun.elapsed());
            }
            tried?;
            plugin.trial = plugin.trial.min(begun.elapsed());
            tries += 1;
        }
        Ok(plugin)
    }

    fn of(file: &PluginFile, compiled: Arc<Compiled>, slot: Option<Arc<PluginSlot>>) -> Plugin {
        Plugin {
            name: file.name.as_str().into(),
            compiled,
            trial: Duration::ZERO,
            slot,
        }
    }

    /// What messages and outcomes call it: the file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `sha256:` and the digest of the file.
    pub fn digest(&self) -> &str {
        &self.compiled.digest
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.compiled.size
    }

    /// The callbacks that it decides.
    pub fn callbacks(&self) -> &[Callback] {
        &self.compiled.exported
    }

    /// All that it exports, by WIT name.
    pub fn exports(&self) -> &[String] {
        &self.compiled.exports
    }

    /// All that it imports, by WIT name.
    pub fn imports(&self) -> &[String] {
        &self.compiled.imports
    }

    /// How long making a guest of it took when it was tried.
    pub(crate) fn trial(&self) -> Duration {
        self.trial
    }

    pub(super) fn pre(&self) -> &InstancePre<State> {
        &self.compiled.pre
    }

    pub(super) fn indices(&self) -> &Indices {
        &self.compiled.indices
    }

    /// Types are checked on an instance only, so one is made and dropped.
    fn try_once(&self, engine: &Engine, limits: &Limits) -> Result<(), LoadError> {
        let classifier = Classifier::new(Vec::new(), Vec::new()).map_err(|error| LoadError::Refused {
            plugin: self.name().to_owned(),
            what: error.to_string(),
        })?;
        let environment = Environment {
            limits: limits.clone(),
            config: Vec::new(),
            classifier: Arc::new(classifier),
            // The guest of the transfer prints the same again.
            printer: Arc::new(|_: &str| {}),
            transfer: Box::new(NoTransfer),
            may_wait: true,
            ledger: None,
        };
        let failed = |failure| LoadError::of_trial(self.name(), &failure);
        Guest::new(engine, self, environment).map(drop).map_err(failed)
    }
}

/// Makes a guest of compiled code on trial, in a process of its own. Whatever comes of it within the limits comes of it
/// again where the plugin is loaded, and is told there.
///
/// # Errors
/// Where the machine refuses what the process needs.
#[cfg(feature = "harden")]
pub(crate) fn try_code(
    shape: &Shape,
    limits: &Limits,
    code: impl FnOnce(&wasmtime::Engine) -> io::Result<Option<Component>>,
    confine: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let engine = Engine::of(shape.clone(), Loader::in_process(), |_| {}).map_err(io::Error::other)?;
    let Some(component) = code(&engine.engine)? else {
        return Ok(());
    };
    confine()?;
    let file = PluginFile::new(String::new(), Vec::new());
    if let Ok(compiled) = Compiled::link(&engine, &file, &component, Weight::default()) {
        let _ = Plugin::of(&file, Arc::new(compiled), None).try_once(&engine, limits);
    }
    Ok(())
}

impl Compiled {
    /// Links a component with what the host offers; the error is what follows its name.
    fn link(engine: &Engine, file: &PluginFile, component: &Component, weight: Weight) -> Result<Compiled, String> {
        let ty = component.component_type();
        let exports: Vec<String> = ty.exports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        let imports: Vec<String> = ty.imports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        let exported = known_exports(&exports)?;
        known_imports(&imports)?;
        let linked = engine.linker.instantiate_pre(component);
        let pre = linked.map_err(|error| one_line(&error))?;
        let indices = Indices::find(&pre, &exported).map_err(|error| one_line(&error))?;
        Ok(Compiled {
            digest: file.digest.clone(),
            size: file.size,
            weight,
            exported,
            exports,
            imports,
            indices,
            pre,
        })
    }
}
