//! The binary under test behind a shell's line, for what only a shell sets up: closed or joined streams, `times`.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::command::Transferhost;
use crate::running::Running;
use crate::{PATIENCE, target_dir};

/// Starts `sh -c script`, in which `"$@"` is `transferhost` with these arguments. The environment is that of
/// [`Transferhost::new`], and stdin is empty. Where the script ends in `exec "$@"`, signals reach the binary itself.
///
/// # Panics
/// When the binary is missing or stale, or there is no shell.
pub fn start<A: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = A>) -> Running {
    // Looks at the binary's age, and makes the folders.
    drop(Transferhost::new());
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.ancestors().nth(2).expect("tests run from <target>/<profile>/deps");
    let home = target_dir().join("tests-home");
    let child = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(folder.join("transferhost"))
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", home.join("empty"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh can be started");
    Running::new(child, PATIENCE + Duration::from_secs(30))
}
