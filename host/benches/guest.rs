//! One call of a guest, and one fresh guest. The plugin is the pass-through example, whose file `PLUGIN` names:
//! `scripts/bench` builds it and sets the variable. `read` is measured with the same sizes, by a guest that makes nothing of
//! them either.

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use transferhost::testing::LoneGuest;
use transferhost::{Host, Limit, Policy, PolicyKind};

fn guest(criterion: &mut Criterion) {
    let plugin = std::env::var("PLUGIN").expect("PLUGIN names the component of the example `pass`");
    let mut policy = Policy::new(PolicyKind::Curl).expect("a policy");
    // The total of a transfer is not what is measured.
    policy.limits_mut().set(Limit::FuelTotal, u64::MAX >> 2);
    let host = Host::new(policy, None).expect("an engine");
    let plugin = host.load(Path::new(&plugin)).expect("the plugin loads");

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

    criterion.bench_function("instantiate, one call of 16 KiB, drop", |bencher| {
        let chunk = vec![b'x'; 16 << 10];
        bencher.iter_batched(
            || (),
            |()| {
                LoneGuest::new(&host, &plugin)
                    .expect("a guest")
                    .write(&chunk)
                    .expect("a verdict")
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, guest);
criterion_main!(benches);
