//! Heads that have no end, are too large, or are no heads.

use transferhost_tests::origin::Origin;

use crate::attack::{Attack, End, answers, floods};
use crate::bodies::BODY;

pub(crate) fn all() -> Vec<Attack> {
    vec![
        line_long(),
        line_endless(),
        many_bytes(),
        many_lines(),
        endless(),
        cut(),
        nul(),
        bare_cr(),
        bare_lf(),
        folded(),
        folded_first(),
        no_colon(),
        no_name(),
        cookies(),
        escapes(),
    ]
}

/// A response of these header lines and a body.
fn with(lines: &str) -> Origin {
    answers(format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 5\r\n\r\n{BODY}"))
}

fn line_long() -> Attack {
    let origin = with(&format!("X-Long: {}\r\n", "x".repeat(101 << 10)));
    Attack::new("header-line-long", "Sends a header line of 101 KiB", origin)
        .ends(100)
        .under_curl(End::Libcurl(100))
}

fn line_endless() -> Attack {
    let origin = floods("HTTP/1.1 200 OK\r\nX-Endless: ", [b'x'; 4096]);
    Attack::new("header-line-endless", "Sends a header line without end", origin)
        .ends(100)
        .under_curl(End::Libcurl(100))
}

fn many_bytes() -> Attack {
    let line = format!("X-Many: {}\r\n", "x".repeat(1014));
    Attack::new(
        "header-bytes-many",
        "Sends 300 KiB of header lines",
        with(&line.repeat(310)),
    )
    .meets("header-bytes")
    .under_curl(End::Libcurl(56))
}

fn many_lines() -> Attack {
    Attack::new(
        "header-lines-many",
        "Sends 6000 header lines",
        with(&"X: y\r\n".repeat(6000)),
    )
    .meets("header-lines")
    .under_curl(End::Libcurl(100))
}

fn endless() -> Attack {
    let origin = floods("HTTP/1.1 200 OK\r\n", "X: y\r\n");
    Attack::new("header-lines-endless", "Sends header lines without end", origin)
        .meets("header-lines")
        .under_curl(End::Libcurl(100))
}

fn cut() -> Attack {
    let origin = answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n");
    Attack::new("headers-without-end", "Closes where the blank line is missing", origin)
}

fn nul() -> Attack {
    Attack::new(
        "header-nul",
        "Sends a header line with a NUL in it",
        with("X-Nul: a\0b\r\n"),
    )
    .ends(8)
}

fn bare_cr() -> Attack {
    let origin = with("X-Cr: a\rContent-Length: 2\r\n");
    Attack::new("header-bare-cr", "Hides a header behind a CR without LF", origin).ends(8)
}

fn bare_lf() -> Attack {
    let origin = answers("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello");
    Attack::new("header-bare-lf", "Ends its lines with LF alone", origin).delivers(BODY)
}

fn folded() -> Attack {
    let origin = with("X-Folded: a\r\n Content-Length: 2\r\n");
    Attack::new("header-folded", "Goes on with a header in the next line", origin).delivers(BODY)
}

fn folded_first() -> Attack {
    let origin = with(" X-Folded: a\r\n");
    Attack::new("header-folded-first", "Goes on with a header where none was", origin).delivers(BODY)
}

fn no_colon() -> Attack {
    Attack::new(
        "header-without-colon",
        "Sends a header line without a colon",
        with("nonsense\r\n"),
    )
    .ends(8)
}

fn no_name() -> Attack {
    Attack::new(
        "header-without-name",
        "Sends a header line that begins with its colon",
        with(": x\r\n"),
    )
    .delivers(BODY)
}

fn cookies() -> Attack {
    let cookie = format!("Set-Cookie: c={}\r\n", "x".repeat(4000));
    Attack::new(
        "cookies-many",
        "Sets 100 cookies of 4000 bytes",
        with(&cookie.repeat(100)),
    )
    .meets("header-bytes")
    .under_curl(End::Libcurl(56))
}

fn escapes() -> Attack {
    let origin = answers("HTTP/1.1 404 \x1b]0;owned\x07\x1b[2J\r\nX: \x1b[31m\r\nContent-Length: 5\r\n\r\nhello");
    let what = "Sends in its status line what would take a terminal over, to whom shows errors";
    Attack::new("head-with-escapes", what, origin).curl(&["-f"]).ends(22)
}
