//! The operator's own plugin, which stands before each tenant's.

use anyhow::anyhow;

use super::folder::{self, Folder};
use crate::host::Host;
use crate::tenant::policy_file::PolicyFile;
use crate::tenant::{Quotas, Tenant};
use crate::transfer::Operator;

/// Loads it, where the file names one; without it nothing begins.
pub(super) fn load(host: &Host, file: &PolicyFile, plugins: &Folder) -> anyhow::Result<Option<Operator>> {
    let Some(keys) = &file.operator else {
        return Ok(None);
    };
    let mut policy = file.defaults.policy.clone();
    *policy.limits_mut() = keys.limits.clone();
    let path = folder::beneath(&keys.plugin.to_string_lossy());
    let path = path.map_err(|why| anyhow!("operator.plugin: {why}"))?;
    let opened = plugins.read(&path).map_err(|why| anyhow!("operator.plugin: {why}"))?;
    let plugin = Tenant::new(host, "operator", policy, Quotas::default())?.load_opened(&path, opened)?;
    Ok(Some(Operator {
        plugin,
        limits: keys.limits.clone(),
        config: keys.set.clone(),
    }))
}
