//! `transferhost policy check`: what a policy makes of addresses, without dialling them.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

use anyhow::bail;
use serde::Serialize;

use super::args::{Check, PolicyCommand};
use crate::address::Address;
use crate::escape::quote;
use crate::tenant::policy::{Policy, PolicyKind};
use crate::tenant::policy_file::PolicyFile;

/// curl's exit codes have no place here: nothing is transferred.
const DENIED: u8 = 1;

#[derive(Serialize)]
struct Verdict {
    address: String,
    allowed: bool,
    rule: String,
}

/// Carries out a subcommand of `policy`.
pub(super) fn policy(command: &PolicyCommand) -> anyhow::Result<u8> {
    match command {
        PolicyCommand::Check(arguments) => check(arguments),
    }
}

fn check(arguments: &Check) -> anyhow::Result<u8> {
    let policy = asked(arguments)?;
    // All of them are read first: a slip in the last leaves no half of an answer.
    let addresses: Vec<Address> = arguments
        .addresses
        .iter()
        .map(|text| address(text, policy.usual_port()))
        .collect::<anyhow::Result<_>>()?;
    let verdicts: Vec<Verdict> = addresses
        .iter()
        .map(|address| {
            let (allowed, rule) = match policy.explain(address) {
                Ok(rule) => (true, rule),
                Err(rule) => (false, rule),
            };
            Verdict {
                address: address.to_string(),
                allowed,
                rule,
            }
        })
        .collect();
    let mut text = String::new();
    for verdict in &verdicts {
        if arguments.json {
            text.push_str(&serde_json::to_string(verdict)?);
        } else {
            let word = if verdict.allowed { "allowed" } else { "denied" };
            text.push_str(&format!("{} {word}: {}", verdict.address, verdict.rule));
        }
        text.push('\n');
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(match verdicts.iter().all(|verdict| verdict.allowed) {
        true => 0,
        false => DENIED,
    })
}

/// The policy that is asked: the file's defaults, or those of one of its tenants.
fn asked(arguments: &Check) -> anyhow::Result<Policy> {
    let kind = arguments.policy.map(PolicyKind::from);
    let file = match &arguments.policy_file {
        Some(path) => PolicyFile::read(path, kind, PolicyKind::Tenant)?,
        None => PolicyFile::none(kind.unwrap_or(PolicyKind::Tenant))?,
    };
    let Some(name) = &arguments.tenant else {
        return Ok(file.defaults.policy);
    };
    match file.tenant(name) {
        Some(keys) => Ok(keys.policy.clone()),
        None => bail!("--tenant: the policy file names no tenant {}", quote(name)),
    }
}

/// `IP`, `IP:PORT`, `[IPv6]:PORT` or `unix:PATH`, where `unix:@NAME` is an abstract name.
fn address(text: &str, usual_port: u16) -> anyhow::Result<Address> {
    if let Some(path) = text.strip_prefix("unix:") {
        let name = match path.strip_prefix('@') {
            Some(name) => format!("\0{name}"),
            None => path.to_owned(),
        };
        return match Address::unix(name.into_bytes()) {
            Some(address) => Ok(address),
            None => bail!("{} is no unix socket's name: it may have 1 to 107 bytes", quote(text)),
        };
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    match (text.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
        (Ok(address), _) => Ok(Address::Inet(address)),
        (_, Ok(ip)) => Ok(Address::Inet(SocketAddr::new(ip, usual_port))),
        _ => bail!(
            "{} is no address: write IP, IP:PORT, [IPv6]:PORT or unix:PATH; names are not resolved here",
            quote(text)
        ),
    }
}
