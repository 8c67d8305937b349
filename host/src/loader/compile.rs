//! From a plugin's file to compiled code: in the process that compiles, or, where a program says so, in its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::guest::{Shape, Weight, check_features, check_weight, component_bytes, one_line, weigh};
use crate::limits::Limits;

/// Compiles a component or its text form; the error is what follows the plugin's name. A file that would cost a guest too
/// much is refused before it is compiled, since compiling it would be in vain.
pub(super) fn compile(
    bytes: &[u8],
    shape: &Shape,
    limits: &Limits,
    threads: usize,
) -> Result<(Vec<u8>, Weight), String> {
    let binary = component_bytes(bytes)?;
    let weight = weigh(&binary)?;
    check_weight(&weight, limits)?;
    check_features(&binary)?;
    // Threads that compile panic where the machine gives none.
    let compiled = catch_unwind(AssertUnwindSafe(|| {
        let mut config = shape.config();
        config.parallel_compilation(threads > 1);
        wasmtime::Engine::new(&config)?.precompile_component(&binary)
    }));
    let compiled = compiled.map_err(|_| "the machine refused what compiling it needs".to_owned())?;
    let code = compiled.map_err(|error| format!("it is not a valid component: {}", one_line(&error)))?;
    Ok((code, weight))
}
