//! A scripted TCP origin on loopback: each connection runs a script that reads requests and sends exact bytes.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! use transferhost_tests::origin::Origin;
//!
//! let origin = Origin::serve(|mut connection| {
//!     connection.expect_request()?;
//!     connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab") // and closes one byte too early
//! })?;
//! let url = origin.url("/short");
//! # Ok(())
//! # }
//! ```

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::ServerConfig;

use crate::PATIENCE;
use crate::connection::Connection;
use crate::event::Event;
use crate::listen::Listen;
use crate::request::Request;

#[derive(Default)]
struct Shared {
    accepted: AtomicUsize,
    seen: Arc<Mutex<Vec<Request>>>,
    errors: Mutex<Vec<String>>,
    sockets: Mutex<Vec<Weak<TcpStream>>>,
    scripts: Mutex<Vec<JoinHandle<()>>>,
    stopped: Event,
}

/// The origin. It stops when it is dropped: open connections are shut down and every thread is joined.
pub struct Origin {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Origin {
    /// Listens on a free port of 127.0.0.1 and runs the script for each connection, on a thread of its own.
    pub fn serve<S>(script: S) -> io::Result<Self>
    where
        S: Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
    {
        Self::serve_on(Listen::default(), script)
    }

    /// Listens elsewhere, or behind TLS.
    pub fn serve_on<S>(listen: Listen, script: S) -> io::Result<Self>
    where
        S: Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((listen.ip, listen.port))?;
        let address = listener.local_addr()?;
        let scheme = if listen.tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let shared = shared.clone();
            move || accept(&listener, listen.tls, &shared, Arc::new(script))
        });
        Ok(Self {
            address,
            scheme,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// A listener that must not be dialled: it accepts and closes, and counts.
    pub fn forbidden(listen: Listen) -> io::Result<Self> {
        Self::serve_on(listen, |_| Ok(()))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of this origin by its address.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// A URL of this origin by another host, such as `localhost` or `user@[::1]`.
    pub fn url_as(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// How many connections were accepted so far.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// The requests that were read so far, on all connections, in the order in which they were complete.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.seen).clone()
    }

    /// Waits until every connection that was accepted so far has ended; then the requests are forgotten, and returned.
    /// For whom it is not enough that all ends with the origin.
    pub fn settle(&self) -> Vec<Request> {
        for script in std::mem::take(&mut *lock(&self.shared.scripts)) {
            // What it panicked with is among the errors.
            let _ = script.join();
        }
        lock(&self.shared.sockets).retain(|socket| socket.strong_count() > 0);
        std::mem::take(&mut *lock(&self.shared.seen))
    }

    /// What scripts returned as errors so far, and what they panicked with. A client that goes away early is one of
    /// them, so a test decides whether there may be any.
    pub fn errors(&self) -> Vec<String> {
        lock(&self.shared.errors).clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.shared.stopped.fire();
        // Wakes the acceptor, which looks at `stopped` before it counts.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let Some(acceptor) = self.acceptor.take()
            && woken.is_ok()
        {
            let _ = acceptor.join();
        }
        for socket in lock(&self.shared.sockets).drain(..).filter_map(|it| it.upgrade()) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        let scripts = std::mem::take(&mut *lock(&self.shared.scripts));
        for script in scripts {
            let _ = script.join();
        }
    }
}

fn accept<S>(listener: &TcpListener, tls: Option<Arc<ServerConfig>>, shared: &Arc<Shared>, script: Arc<S>)
where
    S: Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
{
    for stream in listener.incoming() {
        if shared.stopped.wait(Duration::ZERO) {
            return;
        }
        let Ok(stream) = stream.map(Arc::new) else { continue };
        let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
        lock(&shared.sockets).push(Arc::downgrade(&stream));
        let (tls, script, of_thread) = (tls.clone(), script.clone(), shared.clone());
        let thread = thread::spawn(move || {
            let connection = Connection::new(number, stream, tls, of_thread.seen.clone(), of_thread.stopped.clone());
            let told = Told {
                shared: &of_thread,
                number,
            };
            if let Err(error) = connection.and_then(|it| script(it)) {
                told.tell(&error.to_string());
            }
        });
        lock(&shared.scripts).push(thread);
    }
}

/// Notes a panic of a script too: it would else be lost with its thread.
struct Told<'a> {
    shared: &'a Shared,
    number: usize,
}

impl Told<'_> {
    fn tell(&self, what: &str) {
        lock(&self.shared.errors).push(format!("connection {}: {what}", self.number));
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.tell("the script panicked");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
