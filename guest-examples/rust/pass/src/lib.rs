//! Lets every chunk through. Whatever it costs is the price of asking a guest at all, so it is the one to measure with.

use exports::transferhost::callbacks::write::{Action, Guest};

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:pass;
        world plugin {
            export transferhost:callbacks/write@0.1.0;
        }
    ",
    generate_all,
});

struct Pass;

impl Guest for Pass {
    fn on_write(_chunk: Vec<u8>) -> Result<Action, String> {
        Ok(Action::Deliver)
    }
}

export!(Pass);
