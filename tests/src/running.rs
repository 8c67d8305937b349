//! A run of the binary under test: under way, and ended.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code and, where there was one, the signal.
    pub status: ExitStatus,
    /// What it wrote to stdout, unless a test took that away.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr, what is not UTF-8 replaced.
    pub stderr: String,
    /// From start to end.
    pub elapsed: Duration,
}

impl Ended {
    /// The exit code; `None` where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// What it wrote to stdout as text, what is not UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// A run that has not ended; it is killed when it is dropped.
pub struct Running {
    child: Child,
    stdout: Option<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    since: Instant,
    patience: Duration,
}

impl Running {
    pub(crate) fn new(mut child: Child, patience: Duration) -> Self {
        let stdout = child.stdout.take();
        let stderr = child.stderr.take().map(collect::<ChildStderr>);
        Self {
            child,
            stdout,
            stderr,
            since: Instant::now(),
            patience,
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its stdout, to read a part of it, or to close it by dropping it. [`Ended::stdout`] is empty then.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Sends it a signal by the name that kill(1) knows, such as `INT`.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        let kill = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()?;
        if kill.success() {
            Ok(())
        } else {
            Err(io::Error::other("there is nobody to signal"))
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end in time; it is killed then.
    pub fn end(mut self) -> Ended {
        let stdout = self.stdout.take().map(collect::<ChildStdout>);
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) if self.since.elapsed() < self.patience => thread::sleep(Duration::from_millis(2)),
                Ok(None) => break Err(format!("did not end in {:?} and was killed", self.patience)),
                Err(error) => break Err(error.to_string()),
            }
        };
        let elapsed = self.since.elapsed();
        let _ = self.child.kill();
        let stdout = stdout.and_then(|it| it.join().ok()).unwrap_or_default();
        let stderr = self.stderr.take().and_then(|it| it.join().ok()).unwrap_or_default();
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        match status {
            Ok(status) => Ended {
                status,
                stdout,
                stderr,
                elapsed,
            },
            Err(what) => panic!("transferhost {what}; its stderr:\n{stderr}"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect<R: Read + Send + 'static>(mut from: R) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = from.read_to_end(&mut all);
        all
    })
}

/// Compares as it comes, and reads to the end; the length, or the first difference by its offset's mebibyte.
///
/// # Panics
/// When either cannot be read.
pub fn same_bytes(mut got: impl Read, expected: &Path) -> Result<u64, u64> {
    let mut file = File::open(expected).expect("it can be read");
    let (mut one, mut other) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut offset = 0;
    loop {
        let count = got.read(&mut one).expect("it can be read");
        if count == 0 {
            return Ok(offset);
        }
        if file.read_exact(&mut other[..count]).is_err() || one[..count] != other[..count] {
            return Err(offset >> 20);
        }
        offset += count as u64;
    }
}
