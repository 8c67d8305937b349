//! Limits of pycurl that are lifted here: what is written, shown and sent goes through the guest and to the caller's
//! files at once. And the places where libcurl does something else than its documentation says.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::hostile;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::reference::Same;
use transferhost_tests::running::Ended;

#[path = "kit/puppet.rs"]
mod puppet;

use puppet::Puppet;

/// Each chunk is two bytes then.
const REPLACED: &str = "(call $bytes (i32.const 1) (i32.const 1024) (i32.const 2))";
/// Two bytes of the guest's own, then the caller's.
const FRONT: &str = "
    (if (i32.eq (call $next) (i32.const 1))
      (then (return (call $bytes (i32.const 1) (i32.const 1024) (i32.const 2)))))
    call $ok";
/// Lines that begin with `x` or `X` are dropped, those that begin with `s` or `S` replaced by the two bytes.
const EDITS: &str = "
    (local.set $i (i32.or (i32.load8_u (local.get $at)) (i32.const 0x20)))
    (if (i32.eq (local.get $i) (i32.const 0x78)) (then (return (call $case (i32.const 2) (i32.const 0)))))
    (if (i32.eq (local.get $i) (i32.const 0x73))
      (then (return (call $bytes (i32.const 1) (i32.const 1024) (i32.const 2)))))
    call $ok";
const SHOWN: &str = "HTTP/1.1 200 OK\r\nnoContent-Length: 4\r\n\r\n";

fn origin() -> Origin {
    http::serve(|_| Response::ok("body").header("X-Secret", "1").header("Server", "mine")).unwrap()
}

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn word(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn run(puppet: &Puppet, curls: &[&str]) -> (Ended, Value) {
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(puppet.path())
        .arg("-sS")
        .args(curls)
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

#[test]
fn a_file_gets_what_write_makes_of_the_body() {
    let (origin, files) = (origin(), Files::new());
    let puppet = Puppet::new(&[("write", REPLACED)]);
    let (ended, _) = run(&puppet, &["-o", &files.word("out"), &origin.url("/")]);
    assert_eq!((ended.code(), ended.text().as_str()), (Some(0), ""), "{}", ended.stderr);
    assert_eq!(files.text("out"), "no");
}

#[test]
fn a_file_of_headers_gets_what_header_makes_of_them() {
    let (origin, files) = (origin(), Files::new());
    let (puppet, url) = (Puppet::new(&[("header", EDITS)]), &*origin.url("/"));
    let (ended, told) = run(&puppet, &["-D", &files.word("dump"), url]);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    assert_eq!(files.text("dump"), SHOWN);
    assert_eq!(told["bytes"]["delivered"], 4, "what is dumped is not the body's sink");
    let (ended, _) = run(&puppet, &["-D", "-", url]);
    assert_eq!(
        (ended.code(), ended.text()),
        (Some(0), format!("{SHOWN}body")),
        "{}",
        ended.stderr
    );
    // With -i the same lines go both ways.
    let (ended, _) = run(&puppet, &["-i", "-D", &files.word("both"), url]);
    assert_eq!(
        (ended.code(), ended.text()),
        (Some(0), format!("{SHOWN}body")),
        "{}",
        ended.stderr
    );
    assert_eq!(files.text("both"), SHOWN);
}

#[test]
fn each_line_is_dumped_once_though_header_pauses() {
    let (origin, files) = (origin(), Files::new());
    let pauses = "
        (if (i32.and (call $next) (i32.const 1)) (then (return (call $case (i32.const 3) (i32.const 1)))))
        call $ok";
    let puppet = Puppet::new(&[("header", pauses)]);
    let (ended, _) = run(&puppet, &["-i", "-D", &files.word("dump"), &origin.url("/")]);
    let head = "HTTP/1.1 200 OK\r\nX-Secret: 1\r\nServer: mine\r\nContent-Length: 4\r\n\r\n";
    assert_eq!(
        (ended.code(), ended.text()),
        (Some(0), format!("{head}body")),
        "{}",
        ended.stderr
    );
    assert_eq!(files.text("dump"), head);
}

#[test]
fn a_file_is_sent_through_read() {
    let (origin, files) = (origin(), Files::new());
    fs::write(files.path("up"), vec![b'u'; 200_000]).unwrap();
    let puppet = Puppet::new(&[("read", FRONT)]);
    let (ended, _) = run(&puppet, &["-T", &files.word("up"), &origin.url("/x")]);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "body"),
        "{}",
        ended.stderr
    );
    let sent = origin.requests().pop().unwrap();
    assert_eq!(sent.body.len(), 200_002);
    assert!(sent.body.starts_with(b"no") && sent.body[2..].iter().all(|byte| *byte == b'u'));
}

#[test]
fn all_of_it_at_once() {
    let (origin, files) = (origin(), Files::new());
    fs::write(files.path("up"), "load").unwrap();
    let puppet = Puppet::new(&[("write", REPLACED), ("header", EDITS), ("read", FRONT)]);
    let words = ["out", "dump", "up"].map(|name| files.word(name));
    let [out, dump, up] = words.each_ref().map(String::as_str);
    let curls = ["-i", "-o", out, "-D", dump, "-T", up, &origin.url("/x")];
    let (ended, _) = run(&puppet, &curls);
    assert_eq!((ended.code(), ended.text().as_str()), (Some(0), ""), "{}", ended.stderr);
    // Before it sends, the origin may say that it wants to be sent to.
    assert!(files.text("dump").ends_with(SHOWN), "{}", files.text("dump"));
    assert_eq!(files.text("out"), format!("{}no", files.text("dump")));
    assert_eq!(origin.requests().pop().unwrap().text(), "noload");
}

#[test]
fn what_cannot_be_dumped_ends_it() {
    let origin = origin();
    for plugin in [&[("header", "call $ok")][..], &[("write", "call $ok")]] {
        let (ended, told) = run(&Puppet::new(plugin), &["-D", "/dev/full", &origin.url("/")]);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(23), (23, Some("sink"))),
            "{}",
            ended.stderr
        );
        assert_eq!(ended.text(), "");
        assert_eq!(told["abort"]["blame"], "caller", "{told}");
        assert!(ended.stderr.contains("(23) /dev/full: "), "{}", ended.stderr);
    }
    let (ended, _) = run(
        &Puppet::new(&[("write", "call $ok")]),
        &["-D", "/no/such/folder/dump", &origin.url("/")],
    );
    assert_eq!(ended.code(), Some(23), "{}", ended.stderr);
}

#[test]
fn what_d_dumps_is_what_curl_dumps() {
    let origin = http::serve(|request| match request.path() {
        "/moved" => Response::redirect(302, "/end").header("X-Hop", "1"),
        "/trailers" => Response::ok("body").chunked(2).trailer("X-Sum", "1"),
        path => Response::ok("body").header("X-Path", path),
    })
    .unwrap();
    let files = Files::new();
    let dump = files.word("dump");
    let (moved, trailers) = (origin.url("/moved"), origin.url("/trailers"));
    for curls in [
        &["-sS", "-D", &dump, &moved][..],
        &["-sSL", "-D", &dump, &moved],
        &["-sSi", "-D", &dump, &trailers],
        // One file holds the heads of all.
        &["-sS", "-D", &dump, &moved, &trailers],
        &["-sS", "-D", "-", &moved, &trailers],
        &["-sSiL", "-D", "-", &moved],
    ] {
        let same = Same::new(curls);
        let dumped = |ended: Ended| {
            let dumped = fs::read_to_string(&dump).unwrap_or_default();
            let _ = fs::remove_file(&dump);
            assert_eq!(ended.code(), Some(0), "{curls:?}: {}", ended.stderr);
            (ended.text(), dumped)
        };
        let (ours, curls_own) = (dumped(same.ours()), dumped(same.curls()));
        assert_eq!(ours, curls_own, "{curls:?}");
    }
}

/// libcurl's documentation says CURLE_COULDNT_CONNECT (7) of CURLOPT_SOCKOPTFUNCTION.
#[test]
fn sockopt_ends_in_42_and_not_in_7() {
    let origin = origin();
    for (plugin, cause) in [("refuse-sockopt", "refused"), ("abort-sockopt", "guest-abort")] {
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .arg(hostile(plugin))
            .args(["-sS", &origin.url("/")])
            .end();
        let told = outcome::of(&ended);
        assert_eq!(outcome::end(&told), (42, Some(cause)), "{}", ended.stderr);
        if plugin == "refuse-sockopt" {
            assert_eq!(told["libcurl_code"], 42, "it is libcurl's own code");
        }
    }
    assert!(origin.requests().is_empty());
}

/// libcurl's documentation says that CURLOPT_WRITEFUNCTION may be called with zero bytes.
#[test]
fn write_is_not_called_for_an_empty_body() {
    let origin = http::serve(|request| match request.path() {
        "/length" => Response::ok(""),
        "/chunked" => Response::ok("").chunked(8),
        "/gzip" => Response::ok("").gzip(),
        _ => Response::status(204),
    })
    .unwrap();
    let puppet = Puppet::new(&[("write", "call $no"), ("write-end", "call $ok")]);
    for path in ["/length", "/chunked", "/gzip", "/nothing"] {
        let (ended, told) = run(&puppet, &["--compressed", &origin.url(path)]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), ""),
            "{path}: {}",
            ended.stderr
        );
        // What has to know that there was nothing is told so by `write-end`.
        assert_eq!(
            (outcome::calls(&told, "write"), outcome::calls(&told, "write-end")),
            (0, 1),
            "{path}"
        );
    }
}

/// libcurl's documentation says nothing of CURL_WRITEFUNC_PAUSE from CURLOPT_HEADERFUNCTION.
#[test]
fn header_may_pause() {
    let origin = origin();
    let once = "
        (if (i32.eq (call $next) (i32.const 2)) (then (return (call $case (i32.const 3) (i32.const 20)))))
        call $ok";
    let (ended, told) = run(&Puppet::new(&[("header", once)]), &["-i", &origin.url("/")]);
    let head = "HTTP/1.1 200 OK\r\nX-Secret: 1\r\nServer: mine\r\nContent-Length: 4\r\n\r\n";
    assert_eq!(
        (ended.code(), ended.text()),
        (Some(0), format!("{head}body")),
        "{}",
        ended.stderr
    );
    assert_eq!(outcome::calls(&told, "header"), 6, "one of the five lines came twice");
    let paused = told["seconds"]["paused"].as_f64().unwrap();
    assert!((paused - 0.02).abs() < 1e-6, "{paused}");
}
