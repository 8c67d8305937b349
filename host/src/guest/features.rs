//! The proposals of WebAssembly that a plugin may use: an allow-list.
//!
//! wasmtime decides by its own build and its own age which proposals are on, and a proposal that is on without the part of
//! wasmtime that carries it out ends the process: a cast to a function's subtype aborts where the collector is not built
//! in. So this list decides. [`allow`] turns on what it has and turns off everything else, whatever wasmtime adds, and
//! [`check_features`] refuses a file by the name of the proposal before the compiler sees it. The validator is wasmtime's own, of
//! the same version: the types of both would not fit together otherwise.

use wasmparser::{BinaryReaderError, Validator, WasmFeatures};

use super::checks::one_line_text;

/// A proposal, or a part of one that wasmtime switches by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proposal {
    pub(crate) feature: WasmFeatures,
    /// wasmparser's name of it, in kebab case.
    pub(crate) name: &'static str,
    /// Which guests use it, or why nobody may.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "the table in the documentation shows it")
    )]
    pub(crate) why: &'static str,
}

const fn row(feature: WasmFeatures, name: &'static str, why: &'static str) -> Proposal {
    Proposal { feature, name, why }
}

const EVERY: &str = "every compiler of guests writes it";
const NONE: &str = "no compiler of guests writes it unasked";
const ASYNC: &str = "a callback of libcurl's is answered before it returns";
const PART: &str = "it is a part of cm-async";

/// What is on.
pub(crate) static ON: &[Proposal] = &[
    row(WasmFeatures::MUTABLE_GLOBAL, "mutable-global", EVERY),
    row(WasmFeatures::SATURATING_FLOAT_TO_INT, "saturating-float-to-int", EVERY),
    row(WasmFeatures::SIGN_EXTENSION, "sign-extension", EVERY),
    row(WasmFeatures::REFERENCE_TYPES, "reference-types", EVERY),
    row(
        WasmFeatures::CALL_INDIRECT_OVERLONG,
        "call-indirect-overlong",
        "compilers write the number of a table in five bytes, for the linker",
    ),
    row(
        WasmFeatures::MULTI_VALUE,
        "multi-value",
        "Rust writes it where it is asked to",
    ),
    row(WasmFeatures::BULK_MEMORY, "bulk-memory", EVERY),
    row(WasmFeatures::BULK_MEMORY_OPT, "bulk-memory-opt", EVERY),
    row(WasmFeatures::FLOATS, "floats", "f32 and f64"),
    row(
        WasmFeatures::EXTENDED_CONST,
        "extended-const",
        "QuickJS and Python, linked as libraries, use it",
    ),
    row(WasmFeatures::TAIL_CALL, "tail-call", "one build of QuickJS uses it"),
    row(
        WasmFeatures::SIMD,
        "simd",
        "a guest may choose it, as with -C target-feature=+simd128",
    ),
    row(
        WasmFeatures::MULTI_MEMORY,
        "multi-memory",
        "wasmtime's adapters between components use it",
    ),
    row(
        WasmFeatures::COMPONENT_MODEL,
        "component-model",
        "a plugin is a component",
    ),
];

/// What is off. The list turns nothing off, since all that is not in [`ON`] is: a test asks that each proposal is in one of
/// the two, so that somebody decides about a new one.
pub(crate) static OFF: &[Proposal] = &[
    row(
        WasmFeatures::GC,
        "gc",
        "wasmtime is built without a collector, and a cast of a function ends the process",
    ),
    row(
        WasmFeatures::GC_TYPES,
        "gc-types",
        "wasmtime is built without a collector",
    ),
    row(WasmFeatures::FUNCTION_REFERENCES, "function-references", NONE),
    row(WasmFeatures::EXCEPTIONS, "exceptions", "it needs the collector"),
    row(
        WasmFeatures::LEGACY_EXCEPTIONS,
        "legacy-exceptions",
        "wasmtime does not have it",
    ),
    row(
        WasmFeatures::THREADS,
        "threads",
        "a guest has one thread, and shares no memory",
    ),
    row(
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        "shared-everything-threads",
        "a guest has one thread, and shares nothing",
    ),
    row(
        WasmFeatures::STACK_SWITCHING,
        "stack-switching",
        "a guest has one stack",
    ),
    row(
        WasmFeatures::RELAXED_SIMD,
        "relaxed-simd",
        "its results differ from processor to processor",
    ),
    row(
        WasmFeatures::MEMORY64,
        "memory64",
        "a guest's memory is far smaller than 4 GiB",
    ),
    row(WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic", NONE),
    row(WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes", NONE),
    row(
        WasmFeatures::MEMORY_CONTROL,
        "memory-control",
        "wasmtime does not have it",
    ),
    row(
        WasmFeatures::CUSTOM_DESCRIPTORS,
        "custom-descriptors",
        "wasmtime does not have it",
    ),
    row(
        WasmFeatures::COMPACT_IMPORTS,
        "compact-imports",
        "wasmtime does not have it",
    ),
    row(WasmFeatures::CM_ASYNC, "cm-async", ASYNC),
    row(WasmFeatures::CM_ASYNC_STACKFUL, "cm-async-stackful", PART),
    row(WasmFeatures::CM_MORE_ASYNC_BUILTINS, "cm-more-async-builtins", PART),
    row(WasmFeatures::CM_ERROR_CONTEXT, "cm-error-context", PART),
    row(WasmFeatures::CM_THREADING, "cm-threading", "a guest has one thread"),
    row(WasmFeatures::CM_VALUES, "cm-values", "wasmtime does not have it"),
    row(
        WasmFeatures::CM_NESTED_NAMES,
        "cm-nested-names",
        "wasmtime does not have it",
    ),
    row(
        WasmFeatures::CM_FIXED_LENGTH_LISTS,
        "cm-fixed-length-lists",
        "no interface of the host's has such a list",
    ),
    row(WasmFeatures::CM_MAP, "cm-map", "no interface of the host's has a map"),
    row(WasmFeatures::CM_GC, "cm-gc", "it needs gc"),
    row(WasmFeatures::CM64, "cm64", "it needs memory64"),
    row(WasmFeatures::CM_IMPLEMENTS, "cm-implements", NONE),
    row(
        WasmFeatures::CM_CANON_NAMES,
        "cm-canon-names",
        "wasmtime does not have it",
    ),
];

/// All that is on, as wasmtime and its validator take it.
fn allowed() -> WasmFeatures {
    ON.iter()
        .fold(WasmFeatures::empty(), |all, proposal| all | proposal.feature)
}

/// Has wasmtime take what is on and nothing else.
pub(super) fn allow(config: &mut wasmtime::Config) {
    config.wasm_features(WasmFeatures::all(), false);
    config.wasm_features(allowed(), true);
}

/// Whether this component is valid with the allowed proposals. The validator runs with nothing else on, so no unneeded part of
/// it reads a stranger's file.
///
/// # Errors
/// What follows the plugin's name, with the name of the proposal that it uses, or with what is not valid.
pub(crate) fn check_features(binary: &[u8]) -> Result<(), String> {
    let Err(error) = Validator::new_with_features(allowed()).validate_all(binary) else {
        return Ok(());
    };
    let Some(name) = missing(&error) else {
        return Err(format!(
            "it is not a valid component: {}",
            one_line_text(&error.to_string())
        ));
    };
    Err(format!(
        "it uses WebAssembly's proposal {name}, which this host refuses: build it without {name} (docs/writing-plugins.md lists the proposals)"
    ))
}

/// The proposal that a component lacks, where that is what is wrong with it.
fn missing(error: &BinaryReaderError) -> Option<String> {
    let Some(feature) = error.missing_wasm_feature() else {
        // One place of wasmparser's names it in words alone.
        let said = |off: &&Proposal| error.message() == format!("the `{}` feature is not active", off.name);
        return OFF.iter().find(said).map(|off| off.name.to_owned());
    };
    let named = OFF.iter().find(|off| off.feature == feature);
    let names = || feature.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(" ");
    Some(named.map_or_else(names, |off| off.name.to_owned()))
}

#[cfg(test)]
mod tests {
    use bitflags::Flags as _;

    use super::*;
    use crate::guest::Engine;
    use crate::loader::Loader;

    /// An update of wasmtime's that brings a proposal fails here, until it is written into one of the lists.
    #[test]
    fn somebody_has_decided_about_each_proposal() {
        let known: Vec<&str> = ON.iter().chain(OFF).map(|proposal| proposal.name).collect();
        for flag in WasmFeatures::FLAGS {
            let name = flag.name().to_ascii_lowercase().replace('_', "-");
            let times = known.iter().filter(|known| **known == name).count();
            assert_eq!(times, 1, "{name} must be in ON or in OFF, with a reason");
            let row = ON.iter().chain(OFF).find(|proposal| proposal.name == name);
            assert_eq!(row.map(|row| row.feature), Some(*flag.value()), "{name}");
        }
        assert_eq!(known.len(), WasmFeatures::FLAGS.len());
        for off in OFF {
            assert!(!allowed().intersects(off.feature), "{} is on all the same", off.name);
        }
    }

    #[test]
    fn the_engine_has_what_is_on_and_nothing_else() {
        let limits = crate::limits::Limits::tenant();
        let loader = Loader::in_process();
        for engine in [
            Engine::new(loader.clone()).unwrap(),
            Engine::pooled(loader, 1, &limits).unwrap(),
        ] {
            assert_eq!(engine.engine.get_wasm_features(), allowed());
            assert_eq!(
                engine.engine.get_wasm_features().complement(),
                OFF.iter().fold(WasmFeatures::empty(), |all, off| all | off.feature)
            );
        }
    }

    #[cfg(feature = "testing")]
    #[test]
    fn what_is_off_is_refused_by_its_name() {
        use crate::testing::{PROPOSAL_SAMPLES, PROPOSALS_WITHOUT_SAMPLE};
        let mut wrong = Vec::new();
        for sample in PROPOSAL_SAMPLES {
            let said = match wat::parse_str(sample.text) {
                Ok(binary) => check_features(&binary).err(),
                Err(error) => Some(error.to_string()),
            };
            if !said.as_ref().is_some_and(|said| said.starts_with(sample.said)) {
                wrong.push(format!("{}, {}: {said:?}", sample.proposal, sample.name));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for off in OFF {
            let tried = PROPOSAL_SAMPLES.iter().any(|sample| sample.proposal == off.name);
            let why_not = PROPOSALS_WITHOUT_SAMPLE.iter().any(|(name, _)| *name == off.name);
            assert!(
                tried != why_not,
                "{} has no component that uses it, or a needless excuse",
                off.name
            );
        }
    }
}
