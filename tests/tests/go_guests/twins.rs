//! What the Rust guest does, its twins in Go and TinyGo do.

use std::path::Path;

use serde_json::Value;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::outcome;

use super::built::{COMPILERS, go_guest, patient_run};
use super::gate::asked_for;

/// SHA-256 of nothing, and of `abc`.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// How a transfer ended, as far as a policy decides it.
#[derive(Debug, PartialEq)]
struct End {
    exit: Option<i32>,
    code: Value,
    callback: Value,
    cause: Value,
    reason: Value,
    blame: Value,
    body: String,
}

fn end(component: &Path, settings: &[&str], curls: &[&str]) -> End {
    let run = patient_run().args(["--outcome", "-"]);
    let run = settings.iter().fold(run, |run, setting| run.args(["--set", setting]));
    let ended = run.arg(component).arg("-sS").args(curls).end();
    let mut told = outcome::of(&ended);
    let mut take = |pointer: &str| told.pointer_mut(pointer).map(Value::take).unwrap_or_default();
    End {
        exit: ended.code(),
        code: take("/code"),
        callback: take("/abort/callback"),
        cause: take("/abort/cause"),
        reason: take("/abort/reason"),
        blame: take("/abort/blame"),
        body: String::from_utf8_lossy(&ended.stdout).into_owned(),
    }
}

/// Runs all three, which must agree; it must be this code, this body, and a reason with these words.
fn same(example: &str, settings: &[&str], curls: &[&str], code: i32, words: &str, body: &str) {
    let rust = end(&guest(example), settings, curls);
    assert_eq!(
        (rust.exit, rust.body.as_str()),
        (Some(code), body),
        "{example} {settings:?}: {rust:?}"
    );
    let reason = rust.reason.as_str().unwrap_or_default();
    assert!(reason.contains(words), "{example} {settings:?}: {reason:?}");
    assert_eq!(code == 0, rust.cause.is_null(), "{example} {settings:?}: {rust:?}");
    for compiler in COMPILERS {
        let twin = end(&go_guest(compiler, example), settings, curls);
        assert!(
            twin == rust,
            "{example} {settings:?} {curls:?}:\nRust: {rust:?}\n{compiler}: {twin:?}"
        );
    }
}

#[test]
fn pass() {
    if !asked_for("pass") {
        return;
    }
    let origin = http::serve(|request| match request.path() {
        "/chunked" => Response::ok("in pieces").chunked(2),
        path => Response::ok(path),
    })
    .unwrap();
    same("pass", &[], &[&origin.url("/a")], 0, "", "/a");
    same("pass", &["unread=1"], &[&origin.url("/chunked")], 0, "", "in pieces");
}

#[test]
fn ssrf_guard() {
    if !asked_for("ssrf-guard") {
        return;
    }
    for listen in [Listen::default(), Listen::default().v6()] {
        let origin = http::serve_on(listen, |_| Response::ok("inside")).unwrap();
        let words = format!("{} is Class::Loopback", origin.address());
        same("ssrf-guard", &[], &[&origin.url("/")], 7, &words, "");
        let by_name = origin.url_as("localhost", "/");
        same("ssrf-guard", &[], &[&by_name], 7, "Class::Loopback", "");
        assert_eq!(origin.accepted(), 0);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "local").unwrap();
    let url = format!("file://{}", file.path().display());
    same("ssrf-guard", &[], &[&url], 0, "", "local");
}

#[test]
fn sha256_gate() {
    if !asked_for("sha256-gate") {
        return;
    }
    let origin = http::serve(|request| match request.path() {
        "/empty" => Response::ok(""),
        "/chunked" => Response::ok("abc").chunked(1),
        "/gzip" => Response::ok("abc").gzip(),
        _ => Response::ok("abc"),
    })
    .unwrap();
    let gate = |digest: &str, path: &str, code, words: &str, body| {
        let setting = format!("sha256={digest}");
        let curls = ["--compressed", &origin.url(path)];
        same("sha256-gate", &[&setting], &curls, code, words, body);
    };
    gate(ABC, "/", 0, "", "abc");
    gate(&ABC.to_uppercase(), "/chunked", 0, "", "abc");
    gate(ABC, "/gzip", 0, "", "abc");
    gate(EMPTY, "/empty", 0, "", "");
    gate(EMPTY, "/", 23, ABC, "abc");
    gate(ABC, "/empty", 23, EMPTY, "");
    // What is missing or malformed is found before anything is dialled.
    let before = origin.accepted();
    for digest in ["", "abc", &format!("{}x", &ABC[..63])] {
        gate(digest, "/", 42, "--set sha256=HEX", "");
    }
    same("sha256-gate", &[], &[&origin.url("/")], 42, "--set sha256=HEX", "");
    assert_eq!(origin.accepted(), before);
}

#[test]
fn content_gate() {
    if !asked_for("content-gate") {
        return;
    }
    let origin = http::serve(|request| match request.path() {
        "/none" => Response::ok("0123456789").chunked(4),
        "/bomb" => Response::ok(vec![b'x'; 10_000])
            .gzip()
            .header("Content-Type", "text/plain"),
        "/empty" => Response::ok("").header("Content-Type", "image/png"),
        path => Response::ok("0123456789").header("Content-Type", path.trim_start_matches('/')),
    })
    .unwrap();
    let gate = |settings: &[&str], path: &str, code, words: &str, body: &str| {
        let curls = ["--compressed", &origin.url(path)];
        same("content-gate", settings, &curls, code, words, body);
    };
    let whole = "0123456789";
    gate(&["type=text/html,text/plain"], "/text/plain", 0, "", whole);
    let parameter = "/text/plain;charset=utf-8";
    gate(&["type=text/html, TEXT/PLAIN"], parameter, 0, "", whole);
    gate(&["max-bytes=10"], "/none", 0, "", whole);
    let bomb = "x".repeat(10_000);
    gate(&["type=text/plain", "max-bytes=10000"], "/bomb", 0, "", &bomb);
    gate(&["type=text/plain"], "/empty", 0, "", "");
    gate(&["type=text/plain"], "/text/html", 23, "content type is text/html", "");
    gate(&["type=text/plain"], "/none", 23, "no content type", "");
    gate(&["max-bytes=9"], "/none", 23, "larger than 9 bytes", "01234567");
    gate(&["max-bytes=9999"], "/bomb", 23, "larger than 9999 bytes", "");
    let before = origin.accepted();
    gate(&[], "/none", 42, "--set type=TYPE", "");
    gate(&["max-bytes=much"], "/none", 42, "max-bytes=N", "");
    gate(&["max-bytes="], "/none", 42, "max-bytes=N", "");
    assert_eq!(origin.accepted(), before);
}

#[test]
fn throttle() {
    if !asked_for("throttle") {
        return;
    }
    // Enough for some pauses at the lowest of the rates.
    let body: String = (0..16_000).map(|it| format!("{it:05} ")).collect();
    let served = body.clone();
    let origin = http::serve(move |_| Response::ok(served.clone())).unwrap();
    for rate in ["rate=300000", "rate=512k", "rate=2M"] {
        same("throttle", &[rate], &[&origin.url("/")], 0, "", &body);
    }
    let before = origin.accepted();
    for settings in [
        &[][..],
        &["rate=0"],
        &["rate=fast"],
        &["rate=-5"],
        &["rate=5g"],
        &["rate=4096m"],
    ] {
        let words = "--set rate=BYTES_PER_SECOND";
        same("throttle", settings, &[&origin.url("/")], 42, words, "");
    }
    assert_eq!(origin.accepted(), before);
}

/// The rate is kept: a twin whose clock stood still would never pause, or never end to.
#[test]
fn throttle_pauses() {
    if !asked_for("throttle's pauses") {
        return;
    }
    let origin = http::serve(|_| Response::ok(vec![b'x'; 100_000])).unwrap();
    for compiler in COMPILERS {
        let run = patient_run().args(["--outcome", "-", "--set", "rate=200000"]);
        let run = run.arg(go_guest(compiler, "throttle"));
        let ended = run.args(["-sS", &origin.url("/")]).end();
        assert_eq!(ended.code(), Some(0), "{compiler}: {}", ended.stderr);
        // The last chunk is not waited for, and none is larger than 16 KiB.
        let paused = outcome::of(&ended)["seconds"]["paused"].as_f64().unwrap();
        assert!(paused > 0.3, "{compiler}: {paused}");
    }
}
