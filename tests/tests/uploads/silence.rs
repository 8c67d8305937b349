//! A stdin that gives nothing, and stays open: nobody waits for it who does not want it, and nobody for ever.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use transferhost_tests::event::Event;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::running::Running;
use transferhost_tests::{PATIENCE, outcome, shell};

use super::scripted::Scripted;

#[path = "../kit/policy_file.rs"]
mod policy_file;

/// Far longer than it takes, far shorter than what is waited for.
const SOON: Duration = Duration::from_secs(10);

/// A pipe by name; whoever reads it waits as long as `open` lives.
struct Stdin {
    path: PathBuf,
    _folder: TempDir,
    open: Option<File>,
}

impl Stdin {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("stdin");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Self {
            open: Some(File::options().read(true).write(true).open(&path).unwrap()),
            path,
            _folder: folder,
        }
    }

    /// Starts `transferhost run` with it.
    fn start(&self, arguments: &[&str]) -> Running {
        let script = format!(r#"exec "$@" <'{}'"#, self.path.display());
        shell::start(&script, [&["run", "--outcome", "-"], arguments].concat())
    }
}

/// Reads a head, tells, and lets a body come that never ends.
fn origin() -> (Origin, Event) {
    let asked = Event::new();
    let origin = Origin::serve({
        let asked = asked.clone();
        move |mut connection| {
            connection.expect_head()?;
            connection.send("HTTP/1.1 100 Continue\r\n\r\n")?;
            asked.fire();
            connection.wait_for_close()
        }
    })
    .unwrap();
    (origin, asked)
}

fn pass() -> (Scripted, String) {
    let plugin = Scripted::read(b"", "(call $pass)");
    let path = plugin.path().to_string_lossy().into_owned();
    (plugin, path)
}

#[test]
fn a_guest_that_makes_the_body_does_not_wait_for_it() {
    let origin = http::serve(|_| Response::ok("")).unwrap();
    let stdin = Stdin::new();
    let generator = guest("upload-generator");
    let url = origin.url("/x");
    let ended = stdin
        .start(&[
            "--set",
            "size=100k",
            &generator.to_string_lossy(),
            "-sS",
            "-T",
            "-",
            &url,
        ])
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(ended.elapsed < SOON, "it took {:?}", ended.elapsed);
    assert_eq!(origin.requests()[0].body.len(), 100 << 10);
    // Nor does it read what it does not use.
    let mut unread = Stdin::new();
    unread.open.as_ref().unwrap().write_all(b"not for you").unwrap();
    let ended = unread
        .start(&["--set", "size=9", &generator.to_string_lossy(), "-sS", "-T", "-", &url])
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let mut left = [0; 11];
    std::io::Read::read_exact(unread.open.as_mut().unwrap(), &mut left).unwrap();
    assert_eq!(&left, b"not for you");
}

#[test]
fn the_transfers_time_goes_on() {
    let (_plugin, pass) = pass();
    for plugin in ["--no-plugin", &pass] {
        let (origin, _) = origin();
        let stdin = Stdin::new();
        let ended = stdin
            .start(&[plugin, "-sS", "-m", "1", "-T", "-", &origin.url("/x")])
            .end();
        assert_eq!(
            outcome::end(&outcome::of(&ended)),
            (28, None),
            "{plugin}: {}",
            ended.stderr
        );
        assert_eq!(ended.code(), Some(28), "{plugin}");
        assert!(
            ended.elapsed >= Duration::from_secs(1) && ended.elapsed < SOON,
            "{:?}",
            ended.elapsed
        );
    }
}

#[test]
fn an_interrupt_is_heard_at_once() {
    let (_plugin, pass) = pass();
    for plugin in ["--no-plugin", &pass] {
        let (origin, asked) = origin();
        let stdin = Stdin::new();
        let running = stdin.start(&[plugin, "-sS", "-T", "-", &origin.url("/x")]);
        assert!(asked.wait(PATIENCE), "{plugin}");
        let since = Instant::now();
        running.signal("INT").unwrap();
        let ended = running.end();
        assert_eq!(ended.code(), Some(130), "{plugin}: {}", ended.stderr);
        assert!(since.elapsed() < SOON, "{plugin}: it took {:?}", since.elapsed());
        assert_eq!(outcome::end(&outcome::of(&ended)), (42, Some("cancelled")), "{plugin}");
    }
}

#[test]
fn what_comes_late_is_sent_all_the_same() {
    let (_plugin, pass) = pass();
    for plugin in ["--no-plugin", &pass] {
        let asked = Event::new();
        let origin = Origin::serve({
            let asked = asked.clone();
            move |mut connection| {
                // Nothing comes before this, so whenever it asks for its first byte there is none.
                asked.fire();
                connection.expect_request()?;
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        })
        .unwrap();
        let mut stdin = Stdin::new();
        let running = stdin.start(&[plugin, "-sS", "-T", "-", &origin.url("/x")]);
        assert!(asked.wait(PATIENCE), "{plugin}");
        let mut open = stdin.open.take().unwrap();
        for piece in ["one ", "two ", "three"] {
            open.write_all(piece.as_bytes()).unwrap();
        }
        drop(open);
        let ended = running.end();
        assert_eq!(ended.code(), Some(0), "{plugin}: {}", ended.stderr);
        assert_eq!(origin.requests()[0].text(), "one two three", "{plugin}");
    }
}

#[test]
fn a_guest_waits_for_a_silent_stdin_in_pauses() {
    let redactor = guest("upload-redactor");
    let (origin, _) = origin();
    let stdin = Stdin::new();
    let redactor = redactor.to_string_lossy();
    let url = origin.url("/x");
    let arguments = ["--limit", "pause=300ms", &redactor, "-sS", "-T", "-", &url];
    let ended = stdin.start(&arguments).end();
    let told = outcome::of(&ended);
    assert_eq!(
        (ended.code(), outcome::end(&told)),
        (Some(28), (28, Some("pause-budget"))),
        "{}",
        ended.stderr
    );
    assert!(
        ended.elapsed >= Duration::from_millis(300) && ended.elapsed < SOON,
        "{:?}",
        ended.elapsed
    );
}

#[test]
fn a_tenants_guest_may_not_wait_at_all() {
    let redactor = guest("upload-redactor");
    let (origin, _) = origin();
    let policy = policy_file::PolicyFile::open(&[origin.address().port()], &["127.0.0.0/8"]);
    let stdin = Stdin::new();
    let [flag, file] = policy.words().map(|word| word.to_str().unwrap());
    let (redactor, url) = (redactor.to_string_lossy(), origin.url("/x"));
    let pause = ["--limit", "pause=300ms"];
    let ours = [flag, file, pause[0], pause[1], &redactor];
    let arguments = [&ours[..], &["-sS", "-T", "-", &url]].concat();
    let ended = stdin.start(&arguments).end();
    let told = outcome::of(&ended);
    assert_eq!(
        (ended.code(), outcome::end(&told)),
        (Some(28), (28, Some("pause-budget"))),
        "{}",
        ended.stderr
    );
    // A file keeps nobody waiting.
    let upload = folder_with_file();
    let path = upload.path().join("file");
    let served = http::serve(|_| Response::ok("")).unwrap();
    let policy = policy_file::PolicyFile::open(&[served.address().port()], &["127.0.0.0/8"]);
    let [flag, file] = policy.words().map(|word| word.to_str().unwrap());
    let ended = stdin
        .start(&[
            flag,
            file,
            &redactor,
            "-sS",
            "-T",
            &path.to_string_lossy(),
            &served.url("/x"),
        ])
        .end();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(served.requests()[0].text(), "a file's");
}

/// A folder with a file to upload in it.
fn folder_with_file() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("file"), "a file's").unwrap();
    folder
}
