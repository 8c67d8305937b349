//! Where the transfers of these tests go.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use tempfile::TempDir;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::inside::second_of_localhost;

/// `localhost`, which libcurl itself takes for two addresses: an origin on the second of them, and a listener on the first
/// that says whether anyone came.
pub(crate) struct Localhost {
    pub(crate) origin: Origin,
    first: TcpListener,
}

impl Localhost {
    pub(crate) fn new() -> Self {
        // Another program may have the origin's port on the other address.
        for _ in 0..20 {
            let origin = http::serve_on(second_of_localhost(), |_| Response::ok("body")).unwrap();
            let first: IpAddr = match origin.address() {
                SocketAddr::V4(_) => Ipv6Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv4Addr::LOCALHOST.into(),
            };
            if let Ok(first) = TcpListener::bind((first, origin.address().port())) {
                first.set_nonblocking(true).unwrap();
                return Self { origin, first };
            }
        }
        panic!("no port is free on both addresses");
    }

    /// Both, in the order in which they are dialled.
    pub(crate) fn addresses(&self) -> [SocketAddr; 2] {
        [self.first.local_addr().unwrap(), self.origin.address()]
    }

    /// An origin on the second, where nobody is on the first.
    pub(crate) fn alone() -> Origin {
        Self::new().origin
    }

    pub(crate) fn url(&self) -> String {
        self.origin.url_as("localhost", "/")
    }

    /// Nobody has dialled the first address. Once a transfer is over, whoever was let in is here.
    pub(crate) fn first_is_untouched(&self) -> bool {
        matches!(self.first.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

/// An origin behind a unix socket: it answers one request with `body`.
pub(crate) struct Unix {
    pub(crate) path: PathBuf,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl Unix {
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("transferhost-unix-").unwrap();
        let path = folder.path().join("origin.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let thread = thread::spawn(move || {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let _ = lines.map_while(Result::ok).find(String::is_empty);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
        });
        Self {
            path,
            thread: Some(thread),
            _folder: folder,
        }
    }
}

impl Drop for Unix {
    fn drop(&mut self) {
        // Where nobody came, this is who does.
        let _ = UnixStream::connect(&self.path);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An address of loopback at which nobody listens: taken and given back.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
