use std::error::Error;
use std::path::Path;

use transferhost::{CacheDirectory, Host, Loader, Plugin, Policy, PolicyKind, Quota, Quotas, Tenant, Workers};

/// Four threads, and a host whose guests are made in microseconds.
pub fn start(helper: &Path, cache: &Path) -> Result<(Host, Workers), Box<dyn Error>> {
    let loader = Loader::start(helper)?.with_cache(CacheDirectory::open(cache)?);
    let host = Host::pooled(Policy::new(PolicyKind::Tenant)?, loader, 200)?;
    Ok((host, Workers::start(4)?))
}

/// A tenant, and its plugin. Compiling blocks, for seconds where the plugin is large.
pub fn tenant(host: &Host, name: &str, policy: Policy, plugin: &Path) -> Result<(Tenant, Plugin), Box<dyn Error>> {
    let mut quotas = Quotas::default();
    quotas.set(Quota::Transfers, 20);
    quotas.set_text("bytes", "8MiB")?;
    let tenant = Tenant::new(host, name, policy, quotas)?;
    let plugin = tenant.load(plugin)?;
    Ok((tenant, plugin))
}
