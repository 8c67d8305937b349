//! These tests need compilers that the main test command does not: they run where `scripts/test-go` says so.

use std::io::{self, Write};

/// Whether the environment asks for the tests of guests in Go; where it does not, a line on stderr says so.
pub(super) fn asked_for(test: &str) -> bool {
    let asked = std::env::var_os("TRANSFERHOST_TEST_GO").is_some();
    if !asked {
        // Not eprintln!, which libtest hides when the test passes; and at once, since others write there too.
        let line = format!("SKIPPED: {test}: guests in Go and TinyGo are tested by scripts/test-go\n");
        let _ = io::stderr().write_all(line.as_bytes());
    }
    asked
}
