//! Connections that died in the pool: what nobody has seen anything of is tried once more, on a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::puppet::Puppet;
use super::*;
use transferhost::{Body, Header, MemorySink, Outcome, PendingTransfer, Source};

/// libcurl gives up after as many connections that died under one transfer.
const DEAD: usize = 6;
/// So many are in the pool.
const POOL: usize = 8;

/// An origin that answers once on each connection, says nothing of it, and closes at the second request. All that warm the pool
/// are under way at once. From the moment when it is `broken` on, it answers nobody.
struct Once {
    origin: Origin,
    broken: Arc<AtomicBool>,
}

impl Once {
    fn new() -> Once {
        let (asked, all) = (Arc::new(AtomicUsize::new(0)), Event::new());
        let broken = Arc::new(AtomicBool::new(false));
        let is_broken = Arc::clone(&broken);
        let origin = Origin::serve(move |mut connection| {
            let request = connection.expect_request()?;
            if is_broken.load(Ordering::SeqCst) {
                return Ok(());
            }
            if request.path() == "/warm" {
                if asked.fetch_add(1, Ordering::SeqCst) + 1 == POOL {
                    all.fire();
                }
                connection.wait(&all)?;
            }
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let response = Response::ok(format!("{} {body}", request.method()));
            connection.send(response.encode(request.method() != "HEAD"))?;
            connection.next_request().map(drop)
        })
        .unwrap();
        Once { origin, broken }
    }

    /// Makes a pool of connections, of which the origin knows that it has closed them for all that comes.
    fn warm(&self, workers: &Workers, tenant: &str) {
        let submitted: Vec<PendingTransfer> = (0..POOL)
            .map(|_| workers.submit(plain(tenant, self.origin.url("/warm")).0).unwrap())
            .collect();
        for submitted in submitted {
            let outcome = submitted.wait();
            assert_eq!(code(&outcome), 0, "{}", outcome.message);
        }
        assert_eq!((self.origin.accepted(), self.origin.requests().len()), (POOL, POOL));
    }
}

fn plain(tenant: &str, url: String) -> (Job, MemorySink) {
    let (mut job, body) = job(tenant, url);
    job.plugin = None;
    (job, body)
}

/// What comes of this job in a pool that died, and of how many requests.
fn end(tenant: &str, change: impl FnOnce(&Once, &mut Job)) -> (Outcome, Vec<u8>, usize) {
    let workers = Workers::start(1).unwrap();
    let once = Once::new();
    once.warm(&workers, tenant);
    let (mut job, body) = plain(tenant, once.origin.url("/"));
    change(&once, &mut job);
    let outcome = workers.submit(job).unwrap().wait();
    (outcome, body.take(), once.origin.requests().len() - POOL)
}

#[test]
fn what_may_be_repeated_is_tried_on_a_new_connection() {
    for (method, sends, answered) in [
        ("GET", false, "GET "),
        ("OPTIONS", false, "OPTIONS "),
        ("DELETE", false, "DELETE "),
        ("PUT", true, "PUT the body"),
    ] {
        let (outcome, body, requests) = end(&format!("repeats {method}"), |_, job| {
            job.spec.method = Some(method.to_owned());
            if sends {
                job.spec.body = Body::Upload(Source::bytes(b"the body".to_vec()));
                job.spec.headers = vec![Header::remove("Expect").unwrap()];
            }
        });
        assert_eq!(code(&outcome), 0, "{method}: {}", outcome.message);
        assert_eq!(String::from_utf8_lossy(&body), answered);
        assert_eq!(requests, DEAD + 1, "{method}");
    }
    let (outcome, body, requests) = end("repeats HEAD", |_, job| job.spec.http.head = true);
    assert_eq!((code(&outcome), body.len(), requests), (0, 0, DEAD + 1));
}

/// Nobody knows whether the origin has done what was asked.
#[test]
fn what_may_not_be_repeated_is_not() {
    for (method, sends) in [("POST", true), ("PATCH", false), ("get", false), ("LOCK", false)] {
        let (outcome, body, requests) = end(&format!("once {method}"), |_, job| {
            job.spec.method = Some(method.to_owned());
            if sends {
                job.spec.body = Body::Post(b"the body".to_vec());
            }
        });
        // libcurl itself has tried it as often as it does.
        assert_eq!((code(&outcome), requests), (55, DEAD), "{method}: {}", outcome.message);
        assert!(body.is_empty());
    }
}

/// Behind a redirect too: it is followed once more, from its beginning.
#[test]
fn the_connection_may_have_died_at_the_end_of_a_redirect() {
    let away = |status: u16, to: String| http::serve(move |_| Response::redirect(status, &to)).unwrap();
    let mut first = None;
    let (outcome, body, requests) = end("moved", |once, job| {
        let origin = away(302, once.origin.url("/"));
        job.spec.url = origin.url("/");
        job.spec.follow = true;
        first = Some(origin);
    });
    assert_eq!(code(&outcome), 0, "{}", outcome.message);
    assert_eq!((String::from_utf8_lossy(&body).as_ref(), requests), ("GET ", DEAD + 1));
    assert_eq!(first.unwrap().requests().len(), 2);
}

/// A guest that was asked about the response of a redirect is not asked twice; nor is a header that was delivered taken back.
#[test]
fn what_somebody_has_seen_is_not_repeated() {
    let puppet = Puppet::new(&[("header", "call $ok")]);
    let plugin = HOST.load(puppet.path()).unwrap();
    for (tenant, of_guest) in [("seen by a guest", true), ("seen by the sink", false)] {
        let mut first = None;
        let (outcome, body, requests) = end(tenant, |once, job| {
            let to = once.origin.url("/");
            let origin = http::serve(move |_| Response::redirect(302, &to)).unwrap();
            job.spec.url = origin.url("/");
            job.spec.follow = true;
            job.plugin = of_guest.then(|| plugin.clone());
            job.spec.show_headers = !of_guest;
            first = Some(origin);
        });
        assert_eq!((code(&outcome), requests), (55, DEAD), "{}", outcome.message);
        assert_eq!(body.is_empty(), of_guest);
        assert_eq!(first.unwrap().requests().len(), 1);
    }
}

#[test]
fn a_guest_that_saw_nothing_sees_the_answer() {
    let (outcome, body, requests) = end("passed", |_, job| job.plugin = Some(PASS.clone()));
    assert_eq!((code(&outcome), requests), (0, DEAD + 1), "{}", outcome.message);
    assert_eq!(body, b"GET ");
    assert_eq!(outcome.guest.unwrap().calls["write"].count, 1);
}

/// A new connection that ends without an answer is the origin's own affair.
#[test]
fn there_is_one_more_try_and_no_other() {
    let (outcome, _, requests) = end("broken", |once, _| once.broken.store(true, Ordering::SeqCst));
    assert_eq!((code(&outcome), requests), (52, DEAD + 1), "{}", outcome.message);
    let origin = Origin::serve(|mut connection| connection.expect_request().map(drop)).unwrap();
    let workers = Workers::start(1).unwrap();
    let outcome = workers.submit(plain("silent", origin.url("/")).0).unwrap().wait();
    assert_eq!((code(&outcome), origin.requests().len()), (52, 1));
}

/// Tenants that come once and never again hold no more connections than a hundred of them; the last keep theirs.
#[test]
fn those_who_are_idle_for_longest_lose_their_connections() {
    const TENANTS: usize = 150;
    let (closed, enough) = (Arc::new(AtomicUsize::new(0)), Event::new());
    let origin = Origin::serve({
        let (closed, enough) = (Arc::clone(&closed), enough.clone());
        move |mut connection| {
            while connection.next_request()?.is_some() {
                connection.send(Response::ok("hello").encode(true))?;
            }
            if closed.fetch_add(1, Ordering::SeqCst) + 1 == TENANTS - 100 {
                enough.fire();
            }
            Ok(())
        }
    })
    .unwrap();
    let workers = Workers::start(1).unwrap();
    let run = |n: usize| {
        let outcome = workers
            .submit(plain(&format!("once {n}"), origin.url("/")).0)
            .unwrap()
            .wait();
        assert_eq!(code(&outcome), 0, "{}", outcome.message);
    };
    (0..TENANTS).for_each(run);
    // Long before they were idle for half a minute.
    assert!(enough.wait(Duration::from_secs(20)), "{closed:?} were closed");
    run(TENANTS - 1);
    assert_eq!(origin.accepted(), TENANTS);
    run(0);
    assert_eq!(origin.accepted(), TENANTS + 1);
}
