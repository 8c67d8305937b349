//! curl's `--retry`: what is tried again, what is not, and that what was written is written once.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;

/// Answers with this status so often, and then with a 200.
fn origin(status: u16, times: usize) -> Origin {
    let asked = Arc::new(AtomicUsize::new(0));
    http::serve(move |_| match asked.fetch_add(1, Ordering::SeqCst) < times {
        true => Response::status(status).body("not yet, and longer"),
        false => Response::ok("at last"),
    })
    .unwrap()
}

fn run(words: &[&str]) -> Ended {
    Transferhost::run().args(["--no-plugin", "-sS"]).args(words).end()
}

#[test]
fn a_failure_that_may_pass_is_tried_again() {
    let folder = TempDir::new().unwrap();
    for status in [408, 429, 500, 502, 503, 504] {
        let origin = origin(status, 1);
        let file = folder.path().join("file");
        let ended = run(&[
            "--retry",
            "3",
            "--retry-delay",
            "0.05",
            "-w",
            "%{num_retries} %{http_code}",
            "-o",
            &file.to_string_lossy(),
            &origin.url("/"),
        ]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "1 200"),
            "{}",
            ended.stderr
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "at last");
        assert!(ended.stderr.contains("tried again"), "{}", ended.stderr);
    }
}

#[test]
fn what_does_not_pass_is_not() {
    for (flags, status, times) in [
        (&["--retry", "2"][..], 404, 1),
        (&["--retry", "2", "-f"], 404, 1),
        (&["--retry", "2", "-f", "--retry-all-errors"], 404, 3),
        (&["--retry", "0"], 503, 1),
        (&["--retry", "2"], 503, 3),
        (&["--retry", "2", "--retry-max-time", "0.001"], 503, 1),
    ] {
        let origin = origin(status, 9);
        let url = origin.url("/");
        let words = [&["--retry-delay", "0.01"], flags, &[url.as_str()]].concat();
        let ended = run(&words);
        assert_eq!(origin.requests().len(), times, "{flags:?}: {}", ended.stderr);
        assert_eq!(
            ended.code(),
            Some(if flags.contains(&"-f") { 22 } else { 0 }),
            "{flags:?}"
        );
    }
}

#[test]
fn a_connection_that_is_refused_is_tried_again_where_it_is_asked_for() {
    // Nobody listens there while the socket is bound.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket
        .bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap().as_socket().unwrap());
    let times = |flags: &[&str]| {
        let ended = run(&[
            &["--retry", "2", "--retry-delay", "0.01", "-w", "%{num_retries}"],
            flags,
            &[url.as_str()],
        ]
        .concat());
        assert_eq!(ended.code(), Some(7));
        ended.text()
    };
    assert_eq!(
        (times(&[]).as_str(), times(&["--retry-connrefused"]).as_str()),
        ("0", "2")
    );
    assert_eq!(times(&["--retry-all-errors"]), "2");
}

#[test]
fn what_a_plugin_ended_is_not_tried_again() {
    let origin = origin(503, 9);
    let ended = Transferhost::run()
        .args(["--outcome", "-"])
        .arg(hostile("trap-write"))
        .args([
            "-s",
            "--retry",
            "3",
            "--retry-all-errors",
            "--retry-delay",
            "0.01",
            &origin.url("/"),
        ])
        .end();
    assert_eq!(ended.code(), Some(23), "{}", ended.stderr);
    assert_eq!(outcome::end(&outcome::of(&ended)).1, Some("trap"));
    assert_eq!(origin.requests().len(), 1);
}

/// A success is what the plugin made of it, whatever the status; and what it saw all of may be tried again.
#[test]
fn what_a_plugin_finished_is_not_tried_again() {
    for status in [408, 429, 500, 502, 503, 504, 522, 524] {
        let finished = |bytes: usize, more: &[&str]| {
            let origin = origin(status, 9);
            let ended = Transferhost::run()
                .args(["--set", &format!("bytes={bytes}")])
                .arg(guest("first-bytes"))
                .args(["-sS", "--retry", "2", "--retry-delay", "0.01"])
                .args(more)
                .arg(origin.url("/"))
                .end();
            (ended.code(), ended.stdout.len(), origin.requests().len())
        };
        let body = "not yet, and longer".len();
        for bytes in [0, 3, body - 1] {
            assert_eq!(finished(bytes, &[]), (Some(0), bytes, 1), "{status}, {bytes}");
        }
        assert_eq!(finished(3, &["--retry-all-errors"]), (Some(0), 3, 1), "{status}");
        assert_eq!(finished(body + 1, &[]).2, 3, "{status}");
        // Nothing of it comes to the plugin.
        assert_eq!(finished(3, &["-f"]), (Some(22), 0, 3), "{status}");
    }
}

#[test]
fn what_the_operators_plugin_finished_is_not_tried_again() {
    let origin = origin(503, 9);
    let ended = Transferhost::run()
        .args(["--operator", &guest("first-bytes").to_string_lossy()])
        .args(["--operator-set", "bytes=3", "--no-plugin"])
        .args(["-sS", "--retry", "2", "--retry-delay", "0.01", &origin.url("/")])
        .end();
    assert_eq!(
        (ended.code(), origin.requests().len()),
        (Some(0), 1),
        "{}",
        ended.stderr
    );
}
