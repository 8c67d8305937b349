//! A tenant: whose transfers they are, what they may do and what they may use.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::ledger::{Ledger, PluginSlot};
use super::policy::Policy;
use super::quota::{Quota, Quotas};
use crate::guest::{LoadError, Plugin, PluginFile};
use crate::host::Host;

/// An owner of transfers. Cheap to clone: all clones are one tenant, and two that were made apart are two, whatever their
/// names.
#[derive(Clone)]
pub struct Tenant(Arc<Account>);

struct Account {
    name: String,
    host: Host,
    ledger: Arc<Ledger>,
    /// The plugins that it has, by the digest of their files.
    plugins: Mutex<HashMap<String, Weak<PluginSlot>>>,
}

/// What a tenant holds now, of those of its quotas that are given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Bytes of its guests and of what waits in libcurl and the host for its transfers; 0 where none of them runs.
    pub memory: u64,
    /// Plugins that are loaded.
    pub plugins: u64,
}

/// A tenant that cannot be. One sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TenantError(String);

impl std::fmt::Debug for Tenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tenant").field(&self.0.name).finish()
    }
}

impl Tenant {
    /// A tenant of this host, with a policy of its own, whose limits each of its transfers has, and with quotas, which all of
    /// them have together.
    ///
    /// # Errors
    /// Where the host's guests come out of a pool, and the policy allows a guest more than the pool was made for.
    pub fn new(host: &Host, name: &str, policy: Policy, quotas: Quotas) -> Result<Tenant, TenantError> {
        host.engine()
            .fits(&policy.limits)
            .map_err(|why| TenantError(format!("tenant {}: {why}", crate::escape::quote(name))))?;
        Ok(Tenant(Arc::new(Account {
            name: name.to_owned(),
            host: host.under(policy),
            ledger: Arc::new(Ledger::new(quotas)),
            plugins: Mutex::default(),
        })))
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its policy.
    pub fn policy(&self) -> &Arc<Policy> {
        self.0.host.policy()
    }

    /// Its quotas.
    pub fn quotas(&self) -> &Quotas {
        self.0.ledger.quotas()
    }

    /// What it holds now. Other threads may change it meanwhile.
    pub fn usage(&self) -> Usage {
        self.0.ledger.usage()
    }

    /// Loads a plugin's file under the policy's limits, as one of this tenant's. It counts as long as a clone of it is
    /// there; the same bytes count once. Compiling blocks this thread, for seconds where the plugin is large: call it from
    /// one of your own.
    ///
    /// # Errors
    /// See [`LoadError`]; and where the tenant has as many plugins as its quota allows.
    pub fn load(&self, path: &Path) -> Result<Plugin, LoadError> {
        self.load_file(PluginFile::read(path, &self.policy().limits)?)
    }

    /// As [`Tenant::load`], of a file that is open already, by this path.
    ///
    /// # Errors
    /// As [`Tenant::load`].
    pub fn load_opened(&self, path: &Path, file: File) -> Result<Plugin, LoadError> {
        self.load_file(PluginFile::opened(path, file, &self.policy().limits)?)
    }

    fn load_file(&self, file: PluginFile) -> Result<Plugin, LoadError> {
        let limits = &self.policy().limits;
        let slot = self.slot(file.digest()).ok_or_else(|| LoadError::Quota {
            plugin: file.name().to_owned(),
            most: self.quotas().get(Quota::Plugins),
        })?;
        Plugin::load(self.0.host.engine(), &file, limits, Some(slot))
    }

    fn slot(&self, digest: &str) -> Option<Arc<PluginSlot>> {
        let mut plugins = self.0.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = plugins.get(digest).and_then(Weak::upgrade) {
            return Some(slot);
        }
        plugins.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::new(self.0.ledger.plugin_slot()?);
        plugins.insert(digest.to_owned(), Arc::downgrade(&slot));
        Some(slot)
    }

    /// The host, under this tenant's policy.
    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    /// What tells it from all others that are.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}
