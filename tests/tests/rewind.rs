//! An upload that must begin again, after a redirect or a round of authentication, and one that resumes: who can, and
//! what it ends in where nobody can.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::reference::Same;
use transferhost_tests::running::Ended;

#[path = "rewind/resumes.rs"]
mod resumes;
#[path = "uploads/scripted.rs"]
mod scripted;

use scripted::{ALL, Scripted};

const BODY: &[u8] = b"0123456789 and some more";

/// Why an upload begins again: the flags, and the path at which the origin makes it.
const REASONS: [(&[&str], &str); 2] = [(&["-L"], "/307"), (&["--anyauth", "-u", "u:p"], "/401")];

/// `/307` redirects to `/end`, `/401` wants a digest.
fn origin() -> Origin {
    http::serve(|request| match (request.path(), request.header("authorization")) {
        ("/307", _) => Response::redirect(307, "/end"),
        ("/401", None) => {
            Response::status(401).header("WWW-Authenticate", r#"Digest realm="r", nonce="n", qop="auth""#)
        }
        _ => Response::ok("taken\n"),
    })
    .unwrap()
}

/// A run with this on stdin, and its outcome; `plugin` is its file or `--no-plugin`.
fn run(ours: &[&str], plugin: &str, curls: &[&str], input: &[u8]) -> (Ended, Value) {
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .args(ours)
        .arg(plugin)
        .arg("-sS")
        .args(curls)
        .input(input)
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

fn path(plugin: &Scripted) -> String {
    plugin.path().to_string_lossy().into_owned()
}

/// The bodies that an origin got with one run, which ended well.
fn bodies(origin: &Origin, run: impl FnOnce() -> (Ended, Value)) -> Vec<Vec<u8>> {
    let before = origin.requests().len();
    let (ended, told) = run();
    assert_eq!(
        (ended.code(), outcome::end(&told)),
        (Some(0), (0, None)),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.text(), "taken\n");
    origin.requests().into_iter().skip(before).map(|it| it.body).collect()
}

/// A verdict of `seek` or `ioctl` that begins again.
const AGAIN: &str = "(global.set $at (i32.const 0)) (call $verdict (i32.const 0))";

#[test]
fn the_same_bytes_come_twice() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, BODY).unwrap();
    let file = &*file.to_string_lossy();
    let data = format!("@{file}");
    let (generator, redactor) = (guest("upload-generator"), guest("upload-redactor"));
    let (generator, redactor) = (&*generator.to_string_lossy(), &*redactor.to_string_lossy());
    let counted: Vec<u8> = (0..20_000_u64).flat_map(u64::to_be_bytes).collect();
    let scripted = |answers: &[(&str, &str)]| Scripted::new(BODY, answers);
    let (with_seek, with_ioctl) = (
        scripted(&[("read", ALL), ("seek", AGAIN)]),
        scripted(&[("read", ALL), ("ioctl", AGAIN)]),
    );
    let passing = scripted(&[("read", "(call $pass)"), ("seek", "(call $verdict (i32.const 0))")]);
    let seek_alone = scripted(&[("seek", "(call $verdict (i32.const 0))")]);
    let ioctl_alone = scripted(&[("ioctl", "(call $verdict (i32.const 0))")]);
    let size = &*BODY.len().to_string();
    let blotted = [&BODY[..4], b"[redacted]", &BODY[6..]].concat();
    for (flags, at) in REASONS {
        let url = &origin.url(at);
        for (ours, plugin, curls, expected) in [
            (&[][..], "--no-plugin", ["-T", file], BODY),
            (&["--set", "size=160000"], generator, ["-T", "-"], &counted),
            (
                &["--set", "size=160000", "--upload-size", "160000"],
                generator,
                ["-T", "-"],
                &counted,
            ),
            (&["--set", "word=45"], redactor, ["-T", file], &blotted),
            (&["--set", "word=45"], redactor, ["-d", &data], &blotted),
            (&[], &path(&with_seek), ["-T", "-"], BODY),
            (&["--upload-size", size], &path(&with_seek), ["-T", "-"], BODY),
            (&[], &path(&with_ioctl), ["-T", "-"], BODY),
            (&[], &path(&passing), ["-T", file], BODY),
            (&[], &path(&passing), ["-d", &data], BODY),
            // Without a `read` of the guest's the caller's body is libcurl's, and the guest is asked all the same.
            (&[], &path(&seek_alone), ["-T", file], BODY),
            (&[], &path(&ioctl_alone), ["-T", file], BODY),
            (&["--without", "read"], &path(&with_seek), ["-T", file], BODY),
        ] {
            let what = format!("{at} {ours:?} {plugin} {curls:?}");
            let got = bodies(&origin, || run(ours, plugin, &[flags, &curls, &[url]].concat(), b""));
            assert!(
                got == [expected, expected],
                "{what}: other bytes came, {:?}",
                got.iter().map(Vec::len).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn a_digest_that_is_asked_for_costs_no_second_body() {
    let origin = origin();
    let without_seek = Scripted::read(BODY, ALL);
    let curls = ["--digest", "-u", "u:p", "-T", "-", &origin.url("/401")];
    let got = bodies(&origin, || run(&[], &path(&without_seek), &curls, b""));
    assert_eq!(got, [b"", BODY], "the first round has no body");
}

#[test]
fn what_was_not_begun_needs_not_begin_again() {
    // It announces its body, and is answered before it was let send any.
    let origin = Origin::serve(|mut connection| {
        let request = connection.expect_head()?;
        if request.path() == "/307" {
            connection
                .send("HTTP/1.1 307 Elsewhere\r\nLocation: /end\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
            return connection.finish_sending();
        }
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ntaken\n")?;
        connection.wait_for_close()
    })
    .unwrap();
    let without_seek = Scripted::read(BODY, ALL);
    let curls = ["-L", "-H", "Expect: 100-continue", "-T", "-", &origin.url("/307")];
    let (ended, told) = run(&[], &path(&without_seek), &curls, b"");
    assert_eq!(
        (ended.code(), outcome::end(&told)),
        (Some(0), (0, None)),
        "{}",
        ended.stderr
    );
    let targets: Vec<String> = origin.requests().iter().map(|it| it.target().to_owned()).collect();
    assert_eq!(targets, ["/307", "/end"]);
}

#[test]
fn what_cannot_begin_again_is_65() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, BODY).unwrap();
    let file = &*file.to_string_lossy();
    let redactor = guest("upload-redactor");
    let generator = guest("upload-generator");
    let verdict = |number: u32| format!("(call $verdict (i32.const {number}))");
    let with = |name, answer: &str| Scripted::new(BODY, &[("read", ALL), (name, answer)]);
    let alone = Scripted::new(BODY, &[("seek", &verdict(1))]);
    let passing = Scripted::new(b"", &[("read", "(call $pass)"), ("seek", &verdict(0))]);
    let stdin = Scripted::new(b"", &[("seek", &verdict(0))]);
    for (flags, at) in REASONS {
        let url = &origin.url(at);
        for (ours, plugin, upload, callback, cause) in [
            (&[][..], "--no-plugin", "-", "seek", Some("source")),
            (&[], &path(&Scripted::read(BODY, ALL)), "-", "seek", Some("refused")),
            (
                &["--set", "size=99", "--without", "seek"],
                &generator.to_string_lossy(),
                "-",
                "seek",
                Some("refused"),
            ),
            (&[], &path(&with("seek", &verdict(1))), "-", "seek", Some("refused")),
            (&[], &path(&with("seek", &verdict(2))), "-", "seek", Some("refused")),
            (
                &[],
                &path(&with("seek", "(call $abort)")),
                "-",
                "seek",
                Some("guest-abort"),
            ),
            (&[], &path(&with("seek", "unreachable")), "-", "seek", Some("trap")),
            (&[], &path(&with("ioctl", &verdict(1))), "-", "ioctl", Some("refused")),
            (&[], &path(&with("ioctl", &verdict(2))), "-", "ioctl", Some("refused")),
            (
                &[],
                &path(&with("ioctl", "(call $abort)")),
                "-",
                "ioctl",
                Some("guest-abort"),
            ),
            (&[], &path(&alone), file, "seek", Some("refused")),
            // A guest that promises what the caller's stream cannot do.
            (&[], &path(&passing), "-", "seek", Some("source")),
            (&[], &path(&stdin), "-", "seek", Some("source")),
            (&[], &redactor.to_string_lossy(), "-", "seek", Some("source")),
        ] {
            let what = format!("{at} {plugin} {callback} {cause:?}");
            let (ended, told) = run(ours, plugin, &[flags, &["-T", upload, url]].concat(), BODY);
            assert_eq!(
                (ended.code(), outcome::end(&told)),
                (Some(65), (65, cause)),
                "{what}: {}",
                ended.stderr
            );
            assert_eq!(
                told["abort"]["callback"].as_str().unwrap_or_default(),
                callback,
                "{what}: {told}"
            );
            assert!(ended.stderr.contains("transferhost: (65) "), "{what}: {}", ended.stderr);
            let blame = if cause == Some("source") { "caller" } else { "guest" };
            assert_eq!(told["abort"]["blame"], blame, "{what}");
        }
    }
}

#[test]
fn seek_takes_the_place_of_ioctl() {
    let origin = origin();
    let both = Scripted::new(BODY, &[("read", ALL), ("seek", AGAIN), ("ioctl", "(call $abort)")]);
    let url = origin.url("/307");
    let (ended, told) = run(&[], &path(&both), &["-L", "-T", "-", &url], b"");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!((outcome::calls(&told, "seek"), outcome::calls(&told, "ioctl")), (1, 0));
    // Both at once is said when it is loaded.
    let ended = Transferhost::run().arg(path(&both)).args(["-L", "-T", "-", &url]).end();
    assert!(
        ended
            .stderr
            .contains("exports ioctl, but libcurl calls seek in its place"),
        "{}",
        ended.stderr
    );
    let (_, told) = run(&["--without", "seek"], &path(&both), &["-L", "-T", "-", &url], b"");
    assert_eq!(outcome::end(&told), (65, Some("guest-abort")));
}

#[test]
fn curl_and_we_begin_again_alike() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, vec![b'f'; 200_000]).unwrap();
    let file = &*file.to_string_lossy();
    for arguments in [
        &["-L", "-T", file, &origin.url("/307")][..],
        &["-L", "-d", "data", &origin.url("/307")],
    ] {
        let (code, requests) = Same::new([&["-sS"], arguments].concat()).alike(&origin);
        assert_eq!((code, requests.len()), (Some(0), 2), "{arguments:?}");
        assert_eq!(requests[0].body, requests[1].body);
    }
}
