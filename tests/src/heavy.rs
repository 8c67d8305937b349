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
