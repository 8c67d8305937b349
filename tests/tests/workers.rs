//! Many transfers at once, of tenants who share nothing.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use transferhost::{
    Host, Job, MemorySink, Outcome, PendingTransfer, Plugin, Policy, PolicyKind, Tenant, TransferSpec, Workers,
};
use transferhost_tests::PATIENCE;
use transferhost_tests::command::loader;
use transferhost_tests::event::Event;
use transferhost_tests::guests::{guest, hostile};
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

#[path = "kit/puppet.rs"]
mod puppet;
#[path = "workers/sinks.rs"]
mod sinks;
#[path = "workers/stale.rs"]
mod stale;
#[path = "kit/tenants.rs"]
mod tenants;

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(Policy::new(PolicyKind::Curl).unwrap(), loader()).unwrap());
static PASS: LazyLock<Plugin> = LazyLock::new(|| HOST.load(&guest("pass")).unwrap());

fn job(tenant: &str, url: String) -> (Job, MemorySink) {
    let body = MemorySink::new(1 << 20);
    let job = Job {
        tenant: tenants::lavish(&HOST, tenant),
        plugin: Some(PASS.clone()),
        spec: TransferSpec {
            url,
            ..TransferSpec::default()
        },
        sink: Box::new(body.clone()),
    };
    (job, body)
}

fn code(outcome: &Outcome) -> u32 {
    outcome.code.number()
}

#[test]
fn each_of_many_ends_once_and_with_its_own_body() {
    let origin = http::serve(|request| Response::ok(request.path().to_owned())).unwrap();
    let workers = Workers::start(2).unwrap();
    let submitted: Vec<_> = (0..300)
        .map(|n| {
            let (job, body) = job(&format!("tenant {}", n % 10), origin.url(&format!("/{n}")));
            (n, workers.submit(job).unwrap(), body)
        })
        .collect();
    for (n, submitted, body) in submitted {
        let outcome = submitted.wait();
        assert_eq!(code(&outcome), 0, "{n}: {}", outcome.message);
        assert_eq!(body.take(), format!("/{n}").as_bytes());
        assert_eq!(outcome.guest.unwrap().calls["write"].count, 1, "{n}");
    }
    workers.finish(None);
    assert_eq!(origin.requests().len(), 300);
}

/// They are under way at the same time: the origin answers none before all have asked.
#[test]
fn many_are_under_way_at_once() {
    const ALL: usize = 100;
    let asked = Arc::new(Mutex::new(0));
    let all = Event::new();
    let (count, everybody) = (Arc::clone(&asked), all.clone());
    let origin = Origin::serve(move |mut connection| {
        connection.expect_request()?;
        {
            let mut asked = count.lock().unwrap();
            *asked += 1;
            if *asked == ALL {
                everybody.fire();
            }
        }
        connection.wait(&everybody)?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
    })
    .unwrap();
    let workers = Workers::start(1).unwrap();
    let submitted: Vec<_> = (0..ALL)
        .map(|n| workers.submit(job(&format!("{}", n % 7), origin.url("/")).0).unwrap())
        .collect();
    for submitted in submitted {
        assert_eq!(code(&submitted.wait()), 0);
    }
    assert!(all.wait(Duration::ZERO));
}

#[test]
fn a_connection_serves_its_tenant_and_nobody_else() {
    let numbers: Arc<Mutex<HashMap<String, Vec<usize>>>> = Arc::default();
    let seen = Arc::clone(&numbers);
    let origin = Origin::serve(move |mut connection| {
        while let Some(request) = connection.next_request()? {
            let mut seen = seen.lock().unwrap();
            seen.entry(request.path().to_owned())
                .or_default()
                .push(connection.number());
            drop(seen);
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")?;
        }
        Ok(())
    })
    .unwrap();
    // One thread, so that both tenants are on it.
    let workers = Workers::start(1).unwrap();
    for tenant in ["a", "b", "a", "b", "a"] {
        let (job, _) = job(tenant, origin.url(&format!("/{tenant}")));
        assert_eq!(code(&workers.submit(job).unwrap().wait()), 0);
    }
    let numbers = numbers.lock().unwrap();
    assert_eq!(origin.accepted(), 2, "{numbers:?}");
    assert_ne!(numbers["/a"][0], numbers["/b"][0]);
}

/// A guest that fails, or is told of all that its multi handle does, among others that behave.
#[test]
fn one_that_fails_harms_no_other() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let plugins: Vec<_> = [
        "trap-write",
        "abort-timer",
        "abort-socket",
        "trap-closesocket",
        "abort-opensocket",
    ]
    .map(|name| HOST.load(&hostile(name)).unwrap())
    .into();
    let submitted: Vec<_> = (0..60)
        .map(|n| {
            let (mut job, body) = job("tenant", origin.url("/"));
            let bad = (n % 2 == 1).then(|| plugins[n / 2 % plugins.len()].clone());
            let is_bad = bad.is_some();
            job.plugin = bad.or(job.plugin);
            (is_bad, workers.submit(job).unwrap(), body)
        })
        .collect();
    for (is_bad, submitted, body) in submitted {
        let outcome = submitted.wait();
        if is_bad {
            assert!(outcome.abort.is_some(), "{}", outcome.message);
        } else {
            assert_eq!(
                (code(&outcome), body.take().as_slice()),
                (0, &b"body"[..]),
                "{}",
                outcome.message
            );
        }
    }
}

fn silent() -> (Origin, Event) {
    let asked = Event::new();
    let told = asked.clone();
    let origin = Origin::serve(move |mut connection| {
        connection.expect_request()?;
        told.fire();
        connection.wait_for_close()
    });
    (origin.unwrap(), asked)
}

#[test]
fn one_is_cancelled_and_the_others_go_on() {
    let (silent, asked) = silent();
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let waiting = workers.submit(job("a", silent.url("/")).0).unwrap();
    assert!(asked.wait(PATIENCE));
    assert_eq!(code(&workers.submit(job("a", origin.url("/")).0).unwrap().wait()), 0);
    waiting.handle().cancel();
    let outcome = waiting.wait();
    assert_eq!((code(&outcome), outcome.abort.unwrap().cause.name()), (42, "cancelled"));
    assert_eq!(code(&workers.submit(job("a", origin.url("/")).0).unwrap().wait()), 0);
}

#[test]
fn shutting_down_lets_them_end_or_cuts_them() {
    let gate = Event::new();
    let (asked, open) = (Event::new(), gate.clone());
    let told = asked.clone();
    let origin = Origin::serve(move |mut connection| {
        connection.expect_request()?;
        told.fire();
        connection.wait(&open)?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
    })
    .unwrap();
    let workers = Workers::start(2).unwrap();
    let patient = workers.submit(job("a", origin.url("/")).0).unwrap();
    assert!(asked.wait(PATIENCE));
    let finishing = std::thread::spawn(move || workers.finish(None));
    gate.fire();
    assert_eq!(code(&patient.wait()), 0);
    finishing.join().unwrap();

    let (silent, asked) = silent();
    let workers = Workers::start(2).unwrap();
    let cut = workers.submit(job("a", silent.url("/")).0).unwrap();
    assert!(asked.wait(PATIENCE));
    workers.finish(Some(Duration::from_millis(50)));
    assert_eq!(cut.wait().abort.unwrap().cause.name(), "cancelled");

    let workers = Workers::start(1).unwrap();
    let dropped = workers.submit(job("a", silent.url("/")).0).unwrap();
    drop(workers);
    assert_eq!(dropped.wait().abort.unwrap().cause.name(), "cancelled");
}

#[test]
fn what_cannot_be_carried_out_has_an_outcome_too() {
    let workers = Workers::start(1).unwrap();
    let outcome = workers.submit(job("a", "http://[".to_owned()).0).unwrap().wait();
    assert_eq!(code(&outcome), 3, "{}", outcome.message);
    let mut closed = job("a", "http://127.0.0.1:1/".to_owned()).0;
    closed.plugin = None;
    let outcome = workers.submit(closed).unwrap().wait();
    assert_eq!(code(&outcome), 7, "{}", outcome.message);
}

#[test]
fn an_outcome_can_be_awaited() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(2).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcomes = runtime.block_on(async {
        let both: [PendingTransfer; 2] =
            ["a", "b"].map(|tenant| workers.submit(job(tenant, origin.url("/")).0).unwrap());
        let [one, other] = both;
        [one.await, other.await]
    });
    assert_eq!(outcomes.map(|outcome| code(&outcome)), [0, 0]);
}

/// What a guest of it was told of stays with the transfer, and not with its tenant's connections.
#[test]
fn a_guest_is_given_back_when_its_transfer_ends() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let host = Host::pooled(Policy::new(PolicyKind::Curl).unwrap(), loader(), 2).unwrap();
    let workers = Workers::start(1).unwrap();
    let tenant = Tenant::new(&host, "a", Policy::new(PolicyKind::Curl).unwrap(), tenants::quotas()).unwrap();
    let tuner = tenant.load(&guest("socket-tuner")).unwrap();
    for round in 0..6 {
        let mut tuned = job("a", origin.url("/")).0;
        tuned.tenant = tenant.clone();
        tuned.plugin = Some(tuner.clone());
        tuned.spec.config = vec![("nodelay".to_owned(), "off".to_owned())];
        let outcome = workers.submit(tuned).unwrap().wait();
        assert_eq!(code(&outcome), 0, "round {round}: {}", outcome.message);
    }
}

#[test]
fn an_upload_that_would_hold_up_others_is_refused() {
    let workers = Workers::start(1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut blocking = job("a", format!("file://{}/x", folder.path().display())).0;
    blocking.plugin = None;
    blocking.spec.body = transferhost::Body::Upload(transferhost::Source::stream(std::io::empty()));
    let outcome = workers.submit(blocking).unwrap().wait();
    assert_eq!(code(&outcome), 2);
    assert!(
        outcome.message.contains("would hold up other transfers"),
        "{}",
        outcome.message
    );
}

/// select() knows 1024 descriptors, and a libcurl that waits by it calls the next a failure to connect.
#[test]
fn a_process_with_many_descriptors_goes_on() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum.or(Some(4096)),
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    let held: Vec<_> = (0..1_100).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let outcome = workers.submit(job("many", origin.url("/")).0).unwrap().wait();
    assert_eq!(code(&outcome), 0, "{}", outcome.message);
    drop(held);
}

/// libcurl itself looks at each of them once a second, as it does at one that is alone.
#[test]
fn each_of_several_silent_ones_is_too_slow() {
    let (silent, _) = silent();
    let workers = Workers::start(1).unwrap();
    let submitted: Vec<_> = (0..3)
        .map(|_| {
            let mut slow = job("slow", silent.url("/")).0;
            slow.spec.pace.speed_time = Some(Duration::from_secs(1));
            slow.spec.pace.speed_limit = Some(100);
            slow.spec.max_time = Some(Duration::from_secs(8));
            workers.submit(slow).unwrap()
        })
        .collect();
    for submitted in submitted {
        let outcome = submitted.wait();
        assert!(
            outcome.message.contains("Operation too slow"),
            "{} after {}",
            outcome.message,
            outcome.seconds.total
        );
    }
}

/// A tenant that is idle is forgotten when others come, but not while a thread is about to look at it.
#[test]
fn none_is_lost_while_tenants_come_and_go() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let once = |tenant: &Tenant| {
        let mut job = job("once", origin.url("/")).0;
        job.tenant = tenant.clone();
        assert_eq!(code(&workers.submit(job).unwrap().wait()), 0);
    };
    let fresh = || {
        Tenant::new(
            &HOST,
            "fresh",
            Policy::new(PolicyKind::Curl).unwrap(),
            tenants::quotas(),
        )
        .unwrap()
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let stays = fresh();
                (0..150).for_each(|_| once(&stays));
            });
            scope.spawn(|| (0..150).for_each(|_| once(&fresh())));
        }
    });
}
