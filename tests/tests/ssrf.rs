//! Addresses that the tenant policy refuses, in every form that a URL may have: a live listener never accepts, and the
//! same URL opened by the operator does connect.
//!
//! Forms that lead to loopback are tried as they are. All others are tried in a network namespace of the test's own, in
//! which every address there is leads to the test's own listener and none leads out; see `ssrf/namespace.rs`.

use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;

#[path = "ssrf/forms.rs"]
mod forms;
#[path = "ssrf/namespace.rs"]
mod namespace;
#[path = "ssrf/own.rs"]
mod own;
#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "kit/sentence.rs"]
mod sentence;

use policy_file::PolicyFile;
use sentence::sentence;

/// Loopback, and the two addresses that Linux dials as loopback.
const ALL_OF_LOOPBACK: &[&str] = &["127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128"];

fn fetch(policy: &PolicyFile, plugin: &[&str], url: &str) -> Ended {
    Transferhost::run()
        .args(policy.words())
        .args(plugin)
        .args(["-v", url])
        .end()
}

/// Each host leads to the origin where the operator opens loopback, and nowhere where he does not.
fn closed_unless_opened(origin: &Origin, hosts: &[&str]) {
    let ports = [origin.address().port()];
    // The port is open: it must be the address that is refused.
    let (closed, opened) = (PolicyFile::open(&ports, &[]), PolicyFile::open(&ports, ALL_OF_LOOPBACK));
    for host in hosts {
        let url = origin.url_as(host, "/");
        let before = origin.accepted();
        let refused = fetch(&closed, &["--no-plugin"], &url);
        assert_eq!(refused.code(), Some(7), "{host}: {}", refused.stderr);
        assert!(refused.stderr.contains("loopback"), "{host}: {}", refused.stderr);
        assert_eq!(refused.text(), "", "{host}");
        let default = Transferhost::run()
            .args(["--policy", "tenant", "--no-plugin", &url])
            .end();
        sentence(&default, 7);
        assert_eq!(origin.accepted(), before, "{host} was dialled");
        let control = fetch(&opened, &["--no-plugin"], &url);
        assert_eq!(control.text(), "inside", "{host}: {}", control.stderr);
        assert_eq!(origin.accepted(), before + 1, "{host} leads here");
    }
}

#[test]
fn numbers_that_are_127_0_0_1() {
    let origin = http::serve(|_| Response::ok("inside")).unwrap();
    closed_unless_opened(
        &origin,
        &[
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "0X7F.0x0.0.01",
        ],
    );
}

#[test]
fn addresses_that_reach_loopback() {
    let origin = http::serve(|_| Response::ok("inside")).unwrap();
    closed_unless_opened(
        &origin,
        &[
            "0",
            "0.0.0.0",
            "0x0",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:7f00:0001]",
        ],
    );
    let second = Listen::default().on([127, 9, 8, 7].into());
    let second = http::serve_on(second, |_| Response::ok("inside")).unwrap();
    closed_unless_opened(&second, &["127.9.8.7", "[::ffff:127.9.8.7]"]);
}

#[test]
fn version_6_forms_of_loopback() {
    let origin = http::serve_on(Listen::default().v6(), |_| Response::ok("inside")).unwrap();
    closed_unless_opened(
        &origin,
        &["[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::0.0.0.1]", "[::1%25lo]"],
    );
}

#[test]
fn names_that_are_loopback_and_urls_that_look_elsewhere() {
    let origin = http::serve(|_| Response::ok("inside")).unwrap();
    closed_unless_opened(
        &origin,
        &[
            "localhost",
            "LOCALHOST",
            "example.com@127.0.0.1",
            "example.com:80@localhost",
            "user%40example.com:x@127.1",
        ],
    );
    let closed = PolicyFile::open(&[origin.address().port()], &[]);
    let before = origin.accepted();
    for (host, code) in [
        ("127.0.0.1%00", 3),
        ("127.0.0.1%00.example.com", 3),
        ("127.0.0.1%0a", 3),
    ] {
        let url = origin.url_as(host, "/");
        let ended = Transferhost::run()
            .args(closed.words())
            .args(["--no-plugin", &url])
            .end();
        sentence(&ended, code);
    }
    assert_eq!(origin.accepted(), before);
}

#[test]
fn all_addresses_of_a_name_are_refused_one_by_one() {
    // `localhost` is ::1 and 127.0.0.1: what is open of it is dialled, the rest is not.
    let origin = http::serve(|_| Response::ok("inside")).unwrap();
    let v6 = Origin::forbidden(Listen::default().v6()).unwrap();
    let ports = [origin.address().port(), v6.address().port()];
    let only_v4 = PolicyFile::open(&ports, &["127.0.0.1/32"]);
    let reached = fetch(&only_v4, &["--no-plugin"], &origin.url_as("localhost", "/"));
    assert_eq!(reached.text(), "inside", "{}", reached.stderr);
    let refused = fetch(&only_v4, &["--no-plugin"], &v6.url("/"));
    assert_eq!(refused.code(), Some(7));
    let denied = PolicyFile::of(&format!(
        "ports = {ports:?}\nallow = [\"127.0.0.0/8\", \"::1/128\"]\ndeny = [\"127.0.0.1/32\"]"
    ));
    let refused = fetch(&denied, &["--no-plugin"], &origin.url("/"));
    assert!(
        refused.stderr.contains("in the denied network 127.0.0.1/32"),
        "{}",
        refused.stderr
    );
    assert_eq!((origin.accepted(), v6.accepted()), (1, 0));
}

#[test]
fn the_example_guard_agrees() {
    let origin = http::serve(|_| Response::ok("inside")).unwrap();
    let guard = guest("ssrf-guard");
    for host in ["127.1", "0", "[::ffff:127.0.0.1]", "localhost"] {
        let ended = Transferhost::run().arg(&guard).arg(origin.url_as(host, "/")).end();
        let said = sentence(&ended, 7);
        assert!(said.contains("Loopback"), "{host}: {said}");
    }
    assert_eq!(origin.accepted(), 0);
}
