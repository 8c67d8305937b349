//! Takes the first N bytes of the body, then stops: `--set bytes=N`. What it took is a success, however much there would
//! have been; a line on stderr says whether the body ended before.

use std::cell::Cell;

use exports::transferhost::callbacks::{done, start, write, write_end};
use transferhost::callbacks::request::Request;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:first-bytes;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/write@0.1.0;
            export transferhost:callbacks/write-end@0.1.0;
            export transferhost:callbacks/done@0.1.0;
        }
    ",
    generate_all,
});

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    static WHOLE: Cell<bool> = const { Cell::new(false) };
}

fn wanted() -> Result<u64, String> {
    let given = store::get("bytes").map_err(|error| format!("--set bytes cannot be read: {error:?}"))?;
    given
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| "pass --set bytes=N, how many bytes are enough".to_owned())
}

struct First;

impl start::Guest for First {
    fn on_start(_request: &Request) -> Result<(), String> {
        wanted().map(drop)
    }
}

impl write::Guest for First {
    fn on_write(chunk: Vec<u8>) -> Result<write::Action, String> {
        let left = wanted()?.saturating_sub(TAKEN.get());
        let length = chunk.len() as u64;
        TAKEN.set(TAKEN.get() + length.min(left));
        Ok(match u32::try_from(left) {
            Ok(left) if u64::from(left) <= length => write::Action::Finish(left),
            _ => write::Action::Deliver,
        })
    }
}

impl write_end::Guest for First {
    fn on_write_end() -> Result<Vec<u8>, String> {
        // Not called after `finish`: the body came to its own end.
        WHOLE.set(true);
        Ok(Vec::new())
    }
}

impl done::Guest for First {
    fn on_done(outcome: done::Outcome) -> Result<(), String> {
        if outcome.code == 0 {
            let end = if WHOLE.get() { "the whole body" } else { "then stopped" };
            eprintln!("{} bytes, {end}", TAKEN.get());
        }
        Ok(())
    }
}

export!(First);
