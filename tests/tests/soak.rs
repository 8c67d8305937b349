//! Ten thousand attacks in one process, one after the other, leave nothing behind. Nothing else runs in this process: the
//! file has one test.

#[path = "hostile/attacks.rs"]
#[allow(dead_code, reason = "hostile.rs uses the rest of it")]
mod attacks;
#[path = "conformance/errand.rs"]
mod errand;
#[path = "hostile/expected.rs"]
mod expected;
#[path = "hostile/heavy.rs"]
mod heavy;
#[path = "kit/holds.rs"]
mod holds;
#[path = "hostile/lent.rs"]
mod lent;
#[path = "hostile/library.rs"]
#[allow(dead_code, reason = "hostile.rs uses the rest of it")]
mod library;
#[path = "hostile/made.rs"]
mod made;
#[path = "hostile/matrix.rs"]
#[allow(dead_code, reason = "hostile.rs uses the rest of it")]
mod matrix;
#[path = "hostile/site.rs"]
#[allow(dead_code, reason = "hostile.rs uses the rest of it")]
mod site;
#[path = "conformance/watched.rs"]
mod watched;

use transferhost::{Limit, Plugin};

use attacks::Attack;
use expected::Given;
use holds::{Holds, Slack};
use library::Crowd;

const TRANSFERS: usize = 10_000;
/// After so many the allocator has taken what it takes: memory rises by 10 MiB until then, and by less and less.
const WARM_UP: usize = 3_000;
/// After so many of them a transfer that behaves must go well, and what the origin saw is looked through and forgotten.
const BLOCK: usize = 1_000;
/// Each so many attacks the plugin is loaded anew.
const RELOAD: usize = 50;

/// Low, so that each attack soon meets its limit.
const LIMITS: [(Limit, u64); 3] = [
    (Limit::Fuel, 5_000_000),
    (Limit::Printed, 32 << 10),
    (Limit::PauseBudget, 20),
];

/// Slow by nature: these move many MiB or ask ten thousand times, for which they are given the usual fuel, and are made
/// once each. So are those that sleep.
const SLOW: [&str; 8] = [
    "huge-",
    "header-smuggler",
    "reason in",
    "argument in",
    "arguments",
    "argument-and-reason",
    "largest",
    "pause-grows",
];

/// 1.2 KiB that each transfer kept would be too much, and a map that one in a hundred kept. A guest has both.
const SLACK: Slack = Slack {
    resident: 12 << 10,
    maps: 100,
};

/// An attack, and its plugin where it is one.
struct Loaded(Attack, Option<Plugin>);

fn load(crowd: &Crowd<'_>, attack: Attack) -> Loaded {
    let plugin = crowd
        .load(&attack)
        .unwrap_or_else(|why| panic!("{}: {why}", attack.name));
    Loaded(attack, plugin)
}

fn let_loose(crowd: &Crowd<'_>, Loaded(attack, plugin): &Loaded) {
    let ended = plugin.as_ref().map_or(Ok(()), |plugin| crowd.let_loose(attack, plugin));
    ended.unwrap_or_else(|why| panic!("{}: {why}", attack.name));
}

#[test]
fn ten_thousand_attacks_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let site = site::Site::new(folder.path());
    let (crowd, patient) = (Crowd::within(&site, &LIMITS), Crowd::new(&site));
    let anywhere = matrix::all(folder.path());
    let anywhere = anywhere
        .iter()
        .flat_map(|everywhere| everywhere.attacks().map(|(_, attack)| attack));
    let all = attacks::all(folder.path()).into_iter().chain(anywhere);
    let (slow, fast): (Vec<_>, Vec<_>) = all.partition(|attack| {
        attack.expected.given == Given::LittleTime || SLOW.iter().any(|name| attack.name.starts_with(name))
    });
    let slow: Vec<_> = slow.into_iter().map(|attack| load(&patient, attack)).collect();
    let mut fast: Vec<_> = fast.into_iter().map(|attack| load(&crowd, attack)).collect();
    let settle = |behaved: &Attack| {
        crowd.behave(behaved).unwrap();
        assert_eq!(site.complaints(), Vec::<String>::new());
    };

    slow.iter().for_each(|loaded| let_loose(&patient, loaded));
    fast.iter().for_each(|loaded| let_loose(&crowd, loaded));
    // Those that were not loaded are no transfers.
    fast.retain(|Loaded(_, plugin)| plugin.is_some());
    let mut many = |transfers| {
        for n in 0..transfers {
            let at = n % fast.len();
            if n % RELOAD == 0 {
                fast[at].1 = crowd.load(&fast[at].0).unwrap();
            }
            let_loose(&crowd, &fast[at]);
            if (n + 1) % BLOCK == 0 {
                settle(&fast[at].0);
            }
        }
    };
    many(WARM_UP);
    let before = Holds::now();
    many(TRANSFERS);
    Holds::now().check(before, SLACK);
}
