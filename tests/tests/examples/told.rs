//! The plugins that print what libcurl tells, and the one that judges redirects.

use serde_json::Value;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;
use transferhost_tests::tls::Authority;

use super::{passed, refused, run};

fn printed<'a>(ended: &'a Ended, plugin: &str) -> Vec<&'a str> {
    let prefix = format!("{plugin}: ");
    ended.stderr.lines().filter_map(|it| it.strip_prefix(&prefix)).collect()
}

#[test]
pub(super) fn json_tracer() {
    // Plain text, text that JSON would need a backslash for, bytes, and more than is shown.
    let origin = http::serve(|request| match request.path() {
        "/quotes" => Response::ok("\"quoted\\\"\n"),
        "/bytes" => Response::ok(vec![0, 0xff, 0x10, 0x80]),
        "/utf-8" => Response::ok("\u{434}\u{440}\u{443}\u{436}\u{431}\u{430}"),
        "/long" => Response::ok(vec![b'l'; 1025]),
        _ => Response::ok("one\ntwo\n"),
    })
    .unwrap();
    let body = |path: &str| -> Value {
        let (ended, told) = run("json-tracer", &[], &[&origin.url(path)]);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(0), (0, None)),
            "{}",
            ended.stderr
        );
        let lines = printed(&ended, "json_tracer.wasm").into_iter();
        let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect(line)).collect();
        for line in &lines {
            let keys = line.as_object().unwrap().len();
            assert!(line["size"].is_u64() && (3..=4).contains(&keys), "{line}");
        }
        let headers: Vec<&Value> = lines.iter().filter(|line| line["callback"] == "header").collect();
        assert_eq!(
            (headers.len(), &headers[0]["text"][0]),
            (3, &"HTTP/1.1 200 OK".into()),
            "{}",
            ended.stderr
        );
        let mut bodies: Vec<Value> = lines.into_iter().filter(|line| line["type"] == "data-in").collect();
        assert_eq!(bodies.len(), 1, "{}", ended.stderr);
        bodies.remove(0)
    };
    let expect = |content: &str| -> Value {
        serde_json::from_str(&format!("{{\"callback\":\"debug\",\"type\":\"data-in\",{content}}}")).unwrap()
    };
    assert_eq!(body("/"), expect(r#""size":8,"text":["one","two"]"#));
    assert_eq!(body("/quotes"), expect(r#""size":10,"base64":"InF1b3RlZFwiCg==""#));
    assert_eq!(body("/bytes"), expect(r#""size":4,"base64":"AP8QgA==""#));
    assert_eq!(body("/utf-8"), expect(r#""size":12,"base64":"0LTRgNGD0LbQsdCw""#));
    assert_eq!(body("/long"), expect(r#""size":1025"#));
}

#[test]
pub(super) fn print_debug() {
    let origin = http::serve(|_| Response::ok("the answer")).unwrap();
    let ended = run("print-debug", &[], &["-d", "the question", &origin.url("/")]);
    passed(&ended, b"the answer");
    let lines = printed(&ended.0, "print_debug.wasm");
    for line in [
        "header-out: POST / HTTP/1.1",
        "data-out: 12 bytes",
        "header-in: HTTP/1.1 200 OK",
        "header-in: Content-Length: 10",
        "data-in: 10 bytes",
    ] {
        assert!(lines.contains(&line), "{line} in {lines:?}");
    }
    let text = |words: &str| lines.iter().any(|it| it.starts_with("text: ") && it.contains(words));
    assert!(
        text("Trying 127.0.0.1:") && text("left intact") || text("closing"),
        "{lines:?}"
    );
}

#[test]
pub(super) fn one_site_redirects() {
    // As a proxy it answers for every name there is, and nothing else is dialled.
    let proxy = http::serve(|request| match request.header("x-location") {
        _ if request.method() == "CONNECT" => Response::status(403),
        Some(location) if request.target().ends_with("/begin") => Response::redirect(302, location).body("moved"),
        _ => Response::ok("followed"),
    })
    .unwrap();
    let by_proxy = |first: &str, location: &str, setting: &[&str]| {
        let before = proxy.requests().len();
        let run = Transferhost::run()
            .args(["--outcome", "-"])
            .args(setting)
            .env("http_proxy", proxy.url(""))
            .env("https_proxy", proxy.url(""))
            .arg(guest("one-site-redirects"))
            .args(["-sSL", "-H", &format!("X-Location: {location}")])
            .arg(format!("{first}/begin"));
        let ended = run.end();
        let told = outcome::of(&ended);
        let requests = proxy.requests().split_off(before);
        (ended, told, requests)
    };
    for (first, location) in [
        ("http://site.test", "/there"),
        ("http://site.test", "http://SITE.Test/there"),
        ("http://Site.test", "HTTP://site.test:80/there"),
        ("http://site.test:80", "//site.test/there"),
        ("http://site.test", "http://site.test./there"),
        ("http://site.test", "http://user:word@site.test/there"),
        ("http://site.test:8080", "http://site.test:8080/there"),
        ("http://[::1]:8080", "http://[::1]:8080/there"),
    ] {
        let (ended, told, requests) = by_proxy(first, location, &["--set", "elsewhere=abort"]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "followed"),
            "{location}: {}",
            ended.stderr
        );
        assert_eq!(
            (requests.len(), outcome::calls(&told, "redirect")),
            (2, 1),
            "{location}"
        );
        assert!(
            requests[1].target().ends_with("/there"),
            "{location}: {}",
            requests[1].head
        );
    }
    // The same host's https is followed, which the proxy sees and does not let through.
    for location in ["https://site.test/there", "https://SITE.test.:443/"] {
        let (_, told, requests) = by_proxy("http://site.test", location, &["--set", "elsewhere=abort"]);
        assert_eq!(
            (requests.len(), requests[1].method()),
            (2, "CONNECT"),
            "{location}: {told}"
        );
    }
    for (first, location) in [
        ("http://site.test", "http://site.test:8080/there"),
        ("http://site.test:8080", "http://site.test/there"),
        ("http://site.test:8080", "https://site.test/there"),
        ("http://site.test", "https://site.test:8443/there"),
        ("http://site.test", "http://other.test/there"),
        ("http://site.test", "//other.test/there"),
        ("http://site.test", "https://other.test/there"),
        ("http://site.test", "http://sub.site.test/there"),
        ("http://sub.site.test", "http://site.test/there"),
        ("http://site.test", "http://site.test.other.test/there"),
        ("http://site.test", "http://site.tests/there"),
        ("http://site.test", "http://site.test@other.test/there"),
        ("http://site.test", "http://site.test:80@other.test/there"),
        ("http://site.test", "ftp://site.test/there"),
        ("http://[::1]", "http://[::2]/there"),
    ] {
        let (ended, told, requests) = by_proxy(first, location, &[]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), ""),
            "{location}: {}",
            ended.stderr
        );
        assert_eq!((&told["status"], requests.len()), (&302.into(), 1), "{location}");
        let lines = printed(&ended, "one_site_redirects.wasm");
        assert!(
            lines.len() == 1 && lines[0].contains("is not on the site of"),
            "{location}: {lines:?}"
        );
        let (ended, told, requests) = by_proxy(first, location, &["--set", "elsewhere=abort"]);
        refused(
            &(ended, told),
            42,
            "redirect",
            "guest-abort",
            "is not on the site of",
            b"",
        );
        assert_eq!(requests.len(), 1, "{location}");
    }
    let (ended, told, requests) = by_proxy("http://site.test", "/", &["--set", "elsewhere=perhaps"]);
    refused(&(ended, told), 42, "start", "guest-abort", "--set elsewhere=", b"");
    assert!(requests.is_empty());
    from_https();
}

/// From https there is no way back to http, though it be the same host.
fn from_https() {
    let authority = Authority::new().unwrap();
    let plain = http::serve(|_| Response::ok("plain")).unwrap();
    let back = plain.url("/");
    let secure = http::serve_on(
        Listen::default().tls(authority.server_config()),
        move |request| match request.path() {
            "/here" => Response::redirect(302, "/end"),
            "/back" => Response::redirect(302, &back),
            _ => Response::ok("secure"),
        },
    )
    .unwrap();
    let ca = authority.ca_file();
    let fetch = |path: &str| {
        run(
            "one-site-redirects",
            &[],
            &["-L", "--cacert", &ca.to_string_lossy(), &secure.url(path)],
        )
    };
    passed(&fetch("/here"), b"secure");
    passed(&fetch("/back"), b"");
    assert_eq!(plain.accepted(), 0);
}
