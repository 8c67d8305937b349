//! A plugin's file: read, within its size, and told apart by its digest.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::checks::check_size;
use super::load_error::LoadError;
use crate::escape::escape;
use crate::limits::{Limit, Limits};

/// A plugin's file. Many may wait for their turn to be compiled, so the bytes of a file stay in the file until then.
pub(crate) struct PluginFile {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) digest: String,
    content: Content,
}

/// Where the bytes are.
enum Content {
    /// Here: they can be had only once, as a pipe's.
    Memory(Vec<u8>),
    /// In a regular file that is open.
    File(File),
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
        let about = file.metadata().map_err(read)?;
        check_size(&name, about.len(), limits)?;
        // A pipe or a device has no size: one byte more than is allowed is enough to know.
        let most = limits.get(Limit::ComponentSize).saturating_add(1);
        let mut front = (&file).take(most);
        if !about.is_file() {
            let mut bytes = Vec::new();
            front.read_to_end(&mut bytes).map_err(read)?;
            return Ok(PluginFile::new(name, bytes));
        }
        let mut hasher = Sha256::new();
        let size = io::copy(&mut front, &mut hasher).map_err(read)?;
        Ok(PluginFile {
            name,
            size,
            digest: shown(hasher),
            content: Content::File(file),
        })
    }

    /// What stands in memory; `name` is what messages call it.
    pub(crate) fn new(name: String, bytes: Vec<u8>) -> PluginFile {
        PluginFile {
            name,
            size: bytes.len() as u64,
            digest: shown(Sha256::new_with_prefix(&bytes)),
            content: Content::Memory(bytes),
        }
    }

    /// Its bytes, read now.
    ///
    /// # Errors
    /// Where they cannot be read, or are others than they were.
    pub(crate) fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        let file = match &self.content {
            Content::Memory(bytes) => return Ok(bytes.into()),
            Content::File(file) => file,
        };
        let mut bytes = Vec::new();
        let mut file = file;
        file.rewind()?;
        file.take(self.size.saturating_add(1)).read_to_end(&mut bytes)?;
        match shown(Sha256::new_with_prefix(&bytes)) == self.digest {
            true => Ok(bytes.into()),
            false => Err(io::Error::other("the file changes while it is loaded")),
        }
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

fn shown(hasher: Sha256) -> String {
    format!("sha256:{:x}", hasher.finalize())
}
