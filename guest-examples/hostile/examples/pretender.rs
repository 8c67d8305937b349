//! Sets in `start` every header that means something to libcurl or to a server, and removes some: another host,
//! credentials, a connection to be upgraded or closed. Content-Length and Transfer-Encoding are refused it.

use transferhost::callbacks::request::{HeaderError, Request};

const SET: [(&str, &str); 15] = [
    ("Host", "elsewhere.invalid"),
    ("host", "127.0.0.1:1, elsewhere.invalid"),
    ("Authorization", "Basic bm86bm8="),
    ("Proxy-Authorization", "Basic bm86bm8="),
    ("Cookie", "a=b; c=d"),
    ("Connection", "close, Content-Length, Upgrade, HTTP2-Settings"),
    ("Upgrade", "h2c, websocket"),
    ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"),
    ("TE", "trailers, chunked"),
    ("Trailer", "Content-Length"),
    ("Range", "bytes=0-"),
    ("Accept-Encoding", "identity"),
    ("X-Empty", ""),
    ("X-Blank", " \t "),
    ("X-Control", "\u{1}\u{1b}[2J\u{7f}"),
];

fn pretend(request: &Request) -> Result<(), String> {
    for name in ["Content-Length", "content-length", "Transfer-Encoding"] {
        for answer in [request.set_header(name, "0"), request.remove_header(name)] {
            if !matches!(answer, Err(HeaderError::Framing)) {
                return Err(format!("{name} gave {answer:?}"));
            }
        }
    }
    for (name, value) in SET {
        // What is not accepted is not sent; what is, must be one header of one request.
        let _ = request.set_header(name, value);
    }
    for name in ["Accept", "User-Agent", "Expect"] {
        let _ = request.remove_header(name);
    }
    Ok(())
}

hostile::attack!(start, |request| pretend(request));
