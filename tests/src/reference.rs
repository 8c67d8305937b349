//! The curl tool of the system, to do the same and be compared with.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::command::Transferhost;
use crate::origin::Origin;
use crate::request::Request;
use crate::running::Ended;

/// A run that is put together once, for the curl tool and for `transferhost run --no-plugin`.
#[derive(Clone, Default)]
pub struct Same {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    input: Vec<u8>,
}

/// Both ends of a [`Same`].
pub struct Both {
    /// How `transferhost run --no-plugin` ended.
    pub ours: Ended,
    /// How the curl tool ended.
    pub curls: Ended,
}

impl Same {
    /// With these arguments, of curl's.
    pub fn new<A: AsRef<str>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            arguments: arguments.into_iter().map(|it| it.as_ref().to_owned()).collect(),
            ..Self::default()
        }
    }

    /// One more environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.into(), value.as_ref().to_string_lossy().into_owned()));
        self
    }

    /// What it reads from stdin; nothing by default.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Runs ours alone.
    pub fn ours(&self) -> Ended {
        let run = Transferhost::run()
            .arg("--no-plugin")
            .args(&self.arguments)
            .input(self.input.clone());
        self.environment
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value))
            .end()
    }

    /// Runs the curl tool alone, without its configuration file.
    ///
    /// # Panics
    /// When there is no curl.
    pub fn curls(&self) -> Ended {
        let since = Instant::now();
        let mut child = Command::new("curl")
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs(self.environment.iter().cloned())
            .args(["-q", "--globoff", "--no-progress-meter", "--max-time", "30"])
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("curl is installed");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let input = self.input.clone();
        thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("curl can be waited for");
        Ended {
            status: output.status,
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            elapsed: since.elapsed(),
        }
    }

    /// Runs both, ours first.
    pub fn both(&self) -> Both {
        Both {
            ours: self.ours(),
            curls: self.curls(),
        }
    }

    /// Runs both and asserts that the origin got the same requests, that the same came out, and that both ended in the
    /// same code, which is returned with our requests.
    ///
    /// # Panics
    /// When anything differs but what is known to differ between versions of curl.
    pub fn alike(&self, origin: &Origin) -> (Option<i32>, Vec<Request>) {
        let before = origin.requests().len();
        let ours = self.ours();
        let middle = origin.requests().len();
        let curls = self.curls();
        let requests = origin.requests();
        let (our_requests, curls_requests) = (&requests[before..middle], &requests[middle..]);
        let what = self.arguments.join(" ");
        assert_eq!(
            our_requests.iter().map(versionless).collect::<Vec<_>>(),
            curls_requests.iter().map(versionless).collect::<Vec<_>>(),
            "{what}"
        );
        let same = our_requests.iter().zip(curls_requests).all(|(a, b)| a.body == b.body);
        assert!(same, "{what}: other bodies were sent");
        let both = (ours.code(), curls.code());
        assert_eq!(both.0, both.1, "{what}: {} against {}", ours.stderr, curls.stderr);
        assert!(ours.stdout == curls.stdout, "{what}: other bytes came out");
        (ours.code(), our_requests.to_vec())
    }
}

/// The request's head and how long its body is, without what differs from one version of curl to the next: the version
/// itself, and from which size on a PUT is announced with `Expect` (1 MiB since 8.0, any before).
fn versionless(request: &Request) -> (Vec<String>, usize) {
    let line = |line: &str| match line.split_once("curl/") {
        Some((front, _)) if line.starts_with("User-Agent:") => format!("{front}curl/"),
        _ => line.to_owned(),
    };
    let lines = request.head.split("\r\n").map(line);
    (
        lines.filter(|line| line != "Expect: 100-continue").collect(),
        request.body.len(),
    )
}
