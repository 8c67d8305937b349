//! Random sets of callbacks, the same ones again where the seed is given.

use transferhost::Callback;

/// The environment variable that has the seed; without it each run has another.
const SEED: &str = "TRANSFERHOST_TEST_SEED";

/// So many sets that are not empty, each as `--callback` takes it, in any order.
pub(crate) fn random_subsets(count: usize) -> Vec<String> {
    let seed = match std::env::var(SEED) {
        Ok(given) => given.parse().expect("a seed is a number"),
        Err(_) => fastrand::u64(..),
    };
    // Shown where the test fails.
    println!("the random callbacks come again with {SEED}={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let subset = |_| {
        let mut names = Callback::ALL.map(Callback::name).to_vec();
        random.shuffle(&mut names);
        names.truncate(random.usize(1..=names.len()));
        names.join(",")
    };
    (0..count).map(subset).collect()
}
