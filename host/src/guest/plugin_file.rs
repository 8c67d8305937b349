//! A plugin's file: read, within its size, and told apart by its digest.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::checks::check_size;
use super::load_error::LoadError;
use crate::escape::escape;
use crate::limits::{Limit, Limits};

/// A plugin's file, read.
pub(crate) struct PluginFile {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) digest: String,
}

impl PluginFile {
    /// Reads a file: a component, or its text form.
    ///
    /// # Errors
    /// Where it cannot be read, or is larger than allowed.
    pub(crate) fn read(path: &Path, limits: &Limits) -> Result<PluginFile, LoadError> {
        let file = File::open(path).map_err(|error| LoadError::Read {
            plugin: escape(&path.to_string_lossy()),
            error,
        })?;
        PluginFile::opened(path, file, limits)
    }

    /// Reads a file that is open already, by this path.
    ///
    /// # Errors
    /// As [`PluginFile::read`].
    pub(crate) fn opened(path: &Path, file: File, limits: &Limits) -> Result<PluginFile, LoadError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let name = escape(&name);
        let read = |error| LoadError::Read {
            plugin: escape(&path.to_string_lossy()),
            error,
        };
        check_size(&name, file.metadata().map_err(read)?.len(), limits)?;
        // A pipe or a device has no size: one byte more than is allowed is enough to know.
        let most = limits.get(Limit::ComponentSize).saturating_add(1);
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).map_err(read)?;
        Ok(PluginFile::new(name, bytes))
    }

    /// What stands in memory; `name` is what messages call it.
    pub(crate) fn new(name: String, bytes: Vec<u8>) -> PluginFile {
        let digest = format!("sha256:{:x}", Sha256::digest(&bytes));
        PluginFile { name, bytes, digest }
    }

    /// `sha256:` and the digest of the file.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// That it is not used, and why.
    pub(super) fn refused(&self, what: String) -> LoadError {
        LoadError::Refused {
            plugin: self.name.clone(),
            what,
        }
    }
}
