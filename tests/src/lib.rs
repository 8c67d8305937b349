//! What the end-to-end tests stand on. The tests themselves are in `tests/`, one topic a file.
//!
//! - [`origin`] and [`connection`]: a scripted TCP origin that sends exact bytes and records what it was asked.
//! - [`http`]: a small HTTP/1.1 responder on top of it, for tests that are about something else than HTTP.
//! - [`tls`]: certificates of the tests' own, and the same origins behind TLS.
//! - [`ftp`]: a small FTP server.
//! - [`nginx`]: a real server, for what only one can show.
//! - [`guests`]: the components of `guest-examples`, built once.
//! - [`command`] and [`running`]: the binary under test, run in an environment of its own; [`shell`]: behind a shell's
//!   line; [`outcome`]: the JSON that it wrote.
//! - [`mod@reference`]: the curl tool, to do the same and be compared with.
//! - [`namespace`]: a network of a test's own, out of which nothing can get.
//! - [`table`]: tables of the documentation that tests write.
//!
//! Every wait in here ends: on an event, or after [`PATIENCE`].

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

pub mod command;
pub mod connection;
pub mod event;
pub mod ftp;
pub mod guests;
pub mod heavy;
pub mod http;
pub mod listen;
pub mod namespace;
pub mod nginx;
pub mod origin;
pub mod outcome;
pub mod reference;
pub mod request;
pub mod running;
pub mod shell;
pub mod sshd;
pub mod table;
pub mod tls;

/// How long anything in here waits for the other side before it calls the test failed. No test passes by waiting it
/// out; it is long because machines that run tests are slow at times.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Says, loudly, that something is not tried here and why.
///
/// # Panics
/// Under CI, where nothing may be left out.
pub fn skip(why: &str) {
    let ci = std::env::var_os("CI").is_some_and(|it| !it.is_empty());
    assert!(!ci, "nothing may be skipped under CI: {why}");
    // Not eprintln!, which libtest hides when the test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// A policy file's tables, with as much time for a guest's call as a busy machine makes it take: for tests that are about
/// something else. They set neither of the two limits.
pub fn roomy(tables: &str) -> String {
    const ROOMY: &str = "[limits]\ncall-time = \"20s\"\ninstantiate-time = \"20s\"\n";
    match tables.contains("[limits]\n") {
        true => tables.replacen("[limits]\n", ROOMY, 1),
        false => format!("{tables}\n{ROOMY}"),
    }
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// cargo's target directory: the one that the running test was built in.
///
/// # Panics
/// When the test was started from elsewhere, by hand.
pub fn target_dir() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    // <target>/<profile>/deps/<test>
    test.ancestors()
        .nth(3)
        .expect("tests run from <target>/<profile>/deps")
        .to_owned()
}
