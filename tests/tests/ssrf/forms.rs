//! The forms of addresses that are tried, and what must become of each.

use Becomes::{Denied, Dialled, Nothing};

/// What becomes of a URL under the tenant policy.
#[derive(Clone, Copy)]
pub(crate) enum Becomes {
    /// Refused, as an address of this class.
    Denied(&'static str),
    /// Dialled: it is public.
    Dialled,
    /// No address comes of it with the bundled libcurl, which ends with this code.
    Nothing(i32),
}

/// The attack that it belongs to, the URL's host, and what must become of it. The attacks are numbered as in
/// `docs/policy.md`.
#[rustfmt::skip] // A form a line.
pub(crate) const FORMS: &[(&str, &str, Becomes)] = &[
    ("A1", "127.0.0.1", Denied("loopback")),
    ("A1", "127.1", Denied("loopback")),
    ("A1", "2130706433", Denied("loopback")),
    ("A1", "0x7f000001", Denied("loopback")),
    ("A1", "0177.0.0.1", Denied("loopback")),
    ("A1", "0x7f.1", Denied("loopback")),
    ("A2", "0", Denied("loopback")),
    ("A2", "0.0.0.0", Denied("loopback")),
    ("A2", "[::]", Denied("loopback")),
    ("A3", "[::ffff:127.0.0.1]", Denied("loopback")),
    ("A3", "[::ffff:10.0.0.1]", Denied("private")),
    ("A4", "[::127.0.0.1]", Denied("loopback")),
    ("A5", "[::ffff:0:127.0.0.1]", Denied("loopback")),
    ("A6", "[64:ff9b::127.0.0.1]", Denied("loopback")),
    ("A6", "[64:ff9b::93.184.216.35]", Dialled),
    ("A7", "[64:ff9b:1:7f00:0:100::]", Denied("reserved")),
    ("A8", "[2a00:1:2:3:a:0:100:0]", Denied("private")),
    ("A9", "[2002:7f00:1::1]", Denied("loopback")),
    ("A9", "[2002:5db8:d823::1]", Dialled),
    ("A10", "[2001:0:7f00:1::1]", Denied("loopback")),
    ("A10", "[2001:0:5db8:d823:0:0:80ff:fffe]", Denied("loopback")),
    ("A11", "[2600::5efe:127.0.0.1]", Denied("loopback")),
    ("A11", "[2600::200:5efe:10.0.0.1]", Denied("private")),
    ("A12", "169.254.1.1", Denied("link-local")),
    // The scope is the interface that leads beyond.
    ("A12", "[fe80::1%259]", Denied("link-local")),
    ("A12", "[fec0::1]", Denied("private")),
    ("A13", "100.64.0.1", Denied("shared")),
    ("A14", "10.0.0.1", Denied("private")),
    ("A14", "172.16.0.1", Denied("private")),
    ("A14", "192.168.0.1", Denied("private")),
    ("A14", "[fd00::1]", Denied("private")),
    ("A14", "224.0.0.1", Denied("multicast")),
    ("A14", "[ff02::1]", Denied("multicast")),
    ("A14", "240.0.0.1", Denied("reserved")),
    ("A14", "255.255.255.255", Denied("reserved")),
    ("A14", "192.0.0.1", Denied("reserved")),
    ("A14", "192.0.2.1", Denied("reserved")),
    ("A14", "198.18.0.1", Denied("reserved")),
    ("A14", "198.51.100.1", Denied("reserved")),
    ("A14", "203.0.113.1", Denied("reserved")),
    ("A14", "192.88.99.1", Denied("reserved")),
    ("A14", "[2001:db8::1]", Denied("reserved")),
    ("A14", "[2001:10::1]", Denied("reserved")),
    ("A14", "[2001:20::1]", Denied("reserved")),
    ("A14", "[100::1]", Denied("reserved")),
    ("A14", "[3fff::1]", Denied("reserved")),
    ("A14", "[4000::1]", Denied("reserved")),
    ("A15", "93.184.216.34", Denied("host-itself")),
    ("A16", "169.254.169.254", Denied("metadata")),
    ("A16", "169.254.170.2", Denied("metadata")),
    ("A16", "[fd00:ec2::254]", Denied("metadata")),
    ("A16", "100.100.100.200", Denied("metadata")),
    ("A16", "192.0.0.192", Denied("metadata")),
    ("A16", "168.63.129.16", Denied("metadata")),
    ("A16", "[::ffff:169.254.169.254]", Denied("metadata")),
    ("A17", "①②⑦.0.0.1", Nothing(6)),
    ("A17", "127。0.0.1", Nothing(6)),
    ("A18", "localhost.", Denied("loopback")),
    ("A18", "127.0.0.1.", Denied("loopback")),
    ("A19", "example.com@127.0.0.1", Denied("loopback")),
    ("A19", "127.0.0.1%00", Nothing(3)),
    ("-", "93.184.216.35", Dialled),
    ("-", "[2606:2800:220:1::1]", Dialled),
];

/// Hosts that no connection can be made to, not even to a listener that answers on every address: multicast, broadcast,
/// and those that no address comes of.
pub(crate) const NEED_NOT_CONNECT: &[&str] = &[
    "224.0.0.1",
    "[ff02::1]",
    "255.255.255.255",
    "①②⑦.0.0.1",
    "127。0.0.1",
    "127.0.0.1%00",
];
