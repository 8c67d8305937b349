//! A policy from a TOML file, and what it says of tenants and of a batch. Every key has a default; a key that is not
//! known is an error.

mod batch;
pub mod keys;
mod network;
mod sections;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::sections::{File, Kind, TenantTable};
use self::text::Text;
use super::policy::{Network, Policy, PolicyError, PolicyKind};
use super::quota::Quotas;
use crate::limits::{ALL, Limits};

/// What a policy file says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PolicyFile {
    /// What holds for every tenant that it does not name, and where there are no tenants.
    pub defaults: TenantKeys,
    /// The tenants that it names; `None` where it has no such table.
    pub tenants: Option<BTreeMap<String, TenantKeys>>,
    /// What `transferhost batch` keeps, where, and how much at once.
    pub batch: BatchKeys,
    /// The operator's own plugin.
    pub operator: Option<OperatorKeys>,
}

/// What a tenant may do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantKeys {
    /// Its policy.
    pub policy: Policy,
    /// Its quotas.
    pub quotas: Quotas,
    /// The plugin of its jobs that name none, beneath [`BatchKeys::plugins`].
    pub plugin: Option<PathBuf>,
    /// Where its outputs lie, where that is not [`BatchKeys::output`].
    pub output: Option<PathBuf>,
    /// Where its files to send lie, where that is not [`BatchKeys::bodies`].
    pub bodies: Option<PathBuf>,
}

/// The file's `[batch]`. Relative paths are the process's own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BatchKeys {
    /// The folder of outputs; without it a job names none.
    pub output: Option<PathBuf>,
    /// The folder of files to send; without it none is sent.
    pub bodies: Option<PathBuf>,
    /// The folder of plugins.
    pub plugins: PathBuf,
    /// The largest body that an outcome holds, in bytes.
    pub inline: u64,
    /// The longest line, in bytes.
    pub line: u64,
    /// Jobs in memory.
    pub jobs: usize,
    /// Bytes of their lines, and of the bodies that their outcomes may hold.
    pub memory: u64,
    /// Threads that run transfers.
    pub workers: usize,
    /// Guests alive at once.
    pub guests: usize,
    /// Plugins that begin to be compiled at once.
    pub loads: usize,
    /// Bytes of memory for those that take longer than a second, together.
    pub load_memory: u64,
    /// Whether jobs of tenants that the file does not name are refused.
    pub refuses_unknown: bool,
}

/// The file's `[operator]`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OperatorKeys {
    /// Its plugin, beneath [`BatchKeys::plugins`].
    pub plugin: PathBuf,
    /// Its limits.
    pub limits: Limits,
    /// Its configuration.
    pub set: Vec<(String, String)>,
}

impl PolicyFile {
    /// What holds without a file.
    ///
    /// # Errors
    /// Where the kernel does not tell the machine's own addresses.
    pub fn none(kind: PolicyKind) -> Result<PolicyFile, PolicyError> {
        Ok(PolicyFile {
            defaults: TenantKeys {
                policy: Policy::new(kind)?,
                quotas: Quotas::default(),
                plugin: None,
                output: None,
                bodies: None,
            },
            tenants: None,
            batch: BatchKeys::default(),
            operator: None,
        })
    }

    /// Reads a file. Its policy is the one that it names, else `given`, else `otherwise`; `given` must not be another than
    /// the file's own.
    ///
    /// # Errors
    /// One sentence that names the file, the line and the key.
    pub fn read(path: &Path, given: Option<PolicyKind>, otherwise: PolicyKind) -> Result<PolicyFile, PolicyError> {
        PolicyFile::of(&Text::read(path)?, given, otherwise)
    }

    /// As [`PolicyFile::read`], of a text that stands in no file.
    #[cfg(feature = "testing")]
    pub(crate) fn of_text(
        shown: &str,
        text: &str,
        given: Option<PolicyKind>,
        otherwise: PolicyKind,
    ) -> Result<PolicyFile, PolicyError> {
        PolicyFile::of(&Text::of(shown, text), given, otherwise)
    }

    fn of(text: &Text, given: Option<PolicyKind>, otherwise: PolicyKind) -> Result<PolicyFile, PolicyError> {
        text.check_keys()?;
        let file: File = toml::from_str(text.as_str()).map_err(|error| text.unread(&error))?;
        let named = file.policy.map(|kind| match kind {
            Kind::Curl => PolicyKind::Curl,
            Kind::Tenant => PolicyKind::Tenant,
        });
        if named.is_some() && given.is_some() && named != given {
            let why = "its `policy` is not the one of --policy; leave one of them out";
            return Err(text.wrong(None, why));
        }
        let kind = named.or(given).unwrap_or(otherwise);
        let limits = match kind {
            PolicyKind::Curl => Limits::curl(),
            PolicyKind::Tenant => Limits::tenant(),
        };
        let limits = sections::limits(limits, &file.limits, text)?;
        let network = network::network(&Network::default(), file.network, kind, text)?;
        let harden = file.process.and_then(|process| process.harden);
        let defaults = TenantKeys {
            quotas: sections::quotas(Quotas::default(), &file.quotas, text)?,
            policy: Policy::with(kind, limits, network, harden)?,
            plugin: None,
            output: None,
            bodies: None,
        };
        let names_tenants = file.tenants.is_some();
        let tenants = file.tenants.map(|tenants| {
            let tenants = tenants.into_iter();
            let tenants = tenants.map(|(name, table)| Ok((name, defaults.of_tenant(table, text)?)));
            tenants.collect::<Result<_, PolicyError>>()
        });
        let limits = &defaults.policy.limits;
        let operator = file.operator.map(|table| {
            Ok::<_, PolicyError>(OperatorKeys {
                plugin: table.plugin,
                limits: sections::limits(limits.clone(), &table.limits, text)?,
                set: table.set.into_iter().collect(),
            })
        });
        Ok(PolicyFile {
            tenants: tenants.transpose()?,
            batch: file.batch.read(names_tenants, text)?,
            operator: operator.transpose()?,
            defaults,
        })
    }

    /// What a tenant of this name may do; `None` where it is refused.
    pub fn tenant(&self, name: &str) -> Option<&TenantKeys> {
        let named = self.tenants.as_ref().and_then(|tenants| tenants.get(name));
        named.or((!self.batch.refuses_unknown).then_some(&self.defaults))
    }

    /// A policy that opens to the process what any of the tenants needs: all their ports and schemes, and the largest of each
    /// limit.
    ///
    /// # Errors
    /// Where the kernel does not tell the machine's own addresses.
    pub fn widest(&self) -> Result<Policy, PolicyError> {
        let mut limits = self.defaults.policy.limits.clone();
        let mut network = self.defaults.policy.network.clone();
        let tenants = self.tenants.iter().flat_map(BTreeMap::values);
        let of_tenants = tenants.map(|tenant| {
            let network = &tenant.policy.network;
            (&tenant.policy.limits, &network.ports[..], &network.schemes[..])
        });
        let of_operator = self
            .operator
            .iter()
            .map(|operator| (&operator.limits, &[][..], &[][..]));
        for (wide, ports, schemes) in of_tenants.chain(of_operator) {
            ALL.iter()
                .for_each(|limit| limits.set(*limit, limits.get(*limit).max(wide.get(*limit))));
            network.ports.extend(ports);
            network.schemes.extend(schemes.iter().cloned());
        }
        network.ports.sort_unstable();
        network.ports.dedup();
        network.schemes.sort_unstable();
        network.schemes.dedup();
        self.defaults.policy.changed(limits, network)
    }
}

impl TenantKeys {
    /// These, but for what a tenant's own table says.
    fn of_tenant(&self, table: TenantTable, text: &Text) -> Result<TenantKeys, PolicyError> {
        let kind = self.policy.kind;
        let limits = sections::limits(self.policy.limits.clone(), &table.limits, text)?;
        let network = network::network(&self.policy.network, table.network, kind, text)?;
        Ok(TenantKeys {
            policy: self.policy.changed(limits, network)?,
            quotas: sections::quotas(self.quotas.clone(), &table.quotas, text)?,
            plugin: table.plugin,
            output: table.output,
            bodies: table.bodies,
        })
    }
}

#[cfg(test)]
mod tests;
