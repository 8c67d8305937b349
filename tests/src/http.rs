//! A small HTTP/1.1 responder: a closure answers each request, connections are kept alive.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! use transferhost_tests::http::{self, Response};
//!
//! let origin = http::serve(|request| match request.path() {
//!     "/hello" => Response::ok("hello"),
//!     "/old" => Response::redirect(302, "/hello"),
//!     "/packed" => Response::ok(vec![0; 1 << 20]).gzip().chunked(4096),
//!     _ => Response::status(404),
//! })?;
//! # Ok(())
//! # }
//! ```

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::connection::Connection;
use crate::listen::Listen;
use crate::origin::Origin;
use crate::request::Request;

/// One response.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunk: Option<usize>,
    trailers: Vec<(String, String)>,
    close: bool,
}

impl Response {
    /// A response with this status and an empty body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            chunk: None,
            trailers: Vec::new(),
            close: false,
        }
    }

    /// A 200 with this body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).body(body)
    }

    /// A redirect with this status.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// The body, in place of what was there.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// One more header; its value is sent as it is.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Compresses the body that is there now, and says so.
    pub fn gzip(mut self) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let packed = encoder.write_all(&self.body).and_then(|()| encoder.finish());
        self.body = packed.expect("a Vec takes every byte");
        self.header("Content-Encoding", "gzip")
    }

    /// Sends the body in chunks of at most this many bytes, without a Content-Length.
    pub fn chunked(mut self, chunk: usize) -> Self {
        self.chunk = Some(chunk.max(1));
        self
    }

    /// One more trailer after a chunked body.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.into(), value.into()));
        self
    }

    /// Closes the connection after this response, and says so.
    pub fn close(mut self) -> Self {
        self.close = true;
        self
    }

    /// The response as it goes over the wire; `with_body` is false where the request was a HEAD.
    pub fn encode(&self, with_body: bool) -> Vec<u8> {
        let mut out = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        out.extend(self.headers.iter().flat_map(line));
        let may_have_body = !matches!(self.status, 100..200 | 204 | 304);
        if may_have_body {
            out.extend(match self.chunk {
                Some(_) => b"Transfer-Encoding: chunked\r\n".to_vec(),
                None => format!("Content-Length: {}\r\n", self.body.len()).into_bytes(),
            });
        }
        if self.close {
            out.extend(b"Connection: close\r\n");
        }
        out.extend(b"\r\n");
        match self.chunk {
            _ if !may_have_body || !with_body => {}
            None => out.extend(&self.body),
            Some(size) => {
                for chunk in self.body.chunks(size) {
                    out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                    out.extend(chunk);
                    out.extend(b"\r\n");
                }
                out.extend(b"0\r\n");
                out.extend(self.trailers.iter().flat_map(line));
                out.extend(b"\r\n");
            }
        }
        out
    }
}

/// Answers on a free port of 127.0.0.1.
pub fn serve<R>(respond: R) -> io::Result<Origin>
where
    R: Fn(&Request) -> Response + Send + Sync + 'static,
{
    serve_on(Listen::default(), respond)
}

/// Answers elsewhere, or behind TLS.
pub fn serve_on<R>(listen: Listen, respond: R) -> io::Result<Origin>
where
    R: Fn(&Request) -> Response + Send + Sync + 'static,
{
    Origin::serve_on(listen, move |connection| converse(connection, &respond))
}

fn converse(mut connection: Connection, respond: &impl Fn(&Request) -> Response) -> io::Result<()> {
    while let Some(request) = connection.next_request()? {
        let response = respond(&request);
        connection.send(response.encode(request.method() != "HEAD"))?;
        let asked = request
            .header("connection")
            .is_some_and(|it| it.eq_ignore_ascii_case("close"));
        if asked || response.close {
            connection.finish_sending()?;
            return connection.wait_for_close();
        }
    }
    Ok(())
}

fn line((name, value): &(String, String)) -> Vec<u8> {
    format!("{name}: {value}\r\n").into_bytes()
}

/// The phrase of the status line. Clients under test show the line but never read the phrase.
fn reason(status: u16) -> &'static str {
    match status {
        100..200 => "Informational",
        200..300 => "OK",
        300..400 => "Elsewhere",
        404 => "Not Found",
        400..500 => "Client Error",
        _ => "Server Error",
    }
}
