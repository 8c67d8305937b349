//! Real transfers, each through all of the host but a guest, for valgrind: `scripts/test` runs this binary under it, with
//! either libcurl. There is no WebAssembly in here: in the place of a guest stands a stub that decides natively.
//!
//! What comes out is checked as well, so that a transfer which does not do what it is for is no proof of anything.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use transferhost::testing::Stub;
use transferhost::{
    CaStore, Callback, Host, Loader, MemorySink, Outcome, Policy, PolicyKind, Sink, Transfer, TransferSpec,
};

#[path = "memory/file.rs"]
mod file;
#[path = "memory/ftp.rs"]
mod ftp;
#[path = "memory/http.rs"]
mod http;
#[path = "memory/ssh.rs"]
mod ssh;
#[path = "memory/tls.rs"]
mod tls;

/// Longer than a buffer of libcurl's.
const BODY: usize = 40_000;

fn body() -> Vec<u8> {
    (0..BODY).map(|at| at as u8).collect()
}

/// How a transfer ended, and what was delivered of it.
struct Over {
    outcome: Outcome,
    body: Vec<u8>,
}

impl Over {
    /// libcurl's code, and the callback that ended it.
    fn end(&self) -> (u32, Option<Callback>) {
        let ended = self.outcome.abort.as_ref().and_then(|abort| abort.callback);
        (self.outcome.code.number(), ended)
    }

    fn expect(self, code: u32) -> Self {
        assert_eq!(self.end(), (code, None), "{}", self.outcome.message);
        self
    }
}

fn host() -> Host {
    Host::new(Policy::new(PolicyKind::Curl).unwrap(), Loader::in_process()).unwrap()
}

fn run(spec: TransferSpec) -> Over {
    let sink = MemorySink::new(1 << 20);
    let outcome = Transfer::new(&host(), None, spec, Box::new(sink.clone()))
        .unwrap()
        .run();
    // All that libcurl told is read, by whoever reads an outcome.
    assert!(serde_json::to_string(&outcome).is_ok() && !format!("{:?}", outcome.info).is_empty());
    Over {
        outcome,
        body: sink.take(),
    }
}

fn run_into(spec: TransferSpec, sink: Box<dyn Sink>, with: impl FnOnce(&Transfer)) -> Outcome {
    let transfer = Transfer::new(&host(), None, spec, sink).unwrap();
    with(&transfer);
    transfer.run()
}

fn get(url: String) -> TransferSpec {
    TransferSpec {
        url,
        ..TransferSpec::default()
    }
}

/// A stub that decides every callback, but what another one among them stands for.
fn every(but: &[Callback]) -> Stub {
    let mut decides = Callback::ALL.to_vec();
    decides.retain(|callback| !but.contains(callback));
    Stub {
        decides,
        ..Stub::default()
    }
}

/// Runs it with a stub that decides everything, once for each callback that is tried: it aborts, and it panics. Whatever
/// the callback, the transfer ends by it.
fn fails_in(tried: &[Callback], spec: impl Fn() -> TransferSpec) {
    for callback in tried {
        // Of each pair libcurl calls the newer one.
        let newer: &[Callback] = match callback {
            Callback::Progress => &[Callback::Xferinfo],
            Callback::Ioctl => &[Callback::Seek],
            _ => &[],
        };
        for panics in [false, true] {
            let stub = Stub {
                abort_in: (!panics).then_some(*callback),
                panic_in: panics.then_some(*callback),
                ..every(newer)
            };
            let over = run(TransferSpec { stub, ..spec() });
            let (code, ended) = over.end();
            assert!(
                code != 0 && ended == Some(*callback),
                "{callback}, panics: {panics}: {code}, {}",
                over.outcome.message
            );
        }
    }
}

/// A folder with a file of the body.
fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, body()).unwrap();
    (folder, file)
}

fn only(file: PathBuf) -> Option<CaStore> {
    Some(CaStore {
        file: Some(file),
        path: None,
    })
}
