//! Every plugin of `guest-examples/rust`, where it lets a transfer through and where it refuses one.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::running::Ended;
use transferhost_tests::{outcome, root};

#[path = "examples/gates.rs"]
mod gates;
#[path = "examples/network.rs"]
mod network;
#[path = "examples/redactor.rs"]
mod redactor;
#[path = "examples/shown.rs"]
mod shown;
#[path = "examples/sockets.rs"]
mod sockets;
#[path = "examples/told.rs"]
mod told;
#[path = "examples/uploads.rs"]
mod uploads;

/// Each example and its test: whoever adds one adds the other.
const TESTED: [(&str, fn()); 20] = [
    ("connection-rejected", network::connection_rejected),
    ("content-gate", gates::content_gate),
    ("first-bytes", gates::first_bytes),
    ("header-editor", shown::header_editor),
    ("headers-to-stderr", shown::headers_to_stderr),
    ("json-tracer", told::json_tracer),
    ("one-site-redirects", told::one_site_redirects),
    ("pass", gates::pass),
    ("print-debug", told::print_debug),
    ("print-progress", shown::print_progress),
    ("redactor", redactor::redactor),
    ("sha256-gate", gates::sha256_gate),
    ("slow-transfer-gate", network::slow_transfer_gate),
    ("socket-tracer", sockets::socket_tracer),
    ("socket-tuner", sockets::socket_tuner),
    ("ssh-key-pin", network::ssh_key_pin),
    ("ssrf-guard", network::ssrf_guard),
    ("throttle", gates::throttle),
    ("upload-generator", uploads::upload_generator),
    ("upload-redactor", uploads::upload_redactor),
];

#[test]
fn each_example_is_tested_and_listed() {
    let folders = fs::read_dir(root().join("guest-examples/rust")).unwrap();
    let mut found: Vec<PathBuf> = folders.map(|it| it.unwrap().path()).filter(|it| it.is_dir()).collect();
    found.sort();
    let found: Vec<_> = found
        .iter()
        .map(|it| it.file_name().unwrap().to_string_lossy())
        .collect();
    assert_eq!(found, TESTED.map(|(name, _)| name));
    let readme = fs::read_to_string(root().join("guest-examples/README.md")).unwrap();
    for (name, _) in TESTED {
        assert!(
            readme.contains(&format!("\n| `{name}` |")),
            "{name} has no line in the README"
        );
        let source = root().join("guest-examples/rust").join(name).join("src/lib.rs");
        let lines = fs::read_to_string(source).unwrap().lines().count();
        assert!(lines <= 90, "{name} is {lines} lines long");
    }
}

/// A run of an example, with its settings.
fn run(example: &str, settings: &[&str], curls: &[&str]) -> (Ended, Value) {
    let run = Transferhost::run().args(["--outcome", "-"]);
    let run = settings.iter().fold(run, |run, setting| run.args(["--set", setting]));
    let ended = run.arg(guest(example)).arg("-sS").args(curls).end();
    let told = outcome::of(&ended);
    (ended, told)
}

/// The transfer went through with these bytes.
fn passed((ended, told): &(Ended, Value), bytes: &[u8]) {
    assert_eq!(
        (ended.code(), outcome::end(told)),
        (Some(0), (0, None)),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout == bytes, "other bytes came out: {}", ended.text());
}

/// The transfer ended with this code, in this callback, for this cause, with these words, after these bytes.
fn refused((ended, told): &(Ended, Value), code: u8, callback: &str, cause: &str, words: &str, bytes: &[u8]) {
    assert_eq!(ended.code(), Some(code.into()), "{}", ended.stderr);
    assert_eq!(outcome::end(told), (code.into(), Some(cause)), "{told}");
    assert_eq!(told["abort"]["callback"], callback, "{told}");
    assert_eq!(told["abort"]["blame"], "guest", "{told}");
    let reason = told["abort"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(words), "{reason}");
    assert!(ended.stdout == bytes, "other bytes came out: {}", ended.text());
    let sentence = format!("transferhost: ({code}) {callback}: ");
    assert_eq!(
        ended.stderr.lines().filter(|it| it.starts_with(&sentence)).count(),
        1,
        "{}",
        ended.stderr
    );
}
