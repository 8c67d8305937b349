//! Names that lead inside, that lead both ways, and that change where they lead, asked of a resolver of the tests' own in a
//! network namespace where nothing can leave.

#[path = "names/listener.rs"]
mod listener;
#[path = "names/lookups.rs"]
mod lookups;
#[path = "kit/policy_file.rs"]
mod policy_file;
#[path = "names/resolver.rs"]
mod resolver;
#[path = "kit/sentence.rs"]
mod sentence;

use serde_json::Value;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::namespace::{self, Beyond, is_inside, run_inside};
use transferhost_tests::running::Ended;

use listener::Listener;
use policy_file::PolicyFile;
use sentence::sentence;

/// Public addresses, which nobody but the test's listener has here.
const GOOD: &str = "93.184.216.35";
const OTHER: &str = "93.184.216.36";

/// The resolver's configuration, for this namespace only. One try of a second, so that silence ends.
const RESOLVER: [&str; 3] = [
    "printf 'nameserver 127.0.0.1\\noptions timeout:1 attempts:1\\n' > /tmp/.transferhost-resolv-$$",
    "mount --bind /tmp/.transferhost-resolv-$$ /etc/resolv.conf && rm /tmp/.transferhost-resolv-$$",
    "printf 'hosts: dns\\n' > /tmp/.transferhost-nss-$$ && mount --bind /tmp/.transferhost-nss-$$ /etc/nsswitch.conf && \
     rm /tmp/.transferhost-nss-$$",
];

const ZONE: resolver::Zone = &[
    ("good.test", &[&[GOOD]]),
    ("other.test", &[&[OTHER]]),
    ("inner.test", &[&["127.0.0.1"]]),
    ("inner6.test", &[&["::1"]]),
    ("mapped.test", &[&["::ffff:127.0.0.1"]]),
    ("metadata.test", &[&["169.254.169.254"]]),
    ("mixed.test", &[&[GOOD, "127.0.0.1"]]),
    ("mixed6.test", &[&[GOOD, "::1"]]),
    ("nowhere.test", &[&[]]),
    // Nothing when the host asks, something when libcurl does: nobody has judged it.
    ("late.test", &[&[], &[GOOD]]),
    // Public when it is looked at, inside when it is dialled.
    ("rebinding.test", &[&[GOOD], &["127.0.0.1"]]),
    ("rebinding-hop.test", &[&[GOOD], &["127.0.0.1"]]),
    ("rebinding-strict.test", &[&[GOOD], &["127.0.0.1"]]),
    // Bad when the host asks, good when libcurl does: it must not count that the second answer is.
    ("turncoat.test", &[&["127.0.0.1"], &[GOOD]]),
];

fn fetch(policy: &PolicyFile, words: &[&str]) -> Ended {
    Transferhost::run()
        .args(policy.words())
        .args(["--no-plugin", "-v", "-m", "10"])
        .args(words)
        .end()
}

/// What the operator's log says of denials.
fn denials(ended: &Ended) -> String {
    let lines = ended.stderr.lines();
    let denied: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("transferhost: denied "))
        .collect();
    denied.join("\n")
}

#[test]
fn names_where_nothing_can_leave() {
    run_inside("inside", &RESOLVER);
}

#[test]
fn inside() {
    // The test above starts this one in a namespace.
    if !is_inside() {
        return;
    }
    resolver::serve(([127, 0, 0, 1], 53).into(), ZONE);
    let listener = Listener::on(&[80, 8080], &Beyond::new("lends"));
    every_name_connects_without_the_policy(&listener);
    names_that_lead_inside(&listener);
    names_that_change(&listener);
    names_that_lead_both_ways(&listener);
    strict_over_redirects(&listener);
    strict_where_nothing_is_known(&listener);
}

/// `Beyond` starts this one in its namespace.
#[test]
fn lends() {
    namespace::lend();
}

/// The positive control: what is refused below does answer.
fn every_name_connects_without_the_policy(listener: &Listener) {
    for (name, dialled) in [
        ("good.test", GOOD),
        ("inner.test", "127.0.0.1"),
        ("inner6.test", "::1"),
        ("mapped.test", "127.0.0.1"),
        ("metadata.test", "169.254.169.254"),
    ] {
        let url = format!("http://{name}/");
        let ended = Transferhost::run().args(["--no-plugin", "-m", "10", &url]).end();
        assert_eq!(ended.text(), "body", "{name}: {}", ended.stderr);
        assert_eq!(
            listener.dialled(),
            [dialled.parse::<std::net::IpAddr>().unwrap()],
            "{name}"
        );
    }
}

fn names_that_lead_inside(listener: &Listener) {
    let policy = PolicyFile::of("");
    for name in [
        "inner.test",
        "inner6.test",
        "mapped.test",
        "metadata.test",
        "INNER.test.",
    ] {
        let ended = fetch(&policy, &[&format!("http://{name}/")]);
        assert_eq!(ended.code(), Some(7), "{name}: {}", ended.stderr);
        assert!(listener.dialled().is_empty(), "{name} was dialled");
    }
}

/// DNS rebinding: what counts is the address that is dialled, each time.
fn names_that_change(listener: &Listener) {
    let policy = PolicyFile::open(&[80, 8080], &[]);
    let first = fetch(&policy, &["http://rebinding.test/"]);
    assert_eq!(first.text(), "body", "{}", first.stderr);
    assert_eq!(listener.dialled(), [GOOD.parse::<std::net::IpAddr>().unwrap()]);
    let second = fetch(&policy, &["http://rebinding.test/"]);
    assert_eq!(second.code(), Some(7), "{}", second.stderr);
    assert!(denials(&second).contains("127.0.0.1:80: loopback"), "{}", second.stderr);
    // Within one transfer: another port is another lookup, so the redirect is judged anew.
    let hop = fetch(&policy, &["-L", "http://rebinding-hop.test/to/rebinding-hop.test:8080"]);
    assert_eq!(hop.code(), Some(7), "{}", hop.stderr);
    assert!(denials(&hop).contains("127.0.0.1:8080: loopback"), "{}", hop.stderr);
    assert_eq!(listener.dialled(), [GOOD.parse::<std::net::IpAddr>().unwrap()]);
}

fn names_that_lead_both_ways(listener: &Listener) {
    let good = [GOOD.parse::<std::net::IpAddr>().unwrap()];
    let (lenient, strict) = (PolicyFile::of(""), PolicyFile::of("strict = true"));
    for name in ["mixed.test", "mixed6.test"] {
        let url = format!("http://{name}/");
        // The bad address is passed over.
        let ended = fetch(&lenient, &[&url]);
        assert_eq!(ended.text(), "body", "{name}: {}", ended.stderr);
        assert_eq!(listener.dialled(), good, "{name}");
        // The bad address condemns the name.
        let ended = fetch(&strict, &[&url]);
        assert_eq!(ended.code(), Some(7), "{name}: {}", ended.stderr);
        assert!(denials(&ended).contains("strict: its answer holds"), "{}", ended.stderr);
        assert!(listener.dialled().is_empty(), "{name} was dialled");
    }
    // Whoever asked is told no more than ever.
    let told = Transferhost::run()
        .args(strict.words())
        .args(["--no-plugin", "http://mixed.test/"])
        .end();
    assert!(sentence(&told, 7).ends_with("denied"), "{}", told.stderr);
    for url in ["http://good.test/", &format!("http://{GOOD}/")] {
        assert_eq!(fetch(&strict, &[url]).text(), "body", "{url}");
        assert_eq!(listener.dialled(), good, "{url}");
    }
    // libcurl knows both of its addresses without asking.
    let half = PolicyFile::of("strict = true\nallow = [\"127.0.0.1/32\"]");
    let ended = fetch(&half, &["http://localhost/"]);
    assert_eq!(ended.code(), Some(7), "{}", ended.stderr);
    assert!(
        denials(&ended).contains("strict: its answer holds [::1]:80"),
        "{}",
        ended.stderr
    );
    assert!(listener.dialled().is_empty());
    for (name, log) in [
        ("rebinding-strict.test", "127.0.0.1:80: loopback"),
        ("late.test", "strict: there is no answer that could be judged"),
        ("turncoat.test", "strict: its answer holds 127.0.0.1:80"),
    ] {
        let ended = fetch(&strict, &[&format!("http://{name}/")]);
        assert_eq!(ended.code(), Some(7), "{name}: {}", ended.stderr);
        assert!(denials(&ended).contains(log), "{name}: {}", ended.stderr);
        assert!(listener.dialled().is_empty(), "{name} was dialled");
    }
}

/// The name that a redirect leads to is judged before it is dialled, and header lines come once all the same.
fn strict_over_redirects(listener: &Listener) {
    let strict = PolicyFile::of("strict = true");
    let refused = fetch(&strict, &["-L", "http://good.test/to/mixed.test"]);
    assert_eq!(refused.code(), Some(7), "{}", refused.stderr);
    assert!(
        denials(&refused).contains("strict: its answer holds"),
        "{}",
        refused.stderr
    );
    assert_eq!(listener.dialled(), [GOOD.parse::<std::net::IpAddr>().unwrap()]);
    let shown = fetch(&strict, &["-i", "-L", "http://good.test/to/other.test"]).text();
    assert_eq!(shown.matches("HTTP/1.1 302").count(), 1, "{shown}");
    assert!(shown.ends_with("\r\n\r\nbody"), "{shown}");
    let lines = shown.strip_suffix("body").unwrap().lines().count();
    let outcome = tempfile::NamedTempFile::new().unwrap();
    let followed = Transferhost::run()
        .args(strict.words())
        .args(["--call-time", "10s", "--outcome"])
        .arg(outcome.path())
        .arg(guest("headers-to-stderr"))
        .args(["-L", "-m", "10", "http://good.test/to/other.test"])
        .end();
    assert_eq!(followed.text(), "body", "{}", followed.stderr);
    let outcome: Value = serde_json::from_slice(&std::fs::read(outcome.path()).unwrap()).unwrap();
    assert_eq!(outcome["guest"]["calls"]["header"]["count"], lines, "{outcome}");
    let ips = [GOOD, OTHER].map(|ip| ip.parse::<std::net::IpAddr>().unwrap());
    assert_eq!(listener.dialled(), [ips, ips].concat());
}

fn strict_where_nothing_is_known(listener: &Listener) {
    let strict = PolicyFile::of("strict = true");
    for name in ["nowhere.test", "silent.test"] {
        let ended = fetch(&strict, &[&format!("http://{name}/")]);
        assert_eq!(ended.code(), Some(6), "{name}: {}", ended.stderr);
    }
    // Who is silent for longer than the transfer may last is not waited for.
    let ended = Transferhost::run()
        .args(strict.words())
        .args(["--limit", "total-time=100ms", "--no-plugin", "http://silent.test/"])
        .end();
    assert!(
        matches!(ended.code(), Some(7 | 28)),
        "{:?} {}",
        ended.code(),
        ended.stderr
    );
    assert!(listener.dialled().is_empty());
}
