//! The ranges of addresses, their classes, and where each comes from: IANA's registries of special-purpose addresses,
//! by their column "globally reachable", and what clouds say of their metadata services.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::AddressClass;

/// A row of the tables: all of a range is of one class, but for what a longer row says.
pub(super) struct Row<Net> {
    pub(super) net: Net,
    pub(super) class: AddressClass,
    /// What the range is, and the source that says so.
    pub(super) what: &'static str,
}

impl<Net: fmt::Display> Row<Net> {
    pub(super) fn found(&self) -> (AddressClass, Cow<'static, str>) {
        (self.class, format!("{} {}", self.net, self.what).into())
    }
}

pub(super) fn row_v4(ip: Ipv4Addr) -> Option<&'static Row<Ipv4Net>> {
    V4.iter()
        .filter(|row| row.net.contains(&ip))
        .max_by_key(|row| row.net.prefix_len())
}

pub(super) fn row_v6(ip: Ipv6Addr) -> Option<&'static Row<Ipv6Net>> {
    V6.iter()
        .filter(|row| row.net.contains(&ip))
        .max_by_key(|row| row.net.prefix_len())
}

pub(super) fn table_class(ip: IpAddr) -> AddressClass {
    match ip {
        IpAddr::V4(ip) => row_v4(ip).map_or(AddressClass::Public, |row| row.class),
        IpAddr::V6(ip) => row_v6(ip).map_or(AddressClass::Public, |row| row.class),
    }
}

const fn v4(octets: [u8; 4], length: u8, class: AddressClass, what: &'static str) -> Row<Ipv4Net> {
    let [a, b, c, d] = octets;
    Row {
        net: Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length),
        class,
        what,
    }
}

const fn v6(segments: [u16; 8], length: u8, class: AddressClass, what: &'static str) -> Row<Ipv6Net> {
    let [a, b, c, d, e, f, g, h] = segments;
    Row {
        net: Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length),
        class,
        what,
    }
}

pub(super) const UNNAMED_V4: &str = "no rule names it";
pub(super) const UNNAMED_V6: &str = "2000::/3 global unicast (RFC 4291)";
pub(super) const OUTSIDE_GLOBAL_UNICAST: &str = "outside 2000::/3, not given out (RFC 4291)";
pub(super) const GLOBAL_UNICAST: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

#[rustfmt::skip] // A row a line.
pub(super) static V4: [Row<Ipv4Net>; 29] = [
    v4([0, 0, 0, 0], 8, AddressClass::Reserved, "this network (RFC 1122)"),
    v4([0, 0, 0, 0], 32, AddressClass::Loopback, "this host, dialled as loopback (RFC 1122)"),
    v4([10, 0, 0, 0], 8, AddressClass::Private, "private (RFC 1918)"),
    v4([100, 64, 0, 0], 10, AddressClass::Shared, "shared by a carrier (RFC 6598)"),
    v4([100, 100, 100, 200], 32, AddressClass::Metadata, "metadata (Alibaba)"),
    v4([127, 0, 0, 0], 8, AddressClass::Loopback, "loopback (RFC 1122)"),
    v4([168, 63, 129, 16], 32, AddressClass::Metadata, "metadata (Azure's wire server)"),
    v4([169, 254, 0, 0], 16, AddressClass::LinkLocal, "link-local (RFC 3927)"),
    v4([169, 254, 0, 23], 32, AddressClass::Metadata, "metadata (Tencent)"),
    v4([169, 254, 42, 42], 32, AddressClass::Metadata, "metadata (Scaleway)"),
    v4([169, 254, 169, 252], 32, AddressClass::Metadata, "metadata (Google Kubernetes Engine)"),
    v4([169, 254, 169, 254], 32, AddressClass::Metadata, "metadata (most clouds)"),
    v4([169, 254, 170, 2], 32, AddressClass::Metadata, "metadata (Amazon ECS)"),
    v4([169, 254, 170, 23], 32, AddressClass::Metadata, "metadata (Amazon EKS)"),
    v4([172, 16, 0, 0], 12, AddressClass::Private, "private (RFC 1918)"),
    v4([192, 0, 0, 0], 24, AddressClass::Reserved, "protocol assignments, anycast ones too (RFC 6890)"),
    v4([192, 0, 0, 192], 32, AddressClass::Metadata, "metadata (Oracle)"),
    v4([192, 0, 2, 0], 24, AddressClass::Reserved, "documentation (RFC 5737)"),
    v4([192, 31, 196, 0], 24, AddressClass::Public, "AS112, globally reachable (RFC 7535)"),
    v4([192, 52, 193, 0], 24, AddressClass::Public, "AMT, globally reachable (RFC 7450)"),
    v4([192, 88, 99, 0], 24, AddressClass::Reserved, "6to4 relays, given up (RFC 7526)"),
    v4([192, 168, 0, 0], 16, AddressClass::Private, "private (RFC 1918)"),
    v4([192, 175, 48, 0], 24, AddressClass::Public, "AS112, globally reachable (RFC 7534)"),
    v4([198, 18, 0, 0], 15, AddressClass::Reserved, "benchmarks (RFC 2544)"),
    v4([198, 51, 100, 0], 24, AddressClass::Reserved, "documentation (RFC 5737)"),
    v4([203, 0, 113, 0], 24, AddressClass::Reserved, "documentation (RFC 5737)"),
    v4([224, 0, 0, 0], 4, AddressClass::Multicast, "multicast (RFC 5771)"),
    v4([240, 0, 0, 0], 4, AddressClass::Reserved, "future use (RFC 1112)"),
    v4([255, 255, 255, 255], 32, AddressClass::Reserved, "broadcast (RFC 919)"),
];

/// The rows of the forms that embed an IPv4 address are public: there, what is embedded decides.
#[rustfmt::skip] // A row a line.
pub(super) static V6: [Row<Ipv6Net>; 34] = [
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, AddressClass::Public, "IPv4-compatible (RFC 4291)"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, AddressClass::Loopback, "unspecified, dialled as loopback (RFC 4291)"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, AddressClass::Loopback, "loopback (RFC 4291)"),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, AddressClass::Public, "IPv4-mapped (RFC 4291)"),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, AddressClass::Public, "IPv4-translated (RFC 2765)"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, AddressClass::Public, "NAT64 (RFC 6052)"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, AddressClass::Reserved, "local-use NAT64 (RFC 8215)"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, AddressClass::Reserved, "discarded (RFC 6666)"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, AddressClass::Reserved, "dummy (RFC 9780)"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, AddressClass::Reserved, "protocol assignments, anycast ones too (RFC 2928)"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, AddressClass::Public, "Teredo (RFC 4380)"),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, AddressClass::Reserved, "benchmarks (RFC 5180)"),
    v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32, AddressClass::Public, "AMT, globally reachable (RFC 7450)"),
    v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48, AddressClass::Public, "AS112, globally reachable (RFC 7535)"),
    v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28, AddressClass::Reserved, "ORCHID, given up (RFC 4843)"),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, AddressClass::Reserved, "ORCHIDv2, not addresses of hosts (RFC 7343)"),
    v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28, AddressClass::Reserved, "drones' identifiers, not addresses of hosts (RFC 9374)"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, AddressClass::Reserved, "documentation (RFC 3849)"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, AddressClass::Public, "6to4 (RFC 3056)"),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, AddressClass::Public, "AS112, globally reachable (RFC 7534)"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, AddressClass::Reserved, "documentation (RFC 9637)"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, AddressClass::Reserved, "segment identifiers (RFC 9602)"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, AddressClass::Private, "unique local (RFC 4193)"),
    v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128, AddressClass::Metadata, "metadata (Scaleway)"),
    v6([0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128, AddressClass::Metadata, "metadata (Oracle)"),
    v6([0xfd00, 0x100, 0, 0, 0, 0, 0x100, 0x200], 128, AddressClass::Metadata, "metadata (Alibaba)"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128, AddressClass::Metadata, "metadata (Amazon EKS)"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, AddressClass::Metadata, "metadata (Amazon)"),
    v6([0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1], 128, AddressClass::Metadata, "metadata (Akamai)"),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, AddressClass::Metadata, "metadata (Google)"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, AddressClass::LinkLocal, "link-local (RFC 4291)"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128, AddressClass::Metadata, "metadata (OpenStack)"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, AddressClass::Private, "site-local, given up (RFC 3879)"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, AddressClass::Multicast, "multicast (RFC 4291)"),
];
