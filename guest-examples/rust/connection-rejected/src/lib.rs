//! Refuses every connection, in the caller's own words: `--set reason=WORDS`. The words come back with the outcome.

use exports::transferhost::callbacks::opensocket::{Guest, Purpose, Target, Verdict};
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:connection-rejected;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/opensocket@0.1.0;
        }
    ",
    generate_all,
});

struct Rejected;

impl Guest for Rejected {
    fn on_opensocket(_purpose: Purpose, _target: Target) -> Result<Verdict, String> {
        let reason = store::get("reason").map_err(|error| format!("--set reason cannot be read: {error:?}"))?;
        reason
            .map(Verdict::Deny)
            .ok_or_else(|| "pass --set reason=WORDS, why connections are refused".to_owned())
    }
}

export!(Rejected);
