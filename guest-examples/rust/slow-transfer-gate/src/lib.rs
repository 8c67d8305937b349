//! Gives up on a transfer that stays below an average rate: `--set min-rate=BYTES_PER_SECOND --set after=SECONDS`. Both
//! directions count together, on the wire; nothing is judged before that many seconds have gone by.

use std::cell::OnceCell;
use std::time::Instant;

use exports::transferhost::callbacks::{start, xferinfo};
use transferhost::callbacks::request::Request;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:slow-transfer-gate;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/xferinfo@0.1.0;
        }
    ",
    generate_all,
});

thread_local! {
    static START: OnceCell<Instant> = const { OnceCell::new() };
}

fn seconds_gone() -> f64 {
    START.with(|start| start.get_or_init(Instant::now).elapsed().as_secs_f64())
}

fn number(key: &str) -> Result<f64, String> {
    let given = store::get(key).map_err(|error| format!("--set {key} cannot be read: {error:?}"))?;
    given
        .and_then(|text| text.parse().ok())
        .filter(|n: &f64| n.is_finite() && *n >= 0.0)
        .ok_or_else(|| "pass --set min-rate=BYTES_PER_SECOND and --set after=SECONDS, both numbers".to_owned())
}

struct Gate;

impl start::Guest for Gate {
    fn on_start(_request: &Request) -> Result<(), String> {
        seconds_gone();
        number("min-rate").and(number("after")).map(drop)
    }
}

impl xferinfo::Guest for Gate {
    fn on_xferinfo(_dltotal: u64, dlnow: u64, _ultotal: u64, ulnow: u64) -> Result<(), String> {
        let (least, after, gone) = (number("min-rate")?, number("after")?, seconds_gone());
        let rate = dlnow.saturating_add(ulnow) as f64 / gone.max(0.001);
        if gone < after || rate >= least {
            return Ok(());
        }
        Err(format!(
            "{rate:.0} bytes a second on average after {gone:.1} s, fewer than {least}"
        ))
    }
}

export!(Gate);
