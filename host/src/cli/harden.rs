//! What `run` gives up, and what it keeps: the files that its own command line names.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::args::Run;
use super::curl_args::CurlArgs;
use super::run::{own_known_hosts, with_file_name};
use super::say;
use crate::ca::CaStore;
use crate::curl::{Part, Url};
use crate::harden::{Hardened, Hardening};
use crate::tenant::policy::{Policy, PolicyKind};

/// Where libcurl looks for a private key when none is named, at home and in the working directory.
const SSH_KEYS: [&str; 4] = [".ssh/id_rsa", ".ssh/id_dsa", "id_rsa", "id_dsa"];

/// A run that is hardened, or not.
pub(super) struct Harden {
    hardened: Option<Hardened>,
    /// What is lacking ends the run.
    demanded: bool,
    verbose: bool,
}

/// The first step, before any thread is made.
pub(super) fn begin(
    ours: &Run,
    curl: &CurlArgs,
    policy: &Policy,
    plugin: Option<&Path>,
    cache: Option<&Path>,
) -> anyhow::Result<Harden> {
    let flag = ours.harden.then_some(true).or(ours.no_harden.then_some(false));
    let said = flag.or(policy.harden());
    let mut this = Harden {
        hardened: None,
        demanded: said == Some(true),
        verbose: curl.verbose,
    };
    if said.unwrap_or(policy.kind() == PolicyKind::Tenant) {
        let mut hardening = of_curl(curl, Hardening::new(policy));
        if let Some(plugin) = plugin {
            hardening = hardening.loads(plugin);
        }
        if let Some(cache) = cache {
            hardening = hardening.caches(cache);
        }
        this.hardened = Some(hardening.begin());
        this.check()?;
    }
    Ok(this)
}

impl Harden {
    /// The second step, when the plugin is loaded. Says to the operator what is in force, where he listens.
    pub(super) fn narrow(&mut self) -> anyhow::Result<()> {
        let Some(hardened) = &mut self.hardened else {
            return Ok(());
        };
        hardened.narrow();
        if self.verbose {
            say(&format!("hardened: {hardened}"));
            for lacking in hardened.lacking() {
                say(&format!("not hardened: {lacking}"));
            }
        }
        self.check()
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut lacking = self.hardened.iter().flat_map(Hardened::lacking);
        match lacking.next().filter(|_| self.demanded) {
            Some(lacking) => bail!("the process cannot be hardened: {lacking}; --no-harden runs it as it is"),
            None => Ok(()),
        }
    }
}

/// What curl's options name.
fn of_curl(curl: &CurlArgs, mut hardening: Hardening) -> Hardening {
    let store = curl
        .cacert
        .clone()
        .map_or_else(CaStore::from_environment, |file| CaStore {
            file: Some(file),
            path: None,
        });
    let home = std::env::home_dir();
    let home_known_hosts = curl.ssh.known_hosts.is_none().then(own_known_hosts).flatten();
    let upload = curl.upload.clone().filter(|path| path.as_os_str() != "-");
    let keys = [curl.ssh.private_key.clone(), curl.ssh.public_key.clone()];
    let reads = [store.file, store.path, home_known_hosts, upload];
    for path in reads.into_iter().chain(keys).flatten() {
        hardening = hardening.reads(path);
    }
    if let Some(known_hosts) = &curl.ssh.known_hosts {
        hardening = hardening.reads(known_hosts).writes(known_hosts);
    }
    let outputs = curl.outputs.iter().chain(&curl.dump_header);
    for output in outputs.filter(|output| output.as_os_str() != "-") {
        hardening = hardening.writes(output);
    }
    for url in &curl.urls {
        let url = match &curl.upload {
            Some(upload) => with_file_name(url, upload),
            None => url.clone(),
        };
        let Ok(parsed) = Url::parse(&url) else { continue };
        match parsed.get(Part::Scheme).as_deref() {
            // A redirect to another file finds it closed.
            Some("file") => {
                let path = PathBuf::from(parsed.get(Part::DecodedPath).unwrap_or_default());
                hardening = if curl.upload.is_some() {
                    hardening.writes(path)
                } else {
                    hardening.reads(path)
                };
            }
            Some("sftp" | "scp") if curl.ssh.private_key.is_none() => {
                for key in SSH_KEYS {
                    let folder = home.clone().filter(|_| key.starts_with('.')).unwrap_or_default();
                    hardening = hardening.reads(folder.join(key));
                }
            }
            _ => {}
        }
    }
    if curl.ftp_port.is_some() {
        hardening = hardening.listens();
    }
    hardening
}
