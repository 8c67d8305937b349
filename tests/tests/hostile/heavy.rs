//! Components that are large, many or deep: what loading them takes is bounded before it is taken.

use transferhost::Callback;

use crate::attacks::File;
use crate::made::Core;

const WRITE: &[Callback] = &[Callback::Write];

pub(crate) fn all() -> Vec<File> {
    let component = |has: &str| {
        Core {
            callbacks: WRITE,
            has,
            ..Core::default()
        }
        .component()
    };
    let text = |text: String| wat::parse_str(&text).expect("a component's text");
    let module = |functions: &str| text(format!("(component (core module {functions}))"));
    let branches = |locals: usize| {
        let branch = |n| format!("(if (local.get {0}) (then (local.set {0} (i32.const 1))))", n % locals);
        let branches: String = (0..30_000).map(branch).collect();
        module(&format!("(func (local {}) {branches})", "i32 ".repeat(locals)))
    };
    let locals = format!("(func (local {}))", "i64 ".repeat(50_000)).repeat(21);
    let empty = text("(component)".to_owned());
    let deep = (0..100).fold(empty.clone(), |inner, _| {
        [&empty, section(4, &inner).as_slice()].concat()
    });
    let lists = (1..200).map(|n| format!("(type $t{n} (list $t{}))", n - 1));
    let lists: String = lists.collect();
    let instances = "(core instance (instantiate $m))".repeat(101);
    let name = "n".repeat(90_000);
    vec![
        (
            "largest",
            "wasm",
            "63 MiB, nearly all of which nothing reads",
            padded(component(""), 63 << 20),
        ),
        ("larger", "wasm", "65 MiB", padded(component(""), 65 << 20)),
        (
            "huge-memory",
            "wasm",
            "Has a memory of 100 MiB from the beginning",
            component("(memory $huge 1600)"),
        ),
        (
            "crowded",
            "wasm",
            "101 core instances",
            text(format!("(component (core module $m) {instances})")),
        ),
        (
            "functions",
            "wasm",
            "100,001 functions that nothing makes an instance of",
            module(&"(func)".repeat(100_001)),
        ),
        (
            "locals",
            "wasm",
            "21 functions with 50,000 local variables each",
            module(&locals),
        ),
        (
            "branches",
            "wasm",
            "A function of 30,000 branches over 1,000 local variables",
            branches(1_000),
        ),
        (
            "long-function",
            "wasm",
            "A function of 1 MiB",
            module(&format!("(func {})", "nop ".repeat(1 << 20))),
        ),
        (
            "long-text",
            "wat",
            "A text of 1 MiB",
            format!("(component {})", " ".repeat(1 << 20)).into_bytes(),
        ),
        (
            "deep-components",
            "wasm",
            "Components 101 levels deep in each other",
            deep,
        ),
        (
            "deep-types",
            "wasm",
            "A list of a list, 200 times",
            text(format!("(component (type $t0 (list u8)) {lists})")),
        ),
        (
            "wide-type",
            "wasm",
            "A tuple of 100,000",
            text(format!("(component (type (tuple {})))", "u8 ".repeat(100_000))),
        ),
        (
            "long-name",
            "wasm",
            "An export of transferhost's whose name has 90 KB",
            text(format!(
                "(component (instance $i) (export \"transferhost:callbacks/{name}@0.1.0\" (instance $i)))"
            )),
        ),
        (
            "async-export",
            "wasm",
            "A `write` that is lifted as an async function",
            text(
                "(component (core module $m (func (export \"f\") unreachable)) (core instance $i (instantiate $m))
                (func $f (canon lift (core func $i \"f\") async)) (instance $write (export \"on-write\" (func $f)))
                (export \"transferhost:callbacks/write@0.1.0\" (instance $write)))"
                    .to_owned(),
            ),
        ),
    ]
}

/// With a custom section that makes it so many bytes long, nearly.
fn padded(component: Vec<u8>, bytes: usize) -> Vec<u8> {
    // Its name is empty.
    let nothing = vec![0; bytes - component.len() - 16];
    [component, section(0, &nothing)].concat()
}

/// A section of a binary: its number, its length, its content.
fn section(number: u8, content: &[u8]) -> Vec<u8> {
    let mut section = vec![number];
    let mut length = content.len();
    while length >= 0x80 {
        section.push(length as u8 | 0x80);
        length >>= 7;
    }
    section.push(length as u8);
    section.extend(content);
    section
}
