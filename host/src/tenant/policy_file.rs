//! A policy from a TOML file. Every key has a default; a key that is not known is an error.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use ipnet::{IpNet, Ipv6Net};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::DeTable;

use super::class::Classifier;
use super::policy::{Network, PolicyError, PolicyKind};
use crate::curl::LibcurlVersion;
use crate::limits::{Limits, ROWS};
use crate::suggest;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Option<Kind>,
    #[serde(default)]
    limits: BTreeMap<String, Spanned<toml::Value>>,
    network: Option<NetworkTable>,
    process: Option<ProcessTable>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Curl,
    Tenant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkTable {
    allow: Option<Vec<Net<IpNet>>>,
    deny: Option<Vec<Net<IpNet>>>,
    ports: Option<Vec<Port>>,
    schemes: Option<Vec<String>>,
    nat64: Option<Vec<Net<Ipv6Net>>>,
    strict: Option<bool>,
}

/// A network, whose own parsers say no more than "invalid IP address syntax", whatever is wrong.
struct Net<N>(N);

/// A network of either family, or of one.
trait Readable: std::str::FromStr {
    /// How one is written.
    const WRITTEN: &str;
}

impl Readable for IpNet {
    const WRITTEN: &str = "ADDRESS/LENGTH, such as 127.0.0.1/32 or 2001:db8::/32, the length at most 32 or 128";
}

impl Readable for Ipv6Net {
    const WRITTEN: &str = "an IPv6 one, such as 64:ff9b::/96";
}

impl<N: Readable> TryFrom<toml::Value> for Net<N> {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Net<N>, String> {
        let net = value.as_str().and_then(|text| text.parse().ok()).map(Net);
        net.ok_or_else(|| format!("{} is no network: write {}", shown(&value), N::WRITTEN))
    }
}

/// A port that something can listen on.
struct Port(u16);

impl TryFrom<toml::Value> for Port {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Port, String> {
        let port = value.as_integer().and_then(|number| u16::try_from(number).ok());
        let port = port.filter(|port| *port > 0).map(Port);
        port.ok_or_else(|| format!("{} is no port: write one from 1 to 65535, such as 443", shown(&value)))
    }
}

impl<'de, N: Readable> Deserialize<'de> for Net<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Net<N>, D::Error> {
        from.deserialize_any(Element(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Port, D::Error> {
        from.deserialize_any(Element(PhantomData))
    }
}

/// Reads an element of a list. What is wrong with it arises while it is read, so that its own line is told: serde's
/// `try_from` would have the list's.
struct Element<T>(PhantomData<T>);

impl<T: TryFrom<toml::Value, Error = String>> Visitor<'_> for Element<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another type")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::try_from(toml::Value::String(text.to_owned())).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        T::try_from(toml::Value::Integer(number)).map_err(E::custom)
    }
}

/// A value of a kind that may be right, or what kind it is.
fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => crate::escape::quote(text),
        toml::Value::Integer(number) => number.to_string(),
        other => format!("a value of the type {}", other.type_str()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProcessTable {
    harden: Option<bool>,
}

const TOP: [&str; 4] = ["policy", "limits", "network", "process"];
const NETWORK: [&str; 6] = ["allow", "deny", "ports", "schemes", "nat64", "strict"];
const PROCESS: [&str; 1] = ["harden"];

/// What a policy file says: its kind, its limits, its network, and whether the process is to be hardened.
pub(super) type Read = (PolicyKind, Limits, Network, Option<bool>);

/// Reads a policy file.
pub(super) fn read(path: &Path, given: Option<PolicyKind>) -> Result<Read, PolicyError> {
    let shown = crate::escape::escape(&path.to_string_lossy());
    let text = std::fs::read_to_string(path).map_err(|error| PolicyError(format!("{shown}: {error}")))?;
    let at = |place: Option<std::ops::Range<usize>>| match place {
        Some(span) => format!(
            "{shown}:{}",
            text[..span.start.min(text.len())].matches('\n').count() + 1
        ),
        None => shown.clone(),
    };
    let table = DeTable::parse(&text)
        .map_err(|error| PolicyError(format!("{}: {}", at(error.span()), error.message().replace('\n', " "))))?;
    check_keys(table.get_ref(), &at)?;
    let file: File = toml::from_str(&text)
        .map_err(|error| PolicyError(format!("{}: {}", at(error.span()), error.message().replace('\n', " "))))?;
    let named = file.policy.map(|kind| match kind {
        Kind::Curl => PolicyKind::Curl,
        Kind::Tenant => PolicyKind::Tenant,
    });
    let kind = match (named, given) {
        (Some(named), Some(given)) if named != given => {
            return Err(PolicyError(format!(
                "{shown}: its `policy` is not the one of --policy; leave one of them out"
            )));
        }
        (named, given) => named.or(given).unwrap_or(PolicyKind::Curl),
    };
    if kind == PolicyKind::Curl && file.network.is_some() {
        let why = "[network] needs policy = \"tenant\": the policy curl asks nobody";
        return Err(PolicyError(format!("{shown}: {why}")));
    }
    let mut limits = match kind {
        PolicyKind::Curl => Limits::curl(),
        PolicyKind::Tenant => Limits::tenant(),
    };
    for (key, value) in &file.limits {
        let wrong = |why: String| PolicyError(format!("{}: {}", at(Some(value.span())), crate::escape::escape(&why)));
        let given = match value.get_ref() {
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::String(text) => text.clone(),
            other => {
                let as_written = text.get(value.span()).unwrap_or(other.type_str());
                return Err(wrong(format!(
                    "`{as_written}` is no value for {key}: write a whole number, or a text with a unit"
                )));
            }
        };
        limits.set_text(key, &given).map_err(wrong)?;
    }
    let network = network(file.network);
    check_network(&network).map_err(|why| PolicyError(format!("{shown}: {why}")))?;
    let harden = file.process.and_then(|process| process.harden);
    Ok((kind, limits, network, harden))
}

/// What libcurl, or the classifier, would only refuse when it is too late to name the file.
fn check_network(network: &Network) -> Result<(), String> {
    Classifier::new(network.nat64.clone(), Vec::new()).map_err(|error| error.to_string())?;
    if network.schemes.is_empty() {
        return Err("schemes is empty: name at least one, such as https".to_owned());
    }
    if network.ports.is_empty() {
        return Err("ports opens nothing: name at least one, such as 443".to_owned());
    }
    let known = LibcurlVersion::get().protocols;
    match network.schemes.iter().find(|scheme| !known.contains(scheme)) {
        Some(scheme) => {
            let scheme = crate::escape::quote(scheme);
            Err(format!(
                "schemes names {scheme}, which this libcurl does not speak: it has {}",
                known.join(", ")
            ))
        }
        None => Ok(()),
    }
}

fn network(table: Option<NetworkTable>) -> Network {
    let default = Network::default();
    let Some(table) = table else { return default };
    Network {
        allow: table.allow.map_or(default.allow, plain),
        deny: table.deny.map_or(default.deny, plain),
        ports: table
            .ports
            .map_or(default.ports, |ports| ports.into_iter().map(|port| port.0).collect()),
        schemes: table.schemes.unwrap_or(default.schemes),
        nat64: table.nat64.map_or(default.nat64, plain),
        strict: table.strict.unwrap_or(default.strict),
    }
}

fn plain<N>(nets: Vec<Net<N>>) -> Vec<N> {
    nets.into_iter().map(|net| net.0).collect()
}

/// serde names an unknown key without its line or its neighbour in spelling; this names both.
fn check_keys(table: &DeTable<'_>, at: &dyn Fn(Option<std::ops::Range<usize>>) -> String) -> Result<(), PolicyError> {
    let limits: Vec<&str> = ROWS.iter().map(|row| row.key).collect();
    known(table, "", &TOP, at)?;
    let sections = [
        ("limits", limits.as_slice()),
        ("network", &NETWORK),
        ("process", &PROCESS),
    ];
    for (section, keys) in sections {
        if let Some(table) = table.get(section).and_then(|value| value.get_ref().as_table()) {
            known(table, section, keys, at)?;
        }
    }
    Ok(())
}

fn known(
    table: &DeTable<'_>,
    section: &str,
    keys: &[&str],
    at: &dyn Fn(Option<std::ops::Range<usize>>) -> String,
) -> Result<(), PolicyError> {
    let Some(key) = table.keys().find(|key| !keys.contains(&key.get_ref().as_ref())) else {
        return Ok(());
    };
    let name = key.get_ref().as_ref();
    let place = if section.is_empty() {
        String::new()
    } else {
        format!(" in [{section}]")
    };
    let hint = match suggest::nearest(name, keys.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has {}", keys.join(", ")),
    };
    let name = crate::escape::escape(name);
    Err(PolicyError(format!(
        "{}: unknown key `{name}`{place}; {hint}",
        at(Some(Spanned::span(key)))
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limit;

    fn of(text: &str, given: Option<PolicyKind>) -> Result<Read, String> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "transferhost-policy-{}-{}.toml",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let read = read(&path, given).map_err(|error| error.to_string());
        std::fs::remove_file(&path).unwrap();
        read
    }

    #[test]
    fn keys_change_the_defaults_of_the_kind() {
        let text = "policy = \"tenant\"\n[limits]\nfuel = 7\nmemory = \"2MiB\"\n[network]\nallow = [\"10.0.0.0/8\"]\nports = [8080]\n";
        let (kind, limits, network, harden) = of(text, None).unwrap();
        assert_eq!(harden, None);
        let hardened = "[process]\nharden = true\n";
        assert_eq!(of(hardened, None).unwrap().3, Some(true));
        assert_eq!(kind, PolicyKind::Tenant);
        assert_eq!((limits.get(Limit::Fuel), limits.get(Limit::Memory)), (7, 2 << 20));
        assert_eq!(
            (network.ports, network.allow.len(), network.schemes.len()),
            (vec![8080], 1, 2)
        );
    }

    #[test]
    fn slips_are_named_with_their_line() {
        let text = "policy = \"tenant\"\n[limits]\nfule = 7\n";
        assert!(
            of(text, None)
                .unwrap_err()
                .ends_with(":3: unknown key `fule` in [limits]; did you mean `fuel`?")
        );
        assert!(
            of("polcy = \"tenant\"\n", None)
                .unwrap_err()
                .contains(":1: unknown key `polcy`; did you mean `policy`?")
        );
        for wrong in [
            "policy = \"tennant\"",
            "policy = ",
            "[network]\nports = [80]",
            "policy = \"tenant\"\n[network]\nports = [\"http\"]",
            "policy = \"tenant\"\n[network]\nports = []",
            "policy = \"tenant\"\n[network]\nports = [0]",
            "[limits]\nfuel = 0",
            "[process]\nharden = \"yes\"",
        ] {
            let error = of(wrong, None).unwrap_err();
            assert!(!error.contains('\n'), "{error}");
        }
        assert!(of("policy = \"tenant\"", Some(PolicyKind::Curl)).is_err());
        let network = "policy = \"tenant\"\n[network]\n";
        for (wrong, says) in [
            ("[limits]\nmemory = 1.5", ":2: `1.5` is no value for memory"),
            (
                "[limits]\nratio = 0",
                ":2: `0` is no value for ratio: give a number above 0, such as 100",
            ),
            (
                &format!("{network}allow = [\n\"10.0.0.0/33\"]"),
                ":4: \"10.0.0.0/33\" is no network",
            ),
            (&format!("{network}deny = [\"10.0.0.1\"]"), "ADDRESS/LENGTH"),
            (&format!("{network}nat64 = [\"10.0.0.0/8\"]"), "an IPv6 one"),
            (&format!("{network}ports = [70000]"), ":3: 70000 is no port"),
        ] {
            let error = of(wrong, None).err().unwrap();
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }
}
