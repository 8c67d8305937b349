//! Which heads lead to the guest: those that libcurl follows, and no head leads past it.

use transferhost_tests::origin::Origin;
use transferhost_tests::running::Ended;

use super::{FOLLOW, asked, asked_to, run};

/// Answers `/` with this, `/again` with one more redirect, and anything else with a 200.
fn head(head: impl AsRef<[u8]> + Send + Sync + 'static) -> Origin {
    Origin::serve(move |mut connection| {
        while let Some(request) = connection.next_request()? {
            match request.target() {
                "/" => connection.send(&head)?,
                "/again" => connection.send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")?,
                _ => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend")?,
            }
        }
        Ok(())
    })
    .unwrap()
}

/// Once for each hop, whatever the head looks like.
#[test]
fn it_is_asked_exactly_where_libcurl_follows() {
    let puppet = asked_to(FOLLOW);
    for (follows, answer) in [
        (true, &b"HTTP/1.1 300 Several\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"[..]),
        (true, b"HTTP/1.1 301 Moved\r\nLOCATION: /b\r\nContent-Length: 0\r\n\r\n"),
        (true, b"HTTP/1.1 308 Moved\r\nlocation:/b\r\nContent-Length: 0\r\n\r\n"),
        (true, b"HTTP/1.1 399 Odd\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),
        (true, b"HTTP/1.1 302 Found\nLocation:\t /b \t\nContent-Length: 0\n\n"),
        (true, b"HTTP/1.1 302 Found\r\nLocation:\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n"),
        (true, b"HTTP/1.1 302 Found\r\nContent-Location: /x\r\nX-Location: /y\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),
        // What is no UTF-8 is encoded byte by byte.
        (true, b"HTTP/1.1 302 Found\r\nLocation: /caf\xe9\xff\r\nContent-Length: 0\r\n\r\n"),
        (
            false,
            b"HTTP/1.1 103 Hints\r\nLocation: /hint\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ),
        (false, b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
        (false, b"HTTP/1.1 302 Found\r\nLocation:\r\nContent-Length: 0\r\n\r\n"),
        (false, b"HTTP/1.1 302 Found\r\nRefresh: 0; url=/b\r\nContent-Length: 0\r\n\r\n"),
        (false, b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"),
        (false, b"HTTP/1.1 200 OK\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),
        (false, b"HTTP/1.1 201 Created\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),
        (false, b"HTTP/1.1 404 Not Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let origin = head(answer);
        let shown = String::from_utf8_lossy(answer);
        let (ended, _) = run(&puppet, &["-L", &origin.url("/")]);
        assert_eq!(ended.code(), Some(0), "{shown}: {}", ended.stderr);
        let (asked, followed) = (targets(&ended), followed(&origin));
        assert_eq!((&asked, followed.len()), (&followed, follows.into()), "{shown}");
    }
}

/// The targets that the guest was asked of.
fn targets(ended: &Ended) -> Vec<String> {
    let targets = asked(ended).into_iter();
    targets
        .filter_map(|it| it.rsplit(' ').next().map(str::to_owned))
        .collect()
}

/// The URLs that were requested after the first.
fn followed(origin: &Origin) -> Vec<String> {
    origin
        .requests()
        .iter()
        .skip(1)
        .map(|it| origin.url(it.target()))
        .collect()
}

/// Heads that are made to show the guest another target than the one that libcurl takes from them, or none. It may be
/// asked more often than libcurl follows here, and versions of libcurl differ in which they follow at all.
#[test]
fn no_head_leads_past_it() {
    let puppet = asked_to(FOLLOW);
    let empty = "Content-Length: 0\r\n\r\n";
    let trailers = |name: &str, lines: &str| {
        format!("HTTP/1.1 302 Found\r\n{name}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n{lines}\r\n")
    };
    for head_of in [
        // What looks like another head's beginning.
        format!("HTTP/1.1 302 Found\r\nLocation: /b\r\nHTTP/1.1: x\r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nLocation: /b\r\nHTTP/1.1 200 OK: x\r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nLocation: /b\r\nhttp/2: x\r\n{empty}"),
        // A folded line, which is no header of its own; and one that folds the target.
        format!("HTTP/1.1 302 Found\r\nX-A: y\r\n Location: /fold\r\nLocation: /b\r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nX-A: y\r\n\tLocation: /fold\r\nLocation: /b\r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nLocation:\r\n /b\r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nLocation: /b\r\n c\r\n{empty}"),
        // What looks like the end of the head.
        format!("HTTP/1.1 302 Found\r\nX-A: y\r\n \r\nLocation: /b\r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nLocation: /b\r\n \r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nLocation : /space\r\nLocation: /b\r\n{empty}"),
        // Two of them, of which libcurl goes by the first, or by none.
        format!("HTTP/1.1 302 Found\r\nLocation: /b\r\nLocation: /c\r\n{empty}"),
        format!("HTTP/1.1 103 Hints\r\nLocation: /hint\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /b\r\n{empty}"),
        // A target with a line's end in it, and blanks of other kinds around it.
        format!("HTTP/1.1 302 Found\r\nLocation: /b\rX: y\r\n{empty}"),
        format!("HTTP/1.1 302 Found\r\nLocation: \x0b/b\x0c\r\n{empty}"),
        // Trailers are no part of the next head.
        trailers("Location: /again", "Location: /trailer\r\n"),
        trailers("Location: /again", "HTTP/1.1: x\r\nLocation: /trailer\r\n"),
        trailers("X-A: y", "Location: /trailer\r\n"),
    ] {
        let shown = head_of.clone();
        let origin = head(head_of);
        let (ended, _) = run(&puppet, &["-L", &origin.url("/")]);
        let asked = targets(&ended);
        let mut left = asked.iter();
        for target in followed(&origin) {
            assert!(
                left.any(|it| *it == target),
                "{shown:?}: followed {target}, asked {asked:?}"
            );
        }
    }
}
