//! What is told of transfers through the `metrics` and `tracing` facades: nothing, where nobody has installed a recorder or a
//! subscriber.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use tracing::Span;

use super::seat::Seat;
use crate::tenant::Tenant;
use crate::transfer::outcome::Outcome;

const TRANSFERS: &str = "transferhost_transfers_total";
const CALLS: &str = "transferhost_calls_total";
const FUEL: &str = "transferhost_fuel_total";
const GUEST_TIME: &str = "transferhost_guest_microseconds_total";
const BYTES: &str = "transferhost_bytes_total";
const DURATION: &str = "transferhost_transfer_seconds";
const QUEUED: &str = "transferhost_queued_seconds";
const RUNNING: &str = "transferhost_running";
const WAITING: &str = "transferhost_waiting";
const MEMORY: &str = "transferhost_memory_bytes";
const DEBT: &str = "transferhost_debt_seconds";
const REFUSED: &str = "transferhost_refused_total";
const GUESTS: &str = "transferhost_guests";

/// Says what each metric is, to a recorder that is installed already.
pub(super) fn describe() {
    describe_counter!(
        TRANSFERS,
        "Transfers that ended, by their CURLcode and, where one was aborted, the cause."
    );
    describe_counter!(CALLS, "Calls of guests, by callback.");
    describe_counter!(FUEL, "Fuel that guests burned in calls, by callback.");
    describe_counter!(
        GUEST_TIME,
        Unit::Microseconds,
        "Time that guests ran in calls, by callback."
    );
    describe_counter!(
        BYTES,
        Unit::Bytes,
        "Bytes of bodies: received after decoding, delivered to sinks, uploaded."
    );
    describe_histogram!(DURATION, Unit::Seconds, "How long a transfer took, from its beginning.");
    describe_histogram!(QUEUED, Unit::Seconds, "How long a transfer waited for its turn.");
    describe_gauge!(RUNNING, "Transfers that run.");
    describe_gauge!(WAITING, "Transfers that wait for their turn.");
    describe_gauge!(
        MEMORY,
        Unit::Bytes,
        "Memory of guests and of what waits in libcurl and the host."
    );
    describe_gauge!(
        DEBT,
        Unit::Seconds,
        "How long the tenant has to rest for what was used."
    );
    describe_counter!(
        REFUSED,
        "Transfers that were not taken, since the tenant's queue was full."
    );
    describe_gauge!(
        GUESTS,
        "Guests that live: the slots in use, where they come out of a pool."
    );
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
    tracing::info_span!(parent: of, "phase", name = phase)
}

/// A transfer was not taken.
pub(super) fn refused(tenant: &Tenant) {
    counter!(REFUSED, "tenant" => tenant.name().to_owned()).increment(1);
}

/// A transfer has ended.
pub(super) fn ended(tenant: &Tenant, span: &Span, outcome: &Outcome) {
    let name = tenant.name();
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
    let tenant = || name.to_owned();
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
    for (callback, calls) in outcome.guest.iter().flat_map(|guest| &guest.calls) {
        let labels = [("tenant", tenant()), ("callback", (*callback).to_owned())];
        counter!(CALLS, &labels).increment(calls.count);
        counter!(FUEL, &labels).increment(calls.fuel);
        counter!(GUEST_TIME, &labels).increment((calls.seconds * 1e6) as u64);
    }
}

/// How a tenant stands now.
pub(super) fn stands(seat: &Seat) {
    let tenant = || seat.tenant.name().to_owned();
    let ledger = seat.tenant.ledger();
    let (running, waiting) = seat.counts();
    gauge!(RUNNING, "tenant" => tenant()).set(running as f64);
    gauge!(WAITING, "tenant" => tenant()).set(waiting as f64);
    gauge!(MEMORY, "tenant" => tenant()).set(ledger.memory() as f64);
    gauge!(DEBT, "tenant" => tenant()).set(ledger.rest().unwrap_or_default().as_secs_f64());
}

/// How many guests live in the process.
pub(super) fn guests() {
    gauge!(GUESTS).set(crate::guest::alive() as f64);
}
