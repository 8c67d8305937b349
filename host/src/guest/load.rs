//! A plugin's file, made ready: checked, compiled, and tried once. Loading fails closed: an export that this host would
//! not call is an error, since the policy that somebody meant would otherwise guard nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre};

use super::checks::{check_size, check_weight, component_bytes, known_exports, known_imports, one_line, shown};
use super::engine::Engine;
use super::features::check_features;
use super::imports::NoTransfer;
use super::instance::{Environment, Guest, Indices, State};
use super::verdict::Failure;
use super::weigh::{Weight, weigh};
use crate::callback::Callback;
use crate::cause::Cause;
use crate::escape::{escape, quote};
use crate::limits::{Limit, Limits};
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
        let make = || Compiled::make(engine, file, limits);
        let compiled = engine
            .compiled
            .get(&file.digest, make)
            .map_err(|what| file.refused(what))?;
        check_weight(&compiled.weight, limits).map_err(|what| file.refused(what))?;
        let mut plugin = Plugin {
            name: file.name.as_str().into(),
            compiled,
            trial: Duration::ZERO,
            _slot: slot,
        };
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

impl Compiled {
    /// Checks and compiles a component; the error is what follows its name.
    fn make(engine: &Engine, file: &PluginFile, limits: &Limits) -> Result<Compiled, String> {
        let binary = component_bytes(&file.bytes)?;
        let weight = weigh(&binary)?;
        check_weight(&weight, limits)?;
        check_features(&binary)?;
        // Compiling runs on threads of its own, which panic where the machine gives none.
        let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Component::from_binary(&engine.engine, &binary)
        }));
        let compiled = compiled.map_err(|_| "the machine refused what compiling it needs".to_owned())?;
        let component = compiled.map_err(|error| format!("it is not a valid component: {}", one_line(&error)))?;
        let ty = component.component_type();
        let exports: Vec<String> = ty.exports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        let imports: Vec<String> = ty.imports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        let exported = known_exports(&exports)?;
        known_imports(&imports)?;
        let linked = engine.linker.instantiate_pre(&component);
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
