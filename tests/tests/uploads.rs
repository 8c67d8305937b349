//! What goes out: each of curl's flags that shapes a request sends what the curl tool sends; and what a guest of `read`
//! makes of it, in the files of `uploads/`.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;
use transferhost_tests::request::Request;

#[path = "uploads/answers.rs"]
mod answers;
#[path = "uploads/ftp.rs"]
mod ftp;
#[path = "uploads/http2.rs"]
mod http2;
#[path = "uploads/large.rs"]
mod large;
#[path = "uploads/pauses.rs"]
mod pauses;
#[path = "uploads/scripted.rs"]
mod scripted;
#[path = "uploads/silence.rs"]
mod silence;

/// Takes everything.
fn origin() -> Origin {
    http::serve(|_| Response::ok("taken\n")).unwrap()
}

/// Both send the same and end well; what was sent.
fn sent(origin: &Origin, arguments: &[&str]) -> Request {
    sent_with(origin, arguments, b"")
}

fn sent_with(origin: &Origin, arguments: &[&str], input: &[u8]) -> Request {
    let same = Same::new(["-sS"].iter().chain(arguments)).input(input);
    let (code, mut requests) = same.alike(origin);
    assert_eq!((code, requests.len()), (Some(0), 1), "{arguments:?}");
    requests.remove(0)
}

#[test]
fn a_plain_request_is_curls() {
    let origin = origin();
    let request = sent(&origin, &[&origin.url("/a?b=c#d")]);
    assert_eq!((request.method(), request.target()), ("GET", "/a?b=c"));
    assert_eq!(request.header("accept"), Some("*/*"));
    assert!(request.header("user-agent").unwrap().starts_with("curl/"));
    let request = sent(&origin, &[&origin.url_as("user:p%40ss@127.0.0.1", "/")]);
    assert_eq!(request.header("authorization"), Some("Basic dXNlcjpwQHNz"));
    sent(&origin, &["--http1.1", &origin.url("/")]);
    sent(&origin, &["--url", &origin.url("/../a/./b/../c%20d")]);
    sent(&origin, &[&origin.url("")]);
}

#[test]
fn data_is_posted() {
    let origin = origin();
    let url = &origin.url("/");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "one\r\ntwo\nthree=%20&\u{e9}\n").unwrap();
    let at = &format!("@{}", file.display());

    let request = sent(&origin, &["-d", "a=1", url]);
    assert_eq!((request.method(), request.text().as_str()), ("POST", "a=1"));
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(sent(&origin, &["-d", "a", "-d", "b=c", url]).text(), "a&b=c");
    assert_eq!(sent(&origin, &["-d", at, url]).text(), "onetwothree=%20&\u{e9}");
    assert_eq!(
        sent(&origin, &["-d", "x", "-d", at, url]).text(),
        "x&onetwothree=%20&\u{e9}"
    );
    assert_eq!(
        sent_with(&origin, &["-d", "@-", url], b"from\nstdin").text(),
        "fromstdin"
    );
    assert_eq!(sent(&origin, &["-d", "", url]).header("content-length"), Some("0"));
    assert_eq!(sent(&origin, &["-d", "", "-d", "", url]).text(), "&");
    assert_eq!(sent(&origin, &["-d", "", "-d", "b", url]).text(), "&b");
    assert_eq!(sent(&origin, &["-da=1", "--data", "b", url]).text(), "a=1&b");
}

#[test]
fn large_data_waits_for_100_as_curls_does() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data");
    let at = &format!("@{}", file.display());
    for size in [1 << 10, 1 << 20, (1 << 20) + 1, 3 << 20] {
        fs::write(&file, vec![b'x'; size]).unwrap();
        assert_eq!(sent(&origin, &["-d", at, &origin.url("/")]).body.len(), size);
        assert_eq!(
            sent(&origin, &["-T", &at[1..], &origin.url("/")]).body,
            vec![b'x'; size]
        );
    }
}

#[test]
fn a_file_is_put() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("name of it");
    fs::write(&file, b"\0\xff\r\n").unwrap();
    let path = &*file.to_string_lossy();
    let request = sent(&origin, &["-T", path, &origin.url("/there")]);
    assert_eq!(
        (request.method(), request.target(), &request.body[..]),
        ("PUT", "/there", &b"\0\xff\r\n"[..])
    );
    assert_eq!(request.header("content-length"), Some("4"));
    // The file's name completes a URL that names a folder, before its query and fragment.
    for (given, target) in [
        ("/folder/", "/folder/name%20of%20it"),
        ("", "/name%20of%20it"),
        ("?a=b/", "/name%20of%20it?a=b/"),
        ("/folder/?a=b", "/folder/name%20of%20it?a=b"),
        ("/folder/#a/", "/folder/name%20of%20it"),
        ("/there?a=b/", "/there?a=b/"),
    ] {
        assert_eq!(
            sent(&origin, &["-T", path, &origin.url(given)]).target(),
            target,
            "{given}"
        );
    }
    assert_eq!(
        sent(&origin, &["-T", path, "-X", "POST", &origin.url("/x")]).method(),
        "POST"
    );
    fs::write(&file, "").unwrap();
    assert_eq!(
        sent(&origin, &["-T", path, &origin.url("/x")]).header("content-length"),
        Some("0")
    );
}

#[test]
fn stdin_is_put_in_chunks() {
    let origin = origin();
    let input = vec![b'i'; 200_000];
    let request = sent_with(&origin, &["-T", "-", &origin.url("/x")], &input);
    assert_eq!(request.header("transfer-encoding"), Some("chunked"));
    assert_eq!(request.header("content-length"), None);
    assert_eq!(request.body, input);
    assert_eq!(sent_with(&origin, &["-T", "-", &origin.url("/x")], b"").body, b"");
    // There is no name to complete the URL with.
    assert_eq!(sent_with(&origin, &["-T", "-", &origin.url("/")], b"x").target(), "/");
}

#[test]
fn what_cannot_be_read_is_26() {
    let origin = origin();
    let url = &origin.url("/x");
    // Of -d the curl tool says so since 8.0; one that is older posts nothing instead.
    for arguments in [
        ["-T", "/nowhere/file"],
        ["-d", "@/nowhere/file"],
        ["-H", "@/nowhere/file"],
    ] {
        let run = Same::new(["-sS"].iter().chain(&arguments).chain(&[url.as_str()])).ours();
        assert_eq!(run.code(), Some(26), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains("/nowhere/file"), "{}", run.stderr);
    }
    // A folder can be opened, and read no further. The curl tool takes that for an empty file.
    let run = Same::new(["-sS", "-T", "/", url]).ours();
    assert_eq!(run.code(), Some(26), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert_eq!(origin.requests().len(), 0);
}

#[test]
fn methods_are_anyones() {
    let origin = origin();
    let url = &origin.url("/");
    for (arguments, method) in [
        (&["-X", "DELETE"][..], "DELETE"),
        (&["-X", "PUT", "-d", "a"], "PUT"),
        (&["--request", "GET", "-d", "a"], "GET"),
        (&["-XOPTIONS"], "OPTIONS"),
        (&["-X", "lower"], "lower"),
        (&["-X", "POST"], "POST"),
    ] {
        let request = sent(&origin, &[arguments, &[url.as_str()]].concat());
        assert_eq!(request.method(), method);
    }
}

#[test]
fn headers_are_set_removed_and_emptied() {
    let origin = origin();
    let url = &origin.url("/");
    let header = |arguments: &[&str], name: &str| {
        let request = sent(&origin, &[arguments, &[url.as_str()]].concat());
        request.header(name).map(str::to_owned)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(header(&["-H", "X-A: one"], "x-a"), some("one"));
    assert_eq!(header(&["-H", "X-A: one", "-H", "X-A: two"], "x-a"), some("one"));
    assert_eq!(header(&["-H", "Accept:"], "accept"), None);
    assert_eq!(header(&["-H", "accept: text/html"], "accept"), some("text/html"));
    assert_eq!(header(&["-H", "User-Agent:"], "user-agent"), None);
    assert_eq!(header(&["-H", "User-Agent: mine"], "user-agent"), some("mine"));
    assert_eq!(header(&["-H", "X-Empty;"], "x-empty"), some(""));
    assert_eq!(header(&["-H", "Host: elsewhere"], "host"), some("elsewhere"));
    assert_eq!(header(&["-H", "Host:"], "host"), None);
    assert_eq!(
        header(&["-H", "Content-Type: application/json", "-d", "{}"], "content-type"),
        some("application/json")
    );
    assert_eq!(header(&["-H", "Content-Type:", "-d", "x"], "content-type"), None);
    assert_eq!(
        header(&["-H", "Transfer-Encoding: chunked", "-d", "x"], "transfer-encoding"),
        some("chunked")
    );
    assert_eq!(header(&["-H", "Cookie: a=b"], "cookie"), some("a=b"));
    assert_eq!(header(&["-H", "X-\u{e9}: \u{e9}"], "x-\u{e9}"), some("\u{e9}"));
}

#[test]
fn the_space_around_a_value_does_not_count() {
    let origin = origin();
    // The curl tool sends what it was given; here a guest may have rewritten it, so one form is sent for all.
    for given in ["X-A:one  two", "X-A:   one  two  ", "X-A:\tone  two"] {
        let run = Same::new(["-sS", "-H", given, &origin.url("/")]).ours();
        assert_eq!(run.code(), Some(0), "{}", run.stderr);
    }
    let requests = origin.requests();
    assert!(
        requests.iter().all(|it| it.head.contains("\r\nX-A: one  two\r\n")),
        "{requests:?}"
    );
}

#[test]
fn headers_come_from_a_file() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("headers");
    fs::write(&file, "X-A: one\nX-B: two\r\n\nAccept:\n").unwrap();
    let at = &format!("@{}", file.display());
    let request = sent(&origin, &["-H", at, &origin.url("/")]);
    assert_eq!(
        (request.header("x-a"), request.header("x-b")),
        (Some("one"), Some("two"))
    );
    assert_eq!(request.header("accept"), None);
}

#[test]
fn compressed_asks_for_what_can_be_decoded() {
    let origin = origin();
    let run = Same::new(["-sS", "--compressed", &origin.url("/")]).ours();
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    // The curl tool's own libcurl may know more encodings than the bundled one.
    let asked = origin.requests()[0].header("accept-encoding").unwrap().to_owned();
    assert!(asked.contains("gzip") && asked.contains("deflate"), "{asked}");
}
