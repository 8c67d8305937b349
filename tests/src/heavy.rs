//! Plugins that take the compiler much, out of all proportion to their size.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// A plugin in a folder of its own, which goes with it.
pub struct Heavy {
    path: PathBuf,
    _folder: TempDir,
}

impl Heavy {
    /// A plugin that decides `write` and delivers. Beside it stands a function of so many branches to a block of 1,000
    /// results: 3,000 take some 30 s to compile, 200,000 more than 10 GiB.
    ///
    /// `name` is its file's, and makes it a plugin that nothing has compiled before.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn branches(name: &str, branches: usize) -> Heavy {
        const RESULTS: usize = 1_000;
        let types = "i32 ".repeat(RESULTS);
        let drops = "drop ".repeat(RESULTS);
        let branch = "local.get 0 br_if 0 ";
        // Two sets of values reach the end of the block, so that it keeps its parameters.
        let heavy = format!(
            "(core module $heavy (type $many (func (result {types}))) (func $give (type $many) {values})
               (func (param i32) (block (type $many) call $give {branch} {drops} call $give {branches}) {drops}))",
            values = "i32.const 0 ".repeat(RESULTS),
            branches = branch.repeat(branches),
        );
        Heavy::of(name, &heavy)
    }

    /// A plugin that decides `write` and delivers. Beside it stand so many components that each call all of so many others
    /// with a value of 25,000 fields: an adapter for each pair, which lifts and lowers every field. 24 by 12 become 356 MB
    /// of code.
    ///
    /// # Panics
    /// As [`Heavy::branches`].
    pub fn adapters(name: &str, called: usize, calling: usize) -> Heavy {
        const TUPLES: usize = 25;
        let mut text = String::new();
        for tuple in 0..TUPLES {
            // Told apart by the widths of their first fields.
            let width = |bit: usize| if tuple >> bit & 1 == 1 { "u16 " } else { "u8 " };
            let first: String = (0..12).map(width).collect();
            text += &format!("(type $t{tuple} (tuple {first}{}))\n", "u8 ".repeat(988));
        }
        let each = |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<String>();
        text += &format!("(type $T (tuple {}))\n", each(TUPLES, &|at| format!("$t{at} ")));
        text += r#"(component $A
            (alias outer 1 $T (type $T))
            (core module $m (memory (export "memory") 1)
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0) (func (export "f") (param i32)))
            (core instance $i (instantiate $m))
            (alias core export $i "memory" (core memory $mem)) (alias core export $i "cabi_realloc" (core func $re))
            (func (export "f") (param "x" $T) (canon lift (core func $i "f") (memory $mem) (realloc $re))))
        "#;
        let imports = each(called, &|at| {
            format!("(import \"f{at}\" (func $f{at} (param \"x\" $T)))")
        });
        let lowered = each(called, &|at| {
            format!("(core func $g{at} (canon lower (func $f{at}) (memory $mem)))")
        });
        let wanted = each(called, &|at| format!("(import \"\" \"f{at}\" (func (param i32)))"));
        let given = each(called, &|at| format!("(export \"f{at}\" (func $g{at}))"));
        text += &format!(
            "(component $B (alias outer 1 $T (type $T)) {imports}
              (core module $l (memory (export \"memory\") 1)) (core instance $l (instantiate $l))
              (alias core export $l \"memory\" (core memory $mem)) {lowered} (core module $n {wanted})
              (core instance (instantiate $n (with \"\" (instance {given})))))\n"
        );
        text += &each(called, &|at| format!("(instance $a{at} (instantiate $A))\n"));
        let with = each(called, &|at| format!("(with \"f{at}\" (func $a{at} \"f\"))"));
        text += &format!("(instance (instantiate $B {with}))\n").repeat(calling);
        Heavy::of(name, &text)
    }

    /// A plugin that decides `write` and delivers. This text of definitions stands beside it.
    ///
    /// # Panics
    /// As [`Heavy::branches`].
    pub fn beside(name: &str, text: &str) -> Heavy {
        Heavy::of(name, text)
    }

    /// A plugin that decides `write` and delivers, and is quickly compiled.
    ///
    /// # Panics
    /// As [`Heavy::branches`].
    pub fn light(name: &str) -> Heavy {
        Heavy::of(name, "")
    }

    fn of(name: &str, module: &str) -> Heavy {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join(name);
        let text = include_str!("../tests/guards/one-write.wat")
            .replace("@NAME@", "on-write")
            .replace("@BODY@", "i32.const 0")
            .replacen("(core module $m", &format!("{module}\n(core module $m"), 1);
        let binary = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
        // The name of its folder makes it one of a kind.
        let unique = [&binary[..], &custom(&folder.path().to_string_lossy())].concat();
        fs::write(&path, unique).expect("the folder can be written");
        Heavy { path, _folder: folder }
    }

    /// Its file.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }
}

/// A custom section of this content, which must be short.
fn custom(content: &str) -> Vec<u8> {
    let mut section = vec![0, u8::try_from(content.len() + 2).expect("a short text"), 1, b'u'];
    section.extend_from_slice(content.as_bytes());
    section
}
