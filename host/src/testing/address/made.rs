//! Cases out of bytes: most of them at the edge of a range that somebody names, or with one inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use arbitrary::{Result, Unstructured};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::AddressCase;

/// IANA's special-purpose IPv4 ranges, and the neighbourhoods of metadata services; where to look, not what to find.
static V4: [(u32, u8); 24] = [
    (0x0000_0000, 8),
    (0x0000_0000, 32),
    (0x0a00_0000, 8),
    (0x6440_0000, 10),
    (0x6464_64c8, 32),
    (0x7f00_0000, 8),
    (0xa83f_8110, 32),
    (0xa9fe_0000, 16),
    (0xa9fe_a9fe, 32),
    (0xa9fe_aa02, 32),
    (0xac10_0000, 12),
    (0xc000_0000, 24),
    (0xc000_00c0, 32),
    (0xc000_0200, 24),
    (0xc01f_c400, 24),
    (0xc034_c100, 24),
    (0xc058_6300, 24),
    (0xc0a8_0000, 16),
    (0xc0af_3000, 24),
    (0xc612_0000, 15),
    (0xc633_6400, 24),
    (0xcb00_7100, 24),
    (0xe000_0000, 4),
    (0xf000_0000, 4),
];

/// The same of IPv6: the upper 64 bits, all below being zero.
static V6: [(u64, u8); 24] = [
    (0, 96),
    (0, 128),
    (0x0064_ff9b_0000_0000, 96),
    (0x0064_ff9b_0001_0000, 48),
    (0x0100_0000_0000_0000, 64),
    (0x0100_0000_0000_0001, 64),
    (0x2000_0000_0000_0000, 3),
    (0x2001_0000_0000_0000, 23),
    (0x2001_0000_0000_0000, 32),
    (0x2001_0001_0000_0000, 126),
    (0x2001_0002_0000_0000, 48),
    (0x2001_0003_0000_0000, 32),
    (0x2001_0004_0112_0000, 48),
    (0x2001_0010_0000_0000, 28),
    (0x2001_0020_0000_0000, 28),
    (0x2001_0030_0000_0000, 28),
    (0x2001_0db8_0000_0000, 32),
    (0x2002_0000_0000_0000, 16),
    (0x2620_004f_8000_0000, 48),
    (0x3fff_0000_0000_0000, 20),
    (0x5f00_0000_0000_0000, 16),
    (0xfc00_0000_0000_0000, 7),
    (0xfe80_0000_0000_0000, 10),
    (0xff00_0000_0000_0000, 8),
];

const LENGTHS: [u8; 6] = [32, 40, 48, 56, 64, 96];

pub(super) fn case(u: &mut Unstructured<'_>) -> Result<AddressCase> {
    let mut nat64 = Vec::new();
    for _ in 0..u.int_in_range(0..=2)? {
        let length = *u.choose(&LENGTHS)?;
        // Most prefixes that operators have are public ones; bits 64 to 71 must be zero.
        let bits = v6(u)? & !(0xff << 56);
        nat64.extend(Ipv6Net::new(Ipv6Addr::from_bits(bits), length).map(|net| net.trunc()));
    }
    let ip = match u.int_in_range(0..=9)? {
        0 => IpAddr::V4(Ipv4Addr::from_bits(u.arbitrary()?)),
        1 | 2 => IpAddr::V4(Ipv4Addr::from_bits(v4(u)?)),
        3 => IpAddr::V6(Ipv6Addr::from_bits(u.arbitrary()?)),
        4 | 5 => IpAddr::V6(Ipv6Addr::from_bits(v6(u)?)),
        _ => IpAddr::V6(Ipv6Addr::from_bits(form(u, &nat64)?)),
    };
    let port = *u.choose(&[80, 443, 8080, 22])?;
    let own = some_of(u, |u| match u.arbitrary()? {
        true => Ok(ip.to_canonical()),
        false => Ok(IpAddr::V4(Ipv4Addr::from_bits(v4(u)?))),
    })?;
    let allow = some_of(u, |u| around(u, ip))?;
    let deny = some_of(u, |u| around(u, ip))?;
    Ok(AddressCase {
        address: SocketAddr::new(ip, port),
        nat64,
        own,
        allow,
        deny,
        ports: vec![80, 443],
    })
}

fn some_of<T>(u: &mut Unstructured<'_>, one: impl Fn(&mut Unstructured<'_>) -> Result<T>) -> Result<Vec<T>> {
    let count = u.int_in_range(0..=5)?;
    // Most cases have none.
    (3..count).map(|_| one(u)).collect()
}

/// A network with the address in it, or with another.
fn around(u: &mut Unstructured<'_>, ip: IpAddr) -> Result<IpNet> {
    Ok(match ip.to_canonical() {
        IpAddr::V6(ip) if u.arbitrary()? => {
            let length = u.int_in_range(0..=128)?;
            Ipv6Net::new(ip, length).unwrap_or_default().into()
        }
        IpAddr::V6(ip) => Ipv4Net::from(Ipv4Addr::from_bits(ip.to_bits() as u32)).into(),
        IpAddr::V4(ip) => {
            let length = u.int_in_range(0..=32)?;
            Ipv4Net::new(ip, length).unwrap_or_default().into()
        }
    })
}

/// The first or the last address of a range, or a neighbour of it; or any.
fn v4(u: &mut Unstructured<'_>) -> Result<u32> {
    if u.ratio(1, 8)? {
        return u.arbitrary();
    }
    let (first, length) = *u.choose(&V4)?;
    let last = first | u32::MAX.checked_shr(length.into()).unwrap_or(0);
    let at = if u.arbitrary()? { first } else { last };
    Ok(at.wrapping_add_signed(u.int_in_range(-1..=1)?))
}

fn v6(u: &mut Unstructured<'_>) -> Result<u128> {
    let (upper, length) = *u.choose(&V6)?;
    let first = u128::from(upper) << 64;
    let last = first | u128::MAX.checked_shr(length.into()).unwrap_or(0);
    let at = if u.arbitrary()? { first } else { last };
    let noise = match u.arbitrary()? {
        true => i128::from(u.int_in_range(-1_i8..=1)?),
        false => i128::from(u.arbitrary::<u64>()?),
    };
    Ok(at.wrapping_add_signed(noise))
}

/// A form of an IPv4 address, under a prefix of its own or an operator's.
fn form(u: &mut Unstructured<'_>, nat64: &[Ipv6Net]) -> Result<u128> {
    let inner = u128::from(v4(u)?);
    let noise = u128::from(u.arbitrary::<u64>()?);
    Ok(match u.int_in_range(0..=8)? {
        0 => inner,
        1 => (0xffff << 32) | inner,
        2 => (0xffff << 48) | inner,
        3 => (0x0064_ff9b << 96) | inner,
        4 => (0x2002 << 112) | (inner << 80) | noise,
        5 => (0x2001_0000 << 96) | (inner << 64) | noise,
        6 => (0x2001_0000 << 96) | (noise << 32) | (inner ^ 0xffff_ffff),
        7 => (v6(u)? & !((1 << 64) - 1)) | (u.choose(&[0x5efe_u128, 0x0200_5efe])? << 32) | inner,
        _ => {
            let local = Ipv6Net::new(Ipv6Addr::from_bits(0x0064_ff9b_0001 << 80), *u.choose(&LENGTHS[2..])?);
            let prefix = match nat64 {
                [] => local.unwrap_or_default(),
                some => *u.choose(some)?,
            };
            let placed = match prefix.prefix_len() {
                96 => inner,
                length => {
                    // All past bit 64 moves on by the byte that is left out.
                    let at = inner << (88 - u32::from(length));
                    ((at >> 56) << 64) | (at & ((1 << 56) - 1))
                }
            };
            prefix.network().to_bits() | placed
        }
    })
}
