//! A file or a folder that is there whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::escape::escape;

/// Lets `make` write beside the place, then moves what it wrote there; where anything fails nothing is left of it.
pub(super) fn whole(place: &Path, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut beside = place.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = make(&beside).and_then(|()| Ok(fs::rename(&beside, place)?));
    if written.is_err() {
        // What could not be finished is of no use to anybody.
        let _ = if beside.is_dir() {
            fs::remove_dir_all(&beside)
        } else {
            fs::remove_file(&beside)
        };
    }
    written.with_context(|| escape(&place.to_string_lossy()))
}
