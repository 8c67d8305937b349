//! Guests out of a pool: each as fresh as if its memory had been made for it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use transferhost::{Host, Job, MemorySink, Outcome, Plugin, Policy, PolicyKind, Transfer, TransferSpec, Workers};
use transferhost_tests::command::loader;
use transferhost_tests::event::Event;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;

#[path = "kit/tenants.rs"]
mod tenants;

/// Answers `no` where its memory, its table or its global is not as it was made, then writes all over them.
const SQUATTER: &str = r#"(component
  (core module $m
    (memory (export "memory") 32)
    (table $t 8 funcref)
    (global $g (mut i32) (i32.const 7))
    (data (i32.const 1024) "no")
    (func $f)
    (elem declare func $f)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 2048)
    (func (export "on-write-end") (result i32)
      (local $i i32)
      (if (i32.ne (global.get $g) (i32.const 7)) (then (return (call $no))))
      (if (i32.eqz (ref.is_null (table.get $t (i32.const 3)))) (then (return (call $no))))
      (local.set $i (i32.const 4096))
      (loop $look
        (if (i64.ne (i64.load (local.get $i)) (i64.const 0)) (then (return (call $no))))
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br_if $look (i32.lt_u (local.get $i) (i32.const 2097152))))
      (memory.fill (i32.const 4096) (i32.const 0x5a) (i32.const 2093056))
      (global.set $g (i32.const 8))
      (table.set $t (i32.const 3) (ref.func $f))
      i32.const 0)
    (func $no (result i32)
      (i32.store (i32.const 0) (i32.const 1))
      (i32.store (i32.const 4) (i32.const 1024))
      (i32.store (i32.const 8) (i32.const 2))
      i32.const 0))
  (core instance $i (instantiate $m))
  (type $answer (result (list u8) (error string)))
  (func $f (result $answer) (canon lift (core func $i "on-write-end") (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (instance $e (export "on-write-end" (func $f)))
  (export "transferhost:callbacks/write-end@0.1.0" (instance $e)))"#;

fn host(guests: u32) -> Host {
    Host::pooled(Policy::new(PolicyKind::Curl).unwrap(), loader(), guests).unwrap()
}

fn spec(url: String) -> TransferSpec {
    TransferSpec {
        url,
        ..TransferSpec::default()
    }
}

fn fetch(host: &Host, plugin: &Plugin, origin: &Origin) -> Outcome {
    let sink = MemorySink::new(1 << 20);
    let transfer = Transfer::new(host, Some(plugin), spec(origin.url("/")), Box::new(sink));
    transfer.unwrap().run()
}

#[test]
fn nothing_of_a_guest_is_left_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let load = |host: &Host, text: &str| {
        let file = folder.path().join("squatter.wat");
        fs::write(&file, text).unwrap();
        host.load(&file).unwrap()
    };
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    // One slot, so that every guest has the same.
    let host = host(1);
    // It does see what is not as it should be.
    let dirty = SQUATTER.replace("\"no\")", "\"no\") (data (i32.const 8192) \"x\")");
    let outcome = fetch(&host, &load(&host, &dirty), &origin);
    assert_eq!(outcome.abort.unwrap().reason.as_deref(), Some("no"));
    let plugin = load(&host, SQUATTER);
    for round in 0..20 {
        let outcome = fetch(&host, &plugin, &origin);
        assert_eq!(outcome.code.number(), 0, "round {round}: {}", outcome.message);
    }
}

#[test]
fn more_guests_than_there_are_is_the_hosts_affair() {
    let (asked, gate) = (Event::new(), Event::new());
    let (told, open) = (asked.clone(), gate.clone());
    let slow = Origin::serve(move |mut connection| {
        connection.expect_request()?;
        told.fire();
        connection.wait(&open)?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
    })
    .unwrap();
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let host = host(1);
    let plugin = host.load(&guest("pass")).unwrap();
    let workers = Workers::start(1).unwrap();
    let job = |origin: &Origin| Job {
        tenant: tenants::lavish(&host, "a"),
        plugin: Some(plugin.clone()),
        spec: spec(origin.url("/")),
        sink: Box::new(MemorySink::new(1 << 20)),
    };
    let first = workers.submit(job(&slow)).unwrap();
    assert!(asked.wait(transferhost_tests::PATIENCE));
    let outcome = workers.submit(job(&origin)).unwrap().wait();
    let abort = outcome.abort.unwrap();
    assert_eq!(
        (outcome.code.number(), abort.cause.name()),
        (2, "system"),
        "{}",
        outcome.message
    );
    assert!(
        outcome.message.contains("every guest of the pool is in use"),
        "{}",
        outcome.message
    );
    gate.fire();
    assert_eq!(first.wait().code.number(), 0);
    // The slot is free again.
    assert_eq!(workers.submit(job(&origin)).unwrap().wait().code.number(), 0);
}

/// Has as many instances, tables and memories as a guest may, and delivers.
fn greedy() -> String {
    let table = "(core module $table (table 1 funcref))";
    let tables: String = (0..40)
        .map(|n| format!("(core instance $table{n} (instantiate $table))"))
        .collect();
    let memory = "(core module $mem (memory 1))";
    let memories: String = (0..3)
        .map(|n| format!("(core instance $mem{n} (instantiate $mem))"))
        .collect();
    SQUATTER.replacen(
        "(component",
        &format!("(component {table}{tables}{memory}{memories}"),
        1,
    )
}

/// What one guest has must not be what another lacks.
#[test]
fn each_guest_of_a_pool_may_have_all_that_one_may() {
    let (all, gate) = (Event::new(), Event::new());
    let asked = Arc::new(AtomicUsize::new(0));
    let (told, open, count) = (all.clone(), gate.clone(), Arc::clone(&asked));
    let slow = Origin::serve(move |mut connection| {
        connection.expect_request()?;
        if count.fetch_add(1, Ordering::Relaxed) + 1 == 4 {
            told.fire();
        }
        connection.wait(&open)?;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
    })
    .unwrap();
    let host = host(4);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("greedy.wat");
    fs::write(&file, greedy()).unwrap();
    let (greedy, pass) = (host.load(&file).unwrap(), host.load(&guest("pass")).unwrap());
    let workers = Workers::start(1).unwrap();
    let submitted = [&greedy, &greedy, &greedy, &pass].map(|plugin| {
        let job = Job {
            tenant: tenants::lavish(&host, "greedy"),
            plugin: Some(plugin.clone()),
            spec: spec(slow.url("/")),
            sink: Box::new(MemorySink::new(1 << 20)),
        };
        workers.submit(job).unwrap()
    });
    let together = all.wait(transferhost_tests::PATIENCE);
    gate.fire();
    for submitted in submitted {
        let outcome = submitted.wait();
        assert_eq!(outcome.code.number(), 0, "{}", outcome.message);
    }
    assert!(together);
}

#[test]
fn more_than_the_kernel_has_maps_for_is_said() {
    let error = Host::pooled(Policy::new(PolicyKind::Curl).unwrap(), loader(), u32::MAX).map(drop);
    let said = error.unwrap_err().to_string();
    assert!(said.contains("vm.max_map_count allows"), "{said}");
}
