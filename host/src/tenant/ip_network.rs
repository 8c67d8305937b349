//! A network of a policy, in the one form in which networks are compared.
//!
//! An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 host itself: the kernel dials IPv4 for it. Addresses are unwrapped
//! before they are compared, so a mapped network would match nothing. It is read as the IPv4 network that it is.
//! Whatever has a second meaning is refused, and the message says what to write.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::embedded::embedded_networks;
use crate::escape::quote;

/// The bits that stand before the IPv4 address in a mapped one.
const MAPPED: u8 = 96;

/// A network without host bits, and IPv4 wherever it is IPv4 in another form. Its text reads as itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IpNetwork(IpNet);

impl IpNetwork {
    /// The network of all addresses that begin with the first `length` bits of `address`.
    ///
    /// # Errors
    /// What to write instead, where the length is too large for the family or further bits of the address are set.
    pub(crate) fn new(address: IpAddr, length: u8) -> Result<IpNetwork, String> {
        let net = IpNet::new(address, length)
            .map_err(|_| "write a length of at most 32 for IPv4, or of at most 128 for IPv6".to_owned())?;
        let mapped = match net {
            IpNet::V6(net) => net.addr().to_ipv4_mapped(),
            IpNet::V4(_) => None,
        };
        if let Some(inner) = mapped.filter(|_| length < MAPPED) {
            // Only a length that IPv4 has may have been meant for it.
            let plain = match Ipv4Net::new(inner, length) {
                Ok(plain) => plain.trunc().to_string(),
                Err(_) => "the IPv4 network that is meant".to_owned(),
            };
            return Err(format!(
                "it is IPv4 in an IPv6 form, and its length counts from the IPv6 address's first bit: write {plain}"
            ));
        }
        let net = match mapped {
            Some(inner) => IpNet::V4(Ipv4Net::new(inner, length - MAPPED).map_err(|error| error.to_string())?),
            None => net,
        };
        if net != net.trunc() {
            let one = IpNet::from(net.addr());
            return Err(format!(
                "bits after its first {} are set: write {}, or {one} for the address alone",
                net.prefix_len(),
                net.trunc()
            ));
        }
        Ok(IpNetwork(net))
    }

    /// Whether the address is in the network. A mapped address is compared as the IPv4 address that it is.
    pub(crate) fn contains(self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }

    /// Whether the network names the address: as [`contains`](Self::contains), and also where a short IPv6 network such as
    /// `::/0` covers the mapped form as it is written.
    pub(crate) fn names(self, ip: IpAddr) -> bool {
        self.contains(ip) || self.0.contains(&ip)
    }

    /// The network, where it is one of IPv6.
    pub(crate) fn v6(self) -> Option<Ipv6Net> {
        match self.0 {
            IpNet::V6(net) => Some(net),
            IpNet::V4(_) => None,
        }
    }

    /// The IPv4 networks that this one embeds: those of NAT64, 6to4, Teredo, ISATAP and the other forms, under these NAT64
    /// prefixes too. A network that holds a form as a whole embeds none: it means the form, not the hosts.
    pub(crate) fn embedded(self, nat64: &[Ipv6Net]) -> Vec<IpNetwork> {
        let nets = self.v6().map(|net| embedded_networks(net, nat64));
        nets.into_iter()
            .flatten()
            .map(|net| IpNetwork(net.trunc().into()))
            .collect()
    }

    /// The first and the last address of the network.
    #[cfg(feature = "testing")]
    pub(crate) fn ends(self) -> [IpAddr; 2] {
        match self.0 {
            IpNet::V4(net) => [net.network().into(), net.broadcast().into()],
            IpNet::V6(net) => [net.network().into(), net.broadcast().into()],
        }
    }
}

impl FromStr for IpNetwork {
    type Err = String;

    /// Reads `ADDRESS/LENGTH`. The address is what the standard library reads: no zone, no blanks, no number with a leading
    /// zero, four numbers for IPv4.
    fn from_str(text: &str) -> Result<IpNetwork, String> {
        let wrong = |why: &str| format!("{} is no network: {why}", quote(text));
        let Some((address, length)) = text.split_once('/') else {
            return Err(match text.parse::<IpAddr>() {
                Ok(ip) => wrong(&format!(
                    "write ADDRESS/LENGTH, which is {} for this address",
                    IpNet::from(ip.to_canonical())
                )),
                Err(_) => wrong(WRITTEN),
            });
        };
        if let Some((bare, _)) = address.split_once('%') {
            // What is wrong besides the zone is told alone, so that the advice can be followed.
            let without = format!("{bare}/{length}").parse::<IpNetwork>()?;
            return Err(wrong(&format!("a network has no zone: write {without}")));
        }
        let address = address.parse::<IpAddr>().map_err(|_| wrong(WRITTEN))?;
        let digits = (1..=3).contains(&length.len()) && length.bytes().all(|byte| byte.is_ascii_digit());
        let plain = digits && (length == "0" || !length.starts_with('0'));
        let length = length.parse().ok().filter(|_| plain).ok_or_else(|| wrong(WRITTEN))?;
        if length > if address.is_ipv4() { 32 } else { 128 } {
            return Err(wrong(WRITTEN));
        }
        IpNetwork::new(address, length).map_err(|why| wrong(&why))
    }
}

/// How a network is written.
const WRITTEN: &str = "write ADDRESS/LENGTH, such as 127.0.0.1/32 or 2001:db8::/32, the length at most 32 or 128, without blanks \
                       and leading zeros";

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<IpNetwork>().map(|net| net.to_string())
    }

    #[test]
    fn a_mapped_network_is_the_ipv4_network_that_it_is() {
        for (text, canonical) in [
            ("::ffff:93.184.216.0/120", "93.184.216.0/24"),
            ("::ffff:5db8:d800/120", "93.184.216.0/24"),
            ("0:0:0:0:0:FFFF:5DB8:D822/128", "93.184.216.34/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:128.0.0.0/97", "128.0.0.0/1"),
            ("::FFFF:10.0.0.0/104", "10.0.0.0/8"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("::/95", "::/95"),
            ("::1/128", "::1/128"),
            ("64:ff9b::10.0.0.0/104", "64:ff9b::a00:0/104"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(canonical), "{text}");
            assert_eq!(read(canonical).as_deref(), Ok(canonical));
        }
    }

    #[test]
    fn what_is_refused_is_told_what_to_write() {
        for (text, write) in [
            ("::ffff:10.0.0.0/8", "write 10.0.0.0/8"),
            ("::ffff:10.0.0.0/95", "write the IPv4 network that is meant"),
            ("::ffff:0:0/80", "write the IPv4 network that is meant"),
            ("::ffff:10.0.0.1/104", "write 10.0.0.0/8, or 10.0.0.1/32"),
            ("10.0.0.1/8", "write 10.0.0.0/8, or 10.0.0.1/32"),
            ("2001:db8::1/32", "write 2001:db8::/32, or 2001:db8::1/128"),
            ("10.0.0.1", "which is 10.0.0.1/32"),
            ("::ffff:10.0.0.1", "which is 10.0.0.1/32"),
            ("2001:db8::1", "which is 2001:db8::1/128"),
            ("fe80::%eth0/64", "write fe80::/64"),
            ("fe80::1%eth0/64", "write fe80::/64, or fe80::1/128"),
            ("fe80::/64%eth0", "write ADDRESS/LENGTH"),
            ("010.0.0.0/8", "write ADDRESS/LENGTH"),
            ("10.0.0.00/8", "write ADDRESS/LENGTH"),
            ("0x0a000000/8", "write ADDRESS/LENGTH"),
            ("10/8", "write ADDRESS/LENGTH"),
            ("10.0.0.0/08", "write ADDRESS/LENGTH"),
            ("10.0.0.0/+8", "write ADDRESS/LENGTH"),
            ("10.0.0.0/-1", "write ADDRESS/LENGTH"),
            ("10.0.0.0/33", "write ADDRESS/LENGTH"),
            ("::/129", "write ADDRESS/LENGTH"),
            ("::/264", "write ADDRESS/LENGTH"),
            ("10.0.0.0/255.0.0.0", "write ADDRESS/LENGTH"),
            ("10.0.0.0/", "write ADDRESS/LENGTH"),
            ("10.0.0.0/8/8", "write ADDRESS/LENGTH"),
            (" 10.0.0.0/8", "write ADDRESS/LENGTH"),
            ("10.0.0.0/8 ", "write ADDRESS/LENGTH"),
            ("10.0.0.0 /8", "write ADDRESS/LENGTH"),
            ("10.0.0.0-10.0.0.9", "write ADDRESS/LENGTH"),
            ("[::1]/128", "write ADDRESS/LENGTH"),
            ("*", "write ADDRESS/LENGTH"),
            ("", "write ADDRESS/LENGTH"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(write) && why.contains("is no network"), "{text}: {why}");
        }
    }

    #[test]
    fn a_network_in_a_form_embeds_the_ipv4_network() {
        let nat64: Vec<Ipv6Net> = ["2a00:64::/96", "2a00:48::/48", "2a00:32::/32", "2a00:65::/64"]
            .map(|prefix| prefix.parse().unwrap())
            .to_vec();
        let embedded = |text: &str| {
            let nets = text.parse::<IpNetwork>().unwrap().embedded(&nat64);
            nets.iter().map(IpNetwork::to_string).collect::<Vec<_>>()
        };
        for text in [
            "64:ff9b::93.184.216.0/120",
            "2002:5db8:d800::/40",
            "::93.184.216.0/120",
            "::ffff:0:93.184.216.0/120",
            "2001:0:808:808::a247:2700/120",
            "2600::5efe:93.184.216.0/120",
            "fe80::200:5efe:93.184.216.0/120",
            "2a00:64::93.184.216.0/120",
            "2a00:48:0:5db8:d8::/80",
            "2a00:32:5db8:d800::/56",
            "2a00:65:0:0:5d:b8d8::/96",
        ] {
            assert!(
                embedded(text).contains(&"93.184.216.0/24".to_owned()),
                "{text}: {:?}",
                embedded(text)
            );
        }
        // A form as a whole is the form; what is no form embeds nothing.
        for text in [
            "64:ff9b::/96",
            "2002::/16",
            "2000::/3",
            "::/0",
            "::/96",
            "2001::/32",
            "2a00:64::/96",
            "2a00:65::/64",
            "2a00:65::/72",
            "::1/128",
            "::/128",
            "::/127",
            "2600::/64",
            "10.0.0.0/8",
            "2001:db8::/128",
        ] {
            assert_eq!(embedded(text), [""; 0], "{text}");
        }
    }
}
