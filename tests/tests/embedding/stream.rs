use transferhost::{ChannelSink, Job, Outcome, Plugin, SubmitError, Tenant, TransferSpec, Workers};

/// Hands the body on in pieces, at the pace at which they are taken; the transfer pauses meanwhile.
pub async fn stream(
    workers: &Workers,
    tenant: &Tenant,
    plugin: &Plugin,
    url: &str,
    mut taken: impl AsyncFnMut(&[u8]),
) -> Result<Outcome, SubmitError> {
    let (sink, mut body) = ChannelSink::new(4);
    let submitted = workers.submit(Job {
        tenant: tenant.clone(),
        plugin: Some(plugin.clone()),
        spec: TransferSpec { url: url.to_owned(), ..TransferSpec::default() },
        sink: Box::new(sink),
    })?;
    while let Some(piece) = body.next().await {
        taken(&piece).await;
    }
    Ok(submitted.await)
}
