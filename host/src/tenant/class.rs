//! What an address is: the one answer that `net.classify` gives to guests and that the tenant policy decides by.
//!
//! What is public follows the column "globally reachable" of IANA's two special-purpose address registries: what it
//! grants is public, what it denies or leaves open is not; only for a form that embeds an IPv4 address does that
//! address decide instead. Stricter than the column are 192.0.0.0/24 and 2001:1::1 to ::3, since anycast of "the
//! nearest server" may well end at the operator's own, and the identifiers of 2001:20::/28 and 2001:30::/28, which
//! are no hosts' addresses. In IPv6 only 2000::/3 is public, so that what is given out later stays closed until a row
//! opens it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;

use self::table::{GLOBAL_UNICAST, OUTSIDE_GLOBAL_UNICAST, Row, UNNAMED_V4, UNNAMED_V6, row_v4, row_v6, table_class};
use super::embedded::{Embedded, NAT64_LENGTHS, embedded};
use super::own;
use crate::address::Address;

mod table;

/// What an address is. `Display` and [`name`](AddressClass::name) give the WIT's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// On the public internet, and none of the rest.
    Public,
    /// 127.0.0.0/8, ::1, and 0.0.0.0 and ::, which reach this machine too.
    Loopback,
    /// RFC 1918, unique local (fc00::/7) and the old site-local (fec0::/10).
    Private,
    /// 169.254.0.0/16 and fe80::/10, with any scope or none.
    LinkLocal,
    /// 100.64.0.0/10, a carrier's own.
    Shared,
    /// 224.0.0.0/4 and ff00::/8.
    Multicast,
    /// Where a cloud's metadata service answers, wherever its address lies.
    Metadata,
    /// Set aside for documentation, benchmarks, protocols or the future.
    Reserved,
    /// One of this machine's own addresses.
    HostItself,
    /// A unix socket.
    LocalSocket,
}

impl AddressClass {
    /// Every class, in the WIT's order.
    pub const ALL: [Self; 10] = [
        Self::Public,
        Self::Loopback,
        Self::Private,
        Self::LinkLocal,
        Self::Shared,
        Self::Multicast,
        Self::Metadata,
        Self::Reserved,
        Self::HostItself,
        Self::LocalSocket,
    ];

    /// The name that the WIT gives it: `link-local`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Shared => "shared",
            Self::Multicast => "multicast",
            Self::Metadata => "metadata",
            Self::Reserved => "reserved",
            Self::HostItself => "host-itself",
            Self::LocalSocket => "local-socket",
        }
    }

    /// Which of several findings about one address decides: the lowest.
    const fn rank(self) -> u8 {
        match self {
            Self::Metadata => 0,
            Self::HostItself => 1,
            Self::Public => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an address is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// The class.
    pub class: AddressClass,
    /// The rule that decided, for the operator's log and never for a tenant:
    /// `64:ff9b::/96 (RFC 6052) embeds 127.0.0.1: 127.0.0.0/8 loopback (RFC 1122)`.
    pub rule: Cow<'static, str>,
    /// The IPv4 address inside the address: the one that decided, or else the first of those found.
    pub embedded: Option<Ipv4Addr>,
}

/// Why a prefix cannot be one of the operator's NAT64 prefixes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nat64PrefixError {
    /// RFC 6052 gives an IPv4 address no place after a prefix of this length.
    #[error("{0} cannot be a NAT64 prefix: its length must be 32, 40, 48, 56, 64 or 96 (RFC 6052)")]
    Length(Ipv6Net),
    /// A prefix of 96 bits has something in bits 64 to 71.
    #[error("{0} cannot be a NAT64 prefix: its bits 64 to 71 must be zero (RFC 6052)")]
    ReservedBits(Ipv6Net),
    /// No translator can stand there, and what can be reached there must not become public.
    #[error("{0} cannot be a NAT64 prefix: it lies in {1}")]
    Place(Ipv6Net, String),
}

/// Says what an address is. Cheap enough to be asked for every connection: whether an address is the machine's own is
/// asked of the kernel each time.
#[derive(Clone, Debug)]
pub struct Classifier {
    nat64: Vec<Ipv6Net>,
    /// Addresses that count as the machine's own, whatever the kernel says.
    own: HashSet<IpAddr>,
    /// Whether the kernel is asked too.
    asks: bool,
}

impl Classifier {
    /// A classifier for this machine.
    ///
    /// `nat64` are the operator's own NAT64 prefixes, of 32, 40, 48, 56, 64 or 96 bits (host bits are ignored). An
    /// address under one is what it embeds, even where the prefix itself lies in a private or reserved range.
    ///
    /// `own` are further addresses of the machine, beside those that the kernel has local routes to: such as the public
    /// address that a router translates to this machine. Those that are loopback stay loopback and are left out.
    ///
    /// # Errors
    /// A prefix of another length, one of 96 bits that is not zero in bits 64 to 71, and one among loopback,
    /// link-local, multicast, metadata or IPv4-mapped addresses.
    pub fn new(nat64: Vec<Ipv6Net>, own: Vec<IpAddr>) -> Result<Self, Nat64PrefixError> {
        let classifier = Self::without_kernel(nat64, own)?;
        Ok(Self {
            asks: true,
            ..classifier
        })
    }

    /// As [`Classifier::new`], but the machine's own addresses are those of `own` alone: the same on every machine.
    pub(crate) fn without_kernel(nat64: Vec<Ipv6Net>, own: Vec<IpAddr>) -> Result<Self, Nat64PrefixError> {
        let nat64 = nat64.into_iter().map(checked).collect::<Result<_, _>>()?;
        let own = own
            .into_iter()
            .map(|ip| ip.to_canonical())
            .filter(|ip| table_class(*ip) != AddressClass::Loopback)
            .collect();
        let asks = false;
        Ok(Self { nat64, own, asks })
    }

    /// What `address` is. Its port and its scope do not matter.
    #[must_use]
    pub fn classify(&self, address: &Address) -> Classification {
        match address.ip() {
            None => Classification {
                class: AddressClass::LocalSocket,
                rule: "a unix socket".into(),
                embedded: None,
            },
            Some(IpAddr::V4(ip)) => self.v4(ip),
            Some(IpAddr::V6(ip)) => self.v6(ip),
        }
    }

    /// The class of `address` alone.
    #[must_use]
    pub fn class(&self, address: &Address) -> AddressClass {
        self.classify(address).class
    }

    fn v4(&self, ip: Ipv4Addr) -> Classification {
        self.judge(
            ip.into(),
            row_v4(ip).map_or((AddressClass::Public, Cow::Borrowed(UNNAMED_V4)), Row::found),
        )
    }

    /// Every IPv4 address inside an address, in whatever form.
    pub(crate) fn embedded(&self, ip: IpAddr) -> Vec<Ipv4Addr> {
        match ip {
            IpAddr::V4(_) => Vec::new(),
            IpAddr::V6(ip) => embedded(ip, &self.nat64)
                .into_iter()
                .map(|found| found.address)
                .collect(),
        }
    }

    /// The address itself and all that it embeds are judged alike, and the strictest finding decides. Among equals the
    /// address itself goes first, so that a form which is not public keeps its own class; where all is public, what is
    /// embedded says more.
    fn v6(&self, ip: Ipv6Addr) -> Classification {
        let found = embedded(ip, &self.nat64);
        let first = found.first().map(|first| first.address);
        let strictness = |verdict: &Classification| {
            (
                verdict.class.rank(),
                verdict.class == AddressClass::Public && verdict.embedded.is_none(),
            )
        };
        let mut decides = self.v6_itself(ip);
        for inner in found.into_iter().map(|embedded| self.inside(embedded)) {
            if strictness(&inner) < strictness(&decides) {
                decides = inner;
            }
        }
        decides.embedded = decides.embedded.or(first);
        decides
    }

    fn inside(&self, Embedded { address, form }: Embedded) -> Classification {
        let Classification { class, rule, .. } = self.v4(address);
        Classification {
            class,
            rule: format!("{form} embeds {address}: {rule}").into(),
            embedded: Some(address),
        }
    }

    fn v6_itself(&self, ip: Ipv6Addr) -> Classification {
        let row = row_v6(ip);
        let prefix = self
            .nat64
            .iter()
            .filter(|prefix| prefix.contains(&ip))
            .max_by_key(|prefix| prefix.prefix_len());
        let found = match (row, prefix) {
            (Some(row), Some(prefix)) if row.net.prefix_len() > prefix.prefix_len() => row.found(),
            (_, Some(prefix)) => (
                AddressClass::Public,
                format!("the operator's NAT64 prefix {prefix}").into(),
            ),
            (Some(row), None) => row.found(),
            (None, None) if GLOBAL_UNICAST.contains(&ip) => (AddressClass::Public, UNNAMED_V6.into()),
            (None, None) => (AddressClass::Reserved, OUTSIDE_GLOBAL_UNICAST.into()),
        };
        self.judge(ip.into(), found)
    }

    fn judge(&self, ip: IpAddr, (class, rule): (AddressClass, Cow<'static, str>)) -> Classification {
        let ip = ip.to_canonical();
        let own = match table_class(ip) {
            // These are what they are on whichever machine; to all of loopback the kernel has local routes.
            AddressClass::Metadata | AddressClass::Loopback => None,
            _ if ip == IpAddr::V4(Ipv4Addr::BROADCAST) => None,
            _ => self.own(ip),
        };
        let (class, rule) = own.map_or((class, rule), |rule| (AddressClass::HostItself, rule.into()));
        Classification {
            class,
            rule,
            embedded: None,
        }
    }

    /// Why an address counts as this machine's own; `None` where it does not. An address that the kernel says nothing of
    /// counts.
    fn own(&self, ip: IpAddr) -> Option<String> {
        if self.own.contains(&ip) {
            return Some(format!("{ip} is one of this machine's own addresses"));
        }
        if !self.asks {
            return None;
        }
        match own::is_own(ip) {
            Ok(own) => own.then(|| format!("{ip} is one of this machine's own addresses")),
            Err(error) => Some(format!(
                "the kernel does not say whether {ip} is this machine's own: {error}"
            )),
        }
    }
}

fn checked(prefix: Ipv6Net) -> Result<Ipv6Net, Nat64PrefixError> {
    let prefix = prefix.trunc();
    if !NAT64_LENGTHS.contains(&prefix.prefix_len()) {
        return Err(Nat64PrefixError::Length(prefix));
    }
    if prefix.addr().octets()[8] != 0 {
        return Err(Nat64PrefixError::ReservedBits(prefix));
    }
    match row_v6(prefix.addr()) {
        // The kernel dials IPv4 for these: nothing would ever reach a translator.
        Some(row) if prefix.addr().to_ipv4_mapped().is_some() => {
            Err(Nat64PrefixError::Place(prefix, row.found().1.into_owned()))
        }
        Some(row)
            if matches!(
                row.class,
                AddressClass::Loopback | AddressClass::LinkLocal | AddressClass::Multicast | AddressClass::Metadata
            ) =>
        {
            Err(Nat64PrefixError::Place(prefix, row.found().1.into_owned()))
        }
        _ => Ok(prefix),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot read its own table has failed"
)]
mod tests;
