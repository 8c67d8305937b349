//! `-L`: whither it leads, how far, with what, and what the origin of the next hop is told.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::reference::Same;

/// `/STATUS` redirects to `/end`, `/loop` to itself, `/hops/N` through N hops to `/end`.
fn origin() -> Origin {
    http::serve(|request| match request.path().trim_start_matches('/') {
        "end" => Response::ok(format!("{} {}\n", request.method(), request.text().len())),
        "loop" => Response::redirect(302, "/loop").body("never shown"),
        path => match path.strip_prefix("hops/").map(str::parse::<u32>) {
            Some(Ok(0)) => Response::redirect(302, "/end"),
            Some(Ok(left)) => Response::redirect(302, &format!("/hops/{}", left - 1)),
            _ => Response::redirect(path.parse().unwrap_or(500), "/end").body("never shown"),
        },
    })
    .unwrap()
}

#[test]
fn methods_and_bodies_change_as_curls_do() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "0123456789").unwrap();
    let file = &*file.to_string_lossy();
    for status in ["301", "302", "303", "307", "308"] {
        let url = &origin.url(&format!("/{status}"));
        for arguments in [
            &["-L"][..],
            &[],
            &["-L", "-d", "data"],
            &["-L", "-T", file],
            &["-L", "-X", "POST"],
            &["-L", "-X", "DELETE", "-d", "data"],
            &["-iL"],
            &["-L", "-f"],
        ] {
            let all = [&["-sS"], arguments, &[url.as_str()]].concat();
            let (code, requests) = Same::new(&all).alike(&origin);
            let hops = if arguments.is_empty() { 1 } else { 2 };
            assert_eq!((code, requests.len()), (Some(0), hops), "{all:?}");
        }
    }
}

#[test]
fn a_file_is_sent_again_and_stdin_cannot_be() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    let content = vec![b'r'; 300_000];
    fs::write(&file, &content).unwrap();
    let url = &origin.url("/307");
    let run = Same::new(["-sS", "-L", "-T", &file.to_string_lossy(), url]).ours();
    assert_eq!(
        (run.code(), run.text().as_str()),
        (Some(0), "PUT 300000\n"),
        "{}",
        run.stderr
    );
    assert!(origin.requests().iter().all(|it| it.body == content));
    let both = Same::new(["-sS", "-L", "-T", "-", url]).input(content).both();
    assert_eq!(
        (both.ours.code(), both.curls.code()),
        (Some(65), Some(65)),
        "{}",
        both.ours.stderr
    );
}

#[test]
fn the_number_of_hops_is_bounded() {
    let origin = origin();
    for (arguments, path, code) in [
        (&["--max-redirs", "0"][..], "/302", 47),
        (&["--max-redirs", "2"], "/hops/2", 47),
        (&["--max-redirs", "3"], "/hops/2", 0),
        (&["--max-redirs", "-1"], "/hops/60", 0),
        (&[], "/loop", 47),
        (&[], "/hops/49", 0),
        (&[], "/hops/50", 47),
    ] {
        let url = origin.url(path);
        let all = [&["-sS", "-L"], arguments, &[url.as_str()]].concat();
        let (ended, _) = Same::new(&all).alike(&origin);
        assert_eq!(ended, Some(code), "{all:?}");
    }
}

#[test]
fn only_web_schemes_are_followed() {
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let target = format!("file://{}", secret.display());
    let origin = http::serve(move |request| match request.path() {
        "/file" => Response::redirect(302, &target),
        _ => Response::redirect(302, "gopher://127.0.0.1:1/"),
    })
    .unwrap();
    for path in ["/file", "/gopher"] {
        let both = Same::new(["-sS", "-L", &origin.url(path)]).both();
        assert_eq!(
            (both.ours.code(), both.curls.code()),
            (Some(1), Some(1)),
            "{}",
            both.ours.stderr
        );
        assert_eq!(both.ours.text(), "");
        assert_eq!(both.ours.stderr.lines().count(), 1, "{}", both.ours.stderr);
    }
    // Without -L there is nothing to follow.
    let run = Same::new(["-sS", &origin.url("/file")]).ours();
    assert_eq!(run.code(), Some(0));
}

#[test]
fn another_origin_gets_no_credentials() {
    let other = http::serve(|_| Response::ok("other\n")).unwrap();
    let elsewhere = other.url("/");
    let same_host = other.url_as("localhost", "/");
    let origin = http::serve(move |request| match request.path() {
        "/port" => Response::redirect(302, &elsewhere),
        "/host" => Response::redirect(302, &same_host),
        "/here" => Response::redirect(302, "/end"),
        _ => Response::ok("here\n"),
    })
    .unwrap();
    let secret = ["-H", "Authorization: Bearer secret", "-H", "Cookie: session=secret"];
    for path in ["/port", "/host"] {
        for url in [origin.url(path), origin.url_as("user:secret@127.0.0.1", path)] {
            let all = [&["-sS", "-L"], &secret[..], &[url.as_str()]].concat();
            let before = other.requests().len();
            let (code, _) = Same::new(&all).alike(&origin);
            assert_eq!(code, Some(0));
            let told = &other.requests()[before..];
            // Ours, then curl's.
            assert_eq!(told.len(), 2);
            assert_eq!(told[0].header("authorization"), None, "{url}");
            assert_eq!(told[0].header("cookie"), None, "{url}");
            assert_eq!(told[1].header("authorization"), None, "the curl tool itself tells it");
        }
    }
    // The same origin is told again.
    let url = origin.url("/here");
    let all = [&["-sS", "-L"], &secret[..], &[url.as_str()]].concat();
    let (_, requests) = Same::new(&all).alike(&origin);
    assert!(requests[1].header("authorization").is_some() && requests[1].header("cookie").is_some());
}

#[test]
fn a_guest_sees_the_last_body_and_each_address() {
    let other = http::serve_on(Listen::default().on("127.0.0.2".parse().unwrap()), |_| {
        Response::ok("other\n")
    })
    .unwrap();
    let elsewhere = other.url("/");
    let origin = http::serve(move |_| Response::redirect(302, &elsewhere).body("x".repeat(50_000))).unwrap();
    let run = |plugin: &str, set: &[&str]| {
        Transferhost::run()
            .args(["--outcome", "-", "--trace-calls"])
            .args(set)
            .arg(guest(plugin))
            .args(["-sL", &origin.url("/")])
            .end()
    };
    let ended = run("pass", &[]);
    let told = outcome::of(&ended);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "other\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(outcome::calls(&told, "write"), 1);
    assert_eq!(told["effective_url"], other.url("/"));
    assert_eq!(told["url"], origin.url("/"));
    assert_eq!(told["bytes"]["received"], 6);
    // The header callback is told of each hop.
    let ended = run("headers-to-stderr", &[]);
    let status_lines = ended
        .stderr
        .lines()
        .filter(|line| line.contains("on: HTTP/1.1") || line.contains("m: HTTP/1.1"));
    assert_eq!(status_lines.count(), 2, "{}", ended.stderr);
}
