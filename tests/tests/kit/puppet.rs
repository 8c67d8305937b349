//! Plugins that are a few lines of WebAssembly text: for what a test wants to happen in one call and not in the next.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A callback's interface, as far as a puppet exports it.
struct Shape {
    name: &'static str,
    /// The function's parameters; `TYPE` stands for the interface's own type, where it has one.
    params: &'static str,
    /// The same of the core function. Each body also has the local `$i`.
    core: &'static str,
    /// What a success holds.
    answer: &'static str,
    /// The interface's own type: its name, and what it is.
    own: Option<(&'static str, &'static str)>,
}

const SHAPES: [Shape; 9] = [
    Shape {
        name: "debug",
        params: r#"(param "infotype" TYPE) (param "data" (list u8))"#,
        core: "(param $infotype i32) (param $at i32) (param $len i32)",
        answer: "",
        own: Some((
            "infotype",
            r#"(enum "text" "header-in" "header-out" "data-in" "data-out" "ssl-data-in" "ssl-data-out")"#,
        )),
    },
    Shape {
        name: "read",
        params: r#"(param "max" u32)"#,
        core: "(param $max i32)",
        answer: "TYPE",
        own: Some((
            "action",
            r#"(variant (case "pass") (case "data" (list u8)) (case "eof") (case "pause" u32))"#,
        )),
    },
    Shape {
        name: "seek",
        params: r#"(param "offset" u64)"#,
        core: "(param $offset i64)",
        answer: "TYPE",
        own: Some(("action", r#"(enum "ok" "fail" "cant-seek")"#)),
    },
    Shape {
        name: "xferinfo",
        params: r#"(param "dltotal" u64) (param "dlnow" u64) (param "ultotal" u64) (param "ulnow" u64)"#,
        core: "(param $dltotal i64) (param $dlnow i64) (param $ultotal i64) (param $ulnow i64)",
        answer: "",
        own: None,
    },
    Shape {
        name: "progress",
        params: r#"(param "dltotal" f64) (param "dlnow" f64) (param "ultotal" f64) (param "ulnow" f64)"#,
        core: "(param $dltotal f64) (param $dlnow f64) (param $ultotal f64) (param $ulnow f64)",
        answer: "",
        own: None,
    },
    Shape {
        name: "header",
        params: r#"(param "line" (list u8))"#,
        core: "(param $at i32) (param $len i32)",
        answer: "TYPE",
        own: Some((
            "action",
            r#"(variant (case "deliver") (case "replace" (list u8)) (case "drop") (case "pause" u32))"#,
        )),
    },
    Shape {
        name: "redirect",
        params: r#"(param "status" u16) (param "source" string) (param "target" string)"#,
        core: "(param $status i32) (param $source i32) (param $source-len i32) (param $target i32) (param $target-len i32)",
        answer: "TYPE",
        own: Some(("action", r#"(enum "follow" "finish")"#)),
    },
    Shape {
        name: "write",
        params: r#"(param "chunk" (list u8))"#,
        core: "(param $at i32) (param $len i32)",
        answer: "TYPE",
        own: Some((
            "action",
            r#"(variant (case "deliver") (case "replace" (list u8)) (case "finish" u32) (case "pause" u32))"#,
        )),
    },
    Shape {
        name: "write-end",
        params: "",
        core: "",
        answer: "(list u8)",
        own: None,
    },
];

/// What every puppet has. A body may count in `$n`, which begins at 0, and answers with one of these functions.
const CORE: &str = r#"
    (memory (export "memory") 8)
    (global $n (mut i32) (i32.const 0))
    (global $free (mut i32) (i32.const 65536))
    (data (i32.const 1024) "no")
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $free))
      (global.set $free (i32.add (global.get $free) (local.get $size)))
      local.get $at)
    ;; What is at 0 is all zeros: ok, and where there are cases the first.
    (func $ok (result i32)
      i32.const 0)
    ;; ok, with this case and this number.
    (func $case (param $case i32) (param $number i32) (result i32)
      (i32.store8 (i32.const 20) (local.get $case))
      (i32.store (i32.const 24) (local.get $number))
      i32.const 16)
    ;; ok, with this case and these bytes.
    (func $bytes (param $case i32) (param $at i32) (param $len i32) (result i32)
      (i32.store (i32.const 28) (local.get $len))
      (call $case (local.get $case) (local.get $at)))
    ;; An abort with these words.
    (func $says (param $at i32) (param $len i32) (result i32)
      (i32.store8 (i32.const 48) (i32.const 1))
      (i32.store (i32.const 52) (local.get $at))
      (i32.store (i32.const 56) (local.get $len))
      i32.const 48)
    (func $no (result i32)
      (call $says (i32.const 1024) (i32.const 2)))
    (func $next (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      global.get $n)
"#;

/// A plugin's file, for as long as it lives.
pub(crate) struct Puppet {
    path: PathBuf,
    _folder: TempDir,
}

impl Puppet {
    /// Exports these callbacks, each with a body that leaves its answer's address.
    pub(crate) fn new(callbacks: &[(&str, &str)]) -> Self {
        let shape = |name: &str| {
            let found = SHAPES.iter().find(|shape| shape.name == name);
            found.unwrap_or_else(|| panic!("no puppet has {name}"))
        };
        let core: String = callbacks
            .iter()
            .map(|(name, body)| shape(name).function(body))
            .collect();
        let exports: String = callbacks.iter().map(|(name, _)| shape(name).export()).collect();
        let text = format!(
            "(component\n  (core module $m {CORE} {core})\n  (core instance $i (instantiate $m))\n  \
             (alias core export $i \"memory\" (core memory $memory))\n  \
             (alias core export $i \"cabi_realloc\" (core func $realloc))\n{exports})\n"
        );
        let folder = TempDir::with_prefix("transferhost-puppet-").expect("there is room for a file");
        let path = folder.path().join("puppet.wat");
        fs::write(&path, text).expect("there is room for a file");
        Self { path, _folder: folder }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Shape {
    /// In the core module. What the host put into memory for a call is forgotten at the next.
    fn function(&self, body: &str) -> String {
        let Self { name, core, .. } = self;
        format!(
            "(func (export \"on-{name}\") {core} (result i32) (local $i i32)\n\
             (global.set $free (i32.const 65536))\n{body})\n"
        )
    }

    /// In the component. Types must be exported beside the function that uses them: what the inner component is for.
    fn export(&self) -> String {
        let Self {
            name,
            params,
            answer,
            own,
            ..
        } = self;
        let of = |given: &str| {
            let named = |text: &str| text.replace("TYPE", given);
            format!("{} (result (result {} (error string)))", named(params), named(answer))
        };
        let (outer, inner, exported, with) = match own {
            Some((own, what)) => (
                format!("(type ${name}-type {what})"),
                format!("(type $t {what}) (import \"{own}\" (type $in (eq $t)))"),
                format!("(export $out \"{own}\" (type $t))"),
                format!("(with \"{own}\" (type ${name}-type))"),
            ),
            None => Default::default(),
        };
        format!(
            r#"  {outer}
  (func $on-{name} {lifted} (canon lift (core func $i "on-{name}") (memory $memory) (realloc $realloc)))
  (component $c-{name}
    {inner}
    (import "f" (func $f {imported}))
    {exported}
    (export "on-{name}" (func $f) (func {again})))
  (instance ${name} (instantiate $c-{name} {with} (with "f" (func $on-{name}))))
  (export "transferhost:callbacks/{name}@0.1.0" (instance ${name}))
"#,
            lifted = of(&format!("${name}-type")),
            imported = of("$in"),
            again = of("$out"),
        )
    }
}
