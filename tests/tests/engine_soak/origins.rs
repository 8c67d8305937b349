//! Origins of which most do what no client likes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use transferhost_tests::connection::Connection;
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

/// What a good one answers.
pub(crate) static BODY: [u8; 40_000] = [b'b'; 40_000];
/// More than a policy of the soak lets through, once it is decoded.
const BOMB: usize = 16 << 20;

/// What the wild one does, by path.
pub(crate) const WILD: [&str; 14] = [
    "/cut", "/reset", "/stall", "/silent", "/garbage", "/loop", "/away", "/bomb", "/large", "/refuse", "/headers",
    "/informs", "/closed", "/chunks",
];

pub(crate) struct Origins {
    /// Answers well, whatever it is asked or sent.
    pub(crate) good: Origin,
    pub(crate) wild: Origin,
}

impl Origins {
    pub(crate) fn new() -> Self {
        let good = http::serve(|_| Response::ok(BODY.as_slice())).unwrap();
        let away = good.url("/");
        let bomb = Response::ok(vec![0; BOMB]).gzip().encode(true);
        let wild = Origin::serve(move |connection| {
            // An origin keeps what went wrong, and here nearly everything does.
            let _ = rage(connection, &away, &bomb);
            Ok(())
        });
        Self {
            good,
            wild: wild.unwrap(),
        }
    }

    /// Until every connection has ended; what they were asked is forgotten.
    pub(crate) fn settle(&self) {
        self.good.settle();
        self.wild.settle();
    }
}

fn rage(mut connection: Connection, away: &str, bomb: &[u8]) -> io::Result<()> {
    // What follows a head that was refused is no request, which ends this one too.
    loop {
        let request = connection.expect_head()?;
        match request.path() {
            "/cut" => return connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nhalf of it"),
            "/reset" => {
                connection.send(Response::ok(BODY.as_slice()).encode(true))?;
                return connection.reset();
            }
            "/stall" => {
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nhalf of it")?;
                return connection.wait_for_close();
            }
            "/silent" => return connection.wait_for_close(),
            "/garbage" => return connection.send([0xf5; 5_000]),
            "/loop" => connection.send(Response::redirect(302, "/loop").encode(true))?,
            "/away" => connection.send(Response::redirect(307, away).encode(true))?,
            "/bomb" => connection.send(bomb)?,
            "/large" => connection.send(Response::ok(vec![b'l'; 1 << 20]).encode(true))?,
            "/refuse" => return connection.send(Response::status(413).close().encode(true)),
            "/headers" => {
                let many = (0..300).fold(Response::ok(BODY.as_slice()), |response, n| {
                    response.header("X-Many", &n.to_string())
                });
                connection.send(many.encode(true))?;
            }
            "/informs" => {
                connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(30))?;
                connection.send(Response::ok(BODY.as_slice()).encode(true))?;
            }
            "/chunks" => connection.send(Response::ok(BODY.as_slice()).gzip().chunked(100).encode(true))?,
            _ => return Ok(()),
        }
    }
}

/// Answers nobody before all have asked, on both of its origins: none may have more than some of them.
pub(crate) struct Gate {
    pub(crate) both: [Origin; 2],
}

impl Gate {
    pub(crate) fn new(all: usize) -> Self {
        let (asked, everybody) = (Arc::new(AtomicUsize::new(0)), Event::new());
        let one = || {
            let (asked, everybody) = (Arc::clone(&asked), everybody.clone());
            Origin::serve(move |mut connection| {
                connection.expect_request()?;
                if asked.fetch_add(1, Ordering::SeqCst) + 1 == all {
                    everybody.fire();
                }
                connection.wait(&everybody)?;
                connection.send(Response::ok("open").close().encode(true))
            })
            .unwrap()
        };
        Self { both: [one(), one()] }
    }
}
