//! Header lines, and the redirect at their end.

use transferhost::TransferSpec;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::pair::{Ended, get, operator, run};
use crate::puppet::Puppet;

/// Answers with a status line, one header and the blank line, and no body.
fn origin() -> Origin {
    Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n")
    })
    .unwrap()
}

const DELIVER: &str = "(call $ok)";
const DROP: &str = "(call $case (i32.const 2) (i32.const 0))";
/// Two lines, `a` and `b`.
const TWO_LINES: &str = "(i32.store (i32.const 2048) (i32.const 0x0a620a61))
    (call $bytes (i32.const 1) (i32.const 2048) (i32.const 4))";
/// Pauses at each line once.
const PAUSE_FIRST: &str = "(if (result i32) (i32.and (call $next) (i32.const 1))
    (then (call $case (i32.const 3) (i32.const 1))) (else (call $ok)))";

fn heads(of_operator: &str, of_tenant: &str) -> Ended {
    let (origin, first) = (origin(), Puppet::new(&[("header", of_operator)]));
    let tenant = Puppet::new(&[("header", of_tenant)]);
    let spec = TransferSpec {
        show_headers: true,
        ..get(&origin.url("/"), operator(first.path(), &[]))
    };
    run(Some(tenant.path()), spec)
}

#[test]
fn the_tenants_hears_what_the_operators_lets_be_shown() {
    heads(DELIVER, DELIVER)
        .delivered("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n")
        .called(&[
            r#"operator: header("HTTP/1.1 204 No Content") -> deliver"#,
            r#"header("HTTP/1.1 204 No Content") -> deliver"#,
            r#"operator: header("X: y") -> deliver"#,
            r#"header("X: y") -> deliver"#,
            r#"operator: header("") -> deliver"#,
            r#"header("") -> deliver"#,
        ]);
    // Line by line, and of what the tenant's drops nothing is shown.
    let ended = heads(TWO_LINES, DELIVER).delivered("a\nb\na\nb\na\nb\n");
    let of_tenant: Vec<_> = ended
        .calls
        .iter()
        .filter(|call| !call.starts_with("operator"))
        .collect();
    let lines = [r#"header("a") -> deliver"#, r#"header("b") -> deliver"#];
    let end = [r#"header("") -> deliver"#];
    assert_eq!(of_tenant, [&lines[..], &lines, &lines, &end].concat(), "{ended}");
    heads(TWO_LINES, DROP).delivered("");
    heads(DELIVER, DROP).delivered("");
}

#[test]
fn both_hear_where_a_head_ends() {
    for of_tenant in [DELIVER, TWO_LINES] {
        let ended = heads(DROP, of_tenant).delivered("");
        let calls = ended.calls_of("header");
        assert_eq!(calls.len(), 4, "{ended}");
        assert!(calls[3].starts_with(r#"header("") -> "#), "{ended}");
    }
}

#[test]
fn a_line_that_the_tenants_pauses_at_is_the_operators_once() {
    let shown = "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n";
    let ended = heads(DELIVER, PAUSE_FIRST).delivered(shown);
    assert_eq!(ended.calls.len(), 3 + 6, "{ended}");
    let ended = heads(TWO_LINES, PAUSE_FIRST).delivered("a\nb\na\nb\na\nb\n");
    assert_eq!(ended.calls.len(), 3 + 6 * 2 + 2, "{ended}");
    // While the operator's pauses, the tenant's hears nothing.
    let ended = heads(PAUSE_FIRST, DELIVER).delivered(shown);
    assert_eq!(ended.calls.len(), 6 + 3, "{ended}");
    let ended = heads(PAUSE_FIRST, PAUSE_FIRST).delivered(shown);
    assert_eq!(ended.calls.len(), 6 + 6, "{ended}");
}

#[test]
fn a_redirect_is_followed_where_both_follow() {
    const FINISH: &str = "(call $case (i32.const 1) (i32.const 0))";
    let origin = http::serve(|request| match request.path() {
        "/" => Response::redirect(302, "/there"),
        _ => Response::ok("body"),
    })
    .unwrap();
    let ask = |of_operator: &str, of_tenant: &str| {
        let (first, tenant) = ([("redirect", of_operator)], [("redirect", of_tenant)]);
        let (first, tenant) = (Puppet::new(&first), Puppet::new(&tenant));
        let spec = TransferSpec {
            follow: true,
            ..get(&origin.url("/"), operator(first.path(), &[]))
        };
        run(Some(tenant.path()), spec)
    };
    let ended = ask(DELIVER, DELIVER).delivered("body");
    assert_eq!(ended.calls.len(), 2, "{ended}");
    let ended = ask(DELIVER, FINISH).delivered("");
    assert_eq!((ended.outcome.status, ended.calls.len()), (302, 2), "{ended}");
    let ended = ask(FINISH, DELIVER).delivered("");
    assert_eq!((ended.outcome.status, ended.calls.len()), (302, 1), "{ended}");
    ask("(call $no)", DELIVER).aborted(42, "redirect", "guest-abort", "puppet.wat");
}
