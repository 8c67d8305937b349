//! The plugins that judge an address or a rate.

use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

use super::{passed, refused, run};

#[test]
pub(super) fn ssrf_guard() {
    for listen in [Listen::default(), Listen::default().v6()] {
        let origin = http::serve_on(listen, |_| Response::ok("inside")).unwrap();
        let address = origin.address().to_string();
        let ended = run("ssrf-guard", &[], &[&origin.url("/")]);
        refused(
            &ended,
            7,
            "opensocket",
            "refused",
            &format!("{address} is Class::Loopback"),
            b"",
        );
        assert!(
            ended.0.stderr.contains(&format!("denied {address}: ")),
            "{}",
            ended.0.stderr
        );
        // A name is judged by what it resolves to.
        let ended = run("ssrf-guard", &[], &[&origin.url_as("localhost", "/")]);
        refused(&ended, 7, "opensocket", "refused", "Class::Loopback", b"");
        assert_eq!(origin.accepted(), 0);
        // The same origin does answer where the guard is not asked.
        let run = Transferhost::run()
            .args(["--without", "opensocket"])
            .arg(guest("ssrf-guard"));
        assert_eq!(run.args(["-sS", &origin.url("/")]).end().text(), "inside");
    }
    // Nothing is dialled for a file.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "local").unwrap();
    passed(
        &run("ssrf-guard", &[], &[&format!("file://{}", file.path().display())]),
        b"local",
    );
}

#[test]
pub(super) fn connection_rejected() {
    let origin = Origin::forbidden(Listen::default()).unwrap();
    let ended = run("connection-rejected", &["reason=not today"], &[&origin.url("/")]);
    refused(&ended, 7, "opensocket", "refused", "not today", b"");
    // Words are quoted and cannot play with the terminal.
    let ended = run(
        "connection-rejected",
        &["reason=a\"b\u{1b}[31m\u{202e}c\nd"],
        &[&origin.url("/")],
    );
    refused(&ended, 7, "opensocket", "refused", "", b"");
    assert!(!ended.0.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", ended.0.stderr);
    assert_eq!(ended.0.stderr.lines().count(), 2, "{}", ended.0.stderr);
    // Every address of a name is rejected, and the last rejection told.
    let ended = run(
        "connection-rejected",
        &["reason=none"],
        &[&origin.url_as("localhost", "/")],
    );
    refused(&ended, 7, "opensocket", "refused", "none", b"");
    let ended = run("connection-rejected", &[], &[&origin.url("/")]);
    refused(&ended, 7, "opensocket", "guest-abort", "--set reason=WORDS", b"");
    assert_eq!(origin.accepted(), 0);
}

#[test]
pub(super) fn slow_transfer_gate() {
    let origin = http::serve(|_| Response::ok("quick enough")).unwrap();
    let gate = |rate: &str, after: &str, url: &str| {
        let settings = [format!("min-rate={rate}"), format!("after={after}")];
        run("slow-transfer-gate", &settings.each_ref().map(String::as_str), &[url])
    };
    passed(&gate("1000000", "60", &origin.url("/")), b"quick enough");
    passed(&gate("0", "0", &origin.url("/")), b"quick enough");
    // This one sends a little and then nothing: libcurl still asks about once a second.
    let hangs = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")?;
        connection.wait_for_close()
    })
    .unwrap();
    let ended = gate("100", "0.5", &hangs.url("/"));
    refused(&ended, 42, "xferinfo", "guest-abort", "fewer than 100", b"0123456789");
    // Nor does it need a byte to be asked.
    let silent = Origin::serve(|connection| connection.wait(&Event::new())).unwrap();
    let ended = gate("1", "0.5", &silent.url("/"));
    refused(&ended, 42, "xferinfo", "guest-abort", "0 bytes a second", b"");
    drop(hangs);

    let before = origin.accepted();
    for (rate, after) in [("", "1"), ("1", ""), ("fast", "1"), ("1", "-1"), ("1", "NaN")] {
        refused(
            &gate(rate, after, &origin.url("/")),
            42,
            "start",
            "guest-abort",
            "--set min-rate",
            b"",
        );
    }
    assert_eq!(origin.accepted(), before);
}

/// Where there is nothing to pin; a real host's key is pinned in the tests of SSH.
#[test]
pub(super) fn ssh_key_pin() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let setting = format!("sha256={}", "A".repeat(43));
    let ended = run("ssh-key-pin", &[&setting], &[&origin.url("/")]);
    let words = "only the hosts of sftp:// and scp:// have a key to pin";
    refused(&ended, 42, "start", "guest-abort", words, b"");
}
