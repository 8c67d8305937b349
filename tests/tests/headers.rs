//! Header lines: what `-i` shows, and what a guest is told and may change of it.

use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::nginx::Nginx;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::reference::Same;
use transferhost_tests::tls::Authority;

/// One response a path, some of which no polite server would send.
fn origin() -> Origin {
    Origin::serve(|mut connection| {
        while let Some(request) = connection.next_request()? {
            let response: &[u8] = match request.path() {
                "/hints" => {
                    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                }
                "/trailers" => {
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-End: 2\r\n\r\n"
                }
                "/moved" => b"HTTP/1.1 302 Found\r\nLocation: /hints\r\nContent-Length: 3\r\n\r\nno\n",
                "/odd" => {
                    b"HTTP/1.1 200 Quite \xfc\xf6\r\nX-Bytes: \xff\x01\r\nX-Empty:\r\nx-again: 1\r\nX-Again: 2\r\nContent-Length: 0\r\n\r\n"
                }
                "/bare" => b"HTTP/1.1 200\nContent-Length: 2\n\nok",
                "/folded" => b"HTTP/1.1 200 OK\r\nX-Long: one\r\n two\r\n\tthree\r\nContent-Length: 2\r\n\r\nok",
                _ => b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
            };
            connection.send(response)?;
        }
        Ok(())
    })
    .unwrap()
}

#[test]
fn what_i_shows_is_what_curl_shows() {
    let origin = origin();
    for path in ["/hints", "/trailers", "/odd", "/bare", "/nothing"] {
        let (code, _) = Same::new(["-sSi", &origin.url(path)]).alike(&origin);
        assert_eq!(code, Some(0), "{path}");
    }
    for arguments in ["-sSi", "-sSiL", "-sSL"] {
        let (code, _) = Same::new([arguments, &origin.url("/moved")]).alike(&origin);
        assert_eq!(code, Some(0), "{arguments}");
    }
    let (code, _) = Same::new(["-sSif", &origin.url("/nothing")]).alike(&origin);
    assert_eq!(code, Some(0));
}

#[test]
fn http_2_shows_headers_as_curl_does() {
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    let ca = authority.ca_file();
    for (version, path) in [
        ("--http2", "/small.txt"),
        ("--http1.1", "/small.txt"),
        ("--http2", "/denied"),
        ("--http2", "/moved"),
    ] {
        let both = Same::new(["-sSiL", version, "--cacert", &ca.to_string_lossy(), &nginx.https(path)]).both();
        // The second in which it was asked stands in `date`.
        let undated = |text: String| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.to_lowercase().starts_with("date:"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(
            undated(both.ours.text()),
            undated(both.curls.text()),
            "{version} {path}"
        );
    }
}

#[test]
fn a_guest_is_told_every_line() {
    let origin = origin();
    let told = |path: &str, more: &str| -> Vec<String> {
        let ended = Transferhost::run()
            .arg(guest("headers-to-stderr"))
            .args([more, &origin.url(path)])
            .end();
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        let lines = ended.stderr.lines();
        lines
            .map(|line| line.strip_prefix("headers_to_stderr.wasm: ").unwrap_or(line).to_owned())
            .collect()
    };
    assert_eq!(
        told("/hints", "-sS"),
        [
            "HTTP/1.1 103 Early Hints",
            "Link: </a>",
            "",
            "HTTP/1.1 200 OK",
            "Content-Length: 2",
            ""
        ]
    );
    // The blank line before trailers ends the head; none comes after them.
    assert_eq!(
        told("/trailers", "-sS"),
        [
            "HTTP/1.1 200 OK",
            "Transfer-Encoding: chunked",
            "",
            "X-Sum: 1",
            "X-End: 2"
        ]
    );
    let hops = told("/moved", "-sSL");
    assert_eq!(
        hops.iter().filter(|line| line.starts_with("HTTP/1.1 ")).count(),
        3,
        "{hops:?}"
    );
    assert_eq!(told("/moved", "-sS").len(), 4);
}

#[test]
fn a_dropped_line_is_not_shown_but_read() {
    let origin = origin();
    let run = |path: &str, flag: &str| {
        Transferhost::run()
            .args(["--outcome", "-"])
            .arg(guest("headers-to-stderr"))
            .args([flag, &origin.url(path)])
            .end()
    };
    // Location and Content-Length were dropped, and libcurl went by them all the same.
    let ended = run("/moved", "-sSiL");
    let told = outcome::of(&ended);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "ok"),
        "{}",
        ended.stderr
    );
    assert_eq!(told["effective_url"], origin.url("/hints"));
    assert_eq!(told["status"], 200);
    // Bytes that are no UTF-8 come out on a terminal that lives.
    let ended = run("/odd", "-sS");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains('\u{1}'), "{:?}", ended.stderr);
}

#[test]
fn headers_go_to_the_sink_with_the_body_and_count() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(guest("pass"))
        .args(["-sSi", &origin.url("/")])
        .end();
    let told = outcome::of(&ended);
    assert_eq!(told["bytes"]["delivered"], ended.stdout.len());
    assert_eq!(told["bytes"]["received"], 4);
    assert_eq!(outcome::calls(&told, "write"), 1);
}

#[test]
fn folded_lines_are_told_as_libcurl_tells_them() {
    let origin = origin();
    let ended = Same::new(["-sSi", &origin.url("/folded")]).ours();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    // libcurl has unfolded them since 8.11; older ones show each line.
    let text = ended.text();
    assert!(
        text.contains("one two three\r\n") || text.contains("one\r\n two\r\n\tthree\r\n"),
        "{text:?}"
    );
}
