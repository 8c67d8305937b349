//! `ssh-key`, against a real sshd over `sftp://` and `scp://`, where libcurl has them: the bundled one does not, which
//! `ssh/lacking.rs` is about.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::outcome;
use transferhost_tests::running::Ended;
use transferhost_tests::sshd::{HostKey, Sshd};

#[path = "ssh/answers.rs"]
mod answers;
#[path = "ssh/chain.rs"]
mod chain;
#[path = "ssh/lacking.rs"]
mod lacking;
#[path = "ssh/pin.rs"]
mod pin;
#[path = "ssh/plain.rs"]
mod plain;
#[path = "kit/sentence.rs"]
mod sentence;
#[path = "ssh/told.rs"]
mod told;
#[path = "ssh/upload.rs"]
mod upload;

/// What is fetched.
const BODY: &str = "behind a key\n";

/// A server with one file, and a place for files of known hosts.
struct Bed {
    sshd: Sshd,
    folder: TempDir,
}

impl Bed {
    /// `None` where there is no SSH to test; it was said on stderr then.
    fn new() -> Option<Self> {
        let sshd = Sshd::start().unwrap()?;
        fs::write(sshd.file("served"), BODY).unwrap();
        Some(Self {
            sshd,
            folder: TempDir::new().unwrap(),
        })
    }

    /// A file of known hosts with these lines.
    fn known(&self, lines: &[&str]) -> PathBuf {
        let path = self.folder.path().join("known_hosts");
        fs::write(&path, lines.concat()).unwrap();
        path
    }

    /// The line of the key that the host shows.
    fn line(&self) -> String {
        self.sshd.known_line(self.sshd.key())
    }

    /// The line of another key of this host's, and that key.
    fn other_line(&self) -> (String, HostKey) {
        let other = self.sshd.other_key("ed25519").unwrap();
        (self.sshd.known_line(&other), other)
    }

    /// Fetches the file, logged in, with what stands before the plugin and after it.
    fn fetch<A: AsRef<str>>(&self, scheme: &str, before: &[&str], after: &[A]) -> Ended {
        self.run(before, after, &self.sshd.url(scheme, "served"))
    }

    fn run<A: AsRef<str>>(&self, before: &[&str], after: &[A], url: &str) -> Ended {
        let ended = Transferhost::run()
            .args(["--outcome", "-"])
            .args(before)
            .args(after.iter().map(AsRef::as_ref))
            .args(self.sshd.login())
            .args(["-sS", url])
            .end();
        // Read where a test fails; a guest that is asked for ever prints for ever.
        let start: String = ended.stderr.chars().take(4000).collect();
        eprintln!("{before:?}: {start}{}", self.sshd.log());
        ended
    }

    /// Fetches over SFTP with a guest that answers so.
    fn answer<A: AsRef<str>>(&self, answer: &str, after: &[A]) -> Ended {
        let (set, guest) = answering(answer);
        self.fetch("sftp", &["--set", &set, &guest], after)
    }
}

/// The setting and the guest that answers so.
fn answering(answer: &str) -> (String, String) {
    let guest = transferhost_tests::guests::hostile("ssh-key-answer");
    (format!("answer={answer}"), text(&guest))
}

fn example(name: &str) -> String {
    text(&guest(name))
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// `--knownhosts` and the path.
fn by(path: &Path) -> [String; 2] {
    ["--knownhosts".to_owned(), text(path)]
}

/// The code and the cause, where the exit code is the same; and nothing was delivered unless all went well.
fn end(ended: &Ended) -> (u64, Option<String>) {
    let told = outcome::of(ended);
    let (code, cause) = outcome::end(&told);
    assert_eq!(ended.code(), i32::try_from(code).ok());
    assert_eq!(ended.text(), if code == 0 { BODY } else { "" });
    (code, cause.map(str::to_owned))
}

/// The file came.
fn came(ended: &Ended) {
    assert_eq!(end(ended), (0, None));
}

/// libcurl refused the host, and no guest had a part in it.
fn not_verified(ended: &Ended) {
    assert_eq!(end(ended), (60, None));
}
