//! How the command line loads plugins: with itself as the helper, and with a cache that must be the user's alone.

use std::path::{Path, PathBuf};

use crate::loader::{CacheDirectory, Loader};

/// Plugins are loaded by processes of this program's own.
pub(super) fn loader(cache: Option<CacheDirectory>) -> Loader {
    let loader = Loader::processes(Path::new("/proc/self/exe"));
    match cache {
        Some(cache) => loader.with_cache(cache),
        None => loader,
    }
}

/// The directory of compiled plugins, made where it is not there; `None`, having said why, where it cannot be trusted.
pub(super) fn directory() -> Option<CacheDirectory> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|base| base.is_absolute())
        .or_else(|| {
            let home = std::env::var_os("HOME")
                .map(PathBuf::from)
                .filter(|home| home.is_absolute())?;
            Some(home.join(".cache"))
        })?;
    match CacheDirectory::open(&base.join("transferhost")) {
        Ok(directory) => Some(directory),
        Err(why) => {
            super::say(&format!(
                "warning: {why}; compiled plugins are not kept: let nobody else write there (chmod go-w), or name another folder \
                 by XDG_CACHE_HOME"
            ));
            None
        }
    }
}
