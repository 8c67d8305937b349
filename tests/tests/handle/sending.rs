//! What is sent is held: the origin gets nothing of the body until it goes on.

use std::path::Path;

use transferhost::{Body, Direction, Source, TransferSpec};
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::{PATIENCE, guests};

use super::Underway;

/// Tells when the head of a request was there, and when its body was.
fn origin(head: &Event, whole: &Event) -> Origin {
    let (head, whole) = (head.clone(), whole.clone());
    Origin::serve(move |mut connection| {
        // A head alone is nothing of the body.
        while let Some(request) = connection.next_request()? {
            head.fire();
            whole.fire();
            connection.send(format!(
                "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n{:6}",
                request.body.len()
            ))?;
        }
        Ok(())
    })
    .unwrap()
}

type Bring = fn(Vec<u8>) -> Body;

fn bring(url: String, body: Bring, data: Vec<u8>) -> impl FnOnce() -> TransferSpec + Send + 'static {
    move || TransferSpec {
        url,
        body: body(data),
        ..TransferSpec::default()
    }
}

#[test]
fn the_origin_gets_nothing_until_it_goes_on() {
    let data = vec![b'u'; 100_000];
    let pass = super::Puppet::new(&[("read", "call $ok")]);
    let bodies: [(&str, Bring); 3] = [
        ("a file", |data| Body::Upload(Source::bytes(data))),
        ("a stream", |data| {
            Body::Upload(Source::stream(std::io::Cursor::new(data)))
        }),
        ("a post", Body::Post),
    ];
    let plugins: [Option<&Path>; 2] = [None, Some(pass.path())];
    for (what, body) in bodies {
        for plugin in plugins {
            let (head, whole) = (Event::new(), Event::new());
            let origin = origin(&head, &whole);
            let transfer = Underway::start(plugin, bring(origin.url("/"), body, data.clone()), |transfer| {
                transfer.handle().pause(Direction::Send);
            });
            transfer.settle();
            assert!(
                !whole.wait(std::time::Duration::ZERO),
                "{what} was sent, guest: {}",
                plugin.is_some()
            );
            assert!(transfer.body().is_empty());
            // The other direction was not held.
            transfer.handle.unpause(Direction::Receive);
            transfer.settle();
            assert!(
                !whole.wait(std::time::Duration::ZERO),
                "{what} was sent, guest: {}",
                plugin.is_some()
            );
            transfer.handle.unpause(Direction::Send);
            let over = transfer.end();
            assert_eq!(over.end(), (0, None), "{what}: {}", over.outcome.message);
            assert_eq!(over.body, b"100000", "{what}");
            let sent = origin.requests().pop().unwrap();
            assert!(sent.body == data, "{what}: other bytes were sent");
        }
    }
}

#[test]
fn a_guest_is_not_asked_while_it_is_held() {
    let pass = super::Puppet::new(&[("read", "call $ok")]);
    let origin = http::serve(|request| Response::ok(request.body.clone())).unwrap();
    let upload: Bring = |data| Body::Upload(Source::bytes(data));
    let transfer = Underway::start(
        Some(pass.path()),
        bring(origin.url("/"), upload, b"up".to_vec()),
        |transfer| transfer.handle().pause(Direction::Send),
    );
    transfer.settle();
    transfer.handle.unpause(Direction::Send);
    let over = transfer.end();
    assert_eq!((over.end(), &over.body[..]), ((0, None), &b"up"[..]));
    // The bytes, and their end.
    assert_eq!(over.called("read"), 2, "{:?}", over.calls);
}

#[test]
fn both_directions_are_let_go_one_by_one() {
    let (head, whole) = (Event::new(), Event::new());
    let origin = origin(&head, &whole);
    let upload: Bring = |data| Body::Upload(Source::bytes(data));
    let spec = bring(origin.url("/"), upload, b"up".to_vec());
    let transfer = Underway::start(Some(&guests::guest("pass")), spec, |transfer| {
        for direction in [Direction::Send, Direction::Receive] {
            transfer.handle().pause(direction);
        }
    });
    transfer.settle();
    transfer.handle.unpause(Direction::Send);
    assert!(whole.wait(PATIENCE), "it is not sent");
    transfer.settle();
    assert_eq!(transfer.body(), b"", "what came back is held still");
    transfer.handle.unpause(Direction::Receive);
    let over = transfer.end();
    assert_eq!((over.end(), &over.body[..]), ((0, None), &b"     2"[..]));
}

#[test]
fn an_upload_that_is_held_can_be_cancelled() {
    let (head, whole) = (Event::new(), Event::new());
    let origin = origin(&head, &whole);
    let upload: Bring = |data| Body::Upload(Source::bytes(data));
    let transfer = Underway::start(None, bring(origin.url("/"), upload, b"up".to_vec()), |transfer| {
        transfer.handle().pause(Direction::Send);
    });
    transfer.settle();
    transfer.handle.cancel();
    let over = transfer.end();
    assert_eq!(over.end(), (42, Some("cancelled".to_owned())));
    assert!(!whole.wait(std::time::Duration::ZERO), "it was sent");
}
