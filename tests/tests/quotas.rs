//! What a tenant may use: each quota reached, and nobody else the worse for it.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use transferhost::{
    Host, Job, MemorySink, Outcome, Plugin, Policy, PolicyKind, Quota, Quotas, Sink, SubmitError, Tenant, TransferSpec,
    Workers,
};
use transferhost_tests::PATIENCE;
use transferhost_tests::command::loader;
use transferhost_tests::event::Event;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

#[path = "quotas/debts.rs"]
mod debts;
#[path = "kit/tenants.rs"]
mod tenants;

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(Policy::new(PolicyKind::Curl).unwrap(), loader()).unwrap());
static PASS: LazyLock<Plugin> = LazyLock::new(|| HOST.load(&guest("pass")).unwrap());

/// A tenant that nothing bounds but this.
fn tenant(bounds: &[(Quota, u64)]) -> Tenant {
    let mut quotas = tenants::quotas();
    for (quota, value) in bounds {
        quotas.set(*quota, *value);
    }
    Tenant::new(&HOST, "bounded", Policy::new(PolicyKind::Curl).unwrap(), quotas).unwrap()
}

fn job(tenant: &Tenant, url: String) -> Job {
    Job {
        tenant: tenant.clone(),
        plugin: Some(PASS.clone()),
        spec: TransferSpec {
            url,
            ..TransferSpec::default()
        },
        sink: Box::new(MemorySink::new(1 << 24)),
    }
}

fn ended_well(outcome: &Outcome) {
    assert_eq!(outcome.code.number(), 0, "{}", outcome.message);
}

fn cause(outcome: &Outcome) -> (u32, &'static str) {
    let cause = outcome.abort.as_ref().map_or("none", |abort| abort.cause.name());
    (outcome.code.number(), cause)
}

/// The test that reaches each quota: one that nobody asks for would look like any other.
fn shown_by(quota: Quota) -> fn() {
    match quota {
        Quota::Transfers | Quota::Queue => no_more_run_at_once_and_one_too_many_is_refused,
        Quota::Requests | Quota::DestinationRequests => requests_beyond_a_seconds_worth_wait,
        Quota::Bytes => debts::of_bytes,
        Quota::Decoded => debts::of_decoded_bytes,
        Quota::GuestTime => debts::of_guest_time,
        Quota::Memory => guests_together_have_no_more_memory,
        Quota::Plugins => plugins_are_counted_by_their_bytes,
        Quota::DestinationConnections => one_destination_does_not_hold_up_another,
    }
}

#[test]
fn every_quota_is_reached_by_a_test() {
    for row in transferhost::QUOTAS {
        let _ = shown_by(row.quota);
    }
}

/// Answers those who asked when the gate is opened, and counts them meanwhile.
struct Gated {
    origin: Origin,
    gate: Event,
    /// How many have asked and were not answered, and the most of that.
    held: Arc<Mutex<(usize, usize)>>,
    asked: Event,
}

impl Gated {
    fn new() -> Gated {
        let (gate, asked) = (Event::new(), Event::new());
        let held: Arc<Mutex<(usize, usize)>> = Arc::default();
        let (open, told, count) = (gate.clone(), asked.clone(), Arc::clone(&held));
        let origin = Origin::serve(move |mut connection| {
            while connection.next_request()?.is_some() {
                {
                    let mut held = count.lock().unwrap();
                    held.0 += 1;
                    held.1 = held.1.max(held.0);
                }
                told.fire();
                connection.wait(&open)?;
                count.lock().unwrap().0 -= 1;
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")?;
            }
            Ok(())
        });
        let origin = origin.unwrap();
        Gated {
            origin,
            gate,
            held,
            asked,
        }
    }

    fn most(&self) -> usize {
        self.held.lock().unwrap().1
    }

    /// Waits until so many are held at once.
    fn holds(&self, count: usize) {
        let begun = Instant::now();
        while self.most() < count {
            assert!(begun.elapsed() < PATIENCE, "{} are held", self.most());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn no_more_run_at_once_and_one_too_many_is_refused() {
    let gated = Gated::new();
    let workers = Workers::start(2).unwrap();
    let bounded = tenant(&[(Quota::Transfers, 2), (Quota::Queue, 3)]);
    let mut submitted = vec![workers.submit(job(&bounded, gated.origin.url("/"))).unwrap()];
    assert!(gated.asked.wait(PATIENCE));
    // The first runs already, so this is more than may run and wait together; what is refused depends on how many of
    // these have begun by then.
    let mut refused = 0;
    for _ in 0..8 {
        match workers.submit(job(&bounded, gated.origin.url("/"))) {
            Ok(taken) => submitted.push(taken),
            Err(error @ SubmitError::QueueFull { .. }) => {
                assert!(error.to_string().contains("3 transfers waiting"), "{error}");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!((4..=5).contains(&refused), "{refused} were refused");
    gated.holds(2);
    // Another tenant's begin at once.
    let other = http::serve(|_| Response::ok("body")).unwrap();
    ended_well(
        &workers
            .submit(job(&tenants::lavish(&HOST, "other"), other.url("/")))
            .unwrap()
            .wait(),
    );
    gated.gate.fire();
    submitted.into_iter().for_each(|taken| ended_well(&taken.wait()));
    assert_eq!(gated.most(), 2);
}

#[test]
fn one_destination_does_not_hold_up_another() {
    let (gated, other) = (Gated::new(), http::serve(|_| Response::ok("body")).unwrap());
    let workers = Workers::start(1).unwrap();
    let bounded = tenant(&[(Quota::DestinationConnections, 1)]);
    let submit = |origin: &Origin| workers.submit(job(&bounded, origin.url("/"))).unwrap();
    let held: Vec<_> = (0..3).map(|_| submit(&gated.origin)).collect();
    // It came last, and does not wait behind those that cannot begin.
    ended_well(&submit(&other).wait());
    gated.gate.fire();
    held.into_iter().for_each(|taken| ended_well(&taken.wait()));
    assert_eq!(gated.most(), 1);
}

#[test]
fn requests_beyond_a_seconds_worth_wait() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    for quota in [Quota::Requests, Quota::DestinationRequests] {
        let bounded = tenant(&[(quota, 5)]);
        let submitted: Vec<_> = (0..8)
            .map(|_| workers.submit(job(&bounded, origin.url("/"))).unwrap())
            .collect();
        let queued: Vec<f64> = submitted
            .into_iter()
            .map(|taken| {
                let outcome = taken.wait();
                ended_well(&outcome);
                outcome.seconds.queued
            })
            .collect();
        assert!(
            queued[7] > 0.3,
            "the last two wait a fifth of a second each: {queued:?}"
        );
    }
}

/// Each redirect is a request too.
#[test]
fn redirects_are_requests() {
    let origin = http::serve(|request| match request.path() {
        "/end" => Response::ok("body"),
        path => Response::redirect(302, &format!("{path}x").replace("/xxxxx", "/end")),
    })
    .unwrap();
    let workers = Workers::start(1).unwrap();
    let bounded = tenant(&[(Quota::Requests, 4)]);
    let follow = || {
        let mut job = job(&bounded, origin.url("/"));
        job.spec.follow = true;
        workers.submit(job).unwrap().wait()
    };
    let outcome = follow();
    ended_well(&outcome);
    assert_eq!(origin.requests().len(), 6);
    assert!(follow().seconds.queued > 0.1);
}

#[test]
fn guests_together_have_no_more_memory() {
    let gated = Gated::new();
    let workers = Workers::start(1).unwrap();
    // A guest of Rust has a little more than a MiB.
    let bounded = tenant(&[(Quota::Memory, 5 << 19)]);
    let submit = || workers.submit(job(&bounded, gated.origin.url("/"))).unwrap();
    let held = [submit(), submit()];
    let outcome = submit().wait();
    assert_eq!(cause(&outcome), (2, "quota"), "{}", outcome.message);
    assert!(outcome.message.contains("2621440 bytes"), "{}", outcome.message);
    gated.gate.fire();
    held.into_iter().for_each(|taken| ended_well(&taken.wait()));
    // It was given back.
    ended_well(&submit().wait());
}

#[test]
fn what_waits_in_libcurl_is_the_tenants_memory() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 1 << 20])).unwrap();
    let workers = Workers::start(1).unwrap();
    let waits = |memory| {
        let (sink, body) = transferhost::ChannelSink::new(1);
        let bounded = tenant(&[(Quota::Memory, memory)]);
        let waiting = Job {
            plugin: None,
            sink: Box::new(sink),
            ..job(&bounded, origin.url("/"))
        };
        (workers.submit(waiting).unwrap(), body)
    };
    let (submitted, body) = waits(64 << 10);
    let outcome = submitted.wait();
    assert_eq!(cause(&outcome).1, "quota", "{}", outcome.message);
    drop(body);
    let (submitted, mut body) = waits(1 << 20);
    let mut taken = 0;
    while let Some(piece) = body.wait_next() {
        taken += piece.len();
    }
    ended_well(&submitted.wait());
    assert_eq!(taken, 1 << 20);
}

#[test]
fn plugins_are_counted_by_their_bytes() {
    let bounded = tenant(&[(Quota::Plugins, 1)]);
    let folder = tempfile::tempdir().unwrap();
    let same = folder.path().join("same.wasm");
    std::fs::copy(guest("pass"), &same).unwrap();
    let load = |path: &Path| bounded.load(path);
    let plugin = load(&guest("pass")).unwrap();
    let again = load(&same).unwrap();
    assert_eq!(plugin.digest(), again.digest());
    assert_eq!((plugin.name(), again.name()), ("pass.wasm", "same.wasm"));
    let error = load(&guest("redactor")).unwrap_err().to_string();
    assert!(error.contains("as many as its quota `plugins` allows"), "{error}");
    drop((plugin, again));
    load(&guest("redactor")).unwrap();
}

#[test]
fn one_that_waits_can_be_cancelled() {
    let gated = Gated::new();
    let workers = Workers::start(1).unwrap();
    let bounded = tenant(&[(Quota::Transfers, 1)]);
    let submit = || workers.submit(job(&bounded, gated.origin.url("/"))).unwrap();
    let [first, second, third] = [submit(), submit(), submit()];
    assert!(gated.asked.wait(PATIENCE));
    second.handle().cancel();
    let outcome = second.wait();
    assert_eq!(cause(&outcome), (42, "cancelled"));
    assert!(outcome.message.contains("before it began"), "{}", outcome.message);
    // What waits at the end is cut with what runs.
    let finishing = std::thread::spawn(move || workers.finish(Some(Duration::from_millis(50))));
    for taken in [first, third] {
        assert_eq!(cause(&taken.wait()), (42, "cancelled"));
    }
    finishing.join().unwrap();
    assert_eq!(gated.origin.requests().len(), 1);
}

#[test]
fn what_waits_is_done_before_the_end() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let bounded = tenant(&[(Quota::Transfers, 1)]);
    let submitted: Vec<_> = (0..20)
        .map(|_| workers.submit(job(&bounded, origin.url("/"))).unwrap())
        .collect();
    workers.finish(None);
    submitted.into_iter().for_each(|taken| ended_well(&taken.wait()));
}

#[test]
fn no_tenant_is_allowed_more_than_the_pool_was_made_for() {
    let limits = |memory: &str| {
        let mut policy = Policy::new(PolicyKind::Curl).unwrap();
        policy.limits_mut().set_text("memory", memory).unwrap();
        policy
    };
    let host = Host::pooled(limits("2MiB"), loader(), 1).unwrap();
    let with = |memory| Tenant::new(&host, "large", limits(memory), Quotas::default());
    let error = with("4MiB").unwrap_err().to_string();
    assert!(error.contains("the pool of guests was made for 2097152"), "{error}");
    with("1MiB").unwrap();
}
