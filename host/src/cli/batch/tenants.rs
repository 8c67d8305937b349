//! The tenants of a batch: those of the file, and those that come by their jobs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::begin::Wrong;
use super::caps;
use super::folder::Folder;
use super::plugins::Loaded;
use crate::escape::{escape, quote};
use crate::host::Host;
use crate::tenant::policy_file::{PolicyFile, TenantKeys};
use crate::tenant::{Quota, Tenant};

/// So many tenants are remembered that have no job; what they used of their quotas is forgotten with them.
const IDLE: usize = 10_000;
/// So many are remembered that have no job and still owe something, which is forgotten with nobody: a tenant that is new then
/// is told to come later.
const OWING: usize = 10_000;

/// A tenant, and what its jobs need.
pub(super) struct Known {
    pub(super) tenant: Tenant,
    /// The plugin of its jobs that name none.
    pub(super) plugin: Option<PathBuf>,
    pub(super) output: Option<Arc<Folder>>,
    pub(super) bodies: Option<Arc<Folder>>,
    /// Its jobs in memory.
    pub(super) jobs: usize,
    /// What came of its plugins, by their files, the oldest first.
    plugins: Vec<(PathBuf, Loaded)>,
}

/// All of them.
pub(super) struct Tenants {
    host: Host,
    file: PolicyFile,
    folders: HashMap<PathBuf, Arc<Folder>>,
    known: HashMap<String, Known>,
    /// The most of them: those that have jobs, and the remembered ones.
    most: usize,
    /// So many more come before it is looked whom to forget: looking at all of them must cost little for each that comes.
    unlooked: usize,
}

/// Refuses a name that no job could say.
pub(super) fn names(file: &PolicyFile) -> anyhow::Result<()> {
    let mut named = file.tenants.iter().flat_map(|tenants| tenants.keys());
    match named.find(|name| name.len() > caps::TENANT.most) {
        Some(name) => anyhow::bail!(
            "the policy file names the tenant {}: {}",
            quote(name),
            caps::TENANT.over(Some(name.len()))
        ),
        None => Ok(()),
    }
}

/// The folders of outputs that a file names.
pub(super) fn outputs(file: &PolicyFile) -> impl Iterator<Item = &PathBuf> {
    let tenants = file.tenants.iter().flat_map(|tenants| tenants.values());
    tenants
        .filter_map(|tenant| tenant.output.as_ref())
        .chain(&file.batch.output)
}

/// The folders of a file; opened before anything is given up.
pub(super) fn folders(file: &PolicyFile) -> anyhow::Result<HashMap<PathBuf, Arc<Folder>>> {
    let batch = &file.batch;
    let of_tenants = file.tenants.iter().flat_map(|tenants| tenants.values());
    let of_tenants = of_tenants.flat_map(|tenant| tenant.output.iter().chain(&tenant.bodies));
    let mut folders = HashMap::new();
    for path in std::iter::once(&batch.plugins)
        .chain(&batch.output)
        .chain(&batch.bodies)
        .chain(of_tenants)
    {
        let folder = Folder::open(path).with_context(|| format!("the folder {}", quote(&path.to_string_lossy())))?;
        folders.insert(path.clone(), Arc::new(folder));
    }
    Ok(folders)
}

impl Tenants {
    pub(super) fn new(host: Host, file: PolicyFile, folders: HashMap<PathBuf, Arc<Folder>>) -> Tenants {
        Tenants {
            // Those that came since it was looked may have nothing and owe nothing.
            most: file.batch.jobs.saturating_add(IDLE + OWING),
            unlooked: 0,
            host,
            file,
            folders,
            known: HashMap::new(),
        }
    }

    /// The tenant of this name.
    ///
    /// # Errors
    /// Where there is none, or where there are too many that owe something.
    pub(super) fn find(&mut self, name: &str) -> Result<&mut Known, Wrong> {
        if !self.known.contains_key(name) {
            let keys = self.file.tenant(name).ok_or_else(|| {
                let named = self.file.tenants.iter().flat_map(|tenants| tenants.keys());
                match crate::suggest::nearest(name, named.map(String::as_str)) {
                    Some(near) => format!("there is no tenant {}; did you mean {}?", quote(name), quote(near)),
                    None => format!("there is no tenant {}: the policy file names it not", quote(name)),
                }
            })?;
            let known = self.make(name, keys)?;
            self.forget()?;
            self.known.insert(name.to_owned(), known);
        }
        let known = self.known.get_mut(name);
        Ok(known.ok_or_else(|| format!("there is no tenant {}", quote(name)))?)
    }

    /// Makes room for one more.
    fn forget(&mut self) -> Result<(), Wrong> {
        if self.known.len() < IDLE {
            return Ok(());
        }
        if let Some(left) = self.unlooked.checked_sub(1) {
            self.unlooked = left;
        } else {
            // One that owes something would be free of it as a new one.
            self.known
                .retain(|_, known| known.jobs > 0 || !known.tenant.ledger().is_settled());
            self.unlooked = IDLE / 2;
        }
        match self.known.len() {
            there if there >= self.most => {
                let why = format!(
                    "{there} tenants have jobs or owe something of their quotas, as many as may: try again later"
                );
                Err(Wrong::full(why, there as u64))
            }
            _ => Ok(()),
        }
    }

    /// The tenant of a job that is in memory.
    pub(super) fn get(&mut self, name: &str) -> Option<&mut Known> {
        self.known.get_mut(name)
    }

    fn make(&self, name: &str, keys: &TenantKeys) -> Result<Known, String> {
        let batch = &self.file.batch;
        let folder = |path: &Path| {
            let folder = self.folders.get(path).map(Arc::clone);
            folder.ok_or_else(|| format!("the folder {} is not open", escape(&path.to_string_lossy())))
        };
        let output = keys.output.as_ref().or(batch.output.as_ref());
        let bodies = keys.bodies.as_ref().or(batch.bodies.as_ref());
        let tenant = Tenant::new(&self.host, name, keys.policy.clone(), keys.quotas.clone());
        Ok(Known {
            tenant: tenant.map_err(|error| error.to_string())?,
            plugin: keys.plugin.clone(),
            output: output.map(|path| folder(path)).transpose()?,
            bodies: bodies.map(|path| folder(path)).transpose()?,
            jobs: 0,
            plugins: Vec::new(),
        })
    }
}

impl Known {
    /// What came of this plugin, where it was loaded already.
    pub(super) fn plugin(&self, file: &Path) -> Option<Loaded> {
        let found = self.plugins.iter().find(|(path, _)| path == file);
        found.map(|(_, loaded)| loaded.clone())
    }

    /// Keeps it, in the place of the oldest where there are as many as the tenant may have.
    pub(super) fn keep(&mut self, file: PathBuf, loaded: Loaded) {
        self.make_room();
        self.plugins.push((file, loaded));
    }

    /// Lets the oldest go where there are as many as the tenant may have: it counts until its last transfer has ended.
    pub(super) fn make_room(&mut self) {
        let most = usize::try_from(self.tenant.quotas().get(Quota::Plugins)).unwrap_or(usize::MAX);
        if self.plugins.len() >= most.max(1) {
            drop(self.plugins.remove(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::policy::PolicyKind;

    fn tenants() -> Tenants {
        let mut file = PolicyFile::none(PolicyKind::Tenant).unwrap();
        file.batch.jobs = 10;
        let host = Host::new(file.widest().unwrap(), crate::loader::Loader::in_process()).unwrap();
        Tenants::new(host, file, HashMap::new())
    }

    #[test]
    fn tenants_that_came_once_are_forgotten() {
        let mut tenants = tenants();
        for n in 0..2 * IDLE + OWING {
            assert!(tenants.find(&format!("{n}")).is_ok(), "{n}");
            assert!(tenants.known.len() <= IDLE + IDLE / 2 + 1);
        }
    }

    #[test]
    fn there_are_no_more_than_may_be() {
        let mut tenants = tenants();
        let most = 10 + IDLE + OWING;
        for n in 0..most {
            tenants.find(&format!("{n}")).ok().unwrap().jobs = 1;
        }
        for n in most..most + IDLE {
            let found = tenants.find(&format!("{n}"));
            assert!(matches!(found, Err(Wrong::Aborted(_, abort)) if abort.cause == crate::cause::Cause::Quota));
        }
        assert_eq!(tenants.known.len(), most);
        // Those that are there stay, and there is room when their jobs have ended.
        assert!(tenants.find("0").is_ok());
        tenants.known.values_mut().for_each(|known| known.jobs = 0);
        let found = (0..=IDLE).find(|n| tenants.find(&format!("later {n}")).is_ok());
        assert!(found.is_some());
    }
}
