//! curl's options that change the request, by the bytes on the wire: what the origin read, and that the curl tool sends the
//! same for the same line.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;
use transferhost_tests::request::Request;

/// Redirects `/301` and the like to `/end`, `/away` to the host `localhost`, and answers the rest with its method.
fn origin() -> Origin {
    http::serve(|request| match request.path() {
        "/301" => Response::redirect(301, "/end"),
        "/302" => Response::redirect(302, "/end"),
        "/303" => Response::redirect(303, "/end"),
        "/away" => {
            let port = request
                .header("host")
                .and_then(|host| host.split(':').nth(1))
                .unwrap_or("80");
            Response::redirect(302, &format!("http://localhost:{port}/end"))
        }
        _ => Response::ok(request.method()),
    })
    .unwrap()
}

/// Runs both with these words, URL and FILE among them replaced, and returns what was asked.
fn asked(origin: &Origin, file: &Path, words: &[&str]) -> Vec<Request> {
    let words = words.iter().map(|word| {
        let word = word.replace("URL", &origin.url(""));
        word.replace("FILE", &file.to_string_lossy())
    });
    let (code, requests) = Same::new(words).alike(origin);
    assert_eq!(code, Some(0));
    requests
}

fn one(origin: &Origin, file: &Path, words: &[&str]) -> Request {
    let requests = asked(origin, file, words);
    assert_eq!(requests.len(), 1, "{words:?}");
    requests.into_iter().next().unwrap()
}

#[test]
fn data_is_posted_as_each_option_says() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "a=1\r\nb=2\n").unwrap();
    for (words, body) in [
        (&["-d", "x", "-d", "y=z", "URL/"][..], "x&y=z"),
        (&["-d", "", "URL/"], ""),
        (&["-d@FILE", "URL/"], "a=1b=2"),
        (&["--data-ascii", "@FILE", "URL/"], "a=1b=2"),
        (&["--data-binary", "@FILE", "URL/"], "a=1\r\nb=2\n"),
        (&["--data-raw", "@file", "URL/"], "@file"),
        (&["--data-urlencode", "n@FILE", "URL/"], "n=a%3D1%0D%0Ab%3D2%0A"),
        (
            &["--data-urlencode", "n=b c&d", "--data-urlencode", "e f", "URL/"],
            "n=b+c%26d&e+f",
        ),
        (&["--json", "{\"a\":", "--json", "1}", "URL/"], "{\"a\":1}"),
    ] {
        let request = one(&origin, &file, words);
        assert_eq!((request.method(), request.text().as_str()), ("POST", body), "{words:?}");
    }
    let json = one(&origin, &file, &["--json", "[]", "URL/"]);
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert_eq!(json.header("accept"), Some("application/json"));
    let own = one(&origin, &file, &["--json", "[]", "-H", "content-type: a/b", "URL/"]);
    assert_eq!(own.header("content-type"), Some("a/b"));
}

#[test]
fn a_query_is_added_to() {
    let origin = origin();
    let none = Path::new("");
    for (words, target) in [
        (
            &["-G", "-d", "a=b", "--data-urlencode", "c=d e", "URL/p"][..],
            "/p?a=b&c=d+e",
        ),
        (&["-G", "-d", "a=b", "URL/p?q#f"], "/p?q&a=b"),
        (
            &["--url-query", "a=b c", "--url-query", "+d%20e=f", "URL/p"],
            "/p?a=b+c&d%20e=f",
        ),
        (&["--url-query", "a", "-I", "URL/p"], "/p?a"),
    ] {
        // A query with a blank is sent as it is, by curl as well.
        let request = one(&origin, none, words);
        let sent = request
            .head
            .lines()
            .next()
            .unwrap()
            .split_once(' ')
            .unwrap()
            .1
            .to_owned();
        assert_eq!(sent.trim_end_matches(" HTTP/1.1"), target, "{words:?}");
        assert!(request.body.is_empty() && request.method() != "POST");
    }
    let posted = one(&origin, none, &["--url-query", "a", "-d", "b", "URL/"]);
    assert_eq!((posted.target(), posted.text().as_str()), ("/?a", "b"));
}

#[test]
fn the_request_line_is_what_was_asked_for() {
    let origin = origin();
    let none = Path::new("");
    for (words, line) in [
        (&["-I", "URL/p"][..], "HEAD /p HTTP/1.1"),
        (&["-I", "-G", "-d", "a", "URL/p"], "HEAD /p?a HTTP/1.1"),
        (
            &["-X", "OPTIONS", "--request-target", "*", "URL/"],
            "OPTIONS * HTTP/1.1",
        ),
        (&["--path-as-is", "URL/a/../b/./c"], "GET /a/../b/./c HTTP/1.1"),
        (&["URL/a/../b/./c"], "GET /b/c HTTP/1.1"),
        (&["--http1.0", "URL/"], "GET / HTTP/1.0"),
        (&["-0", "--http1.1", "URL/"], "GET / HTTP/1.1"),
    ] {
        let request = one(&origin, none, words);
        assert_eq!(request.head.lines().next(), Some(line), "{words:?}");
    }
}

#[test]
fn headers_that_options_set() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let touched = fs::File::options().write(true).open(&file).unwrap();
    touched
        .set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(86_400))
        .unwrap();
    for (words, name, value) in [
        (&["-A", "me", "URL/"][..], "user-agent", Some("me")),
        (&["-A", "", "URL/"], "user-agent", None),
        (&["-e", "http://a/", "URL/"], "referer", Some("http://a/")),
        (&["-e", "", "URL/"], "referer", None),
        (&["-r", "0-3", "URL/"], "range", Some("bytes=0-3")),
        (&["-r", "-5", "URL/"], "range", Some("bytes=-5")),
        (&["-r", "7", "URL/"], "range", Some("bytes=7-")),
        (&["-r", "0-1,4-5", "URL/"], "range", Some("bytes=0-1,4-5")),
        (
            &["-z", "1 Jan 2020", "URL/"],
            "if-modified-since",
            Some("Wed, 01 Jan 2020 00:00:00 GMT"),
        ),
        (
            &["-z", "-20200101", "URL/"],
            "if-unmodified-since",
            Some("Wed, 01 Jan 2020 00:00:00 GMT"),
        ),
        (
            &["-z", "FILE", "URL/"],
            "if-modified-since",
            Some("Fri, 02 Jan 1970 00:00:00 GMT"),
        ),
        (&["--oauth2-bearer", "t0k", "URL/"], "authorization", Some("Bearer t0k")),
        (&["--compressed", "--no-compressed", "URL/"], "accept-encoding", None),
    ] {
        assert_eq!(one(&origin, &file, words).header(name), value, "{words:?}");
    }
}

#[test]
fn redirects_keep_what_they_are_told_to() {
    let origin = origin();
    let none = Path::new("");
    let second = |words: &[&str]| {
        let requests = asked(&origin, none, words);
        assert_eq!(requests.len(), 2, "{words:?}");
        requests[1].clone()
    };
    for (path, flag) in [
        ("URL/301", "--post301"),
        ("URL/302", "--post302"),
        ("URL/303", "--post303"),
    ] {
        let plain = second(&["-L", "-d", "x", path]);
        assert_eq!((plain.method(), plain.text().as_str()), ("GET", ""), "{path}");
        let kept = second(&["-L", "-d", "x", flag, path]);
        assert_eq!((kept.method(), kept.text().as_str()), ("POST", "x"), "{path}");
    }
    let from = second(&["-L", "-e", "http://a/;auto", "URL/302"]);
    assert_eq!(from.header("referer"), Some(origin.url("/302").as_str()));
    let credentials = |flag| {
        second(&[flag, "-u", "a:b", "URL/away"])
            .header("authorization")
            .is_some()
    };
    assert!(!credentials("-L") && credentials("--location-trusted"));
}

#[test]
fn http2_from_the_first_byte_on() {
    let origin = Origin::serve(|mut connection| connection.expect_head().map(drop)).unwrap();
    let ended = Same::new(["-s", "--http2-prior-knowledge", &origin.url("/")]).ours();
    assert_ne!(ended.code(), Some(0));
    assert_eq!(origin.requests()[0].head, "PRI * HTTP/2.0\r\n\r\n");
}
