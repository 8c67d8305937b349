//! The redactor: all three find the same secrets, wherever the chunks are cut.

use std::io;

use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use super::built::{COMPILERS, go_guest, patient_run};
use super::gate::asked_for;

const TEXT: &str = "id AKIA0123456789ABCDEF, Authorization: Bearer abc.DEF-1~+/=; ghp_abcdefghijklmnopqrstuvwxyz0123456789 hush, hushush hus AKIA0123 Bearer\n";

/// `/N` sends the text in two chunks, cut after N bytes.
fn cut() -> io::Result<Origin> {
    Origin::serve(|mut connection| {
        while let Some(request) = connection.next_request()? {
            let cut = request.path().trim_start_matches('/').parse();
            let (one, other) = TEXT.split_at(cut.map_err(io::Error::other)?);
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            for piece in [one, other].into_iter().filter(|it| !it.is_empty()) {
                connection.send(format!("{:x}\r\n{piece}\r\n", piece.len()))?;
            }
            connection.send("0\r\n\r\n")?;
        }
        Ok(())
    })
}

#[test]
fn redactor() {
    if !asked_for("redactor") {
        return;
    }
    let served = http::serve(|request| match request.path() {
        "/bytes" => Response::ok(TEXT).chunked(1),
        "/sevens" => Response::ok(TEXT.repeat(100)).chunked(7),
        "/gzip" => Response::ok(TEXT.repeat(1000)).gzip(),
        "/unfinished" => Response::ok("AKIA0123 and then hus"),
        "/plain" => Response::ok("nothing secret\0\u{e9}"),
        "/empty" => Response::ok(""),
        _ => Response::ok(TEXT),
    })
    .unwrap();
    let cut = cut().unwrap();
    let paths = ["/", "/bytes", "/sevens", "/gzip", "/unfinished", "/plain", "/empty"];
    let urls: Vec<String> = paths.map(|path| served.url(path)).into();
    let cuts: Vec<String> = (0..=TEXT.len()).map(|at| cut.url(&format!("/{at}"))).collect();
    for (setting, urls) in [
        ("word=hush", &urls),
        ("word=ushush", &urls),
        ("word=\u{e9}", &urls),
        ("unread=1", &urls),
        ("word=hush", &cuts),
    ] {
        let redacted = |component| {
            // Several URLs in one run: each has a fresh guest, so nothing is held over.
            let run = patient_run().args(["--set", setting]).arg(component);
            let ended = run.args(["-sS", "--compressed"]).args(urls).end();
            assert_eq!(
                (ended.code(), ended.stderr.as_str()),
                (Some(0), ""),
                "{setting}: {}",
                ended.text().len()
            );
            ended.text()
        };
        let rust = redacted(guest("redactor"));
        assert!(
            rust.contains("id [redacted], Authorization: [redacted]; [redacted] "),
            "{setting}"
        );
        assert!(!rust.contains("AKIA0123456789ABCDEF"), "{setting}");
        for compiler in COMPILERS {
            let twin = redacted(go_guest(compiler, "redactor"));
            let differs = rust.lines().zip(twin.lines()).find(|(one, other)| one != other);
            assert_eq!(differs, None, "{setting}: {compiler}");
            assert!(twin == rust, "{setting}: {compiler} ends otherwise");
        }
    }
}
