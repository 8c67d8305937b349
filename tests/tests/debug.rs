//! `debug`: everything that libcurl tells, and a guest that is heard though libcurl does not listen.

use std::collections::BTreeSet;

use serde_json::Value;
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;
use transferhost_tests::tls::Authority;

#[path = "kit/puppet.rs"]
mod puppet;

use puppet::Puppet;

/// libcurl's numbers, as a puppet is told them.
const TEXT: i32 = 0;
const HEADER_IN: i32 = 1;
const HEADER_OUT: i32 = 2;
const DATA_IN: i32 = 3;
/// Never seen without TLS.
const SSL_DATA_IN: i32 = 5;

/// The lines that the tracer printed.
fn traced(ended: &Ended) -> Vec<Value> {
    let lines = ended
        .stderr
        .lines()
        .filter_map(|it| it.strip_prefix("json_tracer.wasm: "));
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Aborts, or traps, when this infotype comes.
fn ends_at(infotype: i32, end: &str) -> Puppet {
    let body = format!(
        "(if (i32.eq (local.get $infotype) (i32.const {infotype})) (then (return ({end}))))
         call $ok"
    );
    Puppet::new(&[("debug", &body)])
}

#[test]
fn every_type_is_told_without_v() {
    let authority = Authority::new().unwrap();
    let listen = Listen::default().tls(authority.server_config());
    let origin = http::serve_on(listen, |_| Response::ok("the answer\n")).unwrap();
    let ended = Transferhost::run()
        .arg(guest("json-tracer"))
        .args(["-sS", "-d", "the question", "--cacert"])
        .arg(authority.ca_file())
        .arg(origin.url("/"))
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    // What a guest prints is in no body.
    assert_eq!(ended.text(), "the answer\n");
    // Nobody asked for -v, so nothing but the guest speaks.
    assert!(
        ended.stderr.lines().all(|line| line.starts_with("json_tracer.wasm: ")),
        "{}",
        ended.stderr
    );
    let traced = traced(&ended);
    let told = traced.iter().filter(|line| line["callback"] == "debug");
    let types: BTreeSet<&str> = told.filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(
        types.into_iter().collect::<Vec<_>>(),
        [
            "data-in",
            "data-out",
            "header-in",
            "header-out",
            "ssl-data-in",
            "ssl-data-out",
            "text"
        ]
    );
    let of = |kind: &str| traced.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of("data-in")[0]["text"], serde_json::json!(["the answer"]));
    assert_eq!(of("data-in")[0]["size"], "the answer\n".len());
    assert_eq!(of("data-out")[0]["text"], serde_json::json!(["the question"]));
    assert_eq!(of("header-out")[0]["text"][0], "POST / HTTP/1.1");
    assert_eq!(of("header-in")[0]["text"][0], "HTTP/1.1 200 OK");
    // Each header line comes to `header` as well.
    let lines = of("line").len();
    assert_eq!(lines, 3, "{}", ended.stderr);
}

/// The lines that libcurl would print, their mark in front.
fn verbose(ended: &Ended) -> Vec<&str> {
    let marks = ["* ", "> ", "< "];
    let marked = |line: &&str| marks.iter().any(|mark| line.starts_with(mark));
    ended.stderr.lines().filter(marked).collect()
}

#[test]
fn with_v_libcurls_lines_are_printed_as_well() {
    let origin = http::serve(|_| Response::ok("the answer\n")).unwrap();
    let url = origin.url("/");
    let plain = Transferhost::run().args(["--no-plugin", "-v", "-s", &url]).end();
    let ended = Transferhost::run()
        .arg(guest("print-debug"))
        .args(["-v", "-s", &url])
        .end();
    for ended in [&plain, &ended] {
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "the answer\n"),
            "{}",
            ended.stderr
        );
    }
    // The ports of this end, and what is measured, differ from one run to the next.
    let same = |line: &str| !line.contains(" from 127.0.0.1 port ") && !line.contains(" ms");
    let lines = |ended: &Ended| -> Vec<String> {
        let lines = verbose(ended).into_iter().filter(|line| same(line));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(lines(&ended), lines(&plain), "{}", ended.stderr);
    assert!(
        lines(&ended).contains(&"> GET / HTTP/1.1".to_owned()),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("print_debug.wasm: header-out: GET / HTTP/1.1\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_abort_ends_it_though_libcurl_ignores_it() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 100_000])).unwrap();
    for infotype in [HEADER_OUT, HEADER_IN, DATA_IN] {
        let puppet = ends_at(infotype, "call $no");
        let ended = Transferhost::run()
            .args(["--outcome", "-", "--trace-calls"])
            .arg(puppet.path())
            .args(["-sS", &origin.url("/")])
            .end();
        let told = outcome::of(&ended);
        assert_eq!(ended.code(), Some(42), "{infotype}: {}", ended.stderr);
        assert_eq!(outcome::end(&told), (42, Some("guest-abort")), "{infotype}: {told}");
        assert_eq!(told["abort"]["callback"], "debug");
        assert_eq!(told["abort"]["reason"], "no");
        // It was told of bytes that were still to be delivered: none was.
        assert_eq!(
            (ended.stdout.len(), &told["bytes"]["delivered"]),
            (0, &0.into()),
            "{infotype}: bytes came after the abort"
        );
        let last = ended.stderr.lines().rfind(|line| line.contains(" -> "));
        assert!(
            last.is_some_and(|line| line.contains("guest-abort")),
            "{infotype}: {}",
            ended.stderr
        );
    }
}

/// libcurl goes on by itself until it returns: to a redirect's target, and to sending its request.
#[test]
fn nothing_is_dialled_or_sent_after_an_abort() {
    let elsewhere = http::serve(|_| Response::ok("elsewhere")).unwrap();
    let target = elsewhere.url("/");
    let origin = http::serve(move |_| Response::redirect(302, &target)).unwrap();
    let run = |puppet: &Puppet| {
        let run = Transferhost::run().args(["--outcome", "-"]).arg(puppet.path());
        run.args(["-sS", "-L", &origin.url("/")]).end()
    };
    // Whom it leads to is there.
    assert_eq!(run(&ends_at(SSL_DATA_IN, "call $no")).text(), "elsewhere");
    assert_eq!((origin.requests().len(), elsewhere.requests().len()), (1, 1));
    let ended = run(&ends_at(HEADER_IN, "call $no"));
    assert_eq!(outcome::end(&outcome::of(&ended)), (42, Some("guest-abort")));
    assert_eq!((origin.requests().len(), elsewhere.accepted()), (2, 1));
    // The first that libcurl says is that it tries the address.
    let ended = run(&ends_at(TEXT, "call $no"));
    assert_eq!(outcome::end(&outcome::of(&ended)), (42, Some("guest-abort")));
    assert_eq!((origin.requests().len(), elsewhere.accepted()), (2, 1));
}

#[test]
fn an_abort_does_not_wait_for_the_origin() {
    let silent = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.wait(&Event::new())
    })
    .unwrap();
    // libcurl itself would wait for an answer that never comes.
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(ends_at(HEADER_OUT, "call $no").path())
        .args(["-sS", &silent.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(outcome::end(&told), (42, Some("guest-abort")), "{}", ended.stderr);
}

#[test]
fn a_trap_while_it_connects() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    // The first that libcurl says is that it tries the address.
    let puppet = Puppet::new(&[("debug", "unreachable")]);
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(puppet.path())
        .args(["-sS", &origin.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(outcome::end(&told), (42, Some("trap")), "{}", ended.stderr);
    assert_eq!(told["abort"]["callback"], "debug");
    assert_eq!((ended.text().as_str(), outcome::calls(&told, "debug")), ("", 1));
    assert!(origin.requests().is_empty(), "a request was sent after the trap");
}

#[test]
fn a_trap_while_it_closes() {
    let origin = http::serve(|_| Response::ok("body").close()).unwrap();
    // After the whole body libcurl says what becomes of the connection.
    let puppet = Puppet::new(&[
        ("debug", "(if (global.get $n) (then unreachable)) call $ok"),
        ("write", "(drop (call $next)) call $ok"),
    ]);
    let ended = Transferhost::run()
        .args(["--outcome", "-", "--trace-calls"])
        .arg(puppet.path())
        .args(["-sS", &origin.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(outcome::end(&told), (42, Some("trap")), "{}", ended.stderr);
    assert_eq!(told["abort"]["callback"], "debug");
    // What was delivered before stays delivered.
    assert_eq!(
        (ended.text().as_str(), &told["bytes"]["delivered"]),
        ("body", &4.into())
    );
    let last = ended.stderr.lines().rfind(|line| line.contains(" -> "));
    assert!(last.is_some_and(|line| line.contains("debug(")), "{}", ended.stderr);
}

#[test]
fn what_a_guest_prints_is_not_in_the_body() {
    let origin = http::serve(|_| Response::ok("only this\n")).unwrap();
    // One of them prints to stdout, the other to stderr.
    for example in ["print-debug", "json-tracer"] {
        let ended = Transferhost::run()
            .arg(guest(example))
            .args(["-sSi", &origin.url("/")])
            .end();
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nonly this\n"),
            "{}",
            ended.stderr
        );
        let prefix = format!("{}.wasm: ", example.replace('-', "_"));
        assert!(
            ended.stderr.lines().filter(|it| it.starts_with(&prefix)).count() > 5,
            "{}",
            ended.stderr
        );
    }
}
