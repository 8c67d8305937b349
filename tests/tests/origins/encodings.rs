//! Bodies that are small on the wire and large behind it, and bodies that do not decode.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::{GzEncoder, ZlibEncoder};
use transferhost_tests::origin::Origin;

use crate::attack::{Attack, answers, floods};
use crate::bodies::BODY;

/// What a bomb decodes to: some thousand times its size.
const BOMB: u64 = 200_000_000;

pub(crate) fn all() -> Vec<Attack> {
    let all = vec![
        gzip_bomb(),
        deflate_bomb(),
        bomb_in_a_bomb(),
        gzip_twice(),
        gzip_six_times(),
        gzip_without_end(),
        gzip_cut(),
        gzip_wrong_crc(),
        gzip_wrong_length(),
        garbage_after_gzip(),
        garbage_for_gzip(),
        gzip_name_endless(),
        deflate_of_nothing(),
        unknown(),
    ];
    let asked = all.into_iter().map(|attack| attack.curl(&["--compressed"]));
    asked.chain([unasked()]).collect()
}

fn all_of(mut from: impl Read) -> Vec<u8> {
    let mut packed = Vec::new();
    from.read_to_end(&mut packed).expect("what is in memory can be packed");
    packed
}

fn gzip(from: impl Read) -> Vec<u8> {
    all_of(GzEncoder::new(from, Compression::best()))
}

fn zeros() -> impl Read {
    io::repeat(0).take(BOMB)
}

fn encoded(encoding: &str, body: &[u8]) -> Origin {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    answers([head.as_bytes(), body].concat())
}

/// A bomb that must not go off: how much of a body may come of how little ends it, long before it has.
fn bomb(name: &'static str, what: &'static str, origin: Origin) -> Attack {
    Attack::new(name, what, origin)
        .meets("ratio")
        .delivers_at_most(32 << 20)
}

fn gzip_bomb() -> Attack {
    bomb(
        "gzip-bomb",
        "Sends 200 MB as 200 kB of gzip",
        encoded("gzip", &gzip(zeros())),
    )
}

fn deflate_bomb() -> Attack {
    let packed = all_of(ZlibEncoder::new(zeros(), Compression::best()));
    bomb("deflate-bomb", "The same as deflate", encoded("deflate", &packed))
}

fn bomb_in_a_bomb() -> Attack {
    let packed = gzip(&*gzip(zeros()));
    assert!(packed.len() < 4096, "{} bytes of a gzip of a gzip", packed.len());
    bomb(
        "gzip-bomb-twice",
        "The same packed again, to less than 4 kB",
        encoded("gzip, gzip", &packed),
    )
}

fn gzip_twice() -> Attack {
    let packed = gzip(&*gzip(BODY.as_bytes()));
    Attack::new(
        "gzip-twice",
        "Sends a gzip of a gzip, and says so",
        encoded("gzip, gzip", &packed),
    )
    .delivers(BODY)
}

fn gzip_six_times() -> Attack {
    let packed = (0..6).fold(BODY.as_bytes().to_vec(), |inner, _| gzip(&*inner));
    let origin = encoded("gzip, gzip, gzip, gzip, gzip, gzip", &packed);
    Attack::new("gzip-6-times", "The same in six layers", origin).ends(61)
}

/// libcurl does not ask whether the end came.
fn gzip_without_end() -> Attack {
    let packed = gzip(BODY.as_bytes());
    let origin = encoded("gzip", &packed[..packed.len() - 6]);
    Attack::new(
        "gzip-without-end",
        "Sends a gzip without its checksum and length, and announces no more",
        origin,
    )
    .delivers(BODY)
}

/// Nor here.
fn gzip_cut() -> Attack {
    // Stored as it is, so that what is there of it can be told.
    let packed = all_of(GzEncoder::new(BODY.as_bytes(), Compression::none()));
    let at = packed
        .windows(3)
        .position(|part| part == b"hel")
        .expect("a stored block holds its bytes");
    let origin = encoded("gzip", &packed[..at + 3]);
    Attack::new("gzip-cut", "The same in the middle of the body", origin).delivers("hel")
}

fn gzip_wrong_crc() -> Attack {
    let mut packed = gzip(BODY.as_bytes());
    let at = packed.len() - 8;
    packed[at] ^= 1;
    Attack::new(
        "gzip-wrong-crc",
        "Sends a gzip whose checksum is another body's",
        encoded("gzip", &packed),
    )
    .ends(61)
    .delivers(BODY)
}

fn gzip_wrong_length() -> Attack {
    let mut packed = gzip(BODY.as_bytes());
    let at = packed.len() - 4;
    packed[at] ^= 1;
    Attack::new(
        "gzip-wrong-length",
        "Sends a gzip whose length is another body's",
        encoded("gzip", &packed),
    )
    .ends(61)
    .delivers(BODY)
}

fn garbage_after_gzip() -> Attack {
    let packed = [gzip(BODY.as_bytes()), b"garbage".to_vec()].concat();
    Attack::new(
        "gzip-and-garbage",
        "Sends a gzip, and garbage behind it",
        encoded("gzip", &packed),
    )
    .ends(23)
    .delivers(BODY)
}

fn garbage_for_gzip() -> Attack {
    Attack::new(
        "gzip-garbage",
        "Sends as gzip what is none",
        encoded("gzip", BODY.as_bytes()),
    )
    .ends(61)
}

fn gzip_name_endless() -> Attack {
    // A header with a name, which ends with a NUL.
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\x03";
    let origin = floods(*head, [b'x'; 4096]);
    Attack::new("gzip-name-endless", "Sends a gzip whose file name has no end", origin)
        .limit("total-time=1s")
        .ends(28)
}

fn deflate_of_nothing() -> Attack {
    let origin = floods(
        *b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n\x78\x9c",
        // A stored block of no byte that is not the last one.
        [0, 0, 0, 0xff, 0xff],
    );
    Attack::new("deflate-of-nothing", "Sends blocks of no byte without end", origin)
        .limit("total-time=1s")
        .ends(28)
}

fn unknown() -> Attack {
    let origin = encoded("nonsense", BODY.as_bytes());
    Attack::new("encoding-unknown", "Sends in an encoding that does not exist", origin).ends(61)
}

/// Without `--compressed` nothing is unpacked.
fn unasked() -> Attack {
    let mut packed = Vec::new();
    let mut encoder = flate2::write::GzEncoder::new(&mut packed, Compression::best());
    encoder.write_all(BODY.as_bytes()).expect("a Vec takes every byte");
    drop(encoder);
    Attack::new(
        "gzip-unasked",
        "Sends a gzip to whom did not ask for one",
        encoded("gzip", &packed),
    )
    .delivers(packed)
}
