//! Python's `ipaddress`, which is asked about all addresses at once.

use std::collections::HashMap;
use std::io::{Seek as _, Write as _};
use std::net::IpAddr;
use std::process::{Command, Stdio};

use transferhost::testing::AddressCase;

/// What Python says of an address.
struct Answer {
    global: bool,
    embedded: Vec<IpAddr>,
}

/// Compares us with Python over these inputs and so many generated ones.
pub(crate) fn agrees(corpus: Vec<Vec<u8>>, count: usize) {
    let mut random = fastrand::Rng::with_seed(7);
    let made = (0..count).map(|_| super::inputs::bytes(&mut random, 128));
    let cases: Vec<_> = corpus
        .into_iter()
        .chain(made)
        .map(|bytes| AddressCase::read(&bytes))
        .collect();
    let mut asked: Vec<IpAddr> = cases.iter().flat_map(AddressCase::asks).collect();
    asked.sort_unstable();
    asked.dedup();
    let answers: HashMap<IpAddr, Answer> = asked.iter().copied().zip(python(&asked)).collect();
    for case in &cases {
        let asks = case.asks();
        for inner in &answers[&asks[0]].embedded {
            assert!(
                asks.contains(inner),
                "Python finds {inner} in {case:?}, the oracle does not"
            );
        }
        if let Err(error) = case.check(&|ip| answers[&ip].global) {
            panic!("{error}");
        }
    }
}

fn python(addresses: &[IpAddr]) -> Vec<Answer> {
    let mut questions = tempfile::tempfile().expect("there is room for a file");
    let lines: String = addresses.iter().map(|ip| format!("{ip}\n")).collect();
    let written = questions.write_all(lines.as_bytes()).and_then(|()| questions.rewind());
    written.expect("there is room for a file");
    let said = Command::new("python3")
        .args(["-c", include_str!("ipaddress.py")])
        .stdin(Stdio::from(questions))
        .output()
        .expect("scripts/setup has brought python3");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said = String::from_utf8(said.stdout).expect("addresses are ASCII");
    let answers: Vec<_> = said.lines().map(answer).collect();
    assert_eq!(answers.len(), addresses.len());
    answers
}

fn answer(line: &str) -> Answer {
    let mut words = line.split(' ');
    Answer {
        global: words.next() == Some("1"),
        embedded: words.map(|word| word.parse().expect("an address")).collect(),
    }
}
