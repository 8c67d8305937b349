//! Prints the response's header lines to stderr and keeps them out of what `-i` and `-D` show; the body is not touched.

use exports::transferhost::callbacks::header::{Action, Guest};

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:headers-to-stderr;
        world plugin {
            export transferhost:callbacks/header@0.1.0;
        }
    ",
    generate_all,
});

struct Headers;

impl Guest for Headers {
    fn on_header(line: Vec<u8>) -> Result<Action, String> {
        eprintln!("{}", String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
        Ok(Action::Drop)
    }
}

export!(Headers);
