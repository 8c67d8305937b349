//! From a plugin's file to compiled code: in the process that compiles, or, where a program says so, in its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::guest::{Shape, Weight, check_features, check_weight, component_bytes, one_line, weigh};
use crate::limits::Limits;

/// Why there is no code.
#[derive(Debug, PartialEq)]
pub(super) enum NotCompiled {
    /// The plugin is refused: a sentence without its name.
    Refused(String),
    /// The system gave no more memory.
    Memory,
}

impl From<String> for NotCompiled {
    fn from(why: String) -> NotCompiled {
        NotCompiled::Refused(why)
    }
}

/// Compiles a component or its text form. A file that would cost a guest too much is refused before it is compiled, since
/// compiling it would be in vain.
pub(super) fn compile(
    bytes: &[u8],
    shape: &Shape,
    limits: &Limits,
    threads: usize,
) -> Result<(Vec<u8>, Weight), NotCompiled> {
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
    let code = compiled.map_err(|error| match is_memory(&error) {
        true => NotCompiled::Memory,
        false => NotCompiled::Refused(format!("it is not a valid component: {}", one_line(&error))),
    })?;
    Ok((code, weight))
}

/// By its type: a plugin's own words may stand in the text.
fn is_memory(error: &wasmtime::Error) -> bool {
    let of_system = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    of_system.is_some_and(|error| error.raw_os_error() == Some(libc::ENOMEM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugins_words_are_no_cause() {
        let text =
            r#"(component (core module (func $f) (export "os error 12" (func $f)) (export "os error 12" (func $f))))"#;
        match compile(text.as_bytes(), &Shape::default(), &Limits::curl(), 1) {
            Err(NotCompiled::Refused(why)) => assert!(why.contains("not a valid component"), "{why}"),
            other => panic!("{:?}", other.map(|_| ())),
        }
    }
}
