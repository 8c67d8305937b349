//! Sinks that take their time, that go away, and that fail, among transfers that share a thread.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use transferhost::{ChannelSink, Job, PendingTransfer, Workers};
use transferhost_tests::PATIENCE;
use transferhost_tests::event::Event;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

use crate::{code, job, silent};

/// Larger than all that libcurl and the kernel hold, so that it ends only where the reader's pace is kept.
const LARGE: usize = 32 << 20;

fn streamed(origin: &Origin, workers: &Workers) -> (PendingTransfer, transferhost::BodyChannel) {
    let (sink, body) = ChannelSink::new(4);
    let job = Job {
        sink: Box::new(sink),
        ..job("a", origin.url("/")).0
    };
    (workers.submit(job).unwrap(), body)
}

#[test]
fn a_body_is_taken_at_the_readers_pace() {
    let large: Vec<u8> = (0..LARGE).map(|n| (n / 7) as u8).collect();
    let served = large.clone();
    let origin = http::serve(move |_| Response::ok(served.clone())).unwrap();
    let workers = Workers::start(1).unwrap();
    let (submitted, mut body) = streamed(&origin, &workers);
    let mut taken = body.wait_next().unwrap().to_vec();
    // While this reader waits, others of the same tenant go on.
    let small = http::serve(|_| Response::ok("body")).unwrap();
    assert_eq!(code(&workers.submit(job("a", small.url("/")).0).unwrap().wait()), 0);
    while let Some(piece) = body.wait_next() {
        taken.extend_from_slice(&piece);
    }
    let outcome = submitted.wait();
    assert_eq!(code(&outcome), 0, "{}", outcome.message);
    assert_eq!(outcome.bytes.delivered, LARGE as u64);
    assert!(taken == large, "{} bytes came", taken.len());
    assert_eq!(outcome.seconds.paused, 0.0, "it costs nothing of the guest's budget");
}

#[test]
fn a_reader_that_goes_away_ends_the_transfer() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; LARGE])).unwrap();
    let workers = Workers::start(1).unwrap();
    let (submitted, mut body) = streamed(&origin, &workers);
    assert!(body.wait_next().is_some());
    drop(body);
    let outcome = submitted.wait();
    assert_eq!((code(&outcome), outcome.abort.unwrap().cause.name()), (23, "sink"));
}

/// Has no room for the first bytes, and does as it is told when they come again.
struct Reluctant {
    wake: Option<transferhost::WakeSink>,
    asked: Event,
    again: Box<dyn FnMut() -> std::io::Result<()> + Send>,
}

impl transferhost::Sink for Reluctant {
    fn deliver(&mut self, _: &[u8]) -> std::io::Result<()> {
        if self.asked.wait(Duration::ZERO) {
            return (self.again)();
        }
        self.asked.fire();
        Err(std::io::ErrorKind::WouldBlock.into())
    }

    fn wakes(&mut self, wake: transferhost::WakeSink) {
        self.wake = Some(wake);
    }
}

fn reluctant(again: impl FnMut() -> std::io::Result<()> + Send + 'static) -> (Box<Reluctant>, Event) {
    let asked = Event::new();
    let sink = Reluctant {
        wake: None,
        asked: asked.clone(),
        again: Box::new(again),
    };
    (Box::new(sink), asked)
}

#[test]
fn a_sink_that_panics_ends_its_own_transfer() {
    let (silent, asked) = silent();
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let other = workers.submit(job("b", silent.url("/")).0).unwrap();
    assert!(asked.wait(PATIENCE));
    let (sink, asked) = reluctant(|| panic!("a sink of the caller's own"));
    let bad = Job {
        sink,
        ..job("a", origin.url("/")).0
    };
    let bad = workers.submit(bad).unwrap();
    assert!(asked.wait(PATIENCE));
    // Whatever is wished of it makes the worker look after it.
    bad.handle().unpause(transferhost::Direction::Send);
    let outcome = bad.wait();
    assert_eq!(outcome.abort.unwrap().cause.name(), "host-panic", "{}", outcome.message);
    assert_eq!(code(&workers.submit(job("a", origin.url("/")).0).unwrap().wait()), 0);
    other.handle().cancel();
    assert_eq!(other.wait().abort.unwrap().cause.name(), "cancelled");
}

#[test]
fn nothing_is_delivered_after_it_was_cancelled() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    // When it is asked again it cancels the transfer itself; so it must not be asked a third time.
    let handle: Arc<OnceLock<transferhost::Handle>> = Arc::default();
    let (cancels, mut cancelled) = (Arc::clone(&handle), false);
    let (sink, asked) = reluctant(move || {
        assert!(!cancelled, "bytes came after the end");
        if let Some(handle) = cancels.get() {
            handle.cancel();
            cancelled = true;
        }
        Err(std::io::ErrorKind::WouldBlock.into())
    });
    let kept = Job {
        sink,
        ..job("a", origin.url("/")).0
    };
    let kept = workers.submit(kept).unwrap();
    assert!(asked.wait(PATIENCE));
    assert!(handle.set(kept.handle().clone()).is_ok());
    kept.handle().unpause(transferhost::Direction::Send);
    let outcome = kept.wait();
    assert_eq!(outcome.abort.unwrap().cause.name(), "cancelled", "{}", outcome.message);
    assert_eq!((outcome.bytes.received, outcome.bytes.delivered), (4, 0));
}

#[test]
fn a_reader_that_stands_still_does_not_stop_the_clock() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; LARGE])).unwrap();
    let workers = Workers::start(1).unwrap();
    let (sink, body) = ChannelSink::new(1);
    let mut still = Job {
        sink: Box::new(sink),
        ..job("a", origin.url("/")).0
    };
    still.spec.max_time = Some(Duration::from_millis(300));
    let outcome = workers.submit(still).unwrap().wait();
    // libcurl's own end, or the host's where libcurl had come to its end already.
    assert!(matches!(code(&outcome), 23 | 28), "{}", outcome.message);
    drop(body);
}
