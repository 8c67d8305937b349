//! Ctrl-C and SIGTERM: whatever a transfer waits for, it ends soon and says nothing.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::event::Event;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::running::{Ended, Running};
use transferhost_tests::{PATIENCE, shell};

/// Far longer than it takes, far shorter than what the transfer waits for.
const SOON: Duration = Duration::from_secs(10);

/// Reads a request, sends this, fires the event, and then keeps the client waiting.
fn hangs_after(sent: &'static str) -> (Origin, Event) {
    let there = Event::new();
    let origin = Origin::serve({
        let there = there.clone();
        move |mut connection| {
            connection.expect_request()?;
            connection.send(sent)?;
            there.fire();
            connection.wait_for_close()
        }
    })
    .unwrap();
    (origin, there)
}

/// A pipe by name that is open at both ends, so that opening it waits for nobody.
struct Fifo {
    path: PathBuf,
    _folder: TempDir,
    _open: File,
}

impl Fifo {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Self {
            _open: File::options().read(true).write(true).open(&path).unwrap(),
            path,
            _folder: folder,
        }
    }
}

fn interrupted(running: Running, signal: &str) -> Ended {
    let since = Instant::now();
    running.signal(signal).unwrap();
    let ended = running.end();
    assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
    ended
}

#[test]
fn while_the_origin_is_silent() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        for sent in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf "] {
            let (origin, there) = hangs_after(sent);
            let running = Transferhost::run()
                .arg(guest("pass"))
                .args(["-sS", &origin.url("/")])
                .start();
            assert!(there.wait(PATIENCE));
            let ended = interrupted(running, signal);
            assert_eq!((ended.code(), ended.stderr.as_str()), (Some(code), ""), "SIG{signal}");
            assert_eq!(ended.text(), if sent.is_empty() { "" } else { "half " });
        }
    }
}

#[test]
fn without_a_plugin_as_well() {
    let (origin, there) = hangs_after("");
    let running = Transferhost::run()
        .args(["--no-plugin", "-sS", &origin.url("/")])
        .start();
    assert!(there.wait(PATIENCE));
    let ended = interrupted(running, "INT");
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(130), ""));
}

/// Reads what it prints until a line is the one, and on to its end.
fn when_told(running: &mut Running, mut is_it: impl FnMut(&str) -> bool + Send + 'static) -> Event {
    let told = Event::new();
    let stdout = BufReader::new(running.take_stdout().unwrap());
    std::thread::spawn({
        let told = told.clone();
        move || {
            for line in stdout.lines().map_while(Result::ok) {
                if is_it(&line) {
                    told.fire();
                }
            }
        }
    });
    told
}

#[test]
fn while_a_guest_pauses() {
    let origin = http::serve(|_| Response::ok("held back")).unwrap();
    let plugin = hostile("pause-long");
    let plugin = &*plugin.to_string_lossy();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let url = origin.url("/");
        // Its stderr on our pipe: the trace tells when it has paused.
        let mut running = shell::start(r#"exec "$@" 2>&1"#, ["run", "--trace-calls", plugin, "-sS", &url]);
        let paused = when_told(&mut running, |line| line.contains("-> pause "));
        assert!(paused.wait(PATIENCE), "it never paused");
        assert_eq!(interrupted(running, signal).code(), Some(code), "SIG{signal}");
    }
}

#[test]
fn while_a_guest_runs() {
    let (origin, there) = hangs_after("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nin vain");
    // The guest sleeps in a host import for as long as a call may take.
    let running = Transferhost::run()
        .args(["--call-time", "1h"])
        .arg(hostile("sleep-write"))
        .args(["-sS", &origin.url("/")])
        .start();
    assert!(there.wait(PATIENCE));
    assert_eq!(interrupted(running, "INT").code(), Some(130));
}

#[test]
fn while_nobody_reads_what_it_writes() {
    let origin = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            connection.send([b'z'; 16_384])?;
        }
    })
    .unwrap();
    let plugin = guest("pass");
    let plugin = &*plugin.to_string_lossy();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let unread = Fifo::new();
        let script = format!(r#"exec "$@" 3>&1 >'{}' 2>&3"#, unread.path.display());
        let url = origin.url("/");
        let mut running = shell::start(&script, ["run", "--trace-calls", plugin, "-sS", &url]);
        // A pipe holds 64 KiB: once the guest has let more than that through, the last write is stuck, or about to be.
        let mut let_through = 0;
        let full = when_told(&mut running, move |line| {
            let bytes = line.strip_prefix("write(").and_then(|it| it.split_once(" bytes)"));
            let_through += bytes.map_or(0, |(bytes, _)| bytes.parse::<u32>().unwrap());
            let_through > 1 << 16
        });
        assert!(full.wait(PATIENCE), "the pipe was never full");
        assert_eq!(interrupted(running, signal).code(), Some(code), "SIG{signal}");
    }
}

#[test]
fn while_stdin_gives_nothing_to_upload() {
    let there = Event::new();
    let origin = Origin::serve({
        let there = there.clone();
        move |mut connection| {
            connection.expect_head()?;
            connection.send("HTTP/1.1 100 Continue\r\n\r\n")?;
            there.fire();
            connection.wait_for_close()
        }
    })
    .unwrap();
    let silent = Fifo::new();
    let script = format!(r#"exec "$@" <'{}'"#, silent.path.display());
    let running = shell::start(&script, ["run", "--no-plugin", "-sS", "-T", "-", &origin.url("/x")]);
    assert!(there.wait(PATIENCE));
    assert_eq!(interrupted(running, "INT").code(), Some(130));
}

#[test]
fn no_further_url_is_begun() {
    let (origin, there) = hangs_after("");
    let never = Origin::forbidden(Listen::default()).unwrap();
    let running = Transferhost::run()
        .arg(guest("pass"))
        .args(["-sS", &origin.url("/"), &never.url("/")])
        .start();
    assert!(there.wait(PATIENCE));
    assert_eq!(interrupted(running, "INT").code(), Some(130));
    assert_eq!(never.accepted(), 0);
}

#[test]
fn the_outcome_is_written_all_the_same() {
    let (origin, there) = hangs_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("outcome");
    let mut running = Transferhost::run()
        .arg("--outcome")
        .arg(&file)
        .arg(guest("pass"))
        .args(["-sS", &origin.url("/")])
        .start();
    assert!(there.wait(PATIENCE));
    let mut half = [0; 5];
    running.take_stdout().unwrap().read_exact(&mut half).unwrap();
    assert_eq!(interrupted(running, "INT").code(), Some(130));
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (&told["code"], &told["abort"]["cause"]),
        (&42.into(), &"cancelled".into())
    );
    assert_eq!(
        (&told["abort"]["blame"], &told["bytes"]["delivered"]),
        (&"caller".into(), &5.into())
    );
}
