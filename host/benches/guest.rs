//! One call of a guest, and one fresh guest. The plugin is the pass-through example, whose file `PLUGIN` names:
//! `scripts/bench` builds it and sets the variable. `read` is measured with the same sizes, by a guest that makes nothing of
//! them either.

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use transferhost::testing::LoneGuest;
use transferhost::{Host, Limit, Loader, Plugin, Policy, PolicyKind};

fn policy() -> Policy {
    let mut policy = Policy::new(PolicyKind::Curl).expect("a policy");
    // The total of a transfer is not what is measured.
    policy.limits_mut().set(Limit::FuelTotal, u64::MAX >> 2);
    policy
}

fn pass(host: &Host) -> Plugin {
    let plugin = std::env::var("PLUGIN").expect("PLUGIN names the component of the example `pass`");
    host.load(Path::new(&plugin)).expect("the plugin loads")
}

/// A guest is made, called once and dropped.
fn fresh(criterion: &mut Criterion, name: &str, host: &Host) {
    let plugin = pass(host);
    let chunk = vec![b'x'; 16 << 10];
    let once = || {
        let mut guest = LoneGuest::new(host, &plugin).expect("a guest");
        guest.write(&chunk).expect("a verdict")
    };
    criterion.bench_function(name, |bencher| {
        bencher.iter_batched(|| (), |()| once(), BatchSize::SmallInput)
    });
}

fn guest(criterion: &mut Criterion) {
    let host = Host::new(policy(), Loader::in_process()).expect("an engine");
    let plugin = pass(&host);

    let mut calls = criterion.benchmark_group("on-write");
    for (name, size) in [("0 B", 0), ("1 KiB", 1 << 10), ("16 KiB", 16 << 10)] {
        let chunk = vec![b'x'; size];
        let mut guest = LoneGuest::new(&host, &plugin).expect("a guest");
        calls.throughput(Throughput::Bytes(size as u64));
        calls.bench_function(name, |bencher| {
            bencher.iter(|| guest.write(black_box(&chunk)).expect("a verdict"))
        });
    }
    calls.finish();

    let reader = host.load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/read.wat")));
    let reader = reader.expect("the plugin loads");
    let mut calls = criterion.benchmark_group("on-read");
    for (name, size) in [
        ("1 B", 1),
        ("1 KiB", 1 << 10),
        ("16 KiB", 16 << 10),
        ("64 KiB", 64 << 10),
    ] {
        let mut guest = LoneGuest::new(&host, &reader).expect("a guest");
        calls.throughput(Throughput::Bytes(u64::from(size)));
        calls.bench_function(name, |bencher| {
            bencher.iter(|| guest.read(black_box(size)).expect("a verdict"))
        });
    }
    calls.finish();

    fresh(criterion, "a fresh guest, one call of 16 KiB", &host);
    let pooled = Host::pooled(policy(), Loader::in_process(), 100).expect("an engine with a pool");
    fresh(criterion, "a fresh guest out of a pool, one call of 16 KiB", &pooled);
}

criterion_group!(benches, guest);
criterion_main!(benches);
