//! The IPv4 addresses that an IPv6 address carries inside.
//!
//! An IPv4 address carries nothing further, so one look finds all there is, however the forms are nested: an address
//! may have several forms at once (an ISATAP interface identifier under a 6to4 prefix), and each is reported.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// The prefix lengths that RFC 6052 §2.2 gives an IPv4 address a place for.
pub(super) const NAT64_LENGTHS: [u8; 6] = [32, 40, 48, 56, 64, 96];

/// RFC 8215 lets an operator cut prefixes of any length that RFC 6052 allows out of 64:ff9b:1::/48. Where none of his
/// own says which it is, all are tried.
const LOCAL_USE_LENGTHS: [u8; 4] = [48, 56, 64, 96];

/// An IPv4 address found inside an IPv6 address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Embedded {
    /// What was found.
    pub(super) address: Ipv4Addr,
    /// The form that carries it, with its source, for the operator's log.
    pub(super) form: Cow<'static, str>,
}

/// Every IPv4 address that `ip` carries in any known form, or in one of the operator's own NAT64 prefixes.
///
/// Prefixes of a length that is not in [`NAT64_LENGTHS`] give nonsense and are refused before they come here.
pub(super) fn embedded(ip: Ipv6Addr, nat64: &[Ipv6Net]) -> Vec<Embedded> {
    let bytes = ip.octets();
    let laid_out = nat64.iter().any(|prefix| prefix.contains(&ip));
    let mut found = Vec::new();
    let mut add = |address: Ipv4Addr, form: &'static str| {
        found.push(Embedded {
            address,
            form: Cow::Borrowed(form),
        });
    };

    match ip.segments() {
        [0, 0, 0, 0, 0, 0, ..] => add(after(96, bytes), "::/96 (IPv4-compatible, RFC 4291)"),
        [0, 0, 0, 0, 0, 0xffff, ..] => add(after(96, bytes), "::ffff:0:0/96 (IPv4-mapped, RFC 4291)"),
        [0, 0, 0, 0, 0xffff, 0, ..] => add(after(96, bytes), "::ffff:0:0:0/96 (IPv4-translated, RFC 2765)"),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => add(after(96, bytes), "64:ff9b::/96 (RFC 6052)"),
        [0x64, 0xff9b, 1, ..] if !laid_out => {
            for length in LOCAL_USE_LENGTHS {
                add(after(length, bytes), "64:ff9b:1::/48 (local-use NAT64, RFC 8215)");
            }
        }
        [0x2001, 0, ..] => {
            add(after(32, bytes), "2001::/32 (Teredo server, RFC 4380)");
            add(
                Ipv4Addr::from_bits(!after(96, bytes).to_bits()),
                "2001::/32 (Teredo client, RFC 4380)",
            );
        }
        [0x2002, ..] => add(after(16, bytes), "2002::/16 (6to4, RFC 3056)"),
        _ => {}
    }
    if let [.., 0 | 0x200, 0x5efe, _, _] = ip.segments() {
        add(after(96, bytes), "an interface identifier of ISATAP (RFC 5214)");
    }
    for prefix in nat64.iter().filter(|prefix| prefix.contains(&ip)) {
        let form = Cow::Owned(format!("the operator's NAT64 prefix {prefix}"));
        found.push(Embedded {
            address: after(prefix.prefix_len(), bytes),
            form,
        });
    }
    found
}

/// The four bytes after the first `bits` bits, byte 8 (RFC 6052's "u" byte) left out. What that byte and the suffix
/// hold is not looked at, since a translator may not look either.
fn after(bits: u8, bytes: [u8; 16]) -> Ipv4Addr {
    let mut rest = bytes
        .iter()
        .enumerate()
        .skip(usize::from(bits / 8))
        .filter(|(place, _)| *place != 8);
    Ipv4Addr::from([(); 4].map(|()| rest.next().map_or(0, |(_, byte)| *byte)))
}

/// The IPv4 networks that every address of `net` carries in some form: where `net` is longer than the form's prefix, so that
/// part of the IPv4 address is given. Of Teredo it is the client's, which is the host that is reached.
pub(super) fn embedded_networks(net: Ipv6Net, nat64: &[Ipv6Net]) -> Vec<Ipv4Net> {
    let bytes = net.network().octets();
    let laid_out = nat64.iter().any(|prefix| prefix.contains(&net));
    // How many bits stand before the IPv4 address in each form that the network lies in.
    let mut starts: Vec<u8> = match net.network().segments() {
        // The unspecified address and loopback carry none.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] if net.prefix_len() >= 127 => Vec::new(),
        [0, 0, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => vec![96],
        [0x64, 0xff9b, 1, ..] if !laid_out => LOCAL_USE_LENGTHS.to_vec(),
        [0x2002, ..] => vec![16],
        _ => Vec::new(),
    };
    if let [.., 0 | 0x200, 0x5efe, _, _] = net.network().segments() {
        starts.push(96);
    }
    starts.extend(
        nat64
            .iter()
            .filter(|prefix| prefix.contains(&net))
            .map(Ipv6Net::prefix_len),
    );
    let given = |start: u8| given_after(start, net.prefix_len());
    let plain = starts
        .iter()
        .filter_map(|start| Ipv4Net::new(after(*start, bytes), given(*start)?).ok());
    let client = match net.network().segments() {
        [0x2001, 0, ..] => given(96).and_then(|length| {
            let client = Ipv4Addr::from_bits(!after(96, bytes).to_bits());
            Ipv4Net::new(client, length).ok()
        }),
        _ => None,
    };
    plain.chain(client).map(|net| net.trunc()).collect()
}

/// How many bits of an IPv4 address that stands after `start` bits are among the first `length` bits, RFC 6052's "u" byte left
/// out; `None` where there is none.
fn given_after(start: u8, length: u8) -> Option<u8> {
    let skipped = match start {
        // The byte lies between the IPv4 address's own, or before it.
        32..=64 => length.saturating_sub(64).min(8),
        _ => 0,
    };
    let given = length.checked_sub(start)?.checked_sub(skipped)?;
    (given > 0).then_some(given.min(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(ip: [u16; 8], nat64: &[Ipv6Net]) -> Vec<Ipv4Addr> {
        embedded(Ipv6Addr::from(ip), nat64)
            .into_iter()
            .map(|found| found.address)
            .collect()
    }

    const FOUND: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 33);

    /// The examples of RFC 6052 §2.4.
    #[test]
    fn each_prefix_length_has_its_own_place() {
        let examples: [(u8, [u16; 8], [u16; 8]); 6] = [
            (
                32,
                [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0],
                [0x2001, 0xdb8, 0xc000, 0x221, 0, 0, 0, 0],
            ),
            (
                40,
                [0x2001, 0xdb8, 0x100, 0, 0, 0, 0, 0],
                [0x2001, 0xdb8, 0x1c0, 0x2, 0x21, 0, 0, 0],
            ),
            (
                48,
                [0x2001, 0xdb8, 0x122, 0, 0, 0, 0, 0],
                [0x2001, 0xdb8, 0x122, 0xc000, 0x2, 0x2100, 0, 0],
            ),
            (
                56,
                [0x2001, 0xdb8, 0x122, 0x300, 0, 0, 0, 0],
                [0x2001, 0xdb8, 0x122, 0x3c0, 0, 0x221, 0, 0],
            ),
            (
                64,
                [0x2001, 0xdb8, 0x122, 0x344, 0, 0, 0, 0],
                [0x2001, 0xdb8, 0x122, 0x344, 0xc0, 0x2, 0x2100, 0],
            ),
            (
                96,
                [0x2001, 0xdb8, 0x122, 0x344, 0, 0, 0, 0],
                [0x2001, 0xdb8, 0x122, 0x344, 0, 0, 0xc000, 0x221],
            ),
        ];
        for (length, prefix, address) in examples {
            let prefix = Ipv6Net::new_assert(Ipv6Addr::from(prefix), length);
            assert_eq!(addresses(address, &[prefix]), [FOUND], "{prefix}");
            assert!(addresses(address, &[]).is_empty(), "{prefix}");
            let mut noisy = address;
            noisy[4] |= 0xff00;
            assert_eq!(
                addresses(noisy, &[prefix]).first().copied(),
                (length != 96).then_some(FOUND),
                "u, {prefix}"
            );
        }
    }

    #[test]
    fn teredo_has_a_server_and_a_hidden_client() {
        // RFC 4380 §4: the client's address is stored with every bit turned.
        let address = [0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, 0x3fff, 0xfdde];
        assert_eq!(addresses(address, &[]), [Ipv4Addr::new(65, 54, 227, 120), FOUND]);
    }

    #[test]
    fn forms_under_forms_are_all_found() {
        let isatap_under_6to4 = [0x2002, 0x7f00, 1, 0, 0x200, 0x5efe, 0xc000, 0x221];
        assert_eq!(addresses(isatap_under_6to4, &[]), [Ipv4Addr::LOCALHOST, FOUND]);
        let nat64 =
            [32, 48].map(|length| Ipv6Net::new_assert(Ipv6Addr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0]), length));
        let both = [0x2001, 0xdb8, 0, 0xc000, 0x2, 0x2100, 0, 0];
        assert_eq!(addresses(both, &nat64), [Ipv4Addr::new(0, 0, 192, 0), FOUND]);
    }

    #[test]
    fn the_neighbours_of_each_form_carry_nothing() {
        for address in [
            [0, 0, 0, 0, 0, 1, 0xc000, 0x221],
            [0, 0, 0, 0, 0, 0xfffe, 0xc000, 0x221],
            [0, 0, 0, 0, 0xffff, 1, 0xc000, 0x221],
            [0x64, 0xff9b, 0, 0, 0, 1, 0xc000, 0x221],
            [0x64, 0xff9b, 2, 0xc000, 2, 0x2100, 0, 0],
            [0x2000, 0xffff, 0xc000, 0x221, 0, 0, 0, 0],
            [0x2001, 1, 0xc000, 0x221, 0, 0, 0, 0],
            [0x2003, 0xc000, 0x221, 0, 0, 0, 0, 0],
            [0x2600, 0, 0, 0, 0x100, 0x5efe, 0xc000, 0x221],
            [0x2600, 0, 0, 0, 0, 0x5eff, 0xc000, 0x221],
        ] {
            assert!(addresses(address, &[]).is_empty(), "{}", Ipv6Addr::from(address));
        }
    }
}
