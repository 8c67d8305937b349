//! A host: an engine and a policy, from which transfers are made.

use std::path::Path;
use std::sync::Arc;

use crate::guest::{Engine, EngineError, LoadError, Plugin, PluginFile};
use crate::loader::Loader;
use crate::tenant::policy::Policy;

/// What transfers run in: wasmtime's engine, and a policy. There is no default policy: whoever embeds this names one. Cheap
/// to clone, and shared by all threads.
#[derive(Clone)]
pub struct Host {
    engine: Engine,
    policy: Arc<Policy>,
}

impl Host {
    /// A host under this policy, whose plugins this loader loads.
    ///
    /// # Errors
    /// Where the machine refuses what wasmtime needs.
    pub fn new(policy: Policy, loader: Loader) -> Result<Host, EngineError> {
        Ok(Host {
            engine: Engine::new(loader)?,
            policy: Arc::new(policy),
        })
    }

    /// As [`Host::new`], with at most so many guests alive at once, whose memory is set aside now: a fresh one then takes
    /// microseconds. Where all are in use a transfer ends with the cause `system`. It is for services; the policy's
    /// limits are each guest's, and cannot be raised for one of them.
    ///
    /// # Errors
    /// As [`Host::new`], and where so many guests take more memory maps than a process may have.
    pub fn pooled(policy: Policy, loader: Loader, guests: u32) -> Result<Host, EngineError> {
        Ok(Host {
            engine: Engine::pooled(loader, guests, &policy.limits)?,
            policy: Arc::new(policy),
        })
    }

    /// Loads a plugin's file under the policy's limits: reads it, has the loader compile it, and makes one guest on trial.
    /// It blocks this thread, for seconds where the plugin is large and nothing is in the cache.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, path: &Path) -> Result<Plugin, LoadError> {
        self.load_file(&PluginFile::read(path, &self.policy.limits)?)
    }

    /// Reads a plugin's file, and starts what loading it will need, for a process that starts nothing later.
    #[cfg(feature = "cli")]
    pub(crate) fn read(path: &Path, policy: &Policy, loader: &Loader) -> Result<PluginFile, LoadError> {
        let file = PluginFile::read(path, &policy.limits)?;
        // Where it cannot be started loading says so.
        let _ = loader.prepare(&crate::guest::Shape::default(), file.digest());
        Ok(file)
    }

    /// As [`Host::load`], of a file that was read.
    pub(crate) fn load_file(&self, file: &PluginFile) -> Result<Plugin, LoadError> {
        Plugin::load(&self.engine, file, &self.policy.limits, None)
    }

    /// Ends the helper that loads plugins; the next plugin starts it again.
    #[cfg(feature = "cli")]
    pub(crate) fn rest(&self) {
        self.engine.rest();
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
