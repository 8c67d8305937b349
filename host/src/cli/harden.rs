//! What `run` and `batch` give up, and what they keep: the files that the command line and the policy file name.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::args::Run;
use super::batch::Batch;
use super::curl::CurlArgs;
use super::one::{own_known_hosts, url_of};
use super::output::Output;
use super::{say, write_out};
use crate::curl::{FormContent, FormPart, Part, Url};
use crate::harden::{Hardened, Hardening};
use crate::tenant::policy::{Policy, PolicyKind};
use crate::transfer::Netrc;

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
pub(super) fn begin(ours: &Run, curl: &CurlArgs, policy: &Policy, cache: Option<&Path>) -> anyhow::Result<Harden> {
    let said = said((ours.harden, ours.no_harden), policy);
    let mut this = Harden {
        hardened: None,
        demanded: said == Some(true),
        verbose: curl.verbose,
    };
    if said.unwrap_or(policy.kind() == PolicyKind::Tenant) {
        let mut hardening = of_curl(curl, Hardening::new(policy));
        if let Some(cache) = cache {
            hardening = hardening.caches(cache);
        }
        this.hardened = Some(hardening.begin());
        this.check()?;
    }
    Ok(this)
}

/// A batch's only step: it loads plugins as long as it runs.
pub(super) fn batch(ours: &Batch, policy: &Policy, hardening: Hardening) -> anyhow::Result<()> {
    let said = said((ours.harden, ours.no_harden), policy);
    let hardens = said.unwrap_or(policy.kind() == PolicyKind::Tenant);
    let this = Harden {
        hardened: hardens.then(|| hardening.begin()),
        demanded: said == Some(true),
        verbose: ours.verbose,
    };
    this.tell();
    this.check()
}

/// What the command line asks for, or else the policy's file.
fn said((harden, no_harden): (bool, bool), policy: &Policy) -> Option<bool> {
    let flag = harden.then_some(true).or(no_harden.then_some(false));
    flag.or(policy.harden())
}

impl Harden {
    /// The second step, when the plugin is loaded. Says to the operator what is in force, where he listens.
    pub(super) fn narrow(&mut self) -> anyhow::Result<()> {
        let Some(hardened) = &mut self.hardened else {
            return Ok(());
        };
        hardened.narrow();
        self.tell();
        self.check()
    }

    fn tell(&self) {
        if let Some(hardened) = self.hardened.as_ref().filter(|_| self.verbose) {
            say(&format!("hardened: {hardened}"));
            for lacking in hardened.lacking() {
                say(&format!("not hardened: {lacking}"));
            }
        }
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
fn of_curl(curl: &CurlArgs, hardening: Hardening) -> Hardening {
    let hardening = of_trust(curl, hardening);
    let mut hardening = of_outputs(curl, hardening);
    if let Some(upload) = curl.upload.as_ref().filter(|path| path.as_os_str() != "-") {
        hardening = hardening.reads(upload);
    }
    for file in files_of_form(&curl.form) {
        hardening = hardening.reads(file);
    }
    for at in 0..curl.urls.len() {
        hardening = of_url(curl, &url_of(curl, at), hardening);
    }
    if curl.ftp_port.is_some() {
        hardening = hardening.listens();
    }
    hardening
}

/// Certificates, keys, passwords and cookies.
fn of_trust(curl: &CurlArgs, mut hardening: Hardening) -> Hardening {
    let store = curl.ca().unwrap_or_default();
    let home_known_hosts = curl.ssh.known_hosts.is_none().then(own_known_hosts).flatten();
    let netrc = match curl.netrc.meaning() {
        Netrc::Ignored => None,
        Netrc::Optional(file) | Netrc::Required(file) => file.or_else(|| Some(std::env::home_dir()?.join(".netrc"))),
    };
    let pinned = curl.tls.pinned.as_ref().filter(|pin| !pin.starts_with("sha256//"));
    let named = [
        store.file,
        store.path,
        home_known_hosts,
        netrc,
        curl.ssh.private_key.clone(),
        curl.ssh.public_key.clone(),
        curl.tls.certificate.clone(),
        curl.tls.key.clone(),
        pinned.map(PathBuf::from),
    ];
    for path in named.into_iter().flatten().chain(curl.cookies.files.iter().cloned()) {
        hardening = hardening.reads(path);
    }
    if let Some(known_hosts) = &curl.ssh.known_hosts {
        hardening = hardening.reads(known_hosts).writes(known_hosts);
    }
    match curl.cookies.jar.as_deref().filter(|jar| *jar != Path::new("-")) {
        // libcurl writes another file and gives it this name.
        Some(jar) => hardening.makes_in(folder(jar)),
        None => hardening,
    }
}

fn of_outputs(curl: &CurlArgs, mut hardening: Hardening) -> Hardening {
    let files = &curl.files;
    let elsewhere = files.server_names || files.no_clobber || files.create_dirs || files.remove_on_error;
    for at in 0..curl.urls.len() {
        let output = Output::of(curl, at, &url_of(curl, at));
        let Some(name) = output.file().map(|file| file.name()) else {
            continue;
        };
        hardening = match elsewhere {
            true => hardening.makes_in(folder(&name)),
            false => hardening.writes(name),
        };
    }
    let others = curl.dump_header.iter().chain(&curl.etag_save).map(PathBuf::as_path);
    let told = curl.write_out.as_deref().into_iter().flat_map(write_out::outputs);
    for other in others.chain(told).filter(|path| path.as_os_str() != "-") {
        hardening = hardening.writes(other);
    }
    hardening
}

fn of_url(curl: &CurlArgs, url: &str, mut hardening: Hardening) -> Hardening {
    let Ok(parsed) = Url::parse(url) else { return hardening };
    match parsed.get(Part::Scheme).as_deref() {
        // A redirect to another file finds it closed.
        Some("file") => {
            let path = PathBuf::from(parsed.get(Part::DecodedPath).unwrap_or_default());
            match curl.upload {
                Some(_) => hardening.writes(path),
                None => hardening.reads(path),
            }
        }
        Some("sftp" | "scp") if curl.ssh.private_key.is_none() => {
            let home = std::env::home_dir();
            for key in SSH_KEYS {
                let folder = home.clone().filter(|_| key.starts_with('.')).unwrap_or_default();
                hardening = hardening.reads(folder.join(key));
            }
            hardening
        }
        _ => hardening,
    }
}

fn files_of_form(parts: &[FormPart]) -> Vec<PathBuf> {
    let files = parts.iter().flat_map(|part| match &part.content {
        FormContent::File(path) => vec![path.clone()],
        FormContent::Parts(parts) => files_of_form(parts),
        FormContent::Bytes(_) => Vec::new(),
    });
    files.collect()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
