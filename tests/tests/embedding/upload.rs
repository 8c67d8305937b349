use std::error::Error;
use std::io::Read;

use transferhost::{Body, Header, Host, MemorySink, Outcome, Source, Transfer, TransferSpec};

/// Sends what a reader has, of a size that nobody knows; a thread of its own reads it.
pub fn send(host: &Host, url: &str, from: impl Read + Send + 'static) -> Result<Outcome, Box<dyn Error>> {
    let spec = TransferSpec {
        url: url.to_owned(),
        headers: vec![Header::set("Content-Type", "text/plain")?],
        body: Body::Upload(Source::stream(from)),
        ..TransferSpec::default()
    };
    let answer = MemorySink::new(64 << 10);
    Ok(Transfer::new(host, None, spec, Box::new(answer))?.run())
}
