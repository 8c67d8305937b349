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

/// The corpus, then so many inputs: random bytes, and files of the corpus with some bytes changed, cut out or put in.
pub(crate) fn inputs(target: &str, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let corpus = corpus(target);
    let mut random = fastrand::Rng::with_seed(7);
    let made = {
        let corpus = corpus.clone();
        (0..count).map(move |_| match random.bool() {
            true => bytes(&mut random, 512),
            false => changed(corpus[random.usize(..corpus.len())].clone(), &mut random),
        })
    };
    corpus.into_iter().chain(made)
}

/// Random bytes, fewer than so many.
pub(crate) fn bytes(random: &mut fastrand::Rng, below: usize) -> Vec<u8> {
    let length = random.usize(..below);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

fn changed(mut bytes: Vec<u8>, random: &mut fastrand::Rng) -> Vec<u8> {
    for _ in 0..random.usize(1..8) {
        let at = random.usize(..=bytes.len());
        match random.u8(..4) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes.insert(at, random.u8(..)),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
        }
    }
    bytes
}
