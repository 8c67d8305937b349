//! Uploads a body that no file holds, `--set size=BYTES`, with `k` or `m` after it for 1024 or 1048576 times as much: for
//! trying how much a server takes, how fast, and whether it keeps every byte. It is a count from 0 on, in numbers of
//! eight bytes, the highest first, so that a byte that is lost, doubled or displaced shows. `-T -` makes a request an
//! upload; nothing is read from stdin. With `--upload-size` its size is announced too.

use std::cell::Cell;

use exports::transferhost::callbacks::{read, seek, start};
use transferhost::callbacks::request::Request;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:upload-generator;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/read@0.1.0;
            export transferhost:callbacks/seek@0.1.0;
        }
    ",
    generate_all,
});

thread_local! {
    static SIZE: Cell<u64> = const { Cell::new(0) };
    /// Where the next byte stands.
    static AT: Cell<u64> = const { Cell::new(0) };
}

fn size() -> Result<u64, String> {
    let given = store::get("size").map_err(|error| format!("--set size cannot be read: {error:?}"))?;
    let parse = |text: String| {
        let (digits, unit) = match text.to_ascii_lowercase() {
            text if text.ends_with('k') => (text[..text.len() - 1].to_owned(), 1 << 10),
            text if text.ends_with('m') => (text[..text.len() - 1].to_owned(), 1 << 20),
            text => (text, 1),
        };
        digits.parse::<u64>().ok()?.checked_mul(unit)
    };
    given
        .and_then(parse)
        .ok_or_else(|| "pass --set size=BYTES, such as 500, 64k or 2m".to_owned())
}

/// The bytes from `at` to `end`.
fn count(at: u64, end: u64) -> Vec<u8> {
    // Whole numbers, then what is too much of the first and the last.
    let numbers = at / 8..end.div_ceil(8);
    let mut bytes: Vec<u8> = numbers.flat_map(u64::to_be_bytes).collect();
    bytes.drain(..(at % 8) as usize);
    bytes.truncate((end - at) as usize);
    bytes
}

struct Generator;

impl start::Guest for Generator {
    fn on_start(_request: &Request) -> Result<(), String> {
        SIZE.set(size()?);
        Ok(())
    }
}

impl read::Guest for Generator {
    fn on_read(max: u32) -> Result<read::Action, String> {
        let (at, size) = (AT.get(), SIZE.get());
        let end = size.min(at.saturating_add(max.into()));
        AT.set(end);
        Ok(if at < end {
            read::Action::Data(count(at, end))
        } else {
            read::Action::Eof
        })
    }
}

impl seek::Guest for Generator {
    fn on_seek(offset: u64) -> Result<seek::Action, String> {
        if offset > SIZE.get() {
            return Ok(seek::Action::Fail);
        }
        AT.set(offset);
        Ok(seek::Action::Ok)
    }
}

export!(Generator);
