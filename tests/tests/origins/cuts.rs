//! An ordinary response that ends too early, at each of its bytes in turn.

use std::io;

use transferhost_tests::connection::Connection;
use transferhost_tests::origin::Origin;

use crate::attack::{Attack, End, serve};

const HEAD: &str = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\n";
const BODY: &str = "hello";
/// The first line's bytes, with its end.
const LINE: usize = 17;
const CHUNKED_HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const CHUNKS: &str = "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";

pub(crate) fn all() -> Vec<Attack> {
    vec![closes(), closes_in_chunks(), resets()]
}

/// How a connection ends.
type Ending = fn(Connection) -> io::Result<()>;

/// Sends as many bytes of a response as the path says, and ends the connection.
fn cut(response: String, ending: Ending) -> Origin {
    serve(move |mut connection| {
        let request = connection.expect_request()?;
        let count = request.path()[1..].parse().map_err(io::Error::other)?;
        connection.send(&response.as_bytes()[..count])?;
        ending(connection)
    })
}

fn close(mut connection: Connection) -> io::Result<()> {
    connection.finish_sending()?;
    connection.wait_for_close()
}

/// An attack on one transfer for each count of bytes, with what each of them ends in.
fn at_each(name: &'static str, what: &'static str, origin: Origin, codes: Vec<i32>) -> Attack {
    Attack::new(name, what, origin)
        .paths((0..codes.len()).map(|count| format!("/{count}")))
        .each(codes.into_iter().map(End::Libcurl).collect())
}

/// What of the body is there, of each beginning of the response.
fn bodies(head: usize, counts: usize) -> String {
    let lengths = (0..counts).map(|count| count.saturating_sub(head).min(BODY.len()));
    lengths.map(|length| &BODY[..length]).collect()
}

fn closes() -> Attack {
    let whole = HEAD.len() + BODY.len();
    let code = |count| match count {
        _ if count < LINE => 52,
        // libcurl does not ask whether the head has ended.
        _ if count < HEAD.len() - 1 => 0,
        _ if count < whole => 18,
        _ => 0,
    };
    let origin = cut(format!("{HEAD}{BODY}"), close);
    at_each(
        "closes",
        "Closes after each byte of an ordinary response: in its first line, in the rest of its head, in its body",
        origin,
        (0..=whole).map(code).collect(),
    )
    .delivers(bodies(HEAD.len(), whole + 1))
}

fn closes_in_chunks() -> Attack {
    let whole = CHUNKED_HEAD.len() + CHUNKS.len();
    let code = |count| match count {
        _ if count < LINE => 52,
        _ if count < CHUNKED_HEAD.len() => 0,
        _ if count < whole => 18,
        _ => 0,
    };
    let length = |count: usize| {
        let chunks = &CHUNKS[..count.saturating_sub(CHUNKED_HEAD.len())];
        // Without what frames them.
        chunks.chars().filter(|c| c.is_ascii_alphabetic()).count()
    };
    let origin = cut(format!("{CHUNKED_HEAD}{CHUNKS}"), close);
    let what = "Closes after each byte of a response in chunks";
    at_each("closes-in-chunks", what, origin, (0..=whole).map(code).collect())
        .delivers((0..=whole).map(|count| &BODY[..length(count)]).collect::<String>())
}

fn resets() -> Attack {
    let whole = HEAD.len() + BODY.len();
    let origin = cut(format!("{HEAD}{BODY}"), Connection::reset);
    at_each(
        "resets",
        "Resets the connection after each byte of an ordinary response",
        origin,
        vec![56; whole],
    )
    .delivers(bodies(HEAD.len(), whole))
}
