//! So many transfers at once that all wait for a slow origin: do all end well, and what memory does each take?

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use transferhost::{Sink, Workers};

use super::{Measured, host, job, number, plugin, tenants, variable};

/// Counts the transfers whose first byte has come.
struct Counts {
    begun: Arc<AtomicUsize>,
    first: bool,
}

impl Sink for Counts {
    fn deliver(&mut self, _: &[u8]) -> io::Result<()> {
        if !std::mem::replace(&mut self.first, true) {
            self.begun.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// `COUNT` transfers of `TENANTS` tenants.
pub(super) fn measure() -> Measured {
    let (count, owners) = (number("COUNT", 1_000), number("TENANTS", 100));
    let url = variable("URL").ok_or("URL is missing")?;
    // A socket each, and what wakes a multi handle.
    raise_descriptors(count as u64 + owners as u64 * 8 + 500)?;
    let host = host(count)?;
    let tenants = tenants(&host, owners, count.div_ceil(owners))?;
    let plugin = tenants.first().map(plugin).transpose()?.flatten();
    let workers = Workers::start(number("WORKERS", 2))?;
    let before = resident()?;
    let begun = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut submitted = Vec::new();
    for (n, tenant) in (0..count).zip(tenants.iter().cycle()) {
        let sink = Counts {
            begun: Arc::clone(&begun),
            first: false,
        };
        submitted.push((n, workers.submit(job(tenant, plugin.as_ref(), &url, Box::new(sink)))?));
    }
    // None ends before all have begun, where the origin is slow enough: what the outcomes say is checked below.
    let mut held = 0;
    while begun.load(Ordering::Relaxed) < count && start.elapsed() < Duration::from_secs(60) {
        held = held.max(resident()?);
        std::thread::sleep(Duration::from_millis(20));
    }
    let all_begun = start.elapsed();
    held = held.max(resident()?);
    let mut causes: BTreeMap<String, usize> = BTreeMap::new();
    let mut shortest = f64::INFINITY;
    for (_, submitted) in submitted {
        let outcome = submitted.wait();
        shortest = shortest.min(outcome.seconds.queued + outcome.seconds.total);
        *causes
            .entry(format!("{} {}", outcome.code, outcome.message))
            .or_default() += 1;
    }
    // All were under way at once where the first to end ended after the last had begun.
    let at_once = begun.load(Ordering::Relaxed) == count && shortest > all_begun.as_secs_f64();
    workers.finish(None);
    Ok(json!({
        "count": count, "tenants": owners, "at_once": at_once, "ended": causes,
        "shortest_seconds": shortest, "begun_seconds": all_begun.as_secs_f64(), "seconds": start.elapsed().as_secs_f64(),
        "resident_before": before, "resident": held, "resident_each": (held - before) / count,
    }))
}

fn resident() -> Result<usize, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = text.split_whitespace().nth(1).ok_or("statm")?.parse()?;
    Ok(pages * 4096)
}

/// Raises the limit of open descriptors as far as the system lets this process.
fn raise_descriptors(needed: u64) -> Result<(), Box<dyn std::error::Error>> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let maximum = limit.maximum.map(|maximum| maximum.max(needed));
        let raised = Rlimit {
            current: Some(needed),
            maximum,
        };
        setrlimit(Resource::Nofile, raised)
            .map_err(|error| format!("{needed} descriptors are needed and not allowed ({error}): raise ulimit -n"))?;
    }
    Ok(())
}
