//! http, and what every transfer has.

use std::io;

use transferhost::{
    Body, Callback, Cookies, Direction, FormContent, FormPart, Handle, Header, HttpVersion, MemorySink, Route, Sink,
    Source, TransferSpec,
};
use transferhost_tests::connection::Connection;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use super::{BODY, body, every, fails_in, get, run, run_into};

fn serve() -> Origin {
    let respond = |request: &transferhost_tests::request::Request| match request.path() {
        "/moved" => Response::redirect(307, "/"),
        "/packed" => Response::ok(body()).gzip().chunked(1000).trailer("X-T", "t"),
        "/missing" => Response::status(404).body("no"),
        "/cookies" => Response::ok("ok")
            .header("Set-Cookie", "a=b")
            .header("Set-Cookie", "c=d; Domain=com"),
        _ => Response::ok(body()).header("Content-Type", "text/x"),
    };
    http::serve(respond).unwrap()
}

fn put(url: String) -> TransferSpec {
    TransferSpec {
        body: Body::Upload(Source::bytes(body())),
        upload_size: Some(BODY as u64),
        headers: vec![Header::remove("Expect").unwrap()],
        follow: true,
        ..get(url)
    }
}

#[test]
fn what_goes_well() {
    let origin = serve();
    for stub in [every(&[]), every(&Callback::ALL)] {
        let with = |spec| TransferSpec {
            stub: stub.clone(),
            ..spec
        };
        let over = run(with(get(origin.url("/")))).expect(0);
        assert_eq!(over.body, body());
        let over = run(with(TransferSpec {
            follow: true,
            compressed: true,
            show_headers: true,
            dump_header: Some(Box::new(MemorySink::new(1 << 20))),
            ..get(origin.url("/packed"))
        }));
        // The trailer is shown too.
        let shown = over.expect(0).body;
        assert!(shown.windows(BODY).any(|part| part == body()), "{} bytes", shown.len());
        let over = run(with(put(origin.url("/moved")))).expect(0);
        assert_eq!(over.outcome.bytes.uploaded, BODY as u64);
        let part = FormPart {
            name: "a".to_owned(),
            content: FormContent::Bytes(body()),
            headers: vec!["X-A: b".to_owned()],
            ..FormPart::default()
        };
        run(with(TransferSpec {
            body: Body::Form(vec![part]),
            user: Some("me:secret".to_owned()),
            ..get(origin.url("/"))
        }))
        .expect(0);
        let over = run(with(TransferSpec {
            cookies: Cookies {
                on: true,
                lines: vec!["127.0.0.1\tFALSE\t/\tFALSE\t0\te\tf".to_owned()],
                ..Cookies::default()
            },
            ..get(origin.url("/cookies"))
        }));
        assert_eq!(over.expect(0).outcome.cookies.len(), 2);
        let port = origin.address().port();
        let route = Route {
            resolve: vec![format!("one.invalid:{port}:127.0.0.1")],
            connect_to: vec![format!("two.invalid:{port}:one.invalid:{port}")],
            ..Route::default()
        };
        run(with(TransferSpec {
            route,
            ..get(origin.url_as("two.invalid", "/"))
        }))
        .expect(0);
    }
}

#[test]
fn what_fails() {
    let origin = serve();
    let mut spec = get(origin.url("/missing"));
    spec.fail_on_error = true;
    run(spec).expect(22);
    run(TransferSpec {
        http_version: HttpVersion::V1_0,
        max_redirects: Some(0),
        follow: true,
        ..get(origin.url("/moved"))
    })
    .expect(47);
    for (answer, code) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", 18),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", 56),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
            61,
        ),
        ("", 52),
    ] {
        let script = move |mut connection: Connection| {
            connection.expect_request()?;
            connection.send(answer)
        };
        let origin = Origin::serve(script).unwrap();
        let over = run(TransferSpec {
            compressed: true,
            ..get(origin.url("/"))
        });
        let (ended, abort) = over.end();
        assert_eq!(
            (ended == code || (code == 61 && ended == 23), abort),
            (true, None),
            "{answer:?}: {ended}"
        );
    }
    // Nobody listens there any more.
    let address = origin.address();
    drop(origin);
    run(get(format!("http://{address}/"))).expect(7);
    // Lines that cannot be taken are no transfer, and what was made of those before them is freed.
    for route in [
        Route {
            resolve: vec!["a:1:127.0.0.1".to_owned(), "b\0:1:127.0.0.1".to_owned()],
            ..Route::default()
        },
        Route {
            connect_to: vec!["a:1:b:2".to_owned(), "\0".to_owned()],
            ..Route::default()
        },
    ] {
        let spec = TransferSpec {
            route,
            ..get(format!("http://{address}/"))
        };
        let refused = transferhost::Transfer::new(&super::host(), None, spec, Box::new(MemorySink::new(1)));
        assert!(refused.is_err_and(|error| error.what.contains("control character")));
    }
}

#[test]
fn a_callback_ends_it() {
    let origin = serve();
    let download = [
        Callback::Start,
        Callback::Timer,
        Callback::Opensocket,
        Callback::Sockopt,
        Callback::Socket,
        Callback::Debug,
        Callback::Xferinfo,
        Callback::Progress,
        Callback::Header,
        Callback::Redirect,
        Callback::Write,
        Callback::Closesocket,
        Callback::WriteEnd,
        Callback::Done,
    ];
    fails_in(&download, || TransferSpec {
        follow: true,
        ..get(origin.url("/moved"))
    });
    fails_in(&[Callback::Read, Callback::Seek, Callback::Ioctl], || {
        put(origin.url("/moved"))
    });
}

/// Cancels its transfer, or pauses it, at the first bytes.
struct Meddles {
    handle: std::sync::Arc<std::sync::OnceLock<Handle>>,
    pauses: bool,
}

impl Sink for Meddles {
    fn deliver(&mut self, _: &[u8]) -> io::Result<()> {
        let Some(handle) = self.handle.get() else { return Ok(()) };
        if self.pauses {
            handle.pause(Direction::Receive);
            handle.unpause(Direction::Receive);
        } else {
            handle.cancel();
        }
        Ok(())
    }
}

#[test]
fn it_is_cancelled_or_paused_in_the_middle() {
    // It sends the rest to whoever waits for it, and nothing to whoever goes away.
    let script = |mut connection: Connection| {
        let path = connection.expect_request()?.path().to_owned();
        connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n"))?;
        connection.send(&body()[..BODY / 2])?;
        if path == "/whole" {
            connection.send(&body()[BODY / 2..])?;
        }
        connection.wait_for_close()
    };
    let origin = Origin::serve(script).unwrap();
    for (pauses, code) in [(false, 42), (true, 0)] {
        let handle = std::sync::Arc::default();
        let sink = Meddles {
            handle: std::sync::Arc::clone(&handle),
            pauses,
        };
        let outcome = run_into(
            get(origin.url(if pauses { "/whole" } else { "/" })),
            Box::new(sink),
            |transfer| {
                assert!(handle.set(transfer.handle()).is_ok());
            },
        );
        assert_eq!(outcome.code.number(), code, "{}", outcome.message);
    }
    // And before it began.
    let outcome = run_into(get(origin.url("/")), Box::new(MemorySink::new(1 << 20)), |transfer| {
        transfer.handle().cancel();
    });
    assert_eq!(outcome.code.number(), 42);
}
