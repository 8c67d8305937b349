//! An input that has no end: jobs begin as they come, and no more is read than there is room for.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use transferhost_tests::PATIENCE;
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::running::Running;
use transferhost_tests::shell;

use super::site::{Site, end, ended_with};

/// A pipe by name, `jobs.fifo` in the site's folder, that has no end before it is dropped.
pub(crate) struct Pipe(File);

impl Pipe {
    pub(crate) fn new(site: &Site) -> Self {
        let path = site.at("jobs.fifo");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Open at both ends, so that opening it waits for nobody.
        Self(File::options().read(true).write(true).open(&path).unwrap())
    }

    pub(crate) fn write(&self, text: &str) {
        (&self.0).write_all(text.as_bytes()).unwrap();
    }
}

/// What it writes to stdout, as it comes.
pub(crate) fn lines(running: &mut Running) -> impl Iterator<Item = Value> + use<> {
    let stdout = BufReader::new(running.take_stdout().unwrap());
    stdout.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

#[test]
fn a_job_begins_as_it_comes_and_its_outcome_is_there_when_it_ends() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let pipe = Pipe::new(&site);
    let mut running = site.batch().arg("jobs.fifo").start();
    let mut outcomes = lines(&mut running);
    for number in 1..=3 {
        pipe.write(&format!("{}\n", json!({"url": origin.url("/")})));
        // The next line is not there yet.
        let outcome = outcomes.next().unwrap();
        assert_eq!(
            (&outcome["id"], &outcome["code"]),
            (&json!({"line": number}), &json!(0)),
            "{outcome}"
        );
    }
    // A last line may have no end.
    pipe.write(&json!({"id": "last", "url": origin.url("/")}).to_string());
    drop(pipe);
    assert_eq!(outcomes.next().unwrap()["id"], "last");
    assert!(outcomes.next().is_none());
    assert_eq!(running.end().code(), Some(0));
}

/// Each line is larger than what the pipe and the reader's own buffer hold together would have room for twice.
#[test]
fn no_more_is_read_than_there_is_room_for() {
    const JOBS: usize = 4;
    const LINES: usize = 60;
    /// Beyond them: what is being read, what is being written, and what pipe and buffer hold.
    const BETWEEN: usize = 4;
    let (written, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (active, most, ahead) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let full = Event::new();
    let origin = http::serve({
        let (written, answered) = (Arc::clone(&written), Arc::clone(&answered));
        let (active, most, ahead) = (Arc::clone(&active), Arc::clone(&most), Arc::clone(&ahead));
        let full = full.clone();
        move |_| {
            let now = active.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            if now == JOBS {
                full.fire();
            }
            // The first ones hold up all others.
            full.wait(PATIENCE);
            let lead = written
                .load(Ordering::SeqCst)
                .saturating_sub(answered.load(Ordering::SeqCst));
            ahead.fetch_max(lead, Ordering::SeqCst);
            active.fetch_sub(1, Ordering::SeqCst);
            answered.fetch_add(1, Ordering::SeqCst);
            Response::ok("hello")
        }
    })
    .unwrap();
    let more = format!("[batch]\njobs = {JOBS}\n[quotas]\nbytes = \"1GiB\"");
    let site = Site::new(&origin, &more);
    let pipe = Pipe::new(&site);
    let mut running = site.batch().arg("jobs.fifo").start();
    let line = format!(
        "{}\n",
        json!({"url": origin.url("/"), "set": {"x": "y".repeat(100_000)}})
    );
    let writing = std::thread::spawn({
        let written = Arc::clone(&written);
        move || {
            for _ in 0..LINES {
                pipe.write(&line);
                written.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let outcomes: Vec<Value> = lines(&mut running).collect();
    writing.join().unwrap();
    assert!(
        outcomes.len() == LINES && outcomes.iter().all(|it| it["code"] == 0),
        "{outcomes:?}"
    );
    assert_eq!(most.load(Ordering::SeqCst), JOBS);
    let ahead = ahead.load(Ordering::SeqCst);
    assert!(
        ahead <= JOBS + BETWEEN,
        "{ahead} lines were taken from the input and not answered"
    );
    assert_eq!(running.end().code(), Some(0));
}

/// What is larger than all that lines may take has it alone.
#[test]
fn lines_take_no_more_than_their_bytes() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "[batch]\nmemory = 1000\ninline = 4000");
    let job = json!({"url": origin.url("/"), "output": "inline"}).to_string();
    let outcomes = site.outcomes(&[&job, &job, &job]);
    assert!(outcomes.iter().all(|it| it["body"] == "hello"), "{outcomes:?}");
}

#[test]
fn a_closed_output_ends_it_with_a_sentence() {
    let origin = http::serve(|_| Response::ok("hello")).unwrap();
    let site = Site::new(&origin, "");
    let pipe = Pipe::new(&site);
    let mut running = site.batch().arg("jobs.fifo").start();
    let mut stdout = BufReader::new(running.take_stdout().unwrap());
    let line = format!("{}\n", json!({"url": origin.url("/")}));
    pipe.write(&line);
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert_eq!(end(&serde_json::from_str(&first).unwrap()), (0, ""));
    drop(stdout);
    // The input has no end, and yet it ends.
    pipe.write(&line);
    ended_with(&running.end(), 23, "standard output: Broken pipe");
    let closed = format!("cd '{}' && exec \"$@\" >&-", site.path().display());
    ended_with(
        &shell::start(&closed, ["batch", "-"]).end(),
        2,
        "standard output is closed",
    );
    let full = site.batch().args(["--outcome", "/dev/full", "-"]).input(line).end();
    ended_with(&full, 23, "--outcome: /dev/full: No space left on device");
}
