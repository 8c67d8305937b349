//! Why a call of a guest failed: by type, in one total function.

use wasmtime::component::ResourceTableError;
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::clock::WaitRefused;
use super::limits::LimitExceeded;
use crate::cause::Cause;
use crate::escape::cut;

/// What a failure is, as far as the error alone tells.
pub(super) struct Classified {
    pub(super) cause: Cause,
    pub(super) limit: Option<u64>,
    pub(super) used: Option<u64>,
    pub(super) reason: Option<String>,
}

/// Every error has a cause; one without a type that is known here is a bad return.
pub(super) fn classify(error: &wasmtime::Error) -> Classified {
    let of = |cause| Classified {
        cause,
        limit: None,
        used: None,
        reason: None,
    };
    if let Some(exceeded) = error.downcast_ref::<LimitExceeded>() {
        return Classified {
            limit: Some(exceeded.limit),
            used: Some(exceeded.used),
            ..of(exceeded.cause)
        };
    }
    if let Some(refused) = error.downcast_ref::<WaitRefused>() {
        return Classified {
            reason: Some(refused.to_string()),
            ..of(Cause::Deadline)
        };
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Classified {
            reason: Some(format!("exit code {}", exit.0)),
            ..of(Cause::Exit)
        };
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return match trap {
            Trap::OutOfFuel => of(Cause::OutOfFuel),
            Trap::Interrupt => of(Cause::Deadline),
            Trap::StackOverflow => of(Cause::Stack),
            // What a component returned was no value of its type.
            Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer => Classified {
                reason: Some(trap.to_string()),
                ..of(Cause::BadReturn)
            },
            trap => Classified {
                reason: Some(name(*trap).to_owned()),
                ..of(Cause::Trap)
            },
        };
    }
    if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        // Others have them; this guest did nothing.
        return Classified {
            reason: Some("every guest of the pool is in use".to_owned()),
            ..of(Cause::System)
        };
    }
    // Memory that the machine does not give: not the guest's doing.
    let of_system = error.chain().find_map(|cause| {
        let of_std = cause.downcast_ref::<std::io::Error>().map(ToString::to_string);
        of_std.or_else(|| cause.downcast_ref::<rustix::io::Errno>().map(ToString::to_string))
    });
    if let Some(refused) = of_system {
        return Classified {
            reason: Some(refused),
            ..of(Cause::System)
        };
    }
    if matches!(
        error.downcast_ref::<ResourceTableError>(),
        Some(ResourceTableError::Full)
    ) {
        return of(Cause::Handles);
    }
    let root = error.root_cause().to_string();
    let cause = UNTYPED
        .iter()
        .find(|(text, _)| root.contains(text))
        .map_or(Cause::BadReturn, |(_, cause)| *cause);
    // wasmtime's own words: they hold numbers and names of types, nothing of the guest's.
    let reason = (cause == Cause::BadReturn).then_some(root);
    Classified { reason, ..of(cause) }
}

/// Errors of wasmtime 48 that have no public type. A wording that changes makes them bad returns, which end a transfer
/// with the same code; the tests of hostile guests see it.
static UNTYPED: &[(&str, Cause)] = &[
    (
        "fuel allocated for hostcalls has been exhausted",
        Cause::ReturnedTooMuch,
    ),
    ("store handle limit exceeded", Cause::Handles),
    ("instance count too high", Cause::Instances),
    ("memory count too high", Cause::Memory),
    ("table count too high", Cause::Table),
];

/// wasmtime's name of a trap, in kebab case.
fn name(trap: Trap) -> &'static str {
    match trap {
        Trap::MemoryOutOfBounds => "memory-out-of-bounds",
        Trap::HeapMisaligned => "heap-misaligned",
        Trap::TableOutOfBounds => "table-out-of-bounds",
        Trap::IndirectCallToNull => "indirect-call-to-null",
        Trap::BadSignature => "bad-signature",
        Trap::IntegerOverflow => "integer-overflow",
        Trap::IntegerDivisionByZero => "integer-division-by-zero",
        Trap::BadConversionToInteger => "bad-conversion-to-integer",
        Trap::UnreachableCodeReached => "unreachable",
        Trap::NullReference => "null-reference",
        Trap::CannotEnterComponent => "cannot-enter-component",
        Trap::CannotLeaveComponent => "cannot-leave-component",
        _ => "other",
    }
}

/// The guest's frames, innermost first, by the names that its name section gives them.
pub(super) fn backtrace(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    backtrace
        .frames()
        .iter()
        .map(|frame| match frame.func_name() {
            Some(name) => short(&format_args!("{:#}", rustc_demangle::demangle(name))),
            None => format!("function {}", frame.func_index()),
        })
        .collect()
}

/// The longest name of a function that is kept.
const NAME: usize = 256;

/// A name, no longer than is kept: a mangled one of some KiB can unfold to GiB, so the writer stops.
fn short(name: &dyn std::fmt::Display) -> String {
    struct Bounded(String);
    impl std::fmt::Write for Bounded {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.push_str(cut(text, NAME.saturating_sub(self.0.len())));
            if self.0.len() < NAME - 3 {
                Ok(())
            } else {
                Err(std::fmt::Error)
            }
        }
    }
    let mut bounded = Bounded(String::new());
    match std::fmt::Write::write_fmt(&mut bounded, format_args!("{name}")) {
        Ok(()) => bounded.0,
        Err(_) => bounded.0 + "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut() {
        assert_eq!(short(&"f"), "f");
        assert!(short(&"x".repeat(90_000)).len() <= NAME + 3);
    }
}
