//! `openssl s_server`, for what rustls never does.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use transferhost_tests::PATIENCE;
use transferhost_tests::tls::Authority;

/// What it answers a request with; it makes line ends of the network's kind.
const ANSWER: &str = "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello";

/// A server that speaks one version of TLS. It is killed, by its process id, when it is dropped.
pub(crate) struct Openssl {
    address: SocketAddr,
    process: Child,
    watcher: Option<JoinHandle<()>>,
}

impl Openssl {
    /// Starts it with the authority's leaf. It asks for so many handshakes after the first before it answers.
    ///
    /// # Panics
    /// When it cannot be started, or does not say where it listens.
    pub(crate) fn serve(authority: &Authority, version: &str, renegotiations: usize) -> Self {
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-crlf", version])
            // Older versions are else switched off with their ciphers.
            .args(["-cipher", "ALL:@SECLEVEL=0"])
            .arg("-cert")
            .arg(authority.certificate_file())
            .arg("-key")
            .arg(authority.key_file())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        let stdin = process.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let (sender, receiver) = mpsc::channel();
        let watcher = thread::spawn(move || watch(stdout, stdin, renegotiations, &sender));
        let address = receiver.recv_timeout(PATIENCE).expect("openssl says where it listens");
        Self {
            address,
            process,
            watcher: Some(watcher),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

/// Answers what it prints: a line of `r` alone is its command to renegotiate, and it tells when it has asked for that.
fn watch(stdout: impl BufRead, mut stdin: ChildStdin, renegotiations: usize, listens: &mpsc::Sender<SocketAddr>) {
    let mut left = renegotiations;
    for line in stdout.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            let _ = address.trim().parse().map(|address| listens.send(address));
            continue;
        }
        if line.starts_with("GET ") {
            left = renegotiations;
        } else if !line.starts_with("SSL_do_handshake") {
            continue;
        }
        let said = if left > 0 { "r\n" } else { ANSWER };
        left = left.saturating_sub(1);
        if stdin.write_all(said.as_bytes()).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}
