//! The library's handle: it pauses and goes on in both directions, from any thread.

use std::time::Duration;

use transferhost::{Body, Direction, Source, TransferSpec};
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::{PATIENCE, guests};

#[path = "kit/puppet.rs"]
mod puppet;
#[path = "handle/sending.rs"]
mod sending;
#[path = "kit/underway.rs"]
mod underway;

use puppet::Puppet;
use underway::Underway;

fn fetch(url: String) -> impl FnOnce() -> TransferSpec + Send + 'static {
    move || TransferSpec {
        url,
        ..TransferSpec::default()
    }
}

fn body() -> Vec<u8> {
    (0..50_000_u64).flat_map(u64::to_be_bytes).collect()
}

#[test]
fn the_sink_gets_nothing_until_it_goes_on() {
    let origin = http::serve(|_| Response::ok(body())).unwrap();
    let pass = guests::guest("pass");
    for plugin in [None, Some(&*pass)] {
        let transfer = Underway::start(plugin, fetch(origin.url("/")), |transfer| {
            transfer.handle().pause(Direction::Receive);
        });
        transfer.settle();
        assert_eq!(transfer.body(), b"");
        // What is let go in the other direction was not held.
        transfer.handle.unpause(Direction::Send);
        transfer.settle();
        assert_eq!(transfer.body(), b"");
        transfer.handle.unpause(Direction::Receive);
        let over = transfer.end();
        assert_eq!(over.end(), (0, None), "{}", over.outcome.message);
        assert!(over.body == body(), "{} bytes came out", over.body.len());
        assert_eq!(over.outcome.seconds.paused, 0.0, "it is no pause of the guest's");
    }
}

#[test]
fn header_lines_are_held_too() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let url = origin.url("/");
    let shown = || TransferSpec {
        url,
        show_headers: true,
        ..TransferSpec::default()
    };
    let transfer = Underway::start(Some(&guests::guest("json-tracer")), shown, |transfer| {
        transfer.handle().pause(Direction::Receive);
    });
    transfer.settle();
    assert_eq!(transfer.body(), b"");
    transfer.handle.unpause(Direction::Receive);
    let over = transfer.end();
    assert_eq!(over.body, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
    // The line that was held came to the guest once.
    assert_eq!(over.called("header"), 3, "{:?}", over.calls);
}

#[test]
fn in_the_middle_of_a_body() {
    let go_on = Event::new();
    let origin = Origin::serve({
        let go_on = go_on.clone();
        move |mut connection| {
            connection.expect_request()?;
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")?;
            connection.wait(&go_on)?;
            connection.send("after")?;
            connection.wait_for_close()
        }
    })
    .unwrap();
    let transfer = Underway::start(None, fetch(origin.url("/")), |_| {});
    transfer.wait_for_bytes();
    transfer.handle.pause(Direction::Receive);
    // Twice is once.
    transfer.handle.pause(Direction::Receive);
    transfer.settle();
    go_on.fire();
    transfer.settle();
    assert_eq!(transfer.body(), b"first");
    transfer.handle.unpause(Direction::Receive);
    let over = transfer.end();
    assert_eq!((over.end(), &over.body[..]), ((0, None), &b"firstafter"[..]));
}

#[test]
fn unpause_without_pause_changes_nothing() {
    let origin = http::serve(|_| Response::ok(body())).unwrap();
    let transfer = Underway::start(None, fetch(origin.url("/")), |transfer| {
        for direction in [Direction::Receive, Direction::Send] {
            transfer.handle().unpause(direction);
        }
    });
    transfer.handle.unpause(Direction::Receive);
    let handle = transfer.handle.clone();
    let over = transfer.end();
    assert_eq!(over.end(), (0, None));
    assert!(over.body == body());
    // And nobody is there any more.
    handle.pause(Direction::Receive);
    handle.unpause(Direction::Receive);
    handle.cancel();
}

#[test]
fn what_is_held_can_be_cancelled() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let transfer = Underway::start(None, fetch(origin.url("/")), |transfer| {
        transfer.handle().pause(Direction::Receive);
    });
    transfer.settle();
    transfer.handle.cancel();
    let over = transfer.end();
    assert_eq!(over.end(), (42, Some("cancelled".to_owned())));
    assert_eq!(over.body, b"");
}

/// A guest that pauses for so long before the first chunk.
fn pauses(milliseconds: u32) -> Puppet {
    let body = format!(
        "(if (i32.eq (call $next) (i32.const 1))
           (then (return (call $case (i32.const 3) (i32.const {milliseconds})))))
         call $ok"
    );
    Puppet::new(&[("write", &body)])
}

#[test]
fn a_guests_pause_lasts_though_it_is_let_go() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let pausing = pauses(700);
    let transfer = Underway::told(
        Some(pausing.path()),
        fetch(origin.url("/")),
        |_| {},
        |handle, _| handle.pause(Direction::Receive),
    );
    transfer.wait_for_a_call();
    let since = std::time::Instant::now();
    transfer.handle.unpause(Direction::Receive);
    transfer.settle();
    assert_eq!(transfer.body(), b"");
    // The second answer holds it again.
    transfer.wait_for_bytes();
    let waited = since.elapsed();
    transfer.handle.unpause(Direction::Receive);
    let over = transfer.end();
    assert_eq!((over.end(), &over.body[..]), ((0, None), &b"body"[..]));
    assert!(waited > Duration::from_millis(600), "{waited:?}");
    assert_eq!(over.called("write"), 2, "{:?}", over.calls);
}

#[test]
fn it_is_held_though_a_guests_pause_ends() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let pausing = pauses(300);
    let transfer = Underway::told(
        Some(pausing.path()),
        fetch(origin.url("/")),
        |_| {},
        |handle, line| {
            if line.contains("pause") {
                handle.pause(Direction::Receive);
            }
        },
    );
    transfer.wait_for_a_call();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(transfer.body(), b"");
    transfer.handle.unpause(Direction::Receive);
    let over = transfer.end();
    assert_eq!((over.end(), &over.body[..]), ((0, None), &b"body"[..]));
    assert_eq!(
        over.called("write"),
        2,
        "it was asked while it was held: {:?}",
        over.calls
    );
    let paused = over.outcome.seconds.paused;
    assert!(
        (paused - 0.3).abs() < 1e-6,
        "what the caller holds is not the guest's: {paused} s"
    );
}

#[test]
fn what_is_held_does_not_spin() {
    let origin = http::serve(|_| Response::ok(body())).unwrap();
    let held = |time: Duration| {
        let transfer = Underway::start(None, fetch(origin.url("/")), |transfer| {
            transfer.handle().pause(Direction::Receive);
        });
        std::thread::sleep(time);
        transfer.handle.unpause(Direction::Receive);
        let over = transfer.end();
        assert_eq!(over.end(), (0, None));
        (over.cpu, over.elapsed)
    };
    held(Duration::ZERO);
    let (idle, _) = held(Duration::ZERO);
    let (cpu, elapsed) = held(Duration::from_millis(1500));
    assert!(elapsed >= Duration::from_millis(1500), "{elapsed:?}");
    assert!(
        cpu.saturating_sub(idle) < Duration::from_millis(300),
        "{cpu:?} of CPU in {elapsed:?}, {idle:?} without"
    );
}

#[test]
fn the_transfers_own_time_runs_on() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    for direction in [Direction::Receive, Direction::Send] {
        let url = origin.url("/");
        let spec = move || TransferSpec {
            url,
            body: Body::Upload(Source::bytes(b"up".to_vec())),
            max_time: Some(Duration::from_millis(400)),
            ..TransferSpec::default()
        };
        let transfer = Underway::start(None, spec, move |transfer| transfer.handle().pause(direction));
        let over = transfer.end();
        assert_eq!(over.end(), (28, None), "{direction:?}: {}", over.outcome.message);
        assert!(over.elapsed < PATIENCE, "{:?}", over.elapsed);
        assert_eq!(over.body, b"");
    }
}

#[test]
fn a_file_cannot_be_held() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "content").unwrap();
    let url = format!("file://{}", file.path().display());
    let transfer = Underway::start(None, fetch(url), |transfer| {
        for direction in [Direction::Receive, Direction::Send] {
            transfer.handle().pause(direction);
        }
    });
    let over = transfer.end();
    assert_eq!((over.end(), &over.body[..]), ((0, None), &b"content"[..]));
}
