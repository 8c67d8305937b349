//! curl's options about where a body goes, by the files that are there afterwards.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

const BODY: &str = "0123456789";

fn origin() -> Origin {
    http::serve(|request| {
        let path = request.path().to_owned();
        if let Some(name) = path.strip_prefix("/named/") {
            return Response::ok("named").header("Content-Disposition", &format!("attachment; filename=\"{name}\""));
        }
        match path.as_str() {
            "/away" => Response::redirect(302, "/x/moved?q"),
            "/up" => Response::ok("up").header("Content-Disposition", "attachment; filename=\"../../up.txt\""),
            "/404" => Response::status(404).body("no"),
            "/tagged" if request.header("if-none-match") == Some("\"a\"") => {
                Response::status(304).header("ETag", "\"a\"")
            }
            "/tagged" => Response::ok("tagged").header("ETag", "\"a\""),
            "/weak" => Response::ok("weak").header("etag", "W/\"b c\""),
            _ => match request
                .header("range")
                .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'))
            {
                Some(from) => {
                    let from: usize = from.parse().unwrap();
                    let told = format!("bytes {from}-{}/{}", BODY.len() - 1, BODY.len());
                    Response::status(206).header("Content-Range", &told).body(&BODY[from..])
                }
                None => Response::ok(BODY),
            },
        }
    })
    .unwrap()
}

/// Runs with these words, URL among them replaced.
fn run(origin: &Origin, folder: &Path, words: &[&str]) -> Ended {
    let words = words.iter().map(|word| word.replace("URL", &origin.url("")));
    Transferhost::run()
        .arg("--no-plugin")
        .args(words)
        .in_folder(folder)
        .end()
}

/// As `run`, which must end well and say nothing.
#[track_caller]
fn well(origin: &Origin, folder: &Path, words: &[&str]) {
    let ended = run(origin, folder, words);
    assert_eq!(
        (ended.code(), ended.stderr.as_str(), ended.text().as_str()),
        (Some(0), "", ""),
        "{words:?}"
    );
}

#[track_caller]
fn holds(folder: &Path, name: &str, text: &str) {
    assert_eq!(
        fs::read_to_string(folder.join(name)).ok().as_deref(),
        Some(text),
        "{name}"
    );
}

#[test]
fn a_file_has_the_name_of_its_url() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let folder = place.path();
    well(&origin, folder, &["-O", "URL/a/b.txt?c#d"]);
    holds(folder, "b.txt", BODY);
    well(
        &origin,
        folder,
        &["-O", "URL/a/dir/", "-o", "two", "URL/2", "-O", "URL/x%20y"],
    );
    for name in ["dir", "two", "x%20y"] {
        holds(folder, name, BODY);
    }
    well(&origin, folder, &["-O", "URL/"]);
    holds(folder, "curl_response", BODY);
}

#[test]
fn a_file_has_the_name_that_the_server_gives() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let folder = place.path();
    well(&origin, folder, &["-OJ", "URL/named/given.txt"]);
    holds(folder, "given.txt", "named");
    // It stays in its folder, and writes over nothing.
    well(&origin, folder, &["-O", "-J", "--output-dir", ".", "URL/up"]);
    holds(folder, "up.txt", "up");
    fs::write(folder.join("mine"), "mine").unwrap();
    let over = run(&origin, folder, &["-OJ", "URL/named/mine"]);
    assert!(sentence(&over, 23).contains("mine"), "{}", over.stderr);
    holds(folder, "mine", "mine");
    // Without a name of the server's it is the URL's; of a redirect, the last one's.
    well(&origin, folder, &["-OJ", "URL/plain"]);
    holds(folder, "plain", BODY);
    well(&origin, folder, &["-OJL", "URL/away"]);
    holds(folder, "moved", BODY);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 5);
    assert!(!folder.parent().unwrap().join("up.txt").exists());
}

#[test]
fn folders_and_numbers() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let folder = place.path();
    well(
        &origin,
        folder,
        &[
            "--output-dir",
            "a/b",
            "--create-dirs",
            "-o",
            "c/d",
            "URL/x",
            "-O",
            "URL/e",
        ],
    );
    holds(folder, "a/b/c/d", BODY);
    holds(folder, "a/b/e", BODY);
    let none = run(&origin, folder, &["--output-dir", "none", "-O", "URL/x"]);
    assert!(sentence(&none, 23).contains("none/x"), "{}", none.stderr);
    for _ in 0..3 {
        well(&origin, folder, &["--no-clobber", "-o", "n", "URL/x"]);
    }
    for name in ["n", "n.1", "n.2"] {
        holds(folder, name, BODY);
    }
    fs::write(folder.join("old"), "longer than what comes").unwrap();
    well(&origin, folder, &["-o", "old", "URL/x"]);
    holds(folder, "old", BODY);
}

#[test]
fn what_failed_is_removed() {
    let place = TempDir::new().unwrap();
    let folder = place.path();
    let short = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    })
    .unwrap();
    assert_eq!(run(&short, folder, &["-s", "-o", "kept", "URL/x"]).code(), Some(18));
    holds(folder, "kept", "half");
    assert_eq!(
        run(&short, folder, &["-s", "--remove-on-error", "-o", "gone", "URL/x"]).code(),
        Some(18)
    );
    // What a transfer did not touch stays.
    fs::write(folder.join("mine"), "mine").unwrap();
    let refused = run(&short, folder, &["-s", "--remove-on-error", "-o", "mine", "http://"]);
    assert_eq!(refused.code(), Some(3));
    holds(folder, "mine", "mine");
    assert!(!folder.join("gone").exists());
    // Also where a plugin ended it.
    let ended = Transferhost::run()
        .arg(hostile("trap-write-end"))
        .args(["-s", "--remove-on-error", "-o", "gone", &origin().url("/x")])
        .in_folder(folder)
        .end();
    assert_eq!(ended.code(), Some(23), "{}", ended.stderr);
    assert!(!folder.join("gone").exists());
}

#[test]
fn a_download_resumes() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let folder = place.path();
    fs::write(folder.join("part"), "0123").unwrap();
    well(&origin, folder, &["-C", "-", "-o", "part", "URL/x"]);
    holds(folder, "part", BODY);
    assert_eq!(origin.requests()[0].header("range"), Some("bytes=4-"));
    // Nothing is there yet: all of it is asked for.
    well(&origin, folder, &["-C", "-", "-O", "URL/new"]);
    holds(folder, "new", BODY);
    assert_eq!(origin.requests()[1].header("range"), None);
    fs::write(folder.join("six"), "abcdef").unwrap();
    well(&origin, folder, &["-C", "6", "-o", "six", "URL/x"]);
    holds(folder, "six", "abcdef6789");
    // A plugin sees what comes, and only that.
    fs::write(folder.join("part"), "01234567").unwrap();
    let ended = Transferhost::run()
        .arg(guest("pass"))
        .args(["-s", "-C", "-", "-o", "part", &origin.url("/x")])
        .in_folder(folder)
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    holds(folder, "part", BODY);
    // A server that cannot: 33, and the file stays as it was.
    let whole = http::serve(|_| Response::ok(BODY)).unwrap();
    fs::write(folder.join("part"), "0123").unwrap();
    assert_eq!(
        run(&whole, folder, &["-s", "-C", "-", "-o", "part", "URL/x"]).code(),
        Some(33)
    );
    holds(folder, "part", "0123");
}

#[test]
fn etags_are_saved_and_compared() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let folder = place.path();
    let both = ["--etag-compare", "tag", "--etag-save", "tag", "-o", "body"];
    well(&origin, folder, &[&both[..], &["URL/tagged"]].concat());
    holds(folder, "tag", "\"a\"\n");
    holds(folder, "body", "tagged");
    // Nothing is newer: what is there stays.
    well(&origin, folder, &[&both[..], &["URL/tagged"]].concat());
    holds(folder, "tag", "\"a\"\n");
    holds(folder, "body", "tagged");
    let asked: Vec<_> = origin
        .requests()
        .iter()
        .map(|it| it.header("if-none-match").map(str::to_owned))
        .collect();
    assert_eq!(asked, [Some("\"\"".to_owned()), Some("\"a\"".to_owned())]);
    well(&origin, folder, &["--etag-save", "tag", "-o", "body", "URL/weak"]);
    holds(folder, "tag", "W/\"b c\"\n");
    // None of a failure's.
    well(&origin, folder, &["--etag-save", "none", "-o", "body", "URL/404"]);
    assert!(!folder.join("none").exists());
    let two = run(&origin, folder, &["--etag-save", "none", "URL/a", "URL/b"]);
    assert!(sentence(&two, 2).contains("for one URL"));
}

#[test]
fn a_size_that_is_too_large_is_63() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let ended = run(
        &origin,
        place.path(),
        &["-s", "--max-filesize", "9", "-o", "x", "URL/x"],
    );
    assert_eq!(ended.code(), Some(63));
    assert!(!place.path().join("x").exists());
    well(&origin, place.path(), &["--max-filesize", "10", "-o", "x", "URL/x"]);
}

#[test]
fn stderr_goes_elsewhere() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let folder = place.path();
    let ended = run(&origin, folder, &["--stderr", "err", "-v", "-o", "x", "URL/x"]);
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    let said = fs::read_to_string(folder.join("err")).unwrap();
    assert!(said.contains("> GET /x HTTP/1.1"), "{said}");
    let failed = run(&origin, folder, &["--stderr", "-", "http://"]);
    assert_eq!((failed.code(), failed.stderr.as_str()), (Some(3), ""));
    assert!(failed.text().starts_with("transferhost: (3) "), "{}", failed.text());
}

#[test]
fn all_that_goes_over_the_wire_is_written() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    let folder = place.path();
    well(
        &origin,
        folder,
        &["--trace-ascii", "trace", "-d", "a\nb", "-o", "x", "URL/x"],
    );
    let trace = fs::read_to_string(folder.join("trace")).unwrap();
    for line in [
        "=> Send header, ",
        "0000: POST /x HTTP/1.1",
        "=> Send data, 3 bytes (0x3)\n0000: a.b\n",
        "<= Recv header, 17 bytes (0x11)\n0000: HTTP/1.1 200 OK\n",
        "<= Recv data, 10 bytes (0xa)\n0000: 0123456789\n",
    ] {
        assert!(trace.contains(line), "{line:?} in {trace}");
    }
}

#[test]
fn the_most_bytes_a_second() {
    let origin = http::serve(|_| Response::ok(vec![0; 3_000_000])).unwrap();
    let place = TempDir::new().unwrap();
    // Some seconds' bytes, so that it cannot be over before the first; an older libcurl does not slow down what is small.
    let ended = run(&origin, place.path(), &["-s", "--limit-rate", "1M", "-o", "x", "URL/x"]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.elapsed.as_millis() > 1000, "{:?}", ended.elapsed);
    assert_eq!(fs::metadata(place.path().join("x")).unwrap().len(), 3_000_000);
}

#[test]
fn what_is_too_slow_ends() {
    let silent = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.wait_for_close()
    })
    .unwrap();
    let place = TempDir::new().unwrap();
    for flags in [&["-Y", "1000", "-y", "1"][..], &["-y", "1"]] {
        let ended = run(&silent, place.path(), &[flags, &["-s", "URL/x"]].concat());
        assert_eq!(ended.code(), Some(28), "{flags:?}: {}", ended.stderr);
    }
}

#[test]
fn rows_that_change_nothing_are_taken() {
    let (origin, place) = (origin(), TempDir::new().unwrap());
    well(
        &origin,
        place.path(),
        &["-q", "-#", "--no-progress-meter", "-o", "x", "URL/x"],
    );
    holds(place.path(), "x", BODY);
}
