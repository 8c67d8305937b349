//! What the fuzzers of `host/fuzz` look for, looked for here too: their oracles over the corpora in git, and over
//! generated inputs that are the same in each run; `TRANSFERHOST_TEST_INPUTS` says how many, where those of CI are not
//! enough.

#[path = "oracles/address.rs"]
mod address;
#[path = "oracles/inputs.rs"]
mod inputs;

use inputs::{corpus, count};

#[test]
fn addresses_are_what_python_knows_of_them() {
    address::agrees(corpus("address"), count(10_000));
}
