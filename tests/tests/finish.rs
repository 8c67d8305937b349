//! `finish`: so many bytes, then a success, whatever the origin still has to send.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::nginx::Nginx;
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;
use transferhost_tests::tls::Authority;

fn first(bytes: usize, curls: &[&str]) -> Ended {
    Transferhost::run()
        .args(["--outcome", "-", "--set", &format!("bytes={bytes}")])
        .arg(guest("first-bytes"))
        .arg("-sS")
        .args(curls)
        .end()
}

/// The transfer ended after exactly these bytes, as a success that nobody calls the end of the body.
fn stopped_after(ended: &Ended, expected: &[u8]) {
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stdout == expected, "other bytes came out: {}", ended.stdout.len());
    let told = outcome::of(ended);
    assert_eq!(outcome::end(&told), (0, None));
    assert_eq!((&told["name"], &told["message"]), (&"CURLE_OK".into(), &"".into()));
    assert_eq!(told["bytes"]["delivered"], expected.len());
    assert_eq!(outcome::calls(&told, "write-end"), 0);
    assert_eq!(outcome::calls(&told, "done"), 1);
    // The guest says this where `done` was told code 0.
    let line = format!("first_bytes.wasm: {} bytes, then stopped", expected.len());
    assert!(ended.stderr.lines().any(|it| it == line), "{}", ended.stderr);
}

#[test]
fn exactly_so_many_bytes_of_a_body_without_end() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")?;
        for line in 0_u64.. {
            // Ends when the client closes.
            connection.send(format!("{line:015}\n"))?;
        }
        Ok(())
    })
    .unwrap();
    let endless: Vec<u8> = (0..10_000)
        .flat_map(|line| format!("{line:015}\n").into_bytes())
        .collect();
    for bytes in [0, 1, 15, 16, 1000, 16_383, 16_384, 16_385, 100_000] {
        stopped_after(&first(bytes, &[&origin.url("/")]), &endless[..bytes]);
    }
}

#[test]
fn an_origin_that_falls_silent_is_not_waited_for() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")?;
        connection.wait_for_close()
    })
    .unwrap();
    stopped_after(&first(10, &[&origin.url("/")]), b"0123456789");
    stopped_after(&first(4, &[&origin.url("/")]), b"0123");
}

#[test]
fn a_shorter_body_ends_by_itself() {
    let origin = http::serve(|request| match request.path() {
        "/empty" => Response::ok(""),
        _ => Response::ok("short"),
    })
    .unwrap();
    for (path, body) in [("/", "short"), ("/empty", "")] {
        let ended = first(6, &[&origin.url(path)]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), body),
            "{}",
            ended.stderr
        );
        let told = outcome::of(&ended);
        assert_eq!(outcome::calls(&told, "write-end"), 1);
        assert_eq!(outcome::calls(&told, "done"), 1);
        let line = format!("first_bytes.wasm: {} bytes, the whole body", body.len());
        assert!(ended.stderr.lines().any(|it| it == line), "{}", ended.stderr);
    }
}

#[test]
fn decoded_chunked_and_http_2_bodies_finish_too() {
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    let body = fs::read(nginx.counted_file("counted", 4_000_000).unwrap()).unwrap();
    let ca = authority.ca_file();
    let ca = &*ca.to_string_lossy();
    for arguments in [
        &["--http2", "--cacert", ca, &nginx.https("/counted")][..],
        &["--http1.1", "--cacert", ca, &nginx.https("/counted")],
        &["--compressed", &nginx.http("/gzip/counted")],
        &[&nginx.http("/chunked/counted")],
    ] {
        stopped_after(&first(50_001, arguments), &body[..50_001]);
    }
}

#[test]
fn a_file_holds_what_was_taken_and_shown_headers_stay() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 100_000])).unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("out");
    let ended = first(7, &["-o", &file.to_string_lossy(), &origin.url("/")]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(fs::read(&file).unwrap(), b"xxxxxxx");
    // Nothing is taken: an empty file, as after an empty body.
    fs::remove_file(&file).unwrap();
    let ended = first(0, &["-o", &file.to_string_lossy(), &origin.url("/")]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(fs::read(&file).unwrap(), b"");
    let ended = first(3, &["-i", &origin.url("/")]);
    assert_eq!(ended.text(), "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nxxx");
}

#[test]
fn the_next_url_runs_as_well() {
    let origin = http::serve(|request| Response::ok(request.path().repeat(10_000))).unwrap();
    let ended = first(3, &[&origin.url("/a"), &origin.url("/b")]);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "/a//b/"),
        "{}",
        ended.stderr
    );
}
