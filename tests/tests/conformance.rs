//! The conformance table: what each callback's transfer ends with, whatever befalls the callback. Every cell is a
//! transfer that was run and looked at; `docs/conformance.md` shows what was seen, and the guide and README.md in short.

#[path = "conformance/cell.rs"]
mod cell;
#[path = "conformance/errand.rs"]
mod errand;
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
use transferhost::{Callback, LibcurlVersion};

#[test]
fn every_callback_meets_every_fate() {
    let stage = cell::Stage::new();
    let (mut wrong, mut lines, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for callback in Callback::ALL {
        let row = row(callback);
        let fires = LibcurlVersion::get().can_fire(callback);
        let mut codes = BTreeSet::new();
        for fate in Fate::ALL {
            let guest = row.guest(callback, fate);
            let seen = match &guest {
                Err(why) => Some(format!("n/a: {why}")),
                Ok(_) if !fires => Some("n/a: this libcurl speaks no SSH".to_owned()),
                Ok(_) if !stage.can_try(callback) => None,
                Ok(guest) => match stage.observe(callback, fate, guest, &row) {
                    Ok(seen) => {
                        codes.extend(fate.is_an_end().then_some(seen.code));
                        Some(seen.text)
                    }
                    Err(why) => {
                        wrong.push(format!("{callback}, {}: {why}", fate.name()));
                        continue;
                    }
                },
            };
            lines.push(Line {
                callback,
                fate,
                guest: guest.map_or_else(|_| String::new(), |guest| guest.shown()),
                seen,
            });
        }
        match codes.into_iter().collect::<Vec<_>>()[..] {
            [code] => ends.push(End { callback, code }),
            // Another run has seen it, with another libcurl.
            [] if !(fires && stage.can_try(callback)) => ends.push(End {
                callback,
                code: row.code,
            }),
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
