//! Loading, of whatever bytes: it ends, within its limits, in a plugin that says what it is or in one sentence.

use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};

use crate::callback::Callback;
use crate::cause::Cause;
use crate::guest::{Engine, LoadError, Plugin, PluginFile};
use crate::limits::{Limit, Limits};
use crate::loader::Failure;

/// The longest sentence: names out of the file are cut.
const SENTENCE: usize = 8 << 10;

/// An engine for all inputs; nothing is kept of what it compiles.
pub(crate) fn engine() -> Result<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Engine::new(crate::loader::Loader::in_process()).ok());
    engine.as_ref().context("the machine refuses what wasmtime needs")
}

/// Loads these bytes.
///
/// # Errors
/// What the plugin says of itself that cannot be, or what is wrong with the error's sentence.
pub fn load(data: &[u8]) -> Result<()> {
    let mut limits = Limits::tenant();
    limits.set(Limit::ComponentSize, 64 << 10);
    limits.set(Limit::InstantiateFuel, 100_000);
    limits.set(Limit::Memory, 1 << 20);
    let file = PluginFile::new("fuzz.wasm".to_owned(), data.to_vec());
    match Plugin::load(engine()?, &file, &limits, None) {
        Ok(plugin) => {
            ensure!(
                plugin.name() == "fuzz.wasm" && plugin.size() == data.len() as u64,
                "another file"
            );
            let digest = plugin.digest().strip_prefix("sha256:").unwrap_or_default();
            ensure!(
                digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "no digest: {digest}"
            );
            let callbacks = plugin.callbacks();
            ensure!(
                !callbacks.is_empty() && callbacks.is_sorted_by(|a, b| a < b),
                "callbacks: {callbacks:?}"
            );
            let ours = plugin.exports().iter().filter(|name| name.starts_with("transferhost:"));
            ensure!(
                ours.count() == callbacks.len(),
                "an export is no callback: {:?}",
                plugin.exports()
            );
            let named = |callback: &Callback| {
                let start = format!("transferhost:callbacks/{callback}@0.1.");
                plugin.exports().iter().any(|name| name.starts_with(&start))
            };
            ensure!(callbacks.iter().all(named), "a callback is no export: {callbacks:?}");
        }
        Err(error) => {
            let text = error.to_string();
            ensure!(text.starts_with("fuzz.wasm: "), "no file is named: {text}");
            ensure!(!text.chars().any(char::is_control), "more than a line: {text:?}");
            ensure!(text.len() <= SENTENCE, "a sentence of {} bytes", text.len());
        }
    }
    Ok(())
}

/// The sentences about a plugin that is not loaded, each with its cause; what is wrong with a file itself is not among them.
pub fn loading_messages() -> Vec<(Cause, String)> {
    let limited = [
        Limit::LoadMemory,
        Limit::LoadProcessorTime,
        Limit::LoadTime,
        Limit::LoadCode,
    ]
    .map(|limit| Failure::Limit {
        limit,
        value: limit.row().tenant,
        used: None,
    });
    let others = [
        Failure::Killed,
        Failure::Lost,
        Failure::Silent,
        Failure::Crashed("signal 11".to_owned()),
        Failure::System("Resource temporarily unavailable (os error 11)".to_owned()),
    ];
    let all = limited.into_iter().chain(others);
    all.map(|failure| match LoadError::of_loading("plugin.wasm", failure) {
        LoadError::Loading {
            cause, what, plugin, ..
        } => (cause, format!("{plugin}: {what}")),
        other => (Cause::System, other.to_string()),
    })
    .collect()
}
