//! Ten tenants that behave, alone, then beside one whose transfers burn every limit in every callback: what do the ten notice?

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use transferhost::{Handle, Host, Job, Plugin, Quota, Quotas, Tenant, TransferSpec, Workers};

use super::{Measured, Nowhere, host, job, number, policy, tenants, variable};

/// Ten tenants' transfers for `SECONDS`, alone, then beside the noisy one with `NOISE` transfers at a time of the plugins in the
/// folder `HOSTILE`.
pub(super) fn measure() -> Measured {
    let (seconds, noise) = (number("SECONDS", 15), number("NOISE", 100));
    let url = variable("URL").ok_or("URL is missing")?;
    let host = host(20 + noise * 2)?;
    let workers = Arc::new(Workers::start(number("WORKERS", 2))?);
    let good = tenants(&host, 10, 10)?;
    let path = variable("PLUGIN").ok_or("PLUGIN is missing")?;
    let plugin = host.load(Path::new(&path))?;
    let time = Duration::from_secs(seconds as u64);
    let quiet = || run(&workers, &good, &plugin, &url, time);
    // What is made once is made.
    run(&workers, &good, &plugin, &url, Duration::from_secs(2));
    let alone = quiet();
    let noisy = Noise::begin(&host, &workers, &url, noise)?;
    let beside = quiet();
    let (made, kinds) = noisy.end();
    let again = quiet();
    Ok(json!({
        "alone": alone.json(), "beside": beside.json(), "alone_again": again.json(),
        "noisy_transfers": made, "noisy_plugins": kinds,
        "p99_ratio": beside.at(0.99) / alone.at(0.99), "p50_ratio": beside.at(0.5) / alone.at(0.5),
    }))
}

/// Milliseconds that transfers took, in order.
struct Times(Vec<f64>, usize);

impl Times {
    fn at(&self, part: f64) -> f64 {
        let at = ((self.0.len() as f64 * part) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    fn json(&self) -> serde_json::Value {
        json!({ "transfers": self.0.len(), "failed": self.1, "p50": self.at(0.5), "p99": self.at(0.99), "p999": self.at(0.999), "max": self.at(1.0) })
    }
}

/// Each tenant asks, waits for the answer, thinks for 5 ms, and asks again.
fn run(workers: &Arc<Workers>, tenants: &[Tenant], plugin: &Plugin, url: &str, time: Duration) -> Times {
    let until = Instant::now() + time;
    let threads = tenants.iter().map(|tenant| {
        let (workers, tenant, plugin, url) = (Arc::clone(workers), tenant.clone(), plugin.clone(), url.to_owned());
        thread::spawn(move || {
            let (mut times, mut failed) = (Vec::new(), 0);
            while Instant::now() < until {
                let begun = Instant::now();
                let outcome = workers
                    .submit(job(&tenant, Some(&plugin), &url, Box::new(Nowhere)))
                    .map(transferhost::PendingTransfer::wait);
                times.push(begun.elapsed().as_secs_f64() * 1e3);
                failed += usize::from(!outcome.is_ok_and(|outcome| outcome.code.number() == 0));
                thread::sleep(Duration::from_millis(5));
            }
            (times, failed)
        })
    });
    let mut all = Times(Vec::new(), 0);
    for thread in threads.collect::<Vec<_>>() {
        if let Ok((times, failed)) = thread.join() {
            all.0.extend(times);
            all.1 += failed;
        }
    }
    all.0.sort_by(f64::total_cmp);
    all
}

/// The noisy tenant: as soon as one of its transfers has ended there is another.
struct Noise {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    kinds: usize,
    /// The last transfer of each thread.
    running: Arc<Mutex<HashMap<usize, Handle>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Noise {
    fn begin(
        host: &Host,
        workers: &Arc<Workers>,
        url: &str,
        at_once: usize,
    ) -> Result<Noise, Box<dyn std::error::Error>> {
        let mut quotas = Quotas::default();
        quotas.set(Quota::Plugins, 1_000);
        // One origin is all there is.
        for quota in [Quota::DestinationConnections, Quota::DestinationRequests] {
            quotas.set(quota, 1_000_000);
        }
        let tenant = Tenant::new(host, "noisy", policy()?, quotas)?;
        let folder = variable("HOSTILE").ok_or("HOSTILE is missing")?;
        let mut plugins = Vec::new();
        for file in std::fs::read_dir(folder)? {
            let file = file?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let burns = ["loop_", "memory_", "sleep_", "pause_", "print_", "huge_", "random_"];
            if name.ends_with(".wasm") && burns.iter().any(|burns| name.starts_with(burns)) {
                // Some do not even load, which is their end.
                plugins.extend(tenant.load(&file));
            }
        }
        let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let running: Arc<Mutex<HashMap<usize, Handle>>> = Arc::default();
        let threads = (0..at_once).map(|n| {
            let running = Arc::clone(&running);
            let (stop, made, workers, tenant) = (
                Arc::clone(&stop),
                Arc::clone(&made),
                Arc::clone(workers),
                tenant.clone(),
            );
            let (plugins, url) = (plugins.clone(), url.to_owned());
            thread::spawn(move || {
                for plugin in plugins.iter().cycle().skip(n) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let noisy = Job {
                        tenant: tenant.clone(),
                        plugin: Some(plugin.clone()),
                        spec: TransferSpec {
                            url: url.clone(),
                            follow: true,
                            ..TransferSpec::default()
                        },
                        sink: Box::new(Nowhere),
                    };
                    match workers.submit(noisy) {
                        Ok(submitted) => {
                            let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                            running.insert(n, submitted.handle().clone());
                            drop(running);
                            submitted.wait();
                            made.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(_) => thread::sleep(Duration::from_millis(1)),
                    }
                }
            })
        });
        Ok(Noise {
            threads: threads.collect(),
            running,
            kinds: plugins.len(),
            stop,
            made,
        })
    }

    fn end(self) -> (usize, usize) {
        let made = self.made.load(Ordering::Relaxed);
        self.stop.store(true, Ordering::Relaxed);
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .for_each(Handle::cancel);
        for thread in self.threads {
            let _ = thread.join();
        }
        (made, self.kinds)
    }
}
