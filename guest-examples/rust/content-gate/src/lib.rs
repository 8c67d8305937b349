//! Lets through bodies of the named content types and of bounded size: `--set type=text/html,text/plain` and
//! `--set max-bytes=N`, N counted after decoding, so that a compressed bomb is measured by what it becomes. One of the
//! two is enough.

use std::cell::Cell;

use exports::transferhost::callbacks::{start, write};
use transferhost::callbacks::request::Request;
use transferhost::callbacks::transfer::{Info, getinfo};
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:content-gate;
        world plugin {
            import transferhost:callbacks/transfer@0.1.0;
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/write@0.1.0;
        }
    ",
    generate_all,
});

thread_local! {
    static SEEN: Cell<u64> = const { Cell::new(0) };
}

fn setting(key: &str) -> Result<Option<String>, String> {
    store::get(key).map_err(|error| format!("--set {key} cannot be read: {error:?}"))
}

fn max_bytes() -> Result<Option<u64>, String> {
    let parse = |n: String| {
        n.parse()
            .map_err(|_| format!("pass --set max-bytes=N, a number of bytes, not {n:?}"))
    };
    setting("max-bytes")?.map(parse).transpose()
}

/// Refuses a body whose type is not on the caller's list; parameters such as `charset` do not count.
fn check_type() -> Result<(), String> {
    let Some(allowed) = setting("type")? else { return Ok(()) };
    let actual = match getinfo("content_type") {
        Ok(Info::Text(text)) => text,
        _ => return Err(format!("the response has no content type; {allowed} would do")),
    };
    let essence = actual.split(';').next().unwrap_or_default().trim();
    let listed = allowed.split(',').any(|name| name.trim().eq_ignore_ascii_case(essence));
    if listed {
        Ok(())
    } else {
        Err(format!("the content type is {actual}; {allowed} would do"))
    }
}

struct Gate;

impl start::Guest for Gate {
    fn on_start(_request: &Request) -> Result<(), String> {
        if setting("type")?.is_none() && max_bytes()?.is_none() {
            return Err("pass --set type=TYPE[,TYPE], --set max-bytes=N, or both".to_owned());
        }
        max_bytes().map(drop)
    }
}

impl write::Guest for Gate {
    fn on_write(chunk: Vec<u8>) -> Result<write::Action, String> {
        let before = SEEN.get();
        if before == 0 {
            check_type()?;
        }
        let now = before + chunk.len() as u64;
        SEEN.set(now);
        match max_bytes()? {
            Some(max) if now > max => Err(format!("the body is larger than {max} bytes")),
            _ => Ok(write::Action::Deliver),
        }
    }
}

export!(Gate);
