//! Addresses and sockets: the operator's guest judges what is dialled in the end.

use std::net::SocketAddr;

use transferhost::{Job, MemorySink, TransferSpec, Workers};
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;

use crate::pair::{Ended, HOST, get, operator, run, settings};
use crate::policy_file::PolicyFile;
use crate::written::Written;

fn origin(body: &'static str) -> Origin {
    http::serve(move |_| Response::ok(body)).unwrap()
}

fn to(address: SocketAddr) -> [(&'static str, String); 1] {
    [("to", address.to_string())]
}

/// Leads every connection there, on behalf of the operator.
fn leading(address: SocketAddr) -> transferhost::Operator {
    let [(key, value)] = to(address);
    operator(&hostile("connect-elsewhere"), &[(key, &value)])
}

/// A tenant that leads every connection there, behind this operator.
fn led(to_whom: SocketAddr, url: &str, first: transferhost::Operator) -> Ended {
    let [(key, value)] = to(to_whom);
    let spec = TransferSpec {
        config: settings(&[(key, &value)]),
        ..get(url, first)
    };
    run(Some(&hostile("connect-elsewhere")), spec)
}

#[test]
fn what_the_operators_denies_the_tenants_is_not_asked() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let elsewhere = Origin::forbidden(Listen::default()).unwrap();
    let guard = || operator(&guest("ssrf-guard"), &[]);
    let ended = led(elsewhere.address(), &origin.url("/"), guard());
    let ended = ended.aborted(7, "opensocket", "refused", "ssrf_guard.wasm");
    assert_eq!(ended.of_tenant(), 0, "{ended}");
    let address = origin.address();
    assert!(
        ended
            .outcome
            .message
            .starts_with(&format!("opensocket: ssrf_guard.wasm denied {address}: ")),
        "{ended}"
    );
    assert_eq!((origin.accepted(), elsewhere.accepted()), (0, 0));
}

#[test]
fn the_tenants_sees_where_the_operators_leads_it() {
    let (origin, elsewhere) = (Origin::forbidden(Listen::default()).unwrap(), origin("elsewhere"));
    let address = elsewhere.address();
    let asked = format!("operator: opensocket({}) -> connect to {address}", origin.address());
    run(Some(&guest("socket-tracer")), get(&origin.url("/"), leading(address))).delivered("elsewhere");
    let ended = run(Some(&guest("ssrf-guard")), get(&origin.url("/"), leading(address)));
    let ended = ended.aborted(7, "opensocket", "refused", "ssrf_guard.wasm");
    assert_eq!(ended.calls[0], asked, "{ended}");
    assert!(
        ended.calls[1].starts_with(&format!("opensocket({address}) -> deny ")),
        "{ended}"
    );
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn the_tenants_cannot_lead_past_the_operators() {
    let (asked, elsewhere) = (origin("asked"), Origin::forbidden(Listen::default()).unwrap());
    let there = elsewhere.address();
    // It denies the other port alone.
    let guard = Written::opensocket(
        &format!(
            "(if (result i32) (i32.eq (local.get $port) (i32.const {})) (then (i32.const 64)) (else (i32.const 0)))",
            there.port()
        ),
        b"",
    );
    let guarded = || operator(&guard.path, &[]);
    let ended = led(there, &asked.url("/"), guarded());
    let ended = ended.aborted(7, "opensocket", "refused", "plugin.wat");
    assert_eq!(
        ended.calls,
        [
            format!("operator: opensocket({}) -> allow", asked.address()),
            format!("opensocket({}) -> connect to {there}", asked.address()),
            format!("operator: opensocket({there}) -> deny \"no\""),
        ]
    );
    assert_eq!((asked.accepted(), elsewhere.accepted()), (0, 0));
    // What it allows, the tenant's may.
    let other = origin("other");
    led(other.address(), &asked.url("/"), guarded()).delivered("other");
    // What has been judged is not judged again.
    let ended = led(asked.address(), &asked.url("/"), guarded()).delivered("asked");
    assert_eq!(ended.calls.len(), 2, "{ended}");
}

#[test]
fn the_operators_has_the_last_word() {
    let (asked, wished) = (
        Origin::forbidden(Listen::default()).unwrap(),
        Origin::forbidden(Listen::default()).unwrap(),
    );
    let gateway = origin("gateway");
    let ended = led(wished.address(), &asked.url("/"), leading(gateway.address())).delivered("gateway");
    assert_eq!(ended.calls.len(), 3, "{ended}");
    assert_eq!((asked.accepted(), wished.accepted()), (0, 0));
    // To where it would have gone without the operator's it does not come either.
    led(asked.address(), &asked.url("/"), leading(gateway.address())).delivered("gateway");
    assert_eq!(asked.accepted(), 0);
}

#[test]
fn the_policy_judges_what_the_operators_puts_in_its_place() {
    let (asked, elsewhere) = (origin("asked"), origin("elsewhere"));
    let run = |ports: &[u16], to: &Origin| {
        let policy = PolicyFile::open(ports, &["127.0.0.0/8"]);
        let ended = Transferhost::run()
            .args(policy.words())
            .args(["--outcome", "-", "--operator"])
            .arg(hostile("connect-elsewhere"))
            .args(["--operator-set", &format!("to={}", to.address()), "--no-plugin", "-sS"])
            .arg(asked.url("/"))
            .end();
        let told = outcome::of(&ended);
        let (code, cause) = outcome::end(&told);
        (code, cause.map(str::to_owned), ended.text())
    };
    let (port, other) = (asked.address().port(), elsewhere.address().port());
    assert_eq!(run(&[port], &elsewhere), (7, Some("policy".to_owned()), String::new()));
    assert_eq!(elsewhere.accepted(), 0);
    assert_eq!(run(&[port, other], &elsewhere), (0, None, "elsewhere".to_owned()));
}

#[test]
fn a_socket_that_the_operators_refuses_is_refused() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let first = operator(&hostile("refuse-sockopt"), &[("answer", "error")]);
    let ended = run(Some(&guest("socket-tuner")), get(&origin.url("/"), first));
    let ended = ended.aborted(42, "sockopt", "refused", "refuse_sockopt.wasm");
    assert_eq!(ended.of_tenant(), 0, "{ended}");
}

#[test]
fn both_are_told_of_a_sockets_life() {
    let (origin, tracer) = (origin("body"), guest("socket-tracer"));
    let ended = run(Some(&tracer), get(&origin.url("/"), operator(&tracer, &[]))).delivered("body");
    let (first, second): (Vec<_>, Vec<_>) = ended.prints.iter().partition(|line| line.starts_with("operator: "));
    let first: Vec<_> = first.iter().map(|line| line.replace("operator: ", "")).collect();
    assert!(!first.is_empty() && second.into_iter().eq(&first), "{ended}");
    // Each time the operator's first.
    for pair in ended.calls.chunks(2) {
        assert_eq!(pair[0], format!("operator: {}", pair[1]), "{ended}");
    }
}

#[test]
fn a_connection_that_the_operators_decides_is_no_others() {
    // Decides addresses, and lets all through.
    let allows = Written::opensocket("(i32.const 0)", b"");
    for (first, connections) in [
        (guest("pass"), 1),
        (allows.path.clone(), 2),
        (guest("socket-tracer"), 2),
    ] {
        let origin = origin("body");
        let workers = Workers::start(1).unwrap();
        for _ in 0..2 {
            let job = Job {
                tenant: crate::tenants::lavish(&HOST, "one"),
                plugin: None,
                spec: get(&origin.url("/"), operator(&first, &[])),
                sink: Box::new(MemorySink::new(100)),
            };
            let outcome = workers.submit(job).unwrap().wait();
            assert_eq!(outcome.code.number(), 0, "{}: {}", first.display(), outcome.message);
            // Only in a multi handle of its own is there somebody to be told of its timer.
            let is_told = outcome.operator.unwrap().calls.contains_key("timer");
            assert_eq!(is_told, first == guest("socket-tracer"), "{}", first.display());
        }
        workers.finish(None);
        assert_eq!(origin.accepted(), connections, "{}", first.display());
    }
}
