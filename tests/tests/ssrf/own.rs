//! The machine's own addresses, which come and go while a process runs: the kernel is asked at each dial.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use transferhost::{Address, AddressClass, Host, MemorySink, Policy, Transfer, TransferSpec};
use transferhost_tests::command::{Transferhost, loader};
use transferhost_tests::namespace::{Beyond, is_inside, run_inside, step};

use super::namespace::answer_everything;
use super::policy_file::PolicyFile;

/// What makes an address the machine's own, what takes that back, and addresses that it concerns.
#[rustfmt::skip] // A way a line.
const WAYS: &[(&str, &str, &[&str])] = &[
    ("ip address add 93.184.216.40/32 dev lo", "ip address del 93.184.216.40/32 dev lo", &["93.184.216.40"]),
    ("ip address add 93.184.216.40/32 dev out", "ip address del 93.184.216.40/32 dev out", &["93.184.216.40"]),
    ("ip -6 address add 2606:2800:220:1::40/128 dev lo nodad", "ip -6 address del 2606:2800:220:1::40/128 dev lo", &["2606:2800:220:1::40"]),
    ("ip -6 address add 2606:2800:220:2::40/64 dev out nodad", "ip -6 address del 2606:2800:220:2::40/64 dev out", &["2606:2800:220:2::40"]),
    ("ip route add local 11.9.0.0/16 dev lo", "ip route del local 11.9.0.0/16 dev lo", &["11.9.0.1", "11.9.255.254"]),
    ("ip -6 route add local 2a00:9::/32 dev lo", "ip -6 route del local 2a00:9::/32 dev lo", &["2a00:9::", "2a00:9:ffff::1"]),
    ("ip route add local 11.9.0.0/16 dev lo src 172.31.255.254 table main", "ip route del local 11.9.0.0/16 dev lo table main", &["11.9.3.4"]),
    ("ip route add broadcast 11.8.255.255/32 dev out", "ip route del broadcast 11.8.255.255/32 dev out", &["11.8.255.255"]),
    ("ip address add 12.1.1.1/24 brd 12.1.1.255 dev out", "ip address del 12.1.1.1/24 dev out", &["12.1.1.1", "12.1.1.255"]),
    ("ip -6 route add anycast 2a00:a::1/128 dev lo table local", "ip -6 route del anycast 2a00:a::1/128 dev lo table local", &["2a00:a::1"]),
    (
        "ip rule add to 13.0.0.0/8 lookup 77 && ip route add local 13.1.0.0/16 dev lo table 77",
        "ip rule del to 13.0.0.0/8 lookup 77 && ip route flush table 77", &["13.1.2.3"],
    ),
    (
        "ip -6 rule add to 2a00:b::/32 lookup 77 && ip -6 route add local 2a00:b:1::/48 dev lo table 77",
        "ip -6 rule del to 2a00:b::/32 lookup 77 && ip -6 route flush table 77", &["2a00:b:1::1"],
    ),
];

#[test]
fn own_addresses_come_and_go() {
    run_inside("own::inside", &[]);
}

#[test]
fn inside() {
    // The test above starts this one in a namespace.
    if !is_inside() {
        return;
    }
    let beyond = Beyond::new("namespace::lends");
    let policy = PolicyFile::of("nat64 = [\"2a00:1:2:3::/64\"]");
    // Read once, before anything is added.
    let policy = Policy::from_file(policy.words()[1].as_ref(), None).unwrap();
    for (comes, goes, addresses) in WAYS {
        let forms: Vec<IpAddr> = addresses.iter().flat_map(|text| forms(text.parse().unwrap())).collect();
        let all_are = |own: bool, when: &str| {
            for ip in &forms {
                let said = explain(&policy, *ip);
                assert_eq!(
                    said.is_err_and(|rule| rule.starts_with("host-itself: ")),
                    own,
                    "{when} `{comes}`: {ip}"
                );
            }
        };
        all_are(false, "before");
        step(comes);
        addresses.iter().for_each(|ip| has_come(ip));
        all_are(true, "after");
        step(goes);
        all_are(false, "long after");
    }
    what_has_no_route_is_not_ours(&policy);
    what_is_ours_besides(&policy);
    it_is_asked_at_each_dial(&policy, &beyond);
}

/// Waits until the kernel has made its own routes: those of IPv6 addresses come a moment after the address.
fn has_come(ip: &str) {
    step(&format!(
        "until ip route get {ip} | grep -qE '^(local|broadcast|anycast) '; do :; done"
    ));
}

fn explain(policy: &Policy, ip: IpAddr) -> Result<String, String> {
    policy.explain(&Address::Inet(SocketAddr::new(ip, 443)))
}

/// The address, and every form of IPv6 that leads to it.
fn forms(ip: IpAddr) -> Vec<IpAddr> {
    let IpAddr::V4(v4) = ip else { return vec![ip] };
    let bits = u128::from(v4.to_bits());
    let mut forms = vec![ip];
    let of = |bits: u128| IpAddr::from(Ipv6Addr::from_bits(bits));
    forms.extend([
        of((0xffff << 32) | bits),
        of(bits),
        of((0xffff << 48) | bits),
        of((0x0064_ff9b << 96) | bits),
        of((0x2002 << 112) | (bits << 80) | 1),
        // Teredo, behind a public server.
        of((0x2001_0000 << 96) | (0x0808_0808 << 64) | (bits ^ 0xffff_ffff)),
        of((0x2600_0000 << 96) | (0x5efe << 32) | bits),
        of((0x2600_0000 << 96) | (0x0200_5efe << 32) | bits),
        // The operator's prefix of 64 bits: the address stands behind the byte that is left out.
        of((0x2a00_0001_0002_0003 << 64) | (bits << 24)),
    ]);
    forms
}

/// Errors of a route that leads nowhere are no reason to call an address the machine's own.
fn what_has_no_route_is_not_ours(policy: &Policy) {
    for kind in ["unreachable", "prohibit", "blackhole"] {
        step(&format!(
            "ip route add {kind} 14.0.0.0/8 && ip -6 route add {kind} 2a00:e::/32"
        ));
        for ip in ["14.1.2.3", "2a00:e::1"] {
            assert!(explain(policy, ip.parse().unwrap()).is_ok(), "{kind} {ip}");
        }
        step(&format!(
            "ip route del {kind} 14.0.0.0/8 && ip -6 route del {kind} 2a00:e::/32"
        ));
    }
    step("ip route del default && ip -6 route del default");
    for ip in ["93.184.216.35", "2606:2800:220:1::1"] {
        assert!(explain(policy, ip.parse().unwrap()).is_ok(), "{ip}");
    }
    step("ip route add default dev out src 172.31.255.254 && ip -6 route add default dev out src fd00:ffff::1");
}

/// Metadata and loopback keep their classes; an interface's private and link-local addresses are the machine's own.
fn what_is_ours_besides(policy: &Policy) {
    step("ip address add 169.254.169.254/32 dev lo && ip -6 address add fe80::abcd/128 dev out nodad");
    has_come("fe80::abcd dev out");
    for (ip, class) in [
        ("169.254.169.254", AddressClass::Metadata),
        ("::ffff:169.254.169.254", AddressClass::Metadata),
        ("127.0.0.1", AddressClass::Loopback),
        ("127.9.9.9", AddressClass::Loopback),
        ("::1", AddressClass::Loopback),
        ("0.0.0.0", AddressClass::Loopback),
        ("255.255.255.255", AddressClass::Reserved),
        ("172.31.255.254", AddressClass::HostItself),
        ("fd00:ffff::1", AddressClass::HostItself),
        ("fe80::abcd", AddressClass::HostItself),
        ("172.31.255.253", AddressClass::Private),
        ("fe80::abce", AddressClass::LinkLocal),
    ] {
        let rule = explain(policy, ip.parse().unwrap()).unwrap_err();
        assert!(rule.starts_with(&format!("{class}: ")), "{ip}: {rule}");
    }
    step("ip address del 169.254.169.254/32 dev lo && ip -6 address del fe80::abcd/128 dev out");
}

/// One host, one policy: an address is dialled, then it is the machine's own, then it is dialled again.
fn it_is_asked_at_each_dial(policy: &Policy, beyond: &Beyond) {
    let accepted = Arc::new(AtomicUsize::new(0));
    answer_everything(&accepted, beyond);
    let host = Host::new(policy.clone(), loader()).unwrap();
    let dial = |url: &str| {
        let (body, url) = (MemorySink::new(100), url.to_owned());
        let spec = TransferSpec {
            url,
            ..TransferSpec::default()
        };
        let outcome = Transfer::new(&host, None, spec, Box::new(body.clone())).unwrap().run();
        (outcome.code.number(), body.take())
    };
    for (comes, goes, address) in [
        (
            "ip address add 93.184.216.40/32 dev lo",
            "ip address del 93.184.216.40/32 dev lo",
            "93.184.216.40",
        ),
        (
            "ip -6 route add local 2a00:9::/32 dev lo",
            "ip -6 route del local 2a00:9::/32 dev lo",
            "[2a00:9::7]",
        ),
    ] {
        let url = format!("http://{address}/");
        assert_eq!(dial(&url), (0, b"inside".to_vec()), "{address}");
        step(comes);
        let before = accepted.load(Ordering::SeqCst);
        assert_eq!(dial(&url).0, 7, "{address}");
        // Each in a process that is hardened, as `tenant` is by default.
        let named = Transferhost::run()
            .args(["--policy", "tenant", "--no-plugin", "-v", "--resolve"])
            .arg(format!("a.test:80:{address}"))
            .arg("http://a.test/")
            .end();
        assert_eq!(named.code(), Some(7), "{}", named.stderr);
        assert!(named.stderr.contains(": host-itself: "), "{}", named.stderr);
        assert_eq!(accepted.load(Ordering::SeqCst), before, "{address} was dialled");
        step(goes);
        assert_eq!(dial(&url), (0, b"inside".to_vec()), "{address}");
    }
}
