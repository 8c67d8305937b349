//! What a batch tells whoever watches: metrics for Prometheus, and spans as lines of JSON.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::{ExporterFuture, PrometheusBuilder};
use metrics_util::MetricKindMask;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::escape::escape;

/// Upper bounds of what is counted in seconds: from a name that was known to the longest that a tenant's transfer may take.
const SECONDS: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0];

/// How long a metric is kept that nothing is told of.
const IDLE: Duration = Duration::from_secs(600);

/// What serves the metrics, once it is let.
pub(super) struct Exporter {
    /// The one that its listener was made for.
    runtime: Runtime,
    serves: ExporterFuture,
}

impl Exporter {
    /// Listens, and takes all metrics of the process from now on. Before the process is hardened, which may forbid listening.
    pub(super) fn listen(address: SocketAddr) -> anyhow::Result<Exporter> {
        let why = || format!("--metrics {address}");
        let builder = PrometheusBuilder::new().with_http_listener(address);
        let builder = builder.set_buckets(&SECONDS).with_context(why)?;
        // Tenants come and go.
        let builder = builder.idle_timeout(MetricKindMask::ALL, Some(IDLE));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let (recorder, serves) = builder.build().with_context(why)?;
        drop(entered);
        metrics::set_global_recorder(recorder).map_err(|error| anyhow::anyhow!("{}: {error}", why()))?;
        Ok(Exporter { runtime, serves })
    }

    /// Serves whoever asks, on a thread that gives up what the process has given up.
    pub(super) fn serve(self) -> anyhow::Result<()> {
        let thread = std::thread::Builder::new().name("transferhost-metrics".to_owned());
        let Exporter { runtime, serves } = self;
        thread.spawn(move || runtime.block_on(serves)).context("--metrics")?;
        Ok(())
    }
}

/// Writes each span to this file, as it ends.
pub(super) fn trace(path: &Path) -> anyhow::Result<()> {
    let why = || format!("--trace: {}", escape(&path.to_string_lossy()));
    let file = File::create(path).with_context(why)?;
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(Mutex::new(file))
        .finish();
    tracing::subscriber::set_global_default(subscriber).with_context(why)?;
    Ok(())
}
