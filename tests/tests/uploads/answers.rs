//! What `read` answers, and what becomes of it.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::PATIENCE;
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;

use super::scripted::{ALL, Scripted};

const PASS: &str = "(call $pass)";

/// A run with this on stdin, and its outcome.
fn run(plugin: &Scripted, ours: &[&str], curls: &[&str], input: &[u8]) -> (Ended, Value) {
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .args(ours)
        .arg(plugin.path())
        .arg("-sS")
        .args(curls)
        .input(input)
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

/// It ended in 26 with this cause, and blames this one.
fn is_26((ended, told): &(Ended, Value), cause: &str, blame: &str, words: &str) {
    assert_eq!(
        (ended.code(), outcome::end(told)),
        (Some(26), (26, Some(cause))),
        "{told}"
    );
    assert_eq!(
        (&told["abort"]["callback"], &told["abort"]["blame"]),
        (&"read".into(), &blame.into()),
        "{told}"
    );
    assert!(told["abort"]["reason"].as_str().unwrap().contains(words), "{told}");
    assert!(ended.stderr.contains("transferhost: (26) read: "), "{}", ended.stderr);
}

fn origin() -> Origin {
    http::serve(|_| Response::ok("taken\n")).unwrap()
}

#[test]
fn pass_lets_the_callers_own_bytes_through() {
    let origin = origin();
    let url = &origin.url("/x");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    let body: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    fs::write(&file, &body).unwrap();
    let data = format!("@{}", file.display());
    let posted: Vec<u8> = body.iter().copied().filter(|byte| !b"\r\n\0".contains(byte)).collect();
    let plugin = Scripted::read(b"", PASS);
    let size = body.len().to_string();
    let chunked = (None, Some("chunked"));
    for (ours, curls, expected, head) in [
        (&[][..], ["-T", &data[1..]], &body, ("PUT", chunked)),
        (&[], ["-T", "-"], &body, ("PUT", chunked)),
        (&[], ["-d", &data], &posted, ("POST", chunked)),
        (
            &["--upload-size", &size],
            ["-T", &data[1..]],
            &body,
            ("PUT", (Some(size.as_str()), None)),
        ),
        // A part of it, where the caller announces no more.
        (
            &["--upload-size", "70000"],
            ["-T", "-"],
            &body[..70_000].to_vec(),
            ("PUT", (Some("70000"), None)),
        ),
        // Left to libcurl, nothing of the plugin is in between.
        (
            &["--without", "read"],
            ["-T", &data[1..]],
            &body,
            ("PUT", (Some(&size), None)),
        ),
    ] {
        let (ended, told) = run(&plugin, ours, &[&curls[..], &[url]].concat(), &body);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(0), (0, None)),
            "{curls:?}: {}",
            ended.stderr
        );
        let request = origin.requests().pop().unwrap();
        let sizes = (request.header("content-length"), request.header("transfer-encoding"));
        assert_eq!((request.method(), sizes), head, "{ours:?} {curls:?}");
        assert!(request.body == *expected, "{ours:?} {curls:?}: other bytes came");
        assert_eq!(
            outcome::calls(&told, "read") > 0,
            !ours.contains(&"--without"),
            "{told}"
        );
        assert_eq!(told["bytes"]["uploaded"], expected.len(), "{told}");
    }
    let (ended, _) = run(&plugin, &[], &["-T", "-", url], b"");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(origin.requests().pop().unwrap().body, b"");
}

#[test]
fn a_guests_bytes_and_the_callers_go_together() {
    let origin = origin();
    let first = "(if (result i32) (i32.eq (global.get $calls) (i32.const 1))
        (then (call $send (global.get $size))) (else (call $pass)))";
    let (ended, _) = run(
        &Scripted::read(b"first\n", first),
        &[],
        &["-T", "-", &origin.url("/x")],
        b"then\n",
    );
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(origin.requests()[0].text(), "first\nthen\n");
}

#[test]
fn bytes_need_not_be_ascii() {
    let origin = origin();
    let every: Vec<u8> = (0..=255).collect();
    for body in [&every[..], "Пушкин".as_bytes(), b"wor\0ld"] {
        let plugin = Scripted::read(body, ALL);
        let size = body.len().to_string();
        for ours in [&[][..], &["--upload-size", &size]] {
            for curls in [["-T", "-"], ["-d", "not sent"]] {
                let (ended, _) = run(&plugin, ours, &[&curls[..], &[&origin.url("/x")]].concat(), b"");
                assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
                assert_eq!(origin.requests().pop().unwrap().body, body, "{ours:?} {curls:?}");
            }
        }
    }
}

#[test]
fn data_is_one_byte_to_what_was_asked_for() {
    let origin = origin();
    let url = &origin.url("/x");
    let too_much = Scripted::read(b"", "(call $data (i32.add (local.get $max) (i32.const 1)))");
    is_26(
        &run(&too_much, &[], &["-T", "-", url], b""),
        "bad-return",
        "guest",
        "bytes where 1 to ",
    );
    let huge = Scripted::read(b"", "(call $data (i32.const 190000))");
    is_26(
        &run(&huge, &[], &["-d", "a", url], b""),
        "bad-return",
        "guest",
        "data of 190000 bytes",
    );
    let none = Scripted::read(b"", "(call $data (i32.const 0))");
    is_26(
        &run(&none, &[], &["-T", "-", url], b""),
        "bad-return",
        "guest",
        "data of 0 bytes",
    );
    // With room for four bytes, five are too many.
    let five = Scripted::read(b"01234", "(call $data (i32.const 5))");
    let ended = run(&five, &["--upload-size", "4"], &["-T", "-", url], b"");
    is_26(&ended, "bad-return", "guest", "data of 5 bytes where 1 to 4");
    // As many as were asked for is right.
    let all = "(if (result i32) (i32.eq (global.get $calls) (i32.const 1))
        (then (call $data (local.get $max))) (else (call $eof)))";
    let (ended, told) = run(&Scripted::read(b"", all), &[], &["-T", "-", url], b"");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let sent = origin.requests().pop().unwrap().body.len();
    assert!(sent > 60_000 && told["bytes"]["uploaded"] == sent, "{told}");
}

#[test]
fn nothing_follows_what_was_announced() {
    // A libcurl that sends on, as 7.88.1 does, would let a guest put a request of its own behind the caller's.
    let closed = Event::new();
    let origin = Origin::serve({
        let closed = closed.clone();
        move |mut connection| {
            while connection.next_request()?.is_some() {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
            }
            closed.fire();
            Ok(())
        }
    })
    .unwrap();
    let smuggler = Scripted::read(
        b"fourGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
        "(call $send (global.get $size))",
    );
    for curls in [["-T", "-"], ["-d", "a"]] {
        let url = origin.url("/x");
        let curls = [&curls[..], &[&url]].concat();
        let ended = run(&smuggler, &["--upload-size", "4"], &curls, b"");
        is_26(&ended, "bad-return", "guest", "where 1 to 4");
    }
    // Who sends it piece by piece is asked for no more than the first.
    let patient = Scripted::read(b"fourfive", ALL);
    let ended = run(&patient, &["--upload-size", "4"], &["-T", "-", &origin.url("/x")], b"");
    assert_eq!(ended.0.code(), Some(0), "{}", ended.0.stderr);
    assert!(closed.wait(PATIENCE), "{:?}", origin.errors());
    let requests: Vec<String> = origin
        .requests()
        .iter()
        .map(|it| it.target().to_owned() + " " + &it.text())
        .collect();
    assert_eq!(requests, ["/x four"]);
}

#[test]
fn an_end_before_the_announced_size_is_26() {
    // A libcurl that is told the end waits for the rest, as 7.88.1 does, until the transfer's time is over.
    let origin = origin();
    let url = &origin.url("/x");
    let early = |curls: &[&str], size| {
        run(
            &Scripted::read(b"0123456789", ALL),
            &["--upload-size", size],
            curls,
            b"",
        )
    };
    is_26(
        &early(&["-T", "-", url], "11"),
        "bad-return",
        "guest",
        "after 10 bytes of the 11",
    );
    is_26(
        &early(&["-d", "a", url], "1000000"),
        "bad-return",
        "guest",
        "after 10 bytes of the 1000000",
    );
    let nothing = run(
        &Scripted::read(b"", "(call $eof)"),
        &["--upload-size", "5"],
        &["-T", "-", url],
        b"",
    );
    is_26(&nothing, "bad-return", "guest", "after 0 bytes of the 5");
    // Where it was the caller's body that ended, it is he who is to blame.
    let pass = Scripted::read(b"", PASS);
    is_26(
        &run(&pass, &["--upload-size", "10"], &["-T", "-", url], b"four"),
        "source",
        "caller",
        "after 4 bytes",
    );
}

#[test]
fn an_abort_is_42() {
    let origin = origin();
    let later = "(if (result i32) (i32.lt_u (global.get $calls) (i32.const 3))
        (then (call $send (i32.const 4))) (else (call $abort)))";
    for (plugin, calls) in [
        (Scripted::read(b"", "(call $abort)"), 1),
        (Scripted::read(b"0123456789", later), 3),
    ] {
        for curls in [["-T", "-"], ["-d", "a"]] {
            let (ended, told) = run(&plugin, &[], &[&curls[..], &[&origin.url("/x")]].concat(), b"");
            assert_eq!(
                (ended.code(), outcome::end(&told)),
                (Some(42), (42, Some("guest-abort"))),
                "{told}"
            );
            assert_eq!(
                (&told["abort"]["callback"], &told["abort"]["reason"]),
                (&"read".into(), &"no".into()),
                "{told}"
            );
            // After it the guest is not entered again.
            assert_eq!(outcome::calls(&told, "read"), calls, "{told}");
            assert!(
                ended.stderr.contains("(42) read: scripted.wat aborted: \"no\""),
                "{}",
                ended.stderr
            );
        }
    }
    assert_eq!(origin.requests().len(), 0, "a whole request came");
}

#[test]
fn read_alone_makes_no_upload() {
    let origin = origin();
    let (ended, told) = run(&Scripted::read(b"", "(call $abort)"), &[], &[&origin.url("/x")], b"");
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "taken\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        (origin.requests()[0].method(), outcome::calls(&told, "read")),
        ("GET", 0)
    );
}

#[test]
fn a_file_of_another_scheme_is_written_too() {
    let folder = TempDir::new().unwrap();
    let url = format!("file://{}/out", folder.path().display());
    let (ended, _) = run(&Scripted::read(b"0123456789", ALL), &[], &["-T", "-", &url], b"");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(fs::read(folder.path().join("out")).unwrap(), b"0123456789");
    // What comes through a pipe has to be waited for: libcurl cannot pause there.
    let (ended, _) = run(&Scripted::read(b"", PASS), &[], &["-T", "-", &url], b"piped");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(fs::read(folder.path().join("out")).unwrap(), b"piped");
    let paused = run(
        &Scripted::read(b"", "(call $pause (i32.const 1))"),
        &[],
        &["-T", "-", &url],
        b"",
    );
    is_26(&paused, "bad-return", "guest", "cannot pause a file://");
}

#[test]
fn a_sink_and_read_go_together() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let (body, headers) = (folder.path().join("body"), folder.path().join("headers"));
    let ended = Transferhost::run()
        .args(["--set", "size=1k"])
        .arg(guest("upload-generator"))
        .args([
            "-sS",
            "-T",
            "-",
            "-o",
            &body.to_string_lossy(),
            "-D",
            &headers.to_string_lossy(),
        ])
        .arg(origin.url("/x"))
        .end();
    assert_eq!((ended.code(), ended.text().as_str()), (Some(0), ""), "{}", ended.stderr);
    assert_eq!(fs::read(body).unwrap(), b"taken\n");
    assert!(fs::read_to_string(headers).unwrap().starts_with("HTTP/1.1 "));
    assert_eq!(origin.requests()[0].body.len(), 1024);
}
