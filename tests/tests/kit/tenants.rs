//! Tenants for tests of other things than quotas.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use transferhost::{Host, Policy, PolicyKind, Quota, Quotas, Tenant};

static TENANTS: LazyLock<Mutex<HashMap<String, Tenant>>> = LazyLock::new(Mutex::default);

/// Quotas that no test reaches by chance.
pub(crate) fn quotas() -> Quotas {
    let mut quotas = Quotas::default();
    for quota in [
        Quota::Transfers,
        Quota::Queue,
        Quota::Requests,
        Quota::DestinationConnections,
        Quota::DestinationRequests,
    ] {
        quotas.set(quota, 100_000);
    }
    for quota in [Quota::Bytes, Quota::Decoded, Quota::Memory] {
        quotas.set(quota, 1 << 40);
    }
    quotas.set(Quota::GuestTime, 1_000_000);
    quotas
}

/// The tenant of this name, under the policy `curl`; the same one each time, of the host that it was first asked of.
pub(crate) fn lavish(host: &Host, name: &str) -> Tenant {
    let mut tenants = TENANTS.lock().unwrap();
    let made = || Tenant::new(host, name, Policy::new(PolicyKind::Curl).unwrap(), quotas()).unwrap();
    tenants.entry(name.to_owned()).or_insert_with(made).clone()
}
