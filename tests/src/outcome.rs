//! The outcome that a run wrote, and what is asked of it most.

use serde_json::Value;

use crate::running::Ended;

/// The last outcome on stderr, of a run with `--outcome -`.
///
/// # Panics
/// When there is none.
pub fn of(ended: &Ended) -> Value {
    let line = ended.stderr.lines().rev().find(|line| line.starts_with('{'));
    let line = line.unwrap_or_else(|| panic!("no outcome on stderr: {}", ended.stderr));
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// How often a callback of the guest was called.
pub fn calls(outcome: &Value, callback: &str) -> u64 {
    outcome["guest"]["calls"][callback]["count"].as_u64().unwrap_or(0)
}

/// The code, and the cause where there was one.
pub fn end(outcome: &Value) -> (u64, Option<&str>) {
    let code = outcome["code"].as_u64().expect("an outcome has a code");
    (code, outcome["abort"]["cause"].as_str())
}
