use transferhost::{Job, MemorySink, Outcome, Plugin, SubmitError, Tenant, TransferSpec, Workers};

/// Fetches all of them at once and waits for them, in a thread that may block.
pub fn fetch_all(
    workers: &Workers,
    tenant: &Tenant,
    plugin: &Plugin,
    urls: &[String],
) -> Result<Vec<(Outcome, Vec<u8>)>, SubmitError> {
    let mut submitted = Vec::new();
    for url in urls {
        let body = MemorySink::new(1 << 20);
        let job = Job {
            tenant: tenant.clone(),
            plugin: Some(plugin.clone()),
            spec: TransferSpec { url: url.clone(), ..TransferSpec::default() },
            sink: Box::new(body.clone()),
        };
        submitted.push((workers.submit(job)?, body));
    }
    let ended = submitted.into_iter().map(|(submitted, body)| (submitted.wait(), body.take()));
    Ok(ended.collect())
}
