//! Shows in the place of each header line a response of its own, with its blank line and a body.

hostile::attack!(header, |_| {
    Ok(Action::Replace(
        b"HTTP/1.1 503 Forged\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(),
    ))
});
