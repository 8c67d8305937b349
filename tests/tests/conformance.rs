//! The conformance table: what each callback's transfer ends with, whatever befalls the callback. Every cell is a
//! transfer that was run and looked at; `docs/conformance.md` shows what was seen.

#[path = "conformance/cell.rs"]
mod cell;
#[path = "conformance/expected.rs"]
mod expected;
#[path = "conformance/printed.rs"]
mod printed;
#[path = "conformance/watched.rs"]
mod watched;

use expected::{Fate, row};
use printed::Line;
use transferhost::Callback;

#[test]
fn every_callback_meets_every_fate() {
    let stage = cell::Stage::new();
    let mut wrong = Vec::new();
    let mut lines = Vec::new();
    for callback in Callback::EXPORTED {
        let row = row(callback).expect("what a plugin may export has a row");
        for fate in Fate::ALL {
            let (guest, seen) = match row.guest(callback, fate) {
                Ok(guest) => {
                    let seen = stage.observe(callback, fate, &guest, row.code);
                    (guest.shown(), seen)
                }
                Err(why) => (String::new(), Ok(format!("n/a: {why}"))),
            };
            let seen = seen.unwrap_or_else(|(seen, why)| {
                wrong.push(format!("{callback}, {}: {why}; it was {seen}", fate.name()));
                seen
            });
            lines.push(Line {
                callback,
                fate,
                guest,
                seen,
            });
        }
    }
    // What is wrong must not get into the documentation.
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    printed::settle(&lines).unwrap_or_else(|difference| panic!("{difference}"));
}
