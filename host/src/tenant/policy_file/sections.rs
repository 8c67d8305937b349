//! The tables of a policy file as they stand there, and what is made of each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::batch::BatchTable;
use super::network::NetworkTable;
use super::text::Text;
use crate::escape::escape;
use crate::limits::Limits;
use crate::tenant::policy::PolicyError;
use crate::tenant::quota::Quotas;

pub(super) type Value = Spanned<toml::Value>;
pub(super) type Values = BTreeMap<String, Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) policy: Option<Kind>,
    #[serde(default)]
    pub(super) limits: Values,
    #[serde(default)]
    pub(super) quotas: Values,
    pub(super) network: Option<NetworkTable>,
    pub(super) process: Option<ProcessTable>,
    #[serde(default)]
    pub(super) batch: BatchTable,
    pub(super) operator: Option<OperatorTable>,
    pub(super) tenants: Option<BTreeMap<String, TenantTable>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Curl,
    Tenant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessTable {
    pub(super) harden: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorTable {
    pub(super) plugin: PathBuf,
    #[serde(default)]
    pub(super) limits: Values,
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantTable {
    pub(super) plugin: Option<PathBuf>,
    #[serde(default)]
    pub(super) limits: Values,
    #[serde(default)]
    pub(super) quotas: Values,
    pub(super) network: Option<NetworkTable>,
    pub(super) output: Option<PathBuf>,
    pub(super) bodies: Option<PathBuf>,
}

/// A number or a text with a unit, as the tables of limits take it.
pub(super) fn text_of(key: &str, value: &Value, text: &Text) -> Result<String, PolicyError> {
    match value.get_ref() {
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::String(text) => Ok(text.clone()),
        other => {
            let as_written = text.as_str().get(value.span()).unwrap_or(other.type_str());
            let why = format!("`{as_written}` is no value for {key}: write a whole number, or a text with a unit");
            Err(text.wrong(Some(value.span()), &escape(&why)))
        }
    }
}

/// Puts each value where its key says.
fn set(values: &Values, text: &Text, mut put: impl FnMut(&str, &str) -> Result<(), String>) -> Result<(), PolicyError> {
    values.iter().try_for_each(|(key, value)| {
        let put = put(key, &text_of(key, value, text)?);
        put.map_err(|why| text.wrong(Some(value.span()), &escape(&why)))
    })
}

/// These limits, with what the file says of them.
pub(super) fn limits(mut limits: Limits, values: &Values, text: &Text) -> Result<Limits, PolicyError> {
    set(values, text, |key, value| limits.set_text(key, value))?;
    Ok(limits)
}

/// These quotas, with what the file says of them.
pub(super) fn quotas(mut quotas: Quotas, values: &Values, text: &Text) -> Result<Quotas, PolicyError> {
    set(values, text, |key, value| quotas.set_text(key, value))?;
    Ok(quotas)
}
