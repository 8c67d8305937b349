//! The bytes as they are, and a component that wasm-smith makes of them with every proposal on: what is off must be refused
//! before the compiler sees it, whatever it stands beside.
#![no_main]

use arbitrary::{Arbitrary as _, Result, Unstructured};
use wasm_smith::{Config, Module};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    transferhost::testing::load(data).unwrap();
    if let Ok(component) = component(&mut Unstructured::new(data)) {
        transferhost::testing::load(&component).unwrap();
    }
});

/// A component as wasm-smith has them, or one around a core module of its, which an instance is made of.
fn component(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if u.arbitrary()? {
        return Ok(wasm_smith::Component::new(every_proposal(u)?, u)?.to_bytes());
    }
    let module = Module::new(every_proposal(u)?, u)?.to_bytes();
    let mut component = wasm_encoder::Component::new();
    component.section(&wasm_encoder::RawSection { id: 1, data: &module });
    let mut instances = wasm_encoder::InstanceSection::new();
    instances.instantiate::<_, &str>(0, []);
    component.section(&instances);
    Ok(component.finish())
}

fn every_proposal(u: &mut Unstructured<'_>) -> Result<Config> {
    let mut config = Config::arbitrary(u)?;
    for on in [
        &mut config.bulk_memory_enabled,
        &mut config.compact_imports_enabled,
        &mut config.custom_descriptors_enabled,
        &mut config.custom_page_sizes_enabled,
        &mut config.exceptions_enabled,
        &mut config.extended_const_enabled,
        &mut config.gc_enabled,
        &mut config.memory64_enabled,
        &mut config.multi_value_enabled,
        &mut config.reference_types_enabled,
        &mut config.relaxed_simd_enabled,
        &mut config.saturating_float_to_int_enabled,
        &mut config.shared_everything_threads_enabled,
        &mut config.sign_extension_ops_enabled,
        &mut config.simd_enabled,
        &mut config.tail_call_enabled,
        &mut config.threads_enabled,
        &mut config.wide_arithmetic_enabled,
    ] {
        *on = true;
    }
    // What asks for an import is refused as an unknown one, and nothing behind it is read.
    config.max_imports = 0;
    config.max_memories = config.max_memories.min(4);
    Ok(config)
}
