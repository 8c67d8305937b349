//! The proposals of WebAssembly, and for each that is off the smallest components that use it.

use crate::guest::{PROPOSALS_OFF, PROPOSALS_ON};

/// A proposal, as the documentation shows it.
#[derive(Clone, Copy, Debug)]
pub struct Proposal {
    /// wasmparser's name of it, in kebab case.
    pub name: &'static str,
    /// Whether a plugin may use it.
    pub on: bool,
    /// Which guests use it, or why none may.
    pub why: &'static str,
}

/// All of them: those that are on, then those that are off.
pub fn proposals() -> impl Iterator<Item = Proposal> {
    let lists = [(true, PROPOSALS_ON), (false, PROPOSALS_OFF)];
    lists.into_iter().flat_map(|(on, list)| {
        list.iter().map(move |proposal| Proposal {
            name: proposal.name,
            on,
            why: proposal.why,
        })
    })
}

/// A component that uses a proposal that is off.
#[derive(Clone, Copy, Debug)]
pub struct ProposalSample {
    /// The proposal.
    pub proposal: &'static str,
    /// What the component is called.
    pub name: &'static str,
    /// What it has.
    pub what: &'static str,
    /// Its text.
    pub text: &'static str,
    /// What the refusal says of it.
    pub said: &'static str,
}

macro_rules! samples {
    ($($proposal:literal $name:literal $what:literal $text:literal;)*) => {
        &[$(ProposalSample {
            proposal: $proposal,
            name: concat!("proposal-", $name),
            what: $what,
            text: concat!("(component ", $text, ")"),
            said: concat!("it uses WebAssembly's proposal ", $proposal, ", which this host refuses"),
        }),*]
    };
}

/// One at least for each proposal that is off and can be told from others.
pub static PROPOSAL_SAMPLES: &[ProposalSample] = samples! {
    "gc" "struct" "A struct" "(core module (type (struct (field i32))))";
    "gc" "array" "An array" "(core module (type (array i8)))";
    "gc" "rec" "Two types that know each other" "(core module (rec (type (func)) (type (func))))";
    "gc" "sub" "A function's subtype" "(core module (type $f (sub (func))) (type (sub $f (func))))";
    "gc" "final" "A function's type that may not have subtypes, below one that may"
        "(core module (type $f (sub (func))) (type (sub final $f (func))))";
    "gc" "sub-cast" "An indirect call through a table of a function's subtype" "(core module
        (type $f (sub (func))) (type $g (sub $f (func))) (func $q (type $g)) (table $t 1 funcref)
        (elem (table $t) (i32.const 0) func $q) (func $s (call_indirect $t (type $f) (i32.const 0))) (start $s))";
    "gc" "sub-tail-cast" "The same as a tail call" "(core module
        (type $f (sub (func))) (type $g (sub $f (func))) (func $q (type $g)) (table $t 1 funcref)
        (elem (table $t) (i32.const 0) func $q) (func $s (return_call_indirect $t (type $f) (i32.const 0))) (start $s))";
    "gc" "i31" "A number that is a reference" "(core module (func (drop (ref.i31 (i32.const 1)))))";
    "gc-types" "eq" "Compares two references" "(core module (func (drop (ref.eq (ref.null none) (ref.null none)))))";
    "gc-types" "any-table" "A table of anything" "(core module (table 1 anyref))";
    "gc" "cast" "Casts a reference" "(core module (type $f (func)) (func (drop (ref.test (ref $f) (ref.null func)))))";
    "gc-types" "extern" "A reference to something of the host's" "(core module (func (param externref)))";
    "gc-types" "extern-table" "A table of such references" "(core module (table 1 externref))";
    "function-references" "call-ref" "A call through a reference"
        "(core module (type $f (func)) (func (param (ref null $f)) (call_ref $f (local.get 0))))";
    "function-references" "ref-func" "A reference that is never null" "(core module (func (param (ref func))))";
    "exceptions" "tag" "An exception's tag" "(core module (tag))";
    "exceptions" "try-table" "Catches any exception" "(core module (func (block $b (try_table (catch_all $b)))))";
    "exceptions" "exnref" "A reference to an exception" "(core module (func (param exnref)))";
    "legacy-exceptions" "try" "Catches any exception, in the older way"
        "(core module (func try catch_all end))";
    "threads" "shared-memory" "A memory to be shared between threads" "(core module (memory 1 1 shared))";
    "threads" "atomic" "An atomic load"
        "(core module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))";
    "threads" "fence" "A fence between threads" "(core module (func (atomic.fence)))";
    "shared-everything-threads" "shared-global" "A global to be shared between threads"
        "(core module (global (shared i32) (i32.const 0)))";
    "stack-switching" "continuation" "A continuation" "(core module (type $f (func)) (type (cont $f)))";
    "relaxed-simd" "relaxed" "A multiplication that each processor rounds as it likes"
        "(core module (func (param v128) (result v128)
            (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0))))";
    "memory64" "memory64" "A memory with addresses of 64 bits" "(core module (memory i64 1))";
    "memory64" "table64" "A table with indices of 64 bits" "(core module (table i64 1 funcref))";
    "wide-arithmetic" "add128" "An addition of 128 bits"
        "(core module (func (param i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0))))";
    "custom-page-sizes" "pages" "A memory with pages of a byte" "(core module (memory 1 (pagesize 1)))";
    "memory-control" "discard" "Gives a page back"
        "(core module (memory 1) (func (memory.discard (i32.const 0) (i32.const 0))))";
    "custom-descriptors" "exact" "A reference to exactly one type" "(core module (type $f (func)) (func (param (ref (exact $f)))))";
    "compact-imports" "imports" "Two imports that name their module once"
        "(core module (import \"m\" (item \"a\" (func)) (item \"b\" (func))))";
    "cm-async" "future" "A future" "(type (future))";
    "cm-async" "stream" "A stream" "(type (stream u8))";
    "cm-async" "async-func" "An async function" "(import \"f\" (func async))";
    "cm-async" "waitable-set" "A set of what can be waited for" "(core func (canon waitable-set.new))";
    "cm-error-context" "error-context" "The context of an error" "(type error-context)";
    "cm-threading" "thread" "The number of a thread" "(core func (canon thread.index))";
    "cm-values" "value" "A value that is imported" "(import \"v\" (value string))";
    "cm-fixed-length-lists" "four" "A list of four" "(type (list u8 4))";
    "cm-map" "map" "A map" "(type (map string u32))";
    "cm64" "resource64" "A resource that 64 bits stand for" "(type (resource (rep i64)))";
    "cm-implements" "implements" "An import that says which interface it is"
        "(import \"x\" (implements \"a:b/c\") (instance))";
};

/// Those that are off and that no component fails by the name of, and why.
pub static PROPOSALS_WITHOUT_SAMPLE: &[(&str, &str)] = &[
    ("cm-async-stackful", "an async lift is refused as cm-async before"),
    ("cm-more-async-builtins", "each is refused as cm-async before"),
    ("cm-gc", "its types are refused as gc before"),
    ("cm-canon-names", "it is refused as cm-implements before"),
    ("cm-nested-names", "the validator takes such a name for a wrong one"),
];
