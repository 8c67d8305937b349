//! Proxies from the environment: curl's own habit under the policy `curl`, none of them under `tenant`.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::reference::Same;

/// A proxy that answers by itself: whom it would have asked is in its requests.
fn proxy() -> Origin {
    http::serve(|_| Response::ok("by proxy\n")).unwrap()
}

fn origin() -> Origin {
    http::serve_on(Listen::default().on("127.0.0.2".parse().unwrap()), |_| {
        Response::ok("direct\n")
    })
    .unwrap()
}

/// A plugin that traps unless the address that it is asked about is the proxy's: `dialled` is 1.
fn wants_proxy(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("wants-proxy.wat");
    fs::write(&path, include_str!("proxy/wants-proxy.wat")).unwrap();
    path
}

#[test]
fn variables_are_heard_as_curl_hears_them() {
    let (proxy, origin) = (proxy(), origin());
    let (url, by) = (origin.url("/a?b"), proxy.url(""));
    for (environment, proxied) in [
        (&[("http_proxy", by.as_str())][..], true),
        // In capitals it could be a request's header that a CGI passed on.
        (&[("HTTP_PROXY", &by)], false),
        (&[("ALL_PROXY", &by)], true),
        (&[("all_proxy", &by)], true),
        (&[("https_proxy", &by)], false),
        (&[("http_proxy", &by), ("no_proxy", "127.0.0.2")], false),
        (&[("http_proxy", &by), ("NO_PROXY", "*")], false),
        (&[("http_proxy", &by), ("no_proxy", "127.0.0.3")], true),
        (&[("http_proxy", "")], false),
    ] {
        let seen = proxy.requests().len();
        let mut same = Same::new(["-sS", &url]);
        for (name, value) in environment {
            same = same.env(name, value);
        }
        let both = same.both();
        let expected = if proxied { "by proxy\n" } else { "direct\n" };
        assert_eq!(both.ours.text(), expected, "{environment:?}: {}", both.ours.stderr);
        assert_eq!(both.curls.text(), expected, "the curl tool differs: {environment:?}");
        assert_eq!(proxy.requests().len() - seen, if proxied { 2 } else { 0 });
    }
    assert_eq!(proxy.requests()[0].target(), url);
}

#[test]
fn a_guest_is_asked_about_the_proxys_address() {
    let (proxy, origin) = (proxy(), origin());
    let folder = TempDir::new().unwrap();
    let run = |plugin: &std::path::Path, set: &str| {
        Transferhost::run()
            .args(["--trace-calls", "--outcome", "-", "--set", set])
            .arg(plugin)
            .args(["-sS", &origin.url("/")])
    };
    // One that leads to the proxy itself changes nothing, and its trace shows what it was asked.
    let to = format!("to={}", proxy.address());
    let ended = run(&hostile("connect-elsewhere"), &to)
        .env("http_proxy", proxy.url(""))
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "by proxy\n"),
        "{}",
        ended.stderr
    );
    let asked: Vec<_> = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("opensocket("))
        .collect();
    assert_eq!(asked.len(), 1, "{}", ended.stderr);
    assert!(
        asked[0].starts_with(&format!("opensocket({})", proxy.address())),
        "{asked:?}"
    );

    // A guard on addresses sees the proxy's, never the origin's, and its refusal is heard.
    let ended = run(&guest("ssrf-guard"), "a=b").env("http_proxy", proxy.url("")).end();
    assert_eq!(ended.code(), Some(7), "{}", ended.stderr);
    assert!(ended.stderr.contains(&proxy.address().to_string()), "{}", ended.stderr);
    assert!(
        !ended.stderr.contains(&format!("denied {}", origin.address())),
        "{}",
        ended.stderr
    );

    // `transfer.dialled` tells the guest which of the two it is.
    let wants_proxy = wants_proxy(&folder);
    let ended = run(&wants_proxy, "a=b").env("http_proxy", proxy.url("")).end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "by proxy\n"),
        "{}",
        ended.stderr
    );
    let ended = run(&wants_proxy, "a=b").end();
    let told = outcome::of(&ended);
    assert_eq!(ended.code(), Some(7), "{}", ended.stderr);
    assert_eq!(told["abort"]["callback"], "opensocket");
    assert_eq!((origin.accepted(), proxy.accepted()), (0, 2));
}

#[test]
fn a_tenant_has_no_proxy() {
    let (proxy, origin) = (proxy(), origin());
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("policy.toml");
    let ports = format!("{}, {}", origin.address().port(), proxy.address().port());
    let policy = format!("policy = \"tenant\"\n[network]\nallow = [\"127.0.0.0/8\"]\nports = [{ports}]\n");
    fs::write(&file, policy).unwrap();
    for name in ["http_proxy", "ALL_PROXY", "all_proxy", "https_proxy"] {
        let ended = Transferhost::run()
            .arg("--policy-file")
            .arg(&file)
            .arg(guest("pass"))
            .args(["-sS", &origin.url("/")])
            .env(name, proxy.url(""))
            .end();
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "direct\n"),
            "{name}: {}",
            ended.stderr
        );
    }
    assert_eq!(proxy.accepted(), 0);
}
