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

#[test]
fn a_line_is_a_job_or_a_sentence_and_takes_no_more_than_its_share() {
    every("job", 20_000, transferhost::testing::job);
}

/// What is long is no reason to take long: each of these once took time by its square, or memory many times its length.
#[test]
fn long_lines_take_their_share() {
    const LONG: usize = 64 << 10;
    let fill = |text: &str, room: usize| text.repeat((LONG - room) / text.len());
    let url = "\"url\":\"http://h/\"";
    for line in [
        format!("{{{url},\"limits\":{{\"{}\":1}}}}", fill("A", 60)),
        format!("{{{url},\"limits\":{{{}\"z\":1}}}}", fill("\"fule\":1,", 60)),
        format!("{{{url},\"{}\":1}}", fill("A", 60)),
        format!("{{{url},{}\"ulr\":1}}", fill("\"ulr\":1,", 60)),
        format!("{{{url},{}\"id\":1}}", fill("\"id\":1,", 60)),
        format!("{{\"tenant\":\"{}\",{url}}}", fill("t", 60)),
        format!("{{\"id\":\"{}\",{url}}}", fill("\\u0001", 60)),
        format!("{{{url},\"set\":{{{}\"z\":\"\"}}}}", fill("\"k\":\"\",", 60)),
        format!("{{{url},\"set\":{}{}}}", fill("[", LONG / 2), fill("]", LONG / 2)),
        format!("{{{url},\"headers\":[{}\"A: b\"]}}", fill("\"A: b\",", 60)),
        format!("{{{url},\"headers\":{{{}\"A\":\"b\"}}}}", fill("\"A\":[\"b\"],", 60)),
        format!("{{{url},\"follow\":\"{}\"}}", fill("\u{202e}", 60)),
        format!("{{{url},\"body\":\"{}\"}}", fill("\\ud83d\\ude00", 60)),
        format!("{{{url},\"limits\":{{\"fuel\":{}}}}}", fill("9", 60)),
        format!("{{{url},\"limits\":{{\"fuel\":0.{}}}}}", fill("9", 60)),
        format!("{{\"url\":\"{}\"}}", fill("\\u0000", 60)),
        format!("{{{url},\"headers\":[\"{}\"]}}", fill("\u{202e}", 60)),
        format!("{{{url},\"headers\":\"{}\"}}", fill("A", 60)),
        format!("{{{url},\"set\":\"{}\"}}", fill("A", 60)),
        format!("{{{url},\"set\":{{\"a\":\"{}\"}}}}", fill("A", 60)),
        format!("{{{url},\"output\":\"../{}\"}}", "\u{202e}".repeat(1_300)),
        fill("[", 0),
        fill("{\"a\":", 0),
        fill("[{},", 0),
        fill(" ", 0),
        fill("\"", 0),
        fill("\u{1b}", 0),
        fill("{}\n", 0),
        fill("\n", 0),
        fill(" \t\n", 0),
        "x".repeat(3 * LONG),
    ] {
        transferhost::testing::job(line.as_bytes()).unwrap_or_else(|error| panic!("{error}, of {line:.80}"));
    }
}

/// Tries the corpus of a target, and so many inputs more.
fn every(target: &str, usual: usize, oracle: impl Fn(&[u8]) -> anyhow::Result<()>) {
    for input in inputs(target, count(usual)) {
        if let Err(error) = oracle(&input) {
            panic!("{target}: {error}, of {:?}", input.escape_ascii().to_string());
        }
    }
}
