//! What is told of transfers through the `metrics` and `tracing` facades: nothing, where nobody has installed a recorder or a
//! subscriber.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{SharedString, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use tracing::Span;

use super::tenant_queue::TenantQueue;
use crate::tenant::Tenant;
use crate::transfer::outcome::Outcome;

/// A metric's row in the table.
#[derive(Debug)]
pub struct Metric {
    /// Its name, as Prometheus has it.
    pub name: &'static str,
    /// How it behaves.
    pub kind: MetricKind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it counts.
    pub what: &'static str,
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It is what it is now, looked at once a second.
    Gauge,
    /// Each value is recorded.
    Histogram,
}

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $what:literal)*) => {
        $(const $constant: &str = $name;)*

        /// Every metric that [`Workers`](super::Workers) tells the recorder of the `metrics` facade, where one is installed.
        pub static METRICS: &[Metric] = &[$(Metric {
            name: $name, kind: MetricKind::$kind, labels: &[$($label),*], what: $what,
        }),*];
    };
}

metrics! {
    TRANSFERS: Counter "transferhost_transfers_total" ["tenant", "code", "cause"]
        "transfers that ended, by the name of their CURLcode and, where one was aborted, the cause"
    REFUSED: Counter "transferhost_refused_total" ["tenant"]
        "transfers that were not taken, since the tenant's queue was full"
    CALLS: Counter "transferhost_calls_total" ["tenant", "callback"]
        "calls of guests, the operator's among them"
    FUEL: Counter "transferhost_fuel_total" ["tenant", "callback"]
        "fuel that guests burned in calls"
    GUEST_TIME: Counter "transferhost_guest_microseconds_total" ["tenant", "callback"]
        "microseconds that guests ran in calls"
    BYTES: Counter "transferhost_bytes_total" ["tenant", "kind"]
        "bytes of bodies: received (after decoding), delivered (to sinks), uploaded"
    DURATION: Histogram "transferhost_transfer_seconds" ["tenant"]
        "seconds that a transfer took, from its beginning"
    QUEUED: Histogram "transferhost_queued_seconds" ["tenant"]
        "seconds that a transfer waited for its turn"
    RUNNING: Gauge "transferhost_running" ["tenant"]
        "transfers that run"
    WAITING: Gauge "transferhost_waiting" ["tenant"]
        "transfers that wait for their turn"
    MEMORY: Gauge "transferhost_memory_bytes" ["tenant"]
        "bytes of guests and of what waits in libcurl and the host"
    DEBT: Gauge "transferhost_debt_seconds" ["tenant"]
        "seconds for which the tenant has to rest for what was used"
    LOW_PRIORITY: Gauge "transferhost_low_priority" ["tenant"]
        "1 where the tenant keeps overrunning and its transfers begin on the low-priority thread"
    GUESTS: Gauge "transferhost_guests" []
        "guests that live in the process: the slots in use, where they come out of a pool"
}

/// Says what each metric is, to a recorder that is installed already.
pub(super) fn describe() {
    for metric in METRICS {
        let unit = if metric.name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        };
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, unit, metric.what),
            MetricKind::Gauge => describe_gauge!(metric.name, unit, metric.what),
            MetricKind::Histogram => describe_histogram!(metric.name, unit, metric.what),
        }
    }
}

/// The span of a transfer, from its submission to its end; what is not known yet is recorded then.
pub(super) fn span(tenant: &Tenant, url: &str, plugin: Option<&str>) -> Span {
    tracing::info_span!(
        "transfer",
        tenant = tenant.name(),
        // What stands before an @ may be a password.
        url = crate::transfer::message::public_url(url).as_deref(),
        plugin,
        code = tracing::field::Empty,
        cause = tracing::field::Empty,
        status = tracing::field::Empty,
    )
}

/// A phase of a transfer: its span lasts as long as it does.
pub(super) fn phase(of: &Span, phase: &'static str) -> Span {
    tracing::info_span!(parent: of, "phase", phase)
}

/// So many tenants have a label of their own. A recorder keeps some KiB for each, and strangers may make names up.
const LABELS: usize = 1_000;
/// The label of the others.
const OTHERS: &str = "(others)";

/// The value of the label `tenant`: its name, for the tenants that are told of first.
fn label(tenant: &Tenant) -> SharedString {
    static TOLD: Mutex<BTreeSet<Arc<str>>> = Mutex::new(BTreeSet::new());
    let name = tenant.name();
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = told.get(name) {
        return Arc::clone(known).into();
    }
    if told.len() >= LABELS {
        return OTHERS.into();
    }
    let known: Arc<str> = name.into();
    told.insert(Arc::clone(&known));
    known.into()
}

/// A transfer was not taken.
pub(super) fn refused(tenant: &Tenant) {
    counter!(REFUSED, "tenant" => label(tenant)).increment(1);
}

/// A transfer has ended.
pub(super) fn ended(tenant: &Tenant, span: &Span, outcome: &Outcome) {
    let cause = outcome.abort.as_ref().map_or("", |abort| abort.cause.name());
    span.record("code", outcome.name)
        .record("cause", cause)
        .record("status", outcome.status);
    let seconds = &outcome.seconds;
    tracing::info!(
        parent: span,
        queued = seconds.queued,
        name_lookup = seconds.name_lookup,
        connect = seconds.connect,
        tls = seconds.tls,
        first_byte = seconds.first_byte,
        total = seconds.total,
        message = outcome.message,
    );
    let label = label(tenant);
    let tenant = || label.clone();
    counter!(TRANSFERS, "tenant" => tenant(), "code" => outcome.name, "cause" => cause).increment(1);
    histogram!(DURATION, "tenant" => tenant()).record(seconds.total);
    histogram!(QUEUED, "tenant" => tenant()).record(seconds.queued);
    for (kind, bytes) in [
        ("received", outcome.bytes.received),
        ("delivered", outcome.bytes.delivered),
        ("uploaded", outcome.bytes.uploaded),
    ] {
        counter!(BYTES, "tenant" => tenant(), "kind" => kind).increment(bytes);
    }
    // The operator's guest is a part of what the tenant's transfer takes.
    let guests = outcome.guest.iter().chain(&outcome.operator);
    for (callback, calls) in guests.flat_map(|guest| &guest.calls) {
        let labels = [("tenant", tenant()), ("callback", (*callback).into())];
        counter!(CALLS, &labels).increment(calls.count);
        counter!(FUEL, &labels).increment(calls.fuel);
        counter!(GUEST_TIME, &labels).increment((calls.seconds * 1e6) as u64);
    }
}

/// How a tenant stands now.
pub(super) fn stands(tenant_queue: &TenantQueue) {
    let label = label(&tenant_queue.tenant);
    let tenant = || label.clone();
    let ledger = tenant_queue.tenant.ledger();
    let (running, waiting) = tenant_queue.counts();
    gauge!(RUNNING, "tenant" => tenant()).set(running as f64);
    gauge!(WAITING, "tenant" => tenant()).set(waiting as f64);
    gauge!(MEMORY, "tenant" => tenant()).set(ledger.usage().memory as f64);
    gauge!(LOW_PRIORITY, "tenant" => tenant()).set(f64::from(u8::from(ledger.overruns())));
    gauge!(DEBT, "tenant" => tenant()).set(ledger.rest().unwrap_or_default().as_secs_f64());
}

/// How many guests live in the process.
pub(super) fn guests() {
    gauge!(GUESTS).set(crate::guest::alive() as f64);
}
