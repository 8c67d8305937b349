//! What is told of transfers: every metric of the table in the documentation, and no other.

use std::collections::BTreeSet;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use transferhost::{
    Host, Job, METRICS, MemorySink, Metric, MetricKind, Policy, PolicyKind, Quota, Quotas, Tenant, TransferSpec,
    Workers,
};
use transferhost_tests::command::loader;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::table::{Section, Table, code};

#[test]
fn the_documentation_has_every_metric() {
    let mut table = Table::new(["metric", "kind", "labels", "what"]);
    for Metric {
        name,
        kind,
        labels,
        what,
    } in METRICS
    {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let labels: Vec<_> = labels.iter().map(|label| code(label)).collect();
        table.row([code(name), kind.to_owned(), labels.join(", "), (*what).to_owned()]);
    }
    let settled = Section::of("tenants.md", "metrics").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn every_metric_is_told() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let host = Host::new(Policy::new(PolicyKind::Curl).unwrap(), loader()).unwrap();
    let mut quotas = Quotas::default();
    quotas.set(Quota::Transfers, 1);
    quotas.set(Quota::Queue, 1);
    let policy = Policy::new(PolicyKind::Curl).unwrap();
    let tenant = Tenant::new(&host, "measured", policy, quotas).unwrap();
    let plugin = tenant.load(&guest("pass")).unwrap();
    let job = || Job {
        tenant: tenant.clone(),
        plugin: Some(plugin.clone()),
        spec: TransferSpec {
            url: origin.url("/"),
            ..TransferSpec::default()
        },
        sink: Box::new(MemorySink::new(1 << 20)),
    };
    let workers = Workers::start(1).unwrap();
    let mut refused = 0;
    let submitted: Vec<_> = (0..50)
        .filter_map(|_| workers.submit(job()).inspect_err(|_| refused += 1).ok())
        .collect();
    let taken = submitted.len();
    for submitted in submitted {
        assert_eq!(submitted.wait().code.number(), 0);
    }
    // How it stands is looked at once a second.
    std::thread::sleep(Duration::from_millis(1_200));
    workers.finish(None);

    let told = snapshotter.snapshot().into_vec();
    let names: BTreeSet<_> = told.iter().map(|(key, ..)| key.key().name().to_owned()).collect();
    assert_eq!(names, METRICS.iter().map(|metric| metric.name.to_owned()).collect());
    for (key, _, _, value) in &told {
        let row = METRICS.iter().find(|metric| metric.name == key.key().name()).unwrap();
        let labels: Vec<_> = key.key().labels().map(metrics::Label::key).collect();
        assert_eq!(labels, row.labels, "{}", row.name);
        let kind = match value {
            DebugValue::Counter(_) => MetricKind::Counter,
            DebugValue::Gauge(_) => MetricKind::Gauge,
            DebugValue::Histogram(_) => MetricKind::Histogram,
        };
        assert_eq!(kind, row.kind, "{}", row.name);
        let count = match (row.name, value) {
            ("transferhost_transfers_total", DebugValue::Counter(count)) => Some((*count, taken)),
            ("transferhost_refused_total", DebugValue::Counter(count)) => Some((*count, refused)),
            ("transferhost_queued_seconds", DebugValue::Histogram(times)) => Some((times.len() as u64, taken)),
            _ => None,
        };
        if let Some((count, expected)) = count {
            assert_eq!(count, expected as u64, "{}", row.name);
        }
        if let (
            "transferhost_running" | "transferhost_waiting" | "transferhost_memory_bytes",
            DebugValue::Gauge(left),
        ) = (row.name, value)
        {
            assert_eq!(left.into_inner(), 0.0, "{}", row.name);
        }
    }
}
