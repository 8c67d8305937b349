//! `transferhost policy check`: addresses are judged, never dialled.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::running::Ended;

#[path = "kit/sentence.rs"]
mod sentence;

use sentence::sentence;

fn check(words: &[&str]) -> Ended {
    Transferhost::new().args(["policy", "check"]).args(words).end()
}

#[test]
fn each_address_has_its_rule() {
    for (address, allowed, says) in [
        ("93.184.216.34", true, "93.184.216.34:80 allowed: public"),
        ("93.184.216.34:443", true, "93.184.216.34:443 allowed: public"),
        ("93.184.216.34:22", false, "93.184.216.34:22 denied: port 22"),
        ("127.0.0.1", false, "127.0.0.1:80 denied: loopback"),
        ("169.254.169.254", false, "169.254.169.254:80 denied: metadata"),
        ("::ffff:10.0.0.1", false, "denied: private"),
        ("[64:ff9b::7f00:1]:80", false, "[64:ff9b::7f00:1]:80 denied: "),
        ("[2002:7f00:1::]:80", false, "denied: "),
        ("unix:/run/x.sock", false, "unix:/run/x.sock denied: a unix socket"),
        ("unix:@name", false, "unix:@name denied: a unix socket"),
    ] {
        let ended = check(&[address]);
        assert_eq!(
            (ended.code(), ended.stderr.as_str()),
            (Some(if allowed { 0 } else { 1 }), ""),
            "{address}"
        );
        assert!(ended.text().contains(says), "{address}: {}", ended.text());
    }
    // One that is denied is enough.
    let both = check(&["93.184.216.34", "127.0.0.1"]);
    assert_eq!((both.code(), both.text().lines().count()), (Some(1), 2));
}

#[test]
fn the_operators_file_counts() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("policy.toml");
    fs::write(
        &file,
        "[network]\nallow = [\"127.0.0.0/8\"]\ndeny = [\"93.184.216.0/24\"]\nports = [8080]\n",
    )
    .unwrap();
    let file = file.to_string_lossy();
    let of = |address| check(&["--policy-file", &file, "--policy", "tenant", "--json", address]);
    let opened: Value = serde_json::from_str(&of("127.0.0.1").text()).unwrap();
    assert_eq!(opened["address"], "127.0.0.1:8080");
    assert_eq!(opened["allowed"], true);
    assert_eq!(opened["rule"], "in the allowed network 127.0.0.0/8");
    let closed: Value = serde_json::from_str(&of("[::ffff:93.184.216.34]:8080").text()).unwrap();
    assert_eq!(closed["allowed"], false);
    assert_eq!(closed["rule"], "in the denied network 93.184.216.0/24");
    let any = check(&["--policy", "curl", "127.0.0.1:22"]);
    assert_eq!(any.code(), Some(0));
    assert!(any.text().contains("denies no address"), "{}", any.text());
}

#[test]
fn what_is_no_address_is_said() {
    for (words, says) in [
        (&["localhost"][..], "names are not resolved here"),
        (&["127.0.0.1", "example.com:80"], "example.com:80"),
        (&["127.0.0.1:99999"], "is no address"),
        (&["unix:"], "unix socket"),
        (&["0x7f.1"], "is no address"),
        (&[], "ADDRESS"),
    ] {
        let said = sentence(&check(words), 2);
        assert!(said.contains(says), "{said}");
    }
}

/// A network that is accepted holds, however it is written: the file is refused, or the address is denied in every form.
#[test]
fn a_denied_network_is_denied_however_it_is_written() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("policy.toml");
    let path = file.to_str().unwrap();
    let write = |deny: &str| {
        let nat64 = "nat64 = [\"2a00:64::/96\", \"2a00:48::/48\"]";
        fs::write(
            &file,
            format!("policy = \"tenant\"\n[network]\n{nat64}\ndeny = [\"{deny}\"]\n"),
        )
        .unwrap();
    };
    for deny in [
        "93.184.216.0/24",
        "::ffff:93.184.216.0/120",
        "0:0:0:0:0:FFFF:5DB8:D800/120",
        "::ffff:0:0/96",
        "::ffff:64.0.0.0/98",
        "::93.184.216.0/120",
        "::ffff:0:93.184.216.0/120",
        "64:ff9b::93.184.216.0/120",
        "64:ff9b:1::93.184.216.0/120",
        "2002:5db8:d800::/40",
        "2001:0:808:808::a247:2700/120",
        "2600::5efe:93.184.216.0/120",
        "2600::200:5efe:93.184.216.0/120",
        "2a00:64::93.184.216.0/120",
        "2a00:48:0:5db8:d8::/80",
    ] {
        write(deny);
        for address in [
            "93.184.216.34",
            "::ffff:93.184.216.34",
            "64:ff9b::93.184.216.34",
            "2002:5db8:d822::1",
            "2001:0:808:808::a247:27dd",
            "2a00:64::93.184.216.34",
        ] {
            let ended = check(&["--policy-file", path, address]);
            assert_eq!(
                ended.code(),
                Some(1),
                "{deny}, {address}: {}{}",
                ended.text(),
                ended.stderr
            );
            assert!(
                ended.text().contains("in the denied network "),
                "{deny}, {address}: {}",
                ended.text()
            );
        }
        // The neighbour is open, where the network ends before it.
        let neighbour = check(&["--policy-file", path, "93.184.217.1"]);
        let wide = deny == "::ffff:0:0/96" || deny == "::ffff:64.0.0.0/98";
        assert_eq!(neighbour.code(), Some(i32::from(wide)), "{deny}: {}", neighbour.text());
    }
    for (deny, says) in [
        ("::ffff:93.184.216.0/24", "write 93.184.216.0/24"),
        ("::ffff:93.184.216.34/120", "write 93.184.216.0/24, or 93.184.216.34/32"),
        ("93.184.216.34/24", "write 93.184.216.0/24, or 93.184.216.34/32"),
        ("093.184.216.0/24", "write ADDRESS/LENGTH"),
        ("93.184.216.0/024", "write ADDRESS/LENGTH"),
        (" 93.184.216.0/24", "write ADDRESS/LENGTH"),
        ("93.184.216.0-93.184.216.255", "write ADDRESS/LENGTH"),
        ("::ffff:93.184.216.34", "93.184.216.34/32"),
        ("fe80::%eth0/10", "write fe80::/10"),
    ] {
        write(deny);
        let said = sentence(&check(&["--policy-file", path, "93.184.216.34"]), 2);
        assert!(said.contains(says), "{deny}: {said}");
    }
}
