//! Policy files: whatever one holds, it is read without a panic and at once, and each network that is accepted holds.
//!
//! Which addresses a network names is read again from the file, by other parsers than ours.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, ensure};
use ipnet::IpNet;

use crate::address::Address;
use crate::tenant::ip_network::IpNetwork;
use crate::tenant::policy::{Policy, PolicyKind};
use crate::tenant::policy_file::PolicyFile;

/// Reads these bytes as a policy file, and asks what was read about the addresses that its networks name.
///
/// # Errors
/// Which promise did not hold.
pub fn policy(data: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(data);
    let file = match PolicyFile::of_text("policy.toml", &text, None, PolicyKind::Tenant) {
        Ok(file) => file,
        Err(error) => {
            let error = error.to_string();
            ensure!(!error.chars().any(char::is_control), "not one sentence: {error:?}");
            return Ok(());
        }
    };
    let written: toml::Table = text.parse()?;
    let defaults = written.get("network");
    check(&file.defaults.policy, defaults, None)?;
    for (name, tenant) in file.tenants.iter().flatten() {
        let own = written
            .get("tenants")
            .and_then(|tenants| tenants.get(name)?.get("network"));
        check(&tenant.policy, own, defaults)?;
    }
    Ok(())
}

/// What is written in the table of a policy, or else in that of the defaults.
fn check(policy: &Policy, table: Option<&toml::Value>, defaults: Option<&toml::Value>) -> Result<()> {
    let networks = |key: &str| -> Vec<String> {
        let of = |table: Option<&toml::Value>| table.and_then(|table| table.get(key)?.as_array().cloned());
        let values = of(table).or_else(|| of(defaults)).unwrap_or_default();
        values
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    for net in policy.network.allow.iter().chain(&policy.network.deny) {
        let printed = net.to_string();
        ensure!(printed.parse() == Ok(*net), "{printed} reads as another network");
        let [first, last] = net.ends();
        // An end that is IPv4 in another form, as the last of ::/80, is compared as IPv4.
        let is_its_own = |ip: IpAddr| net.contains(ip) || ip != ip.to_canonical();
        ensure!(is_its_own(first) && is_its_own(last), "{printed} has not its own ends");
        ensure!(first == first.to_canonical(), "{printed} is compared with no address");
    }
    let port = policy.usual_port();
    let decide = |ip: IpAddr| policy.decide(&Address::Inet(SocketAddr::new(ip, port)));
    for text in networks("deny") {
        for ip in named(&text)? {
            ensure!(decide(ip).is_err(), "{text} is denied, and {ip} in it may be dialled");
        }
    }
    for text in networks("allow") {
        let opened: IpNetwork = text.parse().map_err(anyhow::Error::msg)?;
        for ip in named(&text)?.into_iter().filter(|ip| opened.contains(*ip)) {
            let denied = decide(ip)
                .err()
                .filter(|denial| !denial.0.starts_with("in the denied network "));
            ensure!(denied.is_none(), "{text} is allowed, and {ip} in it is {denied:?}");
        }
    }
    Ok(())
}

/// Addresses that a network names: its ends, and each in the form in which it is mapped into IPv6.
fn named(text: &str) -> Result<Vec<IpAddr>> {
    let net: IpNet = text.parse()?;
    let ends = [net.network(), net.broadcast()];
    Ok(ends.into_iter().flat_map(|ip| [ip, mapped(ip)]).collect())
}

fn mapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().into(),
        IpAddr::V6(_) => ip,
    }
}
