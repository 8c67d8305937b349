//! Outputs that do not take what comes.

use std::fs;
use std::io::Read;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;
use transferhost_tests::running::Ended;
use transferhost_tests::{outcome, shell};

/// Sends without end.
fn endless() -> Origin {
    Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            connection.send([b'e'; 16_384])?;
        }
    })
    .unwrap()
}

/// One sentence, of code 23, that names this.
fn said(ended: &Ended, name: &str) {
    assert_eq!(ended.code(), Some(23), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.starts_with("transferhost: (23) "), "{}", ended.stderr);
    assert!(ended.stderr.contains(name), "{}", ended.stderr);
}

#[test]
fn a_reader_that_went_away_is_no_news() {
    let origin = endless();
    for plugin in [Some(guest("pass")), None] {
        let run = Transferhost::run();
        let run = match &plugin {
            Some(plugin) => run.arg(plugin),
            None => run.arg("--no-plugin"),
        };
        let mut running = run.args(["-sS", &origin.url("/")]).start();
        let mut stdout = running.take_stdout().unwrap();
        let mut some = [0; 100_000];
        stdout.read_exact(&mut some).unwrap();
        assert!(some.iter().all(|byte| *byte == b'e'));
        drop(stdout);
        let ended = running.end();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(23), ""));
    }
    // As a shell has it, where only the last of a pipe's codes is seen.
    let plugin = guest("pass");
    let url = origin.url("/");
    let ended = shell::start(r#""$@" | head -c 10"#, ["run", &*plugin.to_string_lossy(), "-s", &url]).end();
    assert_eq!(
        (ended.code(), ended.text().as_str(), ended.stderr.as_str()),
        (Some(0), "eeeeeeeeee", "")
    );
}

#[test]
fn the_outcome_of_a_broken_pipe_is_the_callers_doing() {
    let origin = endless();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outcome");
    let mut running = Transferhost::run()
        .arg("--outcome")
        .arg(&file)
        .arg(guest("pass"))
        .args(["-sS", &origin.url("/")])
        .start();
    drop(running.take_stdout());
    assert_eq!(running.end().code(), Some(23));
    let told: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(outcome::end(&told), (23, Some("sink")));
    assert_eq!(told["abort"]["blame"], "caller");
}

#[test]
fn a_stdout_that_was_never_there_is_said() {
    let origin = http::serve(|_| Response::ok("lost")).unwrap();
    let plugin = guest("pass");
    let plugin = &*plugin.to_string_lossy();
    let url = origin.url("/");
    for arguments in [&["run", plugin, "-sS", &url][..], &["run", "--no-plugin", "-sS", &url]] {
        said(&shell::start(r#"exec "$@" >&-"#, arguments).end(), "standard output");
    }
    // Who asked for nothing there is not bothered.
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("out");
    let file = &*file.to_string_lossy();
    let ended = shell::start(r#"exec "$@" >&-"#, ["run", plugin, "-sS", "-o", file, &url]).end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(fs::read(file).unwrap(), b"lost");
    // Nor who threw it away on purpose, in either of the ways that programs do.
    for away in [">/dev/null", "1<>/dev/null"] {
        let ended = shell::start(&format!(r#"exec "$@" {away}"#), ["run", plugin, "-sS", &url]).end();
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{away}");
    }
}

#[test]
fn other_closed_streams_change_nothing() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let plugin = guest("pass");
    let plugin = &*plugin.to_string_lossy();
    let url = origin.url("/");
    for closed in ["<&-", "2>&-", "<&- 2>&-"] {
        let ended = shell::start(&format!(r#"exec "$@" {closed}"#), ["run", plugin, "-sS", &url]).end();
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "body"),
            "{closed}: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_full_disk_is_said() {
    let origin = http::serve(|_| Response::ok(vec![0; 100_000])).unwrap();
    let plugin = guest("pass");
    let url = origin.url("/");
    let ended = Transferhost::run()
        .arg(&plugin)
        .args(["-sS", "-o", "/dev/full", &url])
        .end();
    said(&ended, "/dev/full");
    assert!(ended.stderr.contains("No space left on device"), "{}", ended.stderr);
    let ended = shell::start(
        r#"exec "$@" >/dev/full"#,
        ["run", &*plugin.to_string_lossy(), "-sS", &url],
    )
    .end();
    said(&ended, "standard output");
    // A header or an end that does not fit is no better than a chunk.
    let ended = Transferhost::run()
        .arg(&plugin)
        .args(["-sSi", "-o", "/dev/full", &url])
        .end();
    said(&ended, "/dev/full");
    let both = Same::new(["-sS", "-o", "/dev/full", &url]).both();
    assert_eq!((both.ours.code(), both.curls.code()), (Some(23), Some(23)));
}

#[test]
fn a_disk_that_fills_keeps_what_was_written_and_says_so() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 1_000_000])).unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("out");
    let plugin = guest("pass");
    let url = origin.url("/");
    // 64 KiB for a file stand in for a disk; the cache of compiled code must not need more.
    let warm = Transferhost::run().arg(&plugin).args(["-sSo/dev/null", &url]).end();
    assert_eq!(warm.code(), Some(0), "{}", warm.stderr);
    let arguments = [
        "run",
        &*plugin.to_string_lossy(),
        "-sS",
        "-o",
        &*file.to_string_lossy(),
        &url,
    ];
    // A file that may not grow raises SIGXFSZ, unless that is ignored.
    let ended = shell::start(r#"trap '' XFSZ; ulimit -f 128; exec "$@""#, arguments).end();
    said(&ended, &file.to_string_lossy());
    let kept = fs::metadata(&file).unwrap().len();
    assert!(kept > 0 && kept < 1_000_000, "{kept}");
    assert!(ended.stderr.contains(&format!("{kept} bytes")), "{}", ended.stderr);
}

#[test]
fn a_path_that_cannot_be_written_is_said() {
    let folder = TempDir::new().unwrap();
    let origin = http::serve(|request| match request.path() {
        "/empty" => Response::ok(""),
        _ => Response::ok("body"),
    })
    .unwrap();
    let nowhere = folder.path().join("no such folder/out");
    for path in [nowhere.as_path(), folder.path()] {
        let name = &*path.to_string_lossy();
        for plugin in [guest("pass"), guest("redactor")] {
            let ended = Transferhost::run()
                .arg(&plugin)
                .args(["-sS", "-o", name, &origin.url("/")])
                .end();
            said(&ended, name);
        }
        // An empty body needs its file as well.
        let ended = Transferhost::run()
            .arg(guest("pass"))
            .args(["-sS", "-o", name, &origin.url("/empty")])
            .end();
        said(&ended, name);
        let both = Same::new(["-sS", "-o", name, &origin.url("/")]).both();
        assert_eq!((both.ours.code(), both.curls.code()), (Some(23), Some(23)), "{name}");
    }
}
