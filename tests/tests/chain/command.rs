//! `run --operator`.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile, wat};
use transferhost_tests::http::{self, Response};
use transferhost_tests::outcome;

use crate::policy_file::PolicyFile;

#[test]
fn the_operators_plugin_stands_before_the_other() {
    let origin = http::serve(|_| Response::ok("a word and another")).unwrap();
    let run = || {
        Transferhost::run()
            .args(["--outcome", "-", "--operator-set", "word=word", "--operator"])
            .arg(guest("redactor"))
    };
    let url = origin.url("/");
    let ended = run()
        .args(["--set", "word=another", "--trace-calls"])
        .arg(guest("redactor"))
        .args(["-sS", &url])
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.text(), "a [redacted] and [redacted]");
    let told = outcome::of(&ended);
    for guest in ["operator", "guest"] {
        assert_eq!(told[guest]["plugin"], "redactor.wasm", "{told}");
        assert_eq!(told[guest]["calls"]["write-end"]["count"], 1, "{told}");
    }
    let ends: Vec<_> = ended
        .stderr
        .lines()
        .filter(|line| line.contains("write-end()"))
        .collect();
    assert!(ends[0].starts_with("redactor.wasm: write-end()"), "{ends:?}");
    assert!(ends[1].starts_with("write-end()"), "{ends:?}");
    // And where there is no other.
    let ended = run().args(["--no-plugin", "-sS", &url]).end();
    assert_eq!(ended.text(), "a [redacted] and another", "{}", ended.stderr);
    let told = outcome::of(&ended);
    assert!(told["guest"].is_null() && told["operator"].is_object(), "{told}");
}

#[test]
fn each_speaks_under_its_own_name() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let ended = Transferhost::run()
        .arg("--operator")
        .arg(guest("headers-to-stderr"))
        .args(["--set", "set.A=b"])
        .arg(guest("header-editor"))
        .args(["-sS", &origin.url("/")])
        .end();
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(
        lines.first(),
        Some(&"headers_to_stderr.wasm: HTTP/1.1 200 OK"),
        "{lines:?}"
    );
    assert!(
        lines.last().unwrap().starts_with("header_editor.wasm: CURLE_OK"),
        "{lines:?}"
    );
}

#[test]
fn the_message_names_the_one_that_refused() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let ended = Transferhost::run()
        .args(["--outcome", "-", "--operator"])
        .arg(hostile("abort-write"))
        .arg(guest("pass"))
        .args(["-sS", &origin.url("/")])
        .end();
    assert_eq!(ended.code(), Some(23));
    assert!(
        ended.stderr.contains("(23) write: abort_write.wasm aborted: \"no\""),
        "{}",
        ended.stderr
    );
    assert_eq!(outcome::of(&ended)["abort"]["plugin"], "abort_write.wasm");
}

#[test]
fn one_that_cannot_be_loaded_ends_it_before_anything_is_dialled() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let url = origin.url("/");
    let ended = Transferhost::run()
        .args(["--outcome", "-", "--operator"])
        .arg(wat("misspelt"))
        .args(["--no-plugin", &url])
        .end();
    assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
    assert_eq!(outcome::of(&ended)["code"], 2);
    // Settings for nobody are a mistake.
    let ended = Transferhost::run()
        .args(["--operator-set", "a=b", "--no-plugin", &url])
        .end();
    assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("--operator"), "{}", ended.stderr);
    assert_eq!(origin.accepted(), 0);
}

#[test]
fn a_hardened_run_reads_it() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let policy = PolicyFile::open(&[origin.address().port()], &["127.0.0.0/8"]);
    let folder = TempDir::new().unwrap();
    let own = folder.path().join("own.wasm");
    fs::copy(guest("pass"), &own).unwrap();
    // With a cache of its own, so that the file is read and compiled.
    let ended = Transferhost::run()
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .args(policy.words())
        .args(["--outcome", "-", "--operator"])
        .arg(&own)
        .args(["--no-plugin", "-sS", &origin.url("/")])
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    assert_eq!(outcome::of(&ended)["operator"]["calls"]["write"]["count"], 1);
}
