//! A small FTP server on loopback, for what FTP alone has: data connections that are dialled, and those that are accepted.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! use transferhost_tests::ftp::Ftp;
//!
//! let server = Ftp::serve([("/file", b"its bytes".to_vec())])?;
//! let url = server.url("/file");
//! assert_eq!(server.file("/file").as_deref(), Some(&b"its bytes"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! It knows what libcurl says: USER, PASS, PWD, CWD, TYPE, EPSV, PASV, EPRT, PORT, SIZE, REST, RETR, STOR, APPE, ABOR and
//! QUIT. Clients are served one after the other, on one thread.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::PATIENCE;
use crate::event::Event;

/// The longest line that a client may send.
const LINE: u64 = 4096;

#[derive(Default)]
struct Shared {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    commands: Mutex<Vec<String>>,
    sockets: Mutex<Vec<Weak<TcpStream>>>,
    /// Where a data connection is waited for.
    waited_for: Mutex<Option<SocketAddr>>,
    stopped: Event,
}

/// The server. It stops when it is dropped: open connections are shut down and its thread is joined.
pub struct Ftp {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Ftp {
    /// Serves these files, by their absolute paths, on a free port of 127.0.0.1. Anyone may log in.
    pub fn serve(files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> io::Result<Self> {
        Self::serve_on(Ipv4Addr::LOCALHOST.into(), files)
    }

    /// Serves them on another address of loopback.
    pub fn serve_on(ip: IpAddr, files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> io::Result<Self> {
        assert!(ip.is_loopback(), "tests stay on loopback");
        let listener = TcpListener::bind((ip, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        lock(&shared.files).extend(files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)));
        let thread = thread::spawn({
            let shared = shared.clone();
            move || accept(&listener, &shared)
        });
        Ok(Self {
            address,
            shared,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of this server.
    pub fn url(&self, path: &str) -> String {
        format!("ftp://{}{path}", self.address)
    }

    /// The bytes of a file, as it was given or was uploaded.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        lock(&self.shared.files).get(path).cloned()
    }

    /// What clients said so far, a line each.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.shared.commands).clone()
    }
}

impl Drop for Ftp {
    fn drop(&mut self) {
        self.shared.stopped.fire();
        // Wakes whichever of the two the thread waits in; it looks at `stopped` before it serves anyone.
        let waited_for = *lock(&self.shared.waited_for);
        for address in waited_for.into_iter().chain([self.address]) {
            let _ = TcpStream::connect_timeout(&address, PATIENCE);
        }
        for socket in lock(&self.shared.sockets).drain(..).filter_map(|it| it.upgrade()) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Shared) {
    for stream in listener.incoming() {
        if shared.is_stopped() {
            return;
        }
        // A client that goes away early is its own affair: the test sees what the client says of it.
        let _ = stream.and_then(|stream| {
            let stream = shared.watch(stream)?;
            let mut session = Session {
                shared,
                control: &stream,
                data: Data::None,
                offset: 0,
            };
            session.converse()
        });
    }
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.stopped.wait(Duration::ZERO)
    }

    /// Lets `drop` end what is done with this socket.
    fn watch(&self, stream: TcpStream) -> io::Result<Arc<TcpStream>> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let stream = Arc::new(stream);
        lock(&self.sockets).push(Arc::downgrade(&stream));
        if self.is_stopped() {
            return Err(io::Error::other("the server was stopped"));
        }
        Ok(stream)
    }
}

/// How the next data connection comes to be.
enum Data {
    None,
    Passive(TcpListener),
    Active(SocketAddr),
}

struct Session<'a> {
    shared: &'a Shared,
    control: &'a TcpStream,
    data: Data,
    /// Where the next transfer begins.
    offset: usize,
}

impl Session<'_> {
    fn converse(&mut self) -> io::Result<()> {
        let mut lines = BufReader::new(self.control);
        self.reply("220 here")?;
        loop {
            let mut line = String::new();
            if lines.by_ref().take(LINE).read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            lock(&self.shared.commands).push(line.to_owned());
            let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
            if verb == "QUIT" {
                return self.reply("221 gone");
            }
            self.obey(verb, argument)?;
        }
    }

    fn obey(&mut self, verb: &str, argument: &str) -> io::Result<()> {
        match verb {
            "USER" => self.reply("331 a password, any"),
            "PASS" => self.reply("230 in"),
            "PWD" => self.reply("257 \"/\""),
            "CWD" | "TYPE" | "ABOR" => self.reply("200 so be it"),
            "SIZE" => match self.find(argument) {
                Some(bytes) => self.reply(&format!("213 {}", bytes.len())),
                None => self.reply("550 no such file"),
            },
            "REST" => match argument.parse() {
                Ok(offset) => {
                    self.offset = offset;
                    self.reply("350 from there")
                }
                Err(_) => self.reply("501 not a number"),
            },
            "EPSV" | "PASV" => self.listen(verb),
            "EPRT" | "PORT" => match active(verb, argument).filter(|it| it.ip().is_loopback()) {
                Some(address) => {
                    self.data = Data::Active(address);
                    self.reply("200 there")
                }
                None => self.reply("501 not an address of loopback"),
            },
            "RETR" => self.send(argument),
            "STOR" | "APPE" => self.receive(verb == "APPE", argument),
            _ => self.reply("502 not here"),
        }
    }

    fn reply(&self, line: &str) -> io::Result<()> {
        let mut control = self.control;
        control.write_all(format!("{line}\r\n").as_bytes())
    }

    fn find(&self, path: &str) -> Option<Vec<u8>> {
        lock(&self.shared.files).get(&absolute(path)).cloned()
    }

    fn listen(&mut self, verb: &str) -> io::Result<()> {
        let listener = TcpListener::bind((self.control.local_addr()?.ip(), 0))?;
        let address = listener.local_addr()?;
        self.data = Data::Passive(listener);
        match (verb, address) {
            ("PASV", SocketAddr::V4(to)) => {
                let ([a, b, c, d], [high, low]) = (to.ip().octets(), to.port().to_be_bytes());
                self.reply(&format!("227 here ({a},{b},{c},{d},{high},{low})"))
            }
            ("PASV", _) => self.reply("522 not over IPv6"),
            _ => self.reply(&format!("229 here (|||{}|)", address.port())),
        }
    }

    /// The data connection that was agreed upon.
    fn connect(&mut self) -> io::Result<Arc<TcpStream>> {
        let stream = match std::mem::replace(&mut self.data, Data::None) {
            Data::None => return Err(io::Error::other("none was agreed upon")),
            Data::Active(address) => TcpStream::connect_timeout(&address, PATIENCE)?,
            Data::Passive(listener) => {
                *lock(&self.shared.waited_for) = Some(listener.local_addr()?);
                if self.shared.is_stopped() {
                    return Err(io::Error::other("the server was stopped"));
                }
                let accepted = listener.accept();
                *lock(&self.shared.waited_for) = None;
                accepted?.0
            }
        };
        self.shared.watch(stream)
    }

    fn send(&mut self, path: &str) -> io::Result<()> {
        let offset = std::mem::take(&mut self.offset);
        let Some(bytes) = self.find(path) else {
            return self.reply("550 no such file");
        };
        self.move_bytes(|mut data| data.write_all(bytes.get(offset..).unwrap_or_default()))
    }

    fn receive(&mut self, appends: bool, path: &str) -> io::Result<()> {
        let offset = std::mem::take(&mut self.offset);
        let mut bytes = self.find(path).unwrap_or_default();
        if !appends {
            bytes.truncate(offset);
        }
        let ended = self.move_bytes(|mut data| data.read_to_end(&mut bytes).map(drop));
        lock(&self.shared.files).insert(absolute(path), bytes);
        ended
    }

    fn move_bytes(&mut self, moves: impl FnOnce(&TcpStream) -> io::Result<()>) -> io::Result<()> {
        // The connection comes first, as with servers that say 150 only when it is there.
        let Ok(data) = self.connect() else {
            return self.reply("425 no data connection");
        };
        self.reply("150 now")?;
        let moved = moves(&data);
        drop(data);
        self.reply(if moved.is_ok() { "226 done" } else { "426 it broke" })
    }
}

/// Paths begin where one logs in, at the root.
fn absolute(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

/// Where the client listens: `|1|127.0.0.1|4711|`, or `127,0,0,1,18,103`.
fn active(verb: &str, argument: &str) -> Option<SocketAddr> {
    if verb == "EPRT" {
        let mut parts = argument.split('|').skip(2);
        let (ip, port) = (parts.next()?.parse::<IpAddr>().ok()?, parts.next()?.parse().ok()?);
        return Some((ip, port).into());
    }
    let numbers: Option<Vec<u8>> = argument.split(',').map(|it| it.parse().ok()).collect();
    let [a, b, c, d, high, low] = numbers?[..] else {
        return None;
    };
    Some((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])).into())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
