//! The classifier and the tenant policy, against somebody else's knowledge of which addresses are globally reachable.
//! Nothing here reads our tables: what an address embeds is computed again, from the RFCs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use arbitrary::Unstructured;
use ipnet::{IpNet, Ipv6Net};

use self::known::{FORMS, GIVEN_OUT, LAXER, LOCAL_USE, STRICTER};
use crate::address::Address;
use crate::limits::Limits;
use crate::tenant::class::{AddressClass, Classifier};
use crate::tenant::ip_network::IpNetwork;
use crate::tenant::policy::{Network, Policy, PolicyKind};

mod known;
mod made;

/// An address, and the policy that judges it.
#[derive(Debug)]
pub struct AddressCase {
    address: SocketAddr,
    nat64: Vec<Ipv6Net>,
    own: Vec<IpAddr>,
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
    ports: Vec<u16>,
}

impl AddressCase {
    /// The case that these bytes stand for; any bytes do.
    #[must_use]
    pub fn read(data: &[u8]) -> AddressCase {
        made::case(&mut Unstructured::new(data)).unwrap_or_else(|_| AddressCase {
            address: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 80),
            nat64: Vec::new(),
            own: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
            ports: Vec::new(),
        })
    }

    /// What is asked of the independent classifier: the address itself, then every IPv4 address that it embeds.
    #[must_use]
    pub fn asks(&self) -> Vec<IpAddr> {
        let ip = self.address.ip();
        let embedded = self.embedded().into_iter().map(IpAddr::V4);
        [ip].into_iter().chain(embedded).collect()
    }

    /// Compares with an independent classifier, which says whether an address is globally reachable.
    ///
    /// # Errors
    /// What it says otherwise, and no reason for it is known.
    pub fn check(&self, is_global: &dyn Fn(IpAddr) -> bool) -> Result<()> {
        // A prefix that cannot be one is refused before anything is classified.
        let Ok(classifier) = Classifier::without_kernel(self.nat64.clone(), self.own.clone()) else {
            return Ok(());
        };
        let address = Address::Inet(self.address);
        let verdict = classifier.classify(&address);
        let ip = self.address.ip();
        let says = format!("{ip} is {} to us ({}), {self:?}", verdict.class, verdict.rule);
        let embedded = self.embedded();
        let inner_global = |inner: &Ipv4Addr| is_global((*inner).into());
        if verdict.class == AddressClass::Public {
            let open = LAXER.iter().any(|(net, _)| net.contains(&ip));
            let excused = open || (self.is_a_form() && !embedded.is_empty());
            ensure!(is_global(ip) || excused, "{says}, but not globally reachable");
            if let Some(inner) = embedded.iter().find(|inner| !inner_global(inner)) {
                bail!("{says}, but {inner} in it is not globally reachable");
            }
            if let Some((net, why)) = self.asks().into_iter().find_map(|ip| self.stricter(ip)) {
                bail!("{says}, but it is in {net}: {why}");
            }
        } else {
            let known = self
                .asks()
                .into_iter()
                .any(|ip| self.stricter(ip).is_some() || self.is_own(ip) || self.stands_out(ip));
            let explained = known || !is_global(ip) || !embedded.iter().all(inner_global);
            ensure!(explained, "{says}, but globally reachable, and no reason is known");
        }
        let found = classifier.embedded(ip);
        for inner in &embedded {
            ensure!(found.contains(inner), "{says}, but {inner} in it was not found");
        }
        self.check_policy(classifier, verdict.class, &embedded)
    }

    fn check_policy(&self, classifier: Classifier, class: AddressClass, embedded: &[Ipv4Addr]) -> Result<()> {
        let read = |nets: &[IpNet]| {
            let nets = nets.iter().map(|net| IpNetwork::new(net.network(), net.prefix_len()));
            nets.filter_map(Result::ok).collect()
        };
        let network = Network {
            allow: read(&self.allow),
            deny: read(&self.deny),
            ports: self.ports.clone(),
            nat64: self.nat64.clone(),
            ..Network::default()
        };
        let policy = Policy {
            kind: PolicyKind::Tenant,
            limits: Limits::tenant(),
            network,
            harden: None,
            classifier: Arc::new(classifier),
        };
        // A mapped address is the same host.
        let ip = self.address.ip().to_canonical();
        let within = |nets: &[IpNet], ip: IpAddr| nets.iter().any(|net| net.contains(&ip));
        let denied = within(&self.deny, ip)
            || within(&self.deny, self.address.ip())
            || embedded.iter().any(|inner| within(&self.deny, (*inner).into()));
        let opened = class == AddressClass::Public || within(&self.allow, ip);
        let expected = !denied && opened && self.ports.contains(&self.address.port());
        let address = Address::Inet(self.address);
        let decided = policy.decide(&address);
        ensure!(decided.is_ok() == expected, "the policy says {decided:?}, {self:?}");
        ensure!(
            policy.explain(&address).is_ok() == expected,
            "what is explained is not what is decided, {self:?}"
        );
        Ok(())
    }

    fn is_own(&self, ip: IpAddr) -> bool {
        self.own.iter().any(|own| own.to_canonical() == ip.to_canonical())
    }

    fn operators(&self, ip: IpAddr) -> impl Iterator<Item = u8> {
        let prefixes = self
            .nat64
            .iter()
            .filter(move |prefix| IpNet::V6(**prefix).contains(&ip));
        prefixes.map(Ipv6Net::prefix_len)
    }

    /// Whether the address is what it embeds, whatever becomes of its prefix on the internet.
    fn is_a_form(&self) -> bool {
        let ip = self.address.ip();
        self.operators(ip).next().is_some() || FORMS.iter().any(|net| net.contains(&ip))
    }

    /// Why we call it not public though others do not.
    fn stricter(&self, ip: IpAddr) -> Option<(IpNet, &'static str)> {
        if self.operators(ip).next().is_some() {
            return None;
        }
        let row = STRICTER.iter().find(|(net, _)| net.contains(&ip)).copied();
        let given_out = ip.is_ipv4() || GIVEN_OUT.contains(&ip) || FORMS.iter().any(|net| net.contains(&ip));
        row.or((!given_out).then_some((ip.into(), "outside 2000::/3 nothing is given out")))
    }

    /// Whether it is in a range of its own within an operator's prefix, which stands.
    fn stands_out(&self, ip: IpAddr) -> bool {
        let prefix = self.operators(ip).max().unwrap_or(u8::MAX);
        let mut rows = STRICTER.iter();
        rows.any(|(net, _)| net.contains(&ip) && net.prefix_len() > prefix)
    }

    fn embedded(&self) -> Vec<Ipv4Addr> {
        let IpAddr::V6(ip) = self.address.ip() else {
            return Vec::new();
        };
        let bits = ip.to_bits();
        let low = bits as u32;
        let mut found = Vec::new();
        match bits >> 32 {
            // ::/96, ::ffff:0:0/96, ::ffff:0:0:0/96 and 64:ff9b::/96.
            0 | 0xffff | 0xffff_0000 | 0x0064_ff9b_0000_0000_0000_0000 => found.push(low),
            // An interface identifier of ISATAP, RFC 5214 §6.1, its "u" bit set or not.
            high if high as u32 & !0x0200_0000 == 0x5efe => found.push(low),
            _ => {}
        }
        match bits >> 96 {
            // Teredo, RFC 4380 §4: the server, and the client with every bit turned.
            0x2001_0000 => found.extend([(bits >> 64) as u32, !low]),
            // 6to4, RFC 3056 §2.
            high if high >> 16 == 0x2002 => found.push((bits >> 80) as u32),
            _ => {}
        }
        let operators: Vec<u8> = self.operators(ip.into()).collect();
        // Where nobody says how long the prefix of RFC 8215 is, it may be any of these.
        let local: &[u8] = match LOCAL_USE.contains(&ip) && operators.is_empty() {
            true => &[48, 56, 64, 96],
            false => &[],
        };
        found.extend(operators.iter().chain(local).map(|length| translated(ip, *length)));
        found.into_iter().map(Ipv4Addr::from_bits).collect()
    }
}

/// What stands after a prefix of RFC 6052 §2.2, whose bits 64 to 71 are no part of it.
fn translated(ip: Ipv6Addr, length: u8) -> u32 {
    let bits = ip.to_bits();
    if length == 96 {
        return bits as u32;
    }
    let without = ((bits >> 64) << 56) | (bits & ((1 << 56) - 1));
    (without >> (88 - u32::from(length))) as u32
}
