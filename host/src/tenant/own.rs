//! The machine's own addresses.

use std::io;
use std::net::IpAddr;

/// Every address of every interface of this machine, up or down, loopback included, sorted and each one once.
///
/// They are those of this moment. An address under which the machine is reached through somebody else's translation (a
/// cloud's public address, a router's port forwarding) is on no interface and cannot be known here: a policy file denies
/// it by `deny`.
///
/// # Errors
/// What the system said when its interfaces could not be listed. Without them the machine cannot be guarded against
/// itself, so a caller that enforces a policy does not go on.
pub(super) fn own_addresses() -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = if_addrs::get_if_addrs()?.iter().map(if_addrs::Interface::ip).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_among_them() {
        let addresses = own_addresses().unwrap_or_default();
        assert!(addresses.iter().any(IpAddr::is_loopback), "{addresses:?}");
        assert!(addresses.is_sorted_by(|a, b| a < b), "{addresses:?}");
    }
}
