use std::net::{SocketAddr, SocketAddrV6};

use ipnet::IpNet;
use proptest::prelude::*;

use super::AddressClass::{
    HostItself, LinkLocal, LocalSocket, Loopback, Metadata, Multicast, Private, Public, Reserved, Shared,
};
use super::table::{V4, V6};
use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(ip: IpAddr) -> Address {
    SocketAddr::new(ip, 443).into()
}

fn classifier(nat64: &[&str], own: &[&str]) -> Classifier {
    let nat64 = nat64.iter().map(|prefix| prefix.parse().unwrap()).collect();
    Classifier::without_kernel(nat64, own.iter().map(|text| ip(text)).collect()).unwrap()
}

fn plain(text: &str) -> Classification {
    classifier(&[], &[]).classify(&at(ip(text)))
}

/// A range, and the classes of: the neighbour before, its first address, its last, the neighbour after. A range at an
/// end of all addresses repeats the class of its own end.
type Range = (&'static str, [AddressClass; 4]);

#[rustfmt::skip] // A range a line.
const RANGES: &[Range] = &[
    ("0.0.0.0/8", [Loopback, Loopback, Reserved, Public]),
    ("0.0.0.0/32", [Loopback, Loopback, Loopback, Reserved]),
    ("10.0.0.0/8", [Public, Private, Private, Public]),
    ("100.64.0.0/10", [Public, Shared, Shared, Public]),
    ("100.100.100.200/32", [Shared, Metadata, Metadata, Shared]),
    ("127.0.0.0/8", [Public, Loopback, Loopback, Public]),
    ("168.63.129.16/32", [Public, Metadata, Metadata, Public]),
    ("169.254.0.0/16", [Public, LinkLocal, LinkLocal, Public]),
    ("169.254.0.23/32", [LinkLocal, Metadata, Metadata, LinkLocal]),
    ("169.254.42.42/32", [LinkLocal, Metadata, Metadata, LinkLocal]),
    ("169.254.169.252/32", [LinkLocal, Metadata, Metadata, LinkLocal]),
    ("169.254.169.254/32", [LinkLocal, Metadata, Metadata, LinkLocal]),
    ("169.254.170.2/32", [LinkLocal, Metadata, Metadata, LinkLocal]),
    ("169.254.170.23/32", [LinkLocal, Metadata, Metadata, LinkLocal]),
    ("172.16.0.0/12", [Public, Private, Private, Public]),
    ("192.0.0.0/24", [Public, Reserved, Reserved, Public]),
    ("192.0.0.192/32", [Reserved, Metadata, Metadata, Reserved]),
    ("192.0.2.0/24", [Public, Reserved, Reserved, Public]),
    ("192.31.196.0/24", [Public, Public, Public, Public]),
    ("192.52.193.0/24", [Public, Public, Public, Public]),
    ("192.88.99.0/24", [Public, Reserved, Reserved, Public]),
    ("192.168.0.0/16", [Public, Private, Private, Public]),
    ("192.175.48.0/24", [Public, Public, Public, Public]),
    ("198.18.0.0/15", [Public, Reserved, Reserved, Public]),
    ("198.51.100.0/24", [Public, Reserved, Reserved, Public]),
    ("203.0.113.0/24", [Public, Reserved, Reserved, Public]),
    ("224.0.0.0/4", [Public, Multicast, Multicast, Reserved]),
    ("240.0.0.0/4", [Multicast, Reserved, Reserved, Reserved]),
    ("255.255.255.255/32", [Reserved, Reserved, Reserved, Reserved]),
    ("::/96", [Loopback, Loopback, Reserved, Reserved]),
    ("::/128", [Loopback, Loopback, Loopback, Loopback]),
    ("::1/128", [Loopback, Loopback, Loopback, Reserved]),
    ("::ffff:0:0/96", [Reserved, Loopback, Reserved, Reserved]),
    ("::ffff:0:0:0/96", [Reserved, Loopback, Reserved, Reserved]),
    ("64:ff9b::/96", [Reserved, Loopback, Reserved, Reserved]),
    ("64:ff9b:1::/48", [Reserved, Reserved, Reserved, Reserved]),
    ("100::/64", [Reserved, Reserved, Reserved, Reserved]),
    ("100:0:0:1::/64", [Reserved, Reserved, Reserved, Reserved]),
    ("2001::/23", [Public, Loopback, Reserved, Public]),
    ("2001::/32", [Public, Loopback, Reserved, Reserved]),
    ("2001:2::/48", [Reserved, Reserved, Reserved, Reserved]),
    ("2001:3::/32", [Reserved, Public, Public, Reserved]),
    ("2001:4:112::/48", [Reserved, Public, Public, Reserved]),
    ("2001:10::/28", [Reserved, Reserved, Reserved, Reserved]),
    ("2001:20::/28", [Reserved, Reserved, Reserved, Reserved]),
    ("2001:30::/28", [Reserved, Reserved, Reserved, Reserved]),
    ("2001:db8::/32", [Public, Reserved, Reserved, Public]),
    ("2002::/16", [Public, Loopback, Reserved, Public]),
    ("2620:4f:8000::/48", [Public, Public, Public, Public]),
    ("3fff::/20", [Public, Reserved, Reserved, Public]),
    ("5f00::/16", [Reserved, Reserved, Reserved, Reserved]),
    ("fc00::/7", [Reserved, Private, Private, Reserved]),
    ("fd00:42::42/128", [Private, Metadata, Metadata, Private]),
    ("fd00:c1::a9fe:a9fe/128", [Private, Metadata, Metadata, Private]),
    ("fd00:100::100:200/128", [Private, Metadata, Metadata, Private]),
    ("fd00:a9fe:a9fe::1/128", [Private, Metadata, Metadata, Private]),
    ("fd00:ec2::23/128", [Private, Metadata, Metadata, Private]),
    ("fd00:ec2::254/128", [Private, Metadata, Metadata, Private]),
    ("fd20:ce::254/128", [Private, Metadata, Metadata, Private]),
    ("fe80::/10", [Reserved, LinkLocal, LinkLocal, Private]),
    ("fe80::a9fe:a9fe/128", [LinkLocal, Metadata, Metadata, LinkLocal]),
    ("fec0::/10", [LinkLocal, Private, Private, Multicast]),
    ("ff00::/8", [Private, Multicast, Multicast, Multicast]),
    // Not a row: all that has been given out, and its ends.
    ("2000::/3", [Reserved, Public, Public, Reserved]),
];

#[test]
fn every_range_ends_where_it_should() {
    let none = classifier(&[], &[]);
    for (range, classes) in RANGES {
        let four: [IpAddr; 4] = match range.parse().unwrap() {
            IpNet::V4(net) => {
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                [first.saturating_sub(1), first, last, last.saturating_add(1)]
                    .map(|bits| Ipv4Addr::from_bits(bits).into())
            }
            IpNet::V6(net) => {
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                [first.saturating_sub(1), first, last, last.saturating_add(1)]
                    .map(|bits| Ipv6Addr::from_bits(bits).into())
            }
        };
        for (ip, class) in four.into_iter().zip(classes) {
            assert_eq!(none.class(&at(ip)), *class, "{ip}, at an end of {range}");
        }
    }
}

#[test]
fn every_row_stands_in_the_ranges_and_once() {
    let rows: Vec<IpNet> = V4
        .iter()
        .map(|row| row.net.into())
        .chain(V6.iter().map(|row| row.net.into()))
        .collect();
    for row in &rows {
        assert_eq!(*row, row.trunc());
        assert_eq!(rows.iter().filter(|other| *other == row).count(), 1, "{row}");
        assert!(RANGES.iter().any(|(range, _)| range.parse() == Ok(*row)), "{row}");
    }
}

#[test]
fn a_form_is_what_it_embeds() {
    for (address, class, embedded) in [
        ("::ffff:127.0.0.1", Loopback, "127.0.0.1"),
        ("::ffff:8.8.8.8", Public, "8.8.8.8"),
        ("::10.0.0.1", Private, "10.0.0.1"),
        ("::8.8.8.8", Public, "8.8.8.8"),
        ("::ffff:0:100.64.0.1", Shared, "100.64.0.1"),
        ("::ffff:0:8.8.8.8", Public, "8.8.8.8"),
        ("64:ff9b::169.254.169.254", Metadata, "169.254.169.254"),
        ("64:ff9b::168.63.129.16", Metadata, "168.63.129.16"),
        ("64:ff9b::8.8.8.8", Public, "8.8.8.8"),
        ("2002:7f00:1::1", Loopback, "127.0.0.1"),
        ("2002:808:808::1", Public, "8.8.8.8"),
        // Teredo: server 8.8.8.8 throughout the first two, client 8.8.8.8 in the third.
        ("2001:0:808:808::f7f7:f7f7", Public, "8.8.8.8"),
        ("2001:0:808:808::80ff:fffe", Loopback, "127.0.0.1"),
        ("2001:0:a00:1::f7f7:f7f7", Private, "10.0.0.1"),
        ("2600::5efe:192.168.0.1", Private, "192.168.0.1"),
        ("2600::200:5efe:192.168.0.1", Private, "192.168.0.1"),
        ("2600::200:5efe:8.8.8.8", Public, "8.8.8.8"),
        // A form under a form: the stricter of both, in either order.
        ("2002:808:808::5efe:10.0.0.1", Private, "10.0.0.1"),
        ("2002:a00:1::5efe:8.8.8.8", Private, "10.0.0.1"),
        ("2002:a00:1::5efe:169.254.169.254", Metadata, "169.254.169.254"),
    ] {
        let verdict = plain(address);
        assert_eq!(
            (verdict.class, verdict.embedded),
            (class, Some(embedded.parse().unwrap())),
            "{address}: {verdict:?}"
        );
    }
}

#[test]
fn a_form_that_is_not_public_keeps_its_class() {
    for (address, class) in [
        ("fe80::5efe:8.8.8.8", LinkLocal),
        ("fe80::5efe:10.0.0.1", LinkLocal),
        ("fd00::5efe:8.8.8.8", Private),
        ("2001:db8::200:5efe:8.8.8.8", Reserved),
        // The local-use prefix of NAT64, in the four places where an address may stand.
        ("64:ff9b:1:808:8:800::", Reserved),
        ("64:ff9b:1:7f00:0:100::", Reserved),
        ("64:ff9b:1:a9fe:a9:fe00::", Metadata),
        ("64:ff9b:1:a9:fe:a9fe::", Metadata),
        ("64:ff9b:1:0:a9:fea9:fe00:0", Metadata),
        ("64:ff9b:1::a9fe:a9fe", Metadata),
        // But metadata goes before everything.
        ("fe80::5efe:169.254.169.254", Metadata),
    ] {
        let verdict = plain(address);
        assert_eq!(verdict.class, class, "{address}: {verdict:?}");
        assert!(verdict.embedded.is_some(), "{address}");
    }
}

#[test]
fn an_operators_prefix_is_what_it_embeds_wherever_it_lies() {
    let nat64 = classifier(
        &[
            "2001:db8:64::/96",
            "fd00:64::1/96",
            "64:ff9b:1::/48",
            "2001:db8:122::/48",
            "fd00:ec2::/32",
        ],
        &[],
    );
    for (address, class) in [
        ("2001:db8:64::8.8.8.8", Public),
        ("2001:db8:64::10.0.0.1", Private),
        ("2001:db8:64:0:0:1:808:808", Reserved),
        ("fd00:64::8.8.8.8", Public),
        ("fd00:64::169.254.169.254", Metadata),
        // Where the operator says how his prefix is laid out, no other reading is tried.
        ("64:ff9b:1:808:8:800::", Public),
        ("64:ff9b:1:808:8:800:a9fe:a9fe", Public),
        ("64:ff9b:1:7f00:0:100::", Loopback),
        // A longer row within the prefix stands.
        ("fd00:ec2:808:808::", Public),
        ("fd00:ec2::254", Metadata),
        ("2001:db8:122:808:8:800::", Public),
        ("2001:db8:122:c0a8:0:100::", Private),
        ("2001:db8:122:808:8:800:5efe:808", Public),
    ] {
        let verdict = nat64.classify(&at(ip(address)));
        assert_eq!(verdict.class, class, "{address}: {verdict:?}");
    }
}

#[test]
fn what_cannot_be_a_nat64_prefix_is_refused_in_words() {
    let refused = |prefix: &str| {
        Classifier::new(vec![prefix.parse().unwrap()], vec![])
            .unwrap_err()
            .to_string()
    };
    let why = "cannot be a NAT64 prefix: its length must be 32, 40, 48, 56, 64 or 96 (RFC 6052)";
    for length in (0..=128).filter(|length| !NAT64_LENGTHS.contains(length)) {
        assert!(refused(&format!("2001:db8::/{length}")).ends_with(why), "{length}");
    }
    assert_eq!(
        refused("2001:db8:0:0:100::/96"),
        "2001:db8:0:0:100::/96 cannot be a NAT64 prefix: its bits 64 to 71 must be zero (RFC 6052)"
    );
    assert_eq!(
        refused("fe80::/64"),
        "fe80::/64 cannot be a NAT64 prefix: it lies in fe80::/10 link-local (RFC 4291)"
    );
    for prefix in ["::/96", "::/32", "ff02::/64", "::ffff:0:0/96"] {
        assert!(refused(prefix).contains("it lies in"), "{prefix}");
    }
}

#[test]
fn the_machines_own_addresses_go_before_all_but_metadata_and_loopback() {
    let own = classifier(
        &["2001:db8:64::/96"],
        &[
            "127.0.0.1",
            "::1",
            "8.8.8.8",
            "10.0.0.1",
            "fe80::1",
            "2600::1",
            "::ffff:9.9.9.9",
            "169.254.169.254",
        ],
    );
    for (address, class) in [
        ("8.8.8.8", HostItself),
        ("::ffff:8.8.8.8", HostItself),
        ("64:ff9b::8.8.8.8", HostItself),
        ("2001:db8:64::8.8.8.8", HostItself),
        ("64:ff9b:1:808:8:800::", HostItself),
        ("9.9.9.9", HostItself),
        ("10.0.0.1", HostItself),
        ("10.0.0.2", Private),
        ("fe80::1", HostItself),
        ("2600::1", HostItself),
        ("2600::2", Public),
        ("127.0.0.1", Loopback),
        ("::1", Loopback),
        ("169.254.169.254", Metadata),
    ] {
        assert_eq!(own.class(&at(ip(address))), class, "{address}");
    }
}

#[test]
fn a_unix_socket_is_local_and_neither_scope_nor_port_matters() {
    let none = classifier(&[], &[]);
    assert_eq!(none.class(&Address::Unix(b"/run/x.sock".to_vec())), LocalSocket);
    for (text, class) in [
        ("fe80::1", LinkLocal),
        ("2600::1", Public),
        ("::ffff:10.0.0.1", Private),
    ] {
        let IpAddr::V6(ip) = ip(text) else { panic!("{text}") };
        for (port, flow_info, scope) in [(0, 0, 0), (80, 0, 2), (65535, 7, u32::MAX)] {
            let address = SocketAddr::from(SocketAddrV6::new(ip, port, flow_info, scope)).into();
            assert_eq!(none.class(&address), class, "{address}");
        }
    }
}

#[test]
fn the_rule_says_why() {
    let own = classifier(&["2001:db8:64::/96"], &["8.8.8.8"]);
    for (address, rule) in [
        ("1.1.1.1", "no rule names it"),
        ("127.0.0.1", "127.0.0.0/8 loopback (RFC 1122)"),
        (
            "64:ff9b::127.0.0.1",
            "64:ff9b::/96 (RFC 6052) embeds 127.0.0.1: 127.0.0.0/8 loopback (RFC 1122)",
        ),
        (
            "2001:db8:64::1.1.1.1",
            "the operator's NAT64 prefix 2001:db8:64::/96 embeds 1.1.1.1: no rule names it",
        ),
        ("8.8.8.8", "8.8.8.8 is one of this machine's own addresses"),
        ("2600::1", "2000::/3 global unicast (RFC 4291)"),
        ("4000::1", "outside 2000::/3, not given out (RFC 4291)"),
    ] {
        assert_eq!(own.classify(&at(ip(address))).rule, rule, "{address}");
    }
}

#[test]
fn names_are_the_wits() {
    assert_eq!(
        AddressClass::ALL.map(|class| class.to_string()).join(" "),
        "public loopback private link-local shared multicast metadata reserved host-itself local-socket"
    );
}

/// Every form of `v4`, under prefixes that are public themselves and under those of an operator.
fn forms(v4: u32, noise: u64) -> Vec<Ipv6Addr> {
    let (v, noise) = (u128::from(v4), u128::from(noise));
    let teredo = |server: u128, client: u128| (0x2001_0000 << 96) | (server << 64) | (client ^ 0xffff_ffff);
    let public = 0x0808_0808;
    let mut forms = vec![v, (0xffff << 32) | v, (0xffff << 48) | v, (0x64_ff9b << 96) | v];
    forms.extend([
        (0x2002 << 112) | (v << 80) | noise,
        teredo(v, public),
        teredo(public, v),
        teredo(v, v),
    ]);
    forms.extend([0x5efe, 0x0200_5efe].map(|isatap| (0x2600_0000 << 96) | ((noise >> 32) << 64) | (isatap << 32) | v));
    for length in [48_u32, 56, 64, 96, 32, 40] {
        let (prefix, upper) = (
            if length < 48 {
                0x2a00_0064 << 96
            } else {
                0x0064_ff9b_0001 << 80
            },
            v << (96 - length),
        );
        // Of what lies past bit 64, all moves on by the "u" byte.
        let low = u128::from(u64::MAX);
        let moved = if length == 96 {
            v
        } else {
            (upper & !low) | ((upper & low) >> 8)
        };
        forms.push(prefix | moved);
    }
    forms.into_iter().map(Ipv6Addr::from_bits).collect()
}

proptest! {
    #[test]
    fn no_form_makes_an_address_public(
        random: u32, noise: u64, row in any::<prop::sample::Index>(), inside: bool, own: bool,
    ) {
        let net = V4[row.index(V4.len())].net;
        let bits = if inside { net.network().to_bits() | (random & net.hostmask().to_bits()) } else { random };
        let v4 = Ipv4Addr::from_bits(bits);
        let own = if own { vec![v4.into()] } else { vec![] };
        for nat64 in [vec![], vec!["64:ff9b:1::/96".parse().unwrap(), "2a00:64::/32".parse().unwrap()]] {
            let classifier = Classifier::without_kernel(nat64, own.clone()).unwrap();
            let class = classifier.class(&at(v4.into()));
            for form in forms(bits, noise) {
                // The forms of 2a00:64::/32 are forms only to the operator who says so.
                if form.segments()[0] != 0x2a00 || !classifier.nat64.is_empty() {
                    let found = classifier.class(&at(form.into()));
                    prop_assert!(found != Public || class == Public, "{} is {}, {} is {}", form, found, v4, class);
                }
            }
        }
    }
}
