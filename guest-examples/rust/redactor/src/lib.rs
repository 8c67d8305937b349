//! Blots out secrets in a stream of text: keys of AWS, GitHub tokens, bearer tokens, and the caller's own
//! `--set word=SECRET`. What is found does not depend on how the text is cut into chunks.

use std::cell::RefCell;

use exports::transferhost::callbacks::{start, write, write_end};
use stream::Stream;
use transferhost::callbacks::request::Request;
use wasi::config::store;

mod stream;

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package example:redactor;
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
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
}

/// The caller's own secret, where there is one.
fn word() -> Result<Option<String>, String> {
    let word = store::get("word").map_err(|error| format!("--set word cannot be read: {error:?}"))?;
    if word.as_ref().is_some_and(String::is_empty) {
        return Err("pass --set word=SECRET with at least one character, or leave it out".to_owned());
    }
    Ok(word)
}

fn with_stream<T>(task: impl FnOnce(&mut Stream) -> T) -> Result<T, String> {
    STREAM.with_borrow_mut(|slot| {
        let stream = match slot {
            Some(stream) => stream,
            None => slot.insert(Stream::new(word()?)),
        };
        Ok(task(stream))
    })
}

struct Redactor;

impl start::Guest for Redactor {
    fn on_start(_request: &Request) -> Result<(), String> {
        with_stream(|_| ())
    }
}

impl write::Guest for Redactor {
    fn on_write(chunk: Vec<u8>) -> Result<write::Action, String> {
        let text = with_stream(|stream| stream.push(&chunk))?;
        Ok(if text == chunk {
            write::Action::Deliver
        } else {
            write::Action::Replace(text)
        })
    }
}

impl write_end::Guest for Redactor {
    fn on_write_end() -> Result<Vec<u8>, String> {
        with_stream(Stream::finish)
    }
}

export!(Redactor);
