//! Bodies that are longer, or shorter, than it is said, and bodies where there is none.

use transferhost_tests::origin::Origin;

use crate::attack::{Attack, answers, floods, serve};

/// What an honest body of these origins is.
pub(crate) const BODY: &str = "hello";

pub(crate) fn all() -> Vec<Attack> {
    vec![
        endless(),
        endless_in_chunks(),
        length_too_long(),
        length_too_short(),
        length_enormous(),
        length_overflow(),
        length_negative(),
        length_signed(),
        length_garbage(),
        length_twice(),
        length_listed(),
        length_and_chunks(),
        coding_unknown(),
        coding_twice(),
        body_of_204(),
        body_of_304(),
        surplus(),
        early(),
    ]
}

/// A response with these header lines and the body behind them.
fn with(headers: &str) -> Origin {
    answers(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{BODY}"))
}

fn endless() -> Attack {
    let origin = floods("HTTP/1.1 200 OK\r\n\r\n", [b'x'; 4096]);
    Attack::new("body-endless", "Sends a body without an end", origin)
        .limit("body=1MiB")
        .meets("body")
        .delivers_at_most(1 << 20)
}

fn endless_in_chunks() -> Attack {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    Attack::new(
        "body-endless-chunked",
        "The same in chunks of one byte",
        floods(head, "1\r\nx\r\n"),
    )
    .limit("body=16KiB")
    .meets("body")
    .delivers_at_most(16 << 10)
}

fn length_too_long() -> Attack {
    let origin = with("Content-Length: 100\r\n");
    Attack::new("length-too-long", "Announces 100 bytes and closes after 5", origin)
        .ends(18)
        .delivers(BODY)
}

fn length_too_short() -> Attack {
    let origin = with("Content-Length: 2\r\n");
    Attack::new("length-too-short", "Announces 2 bytes and sends 5", origin).delivers("he")
}

fn length_enormous() -> Attack {
    let origin = with("Content-Length: 9223372036854775807\r\n");
    Attack::new("length-enormous", "Announces 8 EiB and closes after 5 bytes", origin)
        .ends(18)
        .delivers(BODY)
}

fn length_overflow() -> Attack {
    let origin = with("Content-Length: 99999999999999999999\r\n");
    Attack::new("length-overflow", "Announces more than 64 bits hold", origin).delivers(BODY)
}

fn length_negative() -> Attack {
    let origin = with("Content-Length: -5\r\n");
    Attack::new("length-negative", "Announces -5 bytes", origin).ends(8)
}

fn length_signed() -> Attack {
    let origin = with("Content-Length: +5\r\n");
    Attack::new("length-signed", "Announces +5 bytes", origin).ends(8)
}

fn length_garbage() -> Attack {
    let origin = with("Content-Length: five\r\n");
    Attack::new("length-garbage", "Announces `five` bytes", origin).ends(8)
}

fn length_twice() -> Attack {
    let origin = with("Content-Length: 5\r\nContent-Length: 2\r\n");
    Attack::new("length-twice", "Announces 5 bytes, and 2 bytes", origin).ends(8)
}

fn length_listed() -> Attack {
    let origin = with("Content-Length: 5, 2\r\n");
    Attack::new("length-listed", "The same in one line", origin).ends(8)
}

fn length_and_chunks() -> Attack {
    let origin =
        answers("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    Attack::new(
        "length-and-chunks",
        "Announces 3 bytes and chunks, and sends a chunk of 5",
        origin,
    )
    .delivers(BODY)
}

fn coding_unknown() -> Attack {
    let origin = with("Transfer-Encoding: nonsense\r\n");
    Attack::new(
        "coding-unknown",
        "Sends in a transfer coding that does not exist",
        origin,
    )
    .ends(61)
}

fn coding_twice() -> Attack {
    let inner = "5\r\nhello\r\n0\r\n\r\n";
    let origin = answers(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n{:x}\r\n{inner}\r\n0\r\n\r\n",
        inner.len()
    ));
    Attack::new("coding-twice", "Sends chunks within chunks", origin).delivers(inner)
}

fn body_of_204() -> Attack {
    let origin = answers("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello");
    Attack::new("body-of-204", "Sends a body with a status that has none", origin)
}

fn body_of_304() -> Attack {
    let origin = answers("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello");
    Attack::new("body-of-304", "The same with 304", origin)
}

fn surplus() -> Attack {
    let response = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (both, own) = (response("first") + &response("smuggled"), response("second"));
    let origin = serve(move |mut connection| {
        while let Some(request) = connection.next_request()? {
            connection.send(if request.path() == "/second" { &own } else { &both })?;
        }
        Ok(())
    });
    let what = "Sends the answer to the next request with that to the first, so that they are mixed up";
    Attack::new("surplus", what, origin)
        .paths(["/", "/second"].map(str::to_owned))
        .each(vec![crate::attack::End::Libcurl(0); 2])
        .delivers("firstsecond")
}

fn early() -> Attack {
    let origin = serve(|mut connection| {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")?;
        connection.finish_sending()?;
        connection.wait_for_close()
    });
    Attack::new("early", "Answers before it is asked, and says that it is done", origin).delivers(BODY)
}
