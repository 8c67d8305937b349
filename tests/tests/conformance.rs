//! The conformance table: what each callback's transfer ends with, whatever befalls the callback. Every cell is a
//! transfer that was run and looked at; `docs/conformance.md` shows what was seen, and the guide and README.md in short.

#[path = "conformance/cell.rs"]
mod cell;
#[path = "conformance/expected.rs"]
mod expected;
#[path = "conformance/interfaces.rs"]
mod interfaces;
#[path = "conformance/printed.rs"]
mod printed;
#[path = "conformance/summary.rs"]
mod summary;
#[path = "conformance/watched.rs"]
mod watched;

use std::collections::BTreeSet;

use expected::{Fate, row};
use printed::Line;
use summary::End;
use transferhost::Callback;

#[test]
fn every_callback_meets_every_fate() {
    let stage = cell::Stage::new();
    let (mut wrong, mut lines, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for callback in Callback::EXPORTED {
        let row = row(callback).expect("what a plugin may export has a row");
        let mut codes = BTreeSet::new();
        for fate in Fate::ALL {
            let (guest, seen) = match row.guest(callback, fate) {
                Ok(guest) => match stage.observe(callback, fate, &guest, row.code) {
                    Ok(seen) => {
                        codes.extend(fate.is_an_end().then_some(seen.code));
                        (guest.shown(), seen.text)
                    }
                    Err(why) => {
                        wrong.push(format!("{callback}, {}: {why}", fate.name()));
                        continue;
                    }
                },
                Err(why) => (String::new(), format!("n/a: {why}")),
            };
            lines.push(Line {
                callback,
                fate,
                guest,
                seen,
            });
        }
        match codes.into_iter().collect::<Vec<_>>()[..] {
            [code] => ends.push(End { callback, code }),
            ref codes => wrong.push(format!(
                "{callback}: all that ends it must give one code; it gave {codes:?}"
            )),
        }
    }
    // What is wrong must not get into the documentation.
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let settled = [
        printed::settle(&lines),
        summary::settle_guide(&ends),
        summary::check_readme(&ends),
    ];
    let differences: Vec<_> = settled.into_iter().filter_map(Result::err).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
