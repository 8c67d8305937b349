//! A plugin's file, made ready: checked, compiled, and tried once. Loading fails closed: an export that this host would
//! not call is an error, since the policy that somebody meant would otherwise guard nothing.

use std::fs::File;
#[cfg(feature = "harden")]
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre};

use super::checks::{check_size, check_weight, known_exports, known_imports, one_line, shown};
use super::engine::Engine;
use super::imports::NoTransfer;
use super::instance::{Environment, Guest, Indices, State};
#[cfg(feature = "harden")]
use super::shape::Shape;
use super::verdict::Failure;
use super::weigh::Weight;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::escape::{escape, quote};
use crate::limits::{Limit, Limits, Unit};
#[cfg(feature = "harden")]
use crate::loader::Loader;
use crate::loader::{Failure as Failed, Request};
use crate::tenant::class::Classifier;
use crate::tenant::ledger::PluginSlot;

/// The version of the WIT package that this host speaks.
pub const WIT_VERSION: &str = "0.1.0";

/// How often a plugin is tried that takes longer to be made than a call may take.
const TRIES: u32 = 3;

/// Why a file is no plugin that this host can use. Every text is one sentence, with the file's name in front.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{plugin}: {error}")]
    Read {
        /// The file.
        plugin: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no component, or one that this host must not use.
    #[error("{plugin}: {what}")]
    Refused {
        /// The file.
        plugin: String,
        /// What is wrong and what would help.
        what: String,
    },
    /// Its tenant has as many plugins as it may.
    #[error("{plugin}: its tenant has {most} plugins, as many as its quota `plugins` allows")]
    Quota {
        /// The file.
        plugin: String,
        /// The quota.
        most: u64,
    },
    /// Loading it reached a limit, or the process that loads it ended.
    #[error("{plugin}: {what}")]
    Loading {
        /// The file.
        plugin: String,
        /// What happened.
        what: String,
        /// The cause.
        cause: Cause,
        /// The limit that was reached, in its own unit.
        limit: Option<u64>,
        /// What was used of it.
        used: Option<u64>,
    },
    /// The component failed when it was tried.
    #[error("{plugin}: {what}")]
    Trial {
        /// The file.
        plugin: String,
        /// What happened.
        what: String,
        /// The cause.
        cause: Cause,
        /// The limit that was reached, in its own unit.
        limit: Option<u64>,
        /// What was used of it.
        used: Option<u64>,
    },
}

/// A component that was checked, compiled and tried. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    name: Arc<str>,
    compiled: Arc<Compiled>,
    /// How long making a guest took when it was tried.
    trial: Duration,
    /// Its place among a tenant's plugins, where it is one of them.
    _slot: Option<Arc<PluginSlot>>,
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

/// A plugin's file, read.
pub(crate) struct PluginFile {
    name: String,
    bytes: Vec<u8>,
    digest: String,
}

impl PluginFile {
    /// Reads a file: a component, or its text form.
    ///
    /// # Errors
    /// Where it cannot be read, or is larger than allowed.
    pub(crate) fn read(path: &Path, limits: &Limits) -> Result<PluginFile, LoadError> {
        let file = File::open(path).map_err(|error| LoadError::Read {
            plugin: escape(&path.to_string_lossy()),
            error,
        })?;
        PluginFile::opened(path, file, limits)
    }

    /// Reads a file that is open already, by this path.
    ///
    /// # Errors
    /// As [`PluginFile::read`].
    pub(crate) fn opened(path: &Path, file: File, limits: &Limits) -> Result<PluginFile, LoadError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let name = escape(&name);
        let read = |error| LoadError::Read {
            plugin: escape(&path.to_string_lossy()),
            error,
        };
        check_size(&name, file.metadata().map_err(read)?.len(), limits)?;
        // A pipe or a device has no size: one byte more than is allowed is enough to know.
        let most = limits.get(Limit::ComponentSize).saturating_add(1);
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).map_err(read)?;
        Ok(PluginFile::new(name, bytes))
    }

    /// What stands in memory; `name` is what messages call it.
    pub(crate) fn new(name: String, bytes: Vec<u8>) -> PluginFile {
        let digest = format!("sha256:{:x}", Sha256::digest(&bytes));
        PluginFile { name, bytes, digest }
    }

    /// `sha256:` and the digest of the file.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Why it was not loaded, with its name.
    fn failed(&self, failure: Failed) -> LoadError {
        let loading = |what: String, cause: Cause, limit: Option<u64>, used: Option<u64>| LoadError::Loading {
            plugin: self.name.clone(),
            what,
            cause,
            limit,
            used,
        };
        match failure {
            Failed::Refused(what) => self.refused(what),
            Failed::Limit { limit, value, used } => {
                let (what, cause) = match limit {
                    Limit::LoadProcessorTime => ("processor time", Cause::Deadline),
                    Limit::LoadTime => ("time", Cause::Deadline),
                    Limit::LoadCode => ("compiled code", Cause::Memory),
                    _ => ("memory", Cause::Memory),
                };
                let unit = match limit.row().unit {
                    Unit::Milliseconds => "ms",
                    _ => "bytes",
                };
                let key = limit.row().key;
                let what = format!(
                    "loading it takes more than {value} {unit} of {what} (limit {key}; raise with --limit {key})"
                );
                loading(what, cause, Some(value), used)
            }
            Failed::Killed => {
                let what = "the process that loads it was killed, and again when it was tried once more";
                loading(what.to_owned(), Cause::System, None, None)
            }
            Failed::Lost => {
                let what = "the helper that loads plugins has ended, and again when it was started once more";
                loading(what.to_owned(), Cause::System, None, None)
            }
            Failed::Crashed(how) => {
                let what =
                    format!("the process that loads it crashed ({how}): the plugin, or its compiler, is at fault");
                loading(what, Cause::HostPanic, None, None)
            }
            Failed::System(why) => loading(why, Cause::System, None, None),
        }
    }

    /// That it is not used, and why.
    fn refused(&self, what: String) -> LoadError {
        LoadError::Refused {
            plugin: self.name.clone(),
            what,
        }
    }
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
        check_size(&file.name, file.bytes.len() as u64, limits)?;
        let owner = slot.as_ref().map(|slot| slot.owner());
        let compiled = engine.compiled.get(&file.digest, || {
            let request = Request {
                bytes: &file.bytes,
                digest: &file.digest,
                shape: &engine.shape,
                limits,
                owner,
            };
            let (component, weight) = engine
                .loader
                .load(&engine.engine, &request)
                .map_err(|failure| file.failed(failure))?;
            Compiled::link(engine, file, &component, weight).map_err(|what| file.refused(what))
        })?;
        check_weight(&compiled.weight, limits).map_err(|what| file.refused(what))?;
        let mut plugin = Plugin::of(file, compiled, slot);
        // The least of some: the machine may be busy with something else, such as compiling.
        let mut tries = 0;
        plugin.trial = Duration::MAX;
        while tries < TRIES && plugin.trial > limits.time(Limit::CallTime) {
            let begun = Instant::now();
            plugin.try_once(engine, limits)?;
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
            _slot: slot,
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
        let trial = |failure: Failure| {
            let what = match failure.cause {
                Cause::BadReturn => format!(
                    "an export has not the type that transferhost:callbacks@{WIT_VERSION} gives it: {}",
                    failure.reason.as_deref().map(shown).unwrap_or_default()
                ),
                cause => {
                    let reason = failure.reason.as_deref().map(|reason| format!(", {}", quote(reason)));
                    let limit = failure
                        .limit
                        .map(|limit| format!(" (limit {limit}{})", cause.raised_when_made()));
                    format!(
                        "it failed when it was instantiated: {cause}{}{}",
                        limit.unwrap_or_default(),
                        reason.unwrap_or_default()
                    )
                }
            };
            LoadError::Trial {
                plugin: self.name().to_owned(),
                what,
                cause: failure.cause,
                limit: failure.limit,
                used: failure.used,
            }
        };
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
        Guest::new(engine, self, environment).map(drop).map_err(trial)
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
    let file = PluginFile {
        name: String::new(),
        bytes: Vec::new(),
        digest: String::new(),
    };
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
            size: file.bytes.len() as u64,
            weight,
            exported,
            exports,
            imports,
            indices,
            pre,
        })
    }
}
