//! `opensocket`: addresses of three families, in and out.

use transferhost::TransferSpec;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use crate::inside::{Ready, get, run};
use crate::places::{Localhost, Unix, nobody};
use crate::written::Written;

#[test]
fn an_address_of_each_family_is_told() {
    let tracer = guest("socket-tracer");
    for listen in [Listen::default(), Listen::default().v6()] {
        let origin = http::serve_on(listen, |_| Response::ok("body")).unwrap();
        let ended = run(&tracer, &origin.url("/")).delivered(4);
        let line = format!("connection: stream, protocol 6, {}", origin.address());
        assert_eq!(
            ended.prints().iter().filter(|it| **it == line).count(),
            1,
            "{:#?}",
            ended.log
        );
    }
    let unix = Unix::new();
    let spec = TransferSpec {
        unix_socket: Some(unix.path.clone()),
        ..get("http://localhost/")
    };
    let ended = Ready::new(&tracer, spec, |_| ()).end().delivered(4);
    // Nothing else is dialled, whatever the URL's host.
    let call = format!("opensocket(unix:{}) -> allow", unix.path.display());
    assert_eq!(ended.calls("opensocket"), [call]);
    let line = format!("connection: stream, protocol 0, unix:{}", unix.path.display());
    assert!(ended.prints().contains(&line.as_str()), "{:#?}", ended.log);
}

#[test]
fn flow_information_and_scope_pass_both_ways() {
    let origin = http::serve_on(Listen::default().v6(), |_| Response::ok("body")).unwrap();
    let port = origin.address().port();
    // It traps where it is told anything else.
    let expects = "(if (i32.ne (local.get $length) (i32.const 16)) (then (unreachable)))
        (if (i32.ne (local.get $port) (i32.const PORT)) (then (unreachable)))
        (if (i32.ne (local.get $flow) (i32.const 0)) (then (unreachable)))
        (if (i32.ne (local.get $scope) (i32.const 0)) (then (unreachable)))
        i32.const 0";
    let plugin = Written::opensocket(&expects.replace("PORT", &port.to_string()), b"");
    // libcurl keeps the zone of a URL to itself, and adds it when all have been asked.
    for host in ["[::1]", "[::1%251]"] {
        run(&plugin.path, &origin.url_as(host, "/")).delivered(4);
    }
    let plugin = Written::connect_to_v6(origin.address(), 7, 1);
    let ended = run(&plugin.path, &format!("http://{}/", nobody())).delivered(4);
    assert!(
        ended.calls("opensocket")[0].ends_with(&format!("connect to [::1%1]:{port}")),
        "{:#?}",
        ended.log
    );
}

#[test]
fn a_connection_is_led_to_another_family() {
    let v4 = http::serve(|_| Response::ok("four")).unwrap();
    let v6 = http::serve_on(Listen::default().v6(), |_| Response::ok("in six")).unwrap();
    let elsewhere = |to: &Origin, from: TransferSpec| {
        let config = vec![("to".to_owned(), to.address().to_string())];
        Ready::new(&hostile("connect-elsewhere"), TransferSpec { config, ..from }, |_| ()).end()
    };
    elsewhere(&v6, get(&v4.url("/"))).delivered(6);
    elsewhere(&v4, get(&v6.url("/"))).delivered(4);
    let (first, second) = (Unix::new(), Unix::new());
    let plugin = Written::connect_to_unix(first.path.as_os_str().as_encoded_bytes());
    let ended = run(&plugin.path, &v4.url("/")).delivered(4);
    assert_eq!(ended.calls("opensocket").len(), 1, "{:#?}", ended.log);
    let from_unix = TransferSpec {
        unix_socket: Some(second.path.clone()),
        ..get(&v4.url("/"))
    };
    elsewhere(&v6, from_unix).delivered(6);
    assert_eq!((v4.accepted(), v6.accepted()), (1, 2));
}

#[test]
fn what_is_no_address_is_a_bad_return() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let bad = run(&hostile("bad-address"), &origin.url("/")).aborted(7, "opensocket", "bad-return");
    assert_eq!(bad.calls("opensocket").len(), 1);
    for path in [&b""[..], &[b'x'; 108], b"a\0b"] {
        let plugin = Written::connect_to_unix(path);
        run(&plugin.path, &origin.url("/")).aborted(7, "opensocket", "bad-return");
    }
    // A path as long as there can be is an address, at which nobody listens.
    let plugin = Written::connect_to_unix(&[b'x'; 107]);
    assert_eq!(run(&plugin.path, &origin.url("/")).end(), (7, None));
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn a_denial_is_of_one_address_and_an_abort_of_all() {
    let localhost = Localhost::new();
    let first_only = "(select (i32.const 64) (i32.const 0) (i32.eq (global.get $calls) (i32.const 1)))";
    let plugin = Written::opensocket(first_only, b"");
    let ended = run(&plugin.path, &localhost.url()).delivered(4);
    let [first, second] = localhost.addresses();
    let calls = [
        format!("opensocket({first}) -> deny \"no\""),
        format!("opensocket({second}) -> allow"),
    ];
    assert_eq!(ended.calls("opensocket"), calls);
    assert!(localhost.first_is_untouched());

    let ended =
        run(&Written::opensocket("(i32.const 64)", b"").path, &localhost.url()).aborted(7, "opensocket", "refused");
    assert_eq!(ended.calls("opensocket").len(), 2);
    for (plugin, cause) in [("abort-opensocket", "guest-abort"), ("trap-opensocket", "trap")] {
        let ended = run(&hostile(plugin), &localhost.url()).aborted(7, "opensocket", cause);
        assert_eq!(ended.calls("opensocket").len(), 1, "{plugin}");
    }
    assert!(localhost.first_is_untouched());
    assert_eq!(localhost.origin.accepted(), 1);
}

/// A connection serves the transfer whose plugin was asked about it, and no other.
#[test]
fn no_verdict_serves_another_transfer() {
    let origin = http::serve(|request| match request.path() {
        "/moved" => Response::redirect(302, "/"),
        _ => Response::ok("body"),
    })
    .unwrap();
    let url = origin.url("/");
    run(&guest("socket-tracer"), &url).delivered(4);
    // The same host, tenant and URL, a moment later.
    let ended = run(&guest("ssrf-guard"), &url).aborted(7, "opensocket", "refused");
    assert_eq!(ended.calls("opensocket").len(), 1);
    // Without a plugin that is asked, the other way round.
    run(&guest("pass"), &url).delivered(4);
    run(&guest("ssrf-guard"), &url).aborted(7, "opensocket", "refused");
    assert_eq!(origin.accepted(), 2);
    // Nor is one asked once for two requests of its own transfer.
    let follow = |plugin| {
        let before = origin.accepted();
        let spec = TransferSpec {
            follow: true,
            ..get(&origin.url("/moved"))
        };
        Ready::new(&guest(plugin), spec, |_| ()).end().delivered(4);
        origin.accepted() - before
    };
    assert_eq!(follow("pass"), 1);
    assert_eq!(follow("socket-tracer"), 2);
}
