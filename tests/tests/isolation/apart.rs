//! The thread apart: a tenant that is moved there begins anew, meets nobody's connections, and loses nothing.

use std::fs;

use transferhost::{Callback, Job, Limit, MemorySink, Plugin, Quota, Tenant, TransferSpec, Workers};
use transferhost_tests::listen::Listen;

use crate::{HOST, fetch_with, origin, policy, spec, tenant, tenants};

/// Takes some milliseconds to be made, and does nothing else.
const SLOW: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "on-write-end") (result i32) i32.const 0)
    (global $x (mut i64) (i64.const 1))
    (func $slow
      (local $i i32)
      (loop $again
        (global.set $x (i64.rem_u (i64.const -1) (i64.or (global.get $x) (i64.const 1))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 5000000)))))
    (start $slow))
  (core instance $i (instantiate $m))
  (type $answer (result (list u8) (error string)))
  (func $f (result $answer) (canon lift (core func $i "on-write-end") (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (instance $e (export "on-write-end" (func $f)))
  (export "transferhost:callbacks/write-end@0.1.0" (instance $e)))"#;

fn slow() -> Plugin {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slow.wat");
    fs::write(&file, SLOW).unwrap();
    HOST.load(&file).unwrap()
}

/// An overrun is held against a tenant for ten seconds; so long it has to be there, with something to do in each.
#[test]
fn what_waits_there_is_not_lost_when_its_own_thread_has_ended() {
    const SECONDS: u64 = 14;
    let origin = origin(Listen::default(), |_| String::new());
    let workers = Workers::start(1).unwrap();
    let mut quotas = tenants::quotas();
    quotas.set(Quota::Requests, 1);
    let tenant = Tenant::new(&HOST, "a", hasty("a").policy().as_ref().clone(), quotas).unwrap();
    let slow = slow();
    let submitted: Vec<_> = (0..SECONDS)
        .map(|_| {
            let job = Job {
                tenant: tenant.clone(),
                plugin: Some(slow.clone()),
                spec: TransferSpec {
                    without: vec![Callback::WriteEnd],
                    ..spec(origin.url("/"))
                },
                sink: Box::new(MemorySink::new(100)),
            };
            workers.submit(job).unwrap()
        })
        .collect();
    workers.finish(None);
    for submitted in submitted {
        let outcome = submitted.wait();
        assert_eq!(outcome.code.number(), 0, "{}", outcome.message);
    }
}

/// One whose call may take less than making that guest does.
fn hasty(name: &str) -> Tenant {
    let mut policy = policy();
    policy.limits_mut().set(Limit::CallTime, 1);
    Tenant::new(&HOST, name, policy, tenants::quotas()).unwrap()
}

#[test]
fn on_the_thread_apart_a_tenant_has_nobodys_connections() {
    let origin = origin(Listen::default(), |_| String::new());
    let workers = Workers::start(1).unwrap();
    let (a, b, c) = (hasty("a"), hasty("b"), tenant("c"));
    let slow = slow();
    let ran = |tenant: &Tenant, plugin: Option<&Plugin>| {
        let spec = TransferSpec {
            // It would be asked, within that time.
            without: vec![Callback::WriteEnd],
            ..spec(origin.url("/"))
        };
        let fetched = fetch_with(&workers, tenant, plugin, spec);
        format!("{} {}", fetched.thread, fetched.body)
    };
    assert_eq!(
        [ran(&a, None), ran(&a, None), ran(&b, None)],
        ["worker-0 0", "worker-0 0", "worker-0 1"]
    );
    // Their old ones are open still, on the other thread.
    let moved = [&a, &a, &b, &a].map(|tenant| ran(tenant, Some(&slow)));
    assert_eq!(moved, ["worker-low 2", "worker-low 2", "worker-low 3", "worker-low 2"]);
    assert_eq!(ran(&c, None), "worker-0 4");
}
