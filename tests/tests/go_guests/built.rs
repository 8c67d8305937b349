//! The components that `scripts/guests-go` builds, and runs of them.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use transferhost_tests::command::{self, Transferhost};
use transferhost_tests::{root, target_dir};

/// The compilers, by the folders that hold what they made.
pub(super) const COMPILERS: [&str; 2] = ["go", "tinygo"];

static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = Command::new(root().join("scripts/guests-go"))
        .env("CARGO_TARGET_DIR", target_dir())
        .env("TRANSFERHOST", command::binary())
        .stdin(Stdio::null())
        .output()
        .expect("scripts/guests-go can be run");
    assert!(
        built.status.success(),
        "the guests do not build:\n{}",
        String::from_utf8_lossy(&built.stderr)
    );
    PathBuf::from(String::from_utf8_lossy(&built.stdout).trim_end())
});

/// The component of a Go example, by its folder's name, as this compiler made it.
pub(super) fn go_guest(compiler: &str, name: &str) -> PathBuf {
    let path = BUILT.join(compiler).join(format!("{}.wasm", name.replace('-', "_")));
    assert!(path.is_file(), "there is no {}", path.display());
    path
}

/// `transferhost run` with limits for a machine that does something else besides: it is not time that is tested here.
pub(super) fn patient_run() -> Transferhost {
    Transferhost::run()
        .args(["--call-time", "5s", "--limit", "instantiate-time=30s"])
        .patience(Duration::from_secs(300))
}
