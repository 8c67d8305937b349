//! The plugins that show something, and the one that rewrites the request.

use transferhost_tests::http::{self, Response};
use transferhost_tests::running::Ended;

use super::{passed, refused, run};

/// What a guest printed, without its prefix.
fn printed(ended: &Ended, plugin: &str) -> Vec<String> {
    let prefix = format!("{plugin}: ");
    ended
        .stderr
        .lines()
        .filter_map(|it| it.strip_prefix(&prefix).map(str::to_owned))
        .collect()
}

#[test]
pub(super) fn headers_to_stderr() {
    let origin = http::serve(|_| Response::ok("body").header("X-Odd", "\u{1b}[31mred")).unwrap();
    for flag in ["-i", "-S"] {
        let ended = run("headers-to-stderr", &[], &[flag, &origin.url("/")]);
        passed(&ended, b"body");
        let lines = printed(&ended.0, "headers_to_stderr.wasm");
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert_eq!(
            (lines[0].as_str(), lines[2].as_str()),
            ("HTTP/1.1 200 OK", "Content-Length: 4")
        );
        assert!(
            lines[1].starts_with("X-Odd: ") && lines[1].contains("[31mred"),
            "{lines:?}"
        );
        assert!(
            !ended.0.stderr.contains('\u{1b}'),
            "an origin's header reached the terminal raw"
        );
    }
}

#[test]
pub(super) fn print_progress() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 300_000])).unwrap();
    let numbers = |ended: &Ended| -> Vec<[u64; 4]> {
        let lines = printed(ended, "print_progress.wasm");
        let of = |line: &String| {
            let numbers: Vec<u64> = line.split([' ', ',']).filter_map(|it| it.parse().ok()).collect();
            numbers
                .try_into()
                .unwrap_or_else(|_| panic!("not four numbers: {line}"))
        };
        lines.iter().map(of).collect()
    };
    let ended = run("print-progress", &[], &[&origin.url("/")]);
    passed(&ended, &vec![b'x'; 300_000]);
    let told = numbers(&ended.0);
    assert_eq!(told.last(), Some(&[300_000, 300_000, 0, 0]), "{told:?}");
    assert!(told.is_sorted_by(|a, b| a[1] <= b[1]), "{told:?}");
    let data = "d".repeat(5000);
    let ended = run("print-progress", &[], &["-d", &data, &origin.url("/")]);
    assert_eq!(numbers(&ended.0).last(), Some(&[300_000, 300_000, 5000, 5000]));
}

#[test]
pub(super) fn header_editor() {
    let origin = http::serve(|_| Response::ok("edited")).unwrap();
    let url = &origin.url("/");
    let sent = |settings: &[&str], curls: &[&str]| {
        let ended = run("header-editor", settings, &[curls, &[url]].concat());
        passed(&ended, b"edited");
        assert_eq!(
            printed(&ended.0, "header_editor.wasm"),
            ["CURLE_OK: status 200, 6 bytes delivered"]
        );
        origin.requests().pop().unwrap()
    };
    let request = sent(&["set.X-Team=blue", "remove=User-Agent,Accept"], &[]);
    let host = origin.address();
    assert_eq!(
        request.head,
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Team: blue\r\n\r\n")
    );
    // The guest has the last word over the caller's own, whatever the case.
    let request = sent(
        &["set.x-team=blue"],
        &["-H", "X-Team: red", "-H", "X-TEAM: green", "-H", "X-Other: kept"],
    );
    let teams = request
        .head
        .lines()
        .filter(|it| it.to_lowercase().starts_with("x-team:"));
    assert_eq!(teams.collect::<Vec<_>>(), ["x-team: blue"], "{}", request.head);
    assert_eq!(request.header("x-other"), Some("kept"));
    let request = sent(&["remove=X-Team , Host"], &["-H", "X-Team: red"]);
    assert_eq!(
        (request.header("x-team"), request.header("host")),
        (None, None),
        "{}",
        request.head
    );
    let request = sent(&["set.User-Agent=mine", "set.Accept=text/html"], &["-H", "Accept:"]);
    assert_eq!(
        (request.header("user-agent"), request.header("accept")),
        (Some("mine"), Some("text/html"))
    );
    let request = sent(&["set.X-Empty="], &[]);
    assert_eq!(request.header("x-empty"), Some(""), "{}", request.head);
    let request = sent(&["set.Content-Type=text/plain"], &["-d", "x"]);
    assert_eq!(
        (request.header("content-type"), request.text().as_str()),
        (Some("text/plain"), "x")
    );

    let before = origin.accepted();
    for (setting, words) in [
        ("other=1", "--set set.NAME=VALUE"),
        ("set.Content-Length=0", "Content-Length"),
        ("set.Transfer-Encoding=chunked", "Transfer-Encoding"),
        ("set.X-A=b\r\nX-B: c", "X-A"),
        ("set.X A=b", "X A"),
        ("remove=Content-Length", "Content-Length"),
        ("remove=", "\"\""),
    ] {
        refused(
            &run("header-editor", &[setting], &[url]),
            42,
            "start",
            "guest-abort",
            words,
            b"",
        );
    }
    assert_eq!(origin.accepted(), before);
    // It prints of a failure too.
    let failing = http::serve(|_| Response::status(404)).unwrap();
    let (ended, _) = run("header-editor", &["set.X-A=b"], &["-f", &failing.url("/")]);
    assert_eq!(ended.code(), Some(22), "{}", ended.stderr);
    assert_eq!(
        printed(&ended, "header_editor.wasm"),
        ["CURLE_HTTP_RETURNED_ERROR: status 404, 0 bytes delivered"]
    );
}
