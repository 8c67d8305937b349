//! The responder, its TLS and nginx, tried with the curl tool, so that a red test elsewhere is never theirs.

use std::process::{Command, Output, Stdio};

use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::nginx::Nginx;
use transferhost_tests::tls::Authority;

/// The curl tool without its configuration files and proxies.
fn curl(arguments: &[&str]) -> Output {
    let mut curl = Command::new("curl");
    curl.env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .stdin(Stdio::null());
    curl.args(["-q", "-sS", "--max-time", "30"])
        .args(arguments)
        .output()
        .expect("curl is installed")
}

#[test]
fn a_responder_on_ipv6_keeps_the_connection() {
    let origin = http::serve_on(Listen::default().v6(), |request| match request.path() {
        "/a" => Response::redirect(302, "/b"),
        "/b" => Response::ok(vec![7; 100_000]).gzip().chunked(1000).trailer("Sum", "x"),
        _ => Response::status(404),
    })
    .unwrap();
    assert!(origin.url("/").starts_with("http://[::1]:"));
    let got = curl(&["-L", "--compressed", "-g", &origin.url("/a")]);
    assert_eq!(got.stdout, vec![7; 100_000]);
    let methods: Vec<_> = origin.requests().iter().map(|it| it.target().to_owned()).collect();
    assert_eq!((methods, origin.accepted()), (vec!["/a".into(), "/b".into()], 1));
}

#[test]
fn a_responder_takes_uploads_and_heads() {
    let origin = http::serve(|request| match request.method() {
        "HEAD" => Response::ok("never sent"),
        _ => Response::ok(request.body.clone()).close(),
    })
    .unwrap();
    let echoed = curl(&["-H", "Transfer-Encoding: chunked", "-d", "abc", &origin.url("/")]);
    assert_eq!(echoed.stdout, b"abc");
    let long = "x".repeat(100_000);
    let expects = curl(&["-H", "Expect: 100-continue", "-d", &long, &origin.url("/")]);
    assert_eq!(expects.stdout.len(), 100_000);
    let head = curl(&["-I", &origin.url("/")]);
    assert!(String::from_utf8_lossy(&head.stdout).contains("Content-Length: 10\r\n"));
}

#[test]
fn tls_is_trusted_through_the_authority_alone() {
    let authority = Authority::new().unwrap();
    let listen = Listen::default().tls(authority.server_config());
    let origin = http::serve_on(listen, |_| Response::ok("sealed")).unwrap();
    let ca = authority.ca_file();
    let ca = ca.to_str().unwrap();
    for url in [origin.url("/"), origin.url_as("localhost", "/")] {
        let got = curl(&["--cacert", ca, &url]);
        assert_eq!(got.stdout, b"sealed", "{}", String::from_utf8_lossy(&got.stderr));
    }
    assert_eq!(curl(&[&origin.url("/")]).status.code(), Some(60));
}

#[test]
fn nginx_serves_one_file_in_every_way() {
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    let content = std::fs::read(nginx.counted_file("counted", 300_001).unwrap()).unwrap();
    assert_eq!(content.len(), 300_001);
    let ca = authority.ca_file();
    let ca = ca.to_str().unwrap();
    for (path, says) in [
        ("/counted", "content-length: 300001"),
        ("/chunked/counted", "transfer-encoding: chunked"),
    ] {
        let got = curl(&["-D", "/dev/stderr", &nginx.http(path)]);
        assert!(got.stdout == content, "{path}");
        assert!(
            String::from_utf8_lossy(&got.stderr).to_lowercase().contains(says),
            "{path}"
        );
    }
    let got = curl(&["-D", "/dev/stderr", "--compressed", &nginx.http("/gzip/counted")]);
    assert!(got.stdout == content && String::from_utf8_lossy(&got.stderr).contains("Content-Encoding: gzip"));
    for version in ["--http1.1", "--http2"] {
        let got = curl(&["-D", "/dev/stderr", "--cacert", ca, version, &nginx.https("/counted")]);
        let head = String::from_utf8_lossy(&got.stderr).into_owned();
        assert!(got.stdout == content, "{version}: {head}");
        assert!(
            head.starts_with(if version == "--http2" {
                "HTTP/2 200"
            } else {
                "HTTP/1.1 200"
            }),
            "{head}"
        );
    }
    nginx.sparse_file("large", 1 << 30).unwrap();
    let got = curl(&["-I", &nginx.http("/large")]);
    assert!(String::from_utf8_lossy(&got.stdout).contains("Content-Length: 1073741824"));
}
