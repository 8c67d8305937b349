//! Connections: a tenant's own serve it again, and those that a plugin has decided about serve nobody.

use transferhost::{Callback, Plugin, TransferSpec, Workers};
use transferhost_tests::guests::guest;
use transferhost_tests::listen::Listen;

use crate::{HOST, fetch, fetch_with, origin, spec, tenant};

#[test]
fn a_connection_serves_its_own_tenant_alone() {
    let origin = origin(Listen::default(), |_| String::new());
    let workers = Workers::start(1).unwrap();
    // Of one name, which makes them no less two.
    let (a, b) = (tenant("a"), tenant("a"));
    let of = [&a, &b, &a, &b, &a].map(|tenant| fetch(&workers, tenant, spec(origin.url("/"))));
    assert_eq!(of, ["0", "1", "0", "1", "0"]);
}

/// Each of the callbacks for which a transfer is alone with its connection.
const ALONE: [Callback; 5] = [
    Callback::Timer,
    Callback::Opensocket,
    Callback::Sockopt,
    Callback::Socket,
    Callback::Closesocket,
];

/// The plugin exports all of them, of which these are left to it.
fn deciding(callbacks: &[Callback], url: String) -> TransferSpec {
    let others = ALONE.into_iter().filter(|callback| !callbacks.contains(callback));
    TransferSpec {
        without: others.collect(),
        ..spec(url)
    }
}

fn tracer() -> Plugin {
    HOST.load(&guest("socket-tracer")).unwrap()
}

#[test]
fn a_connection_that_a_plugin_decided_about_serves_nobody() {
    let tracer = tracer();
    for callback in ALONE {
        let origin = origin(Listen::default(), |_| String::new());
        let workers = Workers::start(1).unwrap();
        let (a, b) = (tenant("a"), tenant("b"));
        let plain = |tenant| fetch(&workers, tenant, spec(origin.url("/")));
        let decided = |tenant| {
            let fetched = fetch_with(&workers, tenant, Some(&tracer), deciding(&[callback], origin.url("/")));
            let calls = &fetched.outcome.guest.as_ref().unwrap().calls;
            assert!(calls.contains_key(callback.name()), "{callback} was not asked");
            fetched.body
        };
        // Neither does it take the one that its tenant has.
        let of = [plain(&a), decided(&a), decided(&a), plain(&a), decided(&b), plain(&b)];
        assert_eq!(of, ["0", "1", "2", "0", "3", "4"], "{callback}");
    }
}

/// The control: where none of them is left to it, the same plugin shares what its tenant has.
#[test]
fn a_plugin_that_decides_about_no_connection_shares() {
    let origin = origin(Listen::default(), |_| String::new());
    let workers = Workers::start(1).unwrap();
    let (a, tracer) = (tenant("a"), tracer());
    let undecided = || fetch_with(&workers, &a, Some(&tracer), deciding(&[], origin.url("/"))).body;
    assert_eq!([undecided(), undecided()], ["0", "0"]);
}
