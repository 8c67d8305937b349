//! Where compiled plugins are kept. What lies there is machine code that will be run, so it must be the user's alone.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// The directory of compiled plugins, made where it is not there; `None`, having said why, where it cannot be trusted.
pub(super) fn directory() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|base| base.is_absolute())
        .or_else(|| {
            let home = std::env::var_os("HOME")
                .map(PathBuf::from)
                .filter(|home| home.is_absolute())?;
            Some(home.join(".cache"))
        })?;
    let directory = base.join("transferhost");
    match check(&directory) {
        Ok(()) => Some(directory),
        Err(why) => {
            super::say(&format!(
                "warning: {}: {why}; compiled plugins are not kept",
                directory.display()
            ));
            None
        }
    }
}

fn check(directory: &Path) -> Result<(), String> {
    let mut builder = std::fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| error.to_string())?;
    let parent = directory
        .parent()
        .map(std::fs::metadata)
        .transpose()
        .map_err(|error| error.to_string())?;
    // Whoever may write to the parent may put another directory in this one's place, unless the sticky bit forbids it.
    if parent.is_some_and(|parent| parent.mode() & 0o022 != 0 && parent.mode() & 0o1000 == 0) {
        return Err("others may write to the directory that it is in".to_owned());
    }
    let metadata = std::fs::metadata(directory).map_err(|error| error.to_string())?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("it belongs to another user".to_owned());
    }
    if metadata.mode() & 0o022 != 0 {
        return Err("others may write to it".to_owned());
    }
    Ok(())
}
