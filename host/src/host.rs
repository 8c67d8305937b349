//! A host: an engine and a policy, from which transfers are made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::guest::{Engine, EngineError, LoadError, Plugin, PluginFile};
use crate::tenant::policy::Policy;

/// What transfers run in: wasmtime's engine, and a policy. There is no default policy: whoever embeds this names one. Cheap
/// to clone, and shared by all threads.
#[derive(Clone)]
pub struct Host {
    engine: Engine,
    policy: Arc<Policy>,
}

impl Host {
    /// A host under this policy. Compiled code is kept in `cache`, a directory that nobody else may write to, since what lies
    /// there is run; `None` keeps none.
    ///
    /// # Errors
    /// Where the machine refuses what wasmtime needs.
    pub fn new(policy: Policy, cache: Option<PathBuf>) -> Result<Host, EngineError> {
        Ok(Host {
            engine: Engine::new(cache)?,
            policy: Arc::new(policy),
        })
    }

    /// As [`Host::new`], with at most so many guests alive at once, whose memory is set aside now: a fresh one then takes
    /// microseconds. Where all are in use a transfer ends with the cause `system`. It is for services; the policy's
    /// limits are each guest's, and cannot be raised for one of them.
    ///
    /// # Errors
    /// As [`Host::new`], and where so many guests take more memory maps than a process may have.
    pub fn pooled(policy: Policy, cache: Option<PathBuf>, guests: u32) -> Result<Host, EngineError> {
        Ok(Host {
            engine: Engine::pooled(cache, guests, &policy.limits)?,
            policy: Arc::new(policy),
        })
    }

    /// Loads a plugin's file under the policy's limits: reads it, compiles it, and makes one guest on trial. It blocks this
    /// thread, for seconds where the plugin is large and nothing is in the cache.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, path: &Path) -> Result<Plugin, LoadError> {
        let limits = &self.policy.limits;
        Plugin::load(&self.engine, &PluginFile::read(path, limits)?, limits, None)
    }

    /// The policy.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The same engine, and what it has compiled, under another policy.
    pub(crate) fn under(&self, policy: Policy) -> Host {
        Host {
            engine: self.engine.clone(),
            policy: Arc::new(policy),
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}
