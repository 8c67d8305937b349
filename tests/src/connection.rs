//! One accepted connection of an origin, as a script sees it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;

use crate::PATIENCE;
use crate::event::Event;
use crate::request::Request;

/// A socket that the origin can shut down from outside, which ends a read or a write that is blocked, while its last
/// close stays the connection's own: a second descriptor would hold back the FIN, or the reset.
struct Socket(Arc<TcpStream>);

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(into)
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        (&*self.0).write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes' way: plain, or through TLS.
enum Wire {
    Plain(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }
}

impl Wire {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream,
        }
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => &socket.0,
            Self::Tls(stream) => &stream.sock.0,
        }
    }
}

/// An accepted connection. It closes when the script returns.
pub struct Connection {
    number: usize,
    wire: BufReader<Wire>,
    seen: Arc<Mutex<Vec<Request>>>,
    stopped: Event,
}

impl Connection {
    pub(crate) fn new(
        number: usize,
        stream: Arc<TcpStream>,
        tls: Option<Arc<ServerConfig>>,
        seen: Arc<Mutex<Vec<Request>>>,
        stopped: Event,
    ) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let wire = match tls {
            None => Wire::Plain(Socket(stream)),
            Some(config) => {
                let session = ServerConnection::new(config).map_err(io::Error::other)?;
                Wire::Tls(Box::new(StreamOwned::new(session, Socket(stream))))
            }
        };
        Ok(Self {
            number,
            wire: BufReader::new(wire),
            seen,
            stopped,
        })
    }

    /// Which of the origin's connections this is, from 0 on, in the order of their acceptance.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Whether its TLS goes on with a session of another connection's. Known as soon as a request was read.
    pub fn resumes(&self) -> bool {
        match self.wire.get_ref() {
            Wire::Plain(_) => false,
            Wire::Tls(stream) => stream.conn.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// The next request with its body, answering `Expect: 100-continue` on the way; `None` where the client closed
    /// instead of asking for more.
    pub fn next_request(&mut self) -> io::Result<Option<Request>> {
        let Some(mut request) = Request::read_head(&mut self.wire)? else {
            return Ok(None);
        };
        if request
            .header("expect")
            .is_some_and(|it| it.eq_ignore_ascii_case("100-continue"))
        {
            self.send("HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.read_body(&mut self.wire)?;
        self.record(&request);
        Ok(Some(request))
    }

    /// The next request with its body; an error where there is none.
    pub fn expect_request(&mut self) -> io::Result<Request> {
        self.next_request()?
            .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "closed without a request"))
    }

    /// The next request's head alone, for a script that does not want the body, or not yet.
    pub fn expect_head(&mut self) -> io::Result<Request> {
        let request = Request::read_head(&mut self.wire)?
            .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "closed without a request"))?;
        self.record(&request);
        Ok(request)
    }

    /// Sends exactly these bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let writer = self.wire.get_mut().writer();
        writer.write_all(bytes.as_ref())?;
        writer.flush()
    }

    /// Waits until the event has happened; an error where it does not, or where the origin is stopped before.
    pub fn wait(&self, event: &Event) -> io::Result<()> {
        // The origin's own end is looked at now and then, so that a failed test does not have to sit out its patience.
        let slice = Duration::from_millis(50);
        for _ in 0..PATIENCE.as_millis() / slice.as_millis() {
            if event.wait(slice) {
                return Ok(());
            }
            if self.stopped.wait(Duration::ZERO) {
                return Err(io::Error::other("the origin was stopped before the event"));
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the event did not happen"))
    }

    /// Sends nothing more and waits until the client has closed; what it still sends is dropped. A client that resets
    /// has closed too.
    pub fn wait_for_close(&mut self) -> io::Result<()> {
        loop {
            match self.wire.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(more) => {
                    let length = more.len();
                    self.wire.consume(length);
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    return Err(error);
                }
                Err(_) => return Ok(()),
            }
        }
    }

    /// Says that nothing more is sent (FIN; over TLS a `close_notify` before it) while the client may go on sending.
    pub fn finish_sending(&mut self) -> io::Result<()> {
        if let Wire::Tls(stream) = self.wire.get_mut() {
            stream.conn.send_close_notify();
            stream.flush()?;
        }
        self.wire.get_ref().socket().shutdown(Shutdown::Write)
    }

    /// Ends the connection with a reset (RST) in place of an orderly close.
    pub fn reset(self) -> io::Result<()> {
        SockRef::from(self.wire.get_ref().socket()).set_linger(Some(Duration::ZERO))
    }

    fn record(&self, request: &Request) {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
    }
}
