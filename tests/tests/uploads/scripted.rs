//! Plugins of `read`, `seek` and `ioctl` whose every answer a test writes, for what no sensible plugin would answer.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A plugin's file, for as long as it lives.
pub(crate) struct Scripted {
    path: PathBuf,
    _folder: TempDir,
}

/// An answer of `read`: the body, four bytes at a time where as many are asked for, and its end.
pub(crate) const ALL: &str = "(if (result i32) (i32.lt_u (global.get $at) (global.get $size))
    (then (call $send (select (i32.const 4) (local.get $max) (i32.lt_u (i32.const 4) (local.get $max)))))
    (else (call $eof)))";

/// One interface: its name, its types, its parameter, and what that is in the core module.
struct Interface {
    name: &'static str,
    types: &'static [(&'static str, &'static str)],
    parameter: &'static str,
    core: &'static str,
}

const INTERFACES: [Interface; 3] = [
    Interface {
        name: "read",
        types: &[(
            "action",
            r#"(variant (case "pass") (case "data" (list u8)) (case "eof") (case "pause" u32))"#,
        )],
        parameter: r#""max" u32"#,
        core: "(param $max i32)",
    },
    Interface {
        name: "seek",
        types: &[("action", r#"(enum "ok" "fail" "cant-seek")"#)],
        parameter: r#""offset" u64"#,
        core: "(param $offset i64)",
    },
    Interface {
        name: "ioctl",
        types: &[
            ("cmd", r#"(enum "nop" "restart-read")"#),
            ("action", r#"(enum "ok" "unknown-cmd" "fail-restart")"#),
        ],
        parameter: r#""cmd" $cmd@"#,
        core: "(param $cmd i32)",
    },
];

impl Scripted {
    /// A plugin of these interfaces and their answers, whose body is `body`. An answer is an expression that calls
    /// `$pass`, `$send` (the next so many bytes of the body), `$data` (so many bytes from its beginning), `$eof`,
    /// `$pause`, `$verdict` (the number of a case of `seek` or `ioctl`) or `$abort`; the parameter is a local,
    /// `$at` how far the body was sent, `$size` its size, and `$calls` how often `read` was called, this time included.
    pub(crate) fn new(body: &[u8], answers: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("transferhost-scripted-").unwrap();
        let path = folder.path().join("scripted.wat");
        let interfaces: Vec<_> = answers
            .iter()
            .map(|(name, answer)| {
                let interface = INTERFACES.iter().find(|it| it.name == *name);
                (interface.expect("an interface of uploads"), *answer)
            })
            .collect();
        let functions: String = interfaces.iter().map(|(it, answer)| it.function(answer)).collect();
        let exports: String = interfaces.iter().map(|(it, _)| it.export()).collect();
        let escaped: String = body.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let text = include_str!("scripted.wat")
            .replace("@BODY@", &escaped)
            .replace("@SIZE@", &body.len().to_string())
            .replace("@FUNCTIONS@", &functions)
            .replace("@EXPORTS@", &exports);
        fs::write(&path, text).unwrap();
        Self { path, _folder: folder }
    }

    /// A plugin of `read` alone.
    pub(crate) fn read(body: &[u8], answer: &str) -> Self {
        Self::new(body, &[("read", answer)])
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Interface {
    fn function(&self, answer: &str) -> String {
        let count = if self.name == "read" { "(call $count)" } else { "" };
        format!(
            "(func (export \"on-{}\") {} (result i32) {count} {answer})\n",
            self.name, self.core
        )
    }

    /// The function's type, with this at the end of each type's name.
    fn signature(&self, suffix: &str) -> String {
        let parameter = self.parameter.replace('@', suffix);
        format!("(param {parameter}) (result (result $action{suffix} (error string)))")
    }

    fn export(&self) -> String {
        let name = self.name;
        let each = |line: &dyn Fn(&str, &str) -> String| -> String {
            self.types
                .iter()
                .map(|(name, definition)| line(name, definition))
                .collect()
        };
        let defined = each(&|it, is| format!("(type ${it}-{name} {is})\n"));
        // Types must be exported beside the function that uses them: what the inner component is for.
        let imported = each(&|it, is| format!("(type ${it}' {is}) (import \"{it}\" (type ${it}-in (eq ${it}')))\n"));
        let exported = each(&|it, _| format!("(export ${it}-out \"{it}\" (type ${it}'))\n"));
        let given = each(&|it, _| format!("(with \"{it}\" (type ${it}-{name}))"));
        let (outer, inner) = (self.signature(&format!("-{name}")), self.signature("-in"));
        let out = self.signature("-out").replace("(error string)", "(error $abort)");
        format!(
            "{defined}
            (func $on-{name} {outer}
              (canon lift (core func $i \"on-{name}\") (memory $memory) (realloc $cabi_realloc)))
            (component $interface-{name}
              {imported}
              (import \"on-{name}\" (func $in {inner}))
              (type $string string)
              (export $abort \"abort\" (type $string))
              {exported}
              (export \"on-{name}\" (func $in) (func {out})))
            (instance $exported-{name} (instantiate $interface-{name} {given} (with \"on-{name}\" (func $on-{name}))))
            (export \"transferhost:callbacks/{name}@0.1.0\" (instance $exported-{name}))\n"
        )
    }
}
