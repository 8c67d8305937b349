//! A plugin's file, made ready: checked, compiled, and tried once. Loading fails closed: an export that this host would
//! not call is an error, since the policy that somebody meant would otherwise guard nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre};

use super::engine::Engine;
use super::imports::NoTransfer;
use super::instance::{Environment, Guest, Indices, State};
use super::verdict::Failure;
use super::weigh::weigh;
use crate::callback::Callback;
use crate::cause::Cause;
use crate::escape::{cut, escape, quote};
use crate::limits::{Limit, Limits};
use crate::suggest;
use crate::tenant::class::Classifier;

/// The version of the WIT package that this host speaks.
pub const WIT_VERSION: &str = "0.1.0";

/// How much of a plugin's own words a message holds, in bytes before they are escaped: its names may be as long as it.
const WORDS: usize = 1 << 10;
/// The longest text form in bytes: reading it takes some hundred times as much memory.
const TEXT: usize = 1 << 20;

const PACKAGE: &str = "transferhost:callbacks/";
const IMPORTS: [&str; 7] = [
    "types",
    "transfer",
    "request",
    "net",
    "upload",
    "socket-options",
    "multi",
];

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
pub struct Plugin(Arc<Loaded>);

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Plugin").field(&self.0.name).finish()
    }
}

struct Loaded {
    name: String,
    digest: String,
    size: u64,
    exported: Vec<Callback>,
    exports: Vec<String>,
    imports: Vec<String>,
    indices: Indices,
    pre: InstancePre<State>,
}

impl Plugin {
    /// Loads a file: a component, or its text form.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub(crate) fn open(engine: &Engine, path: &Path, limits: &Limits) -> Result<Plugin, LoadError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let name = escape(&name);
        let read = |error| LoadError::Read {
            plugin: escape(&path.to_string_lossy()),
            error,
        };
        let file = File::open(path).map_err(read)?;
        check_size(&name, file.metadata().map_err(read)?.len(), limits)?;
        // A pipe or a device has no size: one byte more than is allowed is enough to know.
        let most = limits.get(Limit::ComponentSize).saturating_add(1);
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).map_err(read)?;
        Plugin::load(engine, &name, &bytes, limits)
    }

    /// Loads a component, or its text form, from memory; `name` is what messages call it.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub(crate) fn load(engine: &Engine, name: &str, bytes: &[u8], limits: &Limits) -> Result<Plugin, LoadError> {
        let refused = |what: String| LoadError::Refused {
            plugin: name.to_owned(),
            what,
        };
        check_size(name, bytes.len() as u64, limits)?;
        let binary = component_bytes(bytes).map_err(refused)?;
        check_weight(&binary, limits).map_err(refused)?;
        // Compiling runs on threads of its own, which panic where the machine gives none.
        let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Component::from_binary(&engine.engine, &binary)
        }));
        let compiled = compiled.map_err(|_| refused("the machine refused what compiling it needs".to_owned()))?;
        let component =
            compiled.map_err(|error| refused(format!("it is not a valid component: {}", one_line(&error))))?;
        let ty = component.component_type();
        let exports: Vec<String> = ty.exports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        let imports: Vec<String> = ty.imports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        let exported = known_exports(&exports).map_err(refused)?;
        known_imports(&imports).map_err(refused)?;
        let pre = engine
            .linker
            .instantiate_pre(&component)
            .map_err(|error| refused(one_line(&error)))?;
        let indices = Indices::find(&pre, &exported).map_err(|error| refused(one_line(&error)))?;
        let digest = format!("sha256:{:x}", Sha256::digest(bytes));
        let loaded = Loaded {
            name: name.to_owned(),
            digest,
            size: bytes.len() as u64,
            exported,
            exports,
            imports,
            indices,
            pre,
        };
        let plugin = Plugin(Arc::new(loaded));
        plugin.try_once(engine, limits)?;
        Ok(plugin)
    }

    /// What messages and outcomes call it: the file's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// `sha256:` and the digest of the file.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// The callbacks that it decides.
    pub fn callbacks(&self) -> &[Callback] {
        &self.0.exported
    }

    /// All that it exports, by WIT name.
    pub fn exports(&self) -> &[String] {
        &self.0.exports
    }

    /// All that it imports, by WIT name.
    pub fn imports(&self) -> &[String] {
        &self.0.imports
    }

    pub(super) fn pre(&self) -> &InstancePre<State> {
        &self.0.pre
    }

    pub(super) fn indices(&self) -> &Indices {
        &self.0.indices
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
        };
        Guest::new(engine, self, environment).map(drop).map_err(trial)
    }
}

/// What it would take, before anything is made of it.
fn check_weight(binary: &[u8], limits: &Limits) -> Result<(), String> {
    let weight = weigh(binary)?;
    let instances = limits.get(Limit::Instances);
    if weight.instances > instances {
        return Err(format!(
            "it makes {} core instances, more than the {instances} of --limit instances",
            weight.instances
        ));
    }
    let memory = limits.get(Limit::Memory);
    if weight.bytes > memory {
        return Err(format!(
            "its globals and functions take about {} bytes, more than the {memory} of --memory",
            weight.bytes
        ));
    }
    Ok(())
}

fn check_size(name: &str, size: u64, limits: &Limits) -> Result<(), LoadError> {
    let limit = limits.get(Limit::ComponentSize);
    if size <= limit {
        return Ok(());
    }
    let what = format!("it has {size} bytes, more than the {limit} of --limit component-size");
    Err(LoadError::Refused {
        plugin: name.to_owned(),
        what,
    })
}

/// The component's binary form, from itself or from text.
fn component_bytes(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let binary = match bytes {
        [] => return Err("it is empty".to_owned()),
        [0, b'a', b's', b'm', ..] => bytes.to_vec(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) if text.trim_start().starts_with(['(', ';']) && text.len() > TEXT => {
                return Err(format!(
                    "its text has {} bytes, more than the {TEXT} that a text may have: make a .wasm of it",
                    text.len()
                ));
            }
            Ok(text) if text.trim_start().starts_with(['(', ';']) => wat::parse_str(text).map_err(|error| {
                format!(
                    "its text is not valid: {}",
                    error.to_string().lines().next().map(shown).unwrap_or_default()
                )
            })?,
            _ => return Err("it is not WebAssembly".to_owned()),
        },
    };
    // Four bytes after the magic: a version, and the layer that tells a core module (0) from a component (1).
    match binary.get(4..8) {
        Some([_, _, 0, 0]) => Err(
            "it is a core module, not a component: build it for wasm32-wasip2, or `transferhost componentize` it"
                .to_owned(),
        ),
        Some(_) => Ok(binary),
        None => Err("it is cut short".to_owned()),
    }
}

fn known_exports(exports: &[String]) -> Result<Vec<Callback>, String> {
    let mut known = Vec::new();
    for export in exports.iter().filter(|export| export.starts_with("transferhost:")) {
        let callback = interface(export).and_then(Callback::from_name);
        known.push(callback.ok_or_else(|| unknown("exports", export, &Callback::EXPORTED.map(Callback::name)))?);
    }
    if known.is_empty() {
        return Err(format!(
            "it exports no callback of transferhost:callbacks@{WIT_VERSION}, so it would decide nothing; `transferhost wit` shows them"
        ));
    }
    known.sort();
    // Two versions of one callback: only one of them would be called.
    match known.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("it exports {} in more than one version", pair[0])),
        None => Ok(known),
    }
}

fn known_imports(imports: &[String]) -> Result<(), String> {
    match imports
        .iter()
        .filter(|import| import.starts_with("transferhost:"))
        .find(|import| !interface(import).is_some_and(|name| IMPORTS.contains(&name)))
    {
        Some(import) => Err(unknown("imports", import, &IMPORTS)),
        None => Ok(()),
    }
}

/// The interface's name, where the package is ours and its version one that this host speaks: any 0.1.x.
fn interface(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    let patch = version.strip_prefix("0.1.")?;
    patch.parse::<u32>().is_ok().then_some(interface)
}

fn unknown(verb: &str, name: &str, known: &[&str]) -> String {
    let meant = name
        .strip_prefix(PACKAGE)
        .map(|rest| rest.split_once('@').map_or(rest, |(interface, _)| interface))
        .filter(|interface| !known.contains(interface))
        .and_then(|interface| suggest::nearest(interface, known.iter().copied()))
        .map(|near| format!("; did you mean `{near}`?"));
    format!(
        "it {verb} {}, which this host, speaking transferhost:callbacks@{WIT_VERSION}, does not know{}",
        shown(name),
        meant.unwrap_or_default()
    )
}

fn one_line(error: &wasmtime::Error) -> String {
    one_line_text(&format!("{error:#}"))
}

/// wasmtime's and wat's texts point at places over several lines.
fn one_line_text(text: &str) -> String {
    shown(
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .as_str(),
    )
}

fn shown(text: &str) -> String {
    escape(cut(text, WORDS))
}
