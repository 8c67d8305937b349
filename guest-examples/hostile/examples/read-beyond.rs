//! Answers `data` of one byte more than there is room for in `read`. With `--set bytes=N` it sends so many, and ends.

use core::cell::Cell;

use wasi::config::store;

thread_local! {
    static SENT: Cell<bool> = const { Cell::new(false) };
}

hostile::attack!(read, |max| {
    if SENT.replace(true) {
        return Ok(Action::Eof);
    }
    let bytes = store::get("bytes").ok().flatten().and_then(|bytes| bytes.parse().ok());
    let bytes = bytes.unwrap_or(max as usize + 1);
    Ok(Action::Data(vec![b'x'; bytes]))
});
