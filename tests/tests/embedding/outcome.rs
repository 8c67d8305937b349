use transferhost::{CurlCode, Outcome};

/// One line for a log, and whether it is worth another try.
pub fn judge(outcome: &Outcome) -> (String, bool) {
    let line = format!("{} {} {}", outcome.url, outcome.code.number(), outcome.message);
    match &outcome.abort {
        // A plugin, the policy or the caller ended it: the same will happen again.
        Some(abort) => (format!("{line} [{}]", abort.cause), false),
        None if outcome.code == CurlCode::OK => (line, outcome.status >= 500),
        None => (line, true),
    }
}
