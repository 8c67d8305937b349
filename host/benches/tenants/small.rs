//! Small bodies, one after another, so many at a time: how many a second?

use std::collections::VecDeque;
use std::time::Instant;

use serde_json::json;
use transferhost::Workers;

use super::{Measured, Nowhere, cpu, host, job, number, plugin, tenants, variable};

/// `COUNT` transfers, `AT_ONCE` at a time, of `TENANTS` tenants, on `WORKERS` threads.
pub(super) fn measure() -> Measured {
    let (count, at_once) = (number("COUNT", 20_000), number("AT_ONCE", 100));
    let owners = number("TENANTS", 10);
    let url = variable("URL").ok_or("URL is missing")?;
    let host = host(at_once * 2)?;
    let tenants = tenants(&host, owners, at_once.div_ceil(owners) * 2)?;
    let plugin = tenants.first().map(plugin).transpose()?.flatten();
    let workers = Workers::start(number("WORKERS", 1))?;
    let (start, before) = (Instant::now(), cpu());
    let mut running = VecDeque::new();
    let (mut failed, mut calls) = (0, 0);
    let mut owners = tenants.iter().cycle();
    for n in 0..count + at_once {
        if n >= at_once
            && let Some(submitted) = running.pop_front()
        {
            let submitted: transferhost::PendingTransfer = submitted;
            let outcome = submitted.wait();
            if outcome.code.number() != 0 {
                failed += 1;
                // One that is rare should be known all the same.
                eprintln!("{} {}", outcome.code, outcome.message);
            }
            calls += outcome
                .guest
                .map_or(0, |guest| guest.calls.values().map(|calls| calls.count).sum());
        }
        if n < count
            && let Some(tenant) = owners.next()
        {
            running.push_back(workers.submit(job(tenant, plugin.as_ref(), &url, Box::new(Nowhere)))?);
        }
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu() - before);
    workers.finish(None);
    Ok(json!({
        "count": count, "failed": failed, "calls": calls, "seconds": seconds, "cpu": cpu.as_secs_f64(),
        "a_second": count as f64 / seconds,
    }))
}
