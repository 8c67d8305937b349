//! The compiler of a project that a test makes: the one that `scripts/guests` takes.

use std::path::PathBuf;
use std::process::Command;

use transferhost_tests::target_dir;

/// Lets cargo build for guests, whatever was chosen for the host.
pub(crate) fn for_guests(command: &mut Command) -> &mut Command {
    for name in [
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    command.env("RUSTC", path())
}

/// The compiler.
pub(crate) fn path() -> PathBuf {
    let toolchain = target_dir().join("guest-toolchain");
    match toolchain.join("env").exists() {
        true => toolchain.join("rustc"),
        false => "rustc".into(),
    }
}
