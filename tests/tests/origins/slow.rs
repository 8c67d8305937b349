//! Origins that hold a connection for as long as they are let.

use std::thread;
use std::time::Duration;

use transferhost_tests::origin::Origin;

use crate::attack::{Attack, serve};
use crate::bodies::BODY;

/// Few enough to be below `low-speed`.
const SLOW: Duration = Duration::from_millis(100);

pub(crate) fn all() -> Vec<Attack> {
    vec![
        silent("no-answer", "Does not answer").limit("low-speed-time=1s"),
        silent("no-answer-total", "The same, where the time in all is what is short").limit("total-time=1s"),
        slow_headers(),
        slow_body(),
        steady_body(),
        stall(),
        stall_in_the_head(),
    ]
}

/// Sends these bytes, and then another one now and then.
fn drips(first: &'static str, again: &'static [u8]) -> Origin {
    serve(move |mut connection| {
        connection.expect_request()?;
        connection.send(first)?;
        loop {
            connection.send(again)?;
            thread::sleep(SLOW);
        }
    })
}

/// Sends these bytes and no more, and does not close.
fn stalls(bytes: &'static str) -> Origin {
    serve(move |mut connection| {
        connection.expect_request()?;
        connection.send(bytes)?;
        connection.wait_for_close()
    })
}

fn silent(name: &'static str, what: &'static str) -> Attack {
    Attack::new(name, what, stalls("")).ends(28)
}

fn slow_headers() -> Attack {
    let origin = drips("HTTP/1.1 200 OK\r\nX-Slow: ", b"x");
    Attack::new("headers-slow", "Sends a header line at 10 bytes a second", origin)
        .limit("low-speed-time=1s")
        .ends(28)
}

fn slow_body() -> Attack {
    let origin = drips("HTTP/1.1 200 OK\r\n\r\n", b"x");
    Attack::new("body-slow", "Sends a body at 10 bytes a second", origin)
        .limit("low-speed-time=1s")
        .ends(28)
        .delivers_at_most(64)
}

fn steady_body() -> Attack {
    let origin = drips("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 100]);
    Attack::new(
        "body-steady",
        "Sends a body at 1000 bytes a second, without end",
        origin,
    )
    .limit("low-speed-time=1s")
    .limit("total-time=2s")
    .ends(28)
    .delivers_at_most(4096)
}

fn stall() -> Attack {
    let origin = stalls("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    Attack::new("body-stalls", "Sends 5 bytes of 100 and then nothing", origin)
        .limit("low-speed-time=1s")
        .ends(28)
        .delivers(BODY)
}

fn stall_in_the_head() -> Attack {
    let origin = stalls("HTTP/1.1 200 OK\r\nContent-Le");
    Attack::new("headers-stall", "Sends the half of its head and then nothing", origin)
        .limit("low-speed-time=1s")
        .ends(28)
}
