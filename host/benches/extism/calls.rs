//! One call of a plugin of Extism's, and one fresh plugin, by the names of `host/benches/guest.rs`. The plugin does nothing with
//! what it is given, as the pass-through plugin does nothing with a chunk.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

const PASS: &str = r#"(module (memory (export "memory") 17) (func (export "on_write") (result i32) (i32.const 0)))"#;

fn compiled() -> CompiledPlugin {
    let manifest = Manifest::new([Wasm::data(PASS.as_bytes())]).with_timeout(Duration::from_secs(1));
    let builder = PluginBuilder::new(manifest).with_fuel_limit(50_000_000);
    CompiledPlugin::new(builder).expect("the plugin compiles")
}

fn calls(criterion: &mut Criterion) {
    let compiled = compiled();
    let fresh = || Plugin::new_from_compiled(&compiled).expect("a plugin");
    let mut group = criterion.benchmark_group("on-write");
    for (name, size) in [("0 B", 0), ("1 KiB", 1 << 10), ("16 KiB", 16 << 10)] {
        let chunk = vec![b'x'; size];
        let mut plugin = fresh();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                plugin.call::<&[u8], &[u8]>("on_write", black_box(&chunk)).expect("an answer");
            })
        });
    }
    group.finish();
    let chunk = vec![b'x'; 16 << 10];
    criterion.bench_function("a fresh guest, one call of 16 KiB", |bencher| {
        bencher.iter_batched(
            || (),
            |()| {
                let mut plugin = fresh();
                plugin.call::<&[u8], &[u8]>("on_write", &chunk).map(<[u8]>::len).expect("an answer")
            },
            BatchSize::SmallInput,
        )
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);
