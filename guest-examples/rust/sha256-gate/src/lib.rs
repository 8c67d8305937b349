//! Fails the transfer whose body is not the one expected: `--set sha256=HEX`.
//!
//! The body is delivered as it comes and judged when it is whole, so what was written must not be used unless the
//! transfer ended well.

use std::cell::RefCell;

use exports::transferhost::callbacks::{start, write, write_end};
use sha2::{Digest, Sha256};
use transferhost::callbacks::request::Request;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:sha256-gate;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/write@0.1.0;
            export transferhost:callbacks/write-end@0.1.0;
        }
    ",
    generate_all,
});

thread_local! {
    static BODY: RefCell<Sha256> = RefCell::new(Sha256::new());
}

/// The digest that the caller expects, in lower case.
fn expected() -> Result<String, String> {
    let given = store::get("sha256").map_err(|error| format!("--set sha256 cannot be read: {error:?}"))?;
    given
        .filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        .map(|hex| hex.to_ascii_lowercase())
        .ok_or_else(|| "pass the body's digest as --set sha256=HEX, 64 hexadecimal digits".to_owned())
}

struct Gate;

impl start::Guest for Gate {
    // A digest that is missing or malformed is found before anything is dialled.
    fn on_start(_request: &Request) -> Result<(), String> {
        expected().map(drop)
    }
}

impl write::Guest for Gate {
    fn on_write(chunk: Vec<u8>) -> Result<write::Action, String> {
        BODY.with_borrow_mut(|body| body.update(&chunk));
        Ok(write::Action::Deliver)
    }
}

impl write_end::Guest for Gate {
    fn on_write_end() -> Result<Vec<u8>, String> {
        let expected = expected()?;
        let actual: String = BODY
            .take()
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if actual == expected {
            Ok(Vec::new())
        } else {
            Err(format!("the body's SHA-256 is {actual}, not {expected}"))
        }
    }
}

export!(Gate);
