//! Where we and others differ, and why: short, so that whatever else differs is a finding.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

const fn net(segments: [u16; 8], length: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)
}

const fn v6(segments: [u16; 8], length: u8) -> IpNet {
    IpNet::V6(net(segments, length))
}

/// What IANA gives out (RFC 4291).
pub(super) const GIVEN_OUT: IpNet = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// RFC 8215's, from which an operator cuts his own.
pub(super) const LOCAL_USE: Ipv6Net = net([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48);

/// Forms that are what they embed. IANA's column "globally reachable" is open for them, or denies it: as addresses of
/// their own they lead nowhere, but a translator or a kernel may dial what is in them.
pub(super) static FORMS: [IpNet; 6] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
];

/// What we call not public though an independent classifier may call it global.
pub(super) static STRICTER: [(IpNet, &str); 10] = [
    (
        v4(168, 63, 129, 16, 32),
        "Azure's wire server: metadata on a public address",
    ),
    (
        v4(192, 0, 0, 0, 24),
        "anycast of the nearest server may end at the operator's own; CPython before gh-113171 has only parts of it",
    ),
    (
        v4(192, 88, 99, 0, 24),
        "6to4 relays, given up (RFC 7526); IANA leaves the column open",
    ),
    (
        v4(224, 0, 0, 0, 4),
        "multicast; \"global\" is said of its scope, and nothing there can be dialled",
    ),
    (
        v6([0x2001, 1, 0, 0, 0, 0, 0, 0], 126),
        "anycast of the nearest server, as 192.0.0.0/24",
    ),
    (
        v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28),
        "ORCHIDv2: identifiers, no hosts' addresses (RFC 7343)",
    ),
    (
        v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28),
        "drones' identifiers, no hosts' addresses (RFC 9374)",
    ),
    (
        v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
        "documentation (RFC 9637); CPython before gh-124217 does not know it",
    ),
    (
        v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
        "local-use NAT64, whose layout only its operator knows; CPython before gh-113171 calls it global",
    ),
    (
        v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64),
        "the dummy prefix (RFC 9780), which neither Rust's std nor CPython (gh-151749) knows",
    ),
];

/// What we call public though an independent classifier may call it not global. Each is a hole in its knowledge.
pub(super) static LAXER: [(IpNet, &str); 2] = [
    (
        v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32),
        "AMT, which IANA's column calls global; CPython before gh-113171 closes all of 2001::/23",
    ),
    (
        v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48),
        "AS112, which IANA's column calls global; CPython before gh-113171 closes all of 2001::/23",
    ),
];
