//! The binary under test, run in an environment of its own and never for longer than it is given.
//!
//! It stands beside the test, in cargo's target directory, but cargo does not build it for another package's tests:
//! `cargo build --workspace`, with the same features, comes first (`scripts/test` does so). A binary that is missing,
//! or older than its source, fails the test instead of passing it for the wrong code.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use transferhost::{CacheDirectory, Loader};

use crate::running::{Ended, Running};
use crate::{PATIENCE, target_dir};

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("a test knows its own path");
    // <target>/<profile>/deps/<test>
    let binary = test
        .ancestors()
        .nth(2)
        .expect("tests run from <target>/<profile>/deps")
        .join("transferhost");
    let built = fs::metadata(&binary).and_then(|it| it.modified());
    let built = built.unwrap_or_else(|_| panic!("there is no {}: cargo build --workspace", binary.display()));
    for source in sources(&binary) {
        let changed = fs::metadata(&source).and_then(|it| it.modified());
        if changed.is_ok_and(|changed| changed > built) {
            panic!(
                "{} is older than {}: cargo build --workspace",
                binary.display(),
                source.display()
            );
        }
    }
    binary
});

/// What the binary was made of, as cargo wrote it down beside it.
fn sources(binary: &Path) -> Vec<PathBuf> {
    let list = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    let files = list.split_once(": ").map_or("", |(_, files)| files);
    files.split_whitespace().map(PathBuf::from).collect()
}

/// The binary under test.
///
/// # Panics
/// As [`Transferhost::new`].
pub fn binary() -> &'static Path {
    &BINARY
}

/// A loader of the test's own process, with the cache of compiled code that all tests share: a guest is compiled once.
///
/// # Panics
/// When the target directory cannot be written.
pub fn loader() -> Loader {
    let cache = target_dir().join("tests-home/cache/transferhost");
    Loader::in_process().with_cache(CacheDirectory::open(&cache).expect("the target directory is ours alone"))
}

/// A run of `transferhost` that is being put together.
pub struct Transferhost {
    command: Command,
    input: Vec<u8>,
    patience: Duration,
}

impl Transferhost {
    /// Nothing of the caller's environment is left but PATH. HOME is empty, and the cache of compiled code is one for
    /// all tests, so that a guest is compiled once.
    ///
    /// # Panics
    /// When the binary is missing or older than its source.
    pub fn new() -> Self {
        Self::of(Command::new(&*BINARY))
    }

    /// `transferhost run`, for what follows, as [`Transferhost::after`].
    ///
    /// # Panics
    /// As [`Transferhost::new`].
    pub fn run_after(script: &str) -> Self {
        Self::after(script).arg("run")
    }

    /// As [`Transferhost::new`], by a shell that has done this before.
    ///
    /// # Panics
    /// As [`Transferhost::new`].
    pub fn after(script: &str) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{script}; exec \"$@\""), "sh"])
            .arg(&*BINARY);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let home = target_dir().join("tests-home");
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", home.join("empty"))
            .env("XDG_CACHE_HOME", home.join("cache"));
        fs::create_dir_all(home.join("empty")).expect("the target directory can be written");
        Self {
            command,
            input: Vec::new(),
            patience: PATIENCE,
        }
    }

    /// `transferhost run`, for what follows.
    pub fn run() -> Self {
        Self::new().arg("run")
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// One more environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The working directory.
    pub fn in_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// What it reads from stdin; nothing by default.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// How long it may run in place of [`PATIENCE`].
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be started or does not end in time; it is killed then.
    pub fn end(self) -> Ended {
        self.start().end()
    }

    /// Starts it, for a test that does something meanwhile.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(mut self) -> Running {
        let streams = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = streams
            .spawn()
            .unwrap_or_else(|error| panic!("transferhost cannot be started: {error}"));
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let input = self.input;
        // It may end without reading: that is its affair.
        thread::spawn(move || stdin.write_all(&input));
        Running::new(child, self.patience)
    }
}

impl Default for Transferhost {
    fn default() -> Self {
        Self::new()
    }
}
