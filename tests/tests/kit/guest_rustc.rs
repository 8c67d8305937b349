//! The compiler of a project that a test makes: the one that `scripts/guests` takes.

use std::process::Command;

use transferhost_tests::target_dir;

/// Lets cargo build for guests, whatever was chosen for the host.
pub(crate) fn for_guests(command: &mut Command) -> &mut Command {
    let toolchain = target_dir().join("guest-toolchain");
    for name in [
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    if toolchain.join("env").exists() {
        command.env("RUSTC", toolchain.join("rustc"));
    }
    command
}
