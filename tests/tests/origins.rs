//! Origins that mean harm: what each comes to under the policy `tenant`, and that nobody else is harmed.

#[path = "origins/attack.rs"]
mod attack;
#[path = "origins/bodies.rs"]
mod bodies;
#[path = "origins/chunks.rs"]
mod chunks;
#[path = "origins/cuts.rs"]
mod cuts;
#[path = "origins/encodings.rs"]
mod encodings;
#[path = "origins/heads.rs"]
mod heads;
#[path = "origins/openssl.rs"]
mod openssl;
#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "origins/redirects.rs"]
mod redirects;
#[path = "origins/run.rs"]
mod run;
#[path = "origins/secrets.rs"]
mod secrets;
#[path = "origins/shown.rs"]
mod shown;
#[path = "origins/slow.rs"]
mod slow;
#[path = "origins/statuses.rs"]
mod statuses;
#[path = "origins/tls.rs"]
mod tls;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use attack::Attack;
use run::{Site, Tried};
use transferhost::LibcurlVersion;
use transferhost_tests::table::{Section, Table, code};
use transferhost_tests::tls::Authority;

/// So many attacks at a time: most of them wait for their origin rather than for a processor.
const LANES: usize = 6;

fn all(authority: &Arc<Authority>) -> Vec<Attack> {
    let plain = [
        bodies::all,
        encodings::all,
        chunks::all,
        heads::all,
        statuses::all,
        redirects::all,
        slow::all,
        cuts::all,
    ];
    let behind_tls = [secrets::all, tls::all];
    let plain = plain.into_iter().flat_map(|family| family());
    plain
        .chain(behind_tls.into_iter().flat_map(|family| family(authority)))
        .collect()
}

#[test]
fn every_hostile_origin_ends_in_its_code_and_cause() {
    let authority = Arc::new(Authority::new().unwrap());
    let attacks = all(&authority);
    let names: BTreeSet<_> = attacks.iter().map(|attack| attack.name).collect();
    assert_eq!(names.len(), attacks.len(), "each attack has a name of its own");
    let site = Site::new();
    let mut table = Table::new([
        "attack",
        "what it does",
        "limits",
        "delivered",
        "exit code",
        "cause",
        "message",
        "`curl`",
    ]);
    let (mut wrong, mut differs) = (Vec::new(), Vec::new());
    for (attack, tried) in attacks.iter().zip(side_by_side(&attacks, &site)) {
        let tried = match tried {
            Ok(tried) => tried,
            Err(why) => {
                wrong.push(format!("{}: {why}", attack.name));
                continue;
            }
        };
        differs.extend(tried.differs.iter().map(|how| format!("{}: {how}", attack.name)));
        table.row(row(attack, &tried));
    }
    wrong.extend(site.check_that_all_is_well().err());
    // What is wrong must not get into the documentation.
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if !LibcurlVersion::get().bundled {
        tell(&differs);
        return;
    }
    let settled = Section::of("hostile-origins.md", "origins").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

/// Tries each of them; what came of it, in their order.
fn side_by_side(attacks: &[Attack], site: &Site) -> Vec<Result<Tried, String>> {
    let next = AtomicUsize::new(0);
    let all: Mutex<Vec<_>> = Mutex::new(attacks.iter().map(|_| Err("it was not tried".to_owned())).collect());
    thread::scope(|lanes| {
        for _ in 0..LANES {
            lanes.spawn(|| {
                while let Some((at, attack)) = {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    attacks.get(at).map(|attack| (at, attack))
                } {
                    // One that hangs panics when it is killed, and must not take the others with it.
                    let tried = thread::scope(|one| one.spawn(|| site.attempt(attack)).join());
                    let tried = tried.unwrap_or_else(|_| Err("it panicked, as the test's output tells".to_owned()));
                    all.lock().unwrap_or_else(PoisonError::into_inner)[at] = tried;
                }
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn row(attack: &Attack, tried: &Tried) -> [String; 8] {
    let limits: Vec<_> = attack.limits.iter().map(|limit| code(limit)).collect();
    let shown = |ends: &[attack::End]| shown::codes(ends);
    [
        code(attack.name),
        attack.what.to_owned(),
        limits.join(", "),
        attack.delivers.to_string(),
        shown(&attack.ends),
        shown::cause(&attack.ends),
        shown::messages(&tried.messages),
        attack.under_curl.map_or_else(String::new, |end| shown(&[end])),
    ]
}

/// Tells where this libcurl does something else; that is no failure, since what must hold was looked at already.
fn tell(differs: &[String]) {
    for what in differs {
        // Not eprintln!, which libtest hides when the test passes.
        let _ = writeln!(io::stderr(), "DIFFERS: {what}");
    }
}
