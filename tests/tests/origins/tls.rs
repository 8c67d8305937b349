//! Servers that break TLS, or that nobody vouches for.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use transferhost_tests::connection::Connection;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::tls::Authority;

use crate::attack::{Attack, Server, serve};
use crate::bodies::BODY;
use crate::openssl::Openssl;

pub(crate) fn all(authority: &Arc<Authority>) -> Vec<Attack> {
    let shows = vec![
        stalls(),
        says("tls-closes", "Closes in the handshake", b""),
        says(
            "tls-alert",
            "Answers the handshake with an alert",
            b"\x15\x03\x03\x00\x02\x02\x28",
        ),
        says(
            "tls-plain",
            "Answers the handshake in plain HTTP",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
        ),
        says("tls-garbage", "Answers the handshake with garbage", &[0xa5; 64]),
        says(
            "tls-hello-large",
            "Announces a first message of 16 MiB",
            b"\x16\x03\x03\x00\x04\x02\xff\xff\xff",
        ),
        another_name(authority),
        cut(authority),
        closed_in_order(authority),
        renegotiates(authority),
        renegotiates_endless(authority),
        by_openssl("tls-1.0", "Speaks TLS 1.0 alone", authority, "-tls1", 0).ends(35),
        by_openssl("tls-1.1", "Speaks TLS 1.1 alone", authority, "-tls1_1", 0).ends(35),
    ];
    let trusted = shows.into_iter().map(|attack| attack.https(Some(&authority.ca_file())));
    trusted.chain([untrusted(authority).https(None)]).collect()
}

fn stalls() -> Attack {
    let origin = serve(|mut connection| connection.wait_for_close());
    Attack::new("tls-stalls", "Says nothing in the handshake", origin)
        .limit("total-time=1s")
        .ends(28)
}

/// Answers whatever comes first with these bytes, and closes.
fn says(name: &'static str, what: &'static str, bytes: &'static [u8]) -> Attack {
    let origin = serve(move |mut connection| {
        connection.send(bytes)?;
        connection.finish_sending()?;
        connection.wait_for_close()
    });
    Attack::new(name, what, origin).ends(35)
}

fn listening(authority: &Authority, listen: Listen) -> Origin {
    let listen = listen.tls(authority.server_config());
    http::serve_on(listen, |_| Response::ok(BODY)).expect("a free port of loopback")
}

fn untrusted(authority: &Authority) -> Attack {
    let origin = listening(authority, Listen::default());
    Attack::new(
        "tls-untrusted",
        "Shows a certificate of an authority that is not known",
        origin,
    )
    .ends(60)
}

fn another_name(authority: &Authority) -> Attack {
    let origin = listening(authority, Listen::default().on(Ipv4Addr::new(127, 0, 0, 3).into()));
    Attack::new("tls-another-name", "Shows a certificate that is another host's", origin).ends(60)
}

/// Sends a body that ends where the connection does, and ends it.
fn unframed(authority: &Authority, end: fn(&mut Connection) -> io::Result<()>) -> Origin {
    let origin = Origin::serve_on(
        Listen::default().tls(authority.server_config()),
        move |mut connection| {
            connection.expect_request()?;
            connection.send("HTTP/1.1 200 OK\r\n\r\nhello")?;
            end(&mut connection)
        },
    );
    origin.expect("a free port of loopback")
}

fn cut(authority: &Authority) -> Attack {
    let what = "Closes after a body of no length, without TLS's word that this is its end";
    Attack::new("tls-cut", what, unframed(authority, |_| Ok(())))
        .ends(56)
        .delivers(BODY)
}

/// What the one before is to be compared with.
fn closed_in_order(authority: &Authority) -> Attack {
    let origin = unframed(authority, |connection| {
        connection.finish_sending()?;
        connection.wait_for_close()
    });
    Attack::new("tls-closed", "The same with it: no attack", origin).delivers(BODY)
}

fn renegotiates(authority: &Arc<Authority>) -> Attack {
    let what = "Wants another handshake before it answers";
    by_openssl("tls-renegotiates", what, authority, "-tls1_2", 1).delivers(BODY)
}

fn renegotiates_endless(authority: &Arc<Authority>) -> Attack {
    let what = "Wants another handshake, and another, without end";
    by_openssl("tls-renegotiates-endless", what, authority, "-tls1_2", usize::MAX)
        .limit("total-time=1s")
        .ends(28)
}

fn by_openssl(
    name: &'static str,
    what: &'static str,
    authority: &Arc<Authority>,
    version: &'static str,
    renegotiations: usize,
) -> Attack {
    let authority = Arc::clone(authority);
    let start = move || Openssl::serve(&authority, version, renegotiations);
    Attack::by(name, what, Server::Openssl(Box::new(start)))
}
