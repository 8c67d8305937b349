//! The plugins that tune sockets and show them.

use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;

/// A run of an example, with its settings.
fn run(example: &str, settings: &[&str], url: &str) -> Ended {
    let run = Transferhost::run().args(["--outcome", "-"]);
    let run = settings.iter().fold(run, |run, setting| run.args(["--set", setting]));
    run.arg(guest(example)).args(["-sS", url]).end()
}

#[test]
pub(super) fn socket_tuner() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let url = &origin.url("/");
    let ended = run("socket-tuner", &["nodelay=off", "ttl=8"], url);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    for (settings, words) in [
        (&["ttl=8", "keepcnt=200"][..], "keepcnt=200: the value is out of bounds"),
        (&["ttl=256"], "ttl=256: it takes a number that it can hold"),
        (&["keepalive=yes"], "keepalive=yes: it takes on or off"),
        (&["nodeley=on"], "nodeley=on: there is no such option"),
        (&[], "pass --set OPTION=VALUE"),
    ] {
        let ended = run("socket-tuner", settings, url);
        let told = outcome::of(&ended);
        assert_eq!(outcome::end(&told), (42, Some("guest-abort")), "{}", ended.stderr);
        assert_eq!(told["abort"]["callback"], "sockopt");
        let reason = told["abort"]["reason"].as_str().unwrap();
        assert!(reason.starts_with(words), "{reason}");
        assert!(
            ended.stderr.contains("transferhost: (42) sockopt: "),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(origin.accepted(), 1);
}

#[test]
pub(super) fn socket_tracer() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let ended = run("socket-tracer", &[], &origin.url("/"));
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    // In this order, other lines being between them.
    let mut lines = ended.stderr.lines();
    for end in [
        "timer: 0 ms",
        &format!("connection: stream, protocol 6, {}", origin.address()),
        "socket 1: made (connection)",
        "socket 1: waits for room for bytes to go (0)",
        "socket 1: closed",
    ] {
        assert!(lines.any(|line| line.ends_with(end)), "no {end}: {}", ended.stderr);
    }
}
