//! The plugins that judge a body, or measure it out.

use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;

use super::{passed, refused, run};

/// SHA-256 of nothing, and of `abc`.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
pub(super) fn pass() {
    let origin = http::serve(|request| Response::ok(request.path())).unwrap();
    passed(&run("pass", &[], &[&origin.url("/a")]), b"/a");
    passed(
        &run("pass", &["unread=1"], &["-i", &origin.url("/b")]),
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/b",
    );
}

#[test]
pub(super) fn sha256_gate() {
    let origin = http::serve(|request| match request.path() {
        "/empty" => Response::ok(""),
        "/chunked" => Response::ok("abc").chunked(1),
        "/gzip" => Response::ok("abc").gzip(),
        _ => Response::ok("abc"),
    })
    .unwrap();
    let gate = |digest: &str, curls: &[&str]| run("sha256-gate", &[&format!("sha256={digest}")], curls);
    passed(&gate(ABC, &[&origin.url("/")]), b"abc");
    passed(&gate(&ABC.to_uppercase(), &[&origin.url("/chunked")]), b"abc");
    passed(&gate(ABC, &["--compressed", &origin.url("/gzip")]), b"abc");
    passed(&gate(EMPTY, &[&origin.url("/empty")]), b"");

    refused(
        &gate(EMPTY, &[&origin.url("/")]),
        23,
        "write-end",
        "guest-abort",
        ABC,
        b"abc",
    );
    refused(
        &gate(ABC, &[&origin.url("/empty")]),
        23,
        "write-end",
        "guest-abort",
        EMPTY,
        b"",
    );
    // A body that was cut is the origin's failure, and not judged.
    let cut = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc")
    })
    .unwrap();
    let (ended, told) = gate(ABC, &[&cut.url("/")]);
    assert_eq!(
        (ended.code(), outcome::calls(&told, "write-end")),
        (Some(18), 0),
        "{}",
        ended.stderr
    );

    // What is missing or malformed is found before anything is dialled.
    let before = origin.accepted();
    for setting in ["other=1", "sha256=", "sha256=abc", &format!("sha256={}x", &ABC[..63])] {
        let ended = run("sha256-gate", &[setting], &[&origin.url("/")]);
        refused(&ended, 42, "start", "guest-abort", "--set sha256=HEX", b"");
    }
    assert_eq!(origin.accepted(), before);
}

#[test]
pub(super) fn content_gate() {
    let origin = http::serve(|request| {
        let body = vec![b'x'; 100_000];
        match request.path() {
            "/none" => Response::ok(body),
            "/bomb" => Response::ok(body).gzip().header("Content-Type", "text/plain"),
            "/empty" => Response::ok("").header("Content-Type", "image/png"),
            path => Response::ok(body).header("Content-Type", path.trim_start_matches('/')),
        }
    })
    .unwrap();
    let gate = |settings: &[&str], path: &str| run("content-gate", settings, &["--compressed", &origin.url(path)]);
    let body = vec![b'x'; 100_000];
    passed(&gate(&["type=text/html,text/plain"], "/text/plain"), &body);
    passed(
        &gate(&["type=text/html, TEXT/PLAIN"], "/text/plain;charset=utf-8"),
        &body,
    );
    passed(&gate(&["max-bytes=100000"], "/none"), &body);
    passed(&gate(&["type=text/plain", "max-bytes=100000"], "/bomb"), &body);
    // There is no chunk to judge.
    passed(&gate(&["type=text/plain"], "/empty"), b"");

    refused(
        &gate(&["type=text/plain"], "/text/html"),
        23,
        "write",
        "guest-abort",
        "content type is text/html",
        b"",
    );
    refused(
        &gate(&["type=text/plain"], "/none"),
        23,
        "write",
        "guest-abort",
        "no content type",
        b"",
    );
    for path in ["/none", "/bomb"] {
        let ended = gate(&["max-bytes=99999"], path);
        let delivered = ended.0.stdout.len();
        assert!(delivered <= 99_999, "{delivered}");
        refused(
            &ended,
            23,
            "write",
            "guest-abort",
            "larger than 99999 bytes",
            &body[..delivered],
        );
    }
    let before = origin.accepted();
    for (settings, words) in [(&[][..], "--set type=TYPE"), (&["max-bytes=much"], "max-bytes=N")] {
        refused(&gate(settings, "/none"), 42, "start", "guest-abort", words, b"");
    }
    assert_eq!(origin.accepted(), before);
}

#[test]
pub(super) fn first_bytes() {
    let origin = http::serve(|_| Response::ok("0123456789")).unwrap();
    passed(&run("first-bytes", &["bytes=4"], &[&origin.url("/")]), b"0123");
    passed(&run("first-bytes", &["bytes=40"], &[&origin.url("/")]), b"0123456789");
    for settings in [&[][..], &["bytes="], &["bytes=-1"], &["bytes=4k"]] {
        let ended = run("first-bytes", settings, &[&origin.url("/")]);
        refused(&ended, 42, "start", "guest-abort", "--set bytes=N", b"");
    }
}

#[test]
pub(super) fn throttle() {
    let origin = http::serve(|_| Response::ok("0123456789")).unwrap();
    for rate in ["rate=1000", "rate=64k", "rate=2M"] {
        passed(&run("throttle", &[rate], &[&origin.url("/")]), b"0123456789");
    }
    for settings in [
        &[][..],
        &["rate=0"],
        &["rate=fast"],
        &["rate=-5"],
        &["rate=5g"],
        &["rate=4096m"],
    ] {
        let ended = run("throttle", settings, &[&origin.url("/")]);
        refused(&ended, 42, "start", "guest-abort", "--set rate=BYTES_PER_SECOND", b"");
    }
}

#[test]
fn without_takes_a_callback_away() {
    let origin = http::serve(|_| Response::ok("abc")).unwrap();
    let run = |without: &[&str]| {
        let run = Transferhost::run().args(["--outcome", "-", "--set", &format!("sha256={EMPTY}")]);
        let run = without.iter().fold(run, |run, name| run.args(["--without", name]));
        run.arg(guest("sha256-gate")).args(["-sS", &origin.url("/")]).end()
    };
    let ended = run(&["write-end"]);
    let told = outcome::of(&ended);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "abc"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        ["write", "write-end", "start"].map(|it| outcome::calls(&told, it)),
        [1, 0, 1]
    );
    // Without its chunks the gate sees an empty body, and that is the digest it was given.
    let ended = run(&["write"]);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "abc"),
        "{}",
        ended.stderr
    );
    let ended = run(&["write", "write-end", "start"]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    for (wrong, words) in [("writes", "did you mean write?"), ("header", "does not export it")] {
        let ended = run(&[wrong]);
        assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(words) && ended.stderr.lines().count() == 1,
            "{}",
            ended.stderr
        );
    }
}
