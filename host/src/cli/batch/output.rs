//! Where a job's body goes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, FileType, statat};

use super::folder::Folder;
use super::half::{HALF, Half};
use crate::escape::{escape, quote};
use crate::sink::{MemorySink, Sink};

/// Counts what goes by.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) bytes: Arc<AtomicU64>,
    pub(super) to: To,
}

/// Where it goes.
#[derive(Debug)]
pub(super) enum To {
    Nowhere,
    /// Kept for the outcome, up to so many bytes.
    Kept(MemorySink, u64),
    File(Beneath),
}

impl Sink for Counted {
    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::Nowhere => {}
            To::Kept(kept, most) => kept.deliver(bytes).map_err(|error| {
                let why = format!("the body is larger than the {most} bytes that an outcome holds (batch.inline)");
                io::Error::new(error.kind(), why)
            })?,
            To::File(file) => file.deliver(bytes)?,
        }
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Nowhere | To::Kept(..) => Ok(()),
            To::File(file) => file.finish(),
        }
    }
}

/// A file beneath a folder. It has its name when it is whole: what was there stays until then, and of a transfer that fails
/// nothing is left.
#[derive(Debug)]
pub(super) struct Beneath {
    folder: Arc<Folder>,
    path: PathBuf,
    making: Option<Half>,
}

impl Beneath {
    /// A file of this path. What cannot be is said now, before anything is transferred.
    pub(super) fn new(folder: &Arc<Folder>, path: &Path) -> Result<Beneath, String> {
        let (parent, name) = folder.parent(path)?;
        // A job that names the file of another that is being written would replace it half way.
        if name.as_encoded_bytes().starts_with(HALF.as_bytes()) {
            let path = quote(&path.to_string_lossy());
            return Err(format!(
                "{path}: names that begin with {HALF} are for files under way: choose another name"
            ));
        }
        let is_folder = |about: rustix::fs::Stat| FileType::from_raw_mode(about.st_mode) == FileType::Directory;
        if statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(is_folder) {
            let path = quote(&path.to_string_lossy());
            return Err(format!("{path} is a folder: name a file"));
        }
        Ok(Beneath {
            folder: Arc::clone(folder),
            path: path.to_owned(),
            making: None,
        })
    }

    fn deliver(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.making()?.write(bytes);
        written.map_err(|error| self.explain(&error))
    }

    fn finish(&mut self) -> io::Result<()> {
        // An empty body is an empty file.
        self.making()?;
        let (Some(half), Some(name)) = (self.making.take(), self.path.file_name()) else {
            return Ok(());
        };
        half.finish(name).map_err(|error| self.explain(&error))
    }

    fn making(&mut self) -> io::Result<&mut Half> {
        let half = match self.making.take() {
            Some(half) => half,
            None => {
                let (parent, _) = self.folder.parent(&self.path).map_err(io::Error::other)?;
                Half::new(parent).map_err(|error| self.explain(&error))?
            }
        };
        Ok(self.making.insert(half))
    }

    fn explain(&self, error: &io::Error) -> io::Error {
        io::Error::new(
            error.kind(),
            format!("{}: {error}", escape(&self.path.to_string_lossy())),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::open(place.path()).unwrap());
        let there = || {
            let files = std::fs::read_dir(place.path()).unwrap();
            files.count()
        };
        let file = || Beneath::new(&folder, Path::new("file")).unwrap();
        let mut half = file();
        half.deliver(b"half").unwrap();
        assert!(!place.path().join("file").exists());
        drop(half);
        assert_eq!(there(), 0);
        let mut whole = file();
        whole.deliver(b"wh").unwrap();
        whole.deliver(b"ole").unwrap();
        assert!(!place.path().join("file").exists());
        whole.finish().unwrap();
        drop(whole);
        assert_eq!(std::fs::read(place.path().join("file")).unwrap(), b"whole");
        // Two at once: each whole, and the last one stays.
        let (mut one, mut other) = (file(), file());
        one.deliver(b"one").unwrap();
        other.deliver(b"other").unwrap();
        other.finish().unwrap();
        one.finish().unwrap();
        assert_eq!(std::fs::read(place.path().join("file")).unwrap(), b"one");
        assert_eq!(there(), 1);
        for path in ["no/such", ".transferhost-1-0"] {
            assert!(Beneath::new(&folder, Path::new(path)).is_err(), "{path}");
        }
    }
}
