//! The two policies: `curl`, for one's own machine, and `tenant`, for strangers' plugins and strangers' URLs.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use ipnet::Ipv6Net;

use super::class::{AddressClass, Classifier};
use super::ip_network::IpNetwork;
use super::own;
use super::policy_file::PolicyFile;
use crate::address::Address;
use crate::limits::Limits;

/// Which of the two policies one is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// curl's own defaults: any address, any port, any scheme, proxies from the environment.
    Curl,
    /// Only public addresses, http and https on their own ports, no proxy, tight limits.
    Tenant,
}

/// What the host refuses whatever a plugin says, and how much a guest may use.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) kind: PolicyKind,
    pub(crate) limits: Limits,
    pub(crate) network: Network,
    pub(crate) harden: Option<bool>,
    pub(crate) classifier: Arc<Classifier>,
}

/// What may be dialled under the tenant policy.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) allow: Vec<IpNetwork>,
    pub(crate) deny: Vec<IpNetwork>,
    pub(crate) ports: Vec<u16>,
    pub(crate) schemes: Vec<String>,
    pub(crate) nat64: Vec<Ipv6Net>,
    /// Whether one denied address in the answer for a name denies the name.
    pub(crate) strict: bool,
}

impl Default for Network {
    fn default() -> Network {
        let schemes = ["http", "https"].map(str::to_owned).to_vec();
        Network {
            allow: Vec::new(),
            deny: Vec::new(),
            ports: vec![80, 443],
            schemes,
            nat64: Vec::new(),
            strict: false,
        }
    }
}

impl Network {
    /// The network that opens this address. An address is opened in the form in which it is dialled; a mapped one is IPv4.
    fn opens(&self, ip: IpAddr) -> Option<IpNetwork> {
        self.allow.iter().find(|net| net.contains(ip)).copied()
    }

    /// The network that denies this address.
    fn denies(&self, ip: IpAddr) -> Option<IpNetwork> {
        self.deny.iter().find(|net| net.names(ip)).copied()
    }

    /// Denies what the denied networks embed as well, so that a denied host is denied in every form, whichever form names it.
    pub(super) fn deny_embedded(&mut self) {
        let embedded = self.deny.iter().flat_map(|net| net.embedded(&self.nat64));
        let more: Vec<IpNetwork> = embedded.filter(|net| !self.deny.contains(net)).collect();
        self.deny.extend(more);
    }
}

/// A policy that cannot be made. One sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(pub(super) String);

/// Why an address is denied: the rule, for the operator's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial(pub(crate) String);

impl Policy {
    /// The policy of this kind, with its defaults.
    ///
    /// # Errors
    /// Where the kernel does not tell the machine's own addresses.
    pub fn new(kind: PolicyKind) -> Result<Policy, PolicyError> {
        let limits = match kind {
            PolicyKind::Curl => Limits::curl(),
            PolicyKind::Tenant => Limits::tenant(),
        };
        Policy::with(kind, limits, Network::default(), None)
    }

    /// The policy of a TOML file, over the defaults of its kind: the file's own, or `kind` where the file names none.
    ///
    /// # Errors
    /// One sentence that names the file, the line and the key.
    pub fn from_file(path: &Path, kind: Option<PolicyKind>) -> Result<Policy, PolicyError> {
        Ok(PolicyFile::read(path, kind, PolicyKind::Curl)?.defaults.policy)
    }

    /// The same kind with other limits and another network.
    pub(super) fn changed(&self, limits: Limits, network: Network) -> Result<Policy, PolicyError> {
        if network.nat64 != self.network.nat64 {
            return Policy::with(self.kind, limits, network, self.harden);
        }
        Ok(Policy {
            limits,
            network,
            ..self.clone()
        })
    }

    pub(super) fn with(
        kind: PolicyKind,
        limits: Limits,
        network: Network,
        harden: Option<bool>,
    ) -> Result<Policy, PolicyError> {
        own::check().map_err(|error| {
            PolicyError(format!(
                "the kernel does not tell this machine's own addresses (netlink, RTM_GETROUTE): {error}"
            ))
        })?;
        let classifier =
            Classifier::new(network.nat64.clone(), Vec::new()).map_err(|error| PolicyError(error.to_string()))?;
        Ok(Policy {
            kind,
            limits,
            network,
            harden,
            classifier: Arc::new(classifier),
        })
    }

    /// The same within these limits as well.
    pub(crate) fn within(&self, limits: &Limits) -> Policy {
        Policy {
            limits: self.limits.strictest(limits),
            ..self.clone()
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The limits, to change them.
    pub fn limits_mut(&mut self) -> &mut Limits {
        &mut self.limits
    }

    /// Whether the file asks for a hardened process; `None` where it does not say. It is whoever runs the process that
    /// hardens it, with `Hardening`.
    pub fn harden(&self) -> Option<bool> {
        self.harden
    }

    /// Whether the host asks itself before an address is dialled.
    pub(crate) fn guards_network(&self) -> bool {
        self.kind == PolicyKind::Tenant
    }

    /// What this policy makes of an address, and by which rule: `Ok` where it may be dialled. Nothing is dialled or
    /// resolved. The rule is for an operator; a tenant is told no more than "denied".
    ///
    /// # Errors
    /// The rule by which the address is denied.
    pub fn explain(&self, address: &Address) -> Result<String, String> {
        self.decide(address).map_err(|denial| denial.0)?;
        if !self.guards_network() {
            return Ok("the policy curl denies no address".to_owned());
        }
        let verdict = self.classifier.classify(address);
        let opened = address.ip().and_then(|ip| self.network.opens(ip));
        Ok(match opened {
            Some(net) if verdict.class != AddressClass::Public => format!("in the allowed network {net}"),
            _ => format!("{}: {}", verdict.class, verdict.rule),
        })
    }

    /// A port that an address without one is judged by, so that the address decides.
    #[cfg(any(feature = "cli", feature = "testing"))]
    pub(crate) fn usual_port(&self) -> u16 {
        self.network.ports.first().copied().unwrap_or(443)
    }

    /// Whether this address may be dialled, on its binary form and nothing else.
    pub(crate) fn decide(&self, address: &Address) -> Result<(), Denial> {
        if !self.guards_network() {
            return Ok(());
        }
        let Address::Inet(inet) = address else {
            return Err(Denial("a unix socket".to_owned()));
        };
        let verdict = self.classifier.classify(address);
        let ip = inet.ip();
        let embedded = self.classifier.embedded(ip).into_iter().map(IpAddr::V4);
        if let Some(net) = [ip].into_iter().chain(embedded).find_map(|ip| self.network.denies(ip)) {
            return Err(Denial(format!("in the denied network {net}")));
        }
        if !self.network.ports.contains(&inet.port()) {
            return Err(Denial(format!(
                "port {} is not one of {:?}",
                inet.port(),
                self.network.ports
            )));
        }
        if verdict.class == AddressClass::Public || self.network.opens(ip).is_some() {
            return Ok(());
        }
        Err(Denial(format!("{}: {}", verdict.class, verdict.rule)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(network: Network) -> Policy {
        Policy::with(PolicyKind::Tenant, Limits::tenant(), network, None).unwrap()
    }

    fn at(text: &str) -> Address {
        Address::Inet(text.parse().unwrap())
    }

    #[test]
    fn only_public_addresses_on_open_ports() {
        let policy = tenant(Network::default());
        assert_eq!(policy.decide(&at("93.184.216.34:443")), Ok(()));
        for denied in [
            "93.184.216.34:22",
            "127.0.0.1:80",
            "[::ffff:127.0.0.1]:80",
            "[64:ff9b::7f00:1]:80",
            "0.0.0.0:80",
        ] {
            assert!(policy.decide(&at(denied)).is_err(), "{denied}");
        }
        assert!(policy.decide(&Address::Unix(b"/run/x".to_vec())).is_err());
    }

    #[test]
    fn the_operator_opens_and_closes() {
        let network = |allow: &[&str], deny: &[&str]| Network {
            allow: allow.iter().map(|net| net.parse().unwrap()).collect(),
            deny: deny.iter().map(|net| net.parse().unwrap()).collect(),
            ..Network::default()
        };
        let open = tenant(network(&["127.0.0.0/8"], &["127.0.0.9/32", "93.184.216.0/24"]));
        assert_eq!(open.decide(&at("127.0.0.1:80")), Ok(()));
        // A mapped address is the same host; other forms that embed one are not what was opened.
        assert_eq!(open.decide(&at("[::ffff:127.0.0.1]:80")), Ok(()));
        assert!(open.decide(&at("[64:ff9b::7f00:1]:80")).is_err());
        // A denied network is denied in every form.
        for denied in [
            "127.0.0.9:80",
            "93.184.216.34:80",
            "[64:ff9b::5db8:d822]:80",
            "[2002:808:808::200:5efe:5db8:d822]:80",
        ] {
            assert!(open.decide(&at(denied)).is_err(), "{denied}");
        }
    }

    #[test]
    fn the_curl_policy_asks_nothing() {
        let policy = Policy::new(PolicyKind::Curl).unwrap();
        assert_eq!(policy.decide(&at("127.0.0.1:22")), Ok(()));
    }
}
