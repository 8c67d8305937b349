//! The components of `guest-examples`, built on first use by `scripts/guests`, the one place that knows how.
//!
//! Test binaries that run side by side wait for each other there: cargo locks the guests' target directory.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::{root, target_dir};

/// The folder that holds the built components.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = root().join("scripts/guests");
    let built = Command::new(&script)
        // The guests go where this test's own build went.
        .env("CARGO_TARGET_DIR", target_dir())
        .env_remove("RUSTC")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{} cannot be run: {error}", script.display()));
    assert!(
        built.status.success(),
        "the guests do not build:\n{}",
        String::from_utf8_lossy(&built.stderr)
    );
    PathBuf::from(String::from_utf8_lossy(&built.stdout).trim_end())
});

/// The component of an example by its folder's name, such as `ssrf-guard`.
///
/// # Panics
/// When the guests do not build, or there is none of that name.
pub fn guest(name: &str) -> PathBuf {
    there(BUILT.join(file_name(name)))
}

/// The component of a hostile example by its file's name, such as `loop-write`.
///
/// # Panics
/// As [`guest`].
pub fn hostile(name: &str) -> PathBuf {
    there(BUILT.join("examples").join(file_name(name)))
}

/// A hostile plugin that no compiler makes: a `.wat` of `guest-examples/hostile/wat`, by its file's name.
///
/// # Panics
/// When there is none of that name.
pub fn wat(name: &str) -> PathBuf {
    there(root().join("guest-examples/hostile/wat").join(format!("{name}.wat")))
}

/// cargo writes the underscores of the crate's name, both for packages and for examples.
fn file_name(name: &str) -> String {
    format!("{}.wasm", name.replace('-', "_"))
}

fn there(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "there is no {}", path.display());
    path
}
