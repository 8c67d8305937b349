//! A policy file of a test's own.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use transferhost_tests::roomy;

/// A tenant policy with this `[network]`.
pub(crate) struct PolicyFile {
    path: PathBuf,
    _folder: TempDir,
}

impl PolicyFile {
    /// Opens these ports, and these networks besides the public ones.
    pub(crate) fn open(ports: &[u16], allow: &[&str]) -> Self {
        Self::of(&format!("ports = {ports:?}\nallow = {allow:?}\n"))
    }

    /// With these lines under `[network]`.
    pub(crate) fn of(network: &str) -> Self {
        let folder = TempDir::with_prefix("transferhost-policy-").unwrap();
        let path = folder.path().join("policy.toml");
        let network = roomy(network);
        fs::write(&path, format!("policy = \"tenant\"\n[network]\n{network}\n")).unwrap();
        Self { path, _folder: folder }
    }

    /// The words of the command line.
    pub(crate) fn words(&self) -> [&OsStr; 2] {
        ["--policy-file".as_ref(), self.path.as_os_str()]
    }
}
