//! Sets and removes request headers, `--set set.NAME=VALUE` and `--set remove=NAME[,NAME]`, and prints one line about
//! how the transfer ended.

use exports::transferhost::callbacks::{done, start};
use transferhost::callbacks::request::Request;
use wasi::config::store;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:header-editor;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/start@0.1.0;
            export transferhost:callbacks/done@0.1.0;
        }
    ",
    generate_all,
});

struct Editor;

impl start::Guest for Editor {
    fn on_start(request: &Request) -> Result<(), String> {
        let settings = store::get_all().map_err(|error| format!("the settings cannot be read: {error:?}"))?;
        let mut edits = 0;
        for (key, value) in &settings {
            if let Some(name) = key.strip_prefix("set.") {
                request
                    .set_header(name, value)
                    .map_err(|error| format!("{name:?} cannot be set: {}", error.message()))?;
                edits += 1;
            } else if key == "remove" {
                for name in value.split(',').map(str::trim) {
                    request
                        .remove_header(name)
                        .map_err(|error| format!("{name:?} cannot be removed: {}", error.message()))?;
                    edits += 1;
                }
            }
        }
        if edits == 0 {
            return Err("pass --set set.NAME=VALUE, --set remove=NAME[,NAME], or both".to_owned());
        }
        Ok(())
    }
}

impl done::Guest for Editor {
    fn on_done(outcome: done::Outcome) -> Result<(), String> {
        eprintln!(
            "{}: status {}, {} bytes delivered",
            outcome.name, outcome.status, outcome.bytes.delivered
        );
        Ok(())
    }
}

export!(Editor);
