use std::error::Error;
use std::sync::mpsc::Receiver;
use std::thread;

use transferhost::{Host, MemorySink, Outcome, Transfer, TransferSpec};

/// Runs a transfer until it ends or somebody says stop.
pub fn until(host: &Host, url: &str, stop: Receiver<()>) -> Result<Outcome, Box<dyn Error>> {
    let spec = TransferSpec { url: url.to_owned(), ..TransferSpec::default() };
    let transfer = Transfer::new(host, None, spec, Box::new(MemorySink::new(1 << 20)))?;
    let handle = transfer.handle();
    thread::spawn(move || stop.recv().map(|()| handle.cancel()));
    Ok(transfer.run())
}
