//! The table `[network]`.

use std::fmt;
use std::marker::PhantomData;

use ipnet::{IpNet, Ipv6Net};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::text::Text;
use crate::curl::LibcurlVersion;
use crate::tenant::class::Classifier;
use crate::tenant::policy::{Network, PolicyError, PolicyKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkTable {
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

/// This network, with what the file says of it.
pub(super) fn network(
    default: &Network,
    table: Option<NetworkTable>,
    kind: PolicyKind,
    text: &Text,
) -> Result<Network, PolicyError> {
    let default = default.clone();
    let Some(table) = table else { return Ok(default) };
    if kind == PolicyKind::Curl {
        let why = "[network] needs policy = \"tenant\": the policy curl asks nobody";
        return Err(text.wrong(None, why));
    }
    let network = Network {
        allow: table.allow.map_or(default.allow, plain),
        deny: table.deny.map_or(default.deny, plain),
        ports: table
            .ports
            .map_or(default.ports, |ports| ports.into_iter().map(|port| port.0).collect()),
        schemes: table.schemes.unwrap_or(default.schemes),
        nat64: table.nat64.map_or(default.nat64, plain),
        strict: table.strict.unwrap_or(default.strict),
    };
    check(&network).map_err(|why| text.wrong(None, &why))?;
    Ok(network)
}

/// What libcurl, or the classifier, would only refuse when it is too late to name the file.
fn check(network: &Network) -> Result<(), String> {
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

fn plain<N>(nets: Vec<Net<N>>) -> Vec<N> {
    nets.into_iter().map(|net| net.0).collect()
}
