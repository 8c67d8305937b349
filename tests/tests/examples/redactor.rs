//! The redactor: a secret is found wherever the chunks are cut.

use std::io;

use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;

use super::{passed, refused, run};

const TEXT: &str =
    "id AKIA0123456789ABCDEF, Authorization: Bearer abc.DEF-1~+/=; ghp_abcdefghijklmnopqrstuvwxyz0123456789 hush\n";
const BLOTTED: &str = "id [redacted], Authorization: [redacted]; [redacted] [redacted]\n";

/// `/N` sends the text in two chunks, cut after N bytes.
fn cut() -> io::Result<Origin> {
    Origin::serve(|mut connection| {
        while let Some(request) = connection.next_request()? {
            let cut: usize = request
                .path()
                .trim_start_matches('/')
                .parse()
                .map_err(io::Error::other)?;
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let (one, other) = TEXT.split_at(cut);
            for piece in [one, other].into_iter().filter(|it| !it.is_empty()) {
                connection.send(format!("{:x}\r\n{piece}\r\n", piece.len()))?;
            }
            connection.send("0\r\n\r\n")?;
        }
        Ok(())
    })
}

#[test]
pub(super) fn redactor() {
    let origin = http::serve(|request| match request.path() {
        "/bytes" => Response::ok(TEXT).chunked(1),
        "/gzip" => Response::ok(TEXT.repeat(1000)).gzip(),
        "/unfinished" => Response::ok("AKIA0123 and then hus"),
        "/plain" => Response::ok("nothing secret\0\u{e9}"),
        "/empty" => Response::ok(""),
        _ => Response::ok(TEXT),
    })
    .unwrap();
    let redact = |path: &str| run("redactor", &["word=hush"], &["--compressed", &origin.url(path)]);
    passed(&redact("/"), BLOTTED.as_bytes());
    let in_bytes = redact("/bytes");
    passed(&in_bytes, BLOTTED.as_bytes());
    assert_eq!(outcome::calls(&in_bytes.1, "write"), TEXT.len() as u64);
    passed(&redact("/gzip"), BLOTTED.repeat(1000).as_bytes());
    // What was held back comes out at the end.
    passed(&redact("/unfinished"), b"AKIA0123 and then hus");
    passed(&redact("/plain"), "nothing secret\0\u{e9}".as_bytes());
    passed(&redact("/empty"), b"");
    // Without a word of one's own the built-in patterns remain.
    let shown = BLOTTED.replace("[redacted]\n", "hush\n");
    passed(&run("redactor", &[], &[&origin.url("/")]), shown.as_bytes());

    let before = origin.accepted();
    let ended = run("redactor", &["word="], &[&origin.url("/")]);
    refused(&ended, 42, "start", "guest-abort", "--set word=SECRET", b"");
    assert_eq!(origin.accepted(), before);
}

#[test]
fn a_secret_is_found_at_every_cut() {
    let origin = cut().unwrap();
    // Several URLs in one run: each has a fresh guest, so nothing is held over.
    let urls: Vec<String> = (0..=TEXT.len()).map(|cut| origin.url(&format!("/{cut}"))).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let (ended, _) = run("redactor", &["word=hush"], &urls);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let lines = ended.text();
    for (cut, line) in lines.split_inclusive('\n').enumerate() {
        assert_eq!(line, BLOTTED, "cut after {cut}");
    }
    assert_eq!(lines.lines().count(), urls.len());
    let chunks: Vec<u64> = ended
        .stderr
        .lines()
        .map(|line| outcome::calls(&serde_json::from_str(line).unwrap(), "write"))
        .collect();
    assert!(
        chunks[1..TEXT.len()].iter().all(|chunks| *chunks == 2),
        "libcurl joined them: {chunks:?}"
    );
}
