//! Keeps the download at or below a rate: `--set rate=BYTES_PER_SECOND`, with `k` or `m` after it for 1024 or 1048576
//! times as much.

use std::cell::Cell;
use std::time::{Duration, Instant};

use exports::transferhost::callbacks::{start, write};
use transferhost::callbacks::request::Request;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:throttle;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/write@0.1.0;
        }
    ",
    generate_all,
});

thread_local! {
    /// When the bytes taken so far are paid for and the next ones may pass.
    static DUE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// After a stall this much is made up for at full speed, and no more.
const CREDIT: Duration = Duration::from_secs(1);

/// Bytes a second, at least 1.
fn rate() -> Result<u32, String> {
    let given = store::get("rate").map_err(|error| format!("--set rate cannot be read: {error:?}"))?;
    let parse = |text: String| {
        let (digits, unit) = match text.to_ascii_lowercase() {
            text if text.ends_with('k') => (text[..text.len() - 1].to_owned(), 1 << 10),
            text if text.ends_with('m') => (text[..text.len() - 1].to_owned(), 1 << 20),
            text => (text, 1),
        };
        digits.parse::<u32>().ok()?.checked_mul(unit).filter(|rate| *rate > 0)
    };
    given
        .and_then(parse)
        .ok_or_else(|| "pass --set rate=BYTES_PER_SECOND, such as 500, 64k or 2m".to_owned())
}

struct Throttle;

impl start::Guest for Throttle {
    fn on_start(_request: &Request) -> Result<(), String> {
        rate().map(drop)
    }
}

impl write::Guest for Throttle {
    fn on_write(chunk: Vec<u8>) -> Result<write::Action, String> {
        let now = Instant::now();
        let due = DUE.get().unwrap_or(now);
        if let Some(wait) = due.checked_duration_since(now).filter(|wait| !wait.is_zero()) {
            // The same bytes come again after the pause, so they are not counted here. Rounded up: a pause that ends
            // too early would only be followed by another.
            let milliseconds = wait.as_nanos().div_ceil(1_000_000);
            return Ok(write::Action::Pause(u32::try_from(milliseconds).unwrap_or(u32::MAX)));
        }
        let cost = Duration::from_secs_f64(chunk.len() as f64 / f64::from(rate()?));
        DUE.set(Some(due.max(now.checked_sub(CREDIT).unwrap_or(now)) + cost));
        Ok(write::Action::Deliver)
    }
}

export!(Throttle);
