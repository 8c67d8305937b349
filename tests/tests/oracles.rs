//! What the fuzzers of `host/fuzz` look for, looked for here too: their oracles over the corpora in git, and over
//! generated inputs that are the same in each run; `TRANSFERHOST_TEST_INPUTS` says how many, where those of CI are not
//! enough.

#[path = "oracles/address.rs"]
mod address;
#[path = "oracles/inputs.rs"]
mod inputs;

use inputs::{corpus, count, inputs};

#[test]
fn addresses_are_what_python_knows_of_them() {
    address::agrees(corpus("address"), count(10_000));
}

#[test]
fn an_outcome_is_one_line_whatever_words_it_holds() {
    every("outcome", 20_000, transferhost::testing::outcome);
}

#[test]
fn header_lines_are_what_they_say() {
    every("header", 20_000, transferhost::testing::header);
}

#[test]
fn a_requests_header_is_one_field_or_refused() {
    every("request_header", 20_000, transferhost::testing::request_header);
}

#[test]
fn whatever_is_loaded_is_a_plugin_or_a_sentence() {
    every("load", 3_000, transferhost::testing::load);
}

#[test]
fn each_network_of_a_policy_file_holds() {
    every("policy", 10_000, transferhost::testing::policy);
}

#[test]
fn a_long_name_makes_no_long_sentence() {
    let name = "n".repeat(60_000);
    for text in [
        format!("(component (import \"transferhost:callbacks/{name}@0.1.0\" (instance)))"),
        format!("(component (import \"other:package/{name}\" (instance)))"),
        format!("(component (export \"e\" (func ${name})))"),
    ] {
        transferhost::testing::load(text.as_bytes()).unwrap();
    }
}

#[test]
fn the_first_cause_stays_and_nothing_happens_after_it() {
    every("sequence", 6_000, transferhost::testing::sequence);
}

/// Tries the corpus of a target, and so many inputs more.
fn every(target: &str, usual: usize, oracle: impl Fn(&[u8]) -> anyhow::Result<()>) {
    for input in inputs(target, count(usual)) {
        if let Err(error) = oracle(&input) {
            panic!("{target}: {error}, of {:?}", input.escape_ascii().to_string());
        }
    }
}
