//! Command lines that are carried out: several URLs, where the body goes, what is said and what is not.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

/// Answers each path with itself, `/404` with that status.
fn echo() -> Origin {
    http::serve(|request| match request.path() {
        "/404" => Response::status(404),
        path => Response::ok(path),
    })
    .unwrap()
}

/// A port of loopback where nobody listens, and the socket that keeps it so.
struct Closed(Socket);

impl Closed {
    fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        socket.bind(&any.into()).unwrap();
        Self(socket)
    }

    fn url(&self) -> String {
        let address = self.0.local_addr().unwrap().as_socket().unwrap();
        format!("http://{address}/closed")
    }
}

#[test]
fn several_urls_run_in_order_and_the_first_failure_counts() {
    let (origin, closed) = (echo(), Closed::new());
    let ended = Transferhost::run()
        .arg(guest("pass"))
        .args([
            "-f",
            "-s",
            &origin.url("/a"),
            &closed.url(),
            &origin.url("/404"),
            &origin.url("/b"),
        ])
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(7), "/a/b"),
        "{}",
        ended.stderr
    );
    let asked: Vec<_> = origin.requests().iter().map(|it| it.target().to_owned()).collect();
    assert_eq!(asked, ["/a", "/404", "/b"]);
}

#[test]
fn a_url_that_is_broken_stops_neither_the_others_nor_their_codes() {
    let (origin, closed) = (echo(), Closed::new());
    let ended = Transferhost::run()
        .args(["--no-plugin", "-s", &closed.url(), "http://", &origin.url("/b")])
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(7), "/b"),
        "{}",
        ended.stderr
    );
    let first = Transferhost::run()
        .args(["--no-plugin", "-s", "http://", &origin.url("/b")])
        .end();
    assert_eq!(
        (first.code(), first.text().as_str()),
        (Some(3), "/b"),
        "{}",
        first.stderr
    );
}

#[test]
fn each_url_has_a_fresh_guest() {
    let origin = http::serve(|_| Response::ok("x".repeat(40_000))).unwrap();
    let folder = TempDir::new().unwrap();
    let outcome = folder.path().join("outcome");
    let ended = Transferhost::run()
        .args(["--outcome".as_ref(), outcome.as_os_str()])
        .arg(guest("pass"))
        .args([
            "-o",
            "/dev/null",
            "-o",
            "/dev/null",
            &origin.url("/a"),
            &origin.url("/b"),
        ])
        .end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    let calls: Vec<u64> = fs::read_to_string(outcome)
        .unwrap()
        .lines()
        .map(|line| {
            let outcome: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(outcome["bytes"]["received"], 40_000);
            outcome["guest"]["calls"]["write"]["fuel"].as_u64().unwrap()
        })
        .collect();
    // A second transfer by the same guest would count on.
    assert!(calls.len() == 2 && calls[1] < calls[0] * 2, "{calls:?}");
}

#[test]
fn outputs_go_to_their_urls() {
    let origin = echo();
    let folder = TempDir::new().unwrap();
    let ended = Transferhost::run()
        .args([
            "--no-plugin",
            "-o",
            "one",
            &origin.url("/1"),
            &origin.url("/2"),
            "-o",
            "-",
            &origin.url("/3"),
        ])
        .in_folder(folder.path())
        .end();
    assert_eq!(
        (ended.code(), ended.stderr.as_str(), ended.text().as_str()),
        (Some(0), "", "/2/3")
    );
    assert_eq!(fs::read_to_string(folder.path().join("one")).unwrap(), "/1");
}

#[test]
fn an_output_that_cannot_be_written_is_23() {
    let origin = echo();
    let folder = TempDir::new().unwrap();
    for path in ["no/such/folder", "."] {
        let ended = Transferhost::run()
            .arg(guest("pass"))
            .args(["-o", path, &origin.url("/a")])
            .in_folder(folder.path())
            .end();
        let said = sentence(&ended, 23);
        assert!(said.starts_with("(23) ") && said.contains(path), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let full = Transferhost::run()
        .args(["--no-plugin", "-o", "/dev/full", &origin.url("/a")])
        .end();
    assert!(
        sentence(&full, 23).contains("No space left on device"),
        "{}",
        full.stderr
    );
}

#[test]
fn silence_and_show_error() {
    let closed = Closed::new();
    for (plugin, code) in [("--no-plugin".into(), 7), (hostile("trap-start").into_os_string(), 42)] {
        let run = |flags: &[&str]| Transferhost::run().arg(&plugin).args(flags).arg(closed.url()).end();
        let told = sentence(&run(&[]), code);
        assert!(told.starts_with(&format!("({code}) ")), "{told}");
        // The milliseconds differ.
        assert_eq!(sentence(&run(&["-sS"]), code)[..12], told[..12]);
        for flags in [&["-s"][..], &["--silent", "-o", "/dev/null"]] {
            let silent = run(flags);
            assert_eq!((silent.code(), silent.stderr.as_str()), (Some(code), ""));
        }
    }
}

#[test]
fn without_a_plugin_all_that_follows_is_curls() {
    let origin = echo();
    let ended = Transferhost::run()
        .args([
            "--fuel",
            "7",
            "--no-plugin",
            "-X",
            "PATCH",
            "-HX-A: b",
            "-sd",
            "x",
            "--url",
            &origin.url("/a"),
        ])
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "/a"),
        "{}",
        ended.stderr
    );
    let request = &origin.requests()[0];
    assert_eq!(
        (request.method(), request.header("x-a"), request.text().as_str()),
        ("PATCH", Some("b"), "x")
    );
    // Behind `--no-plugin` ours are unknown, a second one too.
    let again = Transferhost::run()
        .args(["--no-plugin", "--no-plugin", &origin.url("/a")])
        .end();
    assert!(sentence(&again, 2).contains("--no-plugin"), "{}", again.stderr);
    assert_eq!(origin.accepted(), 1);
}

#[test]
fn without_takes_a_callback_away() {
    let origin = echo();
    let ended = Transferhost::run()
        .args(["--without", "write"])
        .arg(hostile("trap-write"))
        .arg(origin.url("/a"))
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "/a"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_outcome_may_go_to_stderr() {
    let origin = echo();
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(guest("pass"))
        .arg(origin.url("/a"))
        .end();
    let outcome: serde_json::Value = serde_json::from_str(ended.stderr.trim_end()).unwrap();
    assert_eq!(
        (ended.code(), &outcome["code"], ended.text().as_str()),
        (Some(0), &0.into(), "/a")
    );
}
