use std::error::Error;
use std::path::Path;

use transferhost::{Host, Loader, MemorySink, Outcome, Policy, Transfer, TransferSpec};

pub fn fetch(policy: Policy, plugin: &Path, url: &str) -> Result<(Outcome, Vec<u8>), Box<dyn Error>> {
    let host = Host::new(policy, Loader::in_process())?;
    let plugin = host.load(plugin)?;
    let spec = TransferSpec { url: url.to_owned(), follow: true, ..TransferSpec::default() };
    let body = MemorySink::new(1 << 20);
    let outcome = Transfer::new(&host, Some(&plugin), spec, Box::new(body.clone()))?.run();
    Ok((outcome, body.take()))
}
