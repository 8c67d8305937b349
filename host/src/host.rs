//! A host: an engine and a policy, from which transfers are made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::guest::{Engine, EngineError, LoadError, Plugin};
use crate::tenant::policy::Policy;

/// What transfers run in: wasmtime's engine, and a policy. There is no default policy: whoever embeds this names one.
#[derive(Clone)]
pub struct Host {
    engine: Engine,
    policy: Arc<Policy>,
}

impl Host {
    /// A host under this policy. Compiled code is kept in `cache`, a directory that nobody else may write to.
    ///
    /// # Errors
    /// Where the machine refuses what wasmtime needs.
    pub fn new(policy: Policy, cache: Option<PathBuf>) -> Result<Host, EngineError> {
        Ok(Host {
            engine: Engine::new(cache)?,
            policy: Arc::new(policy),
        })
    }

    /// Loads a plugin's file under the policy's limits.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, path: &Path) -> Result<Plugin, LoadError> {
        Plugin::open(&self.engine, path, &self.policy.limits)
    }

    /// The policy.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}
