//! What is only known when it was used is a debt: its tenant rests until it is paid, and nobody else does.

use std::io;
use std::thread;
use std::time::Instant;

use super::*;

/// Notes on which thread it was given bytes.
struct Where(Arc<Mutex<Option<String>>>);

impl Sink for Where {
    fn deliver(&mut self, _: &[u8]) -> io::Result<()> {
        *self.0.lock().unwrap() = thread::current().name().map(str::to_owned);
        Ok(())
    }
}

/// A tenant whose guests may run for so many milliseconds of a second, and may burn ten in one call.
fn hungry(guest_time: u64) -> Tenant {
    let mut policy = Policy::new(PolicyKind::Curl).unwrap();
    policy.limits_mut().set_text("call-time", "10ms").unwrap();
    policy.limits_mut().set_text("fuel", "10000000000").unwrap();
    let mut quotas = tenants::quotas();
    quotas.set(Quota::GuestTime, guest_time);
    Tenant::new(&HOST, "hungry", policy, quotas).unwrap()
}

/// The second of two begins when the first is paid, which takes three quarters of a second here; another's, on the same thread,
/// does not wait.
fn rests(bounded: &Tenant, first: Job, causes: &[&str]) {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let begun = Instant::now();
    let first = workers.submit(first).unwrap();
    let other = workers
        .submit(job(&tenants::lavish(&HOST, "other"), origin.url("/")))
        .unwrap();
    ended_well(&other.wait());
    assert!(begun.elapsed() < PAID, "another's waited: {:?}", begun.elapsed());
    let outcome = first.wait();
    assert!(causes.contains(&cause(&outcome).1), "{}", outcome.message);
    ended_well(&workers.submit(job(bounded, origin.url("/"))).unwrap().wait());
    assert!(begun.elapsed() > PAID, "it was not paid: {:?}", begun.elapsed());
}

/// A little less than what each of these owes.
const PAID: Duration = Duration::from_millis(700);

#[test]
pub(crate) fn of_bytes() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 30 << 10])).unwrap();
    let bounded = tenant(&[(Quota::Bytes, 16 << 10)]);
    rests(&bounded, job(&bounded, origin.url("/")), &["none"]);
}

#[test]
pub(crate) fn of_decoded_bytes() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 30 << 10]).gzip()).unwrap();
    let bounded = tenant(&[(Quota::Decoded, 16 << 10)]);
    let mut first = job(&bounded, origin.url("/"));
    first.spec.compressed = true;
    rests(&bounded, first, &["none"]);
}

#[test]
pub(crate) fn of_guest_time() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let bounded = hungry(10);
    let mut first = job(&bounded, origin.url("/"));
    first.plugin = Some(bounded.load(&hostile("loop-write")).unwrap());
    rests(&bounded, first, &["deadline"]);
}

/// While a body comes its tenant rests, and the body comes whole all the same.
#[test]
fn in_the_middle_of_a_body() {
    let body: Vec<u8> = (0..3 << 20).map(|n: u32| (n / 7) as u8).collect();
    let served = body.clone();
    let origin = http::serve(move |_| Response::ok(served.clone())).unwrap();
    let workers = Workers::start(1).unwrap();
    let bounded = tenant(&[(Quota::Bytes, 2 << 20)]);
    let sink = MemorySink::new(4 << 20);
    let slow = Job {
        sink: Box::new(sink.clone()),
        ..job(&bounded, origin.url("/"))
    };
    let slow = workers.submit(slow).unwrap();
    // Others go on while it rests.
    for _ in 0..20 {
        ended_well(
            &workers
                .submit(job(&tenants::lavish(&HOST, "other"), origin.url("/")))
                .unwrap()
                .wait(),
        );
    }
    let outcome = slow.wait();
    ended_well(&outcome);
    assert!(sink.take() == body);
    assert!(outcome.seconds.total > 0.2, "{}", outcome.seconds.total);
}

/// A debt that takes minutes to be paid is no way to live longer than the transfer may.
#[test]
fn its_own_time_goes_on_while_it_rests() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 1 << 20])).unwrap();
    let workers = Workers::start(1).unwrap();
    let bounded = tenant(&[(Quota::Bytes, 1 << 10)]);
    let mut first = job(&bounded, origin.url("/"));
    let mut limits = bounded.policy().limits().clone();
    limits.set_text("total-time", "300ms").unwrap();
    first.spec.limits = Some(limits);
    let begun = std::time::Instant::now();
    let outcome = workers.submit(first).unwrap().wait();
    assert_eq!(outcome.code.number(), 28, "{outcome:?}");
    // The debt is one of a quarter of an hour.
    assert!(begun.elapsed() < transferhost_tests::PATIENCE, "{outcome:?}");
}

#[test]
fn one_that_rests_can_be_cancelled_and_cut() {
    let origin = http::serve(|_| Response::ok(vec![b'x'; 1 << 20])).unwrap();
    let workers = Workers::start(1).unwrap();
    // Paid in a quarter of an hour.
    let bounded = tenant(&[(Quota::Bytes, 1 << 10)]);
    let [first, second] = [(), ()].map(|()| workers.submit(job(&bounded, origin.url("/"))).unwrap());
    assert!(origin.settle().len() <= 2);
    first.handle().cancel();
    assert_eq!(cause(&first.wait()), (42, "cancelled"));
    workers.finish(Some(Duration::from_millis(20)));
    assert_eq!(cause(&second.wait()), (42, "cancelled"));
}

/// One overrun may happen to anybody; who keeps overrunning has a thread of his own, and the others have theirs.
#[test]
fn one_that_keeps_overrunning_moves_apart() {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let workers = Workers::start(1).unwrap();
    let hungry = hungry(20);
    let plugin = hungry.load(&hostile("loop-write")).unwrap();
    let place = |tenant: &Tenant| {
        let place = Arc::default();
        let seen = Job {
            plugin: None,
            sink: Box::new(Where(Arc::clone(&place))),
            ..job(tenant, origin.url("/"))
        };
        ended_well(&workers.submit(seen).unwrap().wait());
        place.lock().unwrap().clone().unwrap()
    };
    assert_eq!(place(&hungry), "worker-0");
    for _ in 0..6 {
        let burns = Job {
            plugin: Some(plugin.clone()),
            ..job(&hungry, origin.url("/"))
        };
        assert_eq!(cause(&workers.submit(burns).unwrap().wait()).1, "deadline");
    }
    assert_eq!(place(&hungry), "worker-low");
    assert_eq!(place(&tenants::lavish(&HOST, "other")), "worker-0");
}
