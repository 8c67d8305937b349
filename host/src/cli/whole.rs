//! A file or a folder that is there whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::escape::escape;

/// Lets `make` write beside the place, then moves what it wrote there, in the place of what is there; where anything
/// fails, nothing is left of it and what was there stays.
pub(super) fn whole(place: &Path, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    put(place, make).with_context(|| escape(&place.to_string_lossy()))
}

fn put(place: &Path, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    // A link stays: what it leads to is replaced.
    let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
    let name = place
        .file_name()
        .filter(|name| *name != "-")
        .context("it names no file")?;
    // What stands there goes away, which a device or a pipe must not.
    if place.exists() && !place.is_file() && !place.is_dir() {
        anyhow::bail!("it is no regular file");
    }
    let parent = match place.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // In a folder of its own, which goes away with all that is still in it.
    let beside = tempfile::Builder::new().prefix(".transferhost-").tempdir_in(parent)?;
    let made = beside.path().join(name);
    make(&made)?;
    let place: PathBuf = parent.join(name);
    // A folder is not replaced by renaming another to it, as a file is.
    let old = beside.path().join("old");
    if place.is_dir() {
        fs::rename(&place, &old)?;
    }
    fs::rename(&made, &place).inspect_err(|_| {
        let _ = fs::rename(&old, &place);
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("place/");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("old"), "").unwrap();
        let failed = whole(&place, |beside| {
            fs::create_dir(beside)?;
            anyhow::bail!("no")
        });
        assert!(failed.is_err() && place.join("old").exists());
        whole(&place, |beside| Ok(fs::create_dir(beside)?)).unwrap();
        assert!(place.is_dir() && !place.join("old").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
