//! A load, cold and warm: in this process, and in processes of its own. Prints its times in seconds as JSON.
//!
//! `scripts/bench-loads` runs it: PLUGIN is the plugin's file, TRANSFERHOST the helper, CACHE a folder, ROUNDS how often.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use transferhost::{CacheDirectory, Host, Loader, Policy, PolicyKind};

fn main() -> Result<(), Box<dyn Error>> {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let Some(plugin) = path("PLUGIN") else {
        // As `cargo bench` runs it, without what it measures.
        return Ok(());
    };
    let (Some(helper), Some(cache)) = (path("TRANSFERHOST"), path("CACHE")) else {
        return Err("TRANSFERHOST and CACHE are not set".into());
    };
    let rounds: usize = std::env::var("ROUNDS")?.parse()?;
    let apart = host(Loader::start(&helper)?)?;
    let warm = host(Loader::start(&helper)?.with_cache(CacheDirectory::open(&cache)?))?;
    let (mut own_times, mut apart_times, mut warm_times) = (Vec::new(), Vec::new(), Vec::new());
    warm.load(&plugin)?;
    for _ in 0..rounds {
        own_times.push(load(&host(Loader::in_process())?, &plugin)?);
        apart_times.push(load(&apart, &plugin)?);
        warm_times.push(load(&warm, &plugin)?);
    }
    println!("{{\"own\": {own_times:?}, \"apart\": {apart_times:?}, \"warm\": {warm_times:?}}}");
    Ok(())
}

fn host(loader: Loader) -> Result<Host, Box<dyn Error>> {
    Ok(Host::new(Policy::new(PolicyKind::Curl)?, loader)?)
}

/// The seconds of a load. Nobody has the plugin afterwards, so that the next one is made anew.
fn load(host: &Host, plugin: &Path) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    let loaded = host.load(plugin)?;
    let seconds = begun.elapsed().as_secs_f64();
    drop(loaded);
    Ok(seconds)
}
