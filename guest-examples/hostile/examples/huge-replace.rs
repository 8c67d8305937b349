//! Puts `--set bytes=N` bytes in the place of each chunk: 24 MiB where nothing is said.

use wasi::config::store;

hostile::attack!(write, |_| {
    let asked = store::get("bytes").ok().flatten();
    let bytes = asked
        .map_or(Ok(24 << 20), |n| n.parse())
        .map_err(|_| "pass --set bytes=N, a number of bytes")?;
    Ok(Action::Replace(vec![b'x'; bytes]))
});
