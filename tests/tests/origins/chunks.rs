//! Chunked bodies that break the rules of chunks.

use transferhost_tests::origin::Origin;

use crate::attack::{Attack, answers, floods};
use crate::bodies::BODY;

const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

pub(crate) fn all() -> Vec<Attack> {
    vec![
        size_garbage(),
        size_negative(),
        size_overflow(),
        size_enormous(),
        no_line_end(),
        cut_in_a_chunk(),
        no_end(),
        no_end_of_trailers(),
        extension_endless(),
        trailers_endless(),
        trailer_line_endless(),
        trailer_for_a_header(),
    ]
}

fn chunks(body: &str) -> Origin {
    answers(format!("{HEAD}{body}"))
}

fn size_garbage() -> Attack {
    Attack::new(
        "chunk-size-garbage",
        "Sends a chunk of `zz` bytes",
        chunks("zz\r\nhello\r\n0\r\n\r\n"),
    )
    .ends(56)
}

fn size_negative() -> Attack {
    Attack::new(
        "chunk-size-negative",
        "Sends a chunk of -5 bytes",
        chunks("-5\r\nhello\r\n0\r\n\r\n"),
    )
    .ends(56)
}

fn size_overflow() -> Attack {
    let origin = chunks("10000000000000005\r\nhello\r\n0\r\n\r\n");
    Attack::new("chunk-size-overflow", "Sends a chunk of 2^64 + 5 bytes", origin).ends(56)
}

fn size_enormous() -> Attack {
    let origin = chunks("7fffffffffffffff\r\nhello");
    Attack::new(
        "chunk-size-enormous",
        "Announces a chunk of 8 EiB and closes after 5 bytes",
        origin,
    )
    .ends(18)
    .delivers(BODY)
}

fn no_line_end() -> Attack {
    let origin = chunks("5\r\nhelloXX0\r\n\r\n");
    Attack::new(
        "chunk-without-line-end",
        "Sends a chunk that is longer than it says",
        origin,
    )
    .ends(56)
    .delivers(BODY)
}

fn cut_in_a_chunk() -> Attack {
    Attack::new("chunk-cut", "Closes in the middle of a chunk", chunks("a\r\nhello"))
        .ends(18)
        .delivers(BODY)
}

fn no_end() -> Attack {
    Attack::new(
        "chunks-without-end",
        "Closes where the last chunk is missing",
        chunks("5\r\nhello\r\n"),
    )
    .ends(18)
    .delivers(BODY)
}

fn no_end_of_trailers() -> Attack {
    let origin = chunks("5\r\nhello\r\n0\r\nX-Trailer: x\r\n");
    Attack::new(
        "trailers-without-end",
        "Closes where the line after the trailers is missing",
        origin,
    )
    .ends(18)
    .delivers(BODY)
}

fn extension_endless() -> Attack {
    let origin = floods(format!("{HEAD}5;"), [b'x'; 4096]);
    Attack::new(
        "chunk-extension-endless",
        "Sends a chunk's extension without end",
        origin,
    )
    .limit("total-time=1s")
    .ends(28)
}

fn trailers_endless() -> Attack {
    let origin = floods(format!("{HEAD}5\r\nhello\r\n0\r\n"), "X-Trailer: x\r\n");
    Attack::new("trailers-endless", "Sends trailers without end", origin)
        .meets("header-lines")
        .delivers(BODY)
}

fn trailer_line_endless() -> Attack {
    let origin = floods(format!("{HEAD}5\r\nhello\r\n0\r\nX-Trailer: "), [b'x'; 4096]);
    Attack::new("trailer-line-endless", "Sends one trailer without end", origin)
        .ends(100)
        .delivers(BODY)
}

fn trailer_for_a_header() -> Attack {
    let origin = chunks("5\r\nhello\r\n0\r\nContent-Length: 2\r\nLocation: http://127.0.0.2/\r\n\r\n");
    let what = "Sends as trailers what means something in a header";
    Attack::new("trailers-that-mean", what, origin)
        .curl(&["-L"])
        .delivers(BODY)
}
