//! The caller's body on its way: taken, blotted, cut to what is asked for.

use std::cell::RefCell;

use crate::stream::Stream;
use crate::transferhost::callbacks::upload;
use crate::wasi::config::store;

thread_local! {
    /// None once the caller's body is over.
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
    /// Blotted already, and not sent yet.
    static READY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// From the caller's first byte on.
pub(crate) fn begin() -> Result<(), String> {
    let word = store::get("word").map_err(|error| format!("--set word cannot be read: {error:?}"))?;
    if word.as_ref().is_some_and(String::is_empty) {
        return Err("pass --set word=SECRET with at least one character, or leave it out".to_owned());
    }
    STREAM.set(Some(Stream::new(word)));
    READY.set(Vec::new());
    Ok(())
}

/// The next bytes to send, at most so many; an empty list at the end, none where none have come yet.
pub(crate) fn next(max: u32) -> Result<Option<Vec<u8>>, String> {
    let mut ready = READY.take();
    // All of what came may be held back, and no bytes would be the end: then more is taken.
    while ready.is_empty() {
        let Some(mut stream) = STREAM.take() else { break };
        let taken = match upload::take(max) {
            Ok(taken) => taken,
            Err(upload::UploadError::NotYet) => {
                STREAM.set(Some(stream));
                return Ok(None);
            }
            Err(error) => return Err(format!("the body cannot be taken: {error:?}")),
        };
        if taken.is_empty() {
            ready = stream.finish();
        } else {
            ready = stream.push(&taken);
            STREAM.set(Some(stream));
        }
    }
    // A secret shorter than its blot makes more of it than was asked for.
    READY.set(ready.split_off(ready.len().min(max as usize)));
    Ok(Some(ready))
}
