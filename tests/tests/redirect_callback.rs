//! `redirect`: asked of each response that libcurl follows and of no other, and what it answers.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::nginx::Nginx;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;
use transferhost_tests::tls::Authority;

#[path = "redirect_callback/answers.rs"]
mod answers;
#[path = "redirect_callback/heads.rs"]
mod heads;
#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "kit/puppet.rs"]
mod puppet;

use puppet::Puppet;

const FOLLOW: &str = "call $ok";
const FINISH: &str = "(call $case (i32.const 1) (i32.const 0))";

fn asked_to(answer: &str) -> Puppet {
    Puppet::new(&[("redirect", answer)])
}

fn run(puppet: &Puppet, curls: &[&str]) -> (Ended, Value) {
    let ended = Transferhost::run()
        .args(["--outcome", "-", "--trace-calls"])
        .arg(puppet.path())
        .arg("-sS")
        .args(curls)
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

/// What the guest was asked: status, source and target.
fn asked(ended: &Ended) -> Vec<String> {
    let calls = ended.stderr.lines().filter_map(|line| line.strip_prefix("redirect("));
    calls
        .filter_map(|line| Some(line.split_once(") -> ")?.0.to_owned()))
        .collect()
}

#[test]
fn the_target_is_what_libcurl_asks_for_next() {
    let origin = http::serve(|request| match request.header("x-location") {
        Some(location) if request.target() == "/a/b?z" => {
            let location = location
                .replace("SP", " ")
                .replace("HOST", request.header("host").unwrap());
            Response::redirect(302, &location).body("never shown")
        }
        _ => Response::ok("end"),
    })
    .unwrap();
    let base = origin.url("");
    let puppet = asked_to(FOLLOW);
    for (location, target) in [
        ("/c", "/c"),
        ("c", "/a/c"),
        ("./c/../d", "/a/d"),
        ("../c", "/c"),
        ("?q=1", "/a/b?q=1"),
        ("//HOST/c", "/c"),
        ("http://HOST/c", "/c"),
        ("HTTP://HOST/c", "/c"),
        ("http://user:secret@HOST/c", "/c"),
        ("http://HOST", "/"),
        ("/cSPd?e=fSPg", "/c%20d?e=f+g"),
        ("/c#d", "/c#d"),
        ("/c%41%2f", "/c%41%2f"),
        ("/c\u{e9}", "/c%c3%a9"),
    ] {
        let url = origin.url_as("user:secret@127.0.0.1", "/a/b?z#f");
        let (ended, told) = run(&puppet, &["-L", "-H", &format!("X-Location: {location}"), &url]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "end"),
            "{location}: {}",
            ended.stderr
        );
        let asked = asked(&ended);
        assert_eq!(asked.len(), 1, "{location}: {asked:?}");
        let words: Vec<&str> = asked[0].split(' ').collect();
        assert_eq!(words[0], "302", "{location}");
        assert_eq!(words[1], format!("{base}/a/b?z#f"), "{location}");
        // Which of the two ways a blank is written, and in which letters a byte, is libcurl's affair.
        let plain = |text: &str| text.replace('+', "%20").to_ascii_lowercase();
        assert_eq!(plain(words[2]), plain(&format!("{base}{target}")), "{location}");
        let sent = origin.requests().pop().unwrap();
        let path = words[2].strip_prefix(&base).unwrap().split('#').next().unwrap();
        assert_eq!(sent.target(), if path.is_empty() { "/" } else { path }, "{location}");
        assert!(!ended.stderr.contains("secret"), "{location}: {}", ended.stderr);
        assert_eq!(outcome::calls(&told, "redirect"), 1);
    }
}

#[test]
fn the_guest_is_told_what_the_trace_shows() {
    let origin = http::serve(|_| Response::redirect(307, "/there?x=y")).unwrap();
    for (answer, words) in [
        (
            "(call $says (local.get $source) (local.get $source-len))",
            origin.url("/here"),
        ),
        (
            "(call $says (local.get $target) (local.get $target-len))",
            origin.url("/there?x=y"),
        ),
    ] {
        // Another status than the one that came would be a trap.
        let answer = format!("(if (i32.ne (local.get $status) (i32.const 307)) (then unreachable)) {answer}");
        let (ended, told) = run(&asked_to(&answer), &["-L", &origin.url_as("u:p@127.0.0.1", "/here")]);
        assert_eq!(outcome::end(&told), (42, Some("guest-abort")), "{}", ended.stderr);
        assert_eq!(told["abort"]["reason"], words);
        assert_eq!(told["abort"]["callback"], "redirect");
    }
}

#[test]
fn without_l_and_beyond_the_last_hop_nobody_asks() {
    let origin = http::serve(|request| match request.path() {
        "/end" => Response::ok("end"),
        "/first" => Response::redirect(302, "/second"),
        _ => Response::redirect(302, "/end"),
    })
    .unwrap();
    let url = &origin.url("/first");
    let puppet = asked_to(FOLLOW);
    for (arguments, code, times) in [
        (&[][..], 0, 0),
        (&["-L"], 0, 2),
        (&["-L", "--max-redirs", "2"], 0, 2),
        // The code is libcurl's own, and the guest is not asked of what is not followed.
        (&["-L", "--max-redirs", "1"], 47, 1),
        (&["-L", "--max-redirs", "0"], 47, 0),
        (&["-L", "--max-redirs", "-1"], 0, 2),
    ] {
        let (ended, told) = run(&puppet, &[arguments, &[url]].concat());
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(code), (code as u64, None)),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert_eq!(outcome::calls(&told, "redirect"), times, "{arguments:?}");
    }
}

#[test]
fn over_http_2_as_well() {
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    let (ca, url) = (authority.ca_file(), nginx.https("/moved"));
    for version in ["--http1.1", "--http2"] {
        let curls = ["-L", version, "--cacert", &ca.to_string_lossy(), &url];
        let (ended, told) = run(&asked_to(FOLLOW), &curls);
        assert_eq!(ended.code(), Some(0), "{version}: {}", ended.stderr);
        let target = told["effective_url"].as_str().unwrap();
        assert_eq!(asked(&ended), [format!("302 {url} {target}")], "{version}");
        let (ended, told) = run(&asked_to(FINISH), &curls);
        assert_eq!(outcome::end(&told), (0, None), "{version}: {}", ended.stderr);
        assert_eq!((&told["status"], ended.text().as_str()), (&302.into(), ""), "{version}");
    }
    assert!(nginx.access_log().contains("HTTP/2.0"), "{}", nginx.access_log());
}

#[test]
fn uploads_are_redirected_too() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, vec![b'u'; 100_000]).unwrap();
    let other = http::serve(|request| Response::ok(format!("{} {}", request.method(), request.body.len()))).unwrap();
    for (status, then) in [(303, "GET 0"), (307, "PUT 100000"), (308, "PUT 100000")] {
        let target = other.url("/there");
        let origin = http::serve(move |_| Response::redirect(status, &target)).unwrap();
        let curls = ["-L", "-T", &*file.to_string_lossy(), &origin.url("/x")];
        let before = other.accepted();
        let (ended, told) = run(&asked_to(FINISH), &curls);
        assert_eq!(outcome::end(&told), (0, None), "{status}: {}", ended.stderr);
        assert_eq!((&told["status"], other.accepted()), (&status.into(), before));
        let (ended, told) = run(&asked_to(FOLLOW), &curls);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), then),
            "{status}: {}",
            ended.stderr
        );
        assert_eq!(outcome::calls(&told, "redirect"), 1);
        assert_eq!(
            asked(&ended),
            [format!("{status} {} {}", origin.url("/x"), other.url("/there"))]
        );
    }
}

/// The policy's rules for schemes are libcurl's to keep: it is asked, it says yes, and libcurl says no.
#[test]
fn a_scheme_that_is_refused_stays_refused() {
    let secret = TempDir::new().unwrap();
    fs::write(secret.path().join("secret"), "secret").unwrap();
    let target = format!("file://{}/secret", secret.path().display());
    let forbidden = Origin::forbidden(Listen::default()).unwrap();
    let gopher = format!("gopher://{}/", forbidden.address());
    let origin = http::serve(move |request| match request.path() {
        "/file" => Response::redirect(302, &target),
        _ => Response::redirect(302, &gopher),
    })
    .unwrap();
    let policy =
        policy_file::PolicyFile::open(&[origin.address().port(), forbidden.address().port()], &["127.0.0.0/8"]);
    let puppet = asked_to(FOLLOW);
    for path in ["/file", "/gopher"] {
        for words in [&[][..], &policy.words()] {
            let ended = Transferhost::run()
                .args(words)
                .args(["--outcome", "-", "--trace-calls"])
                .arg(puppet.path())
                .args(["-sSL", &origin.url(path)])
                .end();
            let told = outcome::of(&ended);
            assert_eq!(outcome::end(&told), (1, None), "{path}: {}", ended.stderr);
            assert_eq!((ended.text().as_str(), asked(&ended).len()), ("", 1), "{path}");
        }
    }
    assert_eq!(forbidden.accepted(), 0);
}
