//! Many tenants in one process, measured: what `scripts/bench-tenants` runs, one measurement a process. It prints one line of
//! JSON.
//!
//! `BENCH` is `many`, `small` or `noisy`; `URL` is what is fetched, `PLUGIN` what decides, or nothing.

mod many;
mod noisy;
mod small;

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use transferhost::{
    CacheDirectory, Host, Job, Loader, Plugin, Policy, PolicyKind, Quota, Quotas, Sink, Tenant, TransferSpec,
};

type Measured = Result<serde_json::Value, Box<dyn std::error::Error>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let measured = match variable("BENCH").as_deref() {
        Some("many") => many::measure(),
        Some("small") => small::measure(),
        Some("noisy") => noisy::measure(),
        _ => {
            eprintln!("BENCH is many, small or noisy; scripts/bench-tenants runs them all");
            return Ok(());
        }
    }?;
    writeln!(io::stdout(), "{measured}")?;
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &str, default: usize) -> usize {
    variable(name).and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The tenant policy, with its defaults but for the origin on loopback.
fn policy() -> Result<Policy, Box<dyn std::error::Error>> {
    let url = variable("URL").ok_or("URL is missing")?;
    let port = url
        .rsplit(':')
        .next()
        .and_then(|rest| rest.split('/').next())
        .unwrap_or("80");
    let file = std::env::temp_dir().join(format!("transferhost-bench-{}.toml", std::process::id()));
    let text = format!("policy = \"tenant\"\n[network]\nallow = [\"127.0.0.1/32\", \"::1/128\"]\nports = [{port}]\n");
    std::fs::write(&file, text)?;
    let policy = Policy::from_file(&file, Some(PolicyKind::Tenant));
    std::fs::remove_file(&file)?;
    Ok(policy?)
}

/// The engine, with so many guests at once, and compiled code of earlier runs.
fn host(guests: usize) -> Result<Host, Box<dyn std::error::Error>> {
    let mut loader = Loader::in_process();
    if let Some(cache) = variable("CACHE") {
        loader = loader.with_cache(CacheDirectory::open(cache.as_ref())?);
    }
    Ok(Host::pooled(policy()?, loader, u32::try_from(guests)?)?)
}

/// Tenants with the defaults, but for what bounds a benchmark of one origin.
fn tenants(host: &Host, count: usize, transfers: usize) -> Result<Vec<Tenant>, Box<dyn std::error::Error>> {
    let mut quotas = Quotas::default();
    for quota in [Quota::Transfers, Quota::DestinationConnections] {
        quotas.set(quota, transfers as u64);
    }
    for quota in [Quota::Queue, Quota::Requests, Quota::DestinationRequests] {
        quotas.set(quota, 1_000_000);
    }
    let policy = policy()?;
    let made = (0..count).map(|n| Tenant::new(host, &format!("tenant-{n}"), policy.clone(), quotas.clone()));
    Ok(made.collect::<Result<_, _>>()?)
}

fn plugin(tenant: &Tenant) -> Result<Option<Plugin>, Box<dyn std::error::Error>> {
    let path = variable("PLUGIN");
    Ok(path.map(|path| tenant.load(Path::new(&path))).transpose()?)
}

fn job(tenant: &Tenant, plugin: Option<&Plugin>, url: &str, sink: Box<dyn Sink>) -> Job {
    Job {
        tenant: tenant.clone(),
        plugin: plugin.cloned(),
        spec: TransferSpec {
            url: url.to_owned(),
            // What the origin cannot serve is no success.
            fail_on_error: true,
            ..TransferSpec::default()
        },
        sink,
    }
}

/// Takes the body and forgets it.
struct Nowhere;

impl Sink for Nowhere {
    fn deliver(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// User and system time of this process, so far.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    // Linux counts a hundred a second, whatever its own clock.
    Duration::from_millis(ticks * 10)
}
