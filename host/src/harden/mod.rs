//! What a process gives up before it runs strangers' plugins and URLs.
//!
//! Two steps, since compiling a plugin needs what a transfer does not: the first at the very start, before any thread is
//! made, the second when the plugins are loaded. Neither can be taken back, and what the process starts inherits both.
//!
//! A guest has none of these rights anyway. They are for the day when somebody gets out of WebAssembly, or into libcurl.

mod confine;
mod files;
mod ruleset;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod seccomp;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod syscalls;

use std::fmt;
use std::path::PathBuf;

use landlock::{ABI, LandlockStatus, RestrictSelf};
use rustix::process::{DumpableBehavior, Resource, Rlimit};

use crate::ca::CaStore;
use crate::tenant::policy::{Policy, PolicyKind};
pub(crate) use confine::confine;
use files::Files;
use ruleset::Network;

/// One of the things that a process gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// A program that is started gets no more rights than this one has (`PR_SET_NO_NEW_PRIVS`).
    NoNewPrivileges,
    /// Memory is not written to disk when the process crashes, and none of the user's other processes may read it
    /// (`RLIMIT_CORE`, `PR_SET_DUMPABLE`).
    NoCoreDumps,
    /// Files, TCP ports, abstract unix sockets and signals, but those that are named.
    Landlock,
    /// System calls, but those that are listed.
    Seccomp,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Measure::NoNewPrivileges => "no new privileges",
            Measure::NoCoreDumps => "no core dumps",
            Measure::Landlock => "Landlock",
            Measure::Seccomp => "seccomp",
        })
    }
}

/// A measure that this machine does not have, or has a part of only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{measure}: {why}")]
pub struct Unavailable {
    /// Which one.
    pub measure: Measure,
    /// What is missing, and what would have it.
    pub why: String,
}

/// What a process still needs, and so does not give up.
///
/// ```no_run
/// use transferhost::{Hardening, Host, Loader, Policy, PolicyKind};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = Policy::new(PolicyKind::Tenant)?;
/// // The helper that loads plugins is started before: a process that is hardened starts no other.
/// let loader = Loader::start("/usr/bin/transferhost".as_ref())?;
/// let hardening = Hardening::new(&policy).loads("guard.wasm").writes("page.html");
/// let mut hardened = hardening.begin();
/// let host = Host::new(policy, loader)?;
/// let plugin = host.load("guard.wasm".as_ref())?;
/// hardened.narrow();
/// for lacking in hardened.lacking() {
///     eprintln!("{lacking}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Hardening {
    files: Files,
    network: Network,
    opens_ftp: bool,
}

impl Hardening {
    /// What transfers under this policy need whatever they fetch: libraries, certificates, name resolution, and of TCP the
    /// policy's ports and 53. The policy `curl` opens all ports.
    pub fn new(policy: &Policy) -> Hardening {
        let tenant = policy.kind() == PolicyKind::Tenant;
        let opens = |scheme: &str| policy.network.schemes.iter().any(|open| open == scheme);
        let mut files = Files::default();
        let store = CaStore::from_environment();
        store
            .file
            .into_iter()
            .chain(store.path)
            .for_each(|path| files.reads(path));
        Hardening {
            files,
            network: Network {
                ports: tenant.then(|| policy.network.ports.clone()),
                listens: false,
            },
            opens_ftp: !tenant || opens("ftp") || opens("ftps"),
        }
    }

    /// A file, or a folder and all beneath it, that transfers read: an upload, a store of certificates, an SSH key. What
    /// is not there when the process is hardened cannot be read later either; nor what takes its place.
    pub fn reads(mut self, path: impl Into<PathBuf>) -> Hardening {
        self.files.reads(path.into());
        self
    }

    /// A file that transfers write. Where it is there already it alone is opened; where not, the folder is in which it
    /// will be made, **with all files beneath it**.
    pub fn writes(mut self, path: impl Into<PathBuf>) -> Hardening {
        self.files.writes(path.into());
        self
    }

    /// A folder in which transfers make files and folders, write to them and remove them, **with all beneath it**; where it
    /// is not there yet, the nearest above it that is.
    pub fn makes_in(mut self, folder: impl Into<PathBuf>) -> Hardening {
        self.files.makes_in(folder.into());
        self
    }

    /// A plugin's file: read until [`Hardened::narrow`].
    pub fn loads(mut self, path: impl Into<PathBuf>) -> Hardening {
        self.files.loads(path.into());
        self
    }

    /// The directory of compiled plugins, of the [`Loader`](crate::Loader): written until
    /// [`Hardened::narrow`].
    pub fn caches(mut self, directory: impl Into<PathBuf>) -> Hardening {
        self.files.caches(directory.into());
        self
    }

    /// Transfers accept connections, as active FTP does. Without effect where the policy does not open FTP.
    pub fn listens(mut self) -> Hardening {
        self.network.listens = self.opens_ftp;
        self
    }

    /// The first step: no new privileges, no core dumps, and Landlock with all that loading needs.
    ///
    /// No thread of the process may have been made before: Landlock holds for the thread that calls this, and for those
    /// that it makes. What this machine lacks is in [`Hardened::lacking`].
    pub fn begin(self) -> Hardened {
        let mut hardened = Hardened {
            hardening: self,
            abi: ABI::Unsupported,
            ruled: false,
            filtered: false,
            lacking: Vec::new(),
        };
        hardened.give_up_privileges();
        if let Err(error) = no_core_dumps() {
            hardened.lack(Measure::NoCoreDumps, error.to_string());
        }
        if hardened.abi >= ABI::V1 {
            hardened.ruled = hardened.rule(true);
        }
        hardened
    }
}

/// A process that has been hardened.
#[derive(Debug)]
pub struct Hardened {
    hardening: Hardening,
    abi: ABI,
    ruled: bool,
    filtered: bool,
    lacking: Vec<Unavailable>,
}

impl Hardened {
    /// The second step, when the plugins are loaded and before anything is transferred: no plugin is read and no cache
    /// written any more, and system calls are filtered.
    ///
    /// The filter holds for all threads of the process. Landlock's second step does from Linux 7.0 on; before, it holds
    /// for the thread that calls this and for those that it makes: it must be the one that runs transfers.
    pub fn narrow(&mut self) {
        if self.ruled {
            self.rule(false);
        }
        match filter(self.hardening.network.listens) {
            Ok(()) => self.filtered = true,
            Err(why) => self.lack(Measure::Seccomp, why),
        }
    }

    /// What this machine does not have, in the order in which it was tried.
    pub fn lacking(&self) -> &[Unavailable] {
        &self.lacking
    }

    fn lack(&mut self, measure: Measure, why: impl Into<String>) {
        let why = why.into();
        self.lacking.push(Unavailable { measure, why });
    }

    /// Also tells what this kernel has of Landlock.
    fn give_up_privileges(&mut self) {
        match RestrictSelf::default().apply() {
            Ok(status) => {
                if !status.no_new_privs {
                    self.lack(Measure::NoNewPrivileges, "the kernel refuses it (Linux 3.5 has it)");
                }
                match status.landlock {
                    LandlockStatus::Available { effective_abi, .. } => self.abi = effective_abi,
                    LandlockStatus::NotEnabled => {
                        let why = "the kernel was started without it: add landlock to its parameter lsm=";
                        self.lack(Measure::Landlock, why);
                    }
                    LandlockStatus::NotImplemented => {
                        self.lack(Measure::Landlock, "this kernel has none (Linux 5.13 does)");
                    }
                }
            }
            Err(error) => {
                self.lack(Measure::NoNewPrivileges, error.to_string());
                self.lack(Measure::Landlock, "it cannot be had without no new privileges");
            }
        }
        if self.abi >= ABI::V1 {
            for (since, what) in ruleset::LATER {
                if self.abi < since {
                    self.lack(Measure::Landlock, what);
                }
            }
        }
    }

    fn rule(&mut self, loading: bool) -> bool {
        let rules = self.hardening.files.rules(loading);
        match ruleset::restrict(rules, &self.hardening.network, !loading) {
            Ok(()) => true,
            Err(error) => {
                self.lack(Measure::Landlock, error.to_string());
                false
            }
        }
    }
}

/// What is in force, as one line.
impl fmt::Display for Hardened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wants = |measure| self.lacking.iter().all(|lacking| lacking.measure != measure);
        let mut parts: Vec<String> = [Measure::NoNewPrivileges, Measure::NoCoreDumps]
            .into_iter()
            .filter(|measure| wants(*measure))
            .map(|measure| measure.to_string())
            .collect();
        if self.ruled {
            let what = self.hardening.network.describe(self.abi);
            parts.push(format!("Landlock (ABI {}) over {what}", self.abi));
        }
        if self.filtered {
            parts.push("seccomp".to_owned());
        }
        if parts.is_empty() {
            return f.write_str("nothing");
        }
        f.write_str(&parts.join(", "))
    }
}

/// A handler of cores that is a program is run whatever the limit says, but not for a process that is not dumpable.
fn no_core_dumps() -> rustix::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    rustix::process::setrlimit(Resource::Core, none)?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn filter(listens: bool) -> Result<(), String> {
    seccomp::install(listens).map_err(|error| error.to_string())
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn filter(_: bool) -> Result<(), String> {
    Err("there is no filter for this processor (x86_64 and aarch64 have one)".to_owned())
}
