//! All attacks there are: the folder is read, so that none is forgotten, and broken files are made.

use std::fs;
use std::path::{Path, PathBuf};

use transferhost::Callback;
use transferhost::testing::PROPOSAL_SAMPLES;
use transferhost_tests::{guests, root};

use crate::expected::{self, Expected};
use crate::{heavy, lent};

/// One attack.
pub(crate) struct Attack {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// What it does, in a sentence of its own file.
    pub(crate) what: String,
    pub(crate) expected: Expected,
    /// What it is told to do, where it can do several things.
    pub(crate) told: Option<&'static str>,
    /// The one callback that is left to it, where it exports them all.
    pub(crate) only: Option<Callback>,
}

impl Attack {
    /// What the guest reads of it.
    pub(crate) fn settings(&self) -> Option<(String, String)> {
        self.told.map(|attack| ("attack".to_owned(), attack.to_owned()))
    }

    /// The callbacks that are taken from it.
    pub(crate) fn without(&self) -> impl Iterator<Item = Callback> {
        let only = self.only;
        let others = Callback::ALL.into_iter();
        others.filter(move |callback| only.is_some_and(|only| only != *callback))
    }
}

/// Every attack of `guest-examples/hostile`, and files that are made for the test, which are put into `folder`: those that
/// are no plugins at all, those that are too heavy, and those that no compiler writes.
///
/// # Panics
/// Where one has no expectation: then write one, in `expected.rs`.
pub(crate) fn all(folder: &Path) -> Vec<Attack> {
    let hostile = root().join("guest-examples/hostile");
    let mut attacks = Vec::new();
    for (source, name) in files(&hostile.join("examples"), "rs") {
        // It has a table of its own.
        if name == "anywhere" {
            continue;
        }
        attacks.push(attack(&name, guests::hostile(&name), sentence(&source, "//!")));
    }
    for (source, name) in files(&hostile.join("wat"), "wat") {
        attacks.push(attack(&name, source.clone(), sentence(&source, ";;")));
    }
    let made = broken().into_iter().chain(lent::all()).chain(heavy::all());
    for (name, extension, what, bytes) in made.chain(proposals()) {
        let path = folder.join(format!("{name}.{extension}"));
        fs::write(&path, bytes).expect("a temporary folder can be written");
        attacks.push(attack(name, path, what.to_owned()));
    }
    attacks
}

fn attack(name: &str, path: PathBuf, what: String) -> Attack {
    let expected =
        expected::of(name).unwrap_or_else(|| panic!("nothing is expected of {name}: say what in expected.rs"));
    Attack {
        name: name.to_owned(),
        path,
        what,
        expected,
        told: None,
        only: None,
    }
}

/// The files of a folder with this extension, by name, in order.
fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a folder's entry").path())
        .map(|path| {
            assert!(
                path.extension().is_some_and(|it| it == extension),
                "{} is not an attack",
                path.display()
            );
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (path, name)
        })
        .collect();
    files.sort_by(|one, other| one.1.cmp(&other.1));
    files
}

/// The first sentence of the comment that a file begins with.
fn sentence(source: &Path, mark: &str) -> String {
    let text = fs::read_to_string(source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let lines = text.lines().map_while(|line| line.strip_prefix(mark)).map(str::trim);
    let comment = lines.collect::<Vec<_>>().join(" ");
    comment
        .split_once(". ")
        .map_or(comment.trim_end_matches('.'), |(first, _)| first)
        .to_owned()
}

/// A file that is made for the test: its name, its extension, what it does, and its bytes.
pub(crate) type File = (&'static str, &'static str, &'static str, Vec<u8>);

/// Files that are no plugins.
fn broken() -> Vec<File> {
    let sound = fs::read(guests::guest("pass")).expect("the guest was just built");
    // Always the same bytes, and none of them what WebAssembly or its text begins with.
    let noise = (1_u32..=4096).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80);
    vec![
        ("empty", "wasm", "An empty file", Vec::new()),
        ("garbage", "wasm", "4 KiB of noise", noise.collect()),
        (
            "cut-short",
            "wasm",
            "The first 6 bytes of a component",
            sound[..6].to_vec(),
        ),
        (
            "bare-header",
            "wasm",
            "The header of a component, then noise",
            [&sound[..8], &[0xff; 64]].concat(),
        ),
        (
            "truncated",
            "wasm",
            "The first half of a component",
            sound[..sound.len() / 2].to_vec(),
        ),
        (
            "broken-text",
            "wat",
            "The text of a component that is not closed",
            b"(component\n  (core module".to_vec(),
        ),
    ]
}

/// Files that use a proposal of WebAssembly that is off.
fn proposals() -> impl Iterator<Item = File> {
    PROPOSAL_SAMPLES
        .iter()
        .map(|sample| (sample.name, "wat", sample.what, sample.text.as_bytes().to_vec()))
}
