//! The request's headers, the end, and what each guest has for itself.

use transferhost::{Limit, Limits, TransferSpec};
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::pair::{get, host, limits, operator, run, run_on, settings};

fn origin() -> Origin {
    http::serve(|_| Response::ok("body")).unwrap()
}

#[test]
fn what_the_operators_sets_and_removes_stays_so() {
    let (origin, editor) = (origin(), guest("header-editor"));
    let edited = |of_operator: &[(&str, &str)], of_tenant: &[(&str, &str)]| {
        let spec = TransferSpec {
            config: settings(of_tenant),
            user_agent: Some("libcurl's".to_owned()),
            headers: vec![transferhost::Header::set("X-Caller", "his").unwrap()],
            ..get(&origin.url("/"), operator(&editor, of_operator))
        };
        run(Some(&editor), spec).delivered("body");
        let request = origin.requests().pop().unwrap();
        ["X-Guard", "User-Agent", "X-Own", "X-Caller"].map(|name| request.header(name).map(str::to_owned))
    };
    let is = |values: [Option<&str>; 4]| values.map(|value| value.map(str::to_owned));
    let guard = [("set.X-Guard", "yes"), ("remove", "User-Agent")];
    let own = ("set.X-Own", "mine");
    assert_eq!(
        edited(&guard, &[own]),
        is([Some("yes"), None, Some("mine"), Some("his")])
    );
    for attempt in [
        [own, ("remove", "x-guard")],
        [own, ("set.x-guard", "no")],
        [own, ("set.USER-AGENT", "mine")],
    ] {
        assert_eq!(
            edited(&guard, &attempt),
            is([Some("yes"), None, Some("mine"), Some("his")]),
            "{attempt:?}"
        );
    }
    // Also where it says what was there already; what it does not name is the tenant's.
    let same = [("set.X-Caller", "his")];
    let remove = [own, ("remove", "X-Caller,User-Agent")];
    assert_eq!(edited(&same, &remove), is([None, None, Some("mine"), Some("his")]));
    assert_eq!(
        edited(&[("set.X-Guard", "yes")], &remove),
        is([Some("yes"), None, Some("mine"), None])
    );
}

#[test]
fn both_are_told_of_the_end() {
    let (origin, editor) = (origin(), guest("header-editor"));
    let spec = TransferSpec {
        config: settings(&[("set.A", "b")]),
        ..get(&origin.url("/"), operator(&editor, &[("set.C", "d")]))
    };
    let ended = run(Some(&editor), spec).delivered("body");
    let line = "CURLE_OK: status 200, 4 bytes delivered";
    assert_eq!(ended.prints, [format!("operator: {line}"), line.to_owned()]);
}

#[test]
fn each_has_limits_of_its_own() {
    let (origin, pass) = (origin(), guest("pass"));
    let mut first = operator(&pass, &[]);
    first.limits = limits(Limit::Fuel, 100);
    let ended = run(Some(&guest("redactor")), get(&origin.url("/"), first.clone()));
    let ended = ended.aborted(23, "write", "out-of-fuel", "pass.wasm");
    assert_eq!(ended.calls_of("write").len(), 1, "{ended}");
    let report = |ended: &crate::pair::Ended| {
        let of = |report: &Option<transferhost::GuestReport>| report.as_ref().unwrap().fuel;
        (of(&ended.outcome.operator), of(&ended.outcome.guest))
    };
    // What one burns is not the other's.
    let alone = run(
        Some(&pass),
        TransferSpec {
            operator: None,
            ..get(&origin.url("/"), first.clone())
        },
    );
    first.limits = Limits::curl();
    let ended = run(Some(&pass), get(&origin.url("/"), first)).delivered("body");
    let fuel = alone.outcome.guest.unwrap().fuel;
    assert_eq!(report(&ended), (fuel, fuel), "{ended}");
    // The tenant's are the policy's, whatever the operator's guest may.
    let small = host(|limits| limits.set(Limit::Fuel, 100));
    let mut first = operator(&pass, &[]);
    first.plugin = small.load(&pass).unwrap();
    let ended = run_on(&small, Some(&guest("redactor")), get(&origin.url("/"), first));
    let ended = ended.aborted(42, "start", "out-of-fuel", "redactor.wasm");
    assert_eq!(origin.accepted(), 3, "{ended}");
}

#[test]
fn what_one_may_print_the_other_may_too() {
    let (origin, flood) = (origin(), hostile("print-flood"));
    let mut first = operator(&guest("headers-to-stderr"), &[]);
    first.limits = limits(Limit::Printed, 10_000);
    let ended = run(Some(&flood), get(&origin.url("/"), first.clone()));
    let ended = ended.aborted(23, "write", "printed-too-much", "print_flood.wasm");
    assert!(
        ended.prints[0].starts_with("operator: HTTP/1.1 200"),
        "{}",
        ended.outcome.message
    );
    first.limits = limits(Limit::Printed, 10);
    let ended = run(Some(&guest("pass")), get(&origin.url("/"), first));
    ended.aborted(23, "header", "printed-too-much", "headers_to_stderr.wasm");
}

#[test]
fn one_that_cannot_be_made_is_named() {
    let (origin, pass) = (origin(), guest("pass"));
    let mut first = operator(&guest("redactor"), &[]);
    first.limits = limits(Limit::Memory, 1000);
    let ended = run(Some(&pass), get(&origin.url("/"), first));
    let ended = ended.aborted(2, "", "memory", "redactor.wasm");
    assert!(
        ended
            .outcome
            .message
            .starts_with("redactor.wasm failed when it was instantiated"),
        "{ended}"
    );
    assert_eq!((ended.of_tenant(), origin.accepted()), (0, 0));
}
