//! Inputs for the oracles: the files of a corpus, and what a seed makes of them and of nothing.

use std::fs;

use transferhost_tests::root;

/// How many inputs to make, where the environment does not say.
pub(crate) fn count(usual: usize) -> usize {
    std::env::var("TRANSFERHOST_TEST_INPUTS").map_or(usual, |text| {
        text.parse()
            .unwrap_or_else(|error| panic!("TRANSFERHOST_TEST_INPUTS={text} is no number: {error}"))
    })
}

/// The corpus of a target, in git, by the names of its files.
pub(crate) fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = root().join("host/fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()));
    let mut paths: Vec<_> = files
        .map(|file| file.expect("the folder can be listed").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
        .iter()
        .map(|path| fs::read(path).expect("a corpus can be read"))
        .collect()
}

/// Random bytes, fewer than so many.
pub(crate) fn bytes(random: &mut fastrand::Rng, below: usize) -> Vec<u8> {
    let length = random.usize(..below);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}
