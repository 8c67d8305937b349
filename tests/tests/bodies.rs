//! Bodies: byte for byte, however they come; and how those end that do not come well.

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

#[path = "bodies/large.rs"]
mod large;
#[path = "bodies/sinks.rs"]
mod sinks;

/// Answers each request with exactly these bytes, then closes in good order, or with a reset.
fn raw(response: &'static [u8], reset: bool) -> Origin {
    Origin::serve(move |mut connection| {
        connection.expect_request()?;
        connection.send(response)?;
        if reset {
            return connection.reset();
        }
        Ok(())
    })
    .unwrap()
}

/// Through the guest that exports `write`, `write-end` and `done`, and takes all.
fn through(arguments: &[&str]) -> (Ended, Value) {
    let ended = Transferhost::run()
        .args(["--outcome", "-", "--set", "bytes=1000000"])
        .arg(guest("first-bytes"))
        .args(arguments)
        .end();
    let told = outcome::of(&ended);
    (ended, told)
}

fn calls(told: &Value) -> [u64; 3] {
    ["write", "write-end", "done"].map(|callback| outcome::calls(told, callback))
}

#[test]
fn an_empty_body_has_an_end_and_no_chunk() {
    let folder = TempDir::new().unwrap();
    for response in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        // What has no body by its status has none, whatever the length says.
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    ] {
        let origin = raw(response, false);
        let shown = String::from_utf8_lossy(response);
        let (ended, told) = through(&["-sS", &origin.url("/")]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), ""),
            "{shown}: {}",
            ended.stderr
        );
        assert_eq!(calls(&told), [0, 1, 1], "{shown}");
        let file = folder.path().join("out");
        let (ended, _) = through(&["-sS", "-o", &file.to_string_lossy(), &origin.url("/")]);
        assert_eq!(ended.code(), Some(0), "{shown}: {}", ended.stderr);
        // Where nothing is newer than what is there, that stays, as curl has it.
        let made = (!shown.contains(" 304 ")).then(Vec::new);
        assert_eq!(fs::read(&file).ok(), made, "{shown}: an empty body is an empty file");
        let _ = fs::remove_file(&file);
    }
}

#[test]
fn a_head_request_by_x_waits_for_a_body_as_curls_does() {
    let origin = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", false);
    let (code, requests) = Same::new(["-sS", "-X", "HEAD", &origin.url("/")]).alike(&origin);
    assert_eq!((code, requests[0].method()), (Some(18), "HEAD"));
    let origin = http::serve(|_| Response::status(204)).unwrap();
    let (code, _) = Same::new(["-sS", "-X", "HEAD", &origin.url("/")]).alike(&origin);
    assert_eq!(code, Some(0));
}

#[test]
fn what_ends_badly_has_no_end() {
    for (response, reset, code) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"[..], false, 18),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            false,
            18,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nnonsense\r\n",
            false,
            56,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true, 56),
        (b"HTTP/1.1 200 OK\r\n\r\nhalf", true, 56),
    ] {
        let shown = String::from_utf8_lossy(response);
        let origin = raw(response, reset);
        let (ended, told) = through(&["-sS", &origin.url("/")]);
        assert_eq!(outcome::end(&told), (code, None), "{shown}: {}", ended.stderr);
        assert_eq!(ended.code(), Some(code as i32), "{shown}");
        // A reset may overtake what was sent before it.
        assert!(
            ended.text() == "half" || (reset && ended.text().is_empty()),
            "{shown}: {}",
            ended.text()
        );
        let written = u64::from(!ended.stdout.is_empty());
        assert_eq!(calls(&told), [written, 0, 1], "{shown}");
        let sentence = format!("transferhost: ({code}) ");
        assert_eq!(
            ended.stderr.lines().filter(|it| it.starts_with(&sentence)).count(),
            1,
            "{}",
            ended.stderr
        );
        let curls = Same::new(["-sS", &origin.url("/")]).curls();
        assert_eq!(
            curls.code(),
            Some(code as i32),
            "{shown}: the curl tool differs: {}",
            curls.stderr
        );
    }
}

#[test]
fn what_cannot_be_decoded_is_61() {
    let origin = http::serve(|request| match request.path() {
        "/garbage" => Response::ok("not gzip").header("Content-Encoding", "gzip"),
        _ => Response::ok("x").header("Content-Encoding", "unheard-of"),
    })
    .unwrap();
    for path in ["/garbage", "/other"] {
        let (ended, told) = through(&["-sS", "--compressed", &origin.url(path)]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(61), ""),
            "{}",
            ended.stderr
        );
        assert_eq!(calls(&told), [0, 0, 1]);
        // Who did not ask for decoding gets what came.
        let (ended, _) = through(&["-sS", &origin.url(path)]);
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    }
}

#[test]
fn a_404_is_a_body_unless_f_is_given() {
    let origin = http::serve(|request| match request.path() {
        "/there" => Response::ok("there"),
        _ => Response::status(404).body("no such page\n"),
    })
    .unwrap();
    let (ended, told) = through(&["-sS", &origin.url("/")]);
    assert_eq!((ended.code(), ended.text().as_str()), (Some(0), "no such page\n"));
    assert_eq!((calls(&told), &told["status"]), ([1, 1, 1], &404.into()));
    let (ended, told) = through(&["-sSf", &origin.url("/")]);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(22), ""),
        "{}",
        ended.stderr
    );
    assert_eq!((calls(&told), &told["status"]), ([0, 0, 1], &404.into()));
    assert_eq!(outcome::end(&told), (22, None));
    for flags in [&["-sS"][..], &["-sSf"], &["-sSfi"], &["-sSi"]] {
        for path in ["/", "/there"] {
            let url = origin.url(path);
            Same::new(flags.iter().copied().chain([url.as_str()])).alike(&origin);
        }
    }
    // What was there stays there where nothing came in its place.
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("out");
    fs::write(&file, "kept").unwrap();
    let (ended, _) = through(&["-sSf", "-o", &file.to_string_lossy(), &origin.url("/")]);
    assert_eq!((ended.code(), fs::read(&file).unwrap()), (Some(22), b"kept".to_vec()));
}

#[test]
fn each_url_has_its_own_output_and_the_first_failure_its_code() {
    let origin = http::serve(|request| match request.path() {
        "/404" => Response::status(404),
        path => Response::ok(path.as_bytes()),
    })
    .unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a");
    let ended = Transferhost::run()
        .arg(guest("pass"))
        .arg("-sSfo")
        .arg(&file)
        .args(["/a", "/404", "/b"].map(|path| origin.url(path)))
        .end();
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(22), "/b"),
        "{}",
        ended.stderr
    );
    assert_eq!(fs::read(&file).unwrap(), b"/a");
}
