//! Prints what it is told of a host's key, then answers as told to: `--set answer=fine`, another of the answers' names,
//! `abort` or `trap`. To see what libcurl makes of each.

use exports::transferhost::callbacks::ssh_key::{Action, Guest, Key, Match};
use wasi::config::store;

#[path = "../src/base64.rs"]
mod base64;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:ssh-key-answer;
        world plugin {
            import wasi:config/store@0.2.0-rc.1;
            export transferhost:callbacks/ssh-key@0.1.0;
        }
    ",
    generate_all,
});

fn shown(key: &Key) -> String {
    format!("{:?} {}", key.key_type, base64::encode(&key.bytes))
}

struct Answer;

impl Guest for Answer {
    fn on_ssh_key(known: Option<Key>, found: Key, match_: Match) -> Result<Action, String> {
        let known = known.as_ref().map_or("none".to_owned(), shown);
        println!("{match_:?}; known {known}; found {}", shown(&found));
        match store::get("answer").ok().flatten().as_deref() {
            Some("fine") => Ok(Action::Fine),
            Some("fine-add-to-file") => Ok(Action::FineAddToFile),
            Some("fine-replace") => Ok(Action::FineReplace),
            Some("reject") => Ok(Action::Reject),
            Some("defer") => Ok(Action::Defer),
            Some("trap") => std::process::abort(),
            _ => Err("as told to".to_owned()),
        }
    }
}

export!(Answer);
