//! The table `[network]`.

use std::fmt;
use std::marker::PhantomData;

use ipnet::Ipv6Net;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::text::Text;
use crate::curl::LibcurlVersion;
use crate::tenant::class::Classifier;
use crate::tenant::ip_network::IpNetwork;
use crate::tenant::policy::{Network, PolicyError, PolicyKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkTable {
    allow: Option<Vec<Net>>,
    deny: Option<Vec<Net>>,
    ports: Option<Vec<Port>>,
    schemes: Option<Vec<String>>,
    nat64: Option<Vec<Prefix>>,
    strict: Option<bool>,
}

/// A network of either family, in its canonical form.
struct Net(IpNetwork);

impl TryFrom<toml::Value> for Net {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Net, String> {
        match value.as_str() {
            Some(text) => text.parse().map(Net),
            None => Err(format!(
                "{} is no network: write ADDRESS/LENGTH as a text, such as \"10.0.0.0/8\"",
                shown(&value)
            )),
        }
    }
}

/// A network of IPv6.
struct Prefix(Ipv6Net);

impl TryFrom<toml::Value> for Prefix {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Prefix, String> {
        let why = format!(
            "{} is no NAT64 prefix: write an IPv6 one, such as 64:ff9b::/96",
            shown(&value)
        );
        Net::try_from(value)?.0.v6().map(Prefix).ok_or(why)
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

impl<'de> Deserialize<'de> for Net {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Net, D::Error> {
        from.deserialize_any(Element(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Prefix, D::Error> {
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
    let mut network = Network {
        allow: table.allow.map_or(default.allow, networks),
        deny: table.deny.map_or(default.deny, networks),
        ports: table
            .ports
            .map_or(default.ports, |ports| ports.into_iter().map(|port| port.0).collect()),
        schemes: table.schemes.unwrap_or(default.schemes),
        nat64: table
            .nat64
            .map_or(default.nat64, |nets| nets.into_iter().map(|net| net.0).collect()),
        strict: table.strict.unwrap_or(default.strict),
    };
    check(&network).map_err(|why| text.wrong(None, &why))?;
    network.deny_embedded();
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

fn networks(nets: Vec<Net>) -> Vec<IpNetwork> {
    nets.into_iter().map(|net| net.0).collect()
}
