//! The body: what the operator's guest makes of it is what the tenant's is given.

use std::time::Duration;

use transferhost::{Callback, Limit, TransferSpec};
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::pair::{get, host, load, operator, run, run_on, settings};
use crate::puppet::Puppet;

/// 1000 bytes, which come in one chunk.
fn origin() -> Origin {
    http::serve(|_| Response::ok("x".repeat(1000))).unwrap()
}

/// Answers so in `write`.
fn writes(body: &str) -> Puppet {
    Puppet::new(&[("write", body)])
}

const DELIVER: &str = "(call $ok)";
/// The word "no".
const REPLACE: &str = "(call $bytes (i32.const 1) (i32.const 1024) (i32.const 2))";
/// Pauses at each chunk once.
const PAUSE_FIRST: &str = "(if (result i32) (i32.and (call $next) (i32.const 1))
    (then (call $case (i32.const 3) (i32.const 1))) (else (call $ok)))";

#[test]
fn the_tenants_is_given_what_the_operators_made_of_it() {
    let origin = origin();
    let tenant = writes(DELIVER);
    let by = |body: &str| {
        let first = writes(body);
        run(Some(tenant.path()), get(&origin.url("/"), operator(first.path(), &[])))
    };
    by(DELIVER)
        .delivered(&"x".repeat(1000))
        .called(&["operator: write(1000 bytes) -> deliver", "write(1000 bytes) -> deliver"]);
    let ended = by(REPLACE).delivered("no").called(&[
        "operator: write(1000 bytes) -> replace with 2 bytes",
        "write(2 bytes) -> deliver",
    ]);
    assert_eq!(
        (ended.outcome.bytes.received, ended.outcome.bytes.delivered),
        (1000, 2),
        "{ended}"
    );
    // What is dropped is nobody's affair.
    by("(call $bytes (i32.const 1) (i32.const 1024) (i32.const 0))")
        .delivered("")
        .called(&["operator: write(1000 bytes) -> replace with 0 bytes"]);
    // No chunk is longer than one of libcurl's.
    let ended = by("(call $bytes (i32.const 1) (i32.const 80000) (i32.const 40000))").called(&[
        "operator: write(1000 bytes) -> replace with 40000 bytes",
        "write(16384 bytes) -> deliver",
        "write(16384 bytes) -> deliver",
        "write(7232 bytes) -> deliver",
    ]);
    assert_eq!(ended.body.len(), 40_000, "{ended}");
}

#[test]
fn the_operators_stands_alone_too() {
    let (origin, first) = (origin(), writes(REPLACE));
    let ended = run(None, get(&origin.url("/"), operator(first.path(), &[]))).delivered("no");
    assert!(ended.outcome.guest.is_none(), "{ended}");
    let report = ended.outcome.operator.as_ref().unwrap();
    assert_eq!((report.plugin.as_str(), report.calls["write"].count), ("puppet.wat", 1));
}

#[test]
fn what_the_operators_held_back_goes_through_the_tenants() {
    let origin = http::serve(|_| Response::ok("the body")).unwrap();
    let first = Puppet::new(&[
        ("write", "(call $bytes (i32.const 1) (i32.const 1024) (i32.const 0))"),
        (
            "write-end",
            "(i32.store (i32.const 20) (i32.const 1024)) (i32.store (i32.const 24) (i32.const 2)) (i32.const 16)",
        ),
    ]);
    let (url, tenant) = (origin.url("/"), guest("redactor"));
    let with = |word: &str| TransferSpec {
        config: settings(&[("word", word)]),
        ..get(&url, operator(first.path(), &[]))
    };
    let ended = run(Some(&tenant), with("no")).delivered("[redacted]");
    assert_eq!(
        ended.calls_of("write-end").len() + ended.calls_of("write").len(),
        4,
        "{ended}"
    );
    // The tenant's is told of the end when it has it all.
    let last: Vec<&str> = ended.calls.iter().rev().take(3).rev().map(String::as_str).collect();
    assert!(last[0].starts_with("operator: write-end() -> 2 bytes"), "{ended}");
    assert!(last[1].starts_with("write(2 bytes)"), "{ended}");
    assert!(last[2].starts_with("write-end()"), "{ended}");
    run(Some(&tenant), with("other")).delivered("no");
}

#[test]
fn the_operators_finish_is_final() {
    let (origin, first) = (origin(), writes("(call $case (i32.const 2) (i32.const 3))"));
    for (tenant, calls) in [
        (
            Puppet::new(&[("write", DELIVER), ("write-end", "(unreachable)")]),
            &["write(3 bytes) -> deliver"][..],
        ),
        // The bytes wait for it, and nothing comes after them.
        (
            writes(PAUSE_FIRST),
            &["write(3 bytes) -> pause 1 ms", "write(3 bytes) -> deliver"],
        ),
    ] {
        let all = [&["operator: write(1000 bytes) -> finish after 3 bytes"], calls].concat();
        let ended = run(Some(tenant.path()), get(&origin.url("/"), operator(first.path(), &[])));
        let ended = ended.delivered("xxx").called(&all);
        assert_eq!(ended.outcome.bytes.received, 1000, "{ended}");
    }
}

#[test]
fn a_finish_beyond_the_chunk_is_its_own() {
    let (origin, first) = (origin(), writes("(call $case (i32.const 2) (i32.const 1001))"));
    let ended = run(Some(&guest("pass")), get(&origin.url("/"), operator(first.path(), &[])));
    let ended = ended.aborted(23, "write", "bad-return", "puppet.wat");
    assert_eq!(ended.of_tenant(), 0, "{ended}");
}

#[test]
fn while_the_operators_pauses_the_tenants_hears_nothing() {
    let (origin, first, tenant) = (origin(), writes(PAUSE_FIRST), writes(DELIVER));
    run(Some(tenant.path()), get(&origin.url("/"), operator(first.path(), &[])))
        .delivered(&"x".repeat(1000))
        .called(&[
            "operator: write(1000 bytes) -> pause 1 ms",
            "operator: write(1000 bytes) -> deliver",
            "write(1000 bytes) -> deliver",
        ]);
}

#[test]
fn what_the_tenants_pauses_at_the_operators_is_not_asked_about_again() {
    let tenant = writes(PAUSE_FIRST);
    // Of the last chunk libcurl has nothing more to say.
    let (origin, first) = (origin(), writes(REPLACE));
    let ended = run(Some(tenant.path()), get(&origin.url("/"), operator(first.path(), &[])))
        .delivered("no")
        .called(&[
            "operator: write(1000 bytes) -> replace with 2 bytes",
            "write(2 bytes) -> pause 1 ms",
            "write(2 bytes) -> deliver",
        ]);
    assert_eq!(ended.outcome.bytes.received, 1000, "{ended}");
    assert!(ended.outcome.seconds.paused > 0.0, "{ended}");
    // And of many, none is lost, comes twice or overtakes another.
    let body: String = (0..30_000).map(|n| format!("{n} ")).collect();
    let long = http::serve({
        let body = body.clone();
        move |_| Response::ok(body.clone()).chunked(5000).trailer("X-End", "yes")
    })
    .unwrap();
    let first = Puppet::new(&[("write", DELIVER), ("write-end", "(i32.const 0)")]);
    let spec = get(&long.url("/"), operator(first.path(), &[]));
    let ended = run(Some(tenant.path()), spec).delivered(&body);
    let (of_operator, of_tenant): (Vec<_>, Vec<_>) = ended
        .calls_of("write")
        .into_iter()
        .partition(|call| call.starts_with("operator"));
    assert!(of_operator.iter().all(|call| call.ends_with("deliver")), "{ended}");
    assert!(of_tenant.len() >= of_operator.len() && of_operator.len() > 5, "{ended}");
    assert_eq!(ended.outcome.bytes.received, body.len() as u64, "{ended}");
}

#[test]
fn a_pause_at_what_the_operators_held_back_ends_too() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let tail = "(i32.store (i32.const 20) (i32.const 1024)) (i32.store (i32.const 24) (i32.const 2)) (i32.const 16)";
    let (first, tenant) = (Puppet::new(&[("write-end", tail)]), writes(PAUSE_FIRST));
    run(Some(tenant.path()), get(&origin.url("/"), operator(first.path(), &[])))
        .delivered("no")
        .called(&[
            "operator: write-end() -> 2 bytes",
            "write(2 bytes) -> pause 1 ms",
            "write(2 bytes) -> deliver",
        ]);
    // One without end meets the budget, and is the tenant's doing.
    let small = host(|limits| limits.set(Limit::PauseBudget, 20));
    let tenant = hostile("pause-for-ever");
    let mut first = operator(first.path(), &[]);
    first.plugin = small.load(Puppet::new(&[("write-end", tail)]).path()).unwrap();
    let ended = run_on(&small, Some(&tenant), get(&origin.url("/"), first));
    ended.aborted(28, "write", "pause-budget", "pause_for_ever.wasm");
    let mut first = operator(&tenant, &[]);
    first.plugin = small.load(&tenant).unwrap();
    let full = self::origin();
    let ended = run_on(&small, Some(&guest("pass")), get(&full.url("/"), first));
    let ended = ended.aborted(28, "write", "pause-budget", "pause_for_ever.wasm");
    assert_eq!(ended.of_tenant(), 0, "{ended}");
    // So does the time of the whole transfer, which libcurl keeps no more.
    let first = operator(Puppet::new(&[("write-end", tail)]).path(), &[]);
    let spec = TransferSpec {
        max_time: Some(Duration::from_millis(300)),
        ..get(&origin.url("/"), first)
    };
    let ended = run(Some(&tenant), spec);
    let ended = ended.aborted(28, "write", "pause-budget", "pause_for_ever.wasm");
    assert!(ended.outcome.message.contains("300 ms; raise with -m"), "{ended}");
}

#[test]
fn a_finish_of_the_tenants_does_not_spare_the_operators_gate() {
    let origin = origin();
    let digest = "cd5a2d5a7b7f4d9b4f3ff5d2c4bfb4ca3ef4f9c16c3e4bd2bd1ee8fd4a0a2a11";
    let (gate, tenant) = (guest("sha256-gate"), guest("first-bytes"));
    let with = |first| TransferSpec {
        config: settings(&[("bytes", "10")]),
        ..get(&origin.url("/"), first)
    };
    let ended = run(Some(&tenant), with(operator(&gate, &[("sha256", digest)])));
    let ended = ended.aborted(23, "write-end", "guest-abort", "sha256_gate.wasm");
    // Its own words have the right one.
    let words = ended.outcome.abort.as_ref().unwrap().reason.clone().unwrap();
    let right = words
        .split(|c: char| !c.is_ascii_hexdigit())
        .find(|word| word.len() == 64 && *word != digest)
        .unwrap_or_else(|| panic!("no digest in {words}"));
    let ended = run(Some(&tenant), with(operator(&gate, &[("sha256", right)])));
    let ended = ended.delivered(&"x".repeat(10));
    // It has seen enough, and is told of the end alone.
    let of_tenant: Vec<_> = ended
        .calls
        .iter()
        .filter(|call| !call.starts_with("operator"))
        .collect();
    assert_eq!(of_tenant.len(), 3, "{ended}");
    assert_eq!(ended.prints, ["10 bytes, then stopped"]);
    // Where nothing waits for the end, it ends at once: the origin never does.
    let endless = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\n\r\n0123456789abc")?;
        connection.wait_for_close()
    })
    .unwrap();
    let spec = TransferSpec {
        url: endless.url("/"),
        ..with(operator(&guest("pass"), &[]))
    };
    run(Some(&tenant), spec).delivered("0123456789");
}

#[test]
fn without_and_unset_are_about_the_tenants() {
    let (origin, first, tenant) = (origin(), writes(REPLACE), writes("(unreachable)"));
    let spec = TransferSpec {
        without: vec![Callback::Write],
        ..get(&origin.url("/"), operator(first.path(), &[]))
    };
    run(Some(tenant.path()), spec)
        .delivered("no")
        .called(&["operator: write(1000 bytes) -> replace with 2 bytes"]);
    let spec = get(&origin.url("/"), operator(first.path(), &[]));
    let body = transferhost::MemorySink::new(1 << 20);
    let tenant = load(tenant.path());
    let transfer =
        transferhost::Transfer::new(&crate::pair::HOST, Some(&tenant), spec, Box::new(body.clone())).unwrap();
    transfer.unset(Callback::Write);
    let outcome = transfer.run();
    assert_eq!(
        (outcome.code.number(), body.take()),
        (0, b"no".to_vec()),
        "{}",
        outcome.message
    );
}
