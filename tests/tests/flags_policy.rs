//! What a caller may wish for under the policy `tenant`: nothing that would lead past it.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

/// The policy `tenant`, open to nothing of loopback, or to the port of this origin.
fn run(folder: &TempDir, open: Option<&Origin>, words: &[&str]) -> transferhost_tests::running::Ended {
    let network = open.map_or(String::new(), |origin| {
        let port = origin.address().port();
        format!("[network]\nallow = [\"127.0.0.0/8\"]\nports = [{port}]\n")
    });
    let file = folder.path().join("policy.toml");
    fs::write(&file, format!("policy = \"tenant\"\n{network}")).unwrap();
    Transferhost::run()
        .arg("--policy-file")
        .arg(&file)
        .arg("--no-plugin")
        .args(words)
        .in_folder(folder.path())
        .end()
}

#[test]
fn what_the_policy_closes_is_not_opened_by_a_flag() {
    let origin = http::serve(|_| Response::ok("here")).unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "machine 127.0.0.1 login a password b\n").unwrap();
    let (url, by) = (origin.url("/"), origin.url(""));
    let file = file.to_string_lossy();
    for (words, says) in [
        (&["-x", &by][..], "takes no proxy (-x)"),
        (&["--socks5-hostname", "127.0.0.1:1"], "takes no proxy"),
        (&["--interface", "lo"], "takes no interface (--interface)"),
        (&["-n"], "takes no .netrc file (-n)"),
        (&["--netrc-optional"], "takes no .netrc file"),
        (&["--netrc-file", &file], "takes no .netrc file"),
        (&["-b", &file], "takes no file of cookies (-b)"),
        (&["-c", "jar"], "takes no file of cookies (-c)"),
        (&["--cert", &file], "takes no client certificate (--cert)"),
        (&["--key", &file], "takes no client certificate's key (--key)"),
        (
            &["--pinnedpubkey", &file],
            "takes no file of a public key (--pinnedpubkey)",
        ),
        (&["--proto", "=ftp"], "leaves no scheme"),
    ] {
        let ended = run(&folder, Some(&origin), &[words, &[url.as_str()]].concat());
        assert!(sentence(&ended, 2).contains(says), "{words:?}: {}", ended.stderr);
    }
    assert_eq!(origin.accepted(), 0);
    // A positive control: the same origin without them.
    for words in [
        &[][..],
        &["-x", ""],
        &["--proto", "=http"],
        &["--proto", "=all"],
        &["--noproxy", "*"],
    ] {
        let ended = run(&folder, Some(&origin), &[words, &["-s", url.as_str()]].concat());
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "here"),
            "{}",
            ended.stderr
        );
    }
    // Narrower than the policy.
    assert_eq!(
        run(&folder, Some(&origin), &["-s", "--proto", "=https", &url]).code(),
        Some(1)
    );
    // No wider.
    assert_eq!(
        run(&folder, Some(&origin), &["-s", "--proto", "=all", "ftp://127.0.0.1/"]).code(),
        Some(1)
    );
}

#[test]
fn a_name_that_is_led_elsewhere_is_judged_there() {
    let forbidden = Origin::forbidden(Listen::default()).unwrap();
    let folder = TempDir::new().unwrap();
    let port = forbidden.address().port();
    let resolve = format!("a.test:{port}:127.0.0.1");
    let to = format!("::127.0.0.1:{port}");
    let socket = folder.path().join("socket");
    let socket = socket.to_string_lossy();
    for words in [
        &["--resolve", &resolve, &format!("http://a.test:{port}/")][..],
        &["--connect-to", &to, "http://a.test/"],
        &["--unix-socket", &socket, "http://a.test/"],
    ] {
        let ended = run(&folder, None, words);
        assert!(sentence(&ended, 7).contains("denied"), "{words:?}: {}", ended.stderr);
    }
    assert_eq!(forbidden.accepted(), 0);
    // A positive control: where the operator opened it, it is dialled.
    let origin = http::serve(|_| Response::ok("here")).unwrap();
    let port = origin.address().port();
    let resolve = format!("a.test:{port}:127.0.0.1");
    let ended = run(
        &folder,
        Some(&origin),
        &["-s", "--resolve", &resolve, &format!("http://a.test:{port}/")],
    );
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "here"),
        "{}",
        ended.stderr
    );
}

/// Under -v libcurl shows the words of errno, which a denial would leave as some earlier call did.
#[test]
fn a_denial_leaves_no_stale_words() {
    let folder = TempDir::new().unwrap();
    let ended = run(&folder, None, &["-v", "http://127.0.0.1:1/"]);
    assert_eq!(ended.code(), Some(7));
    let line = ended.stderr.lines().find(|line| line.contains("failed to open socket"));
    // An older libcurl has no such line.
    assert!(
        line.is_none_or(|line| line.contains("Permission denied")) && (line.is_some() || cfg!(feature = "system-curl")),
        "{}",
        ended.stderr
    );
}

/// curl's own `-H` takes more than a tenant may have sent: here what differs between the policies, and what neither takes.
#[test]
fn a_tenants_request_is_framed_by_libcurl_alone() {
    let origin = http::serve(|_| Response::ok("here")).unwrap();
    let folder = TempDir::new().unwrap();
    let url = origin.url("/");
    let by_curl = |words: &[&str]| {
        let run = Transferhost::run().arg("--no-plugin").args(words);
        run.args(["-sS", &url]).in_folder(folder.path()).end()
    };
    let by_tenant = |words: &[&str]| run(&folder, Some(&origin), &[words, &["-sS", &url]].concat());
    for (words, sent) in [
        (
            &["-H", "Transfer-Encoding: chunked", "-d", "a"][..],
            "Transfer-Encoding: chunked",
        ),
        (
            &["-H", "Transfer-Encoding : chunked", "-d", "a"],
            "Transfer-Encoding: chunked",
        ),
        (&["-H", "Content-Length: 1", "-d", "a"], "Content-Length: 1"),
        (&["-H", "X-\u{e9}: a"], "X-\u{e9}: a"),
        (&["-X", "GET /other"], "GET /other / HTTP/1.1"),
        (&["--request-target", "/a b"], "GET /a b HTTP/1.1"),
        (&["-F", "a=b;headers=\"X Y: z\""], "POST / HTTP/1.1"),
    ] {
        let before = origin.requests().len();
        let ended = by_tenant(words);
        assert!(
            sentence(&ended, 2).contains("the policy takes no such "),
            "{words:?}: {}",
            ended.stderr
        );
        assert_eq!(origin.requests().len(), before, "{words:?}");
        let ended = by_curl(words);
        assert_eq!(ended.code(), Some(0), "{words:?}: {}", ended.stderr);
        let requests = origin.requests();
        assert!(
            requests[before].head.contains(sent),
            "{words:?}: {}",
            requests[before].head
        );
    }
    let before = origin.requests().len();
    for words in [
        &["-H", "X: a\r\nTransfer-Encoding: chunked"][..],
        &["-H", "X: a\u{1}"],
        &["-H", "X: a\u{7f}"],
        &["-H", "X Y: a"],
        &["-H", "X\u{a0}Y: a"],
        &["-H", "X(Y): a"],
        &["-H", "X;Y;"],
        &["-H", "Transfer-Encoding\u{b}: chunked"],
        &["-A", "a\r\nX: b"],
        &["-A", "a\u{1}"],
        &["-e", "a\nX: b"],
        &["-b", "a=b\r\nX: c"],
        &["-r", "0-1\r\nX: b"],
        &["-X", "GET\r\nX: b"],
        &["--request-target", "/\r\nX: b"],
        &["--oauth2-bearer", "a\r\nX: b"],
        &["-F", "a=b;headers=\"X: a\r\nY: b\""],
        &["-F", "a=b;type=\"a/b\r\nY: b\""],
        &["-F", "a=b;headers=\"X: a\u{1}\""],
    ] {
        for ended in [by_curl(words), by_tenant(words)] {
            assert_eq!(ended.code(), Some(2), "{words:?}: {}", ended.stderr);
        }
    }
    assert_eq!(origin.requests().len(), before);
    // libcurl writes the names of a form's part, and encodes what would end their line.
    for ended in [
        by_curl(&["-F", "a\r\nX: b=c;filename=\"d\r\nY: e\""]),
        by_tenant(&["-F", "a\r\nX: b=c;filename=\"d\r\nY: e\""]),
    ] {
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    }
    for request in &origin.requests()[before..] {
        let body = request.text();
        let lines: Vec<&str> = body.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines.iter().all(|line| !line.starts_with(['X', 'Y'])), "{body}");
        assert!(body.contains("%0D%0A"), "{body}");
    }
}
